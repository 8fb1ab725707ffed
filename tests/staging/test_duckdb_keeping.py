"""A DuckDB file that a run keeps open for a moment between two pieces of work."""

import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from jira_staging.errors import StagingRefused
from jira_staging.staging import duckdb_keeping
from jira_staging.staging.duckdb_file import LONGEST_LOG, DuckDBFile

READING = """
import time, duckdb
end = time.monotonic() + 20
while True:
    try:
        duckdb.connect({path!r}, read_only=True)
        break
    except duckdb.IOException:
        if time.monotonic() > end:
            raise
        time.sleep(0.02)
"""


def is_open(path: Path) -> bool:
    """Whether somebody writes: in one process DuckDB refuses to open the file to read then."""
    try:
        duckdb.connect(str(path), read_only=True).close()
    except duckdb.ConnectionException:
        return True
    return False


@pytest.fixture
def file(tmp_path: Path) -> DuckDBFile:
    return DuckDBFile(tmp_path / "kept.duckdb", 5.0)


def test_what_is_written_and_read_shares_one_opening_which_ends_with_the_lock(file: DuckDBFile) -> None:
    opened = []
    counting = DuckDBFile(file.path, 5.0, lambda: opened.append(1) or duckdb.connect(str(file.path)))
    with counting.kept_open():
        with counting.writing() as connection:
            connection.execute("CREATE TABLE told AS SELECT 1 AS number")
        with counting.reading() as connection:
            assert connection.execute("SELECT number FROM told").fetchall() == [(1,)]
        assert (len(opened), is_open(file.path)) == (1, True)
    assert not is_open(file.path)


def test_without_a_lock_the_file_is_open_only_for_the_work_itself(file: DuckDBFile) -> None:
    with file.writing() as connection:
        connection.execute("CREATE TABLE told AS SELECT 1 AS number")
    assert not is_open(file.path)


def test_others_get_in_while_the_run_does_nothing_with_it(file: DuckDBFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_keeping, "IDLE_SECONDS", 0.05)
    with file.kept_open():
        with file.writing() as connection:
            connection.execute("CREATE TABLE told AS SELECT 1 AS number")
        deadline = time.monotonic() + 5
        while is_open(file.path) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not is_open(file.path)


def test_others_get_in_after_a_while_however_busy_the_run_is(file: DuckDBFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_keeping, "LONGEST_SECONDS", 0.0)
    with file.kept_open():
        with file.writing() as connection:
            connection.execute("CREATE TABLE told AS SELECT 1 AS number")
        assert not is_open(file.path)


def test_whoever_waits_gets_in_between_two_pieces_of_work(file: DuckDBFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_keeping, "LONGEST_SECONDS", 0.2)
    with file.writing() as connection:
        connection.execute("CREATE TABLE told AS SELECT 1 AS number")
    other_reads = READING.format(path=str(file.path))
    with file.kept_open():
        with file.writing():
            other = subprocess.Popen([sys.executable, "-c", other_reads])
        while other.poll() is None:
            with file.writing() as connection:
                connection.execute("UPDATE told SET number = number + 1")
    assert other.returncode == 0


def test_work_that_fails_leaves_nothing_and_closes_the_file(file: DuckDBFile) -> None:
    with file.kept_open():
        with file.writing() as connection:
            connection.execute("CREATE TABLE told AS SELECT 1 AS number")
        with pytest.raises(StagingRefused), file.writing() as connection:
            connection.execute("INSERT INTO told VALUES (2); SELECT * FROM untold")
        assert not is_open(file.path)
        with file.reading() as connection:
            assert connection.execute("SELECT number FROM told").fetchall() == [(1,)]


def test_a_long_log_is_moved_into_the_file_before_others_have_to_read_it(file: DuckDBFile) -> None:
    log = file.path.with_name(f"{file.path.name}.wal")
    with file.kept_open():
        with file.writing() as connection:
            connection.execute("CREATE TABLE told (text TEXT)")
        for _ in range(3):
            with file.writing() as connection:
                connection.execute("INSERT INTO told SELECT repeat(md5(CAST(r AS TEXT)), 4) FROM range(20_000) t(r)")
        assert log.stat().st_size > LONGEST_LOG
    assert not log.exists() or log.stat().st_size <= LONGEST_LOG
