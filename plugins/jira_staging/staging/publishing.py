"""Publishing a batch, told once for all warehouses: what is staged, merged, counted and written down, in which order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from jira_staging.errors import StagingRefused
from jira_staging.records import Batch, Changes, Report, Rows
from jira_staging.staging.arrow_rows import column_types, loadable, require_types
from jira_staging.staging.batch_parts import BatchParts, count_rejected, count_rows, swept_of
from jira_staging.staging.merging import Merge
from jira_staging.staging.own_rows import rejected_rows, scope_issue_rows, state_rows
from jira_staging.staging.own_writes import forget_swept, write_tallies
from jira_staging.staging.sessions import Session, Written
from jira_staging.tables import TABLES, ColumnType

ONE_PART = BatchParts()
_GROWS = "issue"  # the one table whose columns the site decides


@dataclass(frozen=True)
class Step:
    """A table's merge, and how many rows of each part were given for it."""

    merge: Merge
    read: Mapping[int, int]


def publish(session: Session, batch: Batch, report: Report, now: datetime) -> None:
    """Merge the batch's rows, count them into the report, and write what must be true together with them.

    Whatever a warehouse would commit by itself comes before `begin`. Leaves the transaction open: the caller commits.
    """
    run = report.run
    rows = [rows for rows in (*batch.rows, *_own_rows(batch, run.run_id, now)) if _matters(rows)]
    steps = staged(session, rows, BatchParts.staged(session, batch), keeps_newer=batch.keeps_newer)
    swept = swept_of(batch)
    relation = None if swept is None else session.stage("swept", swept)
    session.begin()
    for table, parts in merged(session, steps, run.run_id, now).items():
        count_rows(report, batch, table, parts)
    count_rejected(report, batch)
    for state in batch.states:
        report.tally(state.entity, state.scope).watermark_to = state.watermark
    scopes = {share.scope for share in batch.shares}
    write_tallies(session, run, [tally for tally in report.tallies.values() if tally.scope in scopes])
    if relation:
        forget_swept(session, relation)


def staged(session: Session, rows: Sequence[Rows], parts: BatchParts = ONE_PART, *, keeps_newer: bool = True) -> list[Step]:
    """Bring the rows in, add the columns they need, and lay out their merges, in the fixed order of the tables."""
    order = list(TABLES)
    names = [one.table for one in rows]
    if len(set(names)) < len(names):
        raise StagingRefused(f"A batch gives the rows of a table together, but has several for one of {sorted(set(names))}.")
    steps: dict[str, Step] = {}
    owners: dict[tuple[int | str, ...], str] = {}
    for one in sorted(rows, key=lambda one: order.index(one.table)):
        issues = steps.get(_GROWS) if TABLES[one.table].owner == "issue_id" and keeps_newer else None
        steps[one.table] = _step(session, one, issues.merge if issues else None, owners, parts, keeps_newer=keeps_newer)
    return list(steps.values())


def merged(session: Session, steps: Sequence[Step], run_id: str, now: datetime) -> dict[str, dict[int, tuple[int, Changes]]]:
    """Write what differs: rows read and what became of them, by table and part."""
    written = session.merge([step.merge for step in steps], {"now": now, "run_id": run_id})
    changes: dict[str, dict[int, tuple[int, Changes]]] = {}
    for step in steps:
        name = step.merge.table.name
        found = written.get(name, {})
        changes[name] = {part: (read, _changes(read, found.get(part, Written()))) for part, read in step.read.items()}
    return changes


def _changes(read: int, written: Written) -> Changes:
    # A row given twice counts as unchanged the second time, so that what was read is what became of it.
    return Changes(written.inserted, written.updated, read - written.inserted - written.updated, written.deleted)


def _own_rows(batch: Batch, run_id: str, now: datetime) -> list[Rows]:
    own = [rejected_rows(batch.all_rejected, run_id, now), state_rows(batch.states, run_id, now)]
    if batch.scope.startswith("jql:"):
        own += [scope_issue_rows(batch.scope, rows.data["id"]) for rows in batch.rows if rows.table == "issue"]
    return own


def _matters(rows: Rows) -> bool:
    """No rows and nothing to compare: then the table has no part in the batch."""
    return rows.data.num_rows > 0 or rows.owners is None or len(rows.owners) > 0


def _step(
    session: Session,
    rows: Rows,
    issues: Merge | None,
    owners: dict[tuple[int | str, ...], str],
    parts: BatchParts,
    *,
    keeps_newer: bool,
) -> Step:
    table = TABLES[rows.table]
    data = loadable(rows)
    incoming = column_types(data)
    counts = parts.counts(table, data)
    merge = Merge(
        dialect=session.dialect,
        table=table,
        target=session.table(table.name),
        columns=incoming,
        existing=_columns_after_growth(session, table.name, incoming),
        incoming=session.stage_rows(table, data),
        owners=_staged_owners(session, rows, owners),
        whole_table=rows.owners is None,
        issues=issues,
        gone_reason=rows.gone_reason,
        row_counts=counts,
        parts=parts.relation,
        keeps_newer=keeps_newer,
    )
    session.ready(merge)
    is_all = data.num_rows == rows.data.num_rows
    return Step(merge, counts if is_all else parts.counts(table, rows.data))


def _columns_after_growth(session: Session, table: str, incoming: Mapping[str, ColumnType]) -> list[str]:
    there = session.columns(table)
    if not there:
        raise StagingRefused(f"The table {session.table(table)} does not exist. Prepare the staging schema first.")
    new = {name: kind for name, kind in incoming.items() if name not in there} if table == _GROWS else {}
    stored = {name: ours for name, theirs in there.items() if (ours := session.dialect.column_type(theirs))} | new
    require_types(table, incoming, stored)
    if new:
        session.grow(table, new)
    return [*there, *new]


def _staged_owners(session: Session, rows: Rows, staged_before: dict[tuple[int | str, ...], str]) -> str | None:
    """The relation of the owners; most tables of a batch have the same ones, which are brought in once."""
    table = TABLES[rows.table]
    if not rows.owners or table.absent == "keep":
        return None
    if table.owner is None:
        raise StagingRefused(f"The rows for {table.name} name owners, but its rows belong to nobody.")
    given = tuple(rows.owners)
    if given not in staged_before:
        kind = rows.data.schema.field(table.owner).type
        staged_before[given] = session.stage(f"owners_{table.name}", pa.table({"owner": pa.array(given, kind)}))
    return staged_before[given]
