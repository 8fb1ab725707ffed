"""Issues with their names, and what they were when: statuses, projects, types, by half-open periods."""

from jira_staging.reporting.values import identifier
from jira_staging.reporting.working_days import SCHEMA, seconds_between, working_seconds_until
from jira_staging.staging.views import Spelling, View
from jira_staging.tables import Column

ISSUE_ID = Column("issue_id", "bigint", "`issue.id`", "`issue.id`")
ISSUE_KEY = Column("issue_key", "text", "The key that it has now", "`issue.key`")
PROJECT_KEY = Column("project_key", "text", "The key of its project", "`project.key`")
SECONDS = Column("seconds", "bigint", "How long, in seconds; until `as_of` where it goes on", "computed")
WORKING_SECONDS = Column("working_seconds", "bigint", "The same without days that are no working days", "computed")
_OVERVIEW = (
    ISSUE_ID,
    ISSUE_KEY,
    Column("summary", "text", "`issue.summary`", "`issue.summary`", personal=True),
    Column("project_id", "bigint", "`project.id`", "`issue.project_id`"),
    PROJECT_KEY,
    Column("type_name", "text", "What kind of issue", "`issue_type.name`"),
    Column("is_subtask", "boolean", "Whether it lives below another issue", "`issue_type.is_subtask`"),
    Column("status_id", "bigint", "`status.id`", "`issue.status_id`"),
    Column("status_name", "text", "Its status", "`status.name`"),
    Column("status_category", "text", "`new`, `indeterminate` or `done`, in every language", "`status_category.key`"),
    Column("priority_name", "text", "Its priority", "`priority.name`"),
    Column("resolution_name", "text", "Its resolution; null while it has none", "`resolution.name`"),
    Column("assignee_id", "text", "`user.id`", "`issue.assignee_id`"),
    Column("assignee_name", "text", "Who is to do it", "`user.name`", personal=True),
    Column("parent_key", "text", "The key of the issue above it", "`issue.key`"),
    Column("epic_key", "text", "The key of its epic", "`issue.key`"),
    Column("created_at", "timestamp", "When it was made", "`issue.created_at`"),
    Column("created_date", "date", "That day in the site's time zone", "computed"),
    Column("created_date_utc", "date", "That day in UTC", "computed"),
    Column("updated_at", "timestamp", "When it last changed", "`issue.updated_at`"),
    Column("resolved_at", "timestamp", "When it got its present resolution", "`issue.resolved_at`"),
    Column("resolved_date", "date", "That day in the site's time zone", "computed"),
    Column("resolved_date_utc", "date", "That day in UTC", "computed"),
    Column("due_date", "date", "When it is due", "`issue.due_date`"),
    Column("original_estimate_seconds", "bigint", "As first estimated", "`issue.original_estimate_seconds`"),
    Column("remaining_estimate_seconds", "bigint", "What is left", "`issue.remaining_estimate_seconds`"),
    Column("time_spent_seconds", "bigint", "What was logged", "`issue.time_spent_seconds`"),
)


def views(spelling: Spelling) -> list[View]:
    """`issue_overview`, `issue_period`, `status_period` and `time_in_status`."""
    return [_overview(spelling), _issue_period(spelling), _status_period(spelling), _time_in_status(spelling)]


def periods(spelling: Spelling, field_id: str) -> str:
    """The values of a field that holds one, as periods [begin, end); end is null for the one that holds. None is empty."""
    return (
        "(SELECT p.issue_id, p.value, p.begins, p.ends, p.first_begins FROM (SELECT h.issue_id, h.value, "
        "h.changed_at AS begins, min(h.changed_at) OVER (PARTITION BY h.issue_id) AS first_begins, "
        "lead(h.changed_at) OVER (PARTITION BY h.issue_id ORDER BY h.changed_at, h.position) AS ends "
        f"FROM {spelling.rows('issue_field_history')} AS h WHERE h.field_id = '{field_id}') AS p "
        "WHERE p.ends IS NULL OR p.ends > p.begins)"
    )


