"""What only a Data Center makes difficult: offsets within a minute, a late or unfinished index, hubs, hours that come twice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from jira_staging.jira_api import data_center_lists, data_center_search
from jira_staging.jira_api.answers import REST
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.options import ConnectionOptions
from simulated_jira import SimulatedJira
from simulated_jira.people import GROUPS
from simulated_jira.searching import Lag
from syncing.bench import SMALL, Bench, counts, leave_behind
from syncing.child_oracle import assert_children_equal_jira
from syncing.oracle import assert_tables_equal_jira

SMALL_PAGES = replace(SMALL, flavour="data_center", search_page=7)


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Bench]:
    """A site whose search gives seven issues a page, and whose clock stands still."""
    with SimulatedJira(80, projects=3, seed=11, settings=SMALL_PAGES) as jira:
        jira.clock.freeze(jira.site.start_ms)
        bench = Bench(jira, tmp_path / "staging.duckdb", entities=("issue",))
        yield bench
        bench.release()


def keys(bench: Bench) -> list[str]:
    return sorted(key for (key,) in bench.query("SELECT key FROM jira.issue WHERE _deleted_at IS NULL"))


def keys_there(bench: Bench) -> list[str]:
    return sorted(issue.key for issue in bench.jira.site.issues.values() if issue.is_visible)


def change_in_one_minute(bench: Bench, count: int) -> list[int]:
    """Ids of issues of one project that were all edited in the same instant."""
    chosen = [issue for issue in bench.jira.site.by_created if issue.project.key == "PAY"][:count]
    for issue in chosen:
        bench.jira.change.edit(issue.key, {"summary": "All at once"})
    return [issue.id for issue in chosen]


def test_more_issues_in_one_minute_than_on_a_page_are_all_read(narrow: Bench) -> None:
    narrow.sync()
    assert keys(narrow) == keys_there(narrow)

    narrow.jira.clock.advance(24 * 3_600)
    changed = change_in_one_minute(narrow, 24)
    narrow.jira.clock.advance(3_600)
    report = narrow.sync()
    assert counts(report, "issue") == {"read": 24, "updated": 24}
    assert narrow.query("SELECT count(*) FROM jira.issue WHERE summary = 'All at once'") == [(len(changed),)]
    searched = [body for asked, body in narrow.heard.asked if asked.endswith("/search")]
    assert max(body["startAt"] for body in searched if "updated >=" in body["jql"]) > 0


def test_edits_that_shift_the_offsets_of_a_minute_lose_nothing(narrow: Bench) -> None:
    narrow.sync()
    narrow.jira.clock.advance(24 * 3_600)
    changed = change_in_one_minute(narrow, 24)
    narrow.jira.clock.advance(3_600)
    searched = 0

    def edit_one(_count: int, path: str) -> None:
        nonlocal searched
        if path.endswith("/search"):
            searched += 1
            if searched in (2, 3):
                # One of those on the page before leaves the minute, and all behind it move up.
                issue = narrow.jira.site.issues[changed[searched]]
                narrow.jira.change.edit(issue.key, {"labels": ["moved"]})

    narrow.heard.before = edit_one
    narrow.sync()
    narrow.heard.before = None
    assert narrow.query("SELECT count(*) FROM jira.issue WHERE summary = 'All at once'") == [(len(changed),)]


def test_an_issue_that_the_index_knows_as_older_makes_no_page_jump(narrow: Bench) -> None:
    """It stands where it was before its edit, and shows when it was edited: the first page must not seem to end now."""
    of_project = [issue for issue in narrow.jira.site.by_created if issue.project.key == "PAY"]
    by_updated = sorted(of_project, key=lambda issue: issue.updated_ms)
    narrow.jira.faults.add("index_lag", seconds=300)
    narrow.jira.change.edit(by_updated[6].key, {"summary": "Edited a moment ago"})
    narrow.jira.clock.advance(60)
    narrow.sync()
    assert keys(narrow) == keys_there(narrow)


def test_an_index_that_is_being_rebuilt_makes_nothing_gone_and_what_it_lacks_is_fetched_by_its_id(narrow: Bench) -> None:
    narrow.sync()
    lacking = [issue for issue in narrow.jira.site.by_created if Lag(absent=0.7).lacks(issue.id)]
    narrow.jira.faults.add("index_rebuild", share=0.7)
    narrow.jira.clock.advance(24 * 3_600)

    report = narrow.census(max_missing=1.0)
    assert keys(narrow) == keys_there(narrow)
    assert ["Jira counts about" in told for told in report.failed_checks] == [True]

    waiting = next(issue for issue in lacking if issue.project.key == "PAY")
    narrow.write(f"DELETE FROM jira.issue WHERE id = {waiting.id}")
    leave_behind(narrow, "PAY", [waiting.id])
    narrow.sync()
    assert keys(narrow) == keys_there(narrow)


def test_a_hub_that_takes_too_long_is_read_in_parts_and_arrives_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncing.bench.ConnectionOptions", partial(ConnectionOptions, read_seconds=0.6))
    with SimulatedJira(40, projects=1, seed=11, settings=replace(SMALL, flavour="data_center")) as jira:
        hub = jira.change.issue("PAY-3")
        for number in range(30):
            jira.change.comment(hub.key, f"Comment {number}")
            jira.change.log_work(hub.key, 60)
        jira.faults.add("slow_hub", issue=hub.id, seconds=1.5)
        bench = Bench(jira, tmp_path / "staging.duckdb")
        bench.sync()
        assert_tables_equal_jira(bench)
        assert_children_equal_jira(bench)
        alone = [path for path, _ in bench.heard.asked if path.endswith(f"/issue/{hub.id}")]
        assert 4 <= len(alone) <= 8
        bench.release()


@pytest.mark.parametrize(
    ("moment", "zone", "told"),
    [
        ("2026-11-02T15:00:59.999+00:00", "America/New_York", "2026-11-02 10:00"),
        # 01:30 comes twice there: before the clocks go back Jira could take it for the later one.
        ("2026-11-01T05:30:00+00:00", "America/New_York", "2026-11-01 00:59"),
        ("2026-11-01T06:30:00+00:00", "America/New_York", "2026-11-01 01:30"),
        # Half an hour, on an island.
        ("2026-04-04T14:45:00+00:00", "Australia/Lord_Howe", "2026-04-05 01:29"),
        ("1970-01-01T00:00:00+00:00", "UTC", "1970-01-01 00:00"),
    ],
)
def test_a_minute_is_never_read_as_a_later_one(moment: str, zone: str, told: str) -> None:
    milliseconds = int(datetime.fromisoformat(moment).timestamp() * 1000)
    assert data_center_search.instant_before(milliseconds, ZoneInfo(zone)) == told


def test_a_night_is_one_search_for_all_projects_and_one_for_what_changed_with_all_that_hangs_on_it(narrow: Bench) -> None:
    narrow.entities = ("issue", "comment", "changelog_item")
    narrow.sync()
    narrow.jira.clock.advance(24 * 3_600)
    changed = [narrow.jira.change.issue(key).id for key in ("AND-2", "PAY-1")]
    for key in ("AND-2", "PAY-1"):
        narrow.jira.change.comment(key, "Tonight")
    narrow.jira.clock.advance(3_600)

    report = narrow.sync()

    bodies = [body for asked, body in narrow.heard.asked if asked.endswith("/search")]
    swept, counted = [body for body in bodies if not body["jql"].startswith("id in")]
    fetched = [body for body in bodies if body["jql"].startswith("id in")]
    assert swept["jql"].startswith('(project in ("AND","OPS","PAY")) AND updated >= "')
    assert (counted["jql"], counted["maxResults"]) == ('project in ("AND","OPS","PAY")', 0)
    assert {issue_id for body in fetched for issue_id in changed if str(issue_id) in body["jql"]} == set(changed)
    assert all(body["expand"] == ["changelog"] for body in fetched)
    assert len(fetched) <= 2
    assert (counts(report, "issue"), counts(report, "comment")["inserted"]) == ({"read": 2, "updated": 2}, 2)


def test_a_client_keeps_to_the_rate_that_a_company_allows(narrow: Bench) -> None:
    """One bucket of a user's for all routes, told by headers of its own; after the burst the client is as fast as it fills."""
    narrow.jira.rate_limits.set(100, 5)
    with JiraClient(narrow.jira.url, narrow.tokens, ConnectionOptions(most_at_once=4)) as jira:
        for number in range(30):
            jira.get(f"{REST}/{('status', 'priority', 'resolution')[number % 3]}")
    assert sum(request.status == 429 for request in narrow.jira.requests) <= 3


