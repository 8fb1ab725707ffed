"""What is in a Postgres schema, and what we keep there beside tables: indexes, and views that keep their grants."""

from collections.abc import Iterator, Mapping

from jira_staging.staging.postgres_session import PostgresSession
from jira_staging.staging.schema_building import ISSUE_NAMED, Catalogue, issue_named
from jira_staging.tables import TABLES, Table

# What people and our own statements look rows up by, beside the key.
_LOOKED_UP: dict[str, tuple[tuple[str, ...], ...]] = {
    "issue": (("key",), ("project_id",), ("updated_at",)),
    "_sync_sweep": (("scope", "issue_id"),),
}


def catalogue(session: PostgresSession) -> Catalogue:
    """All that is in the schema: tables, views, comments."""
    rows = session.fetch(
        "SELECT c.relname, c.relkind IN ('v', 'm', 'f'), a.attname, format_type(a.atttypid, a.atttypmod), "
        "col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class') "
        "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.relname, a.attnum",
        {"schema": session.schema},
    )
    tables: dict[str, dict[str, str]] = {}
    views: set[str] = set()
    comments: dict[tuple[str, str | None], str] = {}
    for relation, is_view, column, kind, meaning, of_relation in rows:
        name = str(relation)
        comments[name, None] = str(of_relation)
        if is_view:
            views.add(name)
        else:
            tables.setdefault(name, {})[str(column)] = str(kind)
            comments[name, str(column)] = str(meaning)
    return Catalogue(tables, frozenset(views), comments)


def missing_indexes(session: PostgresSession) -> Iterator[str]:
    """DDL of the indexes that are not there: on the owner, which bounds every comparison, and on what is looked up."""
    rows = session.fetch("SELECT indexname FROM pg_indexes WHERE schemaname = %(schema)s", {"schema": session.schema})
    there = {str(name) for (name,) in rows}
    for table in TABLES.values():
        for columns in _indexed(table):
            index = f"{table.name}_{'_'.join(columns)}"
            if index not in there:
                names = session.dialect.names(columns)
                yield f"CREATE INDEX {session.dialect.name(index)} ON {session.table(table.name)} ({names})"


def show_issue_named(session: PostgresSession, columns: Mapping[str, str]) -> None:
    """Make or change the view `issue_named`, in the open transaction, so that its grants and the views on it stay.

    Postgres lets a view be replaced only by one that has the same columns first, so renamed fields are renamed before.
    """
    # First, since it refuses what cannot be a view.
    replacement = issue_named(session.dialect, (session.schema,), columns)
    view, quoted = session.table(ISSUE_NAMED), session.dialect.kept_name
    renamed = {old: new for old, new in zip(session.columns(ISSUE_NAMED), columns.values(), strict=False) if old != new}
    # Two fields may have exchanged their names.
    passing = {old: f"_renamed_{position}" for position, old in enumerate(renamed)}
    for old, between in passing.items():
        session.execute(f"ALTER VIEW {view} RENAME COLUMN {quoted(old)} TO {quoted(between)}")
    for old, new in renamed.items():
        session.execute(f"ALTER VIEW {view} RENAME COLUMN {quoted(passing[old])} TO {quoted(new)}")
    session.execute(replacement)


def _indexed(table: Table) -> tuple[tuple[str, ...], ...]:
    owner = ((table.owner,),) if table.owner and table.owner != table.key[0] else ()
    return (*owner, *_LOOKED_UP.get(table.name, ()))
