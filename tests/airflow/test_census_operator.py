"""The census as a task: after a sync, into the same tables; what it finds wrong is told, and fails the task where asked."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred
from airflow.sdk.execution_time.context import OutletEventAccessors
from deployment import Connect

from jira_staging.operators import JIRA_ISSUES, JiraCensusOperator, JiraToStagingOperator
from simulated_jira import SimulatedJira

Census = Callable[..., dict[str, Any]]


def context() -> dict[str, Any]:
    ti = SimpleNamespace(dag_id="weekly", run_id="manual__1", map_index=-1, try_number=1)
    return {"ti": ti, "outlet_events": OutletEventAccessors()}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "staging.duckdb"


@pytest.fixture
def census(jira: SimulatedJira, connect: Connect, nightly: str, database: Path) -> Census:
    """Censuses of a site that was just loaded."""
    connect("jira_default", conn_type="jira_staging", host=jira.url, login=jira.email)
    connect("jira_staging", conn_type="duckdb", host=str(database))
    JiraToStagingOperator(task_id="copy", api_token=nightly).execute(context())

    def execute(told: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
        return JiraCensusOperator(task_id="census", api_token=nightly, **arguments).execute(told or context())

    return execute


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def hide_many(jira: SimulatedJira) -> None:
    for issue in list(jira.site.by_created)[:30]:
        jira.change.hide_issue(issue.key)


def test_what_is_gone_is_marked_and_told(jira: SimulatedJira, census: Census, database: Path) -> None:
    jira.change.delete("PAY-3")
    told = context()
    result = census(told)
    assert query(database, "SELECT key, _deleted_reason FROM jira.issue WHERE _deleted_at IS NOT NULL") == [
        ("PAY-3", "deleted")
    ]
    assert result["rows"]["issue"]["deleted"] == 1
    assert result["failed_checks"] == []
    assert told["outlet_events"][JIRA_ISSUES].extra["rows"]["deleted"] == 1
    columns = "dag_id, airflow_run_id, mode, status"
    where = f"run_id = '{result['run_id']}' AND entity = 'issue'"
    assert query(database, f"SELECT DISTINCT {columns} FROM jira._sync_run WHERE {where}") == [
        ("weekly", "manual__1", "census", "success")
    ]
    assert json.dumps(result)


def test_a_failed_check_is_told_and_fails_the_task_where_asked(jira: SimulatedJira, census: Census, database: Path) -> None:
    hide_many(jira)
    (first, *_) = census()["failed_checks"]
    assert "`max_missing` (`--max-missing`)" in first
    assert query(database, "SELECT count(*) FROM jira.issue WHERE _deleted_at IS NOT NULL") == [(0,)]
    with pytest.raises(AirflowFailException, match="max_missing"):
        census(checks="fail")
    assert census(checks="fail", max_missing="1.0")["failed_checks"] == []
    assert query(database, "SELECT count(*) FROM jira.issue WHERE _deleted_reason = 'missing'") == [(30,)]


def test_comments_are_compared_as_far_back_as_asked(jira: SimulatedJira, census: Census, database: Path) -> None:
    ((comment, _),) = query(database, "SELECT id, issue_id FROM jira.comment ORDER BY id LIMIT 1")
    jira.change.delete_comment(comment)
    jira.clock.advance(400 * 24 * 3600)
    gone = f"SELECT _deleted_reason FROM jira.comment WHERE id = {comment}"
    census(census_comments="30")
    assert query(database, gone) == [(None,)]
    census(census_comments="all")
    assert query(database, gone) == [("missing",)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"census_comments": "some"}, "`census_comments` is a number of days, or `all`; it is `some`"),
        ({"max_missing": "20"}, "`max_missing` is a share between 0 and 1"),
        ({"checks": "ignore"}, "`checks` is warn or fail; it is `ignore`"),
    ],
)
def test_wrong_arguments_fail_for_good(census: Census, arguments: dict[str, str], words: str) -> None:
    with pytest.raises(AirflowFailException, match=words.replace("(", "\\(")):
        census(**arguments)


def test_a_long_wait_gives_the_workers_slot_back(jira: SimulatedJira, census: Census) -> None:
    jira.faults.add("quota_exceeded", "search/jql")
    with pytest.raises(TaskDeferred) as deferred:
        census()
    assert isinstance(deferred.value.trigger, TimeDeltaTrigger)
    assert deferred.value.method_name == "go_on"
