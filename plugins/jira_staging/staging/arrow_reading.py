"""Rows out of a warehouse into Arrow, where the warehouse itself gives Python's values."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from jira_staging.errors import StagingRefused
from jira_staging.staging.sessions import Session
from jira_staging.tables import TABLES, ColumnType
from jira_staging.tables.arrow_types import ARROW_TYPES

# What leaves the database as a number: Python's own dates end where others' do not. Microseconds and days since 1970.
_NUMBERS = {"timestamp": pa.int64(), "date": pa.int32()}


def shown_as(session: Session, table: str, columns: Sequence[str], as_arrow: Mapping[ColumnType, str]) -> dict[str, str]:
    """The SQL of each column so that its value is what Arrow holds. Refuses columns that are not there."""
    stored = session.columns(table)
    types = {name: session.dialect.column_type(stored[name]) if name in stored else None for name in columns}
    if lacking := [name for name, kind in types.items() if kind is None]:
        named = ", ".join(lacking)
        raise StagingRefused(f"{session.table(table)} has no column {named} that is ours. Prepare the staging schema first.")
    return {name: as_arrow.get(kind, "{0}").format(session.dialect.name(name)) for name, kind in types.items() if kind}


def ordered(session: Session, table: str, newest_by: str | None, limit: int | None, *, as_bytes: str = "") -> str:
    """ORDER BY and LIMIT of a read: by the key, or newest first. `as_bytes` is said of text."""
    name, kinds = session.dialect.name, {column.name: column.type for column in TABLES[table].columns}
    keys = ", ".join(name(key) + (as_bytes if kinds[key] == "text" else "") for key in TABLES[table].key)
    order = f"{name(newest_by)} DESC NULLS LAST" if newest_by else keys
    return f" ORDER BY {order}" + (f" LIMIT {int(limit)}" if limit is not None else "")


def as_table(session: Session, table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> pa.Table:
    """Rows as an Arrow table of the columns' types."""
    stored = session.columns(table)
    by_column = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = []
    for name, values in zip(columns, by_column, strict=True):
        kind = session.dialect.column_type(stored[name])
        arrow = ARROW_TYPES[kind or "text"]
        arrays.append(pa.array(values, _NUMBERS.get(kind or "text", arrow)).cast(arrow))
    return pa.table(arrays, names=list(columns))