def _overview(spelling: Spelling) -> View:
    day = spelling.local_date
    query = (
        "SELECT i.id AS issue_id, i.key AS issue_key, i.summary, i.project_id, p.key AS project_key, t.name AS type_name, "
        "t.is_subtask, i.status_id, s.name AS status_name, c.key AS status_category, o.name AS priority_name, "
        "r.name AS resolution_name, i.assignee_id, u.name AS assignee_name, above.key AS parent_key, epic.key AS epic_key, "
        f"i.created_at, {day('i.created_at')} AS created_date, {spelling.utc_date('i.created_at')} AS created_date_utc, "
        f"i.updated_at, i.resolved_at, {day('i.resolved_at')} AS resolved_date, "
        f"{spelling.utc_date('i.resolved_at')} AS resolved_date_utc, i.due_date, "
        "i.original_estimate_seconds, i.remaining_estimate_seconds, i.time_spent_seconds "
        f"FROM {spelling.rows('issue')} AS i {_named(spelling, 'project', 'p', 'i.project_id')} "
        f"{_named(spelling, 'issue_type', 't', 'i.issue_type_id')} {_named(spelling, 'status', 's', 'i.status_id')} "
        f"{_named(spelling, 'status_category', 'c', 's.category_id')} {_named(spelling, 'priority', 'o', 'i.priority_id')} "
        f"{_named(spelling, 'resolution', 'r', 'i.resolution_id')} {_named(spelling, 'user', 'u', 'i.assignee_id')} "
        f"{_named(spelling, 'issue', 'above', 'i.parent_id')} {_named(spelling, 'issue', 'epic', 'i.epic_id')}"
    )
    meaning = "Every issue that Jira gives, with names for its ids and days in the site's time zone beside UTC."
    return View(SCHEMA, "issue_overview", meaning, _OVERVIEW, query)


def _named(spelling: Spelling, table: str, alias: str, reference: str) -> str:
    return f"LEFT JOIN {spelling.rows_ever(table)} AS {alias} ON {alias}.id = {reference}"


def _issue_period(spelling: Spelling) -> View:
    columns = (
        ISSUE_ID,
        Column("begins_at", "timestamp", "Since when; the period holds its beginning and not its end", "`changed_at`"),
        Column("ends_at", "timestamp", "Until when; null for what holds now", "the next `changed_at`"),
        Column("project_id", "bigint", "`project.id` at that time", "`issue_field_history`"),
        Column("issue_type_id", "bigint", "`issue_type.id` at that time", "`issue_field_history`"),
        Column("status_id", "bigint", "`status.id` at that time", "`issue_field_history`"),
        Column("status_category", "text", "`new`, `indeterminate` or `done`", "`status_category.key`"),
    )
    # An imported issue may have changed before it was made: what never changed held from the first change on.
    first = "least(s.first_begins, p.first_begins, t.first_begins)"
    begins = ", ".join(f"CASE WHEN {one}.begins > {one}.first_begins THEN {one}.begins ELSE {first} END" for one in "spt")
    begins = f"greatest({begins})"
    # Not `least` over all three: it is null in Snowflake, and not in the others, where one of them is.
    never = "TIMESTAMP '9999-01-01 00:00:00'"
    never = f"CAST({never} AS {spelling.dialect.types['timestamp']})"
    ends = f"least(coalesce(s.ends, {never}), coalesce(p.ends, {never}), coalesce(t.ends, {never}))"
    query = (
        f"SELECT s.issue_id, {begins} AS begins_at, nullif({ends}, {never}) AS ends_at, "
        f"{identifier('p.value')} AS project_id, {identifier('t.value')} AS issue_type_id, "
        f"{identifier('s.value')} AS status_id, "
        f"c.key AS status_category FROM {periods(spelling, 'status')} AS s "
        f"JOIN {periods(spelling, 'project')} AS p ON p.issue_id = s.issue_id "
        f"JOIN {periods(spelling, 'issuetype')} AS t ON t.issue_id = s.issue_id "
        f"LEFT JOIN {spelling.rows_ever('status')} AS x ON x.id = {identifier('s.value')} "
        f"LEFT JOIN {spelling.rows_ever('status_category')} AS c ON c.id = x.category_id WHERE {begins} < {ends}"
    )
    meaning = (
        "What status, project and type an issue had when: one that moved or changed its type is counted where it was at the "
        "time. Issues that are gone are not here."
    )
    return View(SCHEMA, "issue_period", meaning, columns, query)


