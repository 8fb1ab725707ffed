"""Everything that runs leave is searched for the token, its base64 pair and each half of them: they are nowhere."""

import base64
import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from api_server import ApiServer
from deployment import SMALL, Connect
from span_collector import SpanCollector
from supervised import SupervisedAirflow

from demo.airflow_runs import AirflowHome
from jira_staging.hooks import JiraStagingHook
from simulated_jira import SimulatedJira

DEFINITION = "jira_api_token"
# A third in each of three projects, and three requests of at most a hundred.
ISSUES = 240
# Beyond what a run of this deployment waits itself.
QUOTA_SECONDS = 15


@dataclass(frozen=True)
class Places:
    """Where runs leave something: the staging database, and what collects their spans."""

    staging: Path
    collector: SpanCollector


class Left:
    """What supervised runs left: one that succeeded, one whose token was revoked, one after that, and one that was deferred."""

    def __init__(self, jira: SimulatedJira, server: ApiServer, airflow: SupervisedAirflow, places: "Places") -> None:
        self.server = server
        self.staging = places.staging
        self.collector = places.collector
        self.tokens = [jira.token, jira.rotate_token()]
        self.email = jira.email
        path = f"/jira-staging/v1/projects/default/secret-references/{DEFINITION}"
        body = {"agentType": "Airflow", "secretValue": self.tokens[1], "expiresOn": "2000-01-01"}
        server.ask("POST", path, json=body).raise_for_status()
        self.succeeded = airflow.run("jira_nightly_sync", {"api_token": DEFINITION})
        self.tokens.append(jira.rotate_token())
        self.refused = airflow.run("jira_nightly_sync", {"api_token": DEFINITION})
        server.ask("PUT", f"{path}/secret-value", json={"secretValue": self.tokens[2]}).raise_for_status()
        self.rotated = airflow.run("jira_nightly_sync", {"api_token": DEFINITION})
        self.deferred = self._deferred(jira, airflow)
        self.runs = [self.succeeded, self.refused, self.rotated, self.deferred]
        self.logs = {run_id: airflow.task_log(run_id) for run_id, _state in self.runs}

    def _deferred(self, jira: SimulatedJira, airflow: SupervisedAirflow) -> tuple[str, str]:
        """A run that finds its quota spent at the last of three requests for issues."""
        for issue in jira.site.by_created:
            jira.change.edit(issue.key, {"summary": "Edited before the quota was spent"})
        jira.requests.clear()
        jira.faults.add("quota_exceeded", "issue/bulkfetch", after=2, times=1, retry_after=QUOTA_SECONDS)
        run_id = airflow.trigger("jira_nightly_sync", {"api_token": DEFINITION})
        airflow.wait_for_task("jira_nightly_sync", run_id, "deferred")
        # Whoever has this file open to write would not let it be read.
        with duckdb.connect(str(self.staging), read_only=True) as connection:
            edited = "SELECT count(*) FROM jira.issue WHERE summary = 'Edited before the quota was spent'"
            self.loaded_when_deferred = connection.execute(edited).fetchall()[0][0]
        self.asked_when_deferred = jira.requests.count("issue/bulkfetch", 200)
        state = airflow.end_of("jira_nightly_sync", run_id)
        self.asked_in_all = jira.requests.count("issue/bulkfetch", 200)
        return run_id, state

    def lines(self, run_id: str) -> list[dict[str, Any]]:
        """The lines of the run's task logs."""
        return [json.loads(line) for line in self.logs[run_id].splitlines()]

    def spellings(self) -> set[str]:
        """The tokens, their pairs, and each half of them."""
        whole = [*self.tokens, *(base64.b64encode(f"{self.email}:{token}".encode()).decode() for token in self.tokens)]
        halves = [half for text in whole for half in (text[: len(text) // 2], text[len(text) // 2 :])]
        # The first half of a pair may be the account alone, which is no secret.
        account = base64.b64encode(self.email.encode()).decode()
        return {text for text in (*whole, *halves) if not account.startswith(text.rstrip("="))}


@pytest.fixture(scope="module")
def left(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    """The runs, and everything they left."""
    folder, staging = tmp_path_factory.mktemp("supervised"), tmp_path_factory.mktemp("staging") / "jira_staging.duckdb"
    (folder / "airflow.db").write_bytes((migrated / "airflow.db").read_bytes())
    (folder / "definitions").mkdir()
    with SimulatedJira(ISSUES, projects=3, seed=3, settings=SMALL) as jira, SpanCollector() as collector:
        connections = {
            # One request at a time, so that it is certain which one finds the quota spent.
            "jira_default": {"conn_type": "jira_staging", "host": jira.url, "login": jira.email, "extra": {"concurrency": 1}},
            "jira_staging": {"conn_type": "duckdb", "host": str(staging)},
        }
        settings = {
            "AIRFLOW__JIRA_STAGING__DEFINITIONS_FOLDER": str(folder / "definitions"),
            "AIRFLOW__CORE__PARALLELISM": "2",
            "AIRFLOW__JIRA_STAGING__WAIT_LIMIT_SECONDS": "5",
            "AIRFLOW__JIRA_STAGING__SHORTEST_DEFERRAL_SECONDS": "10",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
            **collector.settings(),
        }
        with ApiServer(AirflowHome(folder, connections), settings) as server, SupervisedAirflow(server) as airflow:
            yield Left(jira, server, airflow, Places(staging, collector))


def test_the_runs_did_what_they_should(left: Left) -> None:
    assert [state for _run, state in left.runs] == ["success", "failed", "success", "success"], left.logs
    with duckdb.connect(str(left.staging), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM jira.issue").fetchone() == (ISSUES,)


def test_the_definitions_name_is_shown_in_clear_and_its_last_day_is_warned_of(left: Left) -> None:
    run_id, _state = left.succeeded
    log = left.logs[run_id]
    assert f"signed in by {DEFINITION}." in log
    warning = f"The API token of secret definition `{DEFINITION}` expired on 2000-01-01, as its definition says"
    assert warning in log
    result = left.server.ask(
        "GET", f"/api/v2/dags/jira_nightly_sync/dagRuns/{run_id}/taskInstances/copy_jira/xcomEntries/return_value"
    ).json()["value"]
    told = json.loads(result) if isinstance(result, str) else result
    assert told["definition"] == DEFINITION
    assert [note for note in told["notes"] if note.startswith(warning)]


def test_a_revoked_token_fails_at_once_and_names_its_definition(left: Left) -> None:
    run_id, _state = left.refused
    tries = left.server.ask("GET", f"/api/v2/dags/jira_nightly_sync/dagRuns/{run_id}/taskInstances").json()
    assert [(task["task_id"], task["try_number"], task["state"]) for task in tries["task_instances"]] == [
        ("copy_jira", 1, "failed")
    ]
    assert f"`{DEFINITION}`" in left.logs[run_id]


def test_a_spent_quota_gives_the_worker_and_the_file_back_and_the_task_goes_on_where_it_was(left: Left) -> None:
    run_id, _state = left.deferred
    log = left.logs[run_id]
    # What had come and was not published yet is given up: of the two projects that had come, none, one or both are loaded.
    assert left.loaded_when_deferred in (0, ISSUES // 3, ISSUES // 3 * 2)
    assert "seconds without a worker and then goes on." in log
    assert f"{ISSUES - left.loaded_when_deferred} issues that an interrupted run had found and not published" in log
    # Once more what was left, a hundred a request; then all, which the look-back covers.
    left_over = -(-(ISSUES - left.loaded_when_deferred) // 100)
    assert (left.asked_when_deferred, left.asked_in_all) == (2, 2 + left_over + 3)
    result = left.server.ask(
        "GET", f"/api/v2/dags/jira_nightly_sync/dagRuns/{run_id}/taskInstances/copy_jira/xcomEntries/return_value"
    ).json()["value"]
    told = json.loads(result) if isinstance(result, str) else result
    assert QUOTA_SECONDS <= told["deferred_seconds"] <= QUOTA_SECONDS * 1.3
    with duckdb.connect(str(left.staging), read_only=True) as connection:
        (edited,) = connection.execute("SELECT DISTINCT summary FROM jira.issue").fetchall()
    assert edited == ("Edited before the quota was spent",)


def test_each_line_of_ours_in_a_task_log_has_the_runs_id_as_a_field_and_those_of_answers_jiras_trace_id(left: Left) -> None:
    """Also lines of threads, and the last one of a run that fails."""
    for run_id, _state in (left.succeeded, left.refused):
        ours = [line for line in left.lines(run_id) if line["logger"].startswith("jira_staging.") and "jira_run_id" in line]
        others = [
            line["event"] for line in left.lines(run_id) if line["logger"].startswith("jira_staging.") and line not in ours
        ]
        assert others == []
        assert len({line["jira_run_id"] for line in ours}) == 1
        answers = [line for line in ours if "answered" in line["event"]]
        assert answers
        assert all(len(line["jira_trace_id"]) == 32 for line in answers)
    (failed,) = [line for line in left.lines(left.refused[0]) if line["event"].startswith("The run failed (JiraRefusedToken)")]
    assert f"(Jira's trace id: {failed['jira_trace_id']})" in failed["event"]
    result = left.server.ask(
        "GET", f"/api/v2/dags/jira_nightly_sync/dagRuns/{left.succeeded[0]}/taskInstances/copy_jira/xcomEntries/return_value"
    ).json()["value"]
    told = json.loads(result) if isinstance(result, str) else result
    assert {line["jira_run_id"] for line in left.lines(left.succeeded[0]) if "jira_run_id" in line} == {told["run_id"]}


def test_the_phases_of_a_run_are_spans_within_airflows_own_of_the_task(left: Left) -> None:
    found = {(name, parent) for name, parent in left.collector.parents() if name.startswith("jira_staging.")}
    assert {("jira_staging.sync", "worker.copy_jira"), ("jira_staging.fetch", "jira_staging.load")} <= found
    assert [text[:6] for text in left.spellings() if text in str(left.collector.spans)] == []


def test_no_file_of_airflow_holds_a_token(left: Left) -> None:
    """Task logs, server and scheduler logs; in the database: XCom, rendered fields, asset events, Variables, audit rows."""
    files = [file for file in left.server.home.folder.rglob("*") if file.is_file()]
    assert {"airflow.db", "api_server.log", "scheduler.log", "dag-processor.log", "triggerer.log"} <= {
        file.name for file in files
    }
    found = [
        (file.name, spelling[:6]) for file in files for spelling in left.spellings() if spelling.encode() in file.read_bytes()
    ]
    assert found == []


def test_no_answer_of_airflow_holds_a_token(left: Left) -> None:
    run = f"/api/v2/dags/jira_nightly_sync/dagRuns/{left.succeeded[0]}"
    answers = {
        path: left.server.ask("GET", path, headers={"Accept": "application/json"}).text
        for path in (
            "/api/v2/variables",
            "/api/v2/connections",
            "/api/v2/eventLogs?limit=1000",
            "/api/v2/assets/events",
            f"{run}/taskInstances/copy_jira",
            f"{run}/taskInstances/copy_jira/logs/1",
            f"{run}/taskInstances/copy_jira/xcomEntries",
            "/jira-staging/v1/projects/default/secret-references",
        )
    }
    assert all(answers.values())
    assert [(path, text[:6]) for path, answer in answers.items() for text in left.spellings() if text in answer] == []


def test_no_table_holds_a_token(left: Left) -> None:
    assert [text[:6] for text in left.spellings() if text.encode() in left.staging.read_bytes()] == []
    with duckdb.connect(str(left.staging), read_only=True) as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
        ).fetchall()
        assert ("jira", "_sync_run") in tables
        for schema, table in tables:
            rows = str(connection.execute(f'SELECT * FROM "{schema}"."{table}"').fetchall())
            assert [text[:6] for text in left.spellings() if text in rows] == [], table


# Beside the runs -------------------------------------------------------------------------------------------------------------


def test_no_object_of_ours_shows_a_token(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    connect("jira_default", conn_type="jira_staging", host=jira.url, login=jira.email)
    hook = JiraStagingHook(api_token=nightly)
    with hook.get_conn() as client:
        client.sign_in()
        ours = [thing for thing in gc.get_objects() if str(type(thing).__module__).startswith("jira_staging.")]
        assert {"ApiToken", "JiraClient", "VaultTokens", "MaskedTokens"} <= {type(thing).__name__ for thing in ours}
        assert [type(thing).__name__ for thing in ours if jira.token in f"{thing!r} {thing!s}"] == []


CRASHING = """
import os
from jira_staging.hooks import JiraStagingHook
with JiraStagingHook(api_token="nightly").get_conn() as jira:
    jira.sign_in()
    print("signed in", flush=True)
    os.abort()
"""


def test_a_worker_that_crashes_dumps_no_token(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    """What Python's fault handler writes; a core file of the operating system's would hold the memory, as of any process."""
    connect("jira_default", conn_type="jira_staging", host=jira.url, login=jira.email)
    command = [sys.executable, "-X", "faulthandler", "-c", CRASHING]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    crashed = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert crashed.returncode == -6, crashed.stderr
    assert "signed in" in crashed.stdout
    assert "Fatal Python error: Aborted" in crashed.stderr
    pair = base64.b64encode(f"{jira.email}:{jira.token}".encode()).decode()
    assert jira.token not in crashed.stdout + crashed.stderr
    assert pair not in crashed.stdout + crashed.stderr
