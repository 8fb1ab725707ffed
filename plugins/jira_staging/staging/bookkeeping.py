"""What else a run writes: its stored sweep, its end, and what the census found gone. Told once for all warehouses."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pyarrow as pa

from jira_staging.records import Changes, Gone, Report, Rows, SyncState
from jira_staging.staging import publishing
from jira_staging.staging.own_rows import REJECTED_KEPT, run_rows, state_rows
from jira_staging.staging.own_writes import close_killed, write_tallies
from jira_staging.staging.sessions import Session
from jira_staging.tables import TABLES, Table


def store_sweep(session: Session, scope: str, rows: Rows, state: SyncState, *, run_id: str, now: datetime) -> None:
    """Replace the scope's stored sweep by these rows of `_sync_sweep`, and the state that says what it was made for."""
    sweep, incoming = session.table("_sync_sweep"), session.stage("sweep", rows.data)
    steps = publishing.staged(session, [state_rows([state], run_id, now)])
    columns = session.dialect.names(rows.data.column_names)
    of_scope = f"{session.dialect.name('scope')} = {session.dialect.value('scope')}"
    session.begin()
    session.execute(f"DELETE FROM {sweep} WHERE {of_scope}", {"scope": scope})
    session.execute(f"INSERT INTO {sweep} ({columns}) SELECT {columns} FROM {incoming}")
    publishing.merged(session, steps, run_id, now)


def finish(session: Session, report: Report, now: datetime) -> None:
    """Write the tallies as they now are, close what killed runs left open, and forget old rejected rows."""
    ended = [replace(tally, finished_at=tally.finished_at or now) for tally in report.tallies.values()]
    steps = publishing.staged(session, [run_rows(report.run, ended)])
    session.begin()
    publishing.merged(session, steps, report.run.run_id, now)
    close_killed(session, report.run)
    session.execute(
        f"DELETE FROM {session.table('_rejected_row')} "
        f"WHERE {session.dialect.name('rejected_at')} < {session.dialect.value('oldest')}",
        {"oldest": now - timedelta(days=REJECTED_KEPT)},
    )


def mark_gone(session: Session, scope: str, gone: Sequence[Gone], report: Report, now: datetime) -> None:
    """Mark issues and their child rows as gone, remove what is a membership, and count both."""
    relation = session.stage("gone", _as_table([found for found in gone if found.reason]))
    released = session.stage("released", _as_table([found for found in gone if not found.reason]))
    session.begin()
    for table, count in _still_there(session, relation).items():
        report.tally(table.name, scope).add(0, Changes(deleted=count))
        _remove(session, table, relation) if table.absent == "delete" else _mark(session, table, relation, report, now)
    held = session.table("_scope_issue")
    session.execute(f"DELETE FROM {held} WHERE {_is_gone(session, TABLES['_scope_issue'], relation)}")
    of_scope = f"{session.dialect.name('scope')} = {session.dialect.value('scope')}"
    session.execute(
        f"DELETE FROM {held} WHERE {of_scope} AND {_is_gone(session, TABLES['_scope_issue'], released)}", {"scope": scope}
    )
    write_tallies(session, report.run, [tally for tally in report.tallies.values() if tally.scope == scope])


def _as_table(gone: Sequence[Gone]) -> pa.Table:
    ids = [issue_id for found in gone for issue_id in found.issue_ids]
    reasons = [found.reason for found in gone for _ in found.issue_ids]
    return pa.table({"issue_id": pa.array(ids, pa.int64()), "reason": pa.array(reasons, pa.string())})


def _still_there(session: Session, relation: str) -> dict[Table, int]:
    """How many rows of the issues' tables are not yet marked: only tables that have some."""
    tables = [table for table in TABLES.values() if table.name == "issue" or table.owner == "issue_id"]
    queries = [
        f"SELECT {position} AS place, count(*) FROM {session.table(table.name)} WHERE {_is_gone(session, table, relation)}"
        for position, table in enumerate(tables)
    ]
    counts = {tables[int(str(place))]: int(str(count)) for place, count in session.fetch(" UNION ALL ".join(queries))}
    return {table: counts[table] for table in tables if counts[table]}


def _is_gone(session: Session, table: Table, relation: str, *, reason: str = "") -> str:
    name = session.dialect.name
    of_issue = name("id" if table.name == "issue" else "issue_id")
    unmarked = f" AND {name('_deleted_at')} IS NULL" if table.absent != "delete" and table.group != "own" else ""
    return f"{of_issue} IN (SELECT issue_id FROM {relation}{reason}){unmarked}"


def _remove(session: Session, table: Table, relation: str) -> None:
    session.execute(f"DELETE FROM {session.table(table.name)} WHERE {_is_gone(session, table, relation)}")


def _mark(session: Session, table: Table, relation: str, report: Report, now: datetime) -> None:
    dialect = session.dialect
    values = {"_deleted_at": "now", "_synced_at": "now", "_run_id": "run_id", "_deleted_reason": "reason"}
    marks = ", ".join(f"{dialect.name(column)} = {dialect.value(value)}" for column, value in values.items())
    of_reason = f" WHERE reason = {dialect.value('reason')}"
    where = _is_gone(session, table, relation, reason=of_reason)
    for (reason,) in session.fetch(f"SELECT DISTINCT reason FROM {relation}"):
        session.execute(
            f"UPDATE {session.table(table.name)} SET {marks} WHERE {where}",
            {"now": now, "run_id": report.run.run_id, "reason": reason},
        )
