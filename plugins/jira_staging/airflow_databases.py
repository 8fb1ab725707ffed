"""Airflow's connections as staging databases. What a warehouse needs is imported only for a connection of its type."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jira_staging.airflow_connections import (
    DUCKDB_EXTRAS,
    OLD_SNOWFLAKE_PREFIX,
    POSTGRES_EXTRAS,
    SNOWFLAKE_EXTRAS,
    allowed,
    connection_named,
    reading,
)
from jira_staging.airflow_versions import AirflowException
from jira_staging.errors import WrongUse
from jira_staging.rendered_arguments import filled

if TYPE_CHECKING:
    import duckdb
    import psycopg
    from airflow.sdk import Connection
    from snowflake.connector import SnowflakeConnection

    from jira_staging.staging import Staging

# Our own key in a Snowflake connection's extra, which the hook passes over: make transient tables.
_TRANSIENT = "transient_tables"
# How long to wait for a DuckDB file that another process has open: a person who looks would rather be told.
SECONDS_OF_A_RUN, SECONDS_OF_A_LOOK = 60.0, 5.0


def open_staging(staging_conn_id: str, schema: str, *, read_only: bool = False) -> Staging:
    """The staging database behind an Airflow connection, or files behind a URL (`s3://<connection id>@<bucket>/<folder>`).

    `read_only` is for whoever only looks: a DuckDB file is then not made, and not waited for as long as a run would.
    Raises WrongUse for a type of connection that cannot hold staging tables, and where one of the two is nothing, and
    ConnectionNotFound where Airflow finds no such connection.
    """
    staging_conn_id, schema = filled(staging_conn_id, "staging_conn_id"), filled(schema, "staging_schema")
    if "://" in staging_conn_id:
        return _files(staging_conn_id, schema)
    connection = connection_named(staging_conn_id, "staging_conn_id")
    opened = STAGING_TYPES.get(connection.conn_type or "")
    if opened is None:
        raise WrongUse(
            f"The connection `{staging_conn_id}` is of type `{connection.conn_type}`, which cannot hold staging tables. "
            f"Use a connection of one of the types {', '.join(f'`{name}`' for name in STAGING_TYPES)}."
        )
    if read_only and opened is _duckdb:
        return _duckdb(connection, schema, read_only=True)
    return opened(connection, schema)


def _files(url: str, schema: str) -> Staging:
    """Files where Airflow's object storage finds them: `s3://<connection id>@<bucket>/<folder>`, or `file:///…`."""
    from airflow.sdk import ObjectStoragePath

    from jira_staging.staging.files_staging import FilesStaging

    if connection := urlsplit(url).username:
        # Without it the store would be asked as whoever the machine is.
        connection_named(connection, "staging_conn_id")
    return FilesStaging(ObjectStoragePath(url), schema)


def _duckdb(connection: Connection, schema: str, *, read_only: bool = False) -> Staging:
    from airflow.providers.duckdb.hooks.duckdb import DuckDBHook

    from jira_staging.staging.duckdb_staging import DuckDBStaging

    named = allowed(connection, DUCKDB_EXTRAS)
    hook = reading(DuckDBHook, named)(duckdb_conn_id=connection.conn_id)
    database, config = hook.get_database(), hook.get_connect_config()

    def connect() -> duckdb.DuckDBPyConnection:
        import duckdb

        # As the hook connects, without its line in the log: the file is opened for each batch, which would bury the run.
        return duckdb.connect(database, read_only=read_only, config=config)

    wait_seconds = SECONDS_OF_A_LOOK if read_only else SECONDS_OF_A_RUN
    return DuckDBStaging(database, schema=schema, wait_seconds=wait_seconds, connect=connect)


def _postgres(connection: Connection, schema: str) -> Staging:
    try:
        import psycopg
        from airflow.providers.postgres.hooks.postgres import PostgresHook
    except ImportError as missing:
        raise WrongUse(
            f"The connection `{connection.conn_id}` is a Postgres database, and `{missing.name}` is not installed: "
            "install apache-airflow-providers-postgres and psycopg[binary]."
        ) from missing
    from jira_staging.staging.postgres_staging import PostgresStaging

    named = allowed(connection, POSTGRES_EXTRAS)
    hook = reading(PostgresHook, named)(postgres_conn_id=connection.conn_id)

    def connect() -> psycopg.Connection[Any]:
        opened: Any = hook.get_conn()
        if not isinstance(opened, psycopg.Connection):
            raise WrongUse("Staging in Postgres needs psycopg 3, and Airflow uses psycopg2 here: install psycopg[binary].")
        return opened

    return PostgresStaging(connect, schema, place=f"the database {named.schema or named.login} at {named.host}")


def _snowflake(connection: Connection, schema: str) -> Staging:
    try:
        from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook
    except ImportError as missing:
        raise WrongUse(
            f"The connection `{connection.conn_id}` is a Snowflake account, and `{missing.name}` is not installed: "
            "install apache-airflow-providers-snowflake."
        ) from missing
    from jira_staging.staging.snowflake_staging import SnowflakeStaging

    named = allowed(connection, SNOWFLAKE_EXTRAS | {_TRANSIENT}, OLD_SNOWFLAKE_PREFIX)
    extras = named.extra_dejson
    place = f"the database {extras.get('database') or 'of its user'} in the account {extras.get('account') or named.host}"
    hook = reading(SnowflakeHook, named)

    def connect() -> SnowflakeConnection:
        try:
            opened: SnowflakeConnection = hook(snowflake_conn_id=connection.conn_id).get_conn()
        except (AirflowException, OSError, ValueError, TypeError) as error:
            # A key that is not there, or is none; the words may hold a part of it and are not passed on.
            problem = type(error).__name__
        else:
            return opened
        raise WrongUse(
            f"The Airflow connection `{connection.conn_id}` cannot be used ({problem}). Check its fields and its extra."
        )

    transient = str(extras.get(_TRANSIENT, "")).lower() == "true"
    return SnowflakeStaging(connect, schema, place=place, transient=transient)


STAGING_TYPES: dict[str, Callable[[Connection, str], Staging]] = {
    "duckdb": _duckdb,
    "postgres": _postgres,
    "snowflake": _snowflake,
}
