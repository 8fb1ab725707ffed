"""Load strategies as a DAG names them, in tasks and in mapped tasks."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.execution_time.context import OutletEventAccessors
from deployment import Connect

from jira_staging.operators import JiraToStagingOperator
from simulated_jira import SimulatedJira


@pytest.fixture
def database(tmp_path: Path, jira: SimulatedJira, connect: Connect, nightly: str) -> Path:
    """A DuckDB file that the connections lead to."""
    path = tmp_path / "staging.duckdb"
    connect("jira_default", conn_type="jira_staging", host=jira.url, login=jira.email)
    connect("jira_staging", conn_type="duckdb", host=str(path))
    return path


def load(strategy: str, map_index: int = -1) -> dict[str, Any]:
    task = JiraToStagingOperator(task_id="copy", api_token="nightly", entities=["issue"], load_strategy=strategy)
    ti = SimpleNamespace(dag_id="nightly", run_id="manual__1", map_index=map_index, try_number=1)
    result: dict[str, Any] = task.execute({"ti": ti, "outlet_events": OutletEventAccessors()})  # type: ignore[typeddict-item]
    return result


def ids(database: Path) -> list[int]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return [number for (number,) in connection.execute("SELECT id FROM jira.issue ORDER BY id").fetchall()]


def test_a_task_replaces_what_the_table_holds(jira: SimulatedJira, database: Path) -> None:
    load("replace")
    jira.change.delete("PAY-1")
    result = load("replace")
    assert ids(database) == sorted(jira.site.issues)
    assert result["rows"]["issue"]["deleted"] == 1
    assert result["watermark"] is None


def test_mapped_tasks_that_would_replace_each_others_rows_fail_for_good(database: Path) -> None:
    with pytest.raises(AirflowFailException, match="`replace` loads whole tables, so mapped tasks would each throw away"):
        load("replace", map_index=0)
    assert not database.exists()
