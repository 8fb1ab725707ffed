"""What hangs on issues, from the simulated Jira into DuckDB: whole, in bulk, and never taken for whole when it is not."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from jira_staging import issue_portions
from jira_staging.errors import JiraUnavailable
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.records import Report
from simulated_jira import SimulatedJira
from simulated_jira.issue import Issue
from syncing.bench import SMALL, Bench, Flavour, cloud_only, counts, data_center_only, leave_behind, make_batches_small
from syncing.child_oracle import IN_BULK, KEYS, assert_children_equal_jira
from syncing.oracle import assert_tables_equal_jira

ONE_BY_ONE = tuple(table for table in KEYS if table not in IN_BULK)


@pytest.fixture
def bench(tmp_path: Any, flavour: Flavour) -> Iterator[Bench]:
    """60 issues in two projects."""
    with SimulatedJira(60, projects=2, seed=11, settings=replace(SMALL, flavour=flavour)) as jira:
        yield Bench(jira, tmp_path / "staging.duckdb")


def issue_of(bench: Bench, key: str) -> Issue:
    found = bench.jira.site.issue(key)
    assert found is not None
    return found


def checks(report: Report, table: str) -> dict[str, int]:
    """The check `children` of a table, over all scopes."""
    total: dict[str, int] = {}
    for (entity, _), tally in report.tallies.items():
        if entity == table:
            for name, count in json.loads(tally.checks).get("children", {}).items():
                total[name] = total.get(name, 0) + count
    return total


def asked_for(bench: Bench, end: str) -> int:
    return sum(asked.partition("?")[0].endswith(end) for asked, _ in bench.heard.asked)


def test_everything_that_hangs_on_issues_is_loaded_whole(bench: Bench) -> None:
    report = bench.sync()

    assert_children_equal_jira(bench)
    for table in ("comment", "worklog", "attachment"):
        rows = counts(report, table)["inserted"]
        assert checks(report, table) == {"issues": 60, "incomplete": 0, "told": rows, "read": rows}
    assert bench.tables(*ONE_BY_ONE) == {table: [] for table in ONE_BY_ONE}
    assert bench.rows("_rejected_row") == []


def test_hub_issues_arrive_whole(bench: Bench) -> None:
    bench.jira.change.grow("PAY-1", comments=430, worklogs=130, histories=10_500, links=300)
    bench.jira.change.grow("PAY-2", comments=101)

    report = bench.sync()

    assert_children_equal_jira(bench)
    assert checks(report, "comment")["incomplete"] == 0
    assert asked_for(bench, f"/issue/{issue_of(bench, 'PAY-1').id}/worklog") == 1
    ((links,),) = bench.query(f"SELECT count(*) FROM jira.issue_link WHERE issue_id = {issue_of(bench, 'PAY-1').id}")
    assert links >= 300


@cloud_only("Data Center's changelogs come with the issues, whole")
def test_the_embedded_changelog_is_never_asked_for(bench: Bench) -> None:
    bench.sync()
    bodies = [body for asked, body in bench.heard.asked if asked.endswith("/issue/bulkfetch")]
    assert bodies
    assert not any("expand" in body or "changelog" in body["fields"] for body in bodies)
    assert asked_for(bench, "/changelog/bulkfetch") == 1


@pytest.mark.parametrize("fault", ["split_changelogs", "numeric_created"])
def test_changelogs_may_be_split_and_dated_by_numbers(bench: Bench, fault: str) -> None:
    bench.jira.faults.add(fault, "changelog/bulkfetch")
    bench.sync()
    assert_children_equal_jira(bench)


@pytest.mark.parametrize("most_bytes", [60_000, 2_000])
def test_changelogs_that_are_too_large_together_are_asked_for_apart(
    bench: Bench, most_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_batches_small(20, 1 << 30, monkeypatch.setattr)
    monkeypatch.setattr(issue_portions, "CHANGELOG_BYTES", most_bytes)
    bench.sync()
    assert_children_equal_jira(bench)
    assert bench.rows("_sync_sweep") == []


@cloud_only("Data Center's issues come with all that hangs on them, so an answer is what a batch holds at least")
def test_batches_are_bounded_by_bytes_whatever_hangs_on_an_issue(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    read = issue_portions.PortionReader.read

    def measured(self: Any, *given: Any) -> Iterator[Any]:
        for portion in read(self, *given):
            sizes.append(portion.size)
            yield portion

    for key in ("PAY-1", "PAY-2", "PAY-3"):
        bench.jira.change.grow(key, comments=900)
    monkeypatch.setattr(issue_portions.PortionReader, "read", measured)
    make_batches_small(5, 200_000, monkeypatch.setattr)
    bench.sync()
    assert_children_equal_jira(bench)
    # None holds more than one of the three, whose comments are some 750 KB each.
    assert 600_000 < max(sizes) < 1_200_000


@cloud_only("Data Center's issues come with all their comments")
def test_a_list_that_grows_while_it_is_paged_is_read_once_more(bench: Bench) -> None:
    bench.jira.change.grow("PAY-1", comments=250)
    seen: list[str] = []

    def write_another(_number: int, path: str) -> None:
        if path.endswith("/comment"):
            seen.append(path)
            if len(seen) == 2:
                bench.jira.change.comment("PAY-1", "One more.")

    bench.heard.before = write_another
    report = bench.sync(most_at_once=1)

    assert len(seen) > 3
    bench.heard.before = None
    assert_children_equal_jira(bench, ["comment"])
    assert checks(report, "comment")["incomplete"] == 0


def test_a_list_that_is_not_known_to_be_whole_removes_nothing(bench: Bench) -> None:
    bench.sync()
    issue = issue_of(
        bench, next(key for (key,) in bench.query("SELECT key FROM jira.comment JOIN jira.issue i ON i.id = issue_id"))
    )
    before = bench.query(f"SELECT count(*) FROM jira.comment WHERE issue_id = {issue.id} AND _deleted_at IS NULL")
    raw = b'{"comments":[],"startAt":0,"maxResults":0}'
    bench.jira.change.put_raw(issue.key, "comment", raw)
    bench.jira.faults.add("server_error", f"/issue/{issue.id}/comment", status=403)

    report = bench.sync()

    assert bench.query(f"SELECT count(*) FROM jira.comment WHERE issue_id = {issue.id} AND _deleted_at IS NULL") == before
    assert checks(report, "comment")["incomplete"] == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_page_of_something_in_front_of_jira_is_no_missing_permission(bench: Bench, status: int) -> None:
    """A firewall refuses one request of each kind; taken for Jira's word, it would leave rows out of a run that succeeds."""
    bench.jira.change.grow("PAY-1", comments=150)
    for path in ("/search", "/issue/", "/status", "/comment"):
        bench.jira.faults.add("html_error", path, status=status, times=1)

    report = bench.sync()

    assert_children_equal_jira(bench)
    assert report.failed_checks == []
    assert [note for note in report.notes if "not permitted" in note] == []
    assert sum(tally.retries for tally in report.tallies.values()) >= 3


