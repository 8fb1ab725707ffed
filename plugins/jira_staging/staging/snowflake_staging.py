"""Staging tables in a Snowflake schema."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from jira_staging.errors import StagingError, StagingUnavailable
from jira_staging.records import Report, Run
from jira_staging.staging import schema_building
from jira_staging.staging.snowflake_door import SnowflakeDoor
from jira_staging.staging.snowflake_files import ParquetFiles
from jira_staging.staging.snowflake_locks import LeasedLocks
from jira_staging.staging.snowflake_requests import Requests
from jira_staging.staging.snowflake_schema import catalogue, make_schema, read_rows
from jira_staging.staging.snowflake_session import DIALECT, SnowflakeSession
from jira_staging.staging.snowflake_views import comments_beside, make_schemas, spelling
from jira_staging.staging.sql_building import aside_name
from jira_staging.staging.views import Spelling, View, make, out_of_date
from jira_staging.staging.warehouse_staging import WarehouseStaging
from jira_staging.tables import ColumnType

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

log = logging.getLogger(__name__)

# Each look at the locks is a statement that somebody pays for.
_PAUSE_SECONDS = 5.0


class SnowflakeStaging(WarehouseStaging[SnowflakeSession]):
    """A schema of staging tables in the database that a Snowflake connection names.

    `connect` makes a connection with whatever credentials somebody else has; `place` names it in messages. `transient` makes
    tables without fail-safe, which cost less to keep. `wait_seconds` bounds how long to wait for others' transactions.
    """

    dialect = DIALECT
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
        super().__init__(schema)
        self._door = SnowflakeDoor(connect, place, wait_seconds)
        self._dialect = replace(DIALECT, lasting_table="TRANSIENT TABLE") if transient else DIALECT
        self._locks = LeasedLocks()
        self._known: dict[str, Mapping[str, str]] = {}
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
        """The table's columns that have one of our types, asked for anew."""
        self._known.pop(table, None)
        return super().columns(table)

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

    def finish(self, report: Report) -> None:
        """Write the tallies as they now are, forget old rejected rows, and sign out."""
        super().finish(report)
        if not self._locks.held:
            self._door.close()

    def aside(self, tables: Sequence[str]) -> "SnowflakeStaging":
        """Make these tables empty beside the real ones; gives a staging whose rows of them go there."""
        beside = super().aside(tables)
        for table in tables:
            self._known.pop(aside_name(table), None)
        return beside

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

    def _reading(self) -> AbstractContextManager[SnowflakeSession]:
        return self._session()

    def _building(self) -> AbstractContextManager[SnowflakeSession]:
        # DDL commits by itself.
        return self._session()

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
