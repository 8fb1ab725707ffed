"""Parquet files as destination: what a reader that follows manifests sees, and where the next run goes on."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jira_staging.errors import StagingRefused
from jira_staging.records import Report, SyncRequest
from jira_staging.staging.files_staging import FilesStaging
from jira_staging.syncing import sync
from jira_staging.tables import TABLES
from simulated_jira import SimulatedJira
from staging.invented_rows import a_run
from syncing.bench import SMALL, Bench, client


@pytest.fixture
def files(tmp_path: Path) -> Any:
    """Runs into a folder, and a DuckDB file beside it into which the same site is loaded."""
    with SimulatedJira(80, projects=3, seed=11, settings=SMALL) as jira:
        jira.clock.freeze(jira.site.start_ms)
        bench = Bench(jira, tmp_path / "staging.duckdb")
        yield Filed(bench, tmp_path / "lake")
        bench.release()


class Filed:
    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        self.folder = folder

    def sync(self, **asked: Any) -> Report:
        self.bench.heard.clear()
        report = self.bench.new_report()
        with client(self.bench.jira.url, self.bench.tokens) as jira:
            sync(jira, FilesStaging(self.folder), SyncRequest(**asked), report)
        return report

    def manifests(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in sorted((self.folder / "jira" / "manifests").glob("*.json"))]

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """The last row of each key that manifests name: what a warehouse that only merges would hold."""
        places = [str(self.folder / "jira" / place) for told in self.manifests() for place in told["tables"][table]["files"]]
        key, names = ", ".join(TABLES[table].key), ", ".join(columns)
        return duckdb.execute(
            f"SELECT {names} FROM read_parquet($files, union_by_name=true, filename=true) "
            f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY filename, _synced_at DESC) = 1 ORDER BY ALL",
            {"files": places},
        ).fetchall()


def test_a_run_writes_what_the_tables_would_hold_and_the_manifest_counts_it(files: Filed) -> None:
    report = files.sync()
    files.bench.sync()
    (manifest,) = files.manifests()
    for table, columns in {
        "issue": ("id", "key", "summary", "created_at"),
        "issue_label": ("issue_id", "label"),
        "changelog_item": ("history_id", "position", "to_text"),
        "project": ("id", "key"),
    }.items():
        held = files.bench.query(f"SELECT {', '.join(columns)} FROM jira.{table} ORDER BY ALL")
        assert files.rows(table, *columns) == held
        assert manifest["tables"][table]["rows"] == len(held)
    assert manifest["run_id"] == report.run.run_id
    assert manifest["watermarks"] == files.bench.watermarks()
    assert manifest["tables"]["issue"]["columns"]["updated_at"] == "timestamp"
    assert manifest["names"]["id"]


def test_the_next_run_reads_what_changed_since(files: Filed) -> None:
    files.sync()
    files.bench.jira.clock.advance(24 * 3600)
    files.bench.jira.change.edit("OPS-2", {"summary": "Rewritten"})
    files.sync()
    assert len(files.bench.heard.fetched_ids) == 1
    first, second = files.manifests()
    assert second["tables"]["issue"]["rows"] == 1
    assert min(second["watermarks"].values()) > max(first["watermarks"].values())


def test_a_run_that_fails_has_no_manifest_and_the_next_one_reads_it_all(files: Filed) -> None:
    def fails(count: int, path: str) -> None:
        if count > 5 and path.endswith("/issue/bulkfetch"):
            raise ConnectionError("the line is cut")

    files.bench.heard.before = fails
    with pytest.raises(Exception, match=r".+"):
        files.sync()
    files.bench.heard.before = None
    assert files.manifests() == []
    files.sync()
    assert len(files.rows("issue", "id")) == 80


def test_what_files_cannot_do_is_refused(files: Filed, tmp_path: Path) -> None:
    with pytest.raises(StagingRefused, match="Only `merge` writes files"):
        files.sync(load_strategy="replace")
    files.sync(entities=("project",))
    with pytest.raises(StagingRefused, match="One schema holds one site"):
        FilesStaging(files.folder).prepare(a_run(site="https://other.example"))
    next((files.folder / "jira" / "manifests").glob("*.json")).write_text("{}")
    with pytest.raises(StagingRefused, match="is no manifest of ours"):
        files.sync()
