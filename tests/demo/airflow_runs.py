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
            self._airflow("db", "migrate")

    def run_dag(self, dag_id: str, params: Mapping[str, object], log: Path) -> bool:
        """Run the DAG once in this process's sight; its log goes into the file. True if it succeeded."""
        done = self._airflow("dags", "test", dag_id, "--conf", json.dumps(params))
        log.write_text(done.stdout)
        return "state=success" in done.stdout and "state=failed" not in done.stdout

    def _airflow(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "airflow", *arguments]
        return subprocess.run(
            command,
            env=self.environment(),
            cwd=self.project,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_RUN_SECONDS,
            check=arguments[0] == "db",
        )