def test_a_page_that_stays_in_jiras_place_fails_the_run_which_is_tried_again(bench: Bench) -> None:
    bench.sync()
    bench.jira.clock.advance(24 * 3600)
    before = bench.watermarks()
    bench.jira.faults.add("html_error", "/worklog/deleted", status=403)
    words = r"in front of Jira .* GET /rest/api/[23]/worklog/deleted through \(403: an HTML page titled `Error`\)"
    with pytest.raises(JiraUnavailable, match=words) as failed:
        bench.sync()
    assert failed.value.retry
    assert bench.watermarks() == before


@data_center_only("Cloud gives any number of issues by their ids")
@pytest.mark.parametrize("raw", [False, True], ids=["columns", "raw"])
def test_a_site_of_many_fields_can_be_asked_for_one_issue(
    tmp_path: Any, flavour: Flavour, monkeypatch: pytest.MonkeyPatch, raw: bool
) -> None:
    """The names of 600 fields are longer than a URL may be."""
    monkeypatch.setattr("syncing.bench.ConnectionOptions", partial(ConnectionOptions, read_seconds=1.5))
    with SimulatedJira(20, projects=1, seed=5, settings=replace(SMALL, flavour=flavour, custom_fields=600)) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb")
        hub, gone = issue_of(bench, "PAY-3"), issue_of(bench, "PAY-4")
        jira.change.delete(gone.key)
        bench.sync(raw=raw)
        jira.change.comment(hub.key, "One more.")
        jira.faults.add("slow_hub", issue=hub.id, seconds=3.0)
        leave_behind(bench, "PAY", [hub.id, gone.id])
        bench.sync(raw=raw)
        assert [path for path, _ in bench.heard.asked if path.endswith(f"/issue/{gone.id}")], "it was asked for by itself"
        assert_tables_equal_jira(bench)
        assert_children_equal_jira(bench)
        bench.release()


