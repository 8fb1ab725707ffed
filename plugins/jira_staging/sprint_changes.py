"""Issues whose part in a sprint changed although they did not.

The sprint began, ended or was opened again, its board estimates by another field, or a status became one of the category done.
"""

from collections.abc import Collection, Sequence

import pyarrow as pa

from jira_staging.fingerprints import OF_SPRINTS, SprintsSeen
from jira_staging.history_loading import done_statuses
from jira_staging.planning import Plan
from jira_staging.scope_members import members
from jira_staging.staging import Staging


def sprints_seen(staging: Staging, entities: Collection[str]) -> SprintsSeen:
    """What is known of them now; nothing where nothing is computed of it, nor in files, whose rows are new in each run."""
    if OF_SPRINTS.isdisjoint(entities) or staging.spelling is None:
        return SprintsSeen()
    return SprintsSeen(max(_changes(staging).values(), default=0), tuple(done_statuses(staging)))


def issues_of_changed_sprints(
    staging: Staging, plans: Sequence[Plan], now: SprintsSeen, entities: Collection[str]
) -> dict[str, list[int]]:
    """By scope, the issues whose part in a sprint may be another than when the scope was last read; no scope without any.

    What a scope has seen of the sprints is remembered with its watermark, so a run that was killed is made up for, and what
    reads single issues in between, as a census does, changes nothing. Scopes that are read in full need none of it.
    """
    if OF_SPRINTS.isdisjoint(entities) or "issue" not in entities:
        return {}
    read_before = [planned for planned in plans if planned.since is not None and planned.seen != now]
    affected = {seen: _affected(staging, seen, now, entities) for seen in {planned.seen for planned in read_before}}
    found = {planned.scope.name: members(staging, planned, affected[planned.seen]) for planned in read_before}
    return {scope: ids for scope, ids in found.items() if ids}


def _affected(staging: Staging, seen: SprintsSeen, now: SprintsSeen, entities: Collection[str]) -> list[int]:
    """The issues in whose sprints anything changed, or the meaning of a status that they had."""
    table = "issue_sprint_history" if "issue_sprint_history" in entities else "sprint_report"
    changed = [sprint_id for sprint_id, at in _changes(staging).items() if at > seen.until]
    found = {*_issues(staging, table, "sprint_id", changed)}
    # Nothing was seen yet: then all sprints have changed.
    if seen.until and (statuses := sorted({*seen.done} ^ {*now.done})):
        found |= {*_issues(staging, table, "issue_id", _issues_of_statuses(staging, statuses, entities))}
    return sorted(found)


def _issues_of_statuses(staging: Staging, statuses: Sequence[int], entities: Collection[str]) -> list[int]:
    """Those that have one of these statuses, or had it, as far as the tables tell."""
    found = _issues(staging, "issue", "status_id", statuses, "id")
    if "issue_status_transition" in entities:
        for column in ("from_status_id", "to_status_id"):
            found += _issues(staging, "issue_status_transition", column, statuses)
    return found


def _issues(staging: Staging, table: str, column: str, values: Sequence[int], issue: str = "issue_id") -> list[int]:
    found: list[int] = staging.read(table, [issue], {column: values})[issue].to_pylist() if values else []
    return found


def _changes(staging: Staging) -> dict[int, int]:
    """When each sprint's row changed, or that of the board whose estimates its report tells, in epoch microseconds."""
    boards, sprints = staging.read("board", ["id", "_synced_at"]), staging.read("sprint", ["id", "board_id", "_synced_at"])
    of_board = dict(zip(boards["id"].to_pylist(), _microseconds(boards), strict=True))
    changed = zip(sprints["id"].to_pylist(), sprints["board_id"].to_pylist(), _microseconds(sprints), strict=True)
    return {sprint_id: max(at, of_board.get(board_id, 0)) for sprint_id, board_id, at in changed}


def _microseconds(rows: pa.Table) -> list[int]:
    written: list[int] = rows["_synced_at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()
    return written
