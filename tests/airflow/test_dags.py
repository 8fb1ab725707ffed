"""The project's DAGs: as Airflow parses them, and the nightly one run by `airflow dags test` as the demo runs it."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from airflow.dag_processing.dagbag import DagBag
from deployment import Connect, MakeHome
from payload_rows import LISTS, issue_rows_loaded, issue_rows_told, list_rows_told, payloads_in

from demo.airflow_runs import PROJECT, AirflowHome, failure
from demo.vault import secrets_manager
from jira_staging.airflow_versions import AirflowFailException
from jira_staging.errors import StagingUnavailable
from simulated_jira import SimulatedJira

INVENTED = PROJECT / "tests" / "simulated_jira" / "invented_payloads"
REAL = os.environ.get("JIRA_REAL_PAYLOADS")

# What Airflow itself needs to parse any DAG is loaded by a plain one first; what ours add is measured then.
PARSING = """
import json, sys, time
from airflow.dag_processing.dagbag import DagBag
plain, ours = sys.argv[1:]
DagBag(plain)
known, before = set(sys.modules), time.process_time()
bag = DagBag(ours)
seconds = time.process_time() - before
loaded = sorted({name.partition(".")[0] for name in set(sys.modules) - known})
print(json.dumps({"seconds": seconds, "loaded": loaded, "dags": sorted(bag.dags), "errors": bag.import_errors}))
"""
PLAIN_DAG = """
import pendulum
from airflow.sdk import DAG, BaseOperator, Param

with DAG("plain", schedule="0 2 * * *", start_date=pendulum.datetime(2026, 1, 1), params={"a": Param("", type="string")}):
    BaseOperator(task_id="nothing")
"""
LONGEST_PARSE_SECONDS = 0.5
# Each costs a tenth of a second to seconds, every half minute, for nothing.
HEAVY = {"azure", "boto3", "botocore", "duckdb", "numpy", "pandas", "psycopg", "pyadf", "pyarrow", "requests", "snowflake"}


# Parsing ------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dag_bag() -> DagBag:
    return DagBag(PROJECT / "dags")


def test_every_dag_is_parsed_without_an_error(dag_bag: DagBag) -> None:
    assert dag_bag.import_errors == {}
    assert "jira_nightly_sync" in dag_bag.dags


def test_every_dag_has_tags_and_retries_and_runs_once_at_a_time(dag_bag: DagBag) -> None:
    for dag in dag_bag.dags.values():
        assert "jira" in dag.tags, dag.dag_id
        assert dag.max_active_runs == 1, dag.dag_id
        for task in dag.tasks:
            assert task.retries >= 2, f"{dag.dag_id}.{task.task_id}"


def test_the_report_is_written_when_a_sync_has_updated_its_asset(dag_bag: DagBag) -> None:
    condition = dag_bag.dags["jira_report"].timetable.asset_condition
    assert [asset.name for asset in condition.objects] == ["jira_issues"]


def test_the_report_is_tried_again_only_where_that_may_help(dag_bag: DagBag, connect: Connect) -> None:
    write = dag_bag.dags["jira_report"].get_task("write_report").python_callable
    connect("jira_staging", conn_type="http", host="example.com")
    with pytest.raises(AirflowFailException, match="cannot hold staging tables"):
        write("report.html", "", "90")
    connect("jira_staging", conn_type="postgres", host="127.0.0.1", port=1, schema="jira")
    with pytest.raises(StagingUnavailable, match="gave no answer"):
        write("report.html", "", "90")


def test_a_night_that_loaded_all_tells_what_needs_a_person_all_the_same(
    dag_bag: DagBag, caplog: pytest.LogCaptureFixture
) -> None:
    (warn,) = dag_bag.dags["jira_nightly_sync"].get_task("copy_jira").on_success_callback
    expiring, failed = "The token of `jira` expires in 3 days.", "3 issues are missing."
    told = {("copy_jira", -1): {"notes": [expiring], "failed_checks": [failed]}, ("copy_jira", 0): None}
    for map_index in (-1, 0):
        ti = SimpleNamespace(task_id="copy_jira", map_index=map_index)
        ti.xcom_pull = lambda task_ids, map_indexes: told[task_ids, map_indexes]
        warn({"ti": ti})
    said = [record.getMessage() for record in caplog.records if record.name.endswith("jira_nightly_sync")]
    assert said == [f"Jira was copied, but: {sentence}" for sentence in (failed, expiring)]


def test_parsing_our_dags_costs_little_beyond_airflow_itself(tmp_path: Path, record_property: Any) -> None:
    (tmp_path / "plain.py").write_text(PLAIN_DAG)
    command = [sys.executable, "-c", PARSING, str(tmp_path), str(PROJECT / "dags")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    parsed = json.loads(ended.stdout.splitlines()[-1])
    print(f"Parsing dags/ adds {parsed['seconds']:.3f} CPU seconds.")
    record_property("parse_seconds", parsed["seconds"])
    assert "jira_nightly_sync" in parsed["dags"]
    assert parsed["errors"] == {}
    assert parsed["seconds"] < LONGEST_PARSE_SECONDS
    assert HEAVY.isdisjoint(parsed["loaded"])


def test_the_drop_down_offers_the_definitions_that_can_be_read(definitions: Path) -> None:
    (definitions / "one.yaml").write_text("name: jira_cloud\nbackend: environment\nsecret_name: JIRA_CLOUD\n")
    (definitions / "two.yaml").write_text("name: broken\nbackend: [\n")
    bag = DagBag(PROJECT / "dags")
    assert bag.import_errors == {}
    param = bag.dags["jira_nightly_sync"].params.get_param("api_token")
    assert param.schema["examples"] == ["jira_cloud"]
    assert "enum" not in param.schema


def test_no_form_asks_for_what_may_be_left_empty(dag_bag: DagBag) -> None:
    """Airflow's form takes every text that is not nullable for required, and does not trigger without it."""
    for dag in dag_bag.dags.values():
        assert dag.params.get_param("projects").value is None
        assert dag.params.get_param("projects").schema["type"] == ["null", "string"]
        assert all(value not in ("", []) for value in dag.params.values()), dag.dag_id


