"""Publishing a batch, told once for all warehouses: what is staged, compared, counted and written, in which order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from jira_staging.errors import StagingRefused
from jira_staging.records import Batch, Changes, Report, Rows, Run, Tally
from jira_staging.staging.arrow_rows import column_types, loadable, require_types
from jira_staging.staging.own_rows import rejected_rows, run_record, scope_issue_rows, state_rows
from jira_staging.staging.schema_building import add_column
from jira_staging.staging.sql_building import Dialect, Merge
from jira_staging.tables import TABLES, ColumnType

Parameters = Mapping[str, object]
_GROWS = "issue"  # the one table whose columns the site decides


class Session(Protocol):
    """A connection to a warehouse for one transaction. What is staged lasts until the session ends."""

    @property
    def dialect(self) -> Dialect:
        """How the warehouse spells SQL."""
        ...

    def table(self, name: str) -> str:
        """The full quoted name of a staging table."""
        ...

    def columns(self, table: str) -> Mapping[str, str]:
        """The table's columns with the types that the catalogue names, in their order."""
        ...

    def stage(self, name: str, data: pa.Table) -> str:
        """Bring rows into the warehouse; gives the relation that holds them."""
        ...

    def begin(self) -> None:
        """Begin the transaction; everything before may have been committed by itself."""
        ...

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement that answers nothing."""
        ...

    def fetch(self, sql: str, parameters: Parameters | None = None) -> list[tuple[object, ...]]:
        """Run a query and give its rows."""
        ...


@dataclass(frozen=True)
class _Step:
    """A table's merge, the temporary table of its verdicts, and how many rows were given for it."""

    merge: Merge
    verdicts: str
    read: int


def publish(session: Session, batch: Batch, report: Report, now: datetime) -> None:
    """Merge the batch's rows, count them into the report, and write what must be true together with them.

    Whatever a warehouse would commit by itself comes before `begin`. Leaves the transaction open: the caller commits.
    """
    run = report.run
    steps = staged(session, [rows for rows in (*batch.rows, *_own_rows(batch, run.run_id, now)) if _matters(rows)])
    swept = session.stage("swept", pa.table({"issue_id": pa.array(batch.swept, pa.int64())})) if len(batch.swept) else None
    session.begin()
    for table, (read, changes) in merged(session, steps, run.run_id, now).items():
        if TABLES[table].group != "own":
            report.tally(table, batch.scope).add(read, changes)
    for row in batch.rejected:
        report.tally(row.entity, batch.scope).rows_rejected += 1
    for state in batch.states:
        report.tally(state.entity, state.scope).watermark_to = state.watermark
    write_tallies(session, run, [tally for tally in report.tallies.values() if tally.scope == batch.scope])
    if swept:
        forget_swept(session, batch.scope, swept)


def staged(session: Session, rows: Sequence[Rows]) -> list[_Step]:
    """Bring the rows in, add the columns they need, and lay out their merges, in the fixed order of the tables."""
    order = list(TABLES)
    names = [one.table for one in rows]
    if len(set(names)) < len(names):
        raise StagingRefused(f"A batch gives the rows of a table together, but has several for one of {sorted(set(names))}.")
    in_order = sorted(rows, key=lambda one: order.index(one.table))
    held_back = f"(SELECT id FROM verdicts_{_GROWS} WHERE _verdict = 'held_back') AS held" if _GROWS in names else None
    return [_step(session, one, held_back) for one in in_order]


def merged(session: Session, steps: Sequence[_Step], run_id: str, now: datetime) -> dict[str, tuple[int, Changes]]:
    """Compare all tables, then write what differs: rows read and what became of them, by table."""
    if not steps:
        return {}
    values = {"now": now, "run_id": run_id}
    for step in steps:
        session.execute(step.merge.fill(step.verdicts), {name: values[name] for name in step.merge.parameters})
    verdicts = _counted(session, steps)
    for step in steps:
        found = verdicts.get(step.merge.table.name, {})
        if found.keys() & {"updated", "deleted"}:
            session.execute(step.merge.delete(step.verdicts))
        if found.keys() & {"inserted", "updated", "deleted"}:
            session.execute(step.merge.insert(step.verdicts))
    return {step.merge.table.name: (step.read, _changes(step, verdicts)) for step in steps}


