"""The census against a real Postgres: what `test_census.py` tells in whole, told in short where the warehouse counts."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulated_jira import SimulatedJira
from staging.postgres_server import PostgresServer
from syncing.bench import SMALL, Bench, Flavour
from syncing.postgres_bench import PostgresBench

DAY = 24 * 3600


@pytest.fixture
def bench(tmp_path: Path, postgres_server: PostgresServer, flavour: Flavour) -> Iterator[PostgresBench]:
    """80 issues in three projects, loaded."""
    with SimulatedJira(80, projects=3, seed=11, settings=replace(SMALL, flavour=flavour)) as jira:
        jira.clock.freeze(jira.site.start_ms)
        bench = PostgresBench(jira, tmp_path, uri=postgres_server.new_database())
        bench.sync()
        yield bench


def marks(bench: Bench, table: str = "issue", of: str = "key") -> dict[Any, str]:
    return dict(bench.query(f"SELECT {of}, _deleted_reason FROM jira.{table} WHERE _deleted_at IS NOT NULL"))


def there(bench: Bench) -> set[Any]:
    return {key for (key,) in bench.query("SELECT key FROM jira.issue WHERE _deleted_at IS NULL")}


def test_what_is_gone_gets_its_reason_with_all_that_hangs_on_it_and_comes_back_whole(bench: PostgresBench) -> None:
    change, site = bench.jira.change, bench.jira.site
    comments = "SELECT count(*) FROM jira.comment WHERE _deleted_at IS NULL"
    ((issue_id, key),) = bench.query(
        "SELECT i.id, i.key FROM jira.issue i JOIN jira.comment c ON c.issue_id = i.id "
        "JOIN jira.issue_label l ON l.issue_id = i.id WHERE i.key NOT IN ('PAY-3', 'PAY-4', 'PAY-11') ORDER BY i.id LIMIT 1"
    )
    whole = bench.query(comments)
    bench.jira.clock.advance(2 * DAY)
    change.archive_issue(key)
    change.delete("PAY-3")
    change.delete("PAY-4", logged=False)
    change.hide_issue("PAY-11")

    report = bench.census()

    gone = {"PAY-3": "deleted", "PAY-4": "missing", "PAY-11": "missing", key: "archived"}
    assert marks(bench) == gone
    assert set(marks(bench, "comment", "issue_id").items()) >= {(issue_id, "archived")}
    assert bench.query(f"SELECT * FROM jira.issue_label WHERE issue_id = {issue_id}") == []
    assert report.failed_checks == []

    change.archive_issue(key, archived=False)
    change.hide_issue("PAY-11", hidden=False)
    bench.census()

    assert marks(bench) == {"PAY-3": "deleted", "PAY-4": "missing"}
    assert there(bench) == {issue.key for issue in site.by_created if issue.is_visible}
    assert bench.query(f"SELECT count(*) > 0 FROM jira.issue_label WHERE issue_id = {issue_id}") == [(True,)]
    of_gone = "SELECT count(*) FROM jira.comment WHERE _deleted_at IS NOT NULL"
    assert bench.query(comments)[0][0] + bench.query(of_gone)[0][0] == whole[0][0]


def test_a_comment_that_was_deleted_quietly_is_found(bench: PostgresBench) -> None:
    ((comment,),) = bench.query(
        "SELECT c.id FROM jira.comment c JOIN jira.issue i ON i.id = c.issue_id ORDER BY i.updated_at DESC, c.id LIMIT 1"
    )
    bench.jira.change.delete_comment(comment)
    bench.jira.clock.advance(DAY)
    bench.census()
    assert marks(bench, "comment", "id") == {comment: "missing"}


def test_a_question_by_jql_lets_go_of_what_it_finds_no_longer(bench: PostgresBench) -> None:
    bench.jira.change.edit("PAY-3", {"summary": "A keepsake"})
    bench.sync(jql="summary ~ keepsake")
    assert bench.query("SELECT count(*) FROM jira._scope_issue") == [(1,)]
    bench.jira.change.edit("PAY-3", {"summary": "Worn out"})
    bench.census(jql="summary ~ keepsake")
    assert bench.query("SELECT count(*) FROM jira._scope_issue") == [(0,)]
    assert marks(bench) == {}


def test_more_missing_than_allowed_marks_none(bench: PostgresBench) -> None:
    for number in range(1, 13):
        bench.jira.change.hide_issue(f"PAY-{number}")
    report = bench.census()
    assert marks(bench) == {}
    assert "`max_missing`" in report.failed_checks[0]
    bench.census(max_missing=0.5)
    assert len(marks(bench)) == 12