def test_a_deleted_comment_is_found_when_its_issue_is_read_again(bench: Bench) -> None:
    bench.sync()
    ((comment_id,),) = bench.query("SELECT min(id) FROM jira.comment")
    bench.jira.change.delete_comment(comment_id, touch=True)
    bench.jira.clock.advance(60)

    bench.sync()

    assert_children_equal_jira(bench)
    assert bench.query(f"SELECT _deleted_reason FROM jira.comment WHERE id = {comment_id}") == [("missing",)]


def test_changes_of_every_kind_reach_the_tables(bench: Bench) -> None:
    bench.sync()
    change = bench.jira.change
    comment_id = change.comment("PAY-3", "First.")
    change.edit_comment(comment_id, "Second.")
    change.edit_work(change.log_work("PAY-4", 3600, "Dug."), 7200)
    change.detach("PAY-5", change.attach("PAY-5", "b.txt"))
    change.attach("PAY-5", "c.txt")
    change.edit("PAY-6", {"summary": "Anew"})
    bench.jira.clock.advance(60)

    bench.sync()

    assert_children_equal_jira(bench)


def test_children_of_an_older_version_are_kept_out(bench: Bench) -> None:
    bench.sync()
    issue = issue_of(bench, "PAY-3")
    bench.write(f"UPDATE jira.issue SET updated_at = updated_at + INTERVAL 20 YEAR WHERE id = {issue.id}")
    before = bench.tables(*IN_BULK, where=f"issue_id = {issue.id} ORDER BY ALL")
    bench.jira.change.comment("PAY-3", "Too late.")
    bench.jira.clock.advance(60)

    bench.sync()

    assert bench.tables(*IN_BULK, where=f"issue_id = {issue.id} ORDER BY ALL") == before


def test_what_costs_a_request_an_issue_is_loaded_where_it_is_asked_for(bench: Bench) -> None:
    report = bench.sync(entities=["issue", *ONE_BY_ONE])
    assert_children_equal_jira(bench, ONE_BY_ONE)
    assert asked_for(bench, "/watchers") == 60
    assert checks(report, "issue_watcher")["incomplete"] == 0
    assert bench.rows("comment") == []

    bench.jira.clock.advance(100 * 3600)
    bench.jira.change.edit("PAY-3", {"summary": "Anew"})
    bench.jira.change.set_watchers("PAY-3", [bench.jira.site.people[1].account_id])
    bench.jira.change.set_property("PAY-3", "more", [1])
    bench.jira.clock.advance(60)
    bench.sync(entities=["issue", *ONE_BY_ONE])
    assert_children_equal_jira(bench, ONE_BY_ONE)
    assert asked_for(bench, "/watchers") == 1


def test_the_group_of_issues_holds_them_too(bench: Bench) -> None:
    bench.sync(entities=["issues"], projects=("PAY",))
    keys = [issue.key for issue in bench.jira.site.by_created if issue.project.key == "PAY"]
    assert_children_equal_jira(bench, KEYS, keys)


def test_watchers_that_may_not_be_seen_are_told_once_and_fail_nothing(bench: Bench) -> None:
    bench.jira.faults.add("scope_missing", "/watchers")

    report = bench.sync(entities=["issue", "issue_watcher", "issue_vote"])

    assert_children_equal_jira(bench, ["issue_vote"])
    assert bench.rows("issue_watcher") == []
    (note,) = (note for note in report.notes if note.startswith("issue_watcher"))
    assert "not permitted" in note
    # Rights are a project's: once refused, the rest of it is not asked for.
    assert asked_for(bench, "/watchers") < 60
    assert checks(report, "issue_watcher") == {"issues": 60, "incomplete": 60, "told": 0, "read": 0}


def test_people_who_only_stand_in_comments_are_in_the_table_of_people(bench: Bench) -> None:
    bench.sync(entities=["issue", "comment", "user"])
    ((strangers,),) = bench.query('SELECT count(*) FROM jira.comment WHERE author_id NOT IN (SELECT id FROM jira."user")')
    assert strangers == 0


def test_comments_alone_may_be_asked_for(bench: Bench) -> None:
    bench.sync(entities=["comment"])
    assert_children_equal_jira(bench, ["comment"])
    assert bench.rows("issue") == []
    assert asked_for(bench, "/changelog/bulkfetch") == 0
