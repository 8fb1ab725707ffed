"""The database goes away in the middle of a run, or its disk is full: whole batches stay, and the next run ends with all."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest

from jira_staging.errors import StagingUnavailable
from jira_staging.staging import Staging
from jira_staging.staging.duckdb_staging import DuckDBStaging
from jira_staging.staging.snowflake_files import ParquetFiles
from simulated_jira import SimulatedJira
from staging.postgres_server import PostgresServer
from storms.small_disks import full_disk
from storms.storm import ALWAYS, a_site, assert_equal
from syncing.bench import SMALL, Bench, make_batches_small
from syncing.child_oracle import IN_BULK
from syncing.postgres_bench import PostgresBench

ENTITIES = (*ALWAYS, "issue_label", *IN_BULK)


@pytest.mark.parametrize(("moment", "time"), [("/search/jql", 1), ("/issue/bulkfetch", 2)])
def test_a_database_that_is_killed_and_started_again_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, time: int
) -> None:
    make_batches_small(5, 1, monkeypatch.setattr)
    with PostgresServer.started() as postgres, a_site(20, 2, []) as jira:
        bench = PostgresBench(jira, tmp_path, entities=ENTITIES, uri=postgres.new_database())
        seen = []

        def kill(number: int, path: str) -> None:
            seen.append(path)
            if path.endswith(moment) and sum(asked.endswith(moment) for asked in seen) == time:
                # At once, as when it runs out of memory: what is not committed is lost.
                os.kill(postgres.server.get_pid() or 0, signal.SIGQUIT)

        bench.heard.before = kill
        with pytest.raises(StagingUnavailable):
            bench.sync(most_at_once=1)
        bench.heard.before = None
        postgres.start_again()
        published = {row[0] for row in bench.query("SELECT id FROM jira.issue")}
        waiting = {row[0] for row in bench.query("SELECT issue_id FROM jira._sync_sweep")}
        assert not published & waiting

        bench.sync()

        assert not published & bench.heard.fetched_ids.keys(), "what was published is not fetched again"
        assert_equal(bench)
        assert bench.rows("_sync_sweep") == []


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


class OpeningBench(Bench):
    """A bench whose runs open the file as runs do, only for as long as they need it."""

    @property
    def staging(self) -> Staging:
        return DuckDBStaging(self.path, wait_seconds=10)


def test_a_full_disk_under_duckdb_leaves_whole_batches_and_says_so(disk: Path, tmp_path: Path) -> None:
    with SimulatedJira(400, projects=2, seed=6, settings=SMALL) as jira:
        jira.clock.freeze(jira.site.start_ms)
        make_batches_small(10, 1)
        bench: Bench = OpeningBench(jira, disk / "staging.duckdb", entities=ENTITIES)
        try:
            with full_disk(disk, 1_500_000):
                with pytest.raises(StagingUnavailable, match="free space"):
                    bench.sync()
                for file in disk.iterdir():
                    shutil.copy(file, tmp_path)
        finally:
            make_batches_small(100, 24 << 20)
        bench = Bench(jira, tmp_path / "staging.duckdb", entities=ENTITIES)
        published = {row[0] for row in bench.query("SELECT id FROM jira.issue")}
        waiting = {row[0] for row in bench.query("SELECT issue_id FROM jira._sync_sweep")}
        assert published | waiting == set(jira.site.issues)
        assert not published & waiting

        bench.sync()

        assert_equal(bench)
        bench.release()


def test_a_full_disk_under_temporary_files_is_told_and_nothing_is_left_there(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ParquetFiles()
    with full_disk(disk, 300_000):
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        files.add("small", pa.table({"a": [1]}))
        noise = pa.table({"a": [os.urandom(1000).hex() for _ in range(2000)]})
        with pytest.raises(StagingUnavailable, match="free space, or name another folder in TMPDIR"):
            files.add("large", noise)
        assert list(disk.iterdir()) == []
        assert files.names == []
