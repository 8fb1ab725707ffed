"""A storm: a site, a first load and some nights, each with several troubles at once, and the calm after them.

After every run the tables are compared with the site, row by row. What a run said it loaded is there; a run that could not go
on said so, and left no row that the site had not. Once it is calm, one more run and a census make both equal.
"""

import random
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jira_staging.errors import JiraError
from jira_staging.records import Report
from simulated_jira import SimulatedJira
from storms.troubles import TROUBLES, Night, Trouble
from syncing.bench import SMALL, Bench, Flavour
from syncing.child_oracle import IN_BULK, assert_children_equal_jira
from syncing.oracle import CORE, IGNORED, KEYS, Expected, Row, assert_tables_equal_jira
from syncing.somebody import Somebody

Tables = dict[str, dict[tuple[Any, ...], Row]]

# Each storm loads some of the tables, so that it is quick; all of them together load each in many ways.
ALWAYS = ("issue", "project", "field", "field_column", "user")
SOME = [table for table in (*CORE, *IN_BULK) if table not in ALWAYS]
TABLES_MORE = 3
RUNS = 5
# Only a census finds what is gone, so after these the storm has a calm in its middle, too.
OF_DELETIONS = 18
OF_SITES = [trouble for trouble in TROUBLES if trouble.settings]
OF_RUNS = [trouble for trouble in TROUBLES if not trouble.settings]


def storm(seed: int, folder: Path, flavour: Flavour = "cloud", runs: int = RUNS) -> Counter[str]:
    """`runs` runs through troubles drawn by the seed, then calm. Raises AssertionError where a row is lost or wrong.

    Gives how often each trouble struck, and how many runs loaded everything or said that they could not.
    """
    rng, told = random.Random(seed), Counter[str]()
    kinds = rng.sample(OF_SITES, rng.randint(0, 2))
    told.update(trouble.name for trouble in kinds)
    with a_site(rng.randint(20, 30), seed, kinds, flavour) as jira:
        bench = Bench(jira, folder / "staging.duckdb", entities=(*ALWAYS, *rng.sample(SOME, TABLES_MORE)))
        try:
            somebody = Somebody(jira, seed)
            # A late index does not show the values of a new field, so only the edits that brought them tell of them.
            somebody.new_values_are_edits = True
            for _ in range(runs):
                troubles = rng.sample(OF_RUNS, rng.randint(1, 4))
                told.update(trouble.name for trouble in troubles)
                told["(runs that loaded)" if a_night(Night(bench, rng), troubles) else "(runs that said they could not)"] += 1
                if any(trouble.number == OF_DELETIONS for trouble in troubles):
                    calm_down(bench)
                jira.clock.advance(rng.choice((1, 60, 3600)))
                somebody.works(rng.randint(0, 12))
            calm_down(bench)
        finally:
            bench.release()
    return told


def a_site(issues: int, seed: int, kinds: Sequence[Trouble], flavour: Flavour = "cloud") -> SimulatedJira:
    """A site of these kinds, whose clock stands still."""
    settings = replace(SMALL, flavour=flavour)
    for kind in kinds:
        settings = replace(settings, **kind.settings)
    jira = SimulatedJira(issues, projects=2, seed=seed, settings=settings)
    jira.clock.freeze(jira.site.start_ms)
    return jira


def a_night(night: Night, troubles: Sequence[Trouble]) -> bool:
    """One run through these troubles, which end with it. Gives whether it came to its end."""
    bench, jira = night.bench, night.jira
    before = stored_rows(bench)
    for trouble in troubles:
        trouble.strike(night)
    jira.clock.advance(0.001)
    try:
        ended = _run(night)
    finally:
        jira.faults.clear()
        bench.heard.before = None
        # What was refused for good is replaced, as an operator would.
        jira.rotate_token()
        bench.tokens.cached, bench.tokens.stored = "", None
    assert ended or any(trouble.stops for trouble in troubles), "a run may fail only where a trouble stops it"
    if ended and not any(trouble.hides for trouble in troubles):
        assert_equal(bench)
    else:
        assert_nothing_wrong(bench, [before, *night.meanwhile_held, expected_rows(bench)])
    return ended


