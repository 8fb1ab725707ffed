"""`jira-staging status`: what the audit tables tell, against what was put into them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jira_staging.command_line.entrance import main
from jira_staging.command_line.status import _some, _span
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
    assert newer["entities"]["issue"]["inserted"] == 12
    assert "user" not in newer["entities"]
    assert older["failed_checks"] == ["issue site: count (jira: 3)"]
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
    left_out = {"run_id": "newer", "entity": "issue", "reason": "It is no number.", "rows": 1}
    assert values["left_out"] == [left_out | {"such_as": ["10001:customfield_10001"]}]
    assert main(["status", "--destination", f"duckdb:{loaded}"]) == 0
    lines = capsys.readouterr().out
    assert "left out by run newer: 1 of issue (such as 10001:customfield_10001): It is no number." in lines
    assert "    issue: read=12 inserted=12 rejected=1\n" in lines
    assert PRIVATE not in f"{values}{lines}"


def test_where_nothing_was_loaded_that_is_said(loaded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--destination", f"duckdb:{loaded}", "--schema", "other"]) == 2
    assert "Nothing was ever loaded into the schema `other`" in capsys.readouterr().err
    assert main(["status", "--destination", f"duckdb:{tmp_path / 'none.duckdb'}"]) == 5
    assert not (tmp_path / "none.duckdb").exists()


def test_files_have_no_status_and_nobody_to_forget(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["status", "--destination", f"files:{tmp_path}"]) == 2
    assert "`status` asks tables. Of files the manifests tell the same" in capsys.readouterr().err
    (tmp_path / "key.yaml").write_text("name: key\nbackend: environment\nsecret_name: FORGETTING_KEY\n")
    monkeypatch.setenv("FORGETTING_KEY", "a key of thirty-two characters..")
    words = ["forget", "--account-id", "somebody", "--personal-data-key", "key", "--definitions", str(tmp_path)]
    assert main([*words, "--destination", f"files:{tmp_path}"]) == 5
    assert "Files are only ever added" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--destination", f"duckdb:{tmp_path}/none.duckdb"]) == 5
    assert "none.duckdb yet: a sync makes it. Check the path." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_ages_are_told_as_people_say_them_and_what_waits_is_told(loaded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with duckdb.connect(str(loaded)) as connection:
        days = "epoch_ms(now()::TIMESTAMP - INTERVAL 19 DAY)"
        connection.execute(f"UPDATE jira._sync_state SET watermark = {days} WHERE watermark IS NOT NULL")
        (scope,) = connection.execute("SELECT min(scope) FROM jira._sync_state WHERE entity = 'issue'").fetchall()[0]
        connection.execute(
            "INSERT INTO jira._sync_sweep VALUES (?, 0, 1, 0), (?, 1, 2, 0), ('jql:new', 0, 3, 0)", [scope, scope]
        )
        connection.execute(
            "UPDATE jira._sync_run SET message = 'not permitted: ask' WHERE entity = 'project' AND run_id = 'newer'"
        )
    values = told(capsys, loaded)
    assert {scope["scope"]: scope["waiting"] for scope in values["scopes"] if scope["waiting"]} == {scope: 2, "jql:new": 1}
    assert main(["status", "--destination", f"duckdb:{loaded}"]) == 0
    lines = capsys.readouterr().out
    assert ", 19 days ago; 2 issues were found and wait for the next run\n" in lines
    assert "jql:new  issue  never complete; 1 issues were found and wait for the next run\n" in lines
    assert "(24 hours ago" in lines
    assert "    project: not permitted: ask\n" in lines


def test_tables_that_the_last_run_was_not_asked_for_are_told_with_how_far_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "loaded.duckdb"
    with SimulatedJira(3, projects=1, seed=3) as jira:
        staging = DuckDBStaging(database)
        with JiraClient(jira.url, ConnectionPassword(jira.email, jira.token, connection="jira_default")) as opened:
            for run_id, tables in (("all", ("issue", "comment", "worklog")), ("some", ("issue",))):
                sync(opened, staging, SyncRequest(entities=tables), Report(Run(run_id, jira.url, datetime.now(UTC))))
                if run_id == "all":
                    (earlier,) = [scope["complete_up_to"] for scope in told(capsys, database)["scopes"]]
                    jira.clock.advance(3600)
    (scope,) = told(capsys, database)["scopes"]
    assert scope["behind"] == {"comment": earlier, "worklog": earlier}
    assert scope["complete_up_to"] > earlier
    assert main(["status", "--destination", f"duckdb:{database}"]) == 0
    assert f" ago; comment, worklog up to {earlier}\n" in capsys.readouterr().out
    assert _some(["a", "b", "c"]) == "a, b, c"
    assert _some(["a", "b", "c", "d"]) == "4 tables that it was not asked for"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-3, "0 seconds"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7_199, "119 minutes"),
        (172_799, "47 hours"),
        (1_709_846, "19 days"),
    ],
)
def test_a_time_is_told_in_its_largest_unit(seconds: float, told: str) -> None:
    assert _span(seconds) == told
