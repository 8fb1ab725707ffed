"""A run that is killed at any moment and started again ends with exactly the right rows, and does not begin from the start."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from syncing.bench import Bench, both_flavours, counts
from syncing.killed_child import in_a_process
from syncing.oracle import assert_tables_equal_jira

pytestmark = pytest.mark.usefixtures("core_tables")


def killed(
    bench: Bench, moment: str = "never", number: int = 0, kill: Callable[[Any], None] | None = None, **asked: Any
) -> bool:
    """A run in a process of its own. It dies at a moment of its own, or when `kill` does it. Gives whether it died."""
    bench.heard.clear()
    child = in_a_process(bench, moment, number, **asked)
    if kill is not None:
        kill(child)
    child.join(60)
    assert child.exitcode in (0, -9), "it ended by itself or was killed"
    return child.exitcode == -9


def published_ids(bench: Bench) -> set[int]:
    return {row[0] for row in bench.query("SELECT id FROM jira.issue")} if _has_tables(bench) else set()


def _has_tables(bench: Bench) -> bool:
    return bench.path.exists() and bool(bench.query("SELECT 1 FROM duckdb_tables() WHERE table_name = 'issue'"))


def something_changes(bench: Bench, seed: int) -> None:
    """Somebody edits, creates, moves and relabels, and time passes."""
    rng, change = random.Random(seed), bench.jira.change
    keys = [issue.key for issue in bench.jira.site.by_created]
    bench.jira.clock.advance(rng.choice((0.1, 5, 7200)))
    for key in rng.sample(keys, 4):
        change.edit(key, {"summary": f"Changed {seed}", "labels": rng.sample(["a", "b", "c"], 2)})
    change.create(rng.choice(("PAY", "AND", "OPS")), f"New {seed}")
    change.move(rng.choice(keys), rng.choice(("PAY", "AND", "OPS")))
    change.link(*rng.sample([issue.key for issue in bench.jira.site.by_created], 2))


# Writes of a first load: 1 the site's lists; 2 to 4 the sweeps; 5 and 6, 7 and 8, 9 to 12 the batches; 13 the report. What a
# write that is cut off leaves, each warehouse's own tests say: here are the states between two of them, once each.
MOMENTS = [
    ("inside", 1),
    ("after", 1),
    ("after", 2),
    ("after", 4),
    ("before", 6),
    ("after", 6),
    ("after", 7),
    ("inside", 12),
    ("before", 13),
]


@pytest.mark.parametrize(("moment", "number"), MOMENTS)
def test_killed_at_a_write_and_started_again(bench: Bench, moment: str, number: int) -> None:
    assert killed(bench, moment, number)
    there = published_ids(bench)
    stored = {row[0] for row in bench.query("SELECT issue_id FROM jira._sync_sweep")} if _has_tables(bench) else set()
    assert not there & stored, "what is published is no longer waiting"
    if there:
        assert there | stored == set(bench.jira.site.issues)

    bench.sync(lookback_hours=0.0)

    assert not there & bench.heard.fetched_ids.keys(), "what was published is not fetched again"
    assert bench.heard.fetched_ids == Counter(set(bench.jira.site.issues) - there)
    assert_tables_equal_jira(bench)
    assert bench.rows("_sync_sweep") == []


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_request_while_people_work_and_the_index_lags(bench: Bench, seed: int) -> None:
    """Killed when a request comes in, three times over; meanwhile issues change, some out of the index's sight."""
    jira, rng = bench.jira, random.Random(seed)
    jira.clock.unfreeze()
    lag = jira.faults.add("index_lag", seconds=60, share=0.5) if seed % 2 else None
    for fault in rng.sample(["rate_limited", "unavailable", "connection_reset", "truncated_body"], 2):
        jira.faults.add(fault, "bulkfetch|search", every=rng.randint(5, 9))
    for attempt in range(2):
        last = rng.randint(18, 42)

        def at_a_request(child: Any, last: int = last, attempt: int = attempt) -> None:
            reached = threading.Event()
            bench.heard.before = lambda number, path: reached.set() if number >= last else None
            while not reached.wait(0.01) and child.is_alive():
                pass
            child.kill()
            bench.heard.before = None
            something_changes(bench, seed * 10 + attempt)

        killed(bench, kill=at_a_request)

    bench.sync()
    if lag is not None:
        jira.faults.remove(lag)
    jira.clock.advance(600)
    bench.sync()

    assert_tables_equal_jira(bench)
    assert bench.rows("_sync_sweep") == []


