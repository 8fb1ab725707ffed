"""What a schema lacks to be ours: the DDL that makes it whole, from what the warehouse's catalogue says is there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jira_staging.errors import StagingRefused
from jira_staging.staging.sessions import Session
from jira_staging.staging.sql_building import Dialect
from jira_staging.tables import TABLES, Column, ColumnType, Table

# Beside tables whose names are reserved words in some warehouses, so that nobody must quote them.
VIEWS = {"jira_user": "user", "jira_group": "group"}
VIEW_MEANING = "The table `{}`, under a name that is no reserved word."
ISSUE_NAMED = "issue_named"


@dataclass(frozen=True)
class Catalogue:
    """What is in the schema: each table's columns with the types that the catalogue names, the views, and all comments.

    A comment goes by table and column, or by table and None for the table's own.
    """

    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    views: frozenset[str] = frozenset()
    comments: Mapping[tuple[str, str | None], str] = field(default_factory=dict)


def preparations(dialect: Dialect, schema: tuple[str, ...], found: Catalogue) -> list[str]:
    """The DDL, in order, that makes what is missing. Refuses a table or view that has one of our names and is not ours."""
    for table in TABLES.values():
        _require_ours(dialect, schema, found, table)
    statements: list[str] = []
    for table in TABLES.values():
        statements += _table_ddl(dialect, schema, found, table)
    for view, table_name in VIEWS.items():
        statements += _view_ddl(dialect, schema, found, view=view, table=TABLES[table_name])
    return statements


def create_table(
    dialect: Dialect, target: str, columns: Mapping[str, str], key: Sequence[str], *, passing: bool = False
) -> str:
    """DDL of a table of these columns and the warehouse's types for them; `passing`: it need not survive a crash.

    Where the warehouse does not enforce keys, the merge alone keeps them unique (DECISIONS.md).
    """
    parts = [f"{dialect.name(name)} {kind}" for name, kind in columns.items()]
    if dialect.enforces_keys:
        parts.append(f"PRIMARY KEY ({dialect.names(key)})")
    return f"CREATE {dialect.passing_table if passing else dialect.lasting_table} {target} ({', '.join(parts)})"


def add_column(dialect: Dialect, target: str, name: str, column_type: ColumnType) -> str:
    """DDL of one more column, null in the rows that are there."""
    return f"ALTER TABLE {target} ADD COLUMN {dialect.name(name)} {dialect.types[column_type]}"


def issue_named(dialect: Dialect, schema: tuple[str, ...], columns: Mapping[str, str]) -> str:
    """DDL of the view that shows columns of `issue` under display names. Refuses two of one name, in whatever case."""
    if len({name.casefold() for name in columns.values()}) < len(columns):
        raise StagingRefused(f"The view {ISSUE_NAMED} cannot have two columns of one name.")
    shown = ", ".join(f"{dialect.name(column)} AS {dialect.kept_name(name)}" for column, name in columns.items())
    source = _in_view(dialect, schema, "issue")
    return f"CREATE OR REPLACE VIEW {dialect.name(*schema, ISSUE_NAMED)} {dialect.replaced_view}AS SELECT {shown} FROM {source}"


def _require_ours(dialect: Dialect, schema: tuple[str, ...], found: Catalogue, table: Table) -> None:
    where = f"{'.'.join(schema)}.{table.name}"
    remedy = "Choose another schema for the staging tables, or rename what is there."
    if table.name in found.views:
        raise StagingRefused(f"{where} is a view, and the staging tables need a table there. {remedy}")
    columns = found.tables.get(table.name)
    if columns is None:
        return
    signs = (*table.key, *(column.name for column in table.house_columns[:2]))
    if lacking := [name for name in signs if name not in columns]:
        raise StagingRefused(f"The table {where} is not ours: it has no column {', '.join(lacking)}. {remedy}")
    for column in table.all_columns:
        stored = columns.get(column.name)
        if stored is not None and stored != dialect.types[column.type]:
            expected = dialect.types[column.type]
            raise StagingRefused(f"The table {where} is not ours: {column.name} is {stored}, not {expected}. {remedy}")


def _table_ddl(dialect: Dialect, schema: tuple[str, ...], found: Catalogue, table: Table) -> Iterator[str]:
    target = dialect.name(*schema, table.name)
    if table.name not in found.tables:
        columns = {column.name: dialect.types[column.type] + _inline_comment(dialect, column) for column in table.all_columns}
        yield create_table(dialect, target, columns, table.key)
    for column in _missing(found, table):
        yield add_column(dialect, target, column.name, column.type) + _inline_comment(dialect, column)
    if found.comments.get((table.name, None)) != table.meaning:
        yield f"COMMENT ON TABLE {target} IS {dialect.text(table.meaning)}"
    for column in () if dialect.comments_inline else table.all_columns:
        if found.comments.get((table.name, column.name)) != column.meaning:
            yield f"COMMENT ON COLUMN {target}.{dialect.name(column.name)} IS {dialect.text(column.meaning)}"


def _inline_comment(dialect: Dialect, column: Column) -> str:
    return f" COMMENT {dialect.text(column.meaning)}" if dialect.comments_inline else ""


def _view_ddl(dialect: Dialect, schema: tuple[str, ...], found: Catalogue, *, view: str, table: Table) -> Iterator[str]:
    name, meaning = dialect.name(*schema, view), VIEW_MEANING.format(table.name)
    if view in found.tables or (view in found.views and found.comments.get((view, None)) != meaning):
        raise StagingRefused(f"{'.'.join(schema)}.{view} is not ours. Choose another schema, or rename what is there.")
    if view not in found.views or _missing(found, table):
        yield f"CREATE OR REPLACE VIEW {name} {dialect.replaced_view}AS SELECT * FROM {_in_view(dialect, schema, table.name)}"
        yield f"COMMENT ON VIEW {name} IS {dialect.text(meaning)}"


def _missing(found: Catalogue, table: Table) -> list[Column]:
    """The columns that an older version of ours did not have yet."""
    there = found.tables.get(table.name)
    return [] if there is None else [column for column in table.all_columns if column.name not in there]


def _in_view(dialect: Dialect, schema: tuple[str, ...], table: str) -> str:
    # Without the database: a view looks in its own, and so still works when a DuckDB file was renamed.
    return dialect.name(table) if dialect.bare_tables_in_views else dialect.name(schema[-1], table)


def require_own_site(session: Session, catalogue: Catalogue, place: str, site: str) -> None:
    """Refuse a schema that holds another site's rows. `place` is the schema in words."""
    name, value = session.dialect.name("site"), session.dialect.value("site")
    for table in ("_sync_run", "_sync_state"):
        if table in catalogue.tables:
            others = session.fetch(f"SELECT {name} FROM {session.table(table)} WHERE {name} <> {value} LIMIT 1", {"site": site})
            if others:
                raise StagingRefused(
                    f"The schema {place} holds rows of {others[0][0]}, not of {site}. "
                    "One schema holds one site: choose another schema for this one."
                )
