"""A whole Airflow for tests: API server, DAG processor, triggerer and scheduler, whose tasks run under a real supervisor."""

import subprocess
import time
from collections.abc import Callable
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
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "SupervisedAirflow":
        processor = self._airflow("dag-processor", "--num-runs", "1")
        try:
            processor.wait(RUN_SECONDS)
        finally:
            stop(processor)
        self._running = [self._airflow("triggerer"), self._airflow("scheduler")]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in reversed(self._running):
            stop(process)

    def run(self, dag_id: str, conf: dict[str, Any]) -> tuple[str, str]:
        """Trigger the DAG and wait for its end. Gives the run's id and state."""
        run_id = self.trigger(dag_id, conf)
        return run_id, self.end_of(dag_id, run_id)

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> str:
        """Gives the run's id."""
        dag = f"/api/v2/dags/{dag_id}"
        self.server.ask("PATCH", dag, json={"is_paused": False}).raise_for_status()
        triggered = self.server.ask("POST", f"{dag}/dagRuns", json={"logical_date": None, "conf": conf})
        triggered.raise_for_status()
        return str(triggered.json()["dag_run_id"])

    def end_of(self, dag_id: str, run_id: str) -> str:
        """The state in which the run ends."""
        return self._awaited(lambda: self._told(dag_id, run_id)["state"], lambda state: state not in ("queued", "running"))

    def wait_for_task(self, dag_id: str, run_id: str, state: str) -> None:
        """Wait until the run's one task is in this state, or the run is over."""

        def now() -> str:
            (task,) = self._told(dag_id, run_id, "/taskInstances")["task_instances"] or ({"state": None},)
            return str(task["state"])

        self._awaited(now, lambda found: found in (state, "success", "failed"))

    def _told(self, dag_id: str, run_id: str, what: str = "") -> Any:
        return self.server.ask("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}{what}").json()

    def _awaited(self, find: Callable[[], str], is_it: Callable[[str], bool]) -> str:
        until = time.monotonic() + RUN_SECONDS
        while not is_it(found := find()) and time.monotonic() < until:
            time.sleep(0.5)
        return found

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