# Running ------------------------------------------------------------------------------------------------------------------


@dataclass
class Night:
    """A home, a site and a file, as the demo has them."""

    jira: SimulatedJira
    home: AirflowHome
    database: Path

    def run(self, log_name: str, params: Mapping[str, object]) -> str:
        """The log of a run that succeeded."""
        log = self.database.parent / log_name
        succeeded = self.home.run_dag("jira_nightly_sync", params, log)
        assert succeeded, failure(log)
        return log.read_text()

    def told_to_airflow(self, column: str, table: str) -> list[Any]:
        """JSON of a column of Airflow's own database, oldest first."""
        with closing(sqlite3.connect(self.home.folder / "airflow.db")) as connection:
            return [json.loads(text) for (text,) in connection.execute(f"SELECT {column} FROM {table} ORDER BY rowid")]


@contextmanager
def night(site: SimulatedJira, make_home: MakeHome, tmp_path: Path) -> Iterator[Night]:
    with site as jira, secrets_manager({"demo/jira": {"api_token": jira.token, "owner": "data platform"}}) as aws:
        database = tmp_path / "staging.duckdb"
        connections: dict[str, Mapping[str, object]] = {
            "jira_default": {"conn_type": "jira_staging", "host": jira.url, "login": jira.email},
            "jira_staging": {"conn_type": "duckdb", "host": str(database)},
            "aws_demo": aws,
        }
        yield Night(jira, make_home(connections), database)


