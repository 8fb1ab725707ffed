"""People never stop: 50 changes a second while a run pages; then one run and a census make the tables equal to Jira."""

import random
import threading
import time
from pathlib import Path

import pytest

from simulated_jira import SimulatedJira
from storms.storm import ALWAYS, assert_equal
from syncing.bench import SMALL, Bench, make_batches_small
from syncing.child_oracle import IN_BULK
from syncing.somebody import Somebody

CHANGES_A_SECOND = 50
DELETIONS_IN_A_HUNDRED = 10


class Crowd(threading.Thread):
    """Creates, edits, moves, links and deletes issues at a rate, until it is told to go home."""

    def __init__(self, jira: SimulatedJira, seed: int) -> None:
        super().__init__(daemon=True)
        self._somebody, self._rng = Somebody(jira, seed), random.Random(seed)
        self._at_home = threading.Event()
        self.changes = self.deletions = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        began = time.monotonic()
        try:
            while not self._at_home.wait(max(0.0, began + self.changes / CHANGES_A_SECOND - time.monotonic())):
                self._act()
                self.changes += 1
        except BaseException as error:  # noqa: BLE001  a thread's error is the test's, which looks for it
            self.error = error

    def _act(self) -> None:
        if self._rng.random() * 100 < DELETIONS_IN_A_HUNDRED:
            self._somebody.change.delete(self._somebody.key(), logged=self._rng.random() < 0.5)
            self.deletions += 1
        else:
            self._somebody.works(1)

    def go_home(self) -> None:
        self._at_home.set()
        self.join(10)
        if self.error is not None:
            raise self.error


def test_while_fifty_things_change_a_second_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_batches_small(10, 1, monkeypatch.setattr)
    with SimulatedJira(90, projects=3, seed=5, settings=SMALL) as jira:
        jira.faults.add("short_pages", "search/jql", size=20)
        bench = Bench(jira, tmp_path / "staging.duckdb", entities=(*ALWAYS, "issue_label", "issue_link", *IN_BULK))
        try:
            crowd = Crowd(jira, 5)
            crowd.start()
            bench.sync(lookback_hours=0.02)
            crowd.go_home()
            jira.clock.advance(60)
            bench.sync(lookback_hours=0.02)
            bench.census(max_missing=1.0)

            assert crowd.changes > CHANGES_A_SECOND
            assert crowd.deletions > 5
            assert_equal(bench)
            assert bench.rows("_sync_sweep") == []
        finally:
            crowd.go_home()
            bench.release()
