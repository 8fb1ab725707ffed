"""The warehouses that the contract is held against. A module, not a conftest: processes of a test's own find it by its name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
import psycopg
from snowflake.connector.cursor import SnowflakeCursor

from jira_staging.staging import Staging
from jira_staging.staging.duckdb_session import DuckDBSession
from jira_staging.staging.duckdb_staging import DuckDBStaging
from jira_staging.staging.postgres_staging import PostgresStaging
from jira_staging.staging.snowflake_staging import SnowflakeStaging
from staging.invented_rows import a_run
from staging.snowflake_account import SnowflakeAccount


class Warehouse(Protocol):
    """A database of a test's own, and a way around our own code into it."""

    def staging(self, schema: str = "jira") -> Staging:
        """Staging tables in one of its schemas."""
        ...

    def prepared(self) -> Staging:
        """Staging tables in its schema `jira`, prepared for a run."""
        ...

    def run(self, sql: str) -> list[tuple[object, ...]]:
        """Do with it what somebody else would."""
        ...

    @property
    def statements(self) -> list[tuple[type, str]]:
        """The methods through which every statement goes that may change anything there."""
        ...

    def miss_the_dead(self) -> None:
        """Do what it does by itself some time after a client was killed."""
        ...


def _prepared(warehouse: Warehouse) -> Any:
    staging = warehouse.staging()
    staging.prepare(a_run())
    return staging


@dataclass(frozen=True)
class DuckDBWarehouse:
    """A DuckDB file."""

    path: Path

    def staging(self, schema: str = "jira") -> Staging:
        return DuckDBStaging(self.path, schema, wait_seconds=5)

    def prepared(self) -> Staging:
        return _prepared(self)

    def run(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.path)) as connection:
            return connection.execute(sql).fetchall()

    @property
    def statements(self) -> list[tuple[type, str]]:
        return [(DuckDBSession, "execute")]

    def miss_the_dead(self) -> None:
        pass


@dataclass(frozen=True)
class PostgresWarehouse:
    """A database on the session's Postgres server."""

    uri: str

    def staging(self, schema: str = "jira") -> PostgresStaging:
        return PostgresStaging(lambda: psycopg.connect(self.uri), schema, place="the test database", wait_seconds=5)

    def prepared(self) -> PostgresStaging:
        return _prepared(self)

    def run(self, sql: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.uri) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    @property
    def statements(self) -> list[tuple[type, str]]:
        return [(psycopg.Cursor, "execute"), (psycopg.Cursor, "copy")]

    def miss_the_dead(self) -> None:
        pass


@dataclass(frozen=True)
class SnowflakeWarehouse:
    """A database of the session's Snowflake account."""

    account: SnowflakeAccount
    database: str

    def staging(self, schema: str = "jira") -> SnowflakeStaging:
        return SnowflakeStaging(lambda: self.account.connect(self.database), schema, place="the test account")

    def prepared(self) -> SnowflakeStaging:
        if not self.account.prepared:
            self.account.prepared = self.account.new_database()
            _prepared(SnowflakeWarehouse(self.account, self.account.prepared))
        self.account.copy_tables(self.account.prepared, "JIRA", into=self.database)
        return _prepared(self)

    def run(self, sql: str) -> list[tuple[object, ...]]:
        # In capitals, as all names are that nobody quotes.
        return self.account.run(sql.replace('"user"', '"USER"'), self.database)

    @property
    def statements(self) -> list[tuple[type, str]]:
        return [(SnowflakeCursor, "execute")]

    def miss_the_dead(self) -> None:
        self.account.end_sessions(self.database)
        self.run("UPDATE JIRA._SYNC_LOCK SET UNTIL = DATEADD(MINUTE, -1, CURRENT_TIMESTAMP()) WHERE HOLDER IS NOT NULL")
