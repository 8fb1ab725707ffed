"""Each of the faults that are known of Jira and the network, alone: the tables are right, or the run says that they are not."""

import random
import shutil
from pathlib import Path

import pytest

from storms.storm import ALWAYS, a_night, a_site, calm_down
from storms.troubles import TROUBLES, Night, Trouble
from syncing.bench import Bench
from syncing.child_oracle import IN_BULK
from syncing.somebody import Somebody

ENTITIES = (*ALWAYS, "issue_label", "issue_link", *IN_BULK)
ISSUES, SEED = 20, 3


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that a good run has filled. The same seed gives the same site; only its port is another."""
    with a_site(ISSUES, SEED, []) as jira:
        bench = Bench(jira, tmp_path_factory.mktemp("loaded") / "staging.duckdb", entities=ENTITIES)
        bench.sync()
        bench.release()
    return bench.path


@pytest.mark.parametrize("trouble", TROUBLES, ids=[f"{trouble.number} {trouble.name}" for trouble in TROUBLES])
def test_a_fault_alone_loses_nothing(trouble: Trouble, loaded: Path, tmp_path: Path) -> None:
    """It strikes a run that has much to do; where it stops that one or hides something from it, the next brings the rest."""
    more = ("board", "board_column") if trouble.number == 17 else ()
    with a_site(ISSUES, SEED, [trouble] if trouble.settings else []) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb", entities=(*ENTITIES, *more))
        try:
            if not trouble.settings:
                shutil.copy(loaded, bench.path)
                bench.write(f"UPDATE jira._sync_run SET site = '{jira.url}'; UPDATE jira._sync_state SET site = '{jira.url}'")
            Somebody(jira, trouble.number).works(20)

            ended = a_night(Night(bench, random.Random(trouble.number)), [trouble])

            assert ended or trouble.stops
            if trouble.stops or trouble.hides:
                calm_down(bench)
        finally:
            bench.release()


def test_all_are_here() -> None:
    assert {trouble.number for trouble in TROUBLES} == set(range(1, 25))
