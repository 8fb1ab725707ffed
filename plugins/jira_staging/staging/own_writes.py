"""Statements on our own tables that are part of a batch's transaction and need nothing staged."""

from collections.abc import Sequence

from jira_staging.records import Run, Tally
from jira_staging.staging.own_rows import run_record
from jira_staging.staging.sessions import Session
from jira_staging.tables import TABLES


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