def _run(night: Night) -> bool:
    acts = dict(night.at_request)

    def act(number: int, path: str) -> None:
        if number in acts:
            night.meanwhile_held.append(expected_rows(night.bench))
            acts.pop(number)()

    night.bench.heard.before = act
    report = night.bench.new_report()
    try:
        night.bench.sync(report, most_at_once=night.rng.choice((1, 4)))
    except JiraError as error:
        assert_says_so(night.bench, report, error)
        return False
    finally:
        # What the run did not come to happens after it.
        for left in acts.values():
            night.meanwhile_held.append(expected_rows(night.bench))
            left()
    return True


def calm_down(bench: Bench) -> None:
    """The index catches up, then one run and a census."""
    bench.jira.clock.advance(600)
    bench.sync()
    bench.census(max_missing=1.0)
    assert_equal(bench)
    assert bench.rows("_sync_sweep") == []


def assert_equal(bench: Bench) -> None:
    assert_tables_equal_jira(bench, tables=bench.entities)
    assert_children_equal_jira(bench, [table for table in IN_BULK if table in bench.entities])


def assert_says_so(bench: Bench, report: Report, error: JiraError) -> None:
    """The error is a sentence, and where a run was written down its row says the same."""
    assert str(error).endswith((".", ")"))
    assert "is larger than" not in str(error) or "alone" in str(error), "what is too large is asked for in halves first"
    if has_tables(bench):
        rows = bench.rows("_sync_run", f"run_id = '{report.run.run_id}'")
        assert {(row["status"], row["message"]) for row in rows} <= {("failed", str(error))}


def has_tables(bench: Bench) -> bool:
    """Whether a run has come so far as to make the schema."""
    return bool(bench.query("SELECT 1 FROM duckdb_tables() WHERE table_name = '_sync_run'"))


def assert_nothing_wrong(bench: Bench, held: Sequence[Tables]) -> None:
    """Each row is what was there before, or what the site held at some moment of the run; fields made since may lack."""
    for table, rows in stored_rows(bench).items():
        columns = {name for row in rows.values() for name in row}
        for key, row in rows.items():
            differences = [_difference(tables[table][key], row, columns) for tables in held if key in tables[table]]
            assert {} in differences, f"{table} {key}: {differences}"


def _difference(expected: Row, row: Row, columns: Collection[str]) -> Row:
    """What the row has otherwise than expected, each with both values."""
    return {
        name: (value, row.get(name))
        for name, value in expected.items()
        if value is not None and name in columns and not _is(value, row.get(name))
    }


def _is(expected: object, found: object) -> bool:
    # The expected value decides what is equal: a text may be compared by its words alone, and its `!=` knows nothing of that.
    return bool(expected == found)


def expected_rows(bench: Bench) -> Tables:
    """What the site holds at the moment, table by table, by key."""
    tables = Expected(bench.jira, None).tables()
    return {table: {_key(table, row): row for row in tables[table]} for table in compared(bench)}


def stored_rows(bench: Bench) -> Tables:
    """All rows that are not gone, without our own columns and what is null."""
    if not has_tables(bench):
        return {table: {} for table in compared(bench)}
    return {
        table: {
            _key(table, row): {name: value for name, value in row.items() if name not in IGNORED and value is not None}
            for row in rows
            if row.get("_deleted_at") is None
        }
        for table, rows in bench.tables(*compared(bench)).items()
    }


def compared(bench: Bench) -> list[str]:
    """The tables of the first oracle that this storm loads."""
    return [table for table in KEYS if table in bench.entities]


def _key(table: str, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEYS[table])
