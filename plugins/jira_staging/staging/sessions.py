"""One connection's work on one schema: what the stories of this room need of a warehouse, and nothing more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from jira_staging.staging.merging import Merge
from jira_staging.staging.sql_building import Dialect
from jira_staging.tables import ColumnType, Table

Parameters = Mapping[str, object]


@dataclass(frozen=True)
class Written:
    """What became of a table's rows, of one part of a batch: how many were new, changed, and gone."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0


# By table and part of the batch.
WrittenParts = Mapping[str, Mapping[int, Written]]


class Session(Protocol):
    """A connection to a warehouse for one transaction. What is staged lasts until the session ends."""

    @property
    def dialect(self) -> Dialect:
        """How the warehouse spells SQL."""
        ...

    def table(self, name: str) -> str:
        """The full quoted name of a staging table."""
        ...

    def columns(self, table: str) -> Mapping[str, str]:
        """The table's columns with the types that the catalogue names, in their order; empty without the table."""
        ...

    def grow(self, table: str, new: Mapping[str, ColumnType]) -> None:
        """Add columns, null in the rows that are there; before `begin`."""
        ...

    def key_by_run(self, table: str) -> None:
        """Let the table hold a key once for each run, before `begin`. It is empty when this changes anything."""
        ...

    def stage(self, name: str, data: pa.Table) -> str:
        """Bring rows into the warehouse, before `begin`; gives the relation that holds them."""
        ...

    def stage_rows(self, table: Table, data: pa.Table) -> str:
        """Bring a table's rows in to be merged, before `begin`; gives a relation with their keys and versions at least."""
        ...

    def ready(self, merge: Merge) -> None:
        """Make what a merge needs, before `begin`."""
        ...

    def begin(self) -> None:
        """Begin the transaction; everything before may have been committed by itself."""
        ...

    def merge(self, merges: Sequence[Merge], values: Parameters) -> WrittenParts:
        """Write the merges, which are in the order of the tables, with these parameters: what became of which table's rows."""
        ...

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement that answers nothing."""
        ...

    def fetch(self, sql: str, parameters: Parameters | None = None) -> list[tuple[object, ...]]:
        """Run a query and give its rows."""
        ...
