"""Which targets of Jira Service Management were met and missed."""

from jira_staging.reporting.issue_states import ISSUE_ID, ISSUE_KEY, PROJECT_KEY
from jira_staging.reporting.working_days import SCHEMA
from jira_staging.staging.views import Spelling, View
from jira_staging.tables import TABLES, Column

# Shown as they are.
_MEASURED = ("is_ongoing", "is_paused", "started_at", "stopped_at", "breach_at")
_LENGTHS = ("goal_seconds", "elapsed_seconds", "remaining_seconds")


def views(spelling: Spelling) -> list[View]:
    """`sla_outcome`."""
    cycle = TABLES["sla_cycle"]
    columns = (
        ISSUE_ID,
        ISSUE_KEY,
        PROJECT_KEY,
        cycle.column("sla_id"),
        cycle.column("field_id"),
        Column("sla_name", "text", "What the SLA is called", "`sla_cycle.name`"),
        cycle.column("position"),
        *(cycle.column(name) for name in (*_MEASURED, *_LENGTHS)),
        Column(
            "outcome",
            "text",
            "`met`; `missed`; while it may still be met `running`, or `paused`",
            "`is_breached`; of one that runs on, `breach_at` before `as_of`",
        ),
    )
    # What ran when the issue was last read may have been missed since: the issue does not change by that.
    query = (
        "SELECT c.issue_id, i.key AS issue_key, p.key AS project_key, c.sla_id, c.field_id, c.name AS sla_name, c.position, "
        f"{', '.join(f'c.{name}' for name in (*_MEASURED, *_LENGTHS))}, "
        "CASE WHEN c.is_breached THEN 'missed' WHEN NOT c.is_ongoing THEN 'met' WHEN c.is_paused THEN 'paused' "
        "WHEN c.breach_at <= a.as_of THEN 'missed' ELSE 'running' END AS outcome "
        f"FROM {spelling.rows('sla_cycle')} AS c JOIN {spelling.rows('issue')} AS i ON i.id = c.issue_id "
        f"LEFT JOIN {spelling.rows_ever('project')} AS p ON p.id = i.project_id "
        f"CROSS JOIN {spelling.view(SCHEMA, 'as_of')} AS a"
    )
    meaning = (
        "Measured SLAs, a row a cycle, and what became of each by `as_of`. Times are as Jira told them when the issue was last "
        "read: of one that runs on, `elapsed_seconds` and `remaining_seconds` are as old as that. Empty where the site has no "
        "Jira Service Management."
    )
    return [View(SCHEMA, "sla_outcome", meaning, columns, query)]
