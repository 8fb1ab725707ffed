"""Runs of `sync` from a simulated site into a Postgres database of their own."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader

from jira_staging.staging import Staging
from jira_staging.staging.postgres_staging import PostgresStaging
from syncing.bench import Bench


@dataclass
class PostgresBench(Bench):
    """A bench whose tables are in a database of their own."""

    uri: str = ""

    @property
    def staging(self) -> Staging:
        staging = PostgresStaging(lambda: psycopg.connect(self.uri), place="the test database", wait_seconds=10)
        staging.people.key = self.people_key
        return staging

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.uri) as connection:
            return connection.execute(sql.encode()).fetchall()

    def tables(self, *tables: str, where: str = "true") -> dict[str, list[dict[str, Any]]]:
        with psycopg.connect(self.uri, row_factory=dict_row) as connection:
            # As DuckDB gives it: JSON as its text.
            connection.adapters.register_loader("jsonb", TextLoader)
            return {
                table: connection.execute(f'SELECT * FROM jira."{table}" WHERE {where}'.encode()).fetchall() for table in tables
            }
