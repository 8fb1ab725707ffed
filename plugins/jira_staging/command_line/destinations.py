"""`--destination`: where the staging tables are."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from jira_staging.command_line.arguments import Parser, filled, seconds
from jira_staging.command_line.snowflake_destinations import open_snowflake
from jira_staging.errors import WrongUse

if TYPE_CHECKING:
    from jira_staging.staging import Staging


def add_destination(parser: Parser) -> None:
    """Which database, and which schema in it."""
    parser.add_argument(
        "--destination",
        required=True,
        metavar="WHERE",
        help="where the staging tables are: duckdb:PATH, postgresql://USER@HOST/DATABASE "
        "(its password comes from PGPASSWORD, ~/.pgpass or a service file), snowflake:NAME of a connection in "
        "connections.toml, or snowflake://USER@ACCOUNT/DATABASE?warehouse=…&role=… (its password from SNOWFLAKE_PASSWORD), or "
        "files:FOLDER for Parquet files",
    )
    parser.add_argument("--schema", type=filled, default="jira", help="their schema (default: jira)")
    parser.add_argument(
        "--database-wait",
        type=seconds,
        default=60.0,
        metavar="SECONDS",
        help="how long to wait while another process has the DuckDB file open, or locks a table (default: 60)",
    )


def open_destination(options: argparse.Namespace) -> "Staging":
    """The staging database that the options name; nothing is asked of it yet."""
    kind, _, rest = options.destination.partition(":")
    if kind == "duckdb" and rest.strip():
        return _duckdb(rest, options)
    if kind in ("postgresql", "postgres") and rest.startswith("//"):
        return _postgres(options.destination, options)
    if kind == "snowflake" and rest.strip():
        return open_snowflake(options)
    if kind == "files" and rest.strip():
        return _files(rest, options)
    # What stands behind the colon may hold a password.
    raise WrongUse(
        f"`{kind}:…` is no destination. Write `duckdb:PATH`, like `duckdb:jira_staging.duckdb`, "
        "`postgresql://USER@HOST/DATABASE`, `snowflake:NAME`, `snowflake://USER@ACCOUNT/DATABASE` or `files:FOLDER`."
    )


def _duckdb(path: str, options: argparse.Namespace) -> "Staging":
    from jira_staging.staging.duckdb_staging import DuckDBStaging

    # No shell expands a `~` behind the colon.
    return DuckDBStaging(Path(path).expanduser(), schema=options.schema, wait_seconds=options.database_wait)


def _files(path: str, options: argparse.Namespace) -> "Staging":
    from jira_staging.staging.files_staging import FilesStaging

    if "://" in path:
        raise WrongUse(
            "`files:` takes a folder of this machine. Into an object store it is Airflow that writes: "
            '`staging_conn_id="s3://CONNECTION@BUCKET/FOLDER"`.'
        )
    return FilesStaging(Path(path).expanduser().resolve(), schema=options.schema)


def _postgres(address: str, options: argparse.Namespace) -> "Staging":
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as missing:
        raise WrongUse("Postgres needs psycopg 3: pip install 'airflow-provider-jira-staging[postgres]'") from missing
    from jira_staging.staging.postgres_staging import PostgresStaging

    try:
        parts = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        # Its words repeat the address.
        raise WrongUse("The destination is no address of a Postgres database: postgresql://USER@HOST/DATABASE") from None
    if {"password", "sslpassword"} & parts.keys():
        raise WrongUse(
            "The destination holds a password, which everybody on this machine can read in the list of processes. Take it out "
            "(and change it): PGPASSWORD, ~/.pgpass or a service file give it to us."
        )
    named = parts.get("dbname") or parts.get("service") or "of its user"
    place = f"the database {named} at {parts.get('host', 'this machine')}"
    return PostgresStaging(lambda: psycopg.connect(address), options.schema, place=place, wait_seconds=options.database_wait)
