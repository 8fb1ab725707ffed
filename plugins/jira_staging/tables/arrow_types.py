"""The staging tables' column types in Arrow, and back: the form in which rows travel from the payloads to the warehouse."""

import pyarrow as pa

from jira_staging.tables.nouns import Column, ColumnType, Table

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "text": pa.string(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
    "json": pa.string(),
}
# Arrow holds JSON as a string like any other: the field's metadata says that the warehouse shall keep it as JSON.
_JSON_MARK = {b"column_type": b"json"}
_COLUMN_TYPES: dict[pa.DataType, ColumnType] = {arrow: name for name, arrow in ARROW_TYPES.items() if name != "json"}


def arrow_field(name: str, column_type: ColumnType) -> pa.Field:
    """The Arrow field of a column: a JSON column is a string whose metadata marks it."""
    return pa.field(name, ARROW_TYPES[column_type], metadata=_JSON_MARK if column_type == "json" else None)


def arrow_schema(table: Table) -> pa.Schema:
    """The fields that `Rows` for this table must have: its own columns in their order, without the house columns."""
    return columns_schema(table.columns)


def columns_schema(columns: tuple[Column, ...]) -> pa.Schema:
    """The fields of these columns, in their order."""
    return pa.schema([arrow_field(column.name, column.type) for column in columns])


def column_type(field: pa.Field) -> ColumnType:
    """What an Arrow field is in a staging table. Raises KeyError for an Arrow type that no staging column has."""
    if field.metadata and field.metadata.get(b"column_type") == b"json":
        return "json"
    return _COLUMN_TYPES[field.type]
