"""A bench of one's own: a small simulated site, and a DuckDB file that is empty or already holds it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import cast

import pytest

from simulated_jira import SimulatedJira
from staging.postgres_server import PostgresServer
from syncing.bench import SMALL, Bench, Flavour
from syncing.oracle import CORE
from syncing.postgres_bench import PostgresBench


@contextmanager
def small_site(folder: Path, flavour: Flavour = "cloud") -> Iterator[Bench]:
    """80 issues in three projects on a site whose clock stands still."""
    # Requests under way when a password changes are wrong attempts, as many as happen to be; the CAPTCHA has tests of its own.
    settings = replace(SMALL, flavour=flavour, captcha_after=20)
    with SimulatedJira(80, projects=3, seed=11, settings=settings) as jira:
        jira.clock.freeze(jira.site.start_ms)
        bench = Bench(jira, folder / "staging.duckdb")
        try:
            yield bench
        finally:
            bench.release()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Where all tests are run against a Data Center, leave out what only Cloud has, and say why."""
    mark = item.get_closest_marker("cloud_only")
    if mark is not None and item.config.getoption("--flavour") == "data_center":
        pytest.skip(str(mark.args[0]))


@pytest.fixture
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """Cloud, unless the test is for both (`both_flavours`), or all of them are run against the other one (`--flavour`)."""
    if request.node.get_closest_marker("data_center_only"):
        return "data_center"
    return cast("Flavour", getattr(request, "param", request.config.getoption("--flavour")))


@pytest.fixture
def bench(tmp_path: Path, flavour: Flavour) -> Iterator[Bench]:
    """A small site, and no file yet."""
    with small_site(tmp_path, flavour) as bench:
        yield bench


@pytest.fixture(scope="session")
def first_loads(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Flavour], Path]:
    """The file that a full load of the small site left behind, by the site's flavour."""

    @cache
    def first_load(flavour: Flavour) -> Path:
        with small_site(tmp_path_factory.mktemp("loaded"), flavour) as bench:
            bench.sync()
        return bench.path

    return first_load


@pytest.fixture
def loaded(bench: Bench, flavour: Flavour, first_loads: Callable[[Flavour], Path]) -> Bench:
    """The small site, already loaded. The same seed gives the same site; only its port is another."""
    shutil.copy(first_loads(flavour), bench.path)
    bench.write(f"UPDATE jira._sync_run SET site = '{bench.jira.url}'; UPDATE jira._sync_state SET site = '{bench.jira.url}'")
    return bench


@pytest.fixture
def core_tables(bench: Bench) -> None:
    """Runs bring the tables that `assert_tables_equal_jira` compares, and not what takes three times as long to load."""
    bench.entities = CORE


@pytest.fixture(params=["duckdb", "postgres"])
def somewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[SimulatedJira], Bench]:
    """Makes a bench of its own in either database."""

    def bench(jira: SimulatedJira) -> Bench:
        if request.param == "duckdb":
            return Bench(jira, tmp_path / "staging.duckdb")
        server: PostgresServer = request.getfixturevalue("postgres_server")
        return PostgresBench(jira, tmp_path, uri=server.new_database())

    return bench
