"""What staging does alike in every warehouse with transactions: the stories of this room, each run in a session of its own."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from datetime import UTC, datetime
from typing import ClassVar, Generic, Self, TypeVar

import pyarrow as pa

from jira_staging.errors import StagingRefused
from jira_staging.records import Batch, FullLoad, Gone, Report, Run, SyncState
from jira_staging.staging import bookkeeping, full_loads, publishing
from jira_staging.staging.erased_people import People
from jira_staging.staging.inspecting import Inspection, inspected
from jira_staging.staging.newly_erased import met
from jira_staging.staging.overwriting import Departed, Rewriter
from jira_staging.staging.own_rows import counts_kept_on_failure, sweep_rows
from jira_staging.staging.people_in_rows import batch_without_people
from jira_staging.staging.personal_data import PersonalDataGuard
from jira_staging.staging.sessions import Session
from jira_staging.staging.sql_building import Dialect
from jira_staging.tables import ColumnType

S = TypeVar("S", bound=Session)


class WarehouseStaging(ABC, Generic[S]):
    """A schema of staging tables; a warehouse's class adds how it prepares them, locks scopes, reads and makes views.

    `aside_tables` are those whose rows go beside the real tables, until a full load takes over.
    """

    dialect: ClassVar[Dialect]

    def __init__(self, schema: str) -> None:
        self.schema = schema
        self.aside_tables: frozenset[str] = frozenset()
        self.guard: PersonalDataGuard | None = None
        self.people = People()
        # What a full load gathers goes beside the tables of this one.
        self._real = self
        self._run: Run | None = None

    @abstractmethod
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

    @abstractmethod
    def _writing(self) -> AbstractContextManager[S]:
        """A session that commits at its end, and leaves nothing behind where it fails."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[S]:
        """A session that changes nothing."""

    def _building(self) -> AbstractContextManager[S]:
        """A session that makes or drops tables."""
        return self._writing()

    def working(self) -> AbstractContextManager[None]:
        """Each piece of work opens what it needs."""
        return nullcontext()

    def columns(self, table: str) -> dict[str, ColumnType]:
        """The table's columns that have one of our types, in their order; empty without the table."""
        with self._reading() as session:
            stored = session.columns(table)
        return {name: ours for name, theirs in stored.items() if (ours := self.dialect.column_type(theirs))}

    def answer(self, sql: str) -> list[tuple[object, ...]]:
        """The rows that a query of ours gives."""
        with self._reading() as session:
            return session.fetch(sql)

    def store_sweep(self, scope: str, ids: Sequence[int] | pa.Array, sweep_started: int, state: SyncState) -> None:
        """Replace the scope's stored sweep, and the state that says what it was made for, in one transaction."""
        if self._run is None:
            raise StagingRefused("A sweep belongs to a run: prepare the staging schema for it first.")
        rows = sweep_rows(scope, pa.array(ids, pa.int64()), sweep_started)
        with self._writing() as session:
            bookkeeping.store_sweep(session, scope, rows, state, run_id=self._run.run_id, now=datetime.now(UTC))

    def publish(self, batch: Batch, report: Report) -> None:
        """Merge a batch in one transaction and count it; on any failure nothing is written and nothing counted."""
        shown = batch_without_people(met(batch, self._real, report), self.people)
        shown = self.guard.guarded(shown) if self.guard else shown
        self._transact(lambda session: publishing.publish(session, shown, report, datetime.now(UTC)), report)

    def overwrite(self, departed: Departed, report: Report, *, only_count: bool = False) -> dict[str, int]:
        """Write anew, or only count, every row that names one of these people: how many, by table."""
        rewriter = Rewriter(self.read, self.columns, self._reading, lambda work: self._transact(work, report))
        with self.working():
            return rewriter.overwrite(departed, report.run.run_id, datetime.now(UTC), only_count=only_count)

    def mark_gone(self, scope: str, gone: Sequence[Gone], report: Report) -> None:
        """Mark issues and all that hangs on them as gone, in one transaction."""
        self._transact(lambda session: bookkeeping.mark_gone(session, scope, gone, report, datetime.now(UTC)), report)

    def finish(self, report: Report) -> None:
        """Write the tallies as they now are, and forget old rejected rows."""
        with self._writing() as session:
            bookkeeping.finish(session, report, datetime.now(UTC))

    def inspect(self, tables: Sequence[str]) -> Inspection:
        """Look for rows that stand twice or hang on no issue, and count the issues of each scope."""
        with self._reading() as session:
            return inspected(session, tables)

    def aside(self, tables: Sequence[str]) -> Self:
        """Make these tables empty beside the real ones; gives a staging whose rows of them go there."""
        with self._building() as session:
            full_loads.make_aside(session, tables)
        beside = copy(self)
        beside.aside_tables = frozenset(tables)
        return beside

    def take_over(self, load: FullLoad, report: Report) -> list[str]:
        """Put what was gathered aside into the real tables, in one transaction; the columns that they have no place for."""
        with counts_kept_on_failure(report), self._writing() as session:
            left_out = full_loads.take_over(session, load, report, datetime.now(UTC))
        with self._building() as session:
            full_loads.drop_aside(session, load.tables)
        return left_out

    def _transact(self, work: Callable[[S], None], report: Report) -> None:
        """Do the work in one transaction. A failure leaves the report's counts as they were."""
        with counts_kept_on_failure(report), self._writing() as session:
            work(session)
