"""How a release fills, and how much of it is done."""

from jira_staging.reporting.flow import DATE, running_totals
from jira_staging.reporting.issue_states import PROJECT_KEY
from jira_staging.reporting.values import identifier
from jira_staging.reporting.working_days import SCHEMA
from jira_staging.staging.views import Spelling, View
from jira_staging.tables import Column


def views(spelling: Spelling) -> list[View]:
    """`release_burnup`."""
    columns = (
        Column("version_id", "bigint", "`version.id`", "`version.id`"),
        Column("version_name", "text", "Its name", "`version.name`"),
        PROJECT_KEY,
        Column("is_released", "boolean", "Whether it is out", "`version.is_released`"),
        Column("release_date", "date", "When it is or was to be out", "`version.release_date`"),
        DATE,
        Column("issues", "bigint", "How many issues named it as a fix version", "`issue_multiselect_history`"),
        Column("done_issues", "bigint", "How many of them were done", "`issue_period`"),
    )
    periods = spelling.view(SCHEMA, "issue_period")
    # A release ends with what is gone from it, so every membership has two events, and so has every time of being done in it.
    done_from, done_to = (
        "greatest(m.begins, p.begins_at)",
        "nullif(least(coalesce(m.ends, {0}), coalesce(p.ends_at, {0})), {0})",
    )
    never = f"CAST('9999-01-01 00:00:00' AS {spelling.dialect.types['timestamp']})"
    done = (
        f"(SELECT m.version_id, {done_from} AS begins, {done_to.format(never)} AS ends FROM {_members(spelling)} AS m "
        f"JOIN {periods} AS p ON p.issue_id = m.issue_id AND p.status_category = 'done' AND (m.ends IS "
        "NULL OR p.begins_at < m.ends) "
        "AND (p.ends_at IS NULL OR p.ends_at > m.begins))"
    )
    events = (
        f"SELECT m.version_id, {spelling.local_date('m.begins')} AS date, 1 AS issues, 0 AS done_issues "
        f"FROM {_members(spelling)} AS m "
        f"UNION ALL SELECT m.version_id, {spelling.local_date('m.ends')}, -1, 0 FROM {_members(spelling)} "
        "AS m WHERE m.ends IS NOT NULL "
        f"UNION ALL SELECT x.version_id, {spelling.local_date('x.begins')}, 0, 1 FROM {done} AS x "
        f"UNION ALL SELECT x.version_id, {spelling.local_date('x.ends')}, 0, -1 FROM {done} AS x WHERE x.ends IS NOT NULL"
    )
    query = (
        "SELECT f.version_id, v.name AS version_name, p.key AS project_key, v.is_released, v.release_date, f.date, f.issues, "
        f"f.done_issues FROM ({running_totals(spelling, events, ('version_id',), ('issues', 'done_issues'))}) AS f "
        f"JOIN {spelling.rows('version')} AS v ON v.id = f.version_id "
        f"LEFT JOIN {spelling.rows_ever('project')} AS p ON p.id = v.project_id"
    )
    meaning = "How many issues each release had, and how many of them were done, at the end of each day up to `as_of`."
    return [View(SCHEMA, "release_burnup", meaning, columns, query)]


def _members(spelling: Spelling) -> str:
    """Which issue named which version as a fix version, as periods."""
    rows = spelling.rows("issue_multiselect_history")
    return (
        f"(SELECT h.issue_id, {identifier('h.value')} AS version_id, t.begins, t.ends FROM ("
        "SELECT b.issue_id, b.position, b.changed_at AS begins, lead(b.changed_at) OVER (PARTITION BY b.issue_id "
        "ORDER BY b.changed_at, b.position) AS ends FROM (SELECT DISTINCT r.issue_id, r.changed_at, "
        f"r.position FROM {rows} AS r "
        f"WHERE r.field_id = 'fixVersions') AS b) AS t JOIN {rows} AS h ON h.issue_id = t.issue_id AND "
        "h.changed_at = t.begins "
        "AND h.position = t.position AND h.field_id = 'fixVersions' "
        "WHERE h.value IS NOT NULL AND (t.ends IS NULL OR t.ends > t.begins))"
    )
