"""Airflow's connections as staging databases."""

import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import snowflake.connector
from deployment import Connect

from jira_staging.airflow_databases import open_staging
from jira_staging.errors import StagingUnavailable, WrongUse
from staging.invented_rows import a_run, issue, publish, rows_of, values
from staging.postgres_server import PostgresServer
from staging.snowflake_account import SnowflakeAccount


def test_a_postgres_connection_holds_staging_tables(connect: Connect, postgres_server: PostgresServer) -> None:
    database = postgres_server.new_database().partition("?")[0].rpartition("/")[2]
    connect("warehouse", conn_type="postgres", host=postgres_server.socket, login="postgres", schema=database)
    staging = open_staging("warehouse", "jira")
    staging.prepare(a_run())
    publish(staging, rows_of("issue", issue(1, summary="a")))
    with staging.locked(["project:1"], 0):
        assert values(staging, "issue", "id", "summary") == [(1, "a")]


def test_a_postgres_connections_extra_switches_nothing_on(
    connect: Connect, postgres_server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    """With either of the first two, nothing could be made here."""
    database = postgres_server.new_database().partition("?")[0].rpartition("/")[2]
    extra = {"service": "of_somebody_else", "options": "-c default_transaction_read_only=on", "sslmode": "disable"}
    connect("warehouse", conn_type="postgres", host=postgres_server.socket, login="postgres", schema=database, extra=extra)
    open_staging("warehouse", "jira").prepare(a_run())
    assert "Of the connection `warehouse` these extras are not taken: `options`, `service`." in caplog.text


def test_a_duckdb_connections_extra_loads_no_foreign_code(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    configured: list[dict[str, Any]] = []
    opened = duckdb.connect

    def reached(*path: Any, config: dict[str, Any], **more: Any) -> Any:
        configured.append(config)
        return opened(*path, config=config, **more)

    monkeypatch.setattr(duckdb, "connect", reached)
    hostile = {
        "settings": {"allow_unsigned_extensions": True, "custom_extension_repository": "http://127.0.0.1:1"},
        "extensions": ["backdoor"],
        "extension_directory": str(tmp_path),
        "autoinstall_extensions": True,
        "allow_community_extensions": True,
    }
    connect("warehouse", conn_type="duckdb", host=str(tmp_path / "jira.duckdb"), extra=hostile | {"threads": 1})
    open_staging("warehouse", "jira").prepare(a_run())
    harmless = {"autoinstall_known_extensions": False, "autoload_known_extensions": True, "allow_community_extensions": False}
    assert configured
    assert all(config == harmless | {"threads": 1} for config in configured)
    assert all(f"`{name}`" in caplog.text for name in hostile)


def test_a_database_that_gives_no_answer_is_named(connect: Connect) -> None:
    connect("warehouse", conn_type="postgres", host="127.0.0.1", port=1, login="ann", password="hunter2", schema="jira")
    with pytest.raises(StagingUnavailable, match=r"the database jira at 127\.0\.0\.1 gave no answer") as refusal:
        open_staging("warehouse", "jira").prepare(a_run())
    assert "hunter2" not in str(refusal.value)


def test_without_psycopg_the_message_says_what_to_install(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    connect("warehouse", conn_type="postgres", host="db")
    with pytest.raises(WrongUse, match=r"install apache-airflow-providers-postgres and psycopg\[binary\]"):
        open_staging("warehouse", "jira")


def test_a_snowflake_connection_holds_staging_tables(
    connect: Connect,
    snowflake_account: SnowflakeAccount,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked: list[dict[str, Any]] = []

    def reached(**settings: Any) -> Any:
        asked.append(settings)
        return snowflake_account.connect(settings["database"])

    monkeypatch.setattr(snowflake.connector, "connect", snowflake_account.connector_for(reached))
    extra = {"account": "acme-1", "database": snowflake_account.new_database(), "warehouse": "LOADING", "role": "STAGER"}
    more = {"transient_tables": True, "insecure_mode": True, "session_parameters": {"QUERY_TAG": "mine"}}
    connect("warehouse", conn_type="snowflake", login="bot", password="hunter2", extra=extra | more)
    snowflake_account.requests.clear()
    staging = open_staging("warehouse", "jira")
    staging.prepare(a_run())
    publish(staging, rows_of("issue", issue(1, summary="a")))
    with staging.locked(["project:1"], 0):
        assert values(staging, "issue", "id", "summary") == [(1, "a")]
    (settings,) = asked
    assert extra.items() <= settings.items()
    assert (settings["user"], settings["password"], settings["session_parameters"]) == ("bot", "hunter2", None)
    assert "insecure_mode" not in settings
    assert any(statement.startswith("CREATE TRANSIENT TABLE") for statement in snowflake_account.statements)
    assert "these extras are not taken: `insecure_mode`, `session_parameters`" in caplog.text


def test_a_snowflake_connection_that_cannot_be_used_is_told(connect: Connect) -> None:
    extra = {"account": "acme-1", "private_key_file": "/nowhere/key.p8"}
    connect("warehouse", conn_type="snowflake", login="bot", extra=extra)
    with pytest.raises(WrongUse, match=r"The Airflow connection `warehouse` cannot be used \(\w+\)\. Check its fields"):
        open_staging("warehouse", "jira").prepare(a_run())


def test_without_snowflakes_provider_the_message_says_what_to_install(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "airflow.providers.snowflake.hooks.snowflake", None)
    connect("warehouse", conn_type="snowflake", login="bot")
    with pytest.raises(WrongUse, match="install apache-airflow-providers-snowflake"):
        open_staging("warehouse", "jira")
