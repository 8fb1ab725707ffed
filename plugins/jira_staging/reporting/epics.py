"""Epics: what each gathers, and how much of it is done."""

from jira_staging.reporting.issue_states import PROJECT_KEY
from jira_staging.reporting.working_days import SCHEMA
from jira_staging.staging.views import Spelling, View
from jira_staging.tables import Column

# What Jira calls the level right above its stories and tasks, whatever the type is named.
EPIC_LEVEL = 1
_COLUMNS = (
    Column("epic_id", "bigint", "`issue.id`", "`issue.id`"),
    Column("epic_key", "text", "The key that it has now", "`issue.key`"),
    Column("summary", "text", "`issue.summary`", "`issue.summary`", personal=True),
    PROJECT_KEY,
    Column("status_name", "text", "Its status", "`status.name`"),
    Column("status_category", "text", "`new`, `indeterminate` or `done`, in every language", "`status_category.key`"),
    Column("assignee_id", "text", "`user.id`", "`issue.assignee_id`"),
    Column("created_at", "timestamp", "When it was made", "`issue.created_at`"),
    Column("due_date", "date", "When it is due", "`issue.due_date`"),
    Column("resolved_at", "timestamp", "When it got its present resolution", "`issue.resolved_at`"),
    Column("issues", "bigint", "How many issues name it as their epic; their subtasks do not count", "`issue.epic_id`"),
    Column("done_issues", "bigint", "How many of them are done", "`status_category.key`"),
)


def views(spelling: Spelling) -> list[View]:
    """`epic`."""
    overview = spelling.view(SCHEMA, "issue_overview")
    query = (
        "SELECT o.issue_id AS epic_id, o.issue_key AS epic_key, o.summary, o.project_key, o.status_name, o.status_category, "
        "o.assignee_id, o.created_at, o.due_date, o.resolved_at, coalesce(g.issues, 0) AS issues, "
        f"coalesce(g.done_issues, 0) AS done_issues FROM {overview} AS o "
        f"JOIN {spelling.rows('issue')} AS e ON e.id = o.issue_id "
        f"JOIN {spelling.rows_ever('issue_type')} AS t ON t.id = e.issue_type_id "
        "LEFT JOIN (SELECT i.epic_id, count(*) AS issues, "
        "count(CASE WHEN m.status_category = 'done' THEN 1 END) AS done_issues "
        f"FROM {spelling.rows('issue')} AS i JOIN {overview} AS m ON m.issue_id = i.id GROUP BY i.epic_id) AS g "
        f"ON g.epic_id = o.issue_id WHERE t.hierarchy_level = {EPIC_LEVEL} "
        # Data Center tells no levels, and its own type of epics may be named in any language.
        "OR (t.hierarchy_level IS NULL AND (g.epic_id IS NOT NULL OR lower(t.name) = 'epic'))"
    )
    return [View(SCHEMA, "epic", "Every epic, with how many issues it gathers and how many are done.", _COLUMNS, query)]
