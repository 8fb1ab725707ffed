"""Who worked how much in which week."""

from jira_staging.reporting.issue_states import PROJECT_KEY
from jira_staging.reporting.working_days import SCHEMA
from jira_staging.staging.views import Spelling, View
from jira_staging.tables import Column


def views(spelling: Spelling) -> list[View]:
    """`worklog_week`."""
    columns = (
        Column("author_id", "text", "`user.id`", "`worklog.author_id`"),
        Column("author_name", "text", "Who worked", "`user.name`", personal=True),
        Column(
            "week_start_date", "date", "The Monday of the week in which the work began, in the site's time zone", "computed"
        ),
        PROJECT_KEY,
        Column("worklogs", "bigint", "How many entries", "counted"),
        Column("issues", "bigint", "On how many issues", "counted"),
        Column("seconds", "bigint", "How long, in seconds", "`worklog.time_spent_seconds`"),
    )
    local = spelling.local_date("w.started_at")
    # Not from `calendar_day`: work may be logged for any day at all.
    week = spelling.days_after(local, f"-mod(mod({local} - DATE '1970-01-05', 7) + 7, 7)")
    query = (
        f"SELECT w.author_id, u.name AS author_name, {week} AS week_start_date, p.key AS project_key, count(*) AS worklogs, "
        "count(DISTINCT w.issue_id) AS issues, sum(w.time_spent_seconds) AS seconds "
        f"FROM {spelling.rows('worklog')} AS w JOIN {spelling.rows('issue')} AS i ON i.id = w.issue_id "
        f"LEFT JOIN {spelling.rows_ever('project')} AS p ON p.id = i.project_id "
        f"LEFT JOIN {spelling.rows_ever('user')} AS u ON u.id = w.author_id "
        f"GROUP BY w.author_id, u.name, {week}, p.key"
    )
    meaning = "Logged work by person, week and the project that the issue is in now. Deleted entries do not count."
    return [View(SCHEMA, "worklog_week", meaning, columns, query)]
