"""Rows out of Postgres into Arrow."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from jira_staging.errors import StagingRefused
from jira_staging.staging.postgres_session import DIALECT, PostgresSession
from jira_staging.tables import TABLES, ColumnType
from jira_staging.tables.arrow_types import ARROW_TYPES

# How a value leaves the database so that it is what Arrow holds: Python's own dates end where Postgres's do not.
_AS_ARROW: dict[ColumnType, str] = {
    "timestamp": "CAST(extract(epoch FROM {0}) * 1000000 AS bigint)",
    "date": "({0} - DATE '1970-01-01')",
    "json": "CAST({0} AS text)",
}
_NUMBERS = {"timestamp": pa.int64(), "date": pa.int32()}


def read_rows(
    session: PostgresSession,
    table: str,
    columns: Sequence[str],
    where: Mapping[str, Sequence[int | str]],
    *,
    newest_by: str | None,
    limit: int | None,
) -> pa.Table:
    """Rows of which every column of `where` has one of the given values, in the order of the key or newest first."""
    stored = session.columns(table)
    types = {name: ours for name, theirs in stored.items() if (ours := DIALECT.column_type(theirs))}
    if lacking := [name for name in (*columns, *where) if name not in types]:
        raise StagingRefused(
            f"{session.table(table)} has no column {', '.join(lacking)} that is ours: prepare the schema first."
        )
    shown = [_AS_ARROW.get(types[name], "{0}").format(DIALECT.name(name)) for name in columns]
    tests = [
        f"{DIALECT.name(name)} = ANY(CAST({DIALECT.value(f'values_{position}')} AS {stored[name]}[]))"
        for position, name in enumerate(where)
    ]
    sql = f"SELECT {', '.join(shown)} FROM {session.table(table)}"
    sql += f" WHERE {' AND '.join(tests)}" if tests else ""
    sql += f" ORDER BY {_order(table, newest_by)}" + (f" LIMIT {int(limit)}" if limit is not None else "")
    rows = session.fetch(sql, {f"values_{position}": list(values) for position, values in enumerate(where.values())})
    by_column = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [_array(values, types[name]) for name, values in zip(columns, by_column, strict=True)]
    return pa.table(arrays, names=list(columns))


def _order(table: str, newest_by: str | None) -> str:
    if newest_by:
        return f"{DIALECT.name(newest_by)} DESC NULLS LAST"
    # As bytes, like every other warehouse: the database's own collation may put `b` before `C`.
    kinds = {column.name: column.type for column in TABLES[table].columns}
    return ", ".join(DIALECT.name(key) + (' COLLATE "C"' if kinds[key] == "text" else "") for key in TABLES[table].key)


def _array(values: Sequence[object], column_type: ColumnType) -> pa.Array:
    arrow = ARROW_TYPES[column_type]
    return pa.array(values, _NUMBERS.get(column_type, arrow)).cast(arrow)
