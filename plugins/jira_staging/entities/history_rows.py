"""Rows of the history tables while they are made: one by one where something changed, by columns where nothing ever did."""

from collections.abc import Collection
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.entities.replaying import Moment, SetMoment
from jira_staging.records import Rows
from jira_staging.tables import TABLES
from jira_staging.tables.arrow_types import arrow_schema


class HistoryRows:
    """The rows of one history table. `one_by_one` are tuples in the order of its columns, times as epoch milliseconds."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._parts: list[pa.Table] = []
        self.one_by_one: list[tuple[Any, ...]] = []

    def add_columns(self, columns: list[pa.Array]) -> None:
        """Rows by whole columns, in the order of the table's."""
        self._parts.append(pa.Table.from_arrays(columns, schema=arrow_schema(TABLES[self._table])))

    def add_moments(self, issue_id: int, field_id: str, moments: list[Moment]) -> None:
        """The rows of one field with one value; the last moment holds now."""
        add, last = self.one_by_one.append, len(moments) - 1
        for place, (at, position, value, author) in enumerate(moments):
            add((issue_id, field_id, at, position, value, author, place == last))

    def add_sets(self, issue_id: int, field_id: str, moments: list[SetMoment]) -> None:
        """The rows of one field with many values; a set that was emptied is one row without a value."""
        add, last = self.one_by_one.append, len(moments) - 1
        for place, (at, position, values, author) in enumerate(moments):
            for value_position, value in enumerate(values or (None,)):
                add((issue_id, field_id, at, position, value_position, value, author, place == last))

    def rows(self, owners: tuple[int, ...]) -> Rows:
        """All of them; complete for these issues."""
        schema = arrow_schema(TABLES[self._table])
        by_column = zip(*self.one_by_one, strict=True) if self.one_by_one else iter([()] * len(schema))
        arrays = [_array(values, kind) for values, kind in zip(by_column, schema.types, strict=True)]
        table = pa.concat_tables([*self._parts, pa.Table.from_arrays(arrays, schema=schema)])
        return Rows(self._table, table.combine_chunks(), owners)


def _array(values: tuple[Any, ...], kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64()).cast(pa.timestamp("ms", "UTC")).cast(kind)
    return pa.array(values, kind)


def milliseconds(times: pa.ChunkedArray) -> list[int | None]:
    """A column of times as epoch milliseconds."""
    read: list[int | None] = times.cast(pa.timestamp("ms", "UTC"), safe=False).cast(pa.int64()).to_pylist()
    return read


class Beginnings:
    """What the first rows of a batch's issues share: ids, times of creation, creators, as columns.

    The rows of fields that never changed are gathered, and made for all fields at once.
    """

    def __init__(self, issue_ids: list[int], created: list[int], creators: list[str | None]) -> None:
        self._columns = (
            pa.array(issue_ids, pa.int64()),
            _array(tuple(created), pa.timestamp("us", "UTC")),
            pa.array(creators, pa.string()),
        )
        self._names: list[str] = []
        self._present: list[pa.Array] = []
        self._changed: list[Collection[int]] = []

    def gather_unchanged(self, field_id: str, present: pa.Array, changed: Collection[int]) -> None:
        """A first and only row for every issue that has a value and is not among the changed."""
        self._names.append(field_id)
        self._present.append(present)
        self._changed.append(changed)

    def add_to(self, rows: HistoryRows) -> None:
        """Add the rows that were gathered."""
        if not self._names:
            return
        # As one column, the issues of one field behind those of the other: a column a field would take a dozen calls each.
        present, issues = pa.concat_arrays(self._present), len(self._columns[0])
        never = bytearray(b"\1") * len(present)
        for number, changed in enumerate(self._changed):
            for row in changed:
                never[number * issues + row] = 0
        is_unchanged = pa.Array.from_buffers(pa.uint8(), len(never), [None, pa.py_buffer(never)]).cast(pa.bool_())
        places = pc.indices_nonzero(pc.and_(present.is_valid(), is_unchanged)).cast(pa.int64())
        fields = pc.divide(places, issues)
        of_issue = pc.subtract(places, pc.multiply(fields, issues))
        issue_ids, created, creators = (column.take(of_issue) for column in self._columns)
        names = pa.array(self._names, pa.string()).take(fields)
        first = pa.repeat(pa.scalar(0, pa.int64()), len(places))
        active = pa.repeat(pa.scalar(value=True), len(places))
        rows.add_columns([issue_ids, names, created, first, present.take(places), creators, active])