def test_an_epic_is_looked_for_among_the_issues_that_are_there(narrow: Bench) -> None:
    narrow.sync()
    narrow.jira.clock.advance(3_600)
    narrow.jira.change.delete_project("PAY", into_bin=False)
    narrow.census(max_missing=1.0)
    narrow.jira.change.add_project("PAY", "Payments anew")
    epic = narrow.jira.change.create("PAY", "The key of a gone issue", issue_type="Epic")
    child = narrow.jira.change.create("OPS", "Part of it", parent=epic)
    gone = narrow.query(f"SELECT count(*) FROM jira.issue WHERE key = '{epic}' AND _deleted_at IS NOT NULL")

    narrow.sync(projects=["OPS"])

    assert gone == [(1,)]
    assert narrow.query(f"SELECT epic_id FROM jira.issue WHERE key = '{child}'") == [(narrow.jira.site.issue(epic).id,)]


def groups_there(bench: Bench) -> list[str]:
    return sorted(name for (name,) in bench.query('SELECT name FROM jira."group" WHERE _deleted_at IS NULL'))


@pytest.mark.parametrize("most", [1, 2, 5, 20])
def test_groups_are_read_to_the_last_however_few_come_at_a_time(narrow: Bench, most: int) -> None:
    narrow.jira.site.settings = replace(SMALL_PAGES, most_groups=most)

    narrow.sync(entities=("group",))

    assert groups_there(narrow) == sorted(GROUPS)
    assert narrow.heard.count("/groups/picker") == -(-len(GROUPS) // most)


def test_groups_that_cannot_be_listed_whole_stay_as_they_were(narrow: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow.sync(entities=("group",))
    narrow.jira.site.settings = replace(SMALL_PAGES, most_groups=2)
    monkeypatch.setattr(data_center_lists, "LONGEST_EXCLUDED", 10)

    report = narrow.sync(entities=("group",))

    assert groups_there(narrow) == sorted(GROUPS)
    assert any("Raise `jira.ajax.autocomplete.limit`" in note for note in report.notes)
