"""The SQL that we ship for warehouses that no test can run: made from the tables, and each statement read by its dialect."""

from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from jira_staging.staging.files_sql import DIALECTS, all_tables, load_statements, main, script
from jira_staging.tables import TABLES
from staging.test_files_staging import Filed, files

SQL = Path(__file__).parents[2] / "include" / "sql"
every_dialect = pytest.mark.parametrize("dialect", DIALECTS)
__all__ = ["files"]


@every_dialect
def test_the_files_are_what_the_tables_say(dialect: str) -> None:
    told = (SQL / dialect / "load_run.sql").read_text()
    remedy = f"python -m jira_staging.staging.files_sql {dialect} > include/sql/{dialect}/load_run.sql"
    assert told == script(dialect, all_tables()), remedy


@every_dialect
def test_every_statement_is_read_by_its_dialect(dialect: str) -> None:
    for name, columns in all_tables().items():
        for statement in load_statements(dialect, TABLES[name], columns):
            parsed = sqlglot.parse(statement.replace("{folder}", "s3://lake/jira").replace("{run}", "run-1"), dialect=dialect)
            assert len(parsed) == 1
            assert isinstance(parsed[0], exp.Create | exp.Drop | exp.Copy | exp.Delete | exp.Insert), statement


def test_a_manifest_gives_the_statements_of_its_tables_with_their_custom_fields(files: Filed) -> None:
    files.sync(entities=("issue", "issue_label"))
    (manifest,) = (files.folder / "jira" / "manifests").glob("*.json")
    told = main(["bigquery", str(manifest)])
    assert "`customfield_" in told
    assert "jira.`issue_label`" in told
    assert "jira.`comment`" not in told


@every_dialect
def test_columns_that_older_manifests_do_not_have_are_added(files: Filed, dialect: str) -> None:
    files.sync(entities=("issue",))
    files.bench.jira.clock.advance(24 * 3600)
    budget = files.bench.jira.change.add_field("Budget", "number", {"OPS-2": 7.5}, touch=True)
    files.sync(entities=("issue",))
    first, second = sorted((files.folder / "jira" / "manifests").glob("*.json"))

    (added,) = (line for line in main([dialect, str(second)]).splitlines() if line.startswith("ALTER"))
    assert "ALTER" not in main([dialect, str(first)])
    (parsed,) = sqlglot.parse(added, dialect=dialect)
    assert isinstance(parsed, exp.Alter)
    assert (parsed.this.name, parsed.actions[0].this.name) == ("issue", budget)


def test_loading_two_runs_leaves_what_jira_has(files: Filed) -> None:
    """In DuckDB, which speaks enough of Databricks: the logic is run, the warehouse is not."""
    files.sync(entities=("issue", "issue_label"))
    files.bench.jira.clock.advance(24 * 3600)
    files.bench.jira.change.edit("OPS-2", {"summary": "Rewritten", "labels": ["new"]})
    files.sync(entities=("issue", "issue_label"))
    files.bench.sync(entities=("issue", "issue_label"))
    first, second = files.manifests()
    with duckdb.connect() as warehouse:
        warehouse.execute("CREATE SCHEMA jira")
        # The older one once more at the end: it must not win.
        for manifest in (first, second, first):
            for table in ("issue", "issue_label"):
                for statement in load_statements("databricks", TABLES[table], manifest["tables"][table]["columns"]):
                    warehouse.execute(_in_duckdb(statement, files.folder / "jira", manifest["run_id"]))
        held = warehouse.execute("SELECT id, key, summary FROM jira.issue ORDER BY id").fetchall()
    assert held == files.bench.query("SELECT id, key, summary FROM jira.issue ORDER BY id")


def _in_duckdb(statement: str, folder: Path, run_id: str) -> str:
    placed = statement.replace("{folder}", str(folder)).replace("{run}", run_id).replace("VARIANT", "STRING")
    for kind in ("data", "owners"):
        placed = placed.replace(f"PARQUET.`{folder}/{kind}", f"read_parquet('{folder}/{kind}").replace("/`", "/*.parquet')")
    return placed.replace("`", '"').replace("PARSE_JSON(", "(")
