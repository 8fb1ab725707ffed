"""All ids, both ways: what is gone gets its reason, what came back comes back whole, and a guess marks nothing."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from jira_staging.errors import WrongUse
from jira_staging.records import Report
from syncing.bench import HOUR, Bench, both_flavours, cloud_only, data_center_only
from syncing.child_oracle import assert_children_equal_jira
from syncing.oracle import assert_tables_equal_jira

DAY = 24 * 3600


def check(bench: Bench, report: Report, key: str) -> dict[str, Any]:
    """The check `census` of a project."""
    found: dict[str, Any] = json.loads(report.tallies["issue", bench.scope(key)].checks)["census"]
    return found


def marks(bench: Bench, table: str = "issue", of: str = "key") -> dict[Any, str]:
    """Why rows are gone, by key."""
    return dict(bench.query(f"SELECT {of}, _deleted_reason FROM jira.{table} WHERE _deleted_at IS NOT NULL"))


def other_keys(bench: Bench) -> list[str]:
    return [project.key for project in bench.jira.site.projects if project.key != "PAY"]


def number_of(bench: Bench, key: str) -> int:
    issue = bench.jira.site.issue(key)
    assert issue is not None
    return issue.id


def test_where_nothing_is_gone_nothing_is_fetched_or_marked(loaded: Bench) -> None:
    report = loaded.census()
    assert loaded.heard.fetched_ids == {}
    assert marks(loaded) == {}
    count = len(loaded.jira.site.project("PAY").issues)  # type: ignore[union-attr]
    assert check(loaded, report, "PAY") == {
        "jira": count,
        "rows": count,
        "read_again": 0,
        "lacking": 0,
        "gone": {},
        "held_elsewhere": 0,
        "unsettled": 0,
        "withheld": 0,
        "changed_unseen": 0,
        "ok": True,
    }
    assert report.failed_checks == []


def test_a_census_is_written_down_as_one_and_moves_no_watermark(loaded: Bench) -> None:
    before = loaded.watermarks()
    loaded.jira.clock.advance(DAY)
    loaded.jira.change.delete("PAY-3")
    report = loaded.census()
    assert loaded.watermarks() == before
    modes = loaded.query(f"SELECT DISTINCT mode, status FROM jira._sync_run WHERE run_id = '{report.run.run_id}'")
    assert modes == [("census", "success")]


@both_flavours
def test_a_deletion_that_the_audit_log_tells_is_called_deleted_and_no_other(loaded: Bench) -> None:
    loaded.jira.change.delete("PAY-3")
    loaded.jira.change.delete("PAY-4", logged=False)
    loaded.jira.change.hide_issue("PAY-11")
    report = loaded.census()
    assert marks(loaded) == {"PAY-3": "deleted", "PAY-4": "missing", "PAY-11": "missing"}
    assert check(loaded, report, "PAY")["gone"] == {"deleted": 1, "missing": 2}
    assert_tables_equal_jira(loaded)
    assert_children_equal_jira(loaded)


def test_children_of_a_gone_issue_are_marked_with_its_reason(loaded: Bench) -> None:
    ((issue_id, key),) = loaded.query(
        "SELECT i.id, i.key FROM jira.issue AS i JOIN jira.comment AS c ON c.issue_id = i.id "
        "JOIN jira.issue_label AS l ON l.issue_id = i.id WHERE i.parent_id IS NOT NULL LIMIT 1"
    )
    loaded.jira.change.delete(key)
    loaded.census()
    reasons = f"SELECT DISTINCT _deleted_reason FROM jira.comment WHERE issue_id = {issue_id}"
    assert loaded.query(reasons) == [("deleted",)]
    assert loaded.rows("issue_label", f"issue_id = {issue_id}") == []
    assert marks(loaded, "comment", "issue_id").keys() == {issue_id}


@both_flavours
def test_without_the_audit_log_what_is_gone_is_missing(loaded: Bench) -> None:
    settings = loaded.jira.site.settings
    loaded.jira.site.settings = dataclasses.replace(settings, audit_log=False)
    loaded.jira.change.delete("PAY-3")
    report = loaded.census()
    assert marks(loaded) == {"PAY-3": "missing"}
    assert [note for note in report.notes if note.startswith("The audit log may not be read")]


@cloud_only("Data Center tells of an issue that it is archived, so nothing has to settle")
def test_an_archived_issue_is_archived_once_the_index_cannot_be_late(loaded: Bench) -> None:
    loaded.jira.change.edit("PAY-3", {"summary": "Just edited"})
    loaded.sync()
    loaded.jira.change.archive_issue("PAY-3")
    assert check(loaded, loaded.census(), "PAY")["unsettled"] == 1
    assert marks(loaded) == {}
    loaded.jira.clock.advance(13 * 3600)
    loaded.census()
    assert marks(loaded) == {"PAY-3": "archived"}


def test_an_issue_that_moved_out_of_what_is_loaded_says_so(bench: Bench) -> None:
    other = other_keys(bench)[0]
    bench.sync(projects=("PAY",))
    bench.jira.change.move("PAY-3", other)
    bench.census(projects=("PAY",))
    assert marks(bench) == {"PAY-3": "moved_out_of_scope"}


def test_an_issue_that_moved_into_another_scope_is_read_again_there(loaded: Bench) -> None:
    other = other_keys(loaded)[0]
    new_key = loaded.jira.change.move("PAY-3", other)
    number = number_of(loaded, new_key)
    # Another task loads the other project.
    report = loaded.census(projects=("PAY",))
    assert marks(loaded) == {}
    assert check(loaded, report, "PAY")["held_elsewhere"] == 1
    loaded.sync()
    assert loaded.query(f"SELECT key, _deleted_at FROM jira.issue WHERE id = {number}") == [(new_key, None)]
    keys = f"SELECT key, valid_until IS NULL FROM jira.issue_key_history WHERE issue_id = {number} ORDER BY valid_from"
    assert loaded.query(keys) == [("PAY-3", False), (new_key, True)]
    assert_tables_equal_jira(loaded)


GONE: dict[str, tuple[Callable[[Bench], Any], Callable[[Bench], Any], str]] = {
    "hidden": (
        lambda b: b.jira.change.hide_issue("PAY-3"),
        lambda b: b.jira.change.hide_issue("PAY-3", hidden=False),
        "missing",
    ),
    "archived": (
        lambda b: b.jira.change.archive_issue("PAY-3"),
        lambda b: b.jira.change.archive_issue("PAY-3", archived=False),
        "archived",
    ),
}


@pytest.mark.parametrize("how", GONE)
def test_what_comes_back_comes_back_whole(loaded: Bench, how: str) -> None:
    leave, return_, reason = GONE[how]
    loaded.jira.clock.advance(2 * DAY)
    leave(loaded)
    loaded.census()
    assert marks(loaded) == {"PAY-3": reason}
    return_(loaded)
    loaded.sync()
    assert marks(loaded) == {"PAY-3": reason}, "its `updated` did not move, so no sync finds it"
    report = loaded.census()
    assert check(loaded, report, "PAY")["read_again"] == 1
    assert marks(loaded) == marks(loaded, "comment", "id") == marks(loaded, "changelog_item", "history_id") == {}
    assert_tables_equal_jira(loaded)
    assert_children_equal_jira(loaded)


def test_an_issue_that_a_sync_never_found_is_loaded(loaded: Bench) -> None:
    new = loaded.jira.change.create("PAY", "Hidden from its first day")
    loaded.jira.change.hide_issue(new)
    loaded.jira.clock.advance(2 * DAY)
    loaded.sync()
    loaded.jira.change.hide_issue(new, hidden=False)
    loaded.jira.clock.advance(DAY)
    loaded.sync()
    assert loaded.rows("issue", f"key = '{new}'") == []
    loaded.census()
    assert_tables_equal_jira(loaded)
    assert_children_equal_jira(loaded)


def test_issues_that_name_a_gone_one_are_read_again(loaded: Bench) -> None:
    epics = "SELECT e.id, e.key FROM jira.issue AS e WHERE EXISTS (SELECT 1 FROM jira.issue AS c WHERE c.epic_id = e.id)"
    epic_id, epic = loaded.query(f"{epics} ORDER BY e.id LIMIT 1")[0]
    linked = loaded.query("SELECT i.key FROM jira.issue AS i JOIN jira.issue_link AS l ON l.issue_id = i.id ORDER BY i.id")[0][
        0
    ]
    loaded.jira.change.delete(epic)
    loaded.jira.change.delete(linked, logged=False)
    loaded.census()
    assert loaded.rows("issue", f"epic_id = {epic_id} AND _deleted_at IS NULL") == []
    assert marks(loaded)[epic] == "deleted"
    assert marks(loaded)[linked] == "missing"
    assert_tables_equal_jira(loaded)


# Whole projects -----------------------------------------------------------------------------------------------------------


def test_more_missing_than_allowed_marks_none_and_names_the_parameter(loaded: Bench) -> None:
    site = loaded.jira.site
    hidden = [issue.key for issue in site.by_created if issue.project.key == "PAY"][:12]
    for key in hidden:
        loaded.jira.change.hide_issue(key)
    loaded.jira.change.delete("PAY-20")
    report = loaded.census()
    assert marks(loaded) == {"PAY-20": "deleted"}
    told = check(loaded, report, "PAY")
    assert (told["withheld"], told["ok"]) == (12, False)
    wrong, counted = report.failed_checks
    assert wrong.startswith("PAY: 12 of ")
    assert "`max_missing` (`--max-missing`)" in wrong
    assert counted.startswith("AND and 2 projects more: Jira counts about 67 issues, the table has 79.")
    assert report.summary()["failed_checks"] == [wrong, counted]
    loaded.census(max_missing=0.5)
    assert {key for key, reason in marks(loaded).items() if reason == "missing"} == set(hidden)


def test_an_archived_project_takes_its_issues_with_it_and_brings_them_back(loaded: Bench) -> None:
    loaded.jira.change.archive_project("PAY")
    report = loaded.census()
    assert set(marks(loaded).values()) == {"archived"}
    assert len(marks(loaded)) == check(loaded, report, "PAY")["gone"]["archived"]
    loaded.jira.change.restore_project("PAY")
    loaded.census()
    assert marks(loaded) == {}
    assert_tables_equal_jira(loaded)
    assert_children_equal_jira(loaded)


def test_one_project_a_run_may_turn_out_to_be_hidden(loaded: Bench) -> None:
    first, second = other_keys(loaded)[:2]
    loaded.jira.change.hide_project(first)
    loaded.jira.change.hide_project(second)
    report = loaded.census()
    assert set(marks(loaded).values()) == {"project_not_visible"}
    assert len({key.partition("-")[0] for key in marks(loaded)}) == 1
    assert len(report.failed_checks) == 1
    loaded.census()
    assert {key.partition("-")[0] for key in marks(loaded)} == {first, second}


def test_a_project_may_be_named_that_is_not_there_any_longer(loaded: Bench) -> None:
    loaded.jira.change.hide_project("PAY")
    loaded.census(projects=("PAY",))
    assert set(marks(loaded).values()) == {"project_not_visible"}
    with pytest.raises(WrongUse, match="sees no project `NONE`"):
        loaded.census(projects=("NONE",))


def test_an_account_that_is_not_let_in_marks_nothing(loaded: Bench) -> None:
    loaded.jira.revoke_token()
    with pytest.raises(Exception, match="token"):
        loaded.census()
    assert marks(loaded) == {}


def test_a_site_that_was_never_loaded_has_nothing_to_compare(bench: Bench) -> None:
    with pytest.raises(WrongUse, match="run a sync first"):
        bench.census()


# Questions by JQL ---------------------------------------------------------------------------------------------------------

JQL = "summary ~ keepsake"


def asked_by_jql(bench: Bench, *, beside: bool = False) -> None:
    for key in ("PAY-3", "PAY-4"):
        bench.jira.change.edit(key, {"summary": "A keepsake"})
    if beside:
        bench.sync()
    bench.sync(jql=JQL)
    assert bench.query("SELECT count(*) FROM jira._scope_issue") == [(2,)]


def test_what_a_question_finds_no_longer_is_out_of_scope(bench: Bench) -> None:
    asked_by_jql(bench)
    bench.jira.change.edit("PAY-3", {"summary": "Worn out"})
    bench.jira.change.delete("PAY-4")
    bench.census(jql=JQL)
    assert marks(bench) == {"PAY-3": "out_of_scope", "PAY-4": "deleted"}
    assert bench.rows("_scope_issue") == []


def test_an_issue_is_not_gone_while_another_scope_holds_it(bench: Bench) -> None:
    asked_by_jql(bench, beside=True)
    bench.jira.change.edit("PAY-3", {"summary": "Worn out"})
    bench.jira.change.hide_issue("PAY-4")
    bench.census(jql=JQL)
    assert marks(bench) == {}
    assert bench.rows("_scope_issue") == []
    bench.census()
    assert marks(bench) == {"PAY-4": "missing"}


def test_a_project_leaves_to_a_question_what_that_holds(bench: Bench) -> None:
    asked_by_jql(bench, beside=True)
    bench.jira.change.hide_issue("PAY-4")
    assert check(bench, bench.census(), "PAY")["held_elsewhere"] == 1
    assert marks(bench) == {}
    bench.census(jql=JQL)
    bench.census()
    assert marks(bench) == {"PAY-4": "missing"}


# What hangs on issues -----------------------------------------------------------------------------------------------------


def comment_of(bench: Bench, newest_first: bool = True) -> tuple[int, int]:
    order = "DESC" if newest_first else "ASC"
    return bench.query(
        "SELECT c.id, c.issue_id FROM jira.comment AS c JOIN jira.issue AS i ON i.id = c.issue_id "
        f"ORDER BY i.updated_at {order}, c.id LIMIT 1"
    )[0]  # type: ignore[return-value]


@both_flavours
def test_a_comment_that_was_deleted_quietly_is_found(loaded: Bench) -> None:
    comment, issue_id = comment_of(loaded)
    loaded.jira.change.delete_comment(comment)
    loaded.jira.clock.advance(DAY)
    loaded.sync()
    assert marks(loaded, "comment", "id") == {}, "its issue did not change, so no sync reads it"
    loaded.census()
    assert marks(loaded, "comment", "id") == {comment: "missing"}
    assert set(loaded.heard.fetched_ids) == {issue_id}
    assert_children_equal_jira(loaded)


def test_comments_of_old_issues_are_compared_where_all_are_asked(loaded: Bench) -> None:
    comment, _ = comment_of(loaded)
    loaded.jira.change.delete_comment(comment)
    loaded.jira.clock.advance(400 * DAY)
    loaded.census()
    assert loaded.heard.count("/comment/list") == 0
    loaded.census(comment_days=None)
    assert marks(loaded, "comment", "id") == {comment: "missing"}


@data_center_only("Cloud does not tell which issues are archived")
def test_an_archived_issue_says_so_itself(loaded: Bench) -> None:
    loaded.jira.change.edit("PAY-3", {"summary": "Just edited"})
    loaded.sync()
    loaded.jira.change.archive_issue("PAY-3")
    loaded.census()
    assert marks(loaded) == {"PAY-3": "archived"}


@cloud_only("Data Center shows all comments in their issues")
def test_where_comments_may_not_be_listed_the_census_says_so(loaded: Bench) -> None:
    loaded.jira.faults.add("scope_missing", "comment/list")
    loaded.jira.change.delete("PAY-3")
    report = loaded.census()
    assert [note for note in report.notes if note.startswith("comment: Jira does not list comments")]
    assert marks(loaded) == {"PAY-3": "deleted"}


def test_only_tables_that_were_loaded_are_filled(bench: Bench) -> None:
    bench.sync(entities=("issue", "issue_label"))
    bench.jira.change.hide_issue("PAY-3")
    bench.census()
    bench.jira.change.hide_issue("PAY-3", hidden=False)
    bench.census()
    assert marks(bench) == {}
    assert bench.rows("comment") == bench.rows("changelog_item") == bench.rows("project") == []


def test_without_the_table_of_issues_there_is_nothing_to_compare(bench: Bench) -> None:
    bench.sync(entities=("comment",))
    with pytest.raises(WrongUse, match="without the table `issue`"):
        bench.census()


# Interruptions ------------------------------------------------------------------------------------------------------------


class Killed(Exception):
    """The process ended here."""


@pytest.mark.parametrize("moment", ["before_marking", "after_marking", "while_reading_again"])
def test_a_killed_census_loses_nothing(loaded: Bench, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    from jira_staging.issue_publishing import IssuePublisher
    from jira_staging.staging.duckdb_staging import DuckDBStaging

    epic = loaded.query("SELECT DISTINCT e.key FROM jira.issue AS e JOIN jira.issue AS c ON c.epic_id = e.id ORDER BY 1")[0][0]
    loaded.jira.clock.advance(2 * DAY)
    loaded.jira.change.delete(epic)
    with monkeypatch.context() as patched:
        marked = DuckDBStaging.mark_gone

        def mark(self: Any, *given: Any) -> None:
            if moment != "before_marking":
                marked(self, *given)
            if moment != "while_reading_again":
                raise Killed

        patched.setattr(DuckDBStaging, "mark_gone", mark)
        if moment == "while_reading_again":
            patched.setattr(IssuePublisher, "_publish", lambda *_, **__: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            loaded.census()
    assert loaded.rows("_sync_sweep") != []
    watermarks = loaded.watermarks()
    loaded.sync()
    assert loaded.rows("_sync_sweep") == []
    assert all(loaded.watermarks()[scope] >= before for scope, before in watermarks.items())
    loaded.census()
    assert marks(loaded)[epic] == "deleted"
    assert_tables_equal_jira(loaded)
    assert_children_equal_jira(loaded)


def test_a_census_finishes_what_a_killed_sync_left(loaded: Bench) -> None:
    from syncing.bench import leave_behind

    leave_behind(loaded, "PAY", [number_of(loaded, "PAY-5")])
    loaded.census()
    assert set(loaded.heard.fetched_ids) == {number_of(loaded, "PAY-5")}
    assert loaded.rows("_sync_sweep") == []


def test_a_late_index_takes_nothing_away(loaded: Bench) -> None:
    loaded.jira.change.create("PAY", "Just made")
    loaded.jira.change.move("PAY-7", other_keys(loaded)[0])
    loaded.jira.clock.advance(60)
    loaded.sync()
    loaded.jira.faults.add("index_lag", seconds=HOUR / 1000)
    loaded.census()
    assert marks(loaded) == {}
