"""A process killed at any of its statements and started again leaves what an undisturbed run leaves, on every warehouse."""

from collections import defaultdict
from itertools import count
from pathlib import Path

import pytest

from jira_staging.records import Report
from jira_staging.staging import Staging
from staging.invented_rows import a_run, values
from staging.killed_story import ids_of, is_killed, scope_of, tell, tell_at_once
from staging.warehouses import Warehouse


@pytest.mark.slow
@pytest.mark.usefixtures("staging")
def test_killed_at_each_statement_in_turn_and_started_again(warehouse: Warehouse, tmp_path: Path) -> None:
    """Each time in another scope, until a process lives to its end: that one was not disturbed."""
    for number in count(1):
        died = is_killed(warehouse, number, number, str(tmp_path))
        warehouse.miss_the_dead()
        if not died:
            break
    left_behind = _found(warehouse.staging(), number)
    undisturbed = left_behind[number]
    assert undisturbed["issue"] == undisturbed["issue_label"] == undisturbed["issue_link"] == [0, 1, 2, 3]
    for found in left_behind.values():
        # Whole batches: what is published is complete and counted, and no longer waits.
        assert found["issue"] == found["issue_label"] == found["issue_link"]
        assert found["issue"] + found["_sync_sweep"] in ([], [0, 1, 2, 3])
        assert found["inserted"] == [len(found["issue"])]

    again, report = warehouse.staging(), Report(a_run("again"))
    again.prepare(report.run)
    for left in range(1, number):
        tell(again, left, report)
    again.finish(report)

    assert _found(again, number) == dict.fromkeys(range(1, number + 1), undisturbed)
    assert number > 15


@pytest.mark.usefixtures("staging")
@pytest.mark.parametrize("warehouse", ["duckdb_file", "postgres"], indirect=True)
def test_processes_with_a_scope_each_load_at_the_same_time(warehouse: Warehouse, tmp_path: Path) -> None:
    """As mapped tasks do; in a DuckDB file one batch after the other."""
    assert tell_at_once(warehouse, (1, 2), str(tmp_path)) == [0, 0]
    found = _found(warehouse.staging(), 2)
    assert found[1]["issue"] == found[1]["issue_label"] == found[1]["issue_link"] == [0, 1, 2, 3]
    assert (found[1]["_sync_sweep"], found[1]["inserted"]) == ([], [4])
    assert found == dict.fromkeys((1, 2), found[1])


def _found(staging: Staging, last: int) -> dict[int, dict[str, list[object]]]:
    """What is stored of each scope: its issues by their position in it, and how many were counted as new by all runs."""
    numbers = {scope_of(number): number for number in range(1, last + 1)}
    ids = {issue_id: (number, position) for number in numbers.values() for position, issue_id in enumerate(ids_of(number))}
    found: dict[int, dict[str, list[object]]] = {number: defaultdict(list) for number in numbers.values()}
    for table, column in (
        ("issue", "id"),
        ("issue_label", "issue_id"),
        ("issue_link", "issue_id"),
        ("_sync_sweep", "issue_id"),
    ):
        for (issue_id,) in values(staging, table, column, **{column: list(ids)}):
            number, position = ids[int(str(issue_id))]
            found[number][table].append(position)
    for scope, entity, watermark in values(staging, "_sync_state", "scope", "entity", "watermark"):
        found[numbers[str(scope)]]["_sync_state"].append((entity, watermark))
    for of_scope in found.values():
        of_scope["inserted"].append(0)
    for scope, inserted in values(staging, "_sync_run", "scope", "rows_inserted", entity=["issue"]):
        (so_far,) = found[numbers[str(scope)]]["inserted"]
        found[numbers[str(scope)]]["inserted"] = [int(str(so_far)) + int(str(inserted))]
    return {number: {name: of_scope[name] for name in _COMPARED} for number, of_scope in found.items()}


_COMPARED = ("issue", "issue_label", "issue_link", "_sync_sweep", "_sync_state", "inserted")