def write_tallies(session: Session, run: Run, tallies: Sequence[Tally]) -> None:
    """Replace the run's rows of `_sync_run` for these scopes, by parameters: few, and known only after merging."""
    if not tallies:
        return
    dialect, columns = session.dialect, TABLES["_sync_run"].columns
    values: dict[str, object] = {}
    rows = []
    for number, tally in enumerate(tallies):
        record = run_record(run, tally)
        values |= {f"{column.name}_{number}": record[column.name] for column in columns}
        rows.append(f"SELECT {', '.join(dialect.typed(f'{column.name}_{number}', column.type) for column in columns)}")
    scopes = {f"scope_{number}": tally.scope for number, tally in enumerate(tallies)}
    session.execute(
        f"DELETE FROM {session.table('_sync_run')} WHERE {dialect.name('run_id')} = {dialect.value('run_id')} "
        f"AND {dialect.name('scope')} IN ({', '.join(dialect.value(name) for name in scopes)})",
        {"run_id": run.run_id, **scopes},
    )
    names = dialect.names(column.name for column in columns)
    session.execute(f"INSERT INTO {session.table('_sync_run')} ({names}) {' UNION ALL '.join(rows)}", values)


def forget_swept(session: Session, scope: str, swept: str) -> None:
    """Take published ids out of the scope's stored sweep."""
    name = session.dialect.name
    session.execute(
        f"DELETE FROM {session.table('_sync_sweep')} WHERE {name('scope')} = {session.dialect.value('scope')} "
        f"AND {name('issue_id')} IN (SELECT issue_id FROM {swept})",
        {"scope": scope},
    )


def _own_rows(batch: Batch, run_id: str, now: datetime) -> list[Rows]:
    own = [rejected_rows(batch.rejected, run_id, now), state_rows(batch.states, run_id, now)]
    if batch.scope.startswith("jql:"):
        own += [scope_issue_rows(batch.scope, rows.data["id"]) for rows in batch.rows if rows.table == "issue"]
    return own


def _matters(rows: Rows) -> bool:
    """No rows and nothing to compare: then the table has no part in the batch."""
    return rows.data.num_rows > 0 or rows.owners is None or len(rows.owners) > 0


def _step(session: Session, rows: Rows, held_back: str | None) -> _Step:
    table = TABLES[rows.table]
    data = loadable(rows)
    incoming = column_types(data)
    merge = Merge(
        dialect=session.dialect,
        table=table,
        target=session.table(table.name),
        columns=incoming,
        existing=_columns_after_growth(session, table.name, incoming),
        incoming=session.stage(f"rows_{table.name}", data),
        owners=_staged_owners(session, rows),
        whole_table=rows.owners is None,
        held_back=held_back if table.owner == "issue_id" else None,
    )
    verdicts = f"verdicts_{table.name}"
    session.execute(merge.shape(verdicts))
    return _Step(merge, verdicts, rows.data.num_rows)


def _columns_after_growth(session: Session, table: str, incoming: Mapping[str, ColumnType]) -> list[str]:
    there = session.columns(table)
    if not there:
        raise StagingRefused(f"The table {session.table(table)} does not exist. Prepare the staging schema first.")
    new = {name: kind for name, kind in incoming.items() if name not in there} if table == _GROWS else {}
    for name, kind in new.items():
        session.execute(add_column(session.dialect, session.table(table), name, kind))
    stored = {name: ours for name, theirs in there.items() if (ours := session.dialect.column_type(theirs))} | new
    require_types(table, incoming, stored)
    return [*there, *new]


def _staged_owners(session: Session, rows: Rows) -> str | None:
    table = TABLES[rows.table]
    if not rows.owners or table.absent == "keep":
        return None
    if table.owner is None:
        raise StagingRefused(f"The rows for {table.name} name owners, but its rows belong to nobody.")
    kind = rows.data.schema.field(table.owner).type
    return session.stage(f"owners_{table.name}", pa.table({"owner": pa.array(rows.owners, kind)}))


def _counted(session: Session, steps: Sequence[_Step]) -> dict[str, dict[str, int]]:
    """Rows by table and verdict, in one question: a warehouse may be far away."""
    queries = [
        f"SELECT {position} AS step, _verdict, count(*) FROM {step.verdicts} GROUP BY _verdict"
        for position, step in enumerate(steps)
    ]
    counts: dict[str, dict[str, int]] = {}
    for position, verdict, count in session.fetch(" UNION ALL ".join(queries)):
        name = steps[int(str(position))].merge.table.name
        counts.setdefault(name, {})[str(verdict)] = int(str(count))
    return counts


def _changes(step: _Step, verdicts: Mapping[str, Mapping[str, int]]) -> Changes:
    found = verdicts.get(step.merge.table.name, {})
    inserted, updated = found.get("inserted", 0), found.get("updated", 0)
    # A row given twice counts as unchanged the second time, so that what was read is what became of it.
    return Changes(inserted, updated, step.read - inserted - updated, found.get("deleted", 0))
