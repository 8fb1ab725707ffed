"""A bench of one's own: a small simulated site, and a DuckDB file that is empty or already holds it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulated_jira import SimulatedJira
from syncing.bench import SMALL, Bench
from syncing.oracle import CORE


@contextmanager
def small_site(folder: Path) -> Iterator[Bench]:
    """80 issues in three projects on a site whose clock stands still."""
    with SimulatedJira(80, projects=3, seed=11, settings=SMALL) as jira:
        jira.clock.freeze(jira.site.start_ms)
        bench = Bench(jira, folder / "staging.duckdb")
        try:
            yield bench
        finally:
            bench.release()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A small site, and no file yet."""
    with small_site(tmp_path) as bench:
        yield bench


@pytest.fixture(scope="session")
def first_load(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that a full load of the small site left behind."""
    with small_site(tmp_path_factory.mktemp("loaded")) as bench:
        bench.sync()
    return bench.path


@pytest.fixture
def loaded(bench: Bench, first_load: Path) -> Bench:
    """The small site, already loaded. The same seed gives the same site; only its port is another."""
    shutil.copy(first_load, bench.path)
    bench.write(f"UPDATE jira._sync_run SET site = '{bench.jira.url}'; UPDATE jira._sync_state SET site = '{bench.jira.url}'")
    return bench


@pytest.fixture
def core_tables(bench: Bench) -> None:
    """Runs bring the tables that `assert_tables_equal_jira` compares, and not what takes three times as long to load."""
    bench.entities = CORE
