"""Rows out of Postgres into Arrow."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from jira_staging.staging.arrow_reading import as_table, ordered, shown_as
from jira_staging.staging.postgres_session import PostgresSession
from jira_staging.tables import ColumnType

_AS_ARROW: dict[ColumnType, str] = {
    "timestamp": "CAST(extract(epoch FROM {0}) * 1000000 AS bigint)",
    "date": "({0} - DATE '1970-01-01')",
    "json": "CAST({0} AS text)",
}


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
    shown, stored, name = shown_as(session, table, [*columns, *where], _AS_ARROW), session.columns(table), session.dialect.name
    tests = [
        f"{name(column)} = ANY(CAST({session.dialect.value(f'values_{position}')} AS {stored[column]}[]))"
        for position, column in enumerate(where)
    ]
    sql = f"SELECT {', '.join(shown[column] for column in columns)} FROM {session.table(table)}"
    sql += f" WHERE {' AND '.join(tests)}" if tests else ""
    # As bytes, like every other warehouse: the database's own collation may put `b` before `C`.
    sql += ordered(session, table, newest_by, limit, as_bytes=' COLLATE "C"')
    rows = session.fetch(sql, {f"values_{position}": list(values) for position, values in enumerate(where.values())})
    return as_table(session, table, columns, rows)
