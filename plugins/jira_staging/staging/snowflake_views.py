"""Views in schemas of Snowflake beside the staging tables."""

from collections.abc import Sequence

from jira_staging.staging.snowflake_session import SnowflakeSession
from jira_staging.staging.sql_building import Dialect
from jira_staging.staging.views import Spelling, View


def spelling(dialect: Dialect, schema: str) -> Spelling:
    """How views over this schema are written; names of schemas are found in the session's database."""
    return Spelling(
        dialect,
        schema,
        # Without its offset: the wall clock, by which days are counted.
        local_pattern="CAST(CONVERT_TIMEZONE('{zone}', {0}) AS TIMESTAMP_NTZ)",
        # By the local kind of timestamp, which alone reads a number as UTC whatever the session's time zone is.
        moment_pattern="CAST(TO_TIMESTAMP_LTZ({0}, 3) AS TIMESTAMP_TZ)",
        days_pattern="DATEADD(day, {1}, {0})",
        json_pattern="CAST(GET_PATH({0}, '{dots}') AS VARCHAR)",
    )


def comments_beside(session: SnowflakeSession, views: Sequence[View]) -> dict[tuple[str, str], str]:
    """The comments of tables and views in the schemas of these views, by the schema's end and name."""
    found: dict[tuple[str, str], str] = {}
    for schema in dict.fromkeys(view.schema for view in views):
        # Tables first: INFORMATION_SCHEMA.TABLES has views, too, and not everywhere their comments.
        for relations in ("TABLES", "VIEWS"):
            rows = session.fetch(
                f"SELECT TABLE_NAME, COMMENT FROM INFORMATION_SCHEMA.{relations} WHERE TABLE_SCHEMA = %(schema)s",
                {"schema": _name(session, schema)},
            )
            found |= {(schema, str(name).lower()): str(comment) for name, comment in rows}
    return found


def make_schemas(session: SnowflakeSession, views: Sequence[View]) -> None:
    """Make the schemas of these views, where they are not there."""
    for schema in dict.fromkeys(view.schema for view in views):
        name = _name(session, schema)
        if not session.fetch("SELECT 1 FROM INFORMATION_SCHEMA.SCHEMATA WHERE SCHEMA_NAME = %(schema)s", {"schema": name}):
            session.execute(f"CREATE SCHEMA {session.dialect.name(name)}")
    # Making a schema uses it.
    session.execute(f"USE SCHEMA {session.dialect.name(session.schema)}")


def _name(session: SnowflakeSession, schema: str) -> str:
    return f"{session.schema}_{schema}".upper()
