"""What is in a Snowflake schema, and rows out of it into Arrow."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from jira_staging.staging.arrow_reading import as_table, ordered, shown_as
from jira_staging.staging.schema_building import Catalogue
from jira_staging.staging.snowflake_session import SnowflakeSession, is_folded, spelled
from jira_staging.tables import ColumnType

_AS_ARROW: dict[ColumnType, str] = {
    "timestamp": "DATE_PART(EPOCH_MICROSECOND, {0})",
    "date": "DATEDIFF(DAY, CAST('1970-01-01' AS DATE), {0})",
    "json": "TO_JSON({0})",
}
# A list of values in a statement may have some thousands; more are staged.
_MOST_LISTED = 1_000


def make_schema(session: SnowflakeSession) -> None:
    """Make the schema, where it is not there."""
    here = {"schema": session.schema.upper()}
    if not session.fetch("SELECT 1 FROM INFORMATION_SCHEMA.SCHEMATA WHERE SCHEMA_NAME = %(schema)s", here):
        # Not IF NOT EXISTS: it asks for the right to make schemas even where the schema is there.
        session.execute(f"CREATE SCHEMA {session.dialect.name(session.schema)}")


def catalogue(session: SnowflakeSession) -> Catalogue:
    """All that is in the schema: tables, views, comments. Of names in capitals, which are all of ours."""
    here = {"schema": session.schema.upper()}
    of_views = "SELECT TABLE_NAME, COMMENT FROM INFORMATION_SCHEMA.VIEWS WHERE TABLE_SCHEMA = %(schema)s"
    of_tables = "SELECT TABLE_NAME, COMMENT FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = %(schema)s"
    views = {str(name): str(comment) for name, comment in session.fetch(of_views, here)}
    tables = {str(name): str(comment) for name, comment in session.fetch(of_tables, here) if name not in views}
    columns = session.fetch(
        "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, NUMERIC_PRECISION, NUMERIC_SCALE FROM INFORMATION_SCHEMA.COLUMNS "
        "WHERE TABLE_SCHEMA = %(schema)s ORDER BY TABLE_NAME, ORDINAL_POSITION",
        here,
    )
    found: dict[str, dict[str, str]] = {}
    for table, column, *kind in columns:
        if table in tables and is_folded(str(table)) and is_folded(str(column)):
            found.setdefault(str(table).lower(), {})[str(column).lower()] = spelled(*kind)
    comments: dict[tuple[str, str | None], str] = {
        (name.lower(), None): comment for name, comment in (tables | views).items() if is_folded(name)
    }
    return Catalogue(found, frozenset(name.lower() for name in views if is_folded(name)), comments)


def read_rows(
    session: SnowflakeSession,
    table: str,
    columns: Sequence[str],
    where: Mapping[str, Sequence[int | str]],
    *,
    newest_by: str | None,
    limit: int | None,
) -> pa.Table:
    """Rows of which every column of `where` has one of the given values, in the order of the key or newest first."""
    shown = shown_as(session, table, [*columns, *where], _AS_ARROW)
    tests, parameters = [], dict[str, object]()
    for position, (column, values) in enumerate(where.items()):
        if len(values) > _MOST_LISTED:
            found = f"SELECT value FROM {session.stage(f'values_{position}', pa.table({'value': pa.array(values)}))}"
        else:
            listed = {f"value_{position}_{number}": value for number, value in enumerate(values)}
            parameters |= listed
            found = ", ".join(session.dialect.value(name) for name in listed) or "NULL"
        tests.append(f"{session.dialect.name(column)} IN ({found})")
    session.send()
    sql = f"SELECT {', '.join(shown[column] for column in columns)} FROM {session.table(table)}"
    sql += f" WHERE {' AND '.join(tests)}" if tests else ""
    return as_table(session, table, columns, session.fetch(sql + ordered(session, table, newest_by, limit), parameters))
