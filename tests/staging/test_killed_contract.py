"""A process killed at any of its statements and started again leaves what an undisturbed run leaves, on every warehouse."""

from itertools import count
from pathlib import Path

import pytest

from jira_staging.staging import Staging
from staging.conftest import Warehouse
from staging.invented_rows import values
from staging.killed_story import ids_of, is_killed, scope_of, tell


@pytest.mark.slow
def test_killed_at_each_statement_in_turn_and_started_again(staging: Staging, warehouse: Warehouse, tmp_path: Path) -> None:
    """Each time in another scope, until a process lives to its end."""
    for number in count(1):
        died = is_killed(warehouse, number, number, str(tmp_path))
        warehouse.miss_the_dead()
        _require_whole_batches(staging, number)
        tell(warehouse.staging(), number, f"again {number}")
        if not died:
            break
    undisturbed = _found(staging, number)
    assert len(undisturbed["issue"]) == 4
    assert {killed: _found(staging, killed) for killed in range(1, number)} == dict.fromkeys(range(1, number), undisturbed)
    assert number > 15


def _require_whole_batches(staging: Staging, number: int) -> None:
    """What is published is no longer waiting, and whatever is not waits, if anything was begun."""
    published = [found for (found,) in values(staging, "issue", "id", id=ids_of(number))]
    waiting = [found for (found,) in values(staging, "_sync_sweep", "issue_id", scope=[scope_of(number)])]
    assert published + waiting in ([], ids_of(number))
    assert values(staging, "issue_label", "issue_id", issue_id=ids_of(number)) == [(found,) for found in published]
    counted = values(staging, "_sync_run", "rows_inserted", scope=[scope_of(number)], entity=["issue"])
    assert sum(int(str(inserted)) for (inserted,) in counted) == len(published)


def _found(staging: Staging, number: int) -> dict[str, list[tuple[object, ...]]]:
    """The rows of a scope, with ids as if it were the first, and how often its issues were counted as new."""
    ids, scope = ids_of(number), scope_of(number)
    counted = values(staging, "_sync_run", "rows_inserted", scope=[scope], entity=["issue"])
    return {
        "issue": [(int(str(found)) - ids[0], at) for found, at in values(staging, "issue", "id", "updated_at", id=ids)],
        "label": [
            (int(str(found)) - ids[0], text)
            for found, text in values(staging, "issue_label", "issue_id", "label", issue_id=ids)
        ],
        "link": [
            (int(str(found)) - ids[0], why)
            for found, why in values(staging, "issue_link", "id", "_deleted_reason", issue_id=ids)
        ],
        "sweep": values(staging, "_sync_sweep", "issue_id", scope=[scope]),
        "state": values(staging, "_sync_state", "entity", "watermark", scope=[scope]),
        "inserted": [(sum(int(str(inserted)) for (inserted,) in counted),)],
    }
