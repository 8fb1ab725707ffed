"""The sync makes the views and keeps them: cheaply, never in a load's way, and never over what is somebody else's."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from jira_staging.errors import StagingRefused, WrongUse
from jira_staging.records import Report
from jira_staging.reporting import keep_views, views, zone_of
from jira_staging.staging import Staging
from jira_staging.staging.duckdb_staging import DuckDBStaging
from jira_staging.staging.postgres_staging import PostgresStaging
from staging.invented_rows import a_run
from staging.postgres_server import PostgresServer
from syncing.bench import Bench, make_batches_small
from syncing.conftest import small_site

VIEWS = (
    "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN ('jira_fivetran', 'jira_reporting')"
)


def expected(staging: Staging) -> set[tuple[str, str]]:
    return {(f"jira_{view.schema}", view.name) for view in views(staging.spelling)}


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> str:
    return postgres_server.new_database()


@pytest.fixture
def in_postgres(postgres: str) -> PostgresStaging:
    staging = PostgresStaging(lambda: psycopg.connect(postgres))
    staging.prepare(a_run())
    return staging


def asked(address: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(address) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_first_run_makes_all_views_and_the_next_one_touches_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_site(tmp_path) as bench:
        bench.sync(reporting_views=True, entities=["fields", "workflow"])
        assert set(bench.query(VIEWS)) == expected(bench.staging)
        made: list[str] = []
        monkeypatch.setattr("jira_staging.staging.duckdb_staging.make", lambda *given: made.append(given[2]))
        bench.sync(reporting_views=True, entities=["fields", "workflow"])
        assert made == []


def test_a_run_may_leave_them_alone(tmp_path: Path) -> None:
    with small_site(tmp_path) as bench:
        bench.sync(entities=["workflow"], reporting_views=False)
        assert bench.query(VIEWS) == []


def note_of(bench: Bench) -> list[str]:
    report: Report = bench.sync(reporting_views=True, entities=["workflow"])
    assert bench.rows("status") != []
    return [note for note in report.notes if "reporting views" in note]


def test_what_is_somebody_elses_stays_and_the_load_goes_on_and_says_so(tmp_path: Path) -> None:
    with small_site(tmp_path) as bench:
        bench.write("CREATE SCHEMA jira_reporting; CREATE VIEW jira_reporting.as_of AS SELECT 1 AS mine")
        (note,) = note_of(bench)
        assert note == (
            "The reporting views were not brought up to date: jira_reporting.as_of is not ours, so the reporting views were "
            "left as they are. Rename it, or load with reporting_views=False."
        )
        assert bench.query("SELECT mine FROM jira_reporting.as_of") == [(1,)]


def test_a_time_zone_that_is_none_stops_the_run_before_it_asks_for_anything(tmp_path: Path) -> None:
    with small_site(tmp_path) as bench, pytest.raises(WrongUse, match="There is no time zone 'Europe/Atlantis'"):
        bench.sync(reporting_time_zone="Europe/Atlantis")


def test_the_zone_is_the_one_asked_for_else_the_accounts_else_utc() -> None:
    assert zone_of("Europe/Berlin", "Asia/Tokyo") == "Europe/Berlin"
    assert zone_of(None, "Asia/Tokyo") == "Asia/Tokyo"
    assert zone_of(None, "'; DROP TABLE issue; --") == "UTC"


def test_a_file_called_like_the_schema_has_none_and_the_reason_is_told(tmp_path: Path) -> None:
    staging = DuckDBStaging(tmp_path / "jira.duckdb")
    staging.prepare(a_run())
    with pytest.raises(StagingRefused, match="named like the schema jira, so no view beside it can name its tables"):
        keep_views(staging, "UTC")


def test_another_zone_makes_the_views_anew_and_keeps_grants_and_views_on_them(
    postgres: str, in_postgres: PostgresStaging
) -> None:
    keep_views(in_postgres, "UTC")
    assert set(asked(postgres, VIEWS)) == expected(in_postgres)
    asked(postgres, "CREATE ROLE views_reader")
    asked(postgres, "GRANT SELECT ON jira_reporting.as_of TO views_reader")
    asked(postgres, "CREATE VIEW mine AS SELECT time_zone FROM jira_reporting.as_of")

    keep_views(in_postgres, "Europe/Berlin")

    assert asked(postgres, "SELECT time_zone FROM mine") == [("Europe/Berlin",)]
    assert asked(postgres, "SELECT has_table_privilege('views_reader', 'jira_reporting.as_of', 'SELECT')") == [(True,)]


def test_a_view_of_another_shape_is_made_anew_unless_others_build_on_it(postgres: str, in_postgres: PostgresStaging) -> None:
    keep_views(in_postgres, "UTC")
    spelling = in_postgres.spelling
    changed = [replace(view, columns=view.columns[1:]) if view.name == "worklog_week" else view for view in views(spelling)]
    in_postgres.keep_views(spelling, changed)
    columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'worklog_week'"
    assert asked(postgres, columns) == [(6,)]

    asked(postgres, "CREATE VIEW mine AS SELECT * FROM jira_reporting.worklog_week")
    with pytest.raises(StagingRefused, match="depend"):
        keep_views(in_postgres, "UTC")
    assert asked(postgres, columns) == [(6,)]
    assert set(asked(postgres, VIEWS)) == expected(in_postgres)


def test_a_run_does_not_wait_for_another_one_that_is_making_views(postgres: str, in_postgres: PostgresStaging) -> None:
    with psycopg.connect(postgres) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('jira-staging views jira'))")
        keep_views(in_postgres, "UTC")
        assert asked(postgres, VIEWS) == []
    keep_views(in_postgres, "UTC")
    assert set(asked(postgres, VIEWS)) == expected(in_postgres)


def test_tables_that_keep_every_runs_rows_are_shown_as_the_last_run_left_them(tmp_path: Path) -> None:
    with small_site(tmp_path) as bench:
        for _ in range(2):
            bench.sync(
                reporting_views=True, load_strategy="append", entities=["issues", "workflow", "projects", "people", "fields"]
            )
        assert bench.query("SELECT count(*) FROM jira.issue") == [(160,)]
        assert bench.query("SELECT count(*), count(DISTINCT issue_id) FROM jira_reporting.issue_overview") == [(80, 80)]
        assert bench.query("SELECT count(*) FROM jira_fivetran.issue") == [(80,)]


def test_the_views_are_right_while_a_run_publishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_batches_small(5, 20_000, monkeypatch.setattr)
    seen = set()
    with small_site(tmp_path) as bench:

        def look(_count: int, path: str) -> None:
            if path.endswith(("/issue/bulkfetch", "/changelog/bulkfetch")):
                ((issues,),) = bench.query("SELECT count(*) FROM jira_reporting.issue_overview")
                ((holding,),) = bench.query("SELECT count(*) FROM jira_reporting.status_period WHERE left_at IS NULL")
                ((told,),) = bench.query("SELECT count(*) FROM jira_fivetran.issue")
                assert issues == holding == told
                seen.add(issues)

        bench.heard.before = look
        bench.sync(reporting_views=True, most_at_once=1)
        assert bench.query("SELECT count(*) FROM jira_reporting.issue_overview") == [(80,)]
    assert 0 in seen
    assert len(seen) > 1
