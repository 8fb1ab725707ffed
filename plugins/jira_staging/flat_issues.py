"""Issues as rows, in parts, and how parts become one batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from jira_staging.entities.children import ChildCounts
from jira_staging.portions import Refusal
from jira_staging.records import Batch, RejectedRow, Rows, Share, SyncState


@dataclass(frozen=True)
class FlatIssues:
    """Issues of one scope with all that hangs on them as rows, and what is told of them once they are published.

    `asked` are the ids that were asked for, `size` the bytes of JSON that the rows were made of. `odd` counts what a check of
    `issue` tells, `children` what is told of the tables beside it, `refused` are lists that Jira did not give.
    """

    scope: str
    asked: Sequence[int]
    rows: tuple[Rows, ...]
    rejected: tuple[RejectedRow, ...] = ()
    swept: Sequence[int] = ()
    states: tuple[SyncState, ...] = ()
    size: int = 0
    odd: Mapping[str, int] = field(default_factory=dict)
    children: Sequence[ChildCounts] = ()
    refused: tuple[Refusal, ...] = ()


def batch_of(issues: Sequence[FlatIssues], *, keeps_newer: bool = True) -> Batch:
    """All of them as one batch: a table's rows together. Without `keeps_newer` they replace newer versions, too."""
    by_table: dict[str, list[Rows]] = {}
    for flat in issues:
        for rows in flat.rows:
            by_table.setdefault(rows.table, []).append(rows)
    by_scope: dict[str, list[FlatIssues]] = {}
    for flat in issues:
        by_scope.setdefault(flat.scope, []).append(flat)
    first, *beside = map(_share, by_scope.values())
    states = tuple(state for flat in issues for state in flat.states)
    together = tuple(map(_together, by_table.values()))
    return Batch(first.scope, together, first.rejected, first.swept, states, beside=tuple(beside), keeps_newer=keeps_newer)


def _share(parts: Sequence[FlatIssues]) -> Share:
    """What these parts, of one scope, are in their batch."""
    return Share(
        parts[0].scope,
        [issue_id for flat in parts for issue_id in flat.asked],
        tuple(row for flat in parts for row in flat.rejected),
        [issue_id for flat in parts for issue_id in flat.swept],
    )


def _together(parts: Sequence[Rows]) -> Rows:
    """One table's rows of several parts. A column that a part lacks, since no issue of it has a value there, is null."""
    first = parts[0]
    data = pa.concat_tables([rows.data for rows in parts], promote_options="default")
    owners = None if first.owners is None else tuple(owner for rows in parts for owner in rows.owners or ())
    return Rows(first.table, data, owners, first.gone_reason)
