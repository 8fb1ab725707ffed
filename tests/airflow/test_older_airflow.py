"""The oldest Airflow that we promise, in an environment of its own: every DAG is parsed, and a night is loaded."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from demo.airflow_runs import PROJECT, AirflowHome, failure
from demo.vault import secrets_manager
from simulated_jira import SimulatedJira

pytestmark = [pytest.mark.slow, pytest.mark.system, pytest.mark.timeout(600)]
# As Airflow's own constraints of 3.1 have it: it does not know SQLAlchemy 2.1.
OLDEST = ("apache-airflow>=3.1,<3.2", "sqlalchemy<2.1")
PARSED = """
import sys
import airflow.settings
from airflow.models.dagbag import DagBag
bag = DagBag(sys.argv[1])
print(sorted(bag.dags), bag.import_errors)
"""


def test_airflow_3_1_parses_every_dag_and_loads_a_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    uv, python = [sys.executable, "-m", "uv"], tmp_path / "venv" / "bin" / "python"
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(tmp_path / "venv")], check=True, timeout=60)
    wanted = [*OLDEST, "-r", str(PROJECT / "requirements.txt")]
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", str(python), *wanted], check=True, timeout=300)
    with SimulatedJira(15, projects=1) as jira, secrets_manager({"demo/jira": {"api_token": jira.token}}) as aws:
        connections = {
            "jira_default": {"conn_type": "jira_staging", "host": jira.url, "login": jira.email},
            "jira_staging": {"conn_type": "duckdb", "host": str(tmp_path / "staging.duckdb")},
            "aws_demo": aws,
        }
        home, log = AirflowHome(tmp_path / "home", connections, PROJECT, str(python)), tmp_path / "night.log"
        home.prepare()
        command = [str(python), "-c", PARSED, str(PROJECT / "dags")]
        ended = subprocess.run(command, env=home.environment(), capture_output=True, text=True, timeout=120, check=True)
        names = ["jira_backfill_by_project", "jira_nightly_sync", "jira_overdue_issues", "jira_report", "jira_weekly_census"]
        assert ended.stdout.splitlines()[-1] == f"{names} {{}}"
        assert home.run_dag("jira_nightly_sync", {"api_token": "demo"}, log), failure(log)
    with duckdb.connect(str(tmp_path / "staging.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM jira.issue").fetchone() == (15,)
