"""Worklogs that change although their issue's `updated` stands still."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jira_staging.rebuilding import rebuild
from jira_staging.records import SyncRequest
from simulated_jira import SimulatedJira, lives
from simulated_jira.issue import Issue, Worklog
from syncing.bench import SMALL, Bench, Flavour, counts
from syncing.child_oracle import assert_children_equal_jira

DAY = 24 * 3600


@pytest.fixture
def bench(tmp_path: Path, flavour: Flavour) -> Iterator[Bench]:
    """60 issues in two projects, loaded; then two days pass, so that no look-back reaches an old change."""
    with SimulatedJira(60, projects=2, seed=11, settings=replace(SMALL, flavour=flavour)) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb")
        bench.sync()
        jira.clock.advance(2 * DAY)
        bench.sync()
        yield bench


def worked_on(bench: Bench, project: str = "PAY") -> tuple[Issue, Worklog]:
    site = bench.jira.site
    return next(
        (issue, lives.worklogs(site, issue)[0])
        for issue in site.by_created
        if issue.project.key == project and lives.worklogs(site, issue)
    )


def quietly(bench: Bench, issue: Issue, change: str, worklog: Worklog) -> None:
    """Edit or delete a worklog, and give its issue the time back at which it was updated."""
    before = issue.updated_ms
    if change == "edit":
        bench.jira.change.edit_work(worklog.id, worklog.seconds + 60)
    else:
        bench.jira.change.delete_work(worklog.id)
    issue.updated_ms = before
    bench.jira.site.changed()
    bench.jira.clock.advance(600)


def test_an_edited_worklog_is_found_without_its_issue(bench: Bench) -> None:
    issue, worklog = worked_on(bench)
    quietly(bench, issue, "edit", worklog)

    report = bench.sync()

    assert issue.id not in bench.heard.fetched_ids
    assert_children_equal_jira(bench, ["worklog"])
    assert counts(report, "worklog")["updated"] == 1


def test_a_deleted_worklog_is_found_without_its_issue(bench: Bench) -> None:
    issue, worklog = worked_on(bench)
    quietly(bench, issue, "delete", worklog)

    report = bench.sync()

    assert issue.id not in bench.heard.fetched_ids
    assert_children_equal_jira(bench, ["worklog"])
    told = "_deleted_at IS NOT NULL, _deleted_reason"
    assert bench.query(f"SELECT {told} FROM jira.worklog WHERE id = {worklog.id}") == [(True, "deleted")]
    assert counts(report, "worklog")["deleted"] == 1


def test_a_run_without_changes_reads_no_worklog(bench: Bench) -> None:
    bench.sync()
    assert bench.heard.count("/worklog/updated") == bench.heard.count("/worklog/deleted") == 1
    assert bench.heard.count("/worklog/list") == 0


def test_worklogs_of_other_scopes_are_left_out(bench: Bench) -> None:
    issue, worklog = worked_on(bench, "PAY")
    other, other_worklog = worked_on(bench, next(p.key for p in bench.jira.site.projects if p.key != "PAY"))
    quietly(bench, issue, "edit", worklog)
    quietly(bench, other, "delete", other_worklog)

    bench.sync(projects=(other.project.key,))

    spent = f"SELECT time_spent_seconds FROM jira.worklog WHERE id = {worklog.id}"
    assert bench.query(spent) == [(worklog.seconds,)]
    assert bench.rows("worklog", f"id = {other_worklog.id} AND _deleted_at IS NULL") == []
    bench.jira.clock.advance(5 * DAY)
    bench.sync(projects=("PAY",))  # goes on where this project was last read, not where the other one was
    assert bench.query(spent) == [(worklog.seconds + 60,)]


def test_a_question_by_jql_has_worklogs_of_its_own_issues(bench: Bench) -> None:
    issue, worklog = worked_on(bench, "PAY")
    question = "project = PAY"
    bench.sync(jql=question)
    bench.jira.clock.advance(2 * DAY)
    quietly(bench, issue, "edit", worklog)
    bench.sync(jql=question)
    assert bench.query(f"SELECT time_spent_seconds FROM jira.worklog WHERE id = {worklog.id}") == [(worklog.seconds + 60,)]


def test_a_first_load_needs_no_list_of_changes(tmp_path: Path, bench: Bench) -> None:
    fresh = Bench(bench.jira, tmp_path / "fresh.duckdb")
    fresh.sync()
    assert fresh.heard.count("/worklog/updated") == 0


def test_where_the_list_is_not_permitted_the_run_says_so_and_goes_on(bench: Bench) -> None:
    bench.jira.faults.add("scope_missing", "worklog/updated")
    bench.jira.change.comment("PAY-1", "Still read.")
    bench.jira.clock.advance(60)
    report = bench.sync()
    assert [note for note in report.notes if note.startswith("worklog: the site's list of changed worklogs is not permitted")]
    assert_children_equal_jira(bench, ["comment"])


def test_without_the_table_of_issues_the_known_worklogs_say_which_issues_count(tmp_path: Path, bench: Bench) -> None:
    alone = Bench(bench.jira, tmp_path / "alone.duckdb")
    alone.sync(entities=["worklog"])
    bench.jira.clock.advance(2 * DAY)
    issue, worklog = worked_on(bench)
    quietly(bench, issue, "edit", worklog)
    alone.sync(entities=["worklog"])
    assert_children_equal_jira(alone, ["worklog"])


def test_a_rebuild_brings_no_worklog_back_that_changed_without_its_issue(bench: Bench) -> None:
    bench.sync(raw=True, full=True)
    bench.jira.clock.advance(DAY)
    edited, deleted = worked_on(bench), worked_on(bench, "AND")
    quietly(bench, edited[0], "edit", edited[1])
    quietly(bench, deleted[0], "delete", deleted[1])
    bench.sync(raw=True)
    assert bench.heard.fetched_ids.keys() == {edited[0].id, deleted[0].id}, "what is kept of them is kept anew"
    assert_children_equal_jira(bench, ["worklog"])

    rebuild(bench.staging, SyncRequest(), bench.new_report())

    assert_children_equal_jira(bench, ["worklog"])
    assert bench.query(f"SELECT _deleted_reason FROM jira.worklog WHERE id = {deleted[1].id}") == [("deleted",)]


def test_more_changes_in_an_instant_than_jira_lists_stop_nothing_and_are_told(bench: Bench) -> None:
    issue, worklog = worked_on(bench)
    instant = bench.jira.clock.now_ms()
    bench.jira.site.deleted_worklogs += [(900_000 + number, instant) for number in range(1_200)]
    bench.jira.clock.advance(60)
    quietly(bench, issue, "delete", worklog)

    report = bench.sync()

    (told,) = report.failed_checks
    assert told.startswith("worklog: Jira's list of deleted worklogs has more of ")
    assert "`--full`" in told
    assert_children_equal_jira(bench, ["worklog"])
    bench.jira.clock.advance(2 * DAY)
    assert [told[:8] for told in bench.sync().failed_checks] == ["worklog:"], "the look-back reaches where the last run began"
    bench.jira.clock.advance(2 * DAY)
    assert bench.sync().failed_checks == []
