"""Airflow itself, in a home of its own, running one of the project's DAGs once: as `airflow dags test` does it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
LONGEST_RUN_SECONDS = 600


@dataclass(frozen=True)
class AirflowHome:
    """A folder for Airflow's own database and logs; `connections` are given to it by environment, as a deployment may do."""

    folder: Path
    connections: Mapping[str, Mapping[str, object]]
    project: Path = PROJECT
    python: str = sys.executable

    def environment(self) -> dict[str, str]:
        """The variables that this Airflow runs with."""
        ours = {
            "AIRFLOW_HOME": str(self.folder),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.project / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(self.project / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.folder / 'airflow.db'}",
            "AIRFLOW__JIRA_STAGING__DEFINITIONS_FOLDER": str(self.project / "include" / "secret_definitions"),
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.folder / "logs"),
            # A failing task is tried again as the DAG says, but nobody watching waits five minutes for it.
            "AIRFLOW__CORE__MAX_TASK_RETRY_DELAY": "2",
            "NO_PROXY": "127.0.0.1,localhost",
            # A terminal's width would break log lines, and colours would hide what a log is searched for.
            "NO_COLOR": "1",
            "COLUMNS": "300",
        }
        ours |= {f"AIRFLOW_CONN_{name.upper()}": json.dumps(connection) for name, connection in self.connections.items()}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        return inherited | ours

    def prepare(self) -> None:
        """Make Airflow's own database, where there is none yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / "airflow.db").exists():
            self._airflow(self.folder / "migration.log", "db", "migrate").check_returncode()

    def run_dag(self, dag_id: str, params: Mapping[str, object], log: Path) -> bool:
        """Run the DAG once in this process's sight; its log goes into the file. True if it succeeded."""
        self._airflow(log, "dags", "test", dag_id, "--conf", json.dumps(params))
        told = log.read_text()
        return "state=success" in told and "state=failed" not in told

    def _airflow(self, log: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        command = [self.python, "-m", "airflow", *arguments]
        with log.open("wb") as output:
            return subprocess.run(
                command,
                env=self.environment(),
                cwd=self.project,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=LONGEST_RUN_SECONDS,
                check=False,
            )
