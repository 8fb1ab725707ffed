"""One eventful site, loaded into each warehouse once for all tests of this room."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from jira_staging.records import Gone, Report, SyncRequest
from jira_staging.staging import Staging
from jira_staging.staging.postgres_staging import PostgresStaging
from jira_staging.syncing import sync
from reporting.recounted import Recount
from simulated_jira import Settings, SimulatedJira
from simulated_jira.field_list import SPRINT, STORY_POINTS
from staging.postgres_server import PostgresServer
from syncing.bench import Bench, client

# With service levels among the custom fields.
EVENTFUL = Settings(custom_fields=55, issue_bytes=6_000)
# Far from UTC, so that many days are others there, and with clocks that change.
ZONE = "Pacific/Auckland"


@dataclass(frozen=True)
class Loaded:
    """The site, a warehouse that holds it, and its reports as they should be."""

    bench: Bench
    staging: Staging
    query: Callable[[str], list[tuple[Any, ...]]]
    recount: Recount

    def sync(self, **asked: Any) -> Report:
        report = self.bench.new_report()
        with client(self.bench.jira.url, self.bench.tokens) as jira:
            sync(jira, self.staging, SyncRequest(reporting_time_zone=ZONE, **asked), report)
        return report

    def rows(self, view: str, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        return self.query(f"SELECT {columns} FROM jira_reporting.{view} WHERE {where}")


def live_through(jira: SimulatedJira) -> None:
    """Weeks in which issues are reopened, moved, retyped, blocked, planned, released and worked on, and one is deleted."""
    change, clock, site = jira.change, jira.clock, jira.site
    active = {
        sprint.name.split()[0]: sprint.id for each in site.projects for sprint in each.sprints() if sprint.state == "active"
    }
    for key in ("PAY-2", "PAY-4", "AND-3", "AND-5"):
        project = key.partition("-")[0]
        change.edit(key, {SPRINT: [active[project]], STORY_POINTS: 3.0, "fixVersions": ["Someday"]})
        for status in ("In Progress", "Done", "In Progress"):
            clock.advance(31 * 3600)
            change.transition(key, status)
        change.log_work(key, 5400, "reopened")
    change.transition("PAY-4", "Done")
    clock.advance(7 * 3600)
    change.edit("PAY-2", {SPRINT: None, STORY_POINTS: 5.0, "fixVersions": []})
    change.move("AND-2", "PAY")
    kind = next(kind for kind in site.issue_types if kind.name == "Bug")
    change.edit("PAY-3", {"issuetype": kind.payload})
    change.link("AND-5", "PAY-2")
    change.delete("PAY-8")
    clock.advance(50 * 3600)


@pytest.fixture(scope="session")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The site, whose clock stands still, loaded into a DuckDB file before and after its weeks."""
    with SimulatedJira(80, projects=3, seed=11, settings=EVENTFUL) as jira:
        jira.clock.freeze(jira.site.start_ms)
        bench = Bench(jira, tmp_path_factory.mktemp("reports") / "warehouse.duckdb")
        try:
            bench.sync(reporting_views=True, reporting_time_zone=ZONE)
            before = set(jira.site.issues)
            live_through(jira)
            bench.sync(reporting_views=True, reporting_time_zone=ZONE)
            bench.staging.mark_gone(
                bench.scope("PAY"), [Gone("deleted", sorted(before - jira.site.issues.keys()))], bench.new_report()
            )
            yield bench
        finally:
            bench.release()


@pytest.fixture(scope="session")
def in_duckdb(eventful: Bench) -> Loaded:
    return Loaded(eventful, eventful.staging, eventful.query, _recount(eventful))


@pytest.fixture(scope="session")
def in_postgres(eventful: Bench, postgres_server: PostgresServer) -> Loaded:
    uri = postgres_server.new_database()

    def query(sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(uri) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    loaded = Loaded(eventful, PostgresStaging(lambda: psycopg.connect(uri)), query, _recount(eventful))
    loaded.sync()
    return loaded


@pytest.fixture(params=["in_duckdb", "in_postgres"])
def loaded(request: pytest.FixtureRequest) -> Loaded:
    """The site in each warehouse."""
    here: Loaded = request.getfixturevalue(request.param)
    return here


def _recount(bench: Bench) -> Recount:
    return Recount(bench.jira.site, ZoneInfo(ZONE), bench.jira.clock.now_ms())
