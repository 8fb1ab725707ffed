"""How often a run opens the DuckDB file: every opening reads its catalogue, with all its views, anew."""

import time
from pathlib import Path

import duckdb

from simulated_jira import SimulatedJira
from syncing.bench import SMALL, Bench


class CountingBench(Bench):
    """Counts the openings."""

    opened = 0

    def connect(self) -> duckdb.DuckDBPyConnection:
        self.opened += 1
        return super().connect()


def test_a_run_opens_the_file_to_prepare_and_to_check_it_and_else_at_most_once_a_second(tmp_path: Path) -> None:
    with SimulatedJira(20, projects=2, settings=SMALL) as jira:
        bench = CountingBench(jira, tmp_path / "seldom.duckdb")
        for _ in ("first load", "next night"):
            before, began = bench.opened, time.monotonic()
            bench.sync(reporting_views=True)
            assert bench.opened - before <= 3 + (time.monotonic() - began)
        bench.release()
