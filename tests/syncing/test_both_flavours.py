"""One site through Cloud's API and through Data Center's: the same tables come out, row by row, save what `both.py` names."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulated_jira import SimulatedJira
from syncing.bench import Bench
from syncing.both import ENTITIES, KINDS, Both
from syncing.told_by_data_center import NOT_TOLD


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    with (
        SimulatedJira(60, projects=3, seed=11, settings=KINDS) as cloud,
        SimulatedJira(60, projects=3, seed=11, settings=replace(KINDS, flavour="data_center")) as data_center,
    ):
        benches = {"cloud": Bench(cloud, tmp_path / "cloud.duckdb"), "data_center": Bench(data_center, tmp_path / "own.duckdb")}
        for bench in benches.values():
            bench.jira.clock.freeze(bench.jira.site.start_ms)
            bench.entities = ENTITIES
        yield Both(benches)
        for bench in benches.values():
            bench.release()


def test_one_site_gives_the_same_tables_through_both(both: Both) -> None:
    """After a first load, after a night, and after a census."""
    for bench in (both.cloud, both.data_center):
        bench.sync()
    both.assert_same()
    assert [
        column
        for table in NOT_TOLD
        for column in NOT_TOLD[table]
        if both.data_center.query(f'SELECT count("{column}") FROM jira."{table}"') != [(0,)]
    ] == []

    both.change()
    for bench in (both.cloud, both.data_center):
        bench.sync()
    both.assert_same()

    for bench in (both.cloud, both.data_center):
        bench.census()
    both.assert_same()
    gone = "SELECT key, _deleted_reason FROM jira.issue WHERE _deleted_reason IS NOT NULL ORDER BY key"
    assert both.data_center.query(gone) == both.cloud.query(gone)
    assert dict(both.cloud.query(gone)) == {"AND-9": "archived", "PAY-7": "deleted", "PAY-17": "deleted"}
