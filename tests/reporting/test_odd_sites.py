"""What old imports, planned sprints and other odd things leave in a site: every view answers, and rightly."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from jira_staging.charts import CHARTS, Selection, as_of, figures
from jira_staging.records import SyncRequest
from jira_staging.staging import Staging
from jira_staging.staging.postgres_staging import PostgresStaging
from jira_staging.syncing import sync
from simulated_jira import SimulatedJira
from simulated_jira.changelog_items import item
from simulated_jira.field_list import SPRINT, STORY_POINTS
from staging.postgres_server import PostgresServer
from syncing.bench import RICH, Bench, Flavour, client

HOUR = 3_600
DAY_MS = 86_400_000


@dataclass(frozen=True)
class Odd:
    """The site in one warehouse, with the keys of what is odd in it and its sprints."""

    staging: Staging
    query: Callable[[str], list[tuple[Any, ...]]]
    keys: dict[str, str]
    sprints: dict[str, int]

    def one(self, columns: str, view: str, key: str) -> tuple[Any, ...]:
        (row,) = self.query(f"SELECT {columns} FROM jira_reporting.{view} WHERE issue_key = '{self.keys[key]}'")
        return row

    def chart(self, name: str) -> list[dict[str, Any]]:
        found = figures(self.staging, CHARTS[name], Selection(("PAY",), days=365), as_of(self.staging))
        return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def live_through(jira: SimulatedJira) -> tuple[dict[str, str], dict[str, int]]:
    """Names in place of ids, an issue of 1998, one reopened by way of a status that is gone, an import, three sprints."""
    change, clock, site = jira.change, jira.clock, jira.site
    keys = {name: change.create("PAY", name) for name in ("named", "old", "reopened", "imported", "planned")}
    clock.advance(HOUR)
    change.put_history(keys["named"], [item("status", (None, "Imported"), (None, "Also imported"), "status")])
    for field in ("project", "issuetype"):
        change.put_history(keys["named"], [item(field, (None, "Old"), (None, "Older"), field)])
    change.put_history(keys["named"], [item("Fix Version", (None, None), (None, "1.0, beta"), "fixVersions")])
    change.put_history(keys["named"], [item("Story Points", (None, ""), ("", "5 pts"), STORY_POINTS)])
    clock.advance(HOUR)
    change.edit(keys["named"], {"summary": "And a change of today"})
    begun_ms = 907_200_000_000
    change.put_raw(keys["old"], "created", b'"1998-10-01T00:00:00.000+0000"')
    _issue(jira, keys["old"]).created_ms = begun_ms
    for name in ("reopened", "imported"):
        for status in ("In Progress", "Done"):
            clock.advance(HOUR)
            change.transition(keys[name], status)
    done = next(status for status in site.all_statuses() if status.payload["name"] == "Done")
    for went, came in (((done.id, "Done"), ("99001", "Deleted")), (("99001", "Deleted"), (done.id, "Done"))):
        clock.advance(HOUR)
        change.put_history(keys["reopened"], [item("status", went, came, "status")])
    clock.advance(HOUR)
    change.put_raw(keys["imported"], "created", f'"{site.stamps.text(clock.now_ms())}"'.encode())
    _issue(jira, keys["imported"]).created_ms = clock.now_ms()
    mine = site.project("PAY").sprints()
    running, planned = (next(sprint for sprint in mine if sprint.state == state) for state in ("active", "future"))
    keys["grew"] = change.create("PAY", "grew", fields={STORY_POINTS: 3.0, SPRINT: [running.payload(site.stamps)]})
    keys["left"] = change.create("PAY", "left", fields={STORY_POINTS: 2.0, SPRINT: [running.payload(site.stamps)]})
    change.edit(keys["planned"], {SPRINT: [planned.id]})
    change.change_sprint(planned.id, start_ms=clock.now_ms() - DAY_MS, end_ms=clock.now_ms() + 9 * DAY_MS)
    clock.advance(HOUR)
    change.change_sprint(running.id, start_ms=clock.now_ms(), end_ms=clock.now_ms() + 7 * DAY_MS)
    clock.advance(HOUR)
    change.edit(keys["grew"], {STORY_POINTS: 8.0})
    change.edit(keys["left"], {SPRINT: None})
    clock.advance(HOUR)
    change.edit(keys["left"], {STORY_POINTS: 13.0})
    change.change_sprint(running.id, state="closed", complete_ms=clock.now_ms())
    clock.advance(HOUR)
    return keys, {"ended": running.id, "planned": planned.id}


def _issue(jira: SimulatedJira, key: str) -> Any:
    found = jira.site.issue(key)
    assert found is not None
    return found


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def odd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Odd]:
    """The odd site, loaded."""
    with SimulatedJira(30, projects=3, seed=11, settings=RICH) as jira:
        jira.clock.freeze(jira.site.start_ms)
        bench = Bench(jira, tmp_path_factory.mktemp("odd") / "warehouse.duckdb")
        keys, sprints = live_through(jira)
        staging, query = _warehouse(request, bench)
        with client(jira.url, bench.tokens) as opened:
            sync(opened, staging, SyncRequest(reporting_time_zone="UTC"), bench.new_report())
        yield Odd(staging, query, keys, sprints)
        bench.release()


def _warehouse(request: pytest.FixtureRequest, bench: Bench) -> tuple[Staging, Callable[[str], list[tuple[Any, ...]]]]:
    if request.param == "duckdb":
        return bench.staging, bench.query
    server: PostgresServer = request.getfixturevalue("postgres_server")
    uri = server.new_database()

    def query(sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(uri) as connection:
            return connection.execute(sql.encode()).fetchall()

    return PostgresStaging(lambda: psycopg.connect(uri)), query


def test_every_view_answers_whatever_text_a_history_holds(odd: Odd) -> None:
    views = odd.query(
        "SELECT table_schema, table_name FROM information_schema.views WHERE table_schema LIKE 'jira~_%' ESCAPE '~'"
    )
    assert len(views) > 30
    for schema, view in views:
        odd.query(f'SELECT * FROM {schema}."{view}"')
    named = odd.query(
        "SELECT p.status_id, p.status_name FROM jira_reporting.status_period AS p JOIN jira.issue AS i ON i.id = p.issue_id "
        f"WHERE i.key = '{odd.keys['named']}' ORDER BY p.entered_at"
    )
    assert [row for row in named if row == (None, None)]
    assert named[-1] != (None, None)


def test_an_old_issue_does_not_cut_off_the_present(odd: Odd) -> None:
    ((last, today),) = odd.query(
        "SELECT max(d.date), max(a.as_of_date) FROM jira_reporting.calendar_day AS d, jira_reporting.as_of AS a"
    )
    assert last > today
    assert odd.query("SELECT max(date) FROM jira_reporting.cumulative_flow") == [(today,)]
    ((cycles, working),) = odd.query("SELECT count(cycle_seconds), count(working_cycle_seconds) FROM jira_reporting.cycle_time")
    assert cycles == working > 0


def test_a_sprint_that_is_only_planned_has_not_begun(odd: Odd) -> None:
    for view in ("sprint_issue", "sprint_burndown"):
        assert odd.query(f"SELECT * FROM jira_reporting.{view} WHERE sprint_id = {odd.sprints['planned']}") == []
    ((name,),) = odd.query(f"SELECT name FROM jira.sprint WHERE id = {odd.sprints['ended']}")
    assert {row["sprint_name"] for row in odd.chart("burndown")} == {name}


def test_what_a_sprint_began_with_is_counted_as_it_was_estimated_then(odd: Odd) -> None:
    rows = odd.query(
        "SELECT s.issue_key, s.points_at_start, s.points_at_end, r.points_at_start FROM jira_reporting.sprint_issue AS s "
        "JOIN jira.sprint_report AS r ON r.sprint_id = s.sprint_id AND r.issue_id = s.issue_id "
        f"WHERE s.sprint_id = {odd.sprints['ended']}"
    )
    by_key = {key: rest for key, *rest in rows}
    assert by_key[odd.keys["grew"]] == [3.0, 8.0, 3.0]
    assert by_key[odd.keys["left"]][::2] == [2.0, 2.0]
    assert all(mine == report for mine, _, report in by_key.values())
    ((committed,),) = odd.query(
        f"SELECT sum(points_at_start) FROM jira.sprint_report WHERE was_committed AND sprint_id = {odd.sprints['ended']}"
    )
    ((name,),) = odd.query(f"SELECT name FROM jira.sprint WHERE id = {odd.sprints['ended']}")
    assert [row["committed_points"] for row in odd.chart("velocity") if row["sprint_name"] == name] == [committed]


def test_work_that_came_back_by_way_of_a_status_that_is_gone_was_reopened(odd: Odd) -> None:
    assert odd.one("times_reopened", "cycle_time", "reopened") == (1,)


def test_an_import_that_was_made_after_its_changes_was_done_when_they_say(odd: Odd) -> None:
    created, started, done, lead, cycle = odd.one(
        "created_at, started_at, done_at, lead_seconds, cycle_seconds", "cycle_time", "imported"
    )
    assert started < done < created
    assert (lead, cycle) == (None, HOUR)


def test_each_of_thirteen_weeks_is_whole(odd: Odd) -> None:
    question = (Path(__file__).parents[2] / "include/reporting/07_does_more_come_in_than_goes_out.sql").read_text()
    weeks = odd.query(question)
    days = "jira_reporting.created_resolved AS c JOIN jira_reporting.calendar_day AS d ON d.date = c.date"
    whole = f"SELECT sum(c.created) FROM {days}"
    assert len(weeks) == 13
    for monday, created, *_ in (weeks[0], weeks[-1]):
        assert odd.query(f"{whole} WHERE d.week_start_date = DATE '{monday}'") == [(created,)]
    charted = odd.chart("created_resolved")
    ((first,),) = odd.query(f"{whole} WHERE c.project_key = 'PAY' AND d.week_start_date = DATE '{charted[0]['date']}'")
    assert charted[0]["created"] == first


@pytest.mark.parametrize("flavour", ["cloud", "data_center"])
def test_epics_are_there_also_where_jira_tells_no_levels(tmp_path: Path, flavour: Flavour) -> None:
    with SimulatedJira(40, projects=2, seed=7, settings=replace(RICH, flavour=flavour)) as jira:
        bench = Bench(jira, tmp_path / "epics.duckdb")
        bench.sync(reporting_views=True)
        ((epics, issues),) = bench.query("SELECT count(DISTINCT epic_id), count(epic_id) FROM jira.issue")
        told = bench.query("SELECT count(*) FILTER (issues > 0), sum(issues) FROM jira_reporting.epic")
        bench.release()
    assert told == [(epics, issues)]
    assert issues > 0
