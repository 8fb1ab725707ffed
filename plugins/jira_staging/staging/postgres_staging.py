"""Staging tables in a Postgres database."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from jira_staging.errors import StagingRefused
from jira_staging.records import Batch, FullLoad, Gone, Report, Run, SyncState
from jira_staging.staging import bookkeeping, full_loads, publishing, schema_building
from jira_staging.staging.inspecting import Inspection, inspected
from jira_staging.staging.own_rows import counts_kept_on_failure, sweep_rows
from jira_staging.staging.postgres_door import ConflictLost, PostgresDoor
from jira_staging.staging.postgres_locks import AdvisoryLocks
from jira_staging.staging.postgres_reading import read_rows
from jira_staging.staging.postgres_schema import catalogue, missing_indexes, show_issue_named
from jira_staging.staging.postgres_session import DIALECT, PostgresSession
from jira_staging.staging.postgres_views import comments_beside, replace_views, spelling
from jira_staging.staging.views import Spelling, View, out_of_date
from jira_staging.tables import ColumnType

if TYPE_CHECKING:
    import psycopg

# A batch that lost a deadlock or a serialization conflict against somebody else's transaction is simply written again.
_TRIES = 3


class PostgresStaging:
    """A schema of staging tables in a Postgres database. A connection is open only for a batch, a query or a lock.

    `connect` makes a connection of psycopg 3 with whatever credentials somebody else has; `place` names the database in
    messages. `wait_seconds` bounds how long to wait for what other sessions have locked.
    """

    # Postgres cuts longer ones off without a word.
    longest_name = 63

    def __init__(
        self,
        connect: "Callable[[], psycopg.Connection[Any]]",
        schema: str = "jira",
        *,
        place: str = "the Postgres database",
        wait_seconds: float = 60.0,
    ) -> None:
        self.schema = schema
        self._door = PostgresDoor(connect, place, wait_seconds)
        self._run: Run | None = None
        self.aside_tables: frozenset[str] = frozenset()

    def prepare(self, run: Run) -> None:
        """Make what is missing. Refuses another site's schema and tables that are not ours."""
        with self._writing() as session:
            self._require_unicode(session)
            session.begin()
            # Two first runs at once would make the same tables.
            session.execute("SELECT pg_advisory_xact_lock(hashtext(%(schema)s))", {"schema": f"jira-staging {self.schema}"})
            if not session.fetch("SELECT 1 FROM pg_namespace WHERE nspname = %(schema)s", {"schema": self.schema}):
                # Not IF NOT EXISTS: it asks for the right to make schemas even where the schema is there.
                session.execute(f"CREATE SCHEMA {DIALECT.name(self.schema)}")
            found = catalogue(session)
            statements = schema_building.preparations(DIALECT, (self.schema,), found)
            schema_building.require_own_site(session, found, self.schema, run.site)
            with session.connection.pipeline():
                for statement in statements:
                    session.execute(statement)
            for statement in list(missing_indexes(session)):
                session.execute(statement)
        self._run = run

    def locked(self, scopes: Iterable[str], wait_seconds: float) -> AbstractContextManager[None]:
        """Hold scopes by advisory locks, on a connection of their own."""
        return AdvisoryLocks(self._door, self.schema).held(list(scopes), wait_seconds)

    def columns(self, table: str) -> dict[str, ColumnType]:
        """The table's columns that have one of our types, in their order; empty without the table."""
        with self._session() as session:
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
        with self._session() as session:
            return read_rows(session, table, columns, where or {}, newest_by=newest_by, limit=limit)

    def store_sweep(self, scope: str, ids: Sequence[int] | pa.Array, sweep_started: int, state: SyncState) -> None:
        """Replace the scope's stored sweep, and the state that says what it was made for, in one transaction."""
        if self._run is None:
            raise StagingRefused("A sweep belongs to a run: prepare the staging schema for it first.")
        rows = sweep_rows(scope, pa.array(ids, pa.int64()), sweep_started)
        with self._writing() as session:
            bookkeeping.store_sweep(session, scope, rows, state, run_id=self._run.run_id, now=datetime.now(UTC))

    def publish(self, batch: Batch, report: Report) -> None:
        """Merge a batch in one transaction and count it; on any failure nothing is written and nothing counted."""
        self._insist(lambda session: publishing.publish(session, batch, report, datetime.now(UTC)), report)

    def mark_gone(self, scope: str, gone: Sequence[Gone], report: Report) -> None:
        """Mark issues and all that hangs on them as gone, in one transaction."""
        self._insist(lambda session: bookkeeping.mark_gone(session, scope, gone, report, datetime.now(UTC)), report)

    def finish(self, report: Report) -> None:
        """Write the tallies as they now are, and forget old rejected rows."""
        with self._writing() as session:
            bookkeeping.finish(session, report, datetime.now(UTC))

    def inspect(self, tables: Sequence[str]) -> Inspection:
        """Look for rows that stand twice or hang on no issue, and count the issues of each scope."""
        with self._session() as session:
            return inspected(session, tables)

    def aside(self, tables: Sequence[str]) -> "PostgresStaging":
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
        """How Postgres writes what views need."""
        return spelling(self.schema)

    def keep_views(self, spelling: Spelling, views: Sequence[View]) -> None:
        """Make or replace views that are missing or were made otherwise, unless another run is at it."""
        with self._session() as session:
            if not out_of_date(spelling, views, comments_beside(session)):
                return
        with self._writing() as session:
            session.begin()
            replace_views(session, spelling, views)

    def create_issue_named(self, columns: Mapping[str, str]) -> None:
        """Make the view `issue_named`: these columns of `issue` under these names."""
        with self._writing() as session:
            session.begin()
            show_issue_named(session, columns)

    def _insist(self, work: Callable[[PostgresSession], None], report: Report) -> None:
        """Do the work in a transaction; again where it lost against another one. A failure leaves the counts as they were."""
        for tries_left in reversed(range(_TRIES)):
            try:
                with counts_kept_on_failure(report), self._writing() as session:
                    work(session)
            except ConflictLost:
                if not tries_left:
                    raise
            else:
                return

    @contextmanager
    def _writing(self) -> Iterator[PostgresSession]:
        with self._session() as session:
            yield session
            session.execute("COMMIT")

    @contextmanager
    def _session(self) -> Iterator[PostgresSession]:
        with self._door.opened() as connection:
            yield PostgresSession(connection, self.schema, self._door.wait_seconds, self.aside_tables)

    def _require_unicode(self, session: PostgresSession) -> None:
        ((encoding,),) = session.fetch("SELECT current_setting('server_encoding')")
        if encoding != "UTF8":
            raise StagingRefused(
                f"{self._door.place} keeps its text as {encoding}, which has no room for what people write in Jira. "
                "Use a database with the encoding UTF8."
            )
