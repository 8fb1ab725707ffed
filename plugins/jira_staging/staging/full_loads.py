"""Full loads: everything is brought into tables beside the real ones, which take it over in one transaction at the end.

Whoever reads the real tables sees what they held before, then what was loaded, and nothing between. Nothing is renamed or
dropped, so views on the tables and grants stay.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from jira_staging.errors import StagingRefused
from jira_staging.records import Changes, FullLoad, Report
from jira_staging.staging import publishing
from jira_staging.staging.own_rows import state_rows
from jira_staging.staging.own_writes import write_tallies
from jira_staging.staging.schema_building import create_table
from jira_staging.staging.sessions import Session
from jira_staging.staging.sql_building import aside_name
from jira_staging.tables import TABLES, ColumnType

# The scope, in `_sync_run`, of what is true of a whole table: how many rows a full load removed from it.
WHOLE_TABLE = "*"


def make_aside(session: Session, tables: Iterable[str]) -> None:
    """Make these tables beside the real ones, with all their columns and empty, in place of what a killed load left there."""
    for table in tables:
        columns = session.columns(table)
        if not columns:
            raise StagingRefused(f"The table {session.table(table)} does not exist. Prepare the staging schema first.")
        target = session.table(aside_name(table))
        session.execute(f"DROP TABLE IF EXISTS {target}")
        session.execute(create_table(session.dialect, target, columns, TABLES[table].key, passing=True))


def take_over(session: Session, load: FullLoad, report: Report, now: datetime) -> list[str]:
    """Put what was gathered aside into the real tables. Leaves the transaction open: the caller commits.

    Gives the columns of `issue` that were left out, because the load leaves the table's columns as they are.
    """
    shared = {table: _shared_columns(session, table, load) for table in load.tables if table not in load.unread}
    if load.strategy == "append":
        for table in shared:
            session.key_by_run(table)
    steps = publishing.staged(session, [state_rows(load.states, report.run.run_id, now)])
    session.begin()
    for table, columns in shared.items():
        if load.strategy != "append":
            if gone := _replaced(session, table):
                report.tally(table, WHOLE_TABLE).add(0, Changes(deleted=gone))
            session.execute(f"DELETE FROM {session.table(table)}")
        _fill(session, table, columns, load)
    publishing.merged(session, steps, report.run.run_id, now)
    write_tallies(session, report.run, list(report.tallies.values()))
    if "issue" not in shared:
        return []
    return [name for name in session.columns(aside_name("issue")) if name not in shared["issue"]]


def drop_aside(session: Session, tables: Iterable[str]) -> None:
    """Drop the tables in which a load was gathered."""
    for table in tables:
        session.execute(f"DROP TABLE IF EXISTS {session.table(aside_name(table))}")


def _shared_columns(session: Session, table: str, load: FullLoad) -> Sequence[str]:
    """The columns that both tables have, once the real one has got those that it may get."""
    gathered, there = session.columns(aside_name(table)), session.columns(table)
    new = _typed(session, {name: kind for name, kind in gathered.items() if name not in there})
    if new and load.may_grow:
        session.grow(table, new)
        return list(gathered)
    return [name for name in gathered if name in there]


def _typed(session: Session, columns: Mapping[str, str]) -> dict[str, ColumnType]:
    return {name: ours for name, theirs in columns.items() if (ours := session.dialect.column_type(theirs))}


def _replaced(session: Session, table: str) -> int:
    """How many of the table's rows the load no longer has."""
    keys = " AND ".join(f"s.{session.dialect.name(key)} = t.{session.dialect.name(key)}" for key in TABLES[table].key)
    gathered = session.table(aside_name(table))
    ((count,),) = session.fetch(
        f"SELECT count(*) FROM {session.table(table)} AS t WHERE NOT EXISTS (SELECT 1 FROM {gathered} AS s WHERE {keys})"
    )
    return int(str(count))


def _fill(session: Session, table: str, columns: Sequence[str], load: FullLoad) -> None:
    names = session.dialect.names(columns)
    # A version of a table has no row that was found gone while it was read.
    marks = load.strategy == "append" and "_deleted_at" in columns
    where = f" WHERE {session.dialect.name('_deleted_at')} IS NULL" if marks else ""
    session.execute(
        f"INSERT INTO {session.table(table)} ({names}) SELECT {names} FROM {session.table(aside_name(table))}{where}"
    )
