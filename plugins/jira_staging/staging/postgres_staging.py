"""Staging tables in a Postgres database."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from jira_staging.errors import StagingRefused
from jira_staging.records import Report, Run
from jira_staging.staging import schema_building
from jira_staging.staging.own_rows import counts_kept_on_failure
from jira_staging.staging.postgres_door import ConflictLost, PostgresDoor
from jira_staging.staging.postgres_locks import AdvisoryLocks
from jira_staging.staging.postgres_reading import read_rows
from jira_staging.staging.postgres_schema import catalogue, missing_indexes, show_issue_named
from jira_staging.staging.postgres_session import DIALECT, PostgresSession
from jira_staging.staging.postgres_views import comments_beside, replace_views, spelling
from jira_staging.staging.views import Spelling, View, out_of_date
from jira_staging.staging.warehouse_staging import WarehouseStaging

if TYPE_CHECKING:
    import psycopg

# A batch that lost a deadlock or a serialization conflict against somebody else's transaction is simply written again.
_TRIES = 3


class PostgresStaging(WarehouseStaging[PostgresSession]):
    """A schema of staging tables in a Postgres database. A connection is open only for a batch, a query or a lock.

    `connect` makes a connection of psycopg 3 with whatever credentials somebody else has; `place` names the database in
    messages. `wait_seconds` bounds how long to wait for what other sessions have locked.
    """

    dialect = DIALECT
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
        super().__init__(schema)
        self._door = PostgresDoor(connect, place, wait_seconds)

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
        with self._reading() as session:
            return read_rows(session, table, columns, where or {}, newest_by=newest_by, limit=limit)

    @property
    def spelling(self) -> Spelling:
        """How Postgres writes what views need."""
        return spelling(self.schema)

    def keep_views(self, spelling: Spelling, views: Sequence[View]) -> None:
        """Make or replace views that are missing or were made otherwise, unless another run is at it."""
        with self._reading() as session:
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

    def _transact(self, work: Callable[[PostgresSession], None], report: Report) -> None:
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
        with self._reading() as session:
            yield session
            session.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[PostgresSession]:
        with self._door.opened() as connection:
            yield PostgresSession(connection, self.schema, self._door.wait_seconds, self.aside_tables)

    def _require_unicode(self, session: PostgresSession) -> None:
        ((encoding,),) = session.fetch("SELECT current_setting('server_encoding')")
        if encoding != "UTF8":
            raise StagingRefused(
                f"{self._door.place} keeps its text as {encoding}, which has no room for what people write in Jira. "
                "Use a database with the encoding UTF8."
            )