@contextmanager
def opened(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def compare_whole_rows(database: Path, folder: Path) -> None:
    payloads = payloads_in(folder)
    with opened(database) as connection:
        assert connection.execute("SELECT entity, source_id, reason FROM jira._rejected_row").fetchall() == []
        loaded, types = issue_rows_loaded(connection)
        assert loaded == issue_rows_told(payloads, types)
        custom = {
            name
            for issue in payloads
            for name, value in issue["fields"].items()
            if name.startswith("customfield_") and value is not None
        }
        assert custom <= types.keys()
        for table, (column, _, _) in LISTS.items():
            rows = connection.execute(f"SELECT issue_id, {column} FROM jira.{table}").fetchall()
            assert sorted(rows) == list_rows_told(payloads, table), table


def test_the_nightly_dag_loads_all_and_the_next_night_only_what_changed(make_home: MakeHome, tmp_path: Path) -> None:
    with night(SimulatedJira(replay=INVENTED), make_home, tmp_path) as here:
        log = here.run("first.log", {"api_token": "demo"})
        compare_whole_rows(here.database, INVENTED)
        assert f"Copying {here.jira.url} into jira, signed in by demo." in log
        assert here.jira.token not in log

        here.jira.clock.advance(86_400)
        here.jira.change.edit("PAY-2", {"summary": "Reworded"})
        new = here.jira.change.create("OPS", "Came in the next day")
        here.jira.requests.clear()
        log = here.run("second.log", {"api_token": "demo"})
        assert here.jira.token not in log
        with opened(here.database) as connection:
            changed = connection.execute(
                "SELECT key, summary FROM jira.issue WHERE _run_id <> "
                "(SELECT run_id FROM jira._sync_run ORDER BY started_at LIMIT 1) ORDER BY key"
            ).fetchall()
            assert len(connection.execute("SELECT id FROM jira.issue").fetchall()) == len(payloads_in(INVENTED)) + 1
        assert changed == [(new, "Came in the next day"), ("PAY-2", "Reworded")]
        assert here.jira.requests.count("POST /rest/api/3/issue/bulkfetch") <= 2

        results = here.told_to_airflow("value", "xcom WHERE key = 'return_value'")
        first_log = (tmp_path / "first.log").read_text()
        assert results[0]["notes"]
        assert all(f"Jira was copied, but: {note}" in first_log for note in results[0]["notes"])
        assert [result["rows"]["issue"]["read"] for result in results] == [12, 2]
        assert [result["definition"] for result in results] == ["demo", "demo"]
        assert all(len(json.dumps(result)) < 10_000 for result in results)
        assert here.told_to_airflow("extra", "asset_event") == [
            {
                "run_id": result["run_id"],
                "site": here.jira.url,
                "watermark": result["watermark"],
                "rows": {name: result["rows"]["issue"][name] for name in ("inserted", "updated", "deleted")},
            }
            for result in results
        ]
        assert [result["rows"]["issue"]["inserted"] for result in results] == [12, 1]
        _write_report(here, here.home.folder / "report.html")
        _take_census(here)
        _load_a_project_again(here)


def _write_report(here: Night, file: Path) -> None:
    """The other DAG, after the night's: it waits for the asset that the sync has updated."""
    log = file.with_suffix(".log")
    assert here.home.run_dag("jira_report", {"file": str(file), "days": 3650}, log), failure(log)
    (told,) = re.findall(r'<script type="application/json" id="figures">(.*?)</script>', file.read_text())
    data = json.loads(told)
    assert data["site"] == here.jira.url
    created = next(chart["figures"] for chart in data["charts"] if chart["name"] == "created_resolved")
    assert sum(row[1] for row in created["rows"]) == len(payloads_in(INVENTED)) + 1
    (result,) = here.told_to_airflow("value", "xcom WHERE key = 'return_value' AND dag_id = 'jira_report'")
    assert (result["file"], result["bytes"]) == (str(file), file.stat().st_size)


def _take_census(here: Night) -> None:
    """The Sunday's DAG: what is gone is marked, with the reason that the audit log tells."""
    here.jira.change.delete("PAY-2")
    here.jira.clock.advance(3_600)
    log = here.database.parent / "census.log"
    assert here.home.run_dag("jira_weekly_census", {"api_token": "demo"}, log), failure(log)
    with opened(here.database) as connection:
        gone = connection.execute("SELECT key, _deleted_reason FROM jira.issue WHERE _deleted_at IS NOT NULL").fetchall()
    assert gone == [("PAY-2", "deleted")]


def _load_a_project_again(here: Night) -> None:
    """The backfill, mapped over the projects that the form names."""
    log = here.database.parent / "backfill.log"
    assert here.home.run_dag("jira_backfill_by_project", {"api_token": "demo", "projects": "OPS"}, log), failure(log)
    told = here.told_to_airflow("value", "xcom WHERE key = 'return_value' AND dag_id = 'jira_backfill_by_project'")
    with opened(here.database) as connection:
        (project,) = connection.execute("SELECT count(*) FROM jira.issue WHERE starts_with(key, 'OPS-')").fetchone() or ()
    assert told[0] == ["OPS"]
    assert told[1]["rows"]["issue"]["read"] == project


@pytest.mark.skipif(not REAL, reason="JIRA_REAL_PAYLOADS names no folder of real payloads")
def test_the_nightly_dag_loads_real_payloads_whole(make_home: MakeHome, tmp_path: Path) -> None:
    with night(SimulatedJira(replay=Path(str(REAL))), make_home, tmp_path) as here:
        here.run("real.log", {"api_token": "demo"})
        compare_whole_rows(here.database, Path(str(REAL)))


def test_a_dag_that_fails_says_why_and_is_not_tried_again_with_a_dead_token(make_home: MakeHome, tmp_path: Path) -> None:
    with night(SimulatedJira(5, projects=1), make_home, tmp_path) as here:
        here.jira.revoke_token()
        log = tmp_path / "failed.log"
        assert here.home.run_dag("jira_nightly_sync", {"api_token": "demo"}, log) is False
        assert failure(log).startswith("airflow.sdk.exceptions.AirflowFailException: Jira")
        assert "`demo`" in failure(log)
        assert "Jira was not copied in this night: Jira" in log.read_text()
        assert here.jira.token not in log.read_text()
        assert log.read_text().count("[DAG TEST] running task") == 1
        assert not here.database.exists()


def test_make_demo_says_why_it_failed_and_ends_with_an_error(make_home: MakeHome, tmp_path: Path) -> None:
    folder = tmp_path
    make_home({})
    (folder / "jira_staging.duckdb").write_text("This is no database.")
    command = [sys.executable, "-m", "demo", str(folder)]
    environment = os.environ | {"PYTHONPATH": str(PROJECT / "tests")}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert ended.returncode == 1
    assert ended.stderr == ""
    *_, reason, where = ended.stdout.splitlines()
    assert reason.startswith("The DAG failed: airflow.sdk.exceptions.AirflowFailException: ")
    assert "jira_staging.duckdb" in reason
    assert where == f"Airflow's whole log: {folder / 'night_1.log'}"
    assert not (folder / "night").exists()
