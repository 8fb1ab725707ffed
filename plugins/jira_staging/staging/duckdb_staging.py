"""Staging tables in a DuckDB file."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from jira_staging.errors import StagingRefused
from jira_staging.records import Batch, FullLoad, Gone, Report, Run, SyncState
from jira_staging.staging import bookkeeping, full_loads, publishing, schema_building
from jira_staging.staging.duckdb_file import DuckDBFile
from jira_staging.staging.duckdb_session import DIALECT, DuckDBSession, spelling
from jira_staging.staging.inspecting import Inspection, inspected
from jira_staging.staging.own_rows import counts_kept_on_failure, sweep_rows
from jira_staging.staging.scope_locks import ScopeLocks
from jira_staging.staging.views import Spelling, View, make, out_of_date
from jira_staging.tables import TABLES, ColumnType

if TYPE_CHECKING:
    import duckdb

logger = logging.getLogger(__name__)


class DuckDBStaging:
    """A schema of staging tables in a DuckDB file. The file is open only while a batch is published or a query runs,
    and while scopes are locked for some seconds between these.

    `connect` makes the connection where somebody else knows how, as Airflow's hook does; it must open the file at `path`.
    `wait_seconds` bounds how long to wait for another process that has the file open.
    """

    # Its identifiers may be longer; names that people read need not be.
    longest_name = 255

    def __init__(
        self,
        path: str | Path,
        schema: str = "jira",
        *,
        wait_seconds: float = 60.0,
        connect: "Callable[[], duckdb.DuckDBPyConnection] | None" = None,
    ) -> None:
        # Through a link, the locks must still be those of the one file.
        self.path = Path(path).resolve()
        self.schema = schema
        self._file = DuckDBFile(self.path, wait_seconds, connect)
        self._run: Run | None = None
        self.aside_tables: frozenset[str] = frozenset()

    def prepare(self, run: Run) -> None:
        """Make what is missing. Refuses another site's schema and tables that are not ours."""
        if str(self.path.name) == ":memory:":
            raise StagingRefused("Staging tables need a DuckDB file: one in memory is gone when its connection closes.")
        with self._writing() as session:
            self._warn_of_ambiguity(session)
            session.execute(f"CREATE SCHEMA IF NOT EXISTS {DIALECT.name(*session.path)}")
            catalogue = session.catalogue()
            statements = schema_building.preparations(DIALECT, session.path, catalogue)
            schema_building.require_own_site(session, catalogue, ".".join(session.path), run.site)
            for statement in statements:
                session.execute(statement)
        self._run = run

    @contextmanager
    def locked(self, scopes: Iterable[str], wait_seconds: float) -> Iterator[None]:
        """Hold scopes by lock files beside the DuckDB file; they are removed when released.

        Inside, the file may stay open for a few seconds.
        """
        with ScopeLocks(self.path, self.schema).held(scopes, wait_seconds), self._file.kept_open():
            yield

    def columns(self, table: str) -> dict[str, ColumnType]:
        """The table's columns that have one of our types, in their order; empty without the table."""
        with self._reading() as session:
            stored = session.columns(table)
        return {name: ours for name, theirs in stored.items() if (ours := DIALECT.column_type(theirs))}

    def read(
        self,
        table: str,
        columns: Sequence[str],
        where: Mapping[str, Sequence[int | str]] | None = None,
        *,
        newest_by: str | None = None,
        limit: int | None = None,
    ) -> pa.Table:
        """Rows whose columns have one of the given values, ordered by the table's key, or newest first."""
        order = f"{DIALECT.name(newest_by)} DESC NULLS LAST" if newest_by else DIALECT.names(TABLES[table].key)
        with self._reading() as session:
            tests = [
                f"{DIALECT.name(column)} IN (SELECT value FROM {session.stage(f'values_{position}', _values(values))})"
                for position, (column, values) in enumerate((where or {}).items())
            ]
            sql = f"SELECT {DIALECT.names(columns)} FROM {session.table(table)}"
            sql += f" WHERE {' AND '.join(tests)}" if tests else ""
            sql += f" ORDER BY {order}" + (f" LIMIT {int(limit)}" if limit is not None else "")
            return session.connection.sql(sql).to_arrow_table()

    def store_sweep(self, scope: str, ids: Sequence[int] | pa.Array, sweep_started: int, state: SyncState) -> None:
        """Replace the scope's stored sweep, and the state that says what it was made for, in one transaction."""
        if self._run is None:
            raise StagingRefused("A sweep belongs to a run: prepare the staging schema for it first.")
        rows = sweep_rows(scope, pa.array(ids, pa.int64()), sweep_started)
        with self._writing() as session:
            bookkeeping.store_sweep(session, scope, rows, state, run_id=self._run.run_id, now=datetime.now(UTC))

    def publish(self, batch: Batch, report: Report) -> None:
        """Merge a batch in one transaction and count it; on any failure nothing is written and nothing counted."""
        with counts_kept_on_failure(report), self._writing() as session:
            publishing.publish(session, batch, report, datetime.now(UTC))

    def finish(self, report: Report) -> None:
        """Write the tallies as they now are, forget old rejected rows, and settle the file."""
        with self._writing(settle=True) as session:
            bookkeeping.finish(session, report, datetime.now(UTC))

    def mark_gone(self, scope: str, gone: Sequence[Gone], report: Report) -> None:
        """Mark issues and all that hangs on them as gone, in one transaction."""
        with counts_kept_on_failure(report), self._writing() as session:
            bookkeeping.mark_gone(session, scope, gone, report, datetime.now(UTC))

    def inspect(self, tables: Sequence[str]) -> Inspection:
        """Look for rows that stand twice or hang on no issue, and count the issues of each scope."""
        with self._reading() as session:
            return inspected(session, tables)

    def aside(self, tables: Sequence[str]) -> "DuckDBStaging":
        """Make these tables empty beside the real ones; gives a staging whose rows of them go there."""
        with self._writing() as session:
            full_loads.make_aside(session, tables)
        beside = copy(self)
        beside.aside_tables = frozenset(tables)
        return beside

    def take_over(self, load: FullLoad, report: Report) -> list[str]:
        """Put what was gathered aside into the real tables, in one transaction."""
        with counts_kept_on_failure(report), self._writing() as session:
            left_out = full_loads.take_over(session, load, report, datetime.now(UTC))
        with self._writing() as session:
            full_loads.drop_aside(session, load.tables)
        return left_out

    @property
    def spelling(self) -> Spelling:
        """How DuckDB writes what views need."""
        return spelling(self.schema)

    def keep_views(self, spelling: Spelling, views: Sequence[View]) -> None:
        """Make or replace views that are missing or were made otherwise."""
        with self._reading() as session:
            if session.database.casefold() == self.schema.casefold():
                raise StagingRefused(
                    f"The DuckDB file {self.path} is named like the schema {self.schema}, so no view beside it can name "
                    "its tables. Give the file or the schema another name."
                )
            if not out_of_date(spelling, views, session.comments_beside()):
                return
        with self._writing() as session:
            changed = out_of_date(spelling, views, session.comments_beside())
            for schema in dict.fromkeys(view.schema for view in changed):
                session.execute(f"CREATE SCHEMA IF NOT EXISTS {DIALECT.name(session.database, f'{self.schema}_{schema}')}")
            make(session, spelling, changed)

    def create_issue_named(self, columns: Mapping[str, str]) -> None:
        """Make the view `issue_named`: these columns of `issue` under these names."""
        with self._writing() as session:
            session.execute(schema_building.issue_named(DIALECT, session.path, columns))

    @contextmanager
    def _writing(self, *, settle: bool = False) -> Iterator[DuckDBSession]:
        with self._file.writing(settle=settle) as connection:
            yield self._session(connection)

    @contextmanager
    def _reading(self) -> Iterator[DuckDBSession]:
        with self._file.reading() as connection:
            yield self._session(connection)

    def _session(self, connection: "duckdb.DuckDBPyConnection") -> DuckDBSession:
        # DuckDB names the database after the file, but not always: `temp.duckdb` becomes `temp_db`.
        ((database,),) = connection.execute("SELECT current_database()").fetchall()
        return DuckDBSession(connection, self.schema, database, self.aside_tables)

    def _warn_of_ambiguity(self, session: DuckDBSession) -> None:
        if session.database.casefold() == self.schema.casefold():
            logger.warning(
                "The DuckDB file %s is named like the schema %s, so DuckDB refuses %s.issue as ambiguous. Give the file or the "
                "schema another name, or write %s.%s.issue.",
                self.path,
                *(self.schema,) * 4,
            )


def _values(values: Sequence[int | str]) -> pa.Table:
    return pa.table({"value": pa.array(values)})
