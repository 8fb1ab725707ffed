"""Staging tables in a Snowflake schema."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from jira_staging.errors import StagingError, StagingRefused, StagingUnavailable
from jira_staging.records import Batch, FullLoad, Gone, Report, Run, SyncState
from jira_staging.staging import bookkeeping, full_loads, publishing, schema_building
from jira_staging.staging.inspecting import Inspection, inspected
from jira_staging.staging.own_rows import counts_kept_on_failure, sweep_rows
from jira_staging.staging.snowflake_door import SnowflakeDoor
from jira_staging.staging.snowflake_files import ParquetFiles
from jira_staging.staging.snowflake_locks import LeasedLocks
from jira_staging.staging.snowflake_requests import Requests
from jira_staging.staging.snowflake_schema import catalogue, make_schema, read_rows
from jira_staging.staging.snowflake_session import DIALECT, SnowflakeSession
from jira_staging.staging.snowflake_views import comments_beside, make_schemas, spelling
from jira_staging.staging.sql_building import aside_name
from jira_staging.staging.views import Spelling, View, make, out_of_date
from jira_staging.tables import ColumnType

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

log = logging.getLogger(__name__)

# Each look at the locks is a statement that somebody pays for.
_PAUSE_SECONDS = 5.0


class SnowflakeStaging:
    """A schema of staging tables in the database that a Snowflake connection names.

    `connect` makes a connection with whatever credentials somebody else has; `place` names it in messages. `transient` makes
    tables without fail-safe, which cost less to keep. `wait_seconds` bounds how long to wait for others' transactions.
    """

    longest_name = 255

    def __init__(
        self,
        connect: "Callable[[], SnowflakeConnection]",
        schema: str = "jira",
        *,
        place: str = "Snowflake",
        wait_seconds: float = 60.0,
        transient: bool = False,
    ) -> None:
        self.schema = schema
        self.aside_tables: frozenset[str] = frozenset()
        self._door = SnowflakeDoor(connect, place, wait_seconds)
        self._dialect = replace(DIALECT, lasting_table="TRANSIENT TABLE") if transient else DIALECT
        self._locks = LeasedLocks()
        self._known: dict[str, Mapping[str, str]] = {}
        self._run: Run | None = None
        self._settled: object = None

    def prepare(self, run: Run) -> None:
        """Make what is missing. Refuses another site's schema and tables that are not ours."""
        self._door.tag(run.run_id)
        with self._session(make_schema) as session:
            found = catalogue(session)
            statements = schema_building.preparations(session.dialect, (self.schema,), found)
            schema_building.require_own_site(session, found, self.schema, run.site)
            for statement in statements:
                session.execute(statement)
            self._locks.prepare(session)
            self._known.clear()
            self._known.update(catalogue(session).tables if statements else found.tables)
        self._run = run

    @contextmanager
    def locked(self, scopes: Iterable[str], wait_seconds: float) -> Iterator[None]:
        """Hold scopes by leases, which every batch renews."""
        asked, deadline = sorted(set(scopes)), time.monotonic() + wait_seconds
        while asked and (rival := self._rival(asked)):
            if time.monotonic() + _PAUSE_SECONDS > deadline:
                raise StagingUnavailable(f"{rival} Wait for that run to end, or stop it ({self.schema} in {self._door.place}).")
            time.sleep(_PAUSE_SECONDS)
        try:
            yield
        finally:
            self._release(asked)

    def columns(self, table: str) -> dict[str, ColumnType]:
        """The table's columns that have one of our types, in their order; empty without the table."""
        with self._session() as session:
            self._known.pop(table, None)
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
        with counts_kept_on_failure(report), self._writing() as session:
            publishing.publish(session, batch, report, datetime.now(UTC))

    def mark_gone(self, scope: str, gone: Sequence[Gone], report: Report) -> None:
        """Mark issues and all that hangs on them as gone, in one transaction."""
        with counts_kept_on_failure(report), self._writing() as session:
            bookkeeping.mark_gone(session, scope, gone, report, datetime.now(UTC))

    def finish(self, report: Report) -> None:
        """Write the tallies as they now are, forget old rejected rows, and sign out."""
        with self._writing() as session:
            bookkeeping.finish(session, report, datetime.now(UTC))
        if not self._locks.held:
            self._door.close()

    def inspect(self, tables: Sequence[str]) -> Inspection:
        """Look for rows that stand twice or hang on no issue, and count the issues of each scope."""
        with self._session() as session:
            return inspected(session, tables)

    def aside(self, tables: Sequence[str]) -> "SnowflakeStaging":
        """Make these tables empty beside the real ones; gives a staging whose rows of them go there."""
        with self._session() as session:
            full_loads.make_aside(session, tables)
        for table in tables:
            self._known.pop(aside_name(table), None)
        beside = copy(self)
        beside.aside_tables = frozenset(tables)
        return beside

    def take_over(self, load: FullLoad, report: Report) -> list[str]:
        """Put what was gathered aside into the real tables, in one transaction."""
        with counts_kept_on_failure(report), self._writing() as session:
            left_out = full_loads.take_over(session, load, report, datetime.now(UTC))
        with self._session() as session:
            full_loads.drop_aside(session, load.tables)
        return left_out

    @property
    def spelling(self) -> Spelling:
        """How Snowflake writes what views need."""
        return spelling(self._dialect, self.schema)

    def keep_views(self, spelling: Spelling, views: Sequence[View]) -> None:
        """Make or replace views that are missing or were made otherwise."""
        with self._session() as session:
            changed = out_of_date(spelling, views, comments_beside(session, views))
            make_schemas(session, changed)
            make(session, spelling, changed)

    def create_issue_named(self, columns: Mapping[str, str]) -> None:
        """Make the view `issue_named`: these columns of `issue` under these names."""
        with self._session() as session:
            session.execute(schema_building.issue_named(session.dialect, (self.schema,), columns))

    def _release(self, scopes: Sequence[str]) -> None:
        if not scopes:
            return
        try:
            with self._session() as session:
                self._locks.release(session, scopes)
        except StagingError as error:
            # What went wrong before, if anything did, is what is to be told.
            log.warning("The leases of %s end by themselves: %s", ", ".join(scopes), error)

    def _rival(self, scopes: Sequence[str]) -> str | None:
        with self._session() as session:
            return self._locks.take(session, scopes)

    @contextmanager
    def _writing(self) -> Iterator[SnowflakeSession]:
        with self._session() as session:
            yield session
            session.commit()

    @contextmanager
    def _session(self, make_schema: Callable[[SnowflakeSession], None] | None = None) -> Iterator[SnowflakeSession]:
        with self._door.opened() as connection:
            files = ParquetFiles()
            session = SnowflakeSession(
                Requests(connection), self.schema, self._known, self._locks, files, self.aside_tables, self._dialect
            )
            try:
                if make_schema:
                    make_schema(session)
                if self._settled is not connection:
                    session.settle()
                    self._settled = connection
                yield session
                session.requests.send()
            finally:
                files.discard()
