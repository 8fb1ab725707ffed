"""What sprints made of their issues, after whole runs: also of issues that nobody touched when the sprint changed."""

from collections.abc import Sequence
from typing import Any

import pytest

from jira_staging.issue_loading import IssueLoader, ScopeSweep
from simulated_jira.field_list import STORY_POINTS
from simulated_jira.projects import Sprint
from syncing.bench import HOUR, Bench

SPRINT = "customfield_10020"


def running(bench: Bench, key: str = "PAY") -> Sprint:
    project = bench.jira.site.project(key)
    assert project is not None
    return next(sprint for sprint in project.sprints() if sprint.state == "active")


def told(bench: Bench, sprint: Sprint, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Of PAY-2 in this sprint."""
    issue = bench.jira.site.issue("PAY-2")
    assert issue is not None
    where = f"issue_id = {issue.id} AND sprint_id = {sprint.id}"
    return bench.query(f"SELECT {', '.join(columns)} FROM jira.{table} WHERE {where}")


@pytest.fixture
def sprinting(bench: Bench) -> tuple[Bench, Sprint]:
    """PAY-2 was put into the running sprint and done there; all is loaded, and a day goes by."""
    sprint = running(bench)
    bench.jira.change.edit("PAY-2", {SPRINT: [sprint.id]})
    bench.jira.change.transition("PAY-2", "Done")
    bench.sync()
    bench.jira.clock.advance(24 * 3600)
    return bench, sprint


def test_the_report_of_a_running_sprint_says_how_things_stand(sprinting: tuple[Bench, Sprint]) -> None:
    bench, sprint = sprinting
    columns = ("was_committed", "was_added_during", "was_removed", "was_completed", "points_at_start = points_at_end")
    ((*figures, same_points),) = told(bench, sprint, "sprint_report", *columns)
    assert figures == [False, True, False, None]
    issue = bench.jira.site.issue("PAY-2")
    assert same_points is (None if issue.body.value(STORY_POINTS) is None else True)  # type: ignore[union-attr]
    reported = {row["sprint_id"] for row in bench.rows("sprint_report")}
    assert reported <= {row["id"] for row in bench.rows("sprint", "state <> 'future'")}
    assert len(reported) > 1


def test_when_a_sprint_is_completed_its_issues_say_so_without_having_changed(sprinting: tuple[Bench, Sprint]) -> None:
    bench, sprint = sprinting
    assert told(bench, sprint, "issue_sprint_history", "is_completed_in_sprint") == [(None,)]

    bench.jira.change.change_sprint(sprint.id, state="closed", complete_ms=bench.jira.clock.now_ms() - HOUR)
    bench.sync(lookback_hours=0.0)

    assert told(bench, sprint, "issue_sprint_history", "is_completed_in_sprint") == [(True,)]
    assert told(bench, sprint, "sprint_report", "was_completed") == [(True,)]
    bench.sync(lookback_hours=0.0)
    assert bench.heard.fetched_ids == {}, "what was made up for is not read again"


def test_when_a_completed_sprint_is_opened_again_its_issues_are_no_longer_completed(sprinting: tuple[Bench, Sprint]) -> None:
    bench, sprint = sprinting
    bench.jira.change.change_sprint(sprint.id, state="closed", complete_ms=bench.jira.clock.now_ms() - HOUR)
    bench.sync(lookback_hours=0.0)

    bench.jira.change.change_sprint(sprint.id, state="active", complete_ms=None)
    bench.sync(lookback_hours=0.0)

    assert told(bench, sprint, "sprint_report", "was_completed") == [(None,)]


def test_what_a_failed_run_had_not_read_again_the_next_run_does(
    sprinting: tuple[Bench, Sprint], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, sprint = sprinting
    bench.jira.change.change_sprint(sprint.id, state="closed", complete_ms=bench.jira.clock.now_ms() - HOUR)
    with monkeypatch.context() as patched:
        patched.setattr(
            "jira_staging.issue_loading.IssueLoader.load", lambda *_, **__: (_ for _ in ()).throw(RuntimeError("killed"))
        )
        with pytest.raises(RuntimeError, match="killed"):
            bench.sync(lookback_hours=0.0)
    assert told(bench, sprint, "sprint_report", "was_completed") == [(None,)]

    bench.sync(lookback_hours=0.0)

    assert told(bench, sprint, "sprint_report", "was_completed") == [(True,)]


def test_a_jql_scope_reads_its_own_issues_again(bench: Bench) -> None:
    sprint = running(bench)
    bench.jira.change.edit("PAY-2", {SPRINT: [sprint.id]})
    bench.sync(jql="key in (PAY-2, PAY-3)")
    bench.jira.clock.advance(24 * 3600)
    bench.jira.change.change_sprint(sprint.id, state="closed", complete_ms=bench.jira.clock.now_ms() - HOUR)

    bench.sync(jql="key in (PAY-2, PAY-3)", lookback_hours=0.0)

    ((completed,),) = told(bench, sprint, "sprint_report", "was_completed")
    assert completed is not None


def test_a_sprint_that_is_completed_before_a_killed_run_is_finished_is_made_up_for(
    sprinting: tuple[Bench, Sprint], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, sprint = sprinting
    bench.sync(lookback_hours=0.0)
    bench.jira.clock.advance(3600)
    bench.jira.change.edit("PAY-3", {"summary": "To be read by the run that is killed"})

    def killed(_self: IssueLoader, sweeps: Sequence[ScopeSweep], **_: bool) -> None:
        if sweeps:
            raise KeyboardInterrupt

    monkeypatch.setattr(IssueLoader, "load", killed)
    with pytest.raises(KeyboardInterrupt):
        bench.sync(lookback_hours=0.0)
    monkeypatch.undo()
    assert [row["issue_id"] for row in bench.rows("_sync_sweep")] == [bench.jira.site.issue("PAY-3").id]  # type: ignore[union-attr]
    bench.jira.clock.advance(3600)
    bench.jira.change.change_sprint(sprint.id, state="closed", complete_ms=bench.jira.clock.now_ms() - HOUR)

    bench.sync(lookback_hours=0.0)

    assert told(bench, sprint, "issue_sprint_history", "is_completed_in_sprint") == [(True,)]
    assert told(bench, sprint, "sprint_report", "was_completed") == [(True,)]


def completed(bench: Bench, sprint: Sprint) -> None:
    bench.jira.change.change_sprint(sprint.id, state="closed", complete_ms=bench.jira.clock.now_ms() - HOUR)


def test_a_census_between_a_killed_run_and_the_next_does_not_pass_for_having_seen_the_sprint(
    sprinting: tuple[Bench, Sprint], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, sprint = sprinting
    completed(bench, sprint)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("jira_staging.changed_issues.sweep_anew", killed)
    with pytest.raises(KeyboardInterrupt):
        bench.sync(lookback_hours=0.0)
    monkeypatch.undo()
    bench.write("UPDATE jira.issue SET _deleted_at = now(), _deleted_reason = 'missing' WHERE key = 'PAY-5'")
    assert bench.census().totals()["issue"]["updated"] == 1, "it reads one issue, and writes the scope's state with it"

    bench.sync(lookback_hours=0.0)

    assert told(bench, sprint, "issue_sprint_history", "is_completed_in_sprint") == [(True,)]
    assert told(bench, sprint, "sprint_report", "was_completed") == [(True,)]


def test_a_sprint_that_another_task_saw_completed_while_this_one_was_under_way_is_made_up_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    sprint = running(bench, "AND")
    bench.jira.change.edit("PAY-2", {SPRINT: [sprint.id]})
    bench.jira.change.transition("PAY-2", "Done")
    bench.jira.clock.advance(3600)
    for key in ("AND", "PAY"):
        bench.sync(projects=[key])
    bench.jira.clock.advance(24 * 3600)
    bench.jira.change.edit("PAY-3", {"summary": "Changed"})
    load = IssueLoader.load

    def loading(self: IssueLoader, sweeps: Sequence[ScopeSweep], **how: bool) -> None:
        if sweeps:
            monkeypatch.undo()
            completed(bench, sprint)
            bench.sync(projects=["AND"], lookback_hours=0.0)
        load(self, sweeps, **how)

    monkeypatch.setattr(IssueLoader, "load", loading)
    bench.sync(projects=["PAY"], lookback_hours=0.0)
    assert told(bench, sprint, "issue_sprint_history", "is_completed_in_sprint") == [(None,)]

    bench.sync(projects=["PAY"], lookback_hours=0.0)

    assert told(bench, sprint, "issue_sprint_history", "is_completed_in_sprint") == [(True,)]


def test_when_a_board_estimates_by_another_field_the_reports_of_its_sprints_do_too(
    sprinting: tuple[Bench, Sprint], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, _sprint = sprinting
    monkeypatch.setattr("simulated_jira.routes.agile.STORY_POINTS", "timeoriginalestimate")
    for _ in range(8):  # boards take turns
        bench.jira.clock.advance(24 * 3600)
        bench.sync()
    assert {row["estimation_field_id"] for row in bench.rows("board")} == {"timeoriginalestimate", None}
    after = bench.query("SELECT * EXCLUDE (_synced_at, _run_id) FROM jira.sprint_report ORDER BY ALL")

    bench.sync(full=True)

    assert bench.query("SELECT * EXCLUDE (_synced_at, _run_id) FROM jira.sprint_report ORDER BY ALL") == after


def test_when_a_status_becomes_one_of_the_done_ones_issues_that_were_left_in_it_are_completed(
    sprinting: tuple[Bench, Sprint],
) -> None:
    bench, sprint = sprinting
    completed(bench, sprint)
    bench.sync()
    before = bench.query("SELECT count(*) FROM jira.sprint_report WHERE was_completed")
    for status in bench.jira.site.all_statuses():
        if status.category == "indeterminate":
            status.category = "done"
            del status.payload
    bench.jira.site.changed()
    bench.jira.clock.advance(24 * 3600)

    bench.sync()

    after = bench.query("SELECT * EXCLUDE (_synced_at, _run_id) FROM jira.sprint_report ORDER BY ALL")
    assert bench.query("SELECT count(*) FROM jira.sprint_report WHERE was_completed") > before
    bench.sync(full=True)
    assert bench.query("SELECT * EXCLUDE (_synced_at, _run_id) FROM jira.sprint_report ORDER BY ALL") == after
    bench.sync()
    assert bench.heard.fetched_ids == {}, "what was made up for is not read again"


def test_a_sprint_that_was_deleted_has_no_report(sprinting: tuple[Bench, Sprint]) -> None:
    bench, sprint = sprinting
    bench.jira.change.edit("PAY-2", {SPRINT: None})
    bench.sync(lookback_hours=0.0)
    alive = "SELECT was_removed FROM jira.sprint_report WHERE _deleted_at IS NULL AND issue_id = {} AND sprint_id = {}"
    issue = bench.jira.site.issue("PAY-2")
    assert issue is not None
    assert bench.query(alive.format(issue.id, sprint.id)) == [(True,)]

    for project in bench.jira.site.projects:
        for board in project.boards:
            board.sprints = [each for each in board.sprints if each is not sprint]
    bench.jira.clock.advance(24 * 3600)
    bench.sync(lookback_hours=0.0)

    assert bench.query(f"SELECT count(_deleted_at) FROM jira.sprint WHERE id = {sprint.id}") == [(1,)]
    assert bench.query(alive.format(issue.id, sprint.id)) == []
