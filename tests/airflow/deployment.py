"""What the tests of this folder say a deployment is: connections by environment, a home, a small site."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from demo.airflow_runs import PROJECT, AirflowHome
from simulated_jira import Settings

SMALL = Settings(custom_fields=20, issue_bytes=3_000)


class Connect(Protocol):
    """Gives Airflow a connection by its environment, for the length of a test."""

    def __call__(self, name: str, **connection: object) -> None: ...


class MakeHome(Protocol):
    """An Airflow home whose database is migrated already."""

    def __call__(self, connections: Mapping[str, Mapping[str, object]], *, project: Path = PROJECT) -> AirflowHome: ...
