"""Whatever people do to a site, one incremental run makes the tables equal to it again."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from simulated_jira import SimulatedJira
from syncing.bench import RICH, Bench, Flavour, counts
from syncing.oracle import CORE, assert_tables_equal_jira
from syncing.somebody import Somebody


@contextmanager
def lively_site(folder: Path, flavour: Flavour, seed: int) -> Iterator[tuple[Bench, Somebody]]:
    """A site that was loaded, and who works on it."""
    with SimulatedJira(60, projects=3, seed=seed, settings=replace(RICH, flavour=flavour)) as jira:
        jira.clock.freeze(jira.site.start_ms)
        bench = Bench(jira, folder / "staging.duckdb", entities=CORE)
        bench.sync()
        yield bench, Somebody(jira, seed)


@pytest.mark.parametrize(
    ("flavour", "seed"), [("cloud", 0), ("cloud", 1), ("data_center", 2), ("cloud", 3)], indirect=["flavour"]
)
def test_one_run_after_any_changes_makes_the_tables_equal_to_jira(tmp_path: Path, seed: int, flavour: Flavour) -> None:
    with lively_site(tmp_path, flavour, seed) as (bench, somebody):
        for _ in range(2):
            bench.jira.clock.advance(24 * 3600)
            somebody.works(60)

            report = bench.sync(lookback_hours=0.0)

            assert_tables_equal_jira(bench)
            assert counts(report, "issue").get("rejected", 0) == 0
            # What was read last happened in the millisecond in which the run began: it is read once more.
            bench.jira.clock.advance(1)


@pytest.mark.parametrize(("flavour", "seed"), [("cloud", 4), ("data_center", 5), ("cloud", 6)], indirect=["flavour"])
def test_runs_for_some_tables_in_between_lose_nothing_and_make_nothing_begin_anew(
    tmp_path: Path, seed: int, flavour: Flavour
) -> None:
    chance = random.Random(seed)
    with lively_site(tmp_path, flavour, seed) as (bench, somebody):
        for _ in range(3):
            for _ in range(2):
                bench.jira.clock.advance(3600)
                somebody.works(20)
                bench.sync(lookback_hours=0.0, entities=tuple(chance.sample(CORE, chance.randint(1, len(CORE) - 1))))
                bench.jira.clock.advance(1)
            somebody.works(20)

            report = bench.sync(lookback_hours=0.0)

            assert_tables_equal_jira(bench)
            assert [note for note in report.notes if "from its beginning" in note] == []
            bench.jira.clock.advance(1)
