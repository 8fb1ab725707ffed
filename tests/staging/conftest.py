"""The warehouses that the contract is held against."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb
import pytest

from jira_staging.staging import Staging
from jira_staging.staging.duckdb_staging import DuckDBStaging
from staging.invented_rows import a_run


class Warehouse(Protocol):
    """A database of a test's own, and a way around our own code into it."""

    def staging(self, schema: str = "jira") -> Staging:
        """Staging tables in one of its schemas."""
        ...

    def run(self, sql: str) -> list[tuple[object, ...]]:
        """Do with it what somebody else would."""
        ...


@dataclass(frozen=True)
class DuckDBWarehouse:
    """A DuckDB file."""

    path: Path

    def staging(self, schema: str = "jira") -> Staging:
        return DuckDBStaging(self.path, schema, wait_seconds=5)

    def run(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.path)) as connection:
            return connection.execute(sql).fetchall()


def _duckdb(folder: Path) -> Warehouse:
    return DuckDBWarehouse(folder / "warehouse.duckdb")


WAREHOUSES: dict[str, Callable[[Path], Warehouse]] = {"duckdb": _duckdb}


@pytest.fixture(params=WAREHOUSES)
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    """An empty database of each kind."""
    return WAREHOUSES[request.param](tmp_path)


@pytest.fixture
def staging(warehouse: Warehouse) -> Staging:
    """Prepared staging tables."""
    prepared = warehouse.staging()
    prepared.prepare(a_run())
    return prepared
