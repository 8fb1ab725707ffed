"""The oldest Airflow that we promise, in an environment of its own: every DAG is parsed, and a night is loaded."""

from pathlib import Path

import pytest
from fresh_nights import FreshNight
from pythons import HERE, environment

from demo.airflow_runs import PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.system, pytest.mark.timeout(600)]
# As Airflow's own constraints of 3.1 have it: it does not know SQLAlchemy 2.1.
OLDEST = ("apache-airflow>=3.1,<3.2", "sqlalchemy<2.1")


def test_airflow_3_1_parses_every_dag_and_loads_a_night(tmp_path: Path) -> None:
    python = environment(HERE, tmp_path / "venv", "install", *OLDEST, "-r", str(PROJECT / "requirements.txt"))
    FreshNight(tmp_path, python).load()
