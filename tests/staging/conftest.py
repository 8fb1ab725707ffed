"""The warehouses that the contract is held against."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb
import psycopg
import pytest

from jira_staging.staging import Staging
from jira_staging.staging.duckdb_staging import DuckDBStaging
from jira_staging.staging.postgres_staging import PostgresStaging
from staging.invented_rows import a_run
from staging.postgres_server import PostgresServer


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


@dataclass(frozen=True)
class PostgresWarehouse:
    """A database on the session's Postgres server."""

    uri: str

    def staging(self, schema: str = "jira") -> PostgresStaging:
        return PostgresStaging(lambda: psycopg.connect(self.uri), schema, place="the test database", wait_seconds=5)

    def run(self, sql: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.uri) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> PostgresWarehouse:
    """An empty database."""
    return PostgresWarehouse(postgres_server.new_database())


@pytest.fixture
def duckdb_file(tmp_path: Path) -> DuckDBWarehouse:
    """An empty DuckDB file."""
    return DuckDBWarehouse(tmp_path / "warehouse.duckdb")


@pytest.fixture(params=["duckdb_file", "postgres"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """An empty database of each kind."""
    empty: Warehouse = request.getfixturevalue(request.param)
    return empty


@pytest.fixture
def staging(request: pytest.FixtureRequest, warehouse: Warehouse) -> Staging:
    """Prepared staging tables."""
    prepared = warehouse.staging()
    prepared.prepare(a_run())
    return prepared


@pytest.fixture
def postgres_staging(postgres: PostgresWarehouse) -> PostgresStaging:
    """Prepared staging tables in a Postgres database."""
    prepared = postgres.staging()
    prepared.prepare(a_run())
    return prepared
