"""Names that would be SQL or paths if anybody forgot to quote them: a whole sync into a schema of such a name."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import sqlglot

from jira_staging.errors import StagingRefused
from jira_staging.jira_api.client import JiraClient
from jira_staging.records import Report, Run, SyncRequest
from jira_staging.reporting import views
from jira_staging.staging import Staging
from jira_staging.staging.files_manifest import read_manifest
from jira_staging.staging.files_sql import load_statements
from jira_staging.staging.files_staging import FilesStaging
from jira_staging.staging.snowflake_files import ParquetFiles
from jira_staging.staging.snowflake_session import DIALECT
from jira_staging.staging.snowflake_views import spelling
from jira_staging.syncing import sync
from jira_staging.tables import TABLES
from jira_staging.tokens import ConnectionPassword
from simulated_jira import Settings, SimulatedJira
from staging.warehouses import Warehouse

QUOTES = '"; DROP TABLE victim.kept; --'
SIGNS = "it's %s {0} \\' $$"
LONG = "long " * 40
# Above, below, elsewhere; and what ends a path in C.
PATHS = ("../victim", "..", ".", "", "/tmp/victim", "a/../../victim", "a\\..\\victim", "a\0b", "a\nb", "x" * 256)


def load(staging: Staging) -> Report:
    with SimulatedJira(6, projects=2, seed=3, settings=Settings(custom_fields=2, latency_ms=0)) as jira:
        # Names in Jira become names of columns of `issue_named`.
        next(field for field in jira.site.fields if field.is_custom).name = QUOTES
        report = Report(Run("run", jira.url, datetime.now(UTC)))
        with JiraClient(jira.url, ConnectionPassword(jira.email, jira.token, connection="jira_default")) as opened:
            sync(opened, staging, SyncRequest(entities=("issue", "comment", "project", "status", "field")), report)
    return report


# fakesnow loses quotes inside names, and describes tables without them: Snowflake's spelling is tested below.
@pytest.mark.parametrize("kind", ["duckdb_file", "postgres"])
@pytest.mark.parametrize("name", [QUOTES + SIGNS, LONG], ids=["quotes and signs", "long"])
def test_a_sync_into_a_schema_of_a_hostile_name_touches_that_schema_alone(
    request: pytest.FixtureRequest, kind: str, name: str
) -> None:
    warehouse: Warehouse = request.getfixturevalue(kind)
    warehouse.run("CREATE SCHEMA victim")
    warehouse.run("CREATE TABLE victim.kept AS SELECT 1 AS one")
    staging = warehouse.staging(name)
    longest = staging.longest_name
    if longest is not None and len(name) > longest:
        with pytest.raises(StagingRefused, match=f"too long for a name in this database: at most {longest} bytes"):
            load(staging)
        return
    report = load(staging)
    assert [note for note in report.notes if "reporting views" in note] == []
    assert staging.read("issue", ["id"]).num_rows == 6
    assert warehouse.run("SELECT * FROM victim.kept") == [(1,)]


@pytest.mark.parametrize("name", PATHS)
def test_a_schema_that_would_lead_out_of_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StagingRefused, match="cannot be the name of a folder"):
        FilesStaging(tmp_path / "files", name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [QUOTES, SIGNS.replace("\\", ""), LONG, "..."])
def test_a_schema_of_files_with_any_other_name_is_a_folder_of_that_name(tmp_path: Path, name: str) -> None:
    load(FilesStaging(tmp_path / "files", name))
    assert [path.name for path in (tmp_path / "files").iterdir() if path.is_dir()] == [name]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files"]


def test_a_manifest_leads_to_no_file_outside_of_its_folder(tmp_path: Path) -> None:
    load(FilesStaging(tmp_path / "files"))
    (manifest,) = (tmp_path / "files" / "jira" / "manifests").iterdir()
    manifest.write_text(manifest.read_text().replace('"data/issue/', '"../../data/issue/'))
    staging = FilesStaging(tmp_path / "files")
    staging.prepare(Run("next", read_manifest(manifest, manifest.read_bytes()).site, datetime.now(UTC)))
    with pytest.raises(StagingRefused, match="cannot be the name of a folder"):
        staging.read("issue", ["id"])


@pytest.mark.parametrize("column", ['a"; DROP TABLE jira.issue; --', "a`b", "a b", "a\\", "{run}", ""])
@pytest.mark.parametrize("dialect", ["redshift", "databricks", "bigquery"])
def test_no_sql_is_made_of_a_column_that_is_not_ours(dialect: str, column: str) -> None:
    """A manifest lies where others may write, too."""
    with pytest.raises(StagingRefused, match="is no column of ours"):
        list(load_statements(dialect, TABLES["issue"], {"id": "bigint", column: "text"}))


def test_in_snowflake_too_a_name_stays_one_name_and_views_of_it_one_query() -> None:
    assert DIALECT.name(QUOTES, "issue") == '"""; DROP TABLE VICTIM.KEPT; --"."ISSUE"'
    # Every statement has parameters, beside which a per cent sign is written twice.
    schema = (QUOTES + SIGNS).upper().replace("%", "%%")
    for view in views(replace(spelling(DIALECT, QUOTES + SIGNS), versioned=True)):
        (tree,) = sqlglot.parse(view.query, dialect="snowflake")
        assert tree is not None
        assert {table.db.removeprefix(schema) for table in tree.find_all(sqlglot.exp.Table)} <= {"", "_REPORTING", "_FIVETRAN"}


def test_files_for_snowflake_are_their_owners_alone_and_gone_when_they_were_sent() -> None:
    files = ParquetFiles()
    files.add("issue", pa.table({"id": [1]}))
    with files.sent() as (folder, names):
        assert names == ["issue"]
        assert [path.stat().st_mode & 0o777 for path in (Path(folder), Path(folder, "issue.parquet"))] == [0o700, 0o600]
    assert not Path(folder).exists()
