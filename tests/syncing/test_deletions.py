"""What Jira no longer has: marked, each kind the way in which Jira lets it be known, and never called deleted on a guess."""

from typing import Any

import pytest

from jira_staging.tables import TABLES
from simulated_jira import lives
from simulated_jira.issue import Issue
from syncing.bench import Bench, cloud_only
from syncing.oracle import assert_tables_equal_jira

DAY = 24 * 3600


def reasons(bench: Bench, table: str, of: str = "id") -> dict[Any, str]:
    """Why rows of a table are gone."""
    return dict(bench.query(f"SELECT {of}, _deleted_reason FROM jira.{table} WHERE _deleted_at IS NOT NULL"))


def sync_a_day_later(bench: Bench) -> None:
    bench.jira.clock.advance(DAY)
    bench.sync()


def issue_of(bench: Bench, key: str) -> Issue:
    issue = bench.jira.site.issue(key)
    assert issue is not None
    return issue


@pytest.mark.parametrize(("logged", "reason"), [(True, "deleted"), (False, "missing")])
def test_a_deleted_issue_is_found_by_the_census_and_all_that_hangs_on_it_is_marked_alike(
    loaded: Bench, logged: bool, reason: str
) -> None:
    issue = issue_of(loaded, "PAY-3")
    loaded.jira.change.delete("PAY-3", logged=logged)
    sync_a_day_later(loaded)
    assert reasons(loaded, "issue") == {}, "no search tells of what is not there"

    loaded.census()

    assert reasons(loaded, "issue") == {issue.id: reason}
    of_issues = [table for table in TABLES.values() if table.owner == "issue_id" and table.group in ("issues", "history")]
    for table in of_issues:
        if table.absent == "delete":
            assert loaded.rows(table.name, f"issue_id = {issue.id}") == [], table.name
        else:
            # The list of deleted worklogs names those of a deleted issue, too.
            why = "deleted" if table.name == "worklog" else reason
            told = loaded.query(f"SELECT DISTINCT _deleted_reason FROM jira.{table.name} WHERE issue_id = {issue.id}")
            assert told in ([], [(why,)]), table.name


def test_a_deleted_link_is_missing_at_both_of_its_ends(loaded: Bench) -> None:
    link = loaded.jira.change.link("PAY-3", "PAY-4")
    sync_a_day_later(loaded)
    ends = {(row["issue_id"], row["_deleted_at"]) for row in loaded.rows("issue_link", f"id = {link}")}
    assert ends == {(issue_of(loaded, "PAY-3").id, None), (issue_of(loaded, "PAY-4").id, None)}

    loaded.jira.change.unlink(link)
    sync_a_day_later(loaded)

    assert loaded.query(f"SELECT _deleted_reason FROM jira.issue_link WHERE id = {link}") == [("missing",)] * 2
    assert set(reasons(loaded, "issue_link")) == {link}


def test_a_deleted_attachment_is_missing(loaded: Bench) -> None:
    kept, file = loaded.jira.change.attach("PAY-3", "kept.txt"), loaded.jira.change.attach("PAY-3", "a.txt")
    sync_a_day_later(loaded)
    loaded.jira.change.detach("PAY-3", file)
    sync_a_day_later(loaded)
    assert reasons(loaded, "attachment") == {file: "missing"}
    assert len(loaded.rows("attachment", f"id = {kept} AND _deleted_at IS NULL")) == 1


def test_a_deleted_comment_is_found_when_its_issue_is_read_and_by_the_census(loaded: Bench) -> None:
    loud, quiet = (loaded.jira.change.comment(key, "Soon gone.") for key in ("PAY-3", "PAY-4"))
    sync_a_day_later(loaded)
    loaded.jira.change.delete_comment(loud, touch=True)
    loaded.jira.change.delete_comment(quiet)
    sync_a_day_later(loaded)
    assert reasons(loaded, "comment") == {loud: "missing"}
    loaded.census()
    assert reasons(loaded, "comment") == {loud: "missing", quiet: "missing"}


def test_a_worklog_that_jira_itself_names_as_deleted_is_deleted(loaded: Bench) -> None:
    work = loaded.jira.change.log_work("PAY-3", 3600)
    sync_a_day_later(loaded)
    issue = issue_of(loaded, "PAY-3")
    before = issue.updated_ms
    loaded.jira.change.delete_work(work)
    issue.updated_ms = before
    loaded.jira.site.changed()
    sync_a_day_later(loaded)
    assert reasons(loaded, "worklog") == {work: "deleted"}
    assert work not in {entry.id for entry in lives.worklogs(loaded.jira.site, issue)}


def test_a_deleted_sprint_is_missing_and_nothing_else_is(loaded: Bench) -> None:
    board = next(board for project in loaded.jira.site.projects for board in project.boards if board.sprints)
    sprint = board.sprints.pop()
    loaded.jira.site.changed()
    sync_a_day_later(loaded)
    assert reasons(loaded, "sprint") == {sprint.id: "missing"}
    assert reasons(loaded, "board") == {}


@pytest.mark.parametrize(("table", "owned"), [("version", "versions"), ("component", "components")])
def test_a_deleted_version_or_component_is_missing(loaded: Bench, table: str, owned: str) -> None:
    project = next(project for project in loaded.jira.site.projects if getattr(project, owned))
    gone = getattr(project, owned).pop()
    loaded.jira.site.changed()
    sync_a_day_later(loaded)
    assert reasons(loaded, table) == {int(gone["id"]): "missing"}


@cloud_only("Data Center has no bin")
def test_a_project_in_the_bin_is_told_as_such_and_one_beyond_it_is_missing_and_its_issues_not_visible(loaded: Bench) -> None:
    project = loaded.jira.site.project("AND")
    assert project is not None
    loaded.jira.change.delete_project("AND")
    sync_a_day_later(loaded)
    assert loaded.query("SELECT is_deleted, _deleted_at FROM jira.project WHERE key = 'AND'") == [(True, None)]

    loaded.jira.change.delete_project("AND", into_bin=False)
    sync_a_day_later(loaded)
    assert reasons(loaded, "project") == {int(project.id): "missing"}
    loaded.census()
    assert set(reasons(loaded, "issue").values()) == {"project_not_visible"}


def test_what_comes_back_loses_its_mark(loaded: Bench) -> None:
    board = next(board for project in loaded.jira.site.projects for board in project.boards if board.sprints)
    project = next(project for project in loaded.jira.site.projects if project.versions)
    sprint, version = board.sprints.pop(), project.versions.pop()
    loaded.jira.site.changed()
    sync_a_day_later(loaded)
    assert len(reasons(loaded, "sprint")) == len(reasons(loaded, "version")) == 1
    board.sprints.append(sprint)
    project.versions.append(version)
    loaded.jira.site.changed()
    sync_a_day_later(loaded)
    assert reasons(loaded, "sprint") == reasons(loaded, "version") == {}
    assert_tables_equal_jira(loaded)