@both_flavours
def test_an_incremental_run_that_is_killed_goes_on_where_it_was(loaded: Bench) -> None:
    jira = loaded.jira
    jira.clock.advance(24 * 3600)
    keys = [issue.key for issue in jira.site.by_created[:40]]
    for key in keys:
        jira.change.edit(key, {"summary": "Edited"})
    jira.clock.advance(60)
    before = loaded.watermarks()
    assert killed(loaded, "after", 5)
    done = {row[0] for row in loaded.query("SELECT id FROM jira.issue WHERE summary = 'Edited'")}
    assert 0 < len(done) < 40
    assert set(loaded.watermarks().values()) & set(before.values())

    report = loaded.sync(lookback_hours=0.0)

    assert len(loaded.heard.fetched_ids) == 40 - len(done)
    assert report.notes == [f"{40 - len(done)} issues that an interrupted run had found and not published were loaded first."]
    assert_tables_equal_jira(loaded)


def test_a_full_load_that_is_killed_and_asked_for_again_goes_on_where_it_was(loaded: Bench) -> None:
    loaded.jira.clock.advance(24 * 3600)
    loaded.write("UPDATE jira.issue SET summary = 'spoiled'")
    # The first project is done, the second under way; Data Center's sweeps are stored a project at a time.
    assert killed(loaded, "after", 10 if loaded.jira.service.is_data_center else 7, full=True)
    done = {row[0] for row in loaded.query("SELECT id FROM jira.issue WHERE summary <> 'spoiled'")}
    assert len(set(loaded.watermarks().values())) == 2

    loaded.sync(full=True, lookback_hours=0.0)

    assert loaded.heard.fetched_ids == Counter(set(loaded.jira.site.issues) - done)
    assert_tables_equal_jira(loaded)


def test_a_field_that_is_added_before_a_killed_first_load_goes_on_does_not_make_it_begin_anew(bench: Bench) -> None:
    assert killed(bench, "after", 7)
    there = published_ids(bench)
    holder = bench.jira.site.issues[min(there)].key
    field = bench.jira.change.add_field("Team size", "number", {holder: 4.0})

    report = bench.sync(lookback_hours=0.0)

    assert there & bench.heard.fetched_ids.keys() == {min(there)}
    assert bench.query(f"SELECT {field} FROM jira.issue WHERE key = '{holder}'") == [(4.0,)]
    assert any(f"{field}:double was not loaded before" in note for note in report.notes)
    assert_tables_equal_jira(bench)


def test_an_entity_that_is_added_before_a_killed_load_goes_on_makes_it_begin_anew(bench: Bench) -> None:
    some = ("issue", "issue_label", "issue_component", "issue_sprint", "projects", "workflow", "people", "fields")
    assert killed(bench, "after", 7, entities=some)

    bench.sync()

    assert bench.heard.fetched_ids == Counter(list(bench.jira.site.issues))
    assert_tables_equal_jira(bench)
    assert bench.rows("_sync_sweep") == []


def test_a_stored_sweep_that_no_longer_fits_is_made_anew_though_the_project_is_idle(bench: Bench) -> None:
    """A run that asked for a new entity was killed; the next one asks for the old ones, and nothing has changed."""
    bench.sync(entities=("issue",))
    bench.jira.clock.advance(24 * 3600)
    assert killed(bench, "after", 5)
    assert bench.rows("_sync_sweep")
    bench.sync(entities=("issue",))
    assert bench.rows("_sync_sweep") == []

    report = bench.sync()

    assert {tally.mode for (entity, _), tally in report.tallies.items() if entity == "issue"} == {"backfill"}
    assert_tables_equal_jira(bench)


def test_the_rows_of_a_killed_run_say_so_once_another_has_loaded_the_same(bench: Bench) -> None:
    assert killed(bench, "before", 8)

    def told() -> set[tuple[object, ...]]:
        rows = bench.rows("_sync_run", "run_id = 'killed before 8'")
        return {(row["status"], row["finished_at"], row["message"][:14]) for row in rows}

    assert {(status, ended) for status, ended, _ in told()} == {("running", None)}
    bench.sync(projects=["AND"], entities=("project",))
    assert {status for status, _, _ in told()} == {"running"}, "a run may read what belongs to the site beside it"
    checked = bench.new_report()
    bench.staging.prepare(checked.run)
    for row in bench.rows("_sync_run", "run_id = 'killed before 8' AND entity = 'issue'"):
        checked.check(("issue", row["scope"]), "counted", {}, wrong="it failed before anything was read")
    bench.staging.finish(checked)
    assert {status for status, _, _ in told()} == {"running"}, "a scope of which nothing was read may be another run's"
    assert counts(bench.sync(), "issue")["inserted"] > 0
    assert told() == {("failed", None, "It was killed ")}
    others = bench.rows("_sync_run", f"run_id NOT IN ('killed before 8', '{checked.run.run_id}')")
    assert {row["status"] for row in others} == {"success"}
