"""What every warehouse does for a run: `Staging`, one Protocol, one implementation a warehouse."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa

from jira_staging.records import Batch, FullLoad, Gone, Report, Run, SyncState
from jira_staging.staging.erased_people import People
from jira_staging.staging.inspecting import Inspection
from jira_staging.staging.overwriting import Departed
from jira_staging.staging.personal_data import PersonalDataGuard
from jira_staging.staging.views import Spelling, View
from jira_staging.tables import ColumnType

# The scope of a full load: it owns its whole tables, so nothing else may load into the schema beside it.
WHOLE_SCHEMA = "*"


class Staging(Protocol):
    """A schema of staging tables. Whatever goes wrong is raised as StagingRefused (repair) or StagingUnavailable (wait)."""

    guard: PersonalDataGuard | None
    """What hides personal data in all that is published; None where it is kept."""

    people: People
    """Who is to stand in no table any longer: whatever is published comes without them."""

    @property
    def longest_name(self) -> int:
        """How many bytes of UTF-8 a column's name may have."""
        ...

    def prepare(self, run: Run) -> None:
        """Make what is missing: the schema, tables, columns, comments, and the views beside reserved names.

        Refuses a schema that holds another site's rows, and a table that has one of our names and is not ours.
        """
        ...

    def working(self) -> AbstractContextManager[None]:
        """Inside, one piece of work follows the other, so what costs time to open may stay open for a moment between them."""
        ...

    def locked(self, scopes: Iterable[str], wait_seconds: float) -> AbstractContextManager[None]:
        """Hold these scopes of the schema alone (`WHOLE_SCHEMA`: all of it); the lock ends with the process that has it.

        Raises StagingUnavailable, naming who holds it, when it is not free within `wait_seconds`.
        """
        ...

    def columns(self, table: str) -> dict[str, ColumnType]:
        """The columns that the table has now, in their order; empty without the table. Columns of other types are left out."""
        ...

    def read(
        self,
        table: str,
        columns: Sequence[str],
        where: Mapping[str, Sequence[int | str]] | None = None,
        *,
        newest_by: str | None = None,
        limit: int | None = None,
    ) -> pa.Table:
        """Rows of which every column of `where` has one of the given values, ordered by the table's key.

        `newest_by` orders by that column instead, newest first.
        """
        ...

    def answer(self, sql: str) -> list[tuple[object, ...]]:
        """The rows that a query of ours over these tables and their views gives: it reads and takes no parameters."""
        ...

    def store_sweep(self, scope: str, ids: Sequence[int] | pa.Array, sweep_started: int, state: SyncState) -> None:
        """Replace the scope's stored sweep by these issue ids in their order, and remember what it was made for."""
        ...

    def publish(self, batch: Batch, report: Report) -> None:
        """Merge a batch and all that must be true together with it in one transaction, and count it into `report`.

        On any failure the rows and the report's tallies are as they were; a new column may stay, without a value.
        """
        ...

    def mark_gone(self, scope: str, gone: Sequence[Gone], report: Report) -> None:
        """Mark issues that Jira no longer gives, and their child rows with the same time and reason; remove memberships.

        One transaction, counted into `report` under the scope, which should hold its lock. `_scope_issue` forgets the issues,
        so no JQL scope may hold them any longer; those without a reason it forgets for this scope alone. Rows that were
        marked before keep their mark. An issue that returns is published like any other, and what is published with it comes
        back.
        """
        ...

    def inspect(self, tables: Sequence[str]) -> Inspection | None:
        """Look for rows of these tables that stand twice or hang on no issue, and count the issues of each scope.

        None where there are no tables to look over.
        """
        ...

    def overwrite(self, departed: Departed, report: Report, *, only_count: bool = False) -> dict[str, int]:
        """Write anew, or only count, every row that names one of these people: how many, by table."""
        ...

    def finish(self, report: Report) -> None:
        """Write the tallies of the run as they now are, and clean up what is kept for a time only."""
        ...

    def aside(self, tables: Sequence[str]) -> "Staging":
        """Make these tables anew, empty, beside the real ones: the start of a full load, which holds the whole schema's lock.

        Gives a staging whose rows of these tables go there, and which else is this one.
        """
        ...

    def take_over(self, load: FullLoad, report: Report) -> list[str]:
        """Put what was gathered aside into the real tables, in one transaction; the end of a full load.

        Gives the columns of `issue` that were left out. On any failure the tables and the tallies are as they were.
        """
        ...

    @property
    def spelling(self) -> Spelling | None:
        """How the queries of views over these tables are written; None where there can be none."""
        ...

    def keep_views(self, spelling: Spelling, views: Sequence[View]) -> None:
        """Make or replace those of these views that are missing or were made otherwise, each after those that it reads.

        Costs one query where nothing is to be done. Refuses what has one of their names and is not ours.
        """
        ...

    def create_issue_named(self, columns: Mapping[str, str]) -> None:
        """Make the view `issue_named`, which shows these columns of `issue` under these names."""
        ...
