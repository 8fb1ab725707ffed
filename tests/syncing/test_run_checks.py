"""What every run checks of its tables: it is written down, told, and never stops what was loaded."""

import json
from typing import Any

from jira_staging.records import Report
from syncing.bench import COUNT, Bench, both_flavours
from syncing.child_oracle import assert_children_equal_jira


def outcomes(bench: Bench, report: Report, table: str = "issue") -> dict[str, Any]:
    """All checks of a table, as `_sync_run` has them."""
    rows = bench.query(f"SELECT checks FROM jira._sync_run WHERE run_id = '{report.run.run_id}' AND entity = '{table}'")
    return {name: found for (text,) in rows for name, found in json.loads(text).items()}


@both_flavours
def test_a_good_run_says_what_it_checked(bench: Bench) -> None:
    report = bench.sync()
    told = outcomes(bench, report)
    assert told["approximate_count"] == {"jira": 80, "rows": 80, "scopes": 3, "ok": True}
    assert told["duplicates"] == told["orphans"] == {"ok": True}
    assert report.failed_checks == report.summary()["failed_checks"] == []
    assert bench.heard.counts == 1


def test_rows_that_jira_no_longer_counts_are_told_until_the_census_marks_them(loaded: Bench) -> None:
    for number in range(1, 13):
        loaded.jira.change.hide_issue(f"PAY-{number}")
    report = loaded.sync()
    (wrong,) = report.failed_checks
    assert wrong == (
        "AND and 2 projects more: Jira counts about 68 issues, the table has 80. Census (`--census`) tells which differ."
    )
    assert outcomes(loaded, report)["approximate_count"] == {"jira": 68, "rows": 80, "scopes": 3, "ok": False}
    assert loaded.census(max_missing=0.5).failed_checks == []
    assert loaded.sync().failed_checks == []


def test_a_question_by_jql_is_counted_by_itself(bench: Bench) -> None:
    report = bench.sync(jql="project = PAY AND created >= '2000-01-01'")
    count = len(bench.rows("issue"))
    assert outcomes(bench, report)["approximate_count"] == {"jira": count, "rows": count, "scopes": 1, "ok": True}


@both_flavours
def test_a_restriction_by_which_nothing_was_ever_found_is_told_once(bench: Bench) -> None:
    told = 'Jira finds no issue at all by `component in ("No such")`: check the names in it.'
    assert told in bench.sync(components=["No such"]).notes
    assert told not in bench.sync(components=["No such"]).notes
    assert not any("no issue at all" in note for note in bench.sync(jql="summary is not EMPTY").notes)


def test_a_key_that_stands_twice_and_a_row_without_its_issue_are_found(loaded: Bench) -> None:
    loaded.write("INSERT INTO jira.comment SELECT * FROM jira.comment ORDER BY id LIMIT 1")
    loaded.write("UPDATE jira.issue_label SET issue_id = 5 WHERE issue_id = (SELECT min(issue_id) FROM jira.issue_label)")
    (key,) = loaded.query(
        "SELECT i.key FROM jira.issue AS i JOIN jira.issue_label AS l ON l.issue_id = i.id "
        "JOIN jira.comment AS c ON c.issue_id = i.id LIMIT 1"
    )[0]
    loaded.jira.change.comment(key, "One more")
    loaded.jira.change.edit(key, {"labels": ["another"]})
    report = loaded.sync()
    told = outcomes(loaded, report)
    assert told["duplicates"] == {"comment": 1, "ok": False}
    assert told["orphans"]["issue_label"] >= 1
    assert len(report.failed_checks) == 2


def test_lists_that_are_not_whole_are_told(bench: Bench) -> None:
    bench.sync()
    bench.jira.clock.advance(3600)
    bench.jira.change.grow("PAY-1", comments=430, worklogs=130, histories=10_500, links=300)
    report = bench.sync()
    assert_children_equal_jira(bench)
    assert report.failed_checks == []


def test_a_sample_and_a_run_without_issues_are_not_counted(bench: Bench) -> None:
    bench.sync(limit=5)
    assert bench.heard.count("/search/approximate-count") == 0
    bench.sync(entities=("project",))
    assert bench.heard.count("/search/approximate-count") == 0


def test_where_jira_does_not_count_the_run_says_so(bench: Bench) -> None:
    bench.jira.faults.add("scope_missing", COUNT)
    report = bench.sync()
    assert [note for note in report.notes if note.startswith("Jira does not count issues here")]
    assert report.failed_checks == []


def test_tables_without_issues_have_no_orphans(bench: Bench) -> None:
    bench.sync(projects=("PAY",), entities=("comment",))
    report = bench.sync(projects=("AND",))
    assert "orphans" not in outcomes(bench, report)
    assert report.failed_checks == []
