"""Airflow's connections as staging databases."""

import sys

import pytest
from deployment import Connect

from jira_staging.airflow_databases import open_staging
from jira_staging.errors import StagingUnavailable, WrongUse
from staging.invented_rows import a_run, issue, publish, rows_of, values
from staging.postgres_server import PostgresServer


def test_a_postgres_connection_holds_staging_tables(connect: Connect, postgres_server: PostgresServer) -> None:
    database = postgres_server.new_database().partition("?")[0].rpartition("/")[2]
    connect("warehouse", conn_type="postgres", host=postgres_server.socket, login="postgres", schema=database)
    staging = open_staging("warehouse", "jira")
    staging.prepare(a_run())
    publish(staging, rows_of("issue", issue(1, summary="a")))
    with staging.locked(["project:1"], 0):
        assert values(staging, "issue", "id", "summary") == [(1, "a")]


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
