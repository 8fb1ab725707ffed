"""What no document announces, amid good issues: what fits is loaded, and each loss is a rejected row that names it."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jira_staging.jira_api.options import ConnectionOptions
from simulated_jira.field_list import STORY_POINTS
from storms.storm import ALWAYS, a_site
from syncing.bench import Bench

DEEP = 10_000
LEVEL = b'{"type":"blockquote","content":['
TEXT = b'{"type":"paragraph","content":[{"type":"text","text":"%b"}]}'
DEEP_DOCUMENT = b'{"type":"doc","version":1,"content":[%b,%b%b%b]}' % (
    TEXT % b"At the top",
    LEVEL * DEEP,
    TEXT % b"below",
    b"]}" * DEEP,
)
LONG = "five megabytes of it. " * 230_000
LONG_DOCUMENT = (
    b'{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"%b"}]}]}' % LONG.encode()
)


@pytest.fixture
def bench(tmp_path: Path) -> Any:
    with a_site(20, 4, []) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb", entities=(*ALWAYS, "issue_label"))
        yield bench
        bench.release()


# The field, what Jira sends for it, what the column then holds, and whether a rejected row tells of it.
ODD = [
    ("timeestimate", b"99999999999999999999999999", "remaining_estimate_seconds", None, True),
    ("workratio", b'"many"', "work_ratio", None, True),
    ("duedate", b'"2026-02-30"', "due_date", None, True),
    ("updated", b'"yesterday"', "updated_at", None, True),
    ("created", b"1e400", "created_at", None, True),
    (STORY_POINTS, b'{"not":"announced"}', STORY_POINTS, None, True),
    (STORY_POINTS, b"1e400", STORY_POINTS, None, True),
    ("labels", b'{"one":"a"}', "summary", "Odd", True),
    (
        "summary",
        b'"half \\ud83d a NUL \\u0000."',
        "summary",
        "half \N{REPLACEMENT CHARACTER} a NUL \N{REPLACEMENT CHARACTER}.",
        False,
    ),
    ("description", LONG_DOCUMENT, "description", LONG.strip(), False),
    ("description", DEEP_DOCUMENT, "description", "At the top\nbelow", False),
    ("assignee", b'{"displayName":"without an id"}', "assignee_id", None, True),
    ("status", b"null", "status_id", None, False),
]


@pytest.mark.parametrize(("field", "raw", "column", "value", "told"), ODD, ids=[f"{odd[0]} {odd[1][:24]!r}" for odd in ODD])
def test_an_odd_value_costs_itself_and_a_rejected_row_tells_of_it(
    bench: Bench, field: str, raw: bytes, column: str, value: object, told: bool
) -> None:
    bench.jira.change.edit("PAY-3", {"summary": "Odd"})
    issue = bench.jira.change.issue("PAY-3")
    bench.jira.change.put_raw("PAY-3", field, raw)

    bench.sync()

    (row,) = bench.rows("issue", f"id = {issue.id}")
    assert (str(row[column]).strip() if isinstance(value, str) else row[column]) == value
    rejected = bench.rows("_rejected_row")
    assert [row["source_id"].split("[")[0].split(".")[0] for row in rejected] == ([f"{issue.id}/{field}"] if told else [])
    assert all(row["reason"] for row in rejected)
    assert bench.query("SELECT count(*) FROM jira.issue") == [(20,)]


def test_an_issue_whose_answer_alone_is_too_large_costs_itself_and_a_rejected_row_names_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncing.bench.ConnectionOptions", partial(ConnectionOptions, answer_bytes=1 << 20))
    issue = bench.jira.change.issue("PAY-3")
    bench.jira.change.put_raw("PAY-3", "description", LONG_DOCUMENT)

    report = bench.sync()

    assert bench.query("SELECT count(*) FROM jira.issue") == [(19,)]
    (rejected,) = bench.rows("_rejected_row")
    assert (rejected["entity"], rejected["source_id"], rejected["payload"]) == ("issue", str(issue.id), "null")
    assert rejected["reason"].startswith("PAY-3: The answer of ")
    assert "is larger than 1,048,576 bytes" in rejected["reason"]
    assert bench.query("SELECT status, rows_rejected FROM jira._sync_run WHERE entity = 'issue' AND rows_rejected > 0") == [
        ("success", 1)
    ]
    assert report.totals()["issue"]["rejected"] == 1

    bench.jira.change.put_raw("PAY-3", "description", b"null")
    bench.sync()
    assert bench.query("SELECT count(*) FROM jira.issue") == [(20,)]
