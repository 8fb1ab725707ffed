"""A Snowflake account for the tests: the real connector, and fakesnow's server where Snowflake would answer.

What fakesnow cannot do is done without, here and nowhere else, and the tests of the statements themselves are recorded ones:
it takes one statement a request (taught more in `fakesnow_requests`), knows no ALTER SESSION and no comments on columns (left
out), quotes no comment (mended), copies into no temporary table (a plain one is made instead), forgets the comments of views
(looked up where it has them), and grants nothing that COPY GRANTS could copy (left out).
"""

import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import snowflake.connector

from staging.fakesnow_requests import served, server_module


@dataclass
class SnowflakeAccount:
    """An account in this process, what its databases were asked, and a database that is prepared to be copied.

    `requests` are the statements that each request held, as they were written.
    """

    address: dict[str, Any]
    requests: list[list[str]] = field(default_factory=list)
    prepared: str = ""
    _numbers: Iterator[int] = field(default_factory=count)

    @classmethod
    @contextmanager
    def started(cls) -> "Iterator[SnowflakeAccount]":
        """An account that ends with the block."""
        import fakesnow.info_schema

        insert = fakesnow.info_schema.insert_table_comment_sql

        def quoted(catalog: str, schema: str, table: str, comment: str | None) -> str:
            return "SELECT 1" if comment is None else insert(catalog, schema, table, comment.replace("'", "''"))

        fakesnow.info_schema.insert_table_comment_sql = quoted
        with warnings.catch_warnings(action="ignore"), served() as address:
            # Its log repeats every statement.
            logging.getLogger("fakesnow.server").setLevel(logging.CRITICAL)
            logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
            yield cls(address)

    @property
    def statements(self) -> list[str]:
        """All statements in their order."""
        return [statement for request in self.requests for statement in request]

    def note(self, sql: str) -> None:
        """Remember a request."""
        self.requests.append(re.sub(r"%\((\w+)_of_\d+\)s", r"%(\1)s", sql).split(";\n"))

    def new_database(self) -> str:
        """The name of an empty database."""
        name = f"TEST_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return name

    def end_sessions(self, database: str) -> None:
        """What Snowflake does for sessions whose client is gone: what they had open is rolled back."""
        sessions = server_module().sessions
        for token, session in list(sessions.items()):
            if session.database == database:
                del sessions[token]
                session._duck_conn.close()

    def drop(self, database: str) -> None:
        """Forget a database: with each one that is there, its questions about what is there take longer."""
        self.end_sessions(database)
        with server_module().shared_fs.duck_conn.cursor() as cursor:
            cursor.execute(f'DETACH "{database}"')
            for known in ("tables", "columns"):
                cursor.execute(
                    f"DELETE FROM _fs_global._fs_information_schema._fs_{known}_ext WHERE ext_table_catalog = '{database}'"
                )

    def copy_tables(self, database: str, schema: str, *, into: str) -> None:
        """Make the empty tables of a schema in another database, behind the server's back: it takes seconds over them."""
        names = {"database": database, "schema": schema}
        with server_module().shared_fs.duck_conn.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA "{into}"."{schema}"')
            tables = cursor.execute(
                "SELECT table_name FROM duckdb_tables() WHERE database_name = $database AND schema_name = $schema", names
            ).fetchall()
            for (table,) in tables:
                cursor.execute(f'CREATE TABLE "{into}"."{schema}"."{table}" AS FROM "{database}"."{schema}"."{table}" LIMIT 0')
            for known in ("tables", "columns"):
                notes = f"_fs_global._fs_information_schema._fs_{known}_ext"
                of_database = f"WHERE ext_table_catalog = '{database}'"
                cursor.execute(
                    f"INSERT INTO {notes} SELECT * REPLACE ('{into}' AS ext_table_catalog) FROM {notes} {of_database}"
                )

    @staticmethod
    def connector_for(reached: Callable[..., Any]) -> Callable[..., Any]:
        """A `snowflake.connector.connect` that reaches this account where anything but its own address is asked for."""
        real = snowflake.connector.connect

        def connect(**settings: Any) -> Any:
            return real(**settings) if settings.get("protocol") == "http" else reached(**settings)

        return connect

    def run(self, sql: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """What somebody else does."""
        with snowflake.connector.connect(**self.address, database=database) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]

    def connect(self, database: str) -> Any:
        """A connection whose statements are noted."""
        settings = {**self.address["session_parameters"], "nop_regexes": [r"^ALTER SESSION", r"^COMMENT ON COLUMN"]}
        connection = snowflake.connector.connect(**self.address | {"database": database, "session_parameters": settings})
        return _Recorded(connection, self)


_VIEWS = "SELECT TABLE_NAME, COMMENT FROM INFORMATION_SCHEMA.VIEWS"
_VIEWS_WITH_COMMENTS = (
    "SELECT V.TABLE_NAME, E.comment FROM INFORMATION_SCHEMA.VIEWS AS V "
    "LEFT JOIN _fs_global._fs_information_schema._fs_tables_ext AS E "
    "ON (E.ext_table_catalog, E.ext_table_schema, E.ext_table_name) = (V.TABLE_CATALOG, V.TABLE_SCHEMA, V.TABLE_NAME)"
)


def _understood(sql: str) -> str:
    plain = re.sub(r"^(CREATE OR REPLACE) TEMPORARY (TABLE)", r"\1 \2", sql, flags=re.MULTILINE)
    return plain.replace("COPY GRANTS ", "").replace(_VIEWS, _VIEWS_WITH_COMMENTS)


class _Recorded:
    """The connector's connection; its cursors note statements, and say them so that fakesnow understands them."""

    def __init__(self, connection: Any, account: SnowflakeAccount) -> None:
        self._connection, self._account = connection, account

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        with self._connection.cursor() as cursor:
            execute = cursor.execute

            def noted(sql: str, parameters: Any = None, **settings: Any) -> Any:
                self._account.note(sql)
                return execute(_understood(sql), parameters, **settings)

            cursor.execute = noted
            yield cursor
