"""Long lists of comments and worklogs on another night: what is known of them is read anew by its ids, many at once."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jira_staging import known_entries
from jira_staging.tables import GROUPS
from simulated_jira import SimulatedJira, lives
from simulated_jira.exchange import Answer, Request
from simulated_jira.issue import Issue
from syncing.bench import HOUR, SMALL, Bench, Flavour, both_flavours, cloud_only
from syncing.child_oracle import assert_children_equal_jira

DAY = 24 * 3600
LONG = ("PAY-1", "PAY-2", "PAY-3", "PAY-4", "PAY-5")


@pytest.fixture
def bench(tmp_path: Path, flavour: Flavour) -> Iterator[Bench]:
    """60 issues in two projects, five of them with long lists; loaded, and two days old."""
    with SimulatedJira(60, projects=2, seed=11, settings=replace(SMALL, flavour=flavour)) as jira:
        for key in LONG:
            jira.change.grow(key, comments=40, worklogs=40)
        jira.clock.advance(60)
        bench = Bench(jira, tmp_path / "staging.duckdb")
        bench.sync()
        jira.clock.advance(2 * DAY)
        yield bench
        bench.release()


def issue_of(bench: Bench, key: str) -> Issue:
    found = bench.jira.site.issue(key)
    assert found is not None
    return found


def asked(bench: Bench) -> Counter[str]:
    """The questions of the last run that are about comments and worklogs, by kind."""
    found = (re.search(r"(issue/\d+/(?:comment|worklog)|(?:comment|worklog)/list)$", path) for path, _ in bench.heard.asked)
    return Counter(re.sub(r"\d+", "N", match[1]) for match in found if match)


def change_all(bench: Bench) -> None:
    """Something of every kind, each in the middle of a list where Jira shows neither end, and on another issue."""
    change, site = bench.jira.change, bench.jira.site
    comments = {key: [entry.id for entry in lives.comments(site, issue_of(bench, key))] for key in LONG}
    works = {key: [entry.id for entry in lives.worklogs(site, issue_of(bench, key))] for key in LONG}
    change.comment(LONG[0], "One more.")
    change.edit_comment(comments[LONG[1]][3], "Otherwise.")
    change.delete_comment(comments[LONG[2]][4], touch=True)
    change.edit_work(works[LONG[2]][-3], 7_200)
    change.delete_work(works[LONG[3]][-2])
    change.log_work(LONG[4], 3_600, "Dug.")


@both_flavours
def test_what_was_added_changed_or_deleted_in_long_lists_is_found_by_ids(bench: Bench) -> None:
    change_all(bench)
    bench.jira.clock.advance(120)

    bench.sync()

    assert_children_equal_jira(bench)
    # One more of worklogs is for those that the site's list of changed ones names; a Data Center shows all comments.
    of_comments = {} if bench.jira.service.is_data_center else {"comment/list": 1}
    assert asked(bench) == {"worklog/list": 2} | of_comments


def test_what_the_list_of_changed_worklogs_did_not_tell_makes_the_whole_list_be_asked_for(bench: Bench) -> None:
    # Jira leaves out the last minute: the new worklog is in no list yet, and not among the oldest, which an issue shows.
    change_all(bench)

    bench.sync()

    assert_children_equal_jira(bench)
    assert asked(bench)["issue/N/worklog"] == 1


def test_a_first_load_and_an_issue_that_is_new_to_the_table_ask_for_each_list(bench: Bench, tmp_path: Path) -> None:
    fresh = Bench(bench.jira, tmp_path / "fresh.duckdb")
    fresh.sync()
    assert_children_equal_jira(fresh)
    assert asked(fresh)["issue/N/worklog"] == len(LONG) + 1, "the site has one such issue of its own"
    assert asked(fresh)["worklog/list"] == 0
    fresh.release()

    bench.jira.change.grow("PAY-6", comments=40, worklogs=40)
    bench.jira.clock.advance(60)
    bench.sync()
    assert_children_equal_jira(bench)
    assert asked(bench)["issue/N/worklog"] == 1


@cloud_only("a Data Center shows all comments")
def test_where_entries_may_not_be_read_by_ids_each_list_is_asked_for(bench: Bench) -> None:
    bench.jira.faults.add("scope_missing", "comment/list")
    change_all(bench)
    bench.jira.clock.advance(120)

    report = bench.sync()

    assert_children_equal_jira(bench)
    assert asked(bench) == {"comment/list": 1, "issue/N/comment": len(LONG), "worklog/list": 2}
    assert report.notes == []


def test_hubs_are_not_held_until_their_turn(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_entries, "MOST_ENTRIES", 90)
    change_all(bench)
    bench.jira.clock.advance(120)
    bench.sync()
    assert_children_equal_jira(bench)
    assert asked(bench)["issue/N/worklog"] == len(LONG) - 2


def test_a_load_of_very_many_issues_looks_nothing_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_entries, "MOST_ISSUES", 59)
    bench.sync(full=True)
    assert_children_equal_jira(bench)
    assert asked(bench)["worklog/list"] == 0


def test_lists_that_are_kept_as_they_came_are_kept_whole(bench: Bench) -> None:
    bench.sync(raw=True, full=True)
    change_all(bench)
    bench.jira.clock.advance(120)
    bench.sync(raw=True)
    assert_children_equal_jira(bench)
    assert asked(bench)["issue/N/worklog"] == len(LONG)


@cloud_only("a Data Center gives changelogs with the issues")
@pytest.mark.parametrize("entities", [(), ("issue_field_history", "issue_key_history"), ("issue", "issue_status_transition")])
def test_an_issue_hidden_just_while_changelogs_are_asked_for_keeps_its_history(
    bench: Bench, entities: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    change, issue_id = bench.jira.change, issue_of(bench, "PAY-6").id
    change.edit("PAY-6", {"summary": "Once"})
    change.transition("PAY-6", "Done")
    bench.jira.clock.advance(HOUR // 1000)
    bench.sync(entities=entities, full=True)
    told = [name for name in ("changelog_item", *GROUPS["history"]) if not entities or name in entities]
    histories = [f"SELECT * FROM jira.{table} WHERE issue_id = {issue_id} ORDER BY ALL" for table in told]
    before = [bench.query(history) for history in histories]
    change.comment("PAY-6", "No change that a changelog tells of.")
    answer = bench.jira.service.answer
    asked_for: list[bool] = []

    def answered(request: Request) -> Answer:
        is_first = "changelog/bulkfetch" in request.target and not asked_for
        if not is_first:
            return answer(request)
        asked_for.append(True)
        change.hide_issue("PAY-6")
        try:
            return answer(request)
        finally:
            change.hide_issue("PAY-6", hidden=False)

    monkeypatch.setattr(bench.jira.service, "answer", answered)
    bench.jira.clock.advance(HOUR // 1000)

    bench.sync(entities=entities, most_at_once=1)

    assert asked_for
    assert [bench.query(history) for history in histories] == before
    assert any(before)
