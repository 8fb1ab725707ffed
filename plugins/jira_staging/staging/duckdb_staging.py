"""Staging tables in a DuckDB file."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from jira_staging.errors import StagingRefused
from jira_staging.records import Report, Run
from jira_staging.staging import bookkeeping, schema_building
from jira_staging.staging.duckdb_file import DuckDBFile
from jira_staging.staging.duckdb_session import DIALECT, DuckDBSession, spelling
from jira_staging.staging.inspecting import Inspection, inspected
from jira_staging.staging.scope_locks import ScopeLocks
from jira_staging.staging.views import Spelling, View, make, out_of_date
from jira_staging.staging.warehouse_staging import WarehouseStaging
from jira_staging.tables import TABLES

if TYPE_CHECKING:
    import duckdb

logger = logging.getLogger(__name__)

# Looking for keys that stand twice in ten million rows took 1 GB. Of so many rows at a time it takes no more than this, and a
# little more CPU.
INSPECTED_WITHIN_MEGABYTES, INSPECTED_ROWS = 128, 1_000_000


class DuckDBStaging(WarehouseStaging[DuckDBSession]):
    """A schema of staging tables in a DuckDB file. The file is open only while a batch is published or a query runs,
    and in a run for some seconds between these.

    `connect` makes the connection where somebody else knows how, as Airflow's hook does; it must open the file at `path`.
    `wait_seconds` bounds how long to wait for another process that has the file open.
    """

    dialect = DIALECT
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
        super().__init__(schema)
        # Through a link, the locks must still be those of the one file.
        self.path = Path(path).resolve()
        self._file = DuckDBFile(self.path, wait_seconds, connect)

    def prepare(self, run: Run) -> None:
        """Make what is missing. Refuses another site's schema and tables that are not ours."""
        if str(self.path.name) == ":memory:":
            raise StagingRefused("Staging tables need a DuckDB file: one in memory is gone when its connection closes.")
        with self._writing() as session:
            self._refuse_schema(session)
            self._warn_of_ambiguity(session)
            session.execute(f"CREATE SCHEMA IF NOT EXISTS {DIALECT.name(*session.path)}")
            catalogue = session.catalogue()
            statements = schema_building.preparations(DIALECT, session.path, catalogue)
            schema_building.require_own_site(session, catalogue, ".".join(session.path), run.site)
            for statement in statements:
                session.execute(statement)
        self._run = run

    def working(self) -> AbstractContextManager[None]:
        """Inside, the file may stay open for a few seconds."""
        return self._file.kept_open()

    def locked(self, scopes: Iterable[str], wait_seconds: float) -> AbstractContextManager[None]:
        """Hold scopes by lock files beside the DuckDB file; they are removed when released."""
        return ScopeLocks(self.path, self.schema).held(scopes, wait_seconds)

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

    def finish(self, report: Report) -> None:
        """Write the tallies as they now are, forget old rejected rows, and settle the file."""
        with self._writing(settle=True) as session:
            bookkeeping.finish(session, report, datetime.now(UTC))

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

    def inspect(self, tables: Sequence[str]) -> Inspection:
        """The same in bounded memory: what does not fit goes to disk."""
        self._file.put_down()
        with self._reading() as session:
            ((limit,),) = session.fetch("SELECT current_setting('memory_limit')")
            session.execute(f"SET memory_limit = '{INSPECTED_WITHIN_MEGABYTES}MB'")
            try:
                return inspected(session, tables, rows_at_once=INSPECTED_ROWS)
            finally:
                # The file may stay open for what the run writes next. DuckDB tells the limit with one decimal, rounded down.
                session.execute(f"SET memory_limit = '{limit}'")

    @contextmanager
    def _reading(self) -> Iterator[DuckDBSession]:
        with self._file.reading() as connection:
            yield self._session(connection)

    def _session(self, connection: "duckdb.DuckDBPyConnection") -> DuckDBSession:
        # DuckDB names the database after the file, but not always: `temp.duckdb` becomes `temp_db`.
        ((database,),) = connection.execute("SELECT current_database()").fetchall()
        return DuckDBSession(connection, self.schema, database, self.aside_tables)

    def _refuse_schema(self, session: DuckDBSession) -> None:
        """Refuse DuckDB's own schemas, and a name that it takes for another one's."""
        if self.schema.casefold() in ("information_schema", "pg_catalog"):
            raise StagingRefused(f"The schema {self.schema} is DuckDB's own. Choose another name.")
        for (name,) in session.fetch("SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database()"):
            if name != self.schema and str(name).casefold() == self.schema.casefold():
                raise StagingRefused(f"DuckDB takes the schema {self.schema} for {name}, which is there. Write it like that.")

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
