"""Rows on their way in: held to their table, with text that every warehouse takes, each key once."""

import re
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.errors import StagingRefused
from jira_staging.json_mending import mended
from jira_staging.records import Rows
from jira_staging.tables import TABLES, ColumnType, Table
from jira_staging.tables.arrow_types import ARROW_TYPES, column_type

# What strict JSON readers refuse although Jira's old issues hold it: NUL and halves of emoji, as escapes.
_UNLOADABLE_JSON = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_NUL = re.compile(rb"\0")
_ROW_NUMBER = "_row_number"


def column_types(data: pa.Table) -> dict[str, ColumnType]:
    """What each column of the data is in a staging table. Refuses an Arrow type that no staging column has."""
    try:
        return {field.name: column_type(field) for field in data.schema}
    except KeyError as unknown:
        known = ", ".join(sorted({str(arrow) for arrow in ARROW_TYPES.values()}))
        raise StagingRefused(f"No staging column holds Arrow's type {unknown.args[0]}, only {known}.") from unknown


def loadable(rows: Rows) -> pa.Table:
    """The rows with each key once (the newest version, or else the last) and text that every warehouse takes.

    NUL characters and what is not UTF-8 become U+FFFD. Refuses rows without a value in their key.
    """
    table = TABLES[rows.table]
    for column in _needed(table, rows):
        if column not in rows.data.column_names:
            raise StagingRefused(f"The rows for {table.name} have no column {column}.")
    for column in table.key:
        if rows.data[column].null_count:
            raise StagingRefused(f"Rows for {table.name} have no value in {column}, which is part of the table's key.")
    return _distinct(table, _whole_text(rows.data))


def _needed(table: Table, rows: Rows) -> tuple[str, ...]:
    version = (table.version,) if table.version else ()
    owner = (table.owner,) if table.owner and rows.owners else ()
    return (*table.key, *version, *owner)


def require_types(table: str, incoming: Mapping[str, ColumnType], existing: Mapping[str, ColumnType]) -> None:
    """Refuse rows that would not fit into the columns that are there."""
    for column, incoming_type in incoming.items():
        stored_type = existing.get(column)
        if stored_type != incoming_type:
            stored = f"holds {stored_type}" if stored_type else "does not exist or has a type that is not ours"
            raise StagingRefused(f"Rows for {table} have {incoming_type} in {column}, but the column {stored}.")


def _whole_text(data: pa.Table) -> pa.Table:
    for position, field in enumerate(data.schema):
        if field.type == pa.string():
            column = data.column(position)
            json = column_type(field) == "json"
            if not _is_loadable(column, json=json):
                data = data.set_column(position, field, _mended_text(column, json=json))
    return data


def _is_loadable(column: pa.ChunkedArray, *, json: bool) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    unloadable = _UNLOADABLE_JSON if json else _NUL
    # A buffer may hold more than the column's part of it: then it is mended for nothing.
    return not any(unloadable.search(text) for chunk in column.chunks if (text := chunk.buffers()[2]) is not None)


def _mended_text(column: pa.ChunkedArray, *, json: bool) -> pa.ChunkedArray:
    values = (None if value is None else bytes(value) for value in column.cast(pa.binary()).to_pylist())
    mend = (lambda value: mended(value).decode()) if json else _without_nul
    return pa.chunked_array([pa.array([None if value is None else mend(value) for value in values], pa.string())])


def _without_nul(value: bytes) -> str:
    return value.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _distinct(table: Table, data: pa.Table) -> pa.Table:
    keys = list(table.key)
    if _different_keys(data.select(keys)) == data.num_rows:
        return data
    numbered = data.append_column(_ROW_NUMBER, pa.array(range(data.num_rows), pa.int64()))
    version = [(table.version, "descending")] if table.version else []
    newest_first = numbered.take(pc.sort_indices(numbered, sort_keys=[*version, (_ROW_NUMBER, "descending")]))
    # One thread: the order of the rows within a group decides which is first.
    kept = newest_first.group_by(keys, use_threads=False).aggregate([(_ROW_NUMBER, "first")])
    return data.take(kept[f"{_ROW_NUMBER}_first"])


def _different_keys(keys: pa.Table) -> int:
    # One thread: several take four times the CPU, and other work is waiting for it.
    numbers = pa.table([_as_numbers(column) for column in keys.columns], keys.column_names)
    return int(numbers.group_by(keys.column_names, use_threads=False).aggregate([]).num_rows)


def _as_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """Numbers that differ where the values do: they are compared in half the time."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.int64())
    return column.combine_chunks().dictionary_encode().indices if pa.types.is_string(column.type) else column
