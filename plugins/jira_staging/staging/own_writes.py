"""Statements on our own tables that are part of a batch's transaction and need nothing staged."""

from collections.abc import Sequence

from jira_staging.records import Run, Tally
from jira_staging.staging.own_rows import run_record, run_rows
from jira_staging.staging.sessions import Session
from jira_staging.tables import SITE_SCOPE, TABLES

KILLED = "It was killed before its end. What it had published is complete; a later run went on from there."


def write_tallies(session: Session, run: Run, tallies: Sequence[Tally]) -> None:
    """Replace the run's rows of `_sync_run` for these scopes, which are known only after merging."""
    if not tallies:
        return
    dialect = session.dialect
    scopes = {f"scope_{number}": scope for number, scope in enumerate(dict.fromkeys(tally.scope for tally in tallies))}
    session.execute(
        f"DELETE FROM {session.table('_sync_run')} WHERE {dialect.name('run_id')} = {dialect.value('run_id')} "
        f"AND {dialect.name('scope')} IN ({', '.join(dialect.value(name) for name in scopes)})",
        {"run_id": run.run_id, **scopes},
    )
    if dialect.stages_for_nothing:
        _insert_staged(session, run, tallies)
    else:
        _insert_by_parameters(session, run, tallies)


def _insert_staged(session: Session, run: Run, tallies: Sequence[Tally]) -> None:
    # DuckDB needs 50 ms for a statement with hundreds of parameters.
    name, columns = session.dialect.name, TABLES["_sync_run"].columns
    given = (session.dialect.json_value.format(name(one.name)) if one.type == "json" else name(one.name) for one in columns)
    relation = session.stage("tallies", run_rows(run, tallies).data)
    names = session.dialect.names(column.name for column in columns)
    session.execute(f"INSERT INTO {session.table('_sync_run')} ({names}) SELECT {', '.join(given)} FROM {relation}")


def _insert_by_parameters(session: Session, run: Run, tallies: Sequence[Tally]) -> None:
    # Few, and staging them would be another round trip.
    dialect, columns = session.dialect, TABLES["_sync_run"].columns
    values: dict[str, object] = {}
    rows = []
    for number, tally in enumerate(tallies):
        record = run_record(run, tally)
        values |= {f"{column.name}_{number}": record[column.name] for column in columns}
        rows.append(f"SELECT {', '.join(dialect.typed(f'{column.name}_{number}', column.type) for column in columns)}")
    names = dialect.names(column.name for column in columns)
    session.execute(f"INSERT INTO {session.table('_sync_run')} ({names}) {' UNION ALL '.join(rows)}", values)


def close_killed(session: Session, run: Run) -> None:
    """Say of earlier runs that they were killed, where their rows are open in scopes that this run read, thus had to itself.

    What belongs to the whole site is read by several at once, and a check has a row where nothing was read: nothing is
    concluded from those. Whose end is only being written down writes over it.
    """
    names = ("run_id", "scope", "status", "message", "started_at", "watermark_to", "rows_read")
    run_id, scope, status, message, started_at, watermark_to, rows_read = map(session.dialect.name, names)
    value, table = session.dialect.value, session.table("_sync_run")
    read = f"({watermark_to} IS NOT NULL OR {rows_read} > 0)"
    ours = f"SELECT {scope} FROM {table} WHERE {run_id} = {value('run_id')} AND {read}"
    killed = (
        f"SELECT {run_id} FROM {table} WHERE {status} = 'running' AND {scope} <> {value('site')} AND {scope} IN ({ours}) "
        f"AND {started_at} < {value('started_at')}"
    )
    session.execute(
        f"UPDATE {table} SET {status} = 'failed', {message} = {value('words')} "
        f"WHERE {status} = 'running' AND {run_id} IN ({killed})",
        {"run_id": run.run_id, "site": SITE_SCOPE, "started_at": run.started_at, "words": KILLED},
    )


def forget_swept(session: Session, swept: str) -> None:
    """Take published ids (a relation of scopes and ids) out of the stored sweeps."""
    names = session.dialect.names(("scope", "issue_id"))
    session.execute(f"DELETE FROM {session.table('_sync_sweep')} WHERE ({names}) IN (SELECT {names} FROM {swept})")
