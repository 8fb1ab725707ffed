"""What Airflow's metrics are told, over a real socket to where StatsD would listen."""

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from airflow.sdk import DAG
from airflow.sdk._shared.observability.metrics.base_stats_logger import NoStatsLogger
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.execution_time.context import OutletEventAccessors
from airflow.sdk.observability import stats
from deployment import Connect

from jira_staging.operators import JiraToStagingOperator
from simulated_jira import SimulatedJira


class Datagrams:
    """A logger as Airflow's own ones are, which sends each metric as StatsD's protocol has it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))

    def _send(self, name: str, value: object, kind: str) -> None:
        self.socket.send(f"{name}:{value}|{kind}".encode())

    def incr(self, stat: str, count: int = 1, _rate: float = 1, *, tags: Any = None) -> None:
        self._send(stat, count, "c")

    def gauge(self, stat: str, value: float, _rate: float = 1, _delta: bool = False, *, tags: Any = None) -> None:
        self._send(stat, value, "g")

    def timing(self, stat: str, dt: Any, *, tags: Any = None) -> None:
        self._send(stat, dt.total_seconds() * 1000, "ms")


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket that gets what Airflow's metrics are told."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(1)
        sender = Datagrams(listener.getsockname()[1])
        # Only what differs from Airflow's own logger of nothing is here.
        stats.initialize(factory=lambda: cast("NoStatsLogger", sender), export_legacy_names=False)
        yield listener
        stats.initialize(factory=NoStatsLogger, export_legacy_names=False)
        sender.socket.close()


def heard(listener: socket.socket, count: int) -> dict[str, float]:
    """So many metrics by name."""
    told = [listener.recv(1_000).decode().partition("|")[0].split(":") for _ in range(count)]
    return {name.removeprefix("jira_staging."): float(value) for name, value in told}


def operator_of(jira: SimulatedJira, connect: Connect, nightly: str, tmp_path: Path) -> JiraToStagingOperator:
    connect("jira_default", conn_type="jira_staging", host=jira.url, login=jira.email)
    connect("jira_staging", conn_type="duckdb", host=str(tmp_path / "staging.duckdb"))
    with DAG("nightly"):
        return JiraToStagingOperator(task_id="copy", api_token=nightly)


def execute(operator: JiraToStagingOperator) -> Any:
    ti = SimpleNamespace(dag_id="nightly", run_id="manual__1", map_index=-1, try_number=2)
    return operator.execute({"ti": ti, "outlet_events": OutletEventAccessors()})  # type: ignore[arg-type,typeddict-item]


def test_a_run_tells_what_it_did(
    jira: SimulatedJira, connect: Connect, nightly: str, tmp_path: Path, listening: socket.socket
) -> None:
    summary = execute(operator_of(jira, connect, nightly, tmp_path))
    told = heard(listening, 7)
    assert told.pop("lag_seconds") > 0
    expected = {"issues": 40, "requests": summary["requests"], "retries": 0, "rejected": 0, "failed_checks": 0, "waits": 0}
    assert told == expected


def test_a_run_that_fails_tells_it_too(
    jira: SimulatedJira,
    connect: Connect,
    nightly: str,
    tmp_path: Path,
    listening: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NIGHTLY_JIRA_TOKEN", "no-token-at-all")
    with pytest.raises(AirflowFailException):
        execute(operator_of(jira, connect, nightly, tmp_path))
    assert heard(listening, 6)["issues"] == 0
