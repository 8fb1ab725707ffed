"""Views in schemas of Postgres beside the staging tables."""

from collections.abc import Sequence

from jira_staging.staging.postgres_session import DIALECT, PostgresSession
from jira_staging.staging.views import Spelling, View, make, out_of_date

# A view that a report is reading is left as it is until the next run, rather than let everybody else wait behind us.
_LONGEST_WAIT = "2s"


def spelling(schema: str) -> Spelling:
    """How views over this schema are written."""
    return Spelling(
        DIALECT,
        schema,
        local_pattern="({0} AT TIME ZONE '{zone}')",
        moment_pattern="to_timestamp({0} / 1000.0)",
        # What is no array has no elements; asked for them, Postgres would refuse the whole query.
        json_pattern="({0} #>> '{{{keys}}}')",
    )


def comments_beside(session: PostgresSession) -> dict[tuple[str, str], str]:
    """The comments of tables and views in the schemas beside this one, by the schema's end and name."""
    rows = session.fetch(
        "SELECT n.nspname, c.relname, obj_description(c.oid, 'pg_class') FROM pg_class AS c "
        "JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE starts_with(n.nspname, %(start)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')",
        {"start": f"{session.schema}_"},
    )
    return {(str(schema)[len(session.schema) + 1 :], str(name)): str(text) for schema, name, text in rows}


def replace_views(session: PostgresSession, spelling: Spelling, views: Sequence[View]) -> None:
    """Make the views that are out of date anew, in the open transaction; does nothing while another run is at it."""
    session.execute(f"SET LOCAL lock_timeout = '{_LONGEST_WAIT}'")
    ((ours,),) = session.fetch(
        "SELECT pg_try_advisory_xact_lock(hashtext(%(name)s))", {"name": f"jira-staging views {session.schema}"}
    )
    if not ours:
        return
    found = comments_beside(session)
    changed = out_of_date(spelling, views, found)
    for schema in dict.fromkeys(view.schema for view in changed):
        name = f"{session.schema}_{schema}"
        if not session.fetch("SELECT 1 FROM pg_namespace WHERE nspname = %(schema)s", {"schema": name}):
            session.execute(f"CREATE SCHEMA {DIALECT.name(name)}")
    there = [view for view in views if (view.schema, view.name) in found]
    # Postgres replaces a view only by one that begins with the same columns: where one does not, all of ours go and return.
    if any(view in there and not _begins_alike(session, spelling, view) for view in changed):
        for view in reversed(there):
            session.execute(f"DROP VIEW {spelling.view(view.schema, view.name)}")
        changed = list(views)
    make(session, spelling, changed)


def _begins_alike(session: PostgresSession, spelling: Spelling, view: View) -> bool:
    rows = session.fetch(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped "
        "AND attrelid = to_regclass(%(view)s) ORDER BY attnum",
        {"view": spelling.view(view.schema, view.name).replace("%%", "%")},
    )
    new = [(column.name, DIALECT.types[column.type]) for column in view.columns]
    return [(str(name), str(kind)) for name, kind in rows] == new[: len(rows)]
