"""A bench of one's own: a small simulated site, and a DuckDB file that is empty or already holds it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulated_jira import SimulatedJira
from syncing.bench import SMALL, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """80 issues in three projects on a site whose clock stands still, and no file yet."""
    with SimulatedJira(80, projects=3, seed=11, settings=SMALL) as jira:
        jira.clock.freeze(jira.site.start_ms)
        yield Bench(jira, tmp_path / "staging.duckdb")


@pytest.fixture(scope="session")
def first_load(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """What a full load of the site of `bench` left behind: a file, and the address it came from."""
    with SimulatedJira(80, projects=3, seed=11, settings=SMALL) as jira:
        jira.clock.freeze(jira.site.start_ms)
        loaded = Bench(jira, tmp_path_factory.mktemp("loaded") / "staging.duckdb")
        loaded.sync()
        loaded.address = jira.url
    return loaded


@pytest.fixture
def loaded(bench: Bench, first_load: Bench) -> Bench:
    """The site of `bench`, already loaded. The same seed gives the same site; only its port is another."""
    shutil.copy(first_load.path, bench.path)
    bench.write(f"UPDATE jira._sync_run SET site = '{bench.jira.url}'; UPDATE jira._sync_state SET site = '{bench.jira.url}'")
    return bench
