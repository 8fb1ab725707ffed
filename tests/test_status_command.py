"""`jira-staging status`: what the audit tables tell, against what was put into them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jira_staging.command_line.entrance import main
from jira_staging.jira_api.client import JiraClient
from jira_staging.records import Batch, RejectedRow, Report, Run, SyncRequest
from jira_staging.staging.duckdb_staging import DuckDBStaging
from jira_staging.syncing import sync
from jira_staging.tokens import ConnectionPassword
from simulated_jira import SimulatedJira

PRIVATE = "what somebody wrote in confidence"


@pytest.fixture
def loaded(tmp_path: Path) -> Path:
    """A load of two projects, with a row that was left out, and an older run that failed."""
    database = tmp_path / "loaded.duckdb"
    with SimulatedJira(12, projects=2, seed=3) as jira:
        staging, report = DuckDBStaging(database), Report(Run("newer", jira.url, datetime.now(UTC), dag_id="nightly"))
        with JiraClient(jira.url, ConnectionPassword(jira.email, jira.token, connection="jira_default")) as opened:
            sync(opened, staging, SyncRequest(entities=("issue", "project")), report)
        rejected = RejectedRow("issue", "10001:customfield_10001", "It is no number.", f'"{PRIVATE}"')
        staging.publish(Batch("site", (), rejected=(rejected,)), report)
        report.close(datetime.now(UTC))
        staging.finish(report)
        older = Report(Run("older", jira.url, datetime.now(UTC) - timedelta(days=1)))
        older.check(("issue", "site"), "count", {"jira": 3}, wrong="The count is wrong.")
        older.close(datetime.now(UTC), TimeoutError("a row's words"))
        staging.finish(older)
    return database


def told(capsys: pytest.CaptureFixture[str], database: Path, *words: str) -> Any:
    assert main(["status", "--destination", f"duckdb:{database}", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_runs_are_told_newest_first_with_what_they_did(loaded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = told(capsys, loaded)
    newer, older = values["runs"]
    with duckdb.connect(str(loaded), read_only=True) as connection:
        question = "SELECT sum(rows_inserted), sum(requests) FROM jira._sync_run WHERE run_id = 'newer'"
        counted = connection.execute(question).fetchone()
    assert (newer["run_id"], newer["status"], newer["dag_id"]) == ("newer", "success", "nightly")
    assert (newer["rows"]["inserted"], newer["requests"]) == counted
    assert (older["run_id"], older["status"], older["messages"]) == ("older", "failed", ["TimeoutError"])
    assert older["failed_checks"] == ["issue site: count"]
    assert [run["run_id"] for run in told(capsys, loaded, "--runs", "1")["runs"]] == ["newer"]


def test_how_far_each_project_is_complete_and_what_was_left_out_is_told(
    loaded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = told(capsys, loaded)
    with duckdb.connect(str(loaded), read_only=True) as connection:
        keys = [key for (key,) in connection.execute("SELECT key FROM jira.project ORDER BY key").fetchall()]
    assert sorted(scope["project"] for scope in values["scopes"] if scope["entity"] == "issue") == keys
    for scope in values["scopes"]:
        lag = (datetime.now(UTC) - datetime.fromisoformat(scope["complete_up_to"])).total_seconds()
        assert abs(scope["lag_seconds"] - lag) < 60
    assert values["left_out"] == [{"run_id": "newer", "entity": "issue", "reason": "It is no number.", "rows": 1}]
    assert main(["status", "--destination", f"duckdb:{loaded}"]) == 0
    lines = capsys.readouterr().out
    assert "left out by run newer: 1 of issue: It is no number." in lines
    assert PRIVATE not in f"{values}{lines}"


def test_where_nothing_was_loaded_that_is_said(loaded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--destination", f"duckdb:{loaded}", "--schema", "other"]) == 2
    assert "Nothing was ever loaded into the schema `other`" in capsys.readouterr().err
    assert main(["status", "--destination", f"duckdb:{tmp_path / 'none.duckdb'}"]) == 5
    assert not (tmp_path / "none.duckdb").exists()
