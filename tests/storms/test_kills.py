"""A worker that is killed again and again, at any moment: what it left is right, and the next one ends with all of it."""

import random
from pathlib import Path

from storms.storm import ALWAYS, a_site, assert_equal, assert_nothing_wrong, expected_rows, has_tables, stored_rows
from syncing.bench import Bench
from syncing.killed_child import in_a_process_until
from syncing.somebody import Somebody

KILLS, KILLS_WHILE_PREPARING = 50, 5
# About as many requests and statements as such a run has, and what making the tables takes.
STEPS, STEPS_TO_PREPARE = 200, 800


def test_killed_at_fifty_random_moments(tmp_path: Path) -> None:
    """Each time before a request or a statement that the seed chooses, while people work between the runs."""
    rng, killed = random.Random(50), 0
    with a_site(20, 8, []) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb", entities=(*ALWAYS, "issue_label", "issue_link", "comment"))
        somebody = Somebody(jira, 50)
        somebody.new_values_are_edits = True
        try:
            while killed < KILLS:
                before = stored_rows(bench)
                if killed == KILLS_WHILE_PREPARING:
                    bench.staging.prepare(bench.new_report().run)
                child = in_a_process_until(bench, rng.randint(1, STEPS if has_tables(bench) else STEPS_TO_PREPARE))
                child.join(60)
                assert child.exitcode in (0, -9), "it was killed, or came to its end before its moment"
                killed += child.exitcode == -9
                assert_nothing_wrong(bench, [before, expected_rows(bench)])
                jira.clock.advance(rng.choice((1, 600)))
                somebody.works(rng.randint(0, 4))

            bench.sync()

            assert_equal(bench)
            assert bench.rows("_sync_sweep") == []
            # Many of them had published something, and never came to say how they ended.
            assert bench.query("SELECT count(DISTINCT run_id) FROM jira._sync_run WHERE finished_at IS NULL")[0][0] > KILLS / 5
        finally:
            bench.release()
