"""Airflow itself, in a home of its own, running one of the project's DAGs once: as `airflow dags test` does it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

PROJECT = Path(__file__).parents[2]
LONGEST_RUN_SECONDS = 600
# The last line of a traceback: the error's class, in its module, and its words.
ERROR_LINE = re.compile(r"^(?:\w+\.)*\w+: \S.*$", re.MULTILINE)


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
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.folder / "logs"),
            # A busy machine may need longer than Airflow's 50 and 30 seconds to read a DAG's file.
            "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "180",
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",
            # A failing task is tried again as the DAG says, but nobody watching waits five minutes for it.
            "AIRFLOW__CORE__MAX_TASK_RETRY_DELAY": "2",
            "NO_PROXY": "127.0.0.1,localhost",
            # A terminal's width would break log lines, and colours would hide what a log is searched for.
            "NO_COLOR": "1",
            "COLUMNS": "300",
        }
        ours |= {f"AIRFLOW_CONN_{name.upper()}": json.dumps(connection) for name, connection in self.connections.items()}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "JIRA_STAGING"))}
        return inherited | ours

    def prepare(self) -> None:
        """Make Airflow's own database, or bring it up to this version. RuntimeError with the reason where it cannot."""
        self.folder.mkdir(parents=True, exist_ok=True)
        marker, current = self.folder / "migrated", version("apache-airflow-core")
        if marker.exists() and marker.read_text() == current:
            return
        log = self.folder / "migration.log"
        if not self.run(log, "db", "migrate"):
            raise RuntimeError(f"Airflow could not make its database: {failure(log)}")
        marker.write_text(current)

    def run_dag(self, dag_id: str, params: Mapping[str, object], log: Path) -> bool:
        """Run the DAG once, as `airflow dags test` does; its log goes into the file. True if it succeeded."""
        return self.run(log, "dags", "test", dag_id, "--conf", json.dumps(params))

    def run(self, log: Path, *arguments: str) -> bool:
        """An `airflow` command, with its output in the file. True if it succeeded in time."""
        command = [self.python, "-m", "airflow", *arguments]
        with log.open("wb") as output:
            try:
                ended = subprocess.run(
                    command,
                    env=self.environment(),
                    cwd=self.folder,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=LONGEST_RUN_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                output.write(f"\nTimeoutExpired: stopped after {LONGEST_RUN_SECONDS} seconds, unfinished.\n".encode())
                return False
        return ended.returncode == 0


def failure(log: Path) -> str:
    """Why an Airflow command failed: the last error in its log, or the log's end."""
    told = log.read_text(errors="replace")
    errors = ERROR_LINE.findall(told)
    return errors[-1] if errors else told[-2000:].strip()
