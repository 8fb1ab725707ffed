"""Open issues that need somebody: stale, blocked, overdue."""

from jira_staging.reporting.issue_states import ISSUE_ID, ISSUE_KEY, PROJECT_KEY
from jira_staging.reporting.working_days import SCHEMA, seconds_between
from jira_staging.staging.views import Spelling, View
from jira_staging.tables import Column

STALE_DAYS = 30
_OPEN = (
    ISSUE_ID,
    ISSUE_KEY,
    Column("summary", "text", "`issue.summary`", "`issue.summary`", personal=True),
    PROJECT_KEY,
    Column("type_name", "text", "What kind of issue", "`issue_type.name`"),
    Column("status_name", "text", "Its status", "`status.name`"),
    Column("assignee_id", "text", "`user.id`", "`issue.assignee_id`"),
    Column("assignee_name", "text", "Who is to do it; null if nobody is", "`user.name`", personal=True),
    Column("due_date", "date", "When it is due", "`issue.due_date`"),
    Column("days_since_update", "bigint", "Whole days since it last changed", "`issue.updated_at`"),
    Column("days_in_status", "bigint", "Whole days since it came into its status", "`status_period.entered_at`"),
    Column("is_stale", "boolean", f"Whether nothing changed for {STALE_DAYS} days", "computed"),
    Column("is_overdue", "boolean", "Whether its day has passed, in the site's time zone", "`issue.due_date`"),
    Column("open_blockers", "bigint", "How many open issues block it", "`blocked_issue`"),
    Column("is_flagged", "boolean", "Whether its flag is up", "the field named Flagged"),
    Column("is_blocked", "boolean", "Whether something blocks it, its flag is up, or its status is called Blocked", "computed"),
)


def views(spelling: Spelling) -> list[View]:
    """`blocked_issue` and `open_issue`."""
    return [_blocked(spelling), _open(spelling)]


def _blocked(spelling: Spelling) -> View:
    columns = (
        ISSUE_ID,
        ISSUE_KEY,
        PROJECT_KEY,
        Column("status_name", "text", "Its status", "`status.name`"),
        Column("assignee_name", "text", "Who is to do it", "`user.name`", personal=True),
        Column("blocker_id", "bigint", "The issue that it waits for: `issue.id`", "`issue_link.related_issue_id`"),
        Column("blocker_key", "text", "That issue's key", "`issue.key`"),
        Column("blocker_status_name", "text", "That issue's status", "`status.name`"),
        Column("blocker_assignee_name", "text", "Who is to do that one", "`user.name`", personal=True),
        Column("blocker_updated_at", "timestamp", "When that issue last changed", "`issue.updated_at`"),
    )
    overview = spelling.view(SCHEMA, "issue_overview")
    query = (
        "SELECT o.issue_id, o.issue_key, o.project_key, o.status_name, o.assignee_name, b.issue_id AS blocker_id, "
        "b.issue_key AS blocker_key, b.status_name AS blocker_status_name, b.assignee_name AS blocker_assignee_name, "
        f"b.updated_at AS blocker_updated_at FROM {spelling.rows('issue_link')} AS l "
        f"JOIN {spelling.rows_ever('issue_link_type')} AS t ON t.id = l.link_type_id "
        f"JOIN {overview} AS o ON o.issue_id = l.issue_id JOIN {overview} AS b ON b.issue_id = l.related_issue_id "
        "WHERE l.direction = 'inward' AND (lower(t.name) IN ('blocks', 'blocker') OR lower(t.outward) = 'blocks') "
        "AND coalesce(o.status_category, '') <> 'done' AND coalesce(b.status_category, '') <> 'done'"
    )
    meaning = "Open issues that a link says are blocked by another open issue, a row for each pair."
    return View(SCHEMA, "blocked_issue", meaning, columns, query)


def _open(spelling: Spelling) -> View:
    since_update, in_status = seconds_between("o.updated_at", "a.as_of"), seconds_between("s.entered_at", "a.as_of")
    query = (
        "WITH blockers AS (SELECT b.issue_id, count(DISTINCT b.blocker_id) AS blockers "
        f"FROM {spelling.view(SCHEMA, 'blocked_issue')} AS b GROUP BY b.issue_id), "
        f"flagged AS (SELECT DISTINCT h.issue_id FROM {spelling.rows('issue_multiselect_history')} AS h "
        f"JOIN {spelling.rows_ever('field')} AS f ON f.id = h.field_id "
        "WHERE lower(f.name) = 'flagged' AND h.is_active AND h.value IS NOT NULL) "
        "SELECT o.issue_id, o.issue_key, o.summary, o.project_key, o.type_name, o.status_name, "
        "o.assignee_id, o.assignee_name, "
        f"o.due_date, floor({since_update} / 86400) AS days_since_update, floor({in_status} / 86400) AS days_in_status, "
        f"{since_update} >= {STALE_DAYS} * 86400 AS is_stale, coalesce(o.due_date < a.as_of_date, FALSE) AS is_overdue, "
        "coalesce(b.blockers, 0) AS open_blockers, g.issue_id IS NOT NULL AS is_flagged, "
        "b.issue_id IS NOT NULL OR g.issue_id IS NOT NULL OR lower(coalesce(o.status_name, '')) = 'blocked' AS is_blocked "
        f"FROM {spelling.view(SCHEMA, 'issue_overview')} AS o CROSS JOIN {spelling.view(SCHEMA, 'as_of')} AS a "
        f"LEFT JOIN {spelling.view(SCHEMA, 'status_period')} AS s ON s.issue_id = o.issue_id AND s.left_at IS NULL "
        "LEFT JOIN blockers AS b ON b.issue_id = o.issue_id LEFT JOIN flagged AS g ON g.issue_id = o.issue_id "
        "WHERE coalesce(o.status_category, '') <> 'done'"
    )
    meaning = "Issues that are not done, with what makes them stale, blocked or overdue at `as_of`."
    return View(SCHEMA, "open_issue", meaning, _OPEN, query)
