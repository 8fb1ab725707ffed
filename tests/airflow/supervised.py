"""A whole Airflow for tests: API server, DAG processor and scheduler, whose tasks run under a real supervisor."""

import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from api_server import ApiServer
from background import started, stop

RUN_SECONDS = 180


class SupervisedAirflow:
    """Runs DAGs of the server's DAGs folder as a deployment does: the scheduler starts a supervisor for each task."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        self._scheduler: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "SupervisedAirflow":
        processor = self._airflow("dag-processor", "--num-runs", "1")
        try:
            processor.wait(RUN_SECONDS)
        finally:
            stop(processor)
        self._scheduler = self._airflow("scheduler")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._scheduler is not None
        stop(self._scheduler)

    def run(self, dag_id: str, conf: dict[str, Any]) -> tuple[str, str]:
        """Trigger the DAG and wait for its end. Gives the run's id and state."""
        dag = f"/api/v2/dags/{dag_id}"
        self.server.ask("PATCH", dag, json={"is_paused": False}).raise_for_status()
        triggered = self.server.ask("POST", f"{dag}/dagRuns", json={"logical_date": None, "conf": conf})
        triggered.raise_for_status()
        run_id = triggered.json()["dag_run_id"]
        until = time.monotonic() + RUN_SECONDS
        state = "queued"
        while state in ("queued", "running") and time.monotonic() < until:
            time.sleep(0.5)
            state = self.server.ask("GET", f"{dag}/dagRuns/{run_id}").json()["state"]
        return run_id, state

    def task_log(self, run_id: str) -> str:
        """Every line that the run's tasks logged, as files hold them."""
        folders = [folder for folder in self.logs.rglob(f"run_id={run_id}") if folder.is_dir()]
        return "\n".join(file.read_text() for folder in folders for file in sorted(folder.rglob("*.log")))

    @property
    def logs(self) -> Path:
        """Where Airflow writes its logs."""
        return self.server.home.folder / "logs"

    def _airflow(self, *arguments: str) -> "subprocess.Popen[bytes]":
        folder = self.server.home.folder
        command = [self.server.home.python, "-m", "airflow", *arguments]
        return started(command, self.server.environment(), folder, folder / f"{arguments[0]}.log")