def _status_period(spelling: Spelling) -> View:
    columns = (
        ISSUE_ID,
        Column("status_id", "bigint", "`status.id`", "`issue_field_history.value`"),
        Column("status_name", "text", "The status", "`status.name`"),
        Column("status_category", "text", "`new`, `indeterminate` or `done`", "`status_category.key`"),
        Column("entered_at", "timestamp", "Since when it was in the status", "`changed_at`"),
        Column("left_at", "timestamp", "When it left; null while it is there", "the next `changed_at`"),
        Column("entered_date", "date", "The day of entering in the site's time zone", "computed"),
        SECONDS,
        WORKING_SECONDS,
    )
    until = "coalesce(s.ends, a.as_of)"
    days = spelling.view(SCHEMA, "calendar_day")
    query = (
        f"SELECT s.issue_id, {identifier('s.value')} AS status_id, x.name AS status_name, c.key AS status_category, "
        f"s.begins AS entered_at, s.ends AS left_at, {spelling.local_date('s.begins')} AS entered_date, "
        f"greatest({seconds_between('s.begins', until)}, 0) AS seconds, "
        f"greatest(floor({working_seconds_until(spelling, until, 'till')} - "
        f"{working_seconds_until(spelling, 's.begins', 'since')}), 0) "
        f"AS working_seconds FROM {periods(spelling, 'status')} AS s CROSS JOIN {spelling.view(SCHEMA, 'as_of')} AS a "
        f"LEFT JOIN {spelling.rows_ever('status')} AS x ON x.id = {identifier('s.value')} "
        f"LEFT JOIN {spelling.rows_ever('status_category')} AS c ON c.id = x.category_id "
        f"LEFT JOIN {days} AS since ON since.date = {spelling.local_date('s.begins')} "
        f"LEFT JOIN {days} AS till ON till.date = {spelling.local_date(until)}"
    )
    return View(SCHEMA, "status_period", "Each stay of an issue in a status, as a period [entered, left).", columns, query)


def _time_in_status(spelling: Spelling) -> View:
    columns = (
        ISSUE_ID,
        ISSUE_KEY,
        PROJECT_KEY,
        Column("type_name", "text", "What kind of issue", "`issue_type.name`"),
        Column("status_name", "text", "The status", "`status.name`"),
        Column("status_category", "text", "`new`, `indeterminate` or `done`", "`status_category.key`"),
        Column("visits", "bigint", "How often it came into the status", "counted"),
        Column("is_there", "boolean", "Whether it is there now", "computed"),
        SECONDS,
        WORKING_SECONDS,
    )
    query = (
        "SELECT o.issue_id, o.issue_key, o.project_key, o.type_name, s.status_name, s.status_category, count(*) AS visits, "
        "max(CASE WHEN s.left_at IS NULL THEN 1 ELSE 0 END) = 1 AS is_there, sum(s.seconds) AS seconds, "
        f"sum(s.working_seconds) AS working_seconds FROM {spelling.view(SCHEMA, 'status_period')} AS s "
        f"JOIN {spelling.view(SCHEMA, 'issue_overview')} AS o ON o.issue_id = s.issue_id "
        "GROUP BY o.issue_id, o.issue_key, o.project_key, o.type_name, s.status_id, s.status_name, s.status_category"
    )
    return View(SCHEMA, "time_in_status", "How long each issue was in each status, all its visits together.", columns, query)
