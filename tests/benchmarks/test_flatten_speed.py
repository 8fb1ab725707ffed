"""How long an issue takes from JSON to rows: 10 KB, 150 custom fields of which 30 are not null, four documents."""

import json
import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from entities.invented_issues import ANNA, BEN, CUSTOM, FIELDS, adf, field, issue, option, page
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.issue import LIST_TABLES, IssueFlattener
from simulated_jira import rich_text

ISSUES, A_PAGE, CUSTOM_FIELDS, NOT_NULL = 1_000, 100, 150, 30
ENTITIES = ("issue", *LIST_TABLES, "user")
# Reading the same pages into Python objects, and nothing more, is what every other reader begins with.
MOST_TIMES_OF_JSON_LOADS = 2.0  # measured: 1.0

Kind = tuple[str, str, str | None, Callable[[random.Random], Any]]
KINDS: list[Kind] = [
    ("number", "float", None, lambda rng: rng.random()),
    ("string", "textfield", None, lambda rng: "some text value"),
    ("option", "select", None, lambda rng: option(rng.randint(1, 9), "High")),
    ("date", "datepicker", None, lambda rng: "2026-01-31"),
    ("datetime", "datetime", None, lambda rng: "2026-01-31T10:00:00.000+0000"),
    ("user", "userpicker", None, lambda rng: {**ANNA, "accountId": f"5b{rng.randint(1, 500)}"}),
    ("array", "multiselect", "option", lambda rng: [option(1, "A"), option(2, "B")]),
    ("any", "app", None, lambda rng: {"a": 1, "b": [1, 2, 3]}),
    ("string", "textarea", None, lambda rng: adf("short text")),
    ("array", "labels", "string", lambda rng: ["a", "b"]),
]


def _issue(rng: random.Random, number: int) -> dict[str, Any]:
    custom: dict[str, Any] = dict.fromkeys(f"customfield_{11_000 + n}" for n in range(CUSTOM_FIELDS))
    for n in rng.sample(range(CUSTOM_FIELDS), NOT_NULL):
        custom[f"customfield_{11_000 + n}"] = KINDS[n % len(KINDS)][3](rng)
    kind = {"id": "10000", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
    return issue(
        number,
        **custom,
        customfield_10020=[{"id": 7, "name": "Sprint 7", "state": "closed", "boardId": 8, "goal": ""}],
        description=rich_text.invented(rng, size=2_700, mention_of=("5b", "Ben")),
        labels=["a", "b"],
        components=[{"id": "1", "self": "…", "name": "Web"}],
        reporter=BEN,
        assignee=ANNA,
        priority={"id": "3"},
        resolutiondate="2026-09-28T19:32:13.094+0500",
        issuelinks=[
            {"id": str(number), "type": kind, "inwardIssue": {"id": "5", "key": "PAY-5", "fields": {"summary": "x" * 50}}}
        ],
    )


def _cpu_an_issue(work: Callable[[], object]) -> float:
    """Milliseconds of CPU, the best of five."""
    best = float("inf")
    for _ in range(5):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best / ISSUES * 1_000


@pytest.mark.slow
def test_flattening_costs_a_small_multiple_of_reading_the_json() -> None:
    rng = random.Random(20260928)
    fields = [
        field(11_000 + n, f"Field {n}", KINDS[n % 10][0], CUSTOM + KINDS[n % 10][1], KINDS[n % 10][2])
        for n in range(CUSTOM_FIELDS)
    ]
    catalogue = FieldCatalogue(json.dumps([*FIELDS, *fields]).encode())
    issues = [_issue(rng, number) for number in range(1, ISSUES + 1)]
    pages = [page(*issues[start : start + A_PAGE]) for start in range(0, ISSUES, A_PAGE)]

    def flatten() -> None:
        flattener = IssueFlattener(catalogue, ENTITIES)
        for start in range(0, len(pages), 5):
            assert flattener.flatten(pages[start : start + 5]).rejected == ()

    ours, baseline = _cpu_an_issue(flatten), _cpu_an_issue(lambda: [json.loads(given) for given in pages])
    size = sum(map(len, pages)) / ISSUES
    print(
        f"\n{size:,.0f} bytes an issue: {ours:.3f} ms CPU to rows, {baseline:.3f} ms to Python objects: {ours / baseline:.2f}"
    )
    assert ours < MOST_TIMES_OF_JSON_LOADS * baseline
