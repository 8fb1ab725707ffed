"""A night loaded by an Airflow in another environment: what a company's first run is."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from demo.airflow_runs import LONGEST_RUN_SECONDS, PROJECT, AirflowHome, failure
from demo.vault import secrets_manager
from simulated_jira import SimulatedJira

# `airflow dags test`, once every DAG of the folder was parsed: in one process, since each of Airflow's takes seconds to start.
PARSED_AND_RUN = """
import sys
import airflow.settings
try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag
bag = DagBag(sys.argv.pop(1))
print(sorted(bag.dags), bag.import_errors, flush=True)
from airflow.__main__ import main
main()
"""
# What dags/ holds without a file of sites, and that nothing was wrong.
ALL = "['jira_backfill_by_project', 'jira_nightly_sync', 'jira_overdue_issues', 'jira_report', 'jira_weekly_census'] {}"


@dataclass(frozen=True)
class FreshNight:
    """Where a night is loaded: a folder, by the Python of an environment, from a project of dags/, plugins/ and include/.

    Airflow's own database is made there, unless `home` is one with a database.
    """

    folder: Path
    python: Path
    project: Path = PROJECT
    home: AirflowHome | None = None

    def load(self, *more: Sequence[str]) -> str:
        """Parse all DAGs, run the nightly one over a site of 15 issues, and see that they came; gives the log. `more` are
        Airflow's commands after it, each with a log of its own."""
        database, log = self.folder / "staging.duckdb", self.folder / "night.log"
        with SimulatedJira(15, projects=1) as jira, secrets_manager({"demo/jira": {"api_token": jira.token}}) as aws:
            connections = {
                "jira_default": {"conn_type": "jira_staging", "host": jira.url, "login": jira.email},
                "jira_staging": {"conn_type": "duckdb", "host": str(database)},
                "aws_demo": aws,
            }
            folder = self.home.folder if self.home else self.folder / "home"
            airflow = AirflowHome(folder, connections, self.project, str(self.python))
            if not self.home:
                airflow.prepare()
            self._parse_and_run(airflow, log)
            for words in more:
                assert airflow.run(self.folder / f"{words[0]}.log", *words)
        told = log.read_text()
        assert ALL in told.splitlines()
        assert jira.token not in told
        with duckdb.connect(str(database), read_only=True) as connection:
            assert connection.execute("SELECT count(*) FROM jira.issue").fetchone() == (15,)
        return told

    def _parse_and_run(self, airflow: AirflowHome, log: Path) -> None:
        night = ["dags", "test", "jira_nightly_sync", "--conf", json.dumps({"api_token": "demo"})]
        command = [str(self.python), "-c", PARSED_AND_RUN, str(self.project / "dags"), *night]
        # A new environment has no bytecode yet: the next one that runs there is spared compiling.
        compiling = {name: value for name, value in airflow.environment().items() if name != "PYTHONDONTWRITEBYTECODE"}
        with log.open("wb") as output:
            ended = subprocess.run(
                command,
                env=compiling | {"PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"},
                cwd=airflow.folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=LONGEST_RUN_SECONDS,
                check=False,
            )
        assert ended.returncode == 0, failure(log)
