"""`--destination` as a person writes it: databases that are there, and words that are no destination."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest
import snowflake.connector

from jira_staging.command_line import main
from jira_staging.command_line.destinations import open_destination
from jira_staging.records import Run
from shell_commands import Shell, demo_shell, one_object
from simulated_jira import Settings, SimulatedJira
from staging.postgres_server import PostgresServer
from staging.snowflake_account import SnowflakeAccount


@pytest.fixture(scope="module")
def jira() -> Iterator[SimulatedJira]:
    with SimulatedJira(20, projects=2, settings=Settings(custom_fields=17)) as jira:
        yield jira


@pytest.fixture
def here(tmp_path: Path, jira: SimulatedJira, monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell = demo_shell(tmp_path, jira)
    monkeypatch.chdir(shell.folder)
    for name, value in shell.environment().items():
        monkeypatch.setenv(name, value)
    return shell


def test_a_postgres_database_by_its_address(here: Shell, postgres_server: PostgresServer) -> None:
    uri = postgres_server.new_database()
    database = uri.partition("?")[0].rpartition("/")[2]
    address = f"postgresql://postgres@/{database}?host={postgres_server.socket}"
    assert main(here.sync(destination=address)) == 0
    assert main(here.sync("--json", "--schema", "Other 100%", "--entities", "issue", destination=address)) == 0
    with psycopg.connect(uri) as connection:
        ids = connection.execute('SELECT id FROM "Other 100%".issue ORDER BY id').fetchall()
        named = connection.execute("SELECT count(*) FROM jira.issue_named").fetchall()
    assert [number for (number,) in ids] == sorted(here.jira.site.issues)
    assert named == [(20,)]


def test_kept_answers_bring_a_lost_table_back(
    here: Shell, postgres_server: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = postgres_server.new_database()
    address = f"postgresql://postgres@/{uri.partition('?')[0].rpartition('/')[2]}?host={postgres_server.socket}"
    assert main(["rebuild", "--json", "--destination", address]) == 2
    assert "keeps no payloads" in one_object(capsys.readouterr().out)["message"]
    assert main(here.sync("--raw", destination=address)) == 0
    kept = "SELECT id, summary, description, created_at, labels FROM jira.issue JOIN (SELECT issue_id, "
    kept += "array_agg(label ORDER BY label) AS labels FROM jira.issue_label GROUP BY 1) AS l ON l.issue_id = id ORDER BY id"
    with psycopg.connect(uri, autocommit=True) as connection:
        before = connection.execute(kept.encode()).fetchall()
        connection.execute("DROP TABLE jira.issue CASCADE")
        connection.execute("TRUNCATE jira.issue_label")
        capsys.readouterr()
        assert main(["rebuild", "--json", "--destination", address]) == 0
        told = one_object(capsys.readouterr().out)
        assert connection.execute(kept.encode()).fetchall() == before
    assert (told["rows"]["issue"]["inserted"], told["requests"]) == (20, 0)


def test_a_folder_of_files(here: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    words = here.sync("--json", "--entities", "issue", destination="files:lake/jira")
    assert main(words) == 0
    told = one_object(capsys.readouterr().out)
    lake = here.folder / "lake" / "jira"
    (manifest,) = (path.read_text() for path in lake.rglob("*.json"))
    files = sorted(lake.rglob("data/issue/**/*.parquet"))
    assert told["rows"]["issue"]["inserted"] == 20
    assert sorted(pq.read_table(files)["id"].to_pylist()) == sorted(here.jira.site.issues)
    assert [file.name in manifest for file in files] == [True] * len(files)
    assert main([*words, "--load-strategy", "replace"]) == 2


def test_a_load_strategy_is_named_by_an_option(here: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    words = here.sync("--json", "--entities", "project", "--load-strategy", "fail_if_exists")
    assert main(words) == 0
    capsys.readouterr()
    assert main(words) == 2
    assert "`fail_if_exists` loads only what was not" in one_object(capsys.readouterr().out)["message"]
    assert main(here.sync("--json", "--load-strategy", "upsert")) == 2
    assert "'upsert'" in one_object(capsys.readouterr().out)["message"]


def test_a_password_comes_from_the_environment_and_stays_there(
    here: Shell, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    postgres_server.run("CREATE ROLE clerk LOGIN PASSWORD 'hunter2-hunter2'")
    postgres_server.require_password("clerk")
    uri = postgres_server.new_database()
    database = uri.partition("?")[0].rpartition("/")[2]
    postgres_server.run(f"GRANT CREATE ON DATABASE {database} TO clerk")
    words = here.sync(
        "--entities", "project", "--json", destination=f"postgres://clerk@/{database}?host={postgres_server.socket}"
    )
    monkeypatch.setenv("PGPASSWORD", "wrong-wrong-wrong")
    assert main(words) == 5
    refused = capsys.readouterr()
    assert "password authentication failed" in one_object(refused.out)["message"]
    assert "wrong-wrong-wrong" not in refused.out + refused.err
    monkeypatch.setenv("PGPASSWORD", "hunter2-hunter2")
    assert main(words) == 0
    done = capsys.readouterr()
    assert "hunter2" not in done.out + done.err


@pytest.mark.parametrize(
    ("destination", "sentence"),
    [
        ("postgresql://ann:hunter2@db/jira", "The destination holds a password"),
        ("postgres://ann@db/jira?password=hunter2", "The destination holds a password"),
        ("postgresql://ann@db/jira?hunter2=hunter2", "The destination is no address of a Postgres database"),
        ("postgresql:hunter2", "`postgresql:…` is no destination"),
        ("mysql://ann:hunter2@db/jira", "`mysql:…` is no destination"),
        ("duckdb: ", "`duckdb:…` is no destination"),
        ("files:s3://hunter2@bucket/jira", "`files:` takes a folder of this machine."),
        ("snowflake: ", "`snowflake:…` is no destination"),
        ("snowflake://ann:hunter2@acme/jira", "The destination holds a password"),
        ("snowflake://ann@acme/jira?password=hunter2", "The destination holds a password"),
        ("snowflake:prod?token=hunter2", "The destination holds a password"),
        ("snowflake://ann@acme/jira?hunter2=hunter2", "The destination is no address in Snowflake"),
        ("snowflake://ann@acme/jira?transient=hunter2", "The destination is no address in Snowflake"),
        ("snowflake://ann@acme:1/hunter2", "The destination is no address in Snowflake"),
        ("snowflake://ann@acme:hunter2/jira", "The destination is no address in Snowflake"),
        ("snowflake://acme/hunter2", "The destination is no address in Snowflake"),
        ("snowflake://ann@acme/", "The destination is no address in Snowflake"),
        ("snowflake:hunter2/x", "The destination is no address in Snowflake"),
    ],
)
def test_what_is_no_destination_is_wrong_use_and_no_password_is_repeated(
    here: Shell, capsys: pytest.CaptureFixture[str], destination: str, sentence: str
) -> None:
    assert main(here.sync("--json", destination=destination)) == 2
    printed = capsys.readouterr()
    assert one_object(printed.out)["message"].startswith(sentence)
    assert "hunter2" not in printed.out + printed.err


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ("JIRA", "DuckDB takes the schema JIRA for jira, which is there."),
        ("pg_catalog", "The schema pg_catalog is DuckDB's own."),
        ("Information_Schema", "The schema Information_Schema is DuckDB's own."),
    ],
)
def test_a_schema_that_duckdb_has_for_another_is_refused(
    here: Shell, capsys: pytest.CaptureFixture[str], schema: str, sentence: str
) -> None:
    assert main(here.sync("--json", "--entities", "project")) == 0
    capsys.readouterr()
    assert main(here.sync("--json", "--entities", "project", "--schema", schema)) == 5
    assert one_object(capsys.readouterr().out)["message"].startswith(sentence)


def test_a_census_over_files_is_refused_before_anything_is_read(
    here: Shell, jira: SimulatedJira, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(jira.requests)
    for word in ("--census", "--census-only"):
        assert main(here.sync("--json", word, destination="files:loaded")) == 5
        assert one_object(capsys.readouterr().out)["message"].startswith("A census compares Jira with tables")
    assert (len(jira.requests), Path("loaded").exists()) == (before, False)


@pytest.fixture
def asked(snowflake_account: SnowflakeAccount, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """With what the connector was asked to connect; the account of the tests answers."""
    calls: list[dict[str, Any]] = []

    def reached(**settings: Any) -> Any:
        calls.append(settings)
        return snowflake_account.connect(settings["database"])

    monkeypatch.setattr(snowflake.connector, "connect", snowflake_account.connector_for(reached))
    monkeypatch.setenv("SNOWFLAKE_PASSWORD", "hunter2")
    return calls


def test_a_snowflake_account_by_its_address(
    here: Shell, snowflake_account: SnowflakeAccount, asked: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    database = snowflake_account.new_database()
    destination = f"snowflake://ann%40example.com@acme-1/{database}?warehouse=LOADING&role=STAGER&transient=true"
    assert main(here.sync("--entities", "project,issue", "--json", destination=destination)) == 0
    printed = capsys.readouterr()
    assert "hunter2" not in printed.out + printed.err
    (settings,) = {tuple(sorted(call.items())) for call in asked}
    assert dict(settings) == {
        "user": "ann@example.com",
        "account": "acme-1",
        "database": database,
        "warehouse": "LOADING",
        "role": "STAGER",
        "password": "hunter2",
        "login_timeout": 60,
    }
    ids = snowflake_account.run("SELECT ID FROM JIRA.ISSUE ORDER BY ID", database)
    assert [number for (number,) in ids] == sorted(here.jira.site.issues)


def test_a_snowflake_connection_by_its_name(here: Shell, asked: list[dict[str, Any]]) -> None:
    options = argparse.Namespace(destination="snowflake:prod?role=STAGER", schema="jira", database_wait=5.0)
    with pytest.raises(KeyError):
        open_destination(options).prepare(Run("run-1", here.jira.url, datetime.now(UTC)))
    # Its password is connections.toml's own.
    assert asked == [{"connection_name": "prod", "role": "STAGER", "login_timeout": 60}]


def test_a_snowflake_connection_that_nobody_named_is_wrong_use(
    here: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SNOWFLAKE_CONNECTIONS", "[other]\naccount = 'acme'\npassword = 'hunter2'\n")
    assert main(here.sync("--json", destination="snowflake:prod")) == 2
    printed = capsys.readouterr()
    assert one_object(printed.out)["message"].startswith("The settings of Snowflake's connection prod cannot be used (Invalid")
    assert "hunter2" not in printed.out + printed.err


def test_a_server_that_is_not_there_may_be_tried_again(here: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(here.sync("--json", destination="postgresql://ann@127.0.0.1:1/jira")) == 5
    told = one_object(capsys.readouterr().out)
    assert (told["error"], told["retry"]) == ("StagingUnavailable", True)
    assert told["message"].startswith("the database jira at 127.0.0.1 gave no answer")
