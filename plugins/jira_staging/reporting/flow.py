"""How work flows: how much is where on each day, how long it takes, and whether more comes in than goes out."""

from jira_staging.reporting.issue_states import ISSUE_ID, ISSUE_KEY, PROJECT_KEY
from jira_staging.reporting.working_days import SCHEMA, seconds_between, working_seconds_until
from jira_staging.staging.views import Spelling, View
from jira_staging.tables import Column

DATE = Column("date", "date", "The day, in the site's time zone; counted at its end", "`calendar_day.date`")
_CYCLE_TIME = (
    ISSUE_ID,
    ISSUE_KEY,
    PROJECT_KEY,
    Column("type_name", "text", "What kind of issue it is now", "`issue_type.name`"),
    Column("created_at", "timestamp", "When it was made", "`issue.created_at`"),
    Column("started_at", "timestamp", "When it first was in progress; null if it never was", "`issue_period`"),
    Column("done_at", "timestamp", "When it last became done; null while it is not", "`issue_period`"),
    Column("done_date", "date", "That day in the site's time zone", "computed"),
    Column("times_reopened", "bigint", "How often it was done and then no longer", "counted"),
    Column(
        "lead_seconds",
        "bigint",
        "From its creation until it was done; null where an import says that it was done before",
        "computed",
    ),
    Column("cycle_seconds", "bigint", "From its first start until it was done; null if it never was in progress", "computed"),
    Column("working_lead_seconds", "bigint", "`lead_seconds` without days that are no working days", "computed"),
    Column("working_cycle_seconds", "bigint", "`cycle_seconds` without days that are no working days", "computed"),
)


def views(spelling: Spelling) -> list[View]:
    """`cumulative_flow`, `cycle_time` and `created_resolved`."""
    return [_cumulative_flow(spelling), _cycle_time(spelling), _created_resolved(spelling)]


def running_totals(spelling: Spelling, events: str, keys: tuple[str, ...], sums: tuple[str, ...]) -> str:
    """A query: by `keys` and day, the sums of all that `events` (keys, date, sums) tells up to the day's end."""
    names, firsts = (", ".join(f"{alias}.{key}" for key in keys) for alias in ("e", "t"))
    same = " AND ".join(f"t.{key} = k.{key}" for key in keys)
    listed = ", ".join(f"k.{key}" for key in keys)
    until = f"OVER (PARTITION BY {listed} ORDER BY d.date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    totals = ", ".join(f"coalesce(sum(t.{name}) {until}, 0) AS {name}" for name in sums)
    by_day = ", ".join(f"sum(e.{name}) AS {name}" for name in sums)
    # Named once: asked for in two places, the events would be computed twice.
    return (
        f"WITH t AS (SELECT {names}, e.date, {by_day} FROM ({events}) AS e GROUP BY {names}, e.date) "
        f"SELECT {listed}, d.date, {totals} FROM (SELECT {firsts}, min(t.date) AS first FROM t GROUP BY {firsts}) AS k "
        f"CROSS JOIN {spelling.view(SCHEMA, 'as_of')} AS a "
        f"JOIN {spelling.view(SCHEMA, 'calendar_day')} AS d ON d.date >= k.first AND d.date <= a.as_of_date "
        f"LEFT JOIN t ON {same} AND t.date = d.date"
    )


def _cumulative_flow(spelling: Spelling) -> View:
    columns = (
        DATE,
        Column("project_key", "text", "The key of the project that the issues were in on that day", "`project.key`"),
        Column("type_name", "text", "Their type on that day", "`issue_type.name`"),
        Column("status_name", "text", "Their status on that day", "`status.name`"),
        Column("status_category", "text", "`new`, `indeterminate` or `done`", "`status_category.key`"),
        Column("issues", "bigint", "How many there were; no row where there were none", "counted"),
    )
    period = spelling.view(SCHEMA, "issue_period")
    keys = "p.project_id, p.issue_type_id, p.status_id"
    # One pass over the periods: each begins, and most end.
    events = (
        f"SELECT {keys}, {spelling.local_date('CASE WHEN n.sign = 1 THEN p.begins_at ELSE p.ends_at END')} AS date, "
        f"n.sign AS issues FROM {period} AS p CROSS JOIN (SELECT 1 AS sign UNION ALL SELECT -1) AS n "
        "WHERE n.sign = 1 OR p.ends_at IS NOT NULL"
    )
    totals = running_totals(spelling, events, ("project_id", "issue_type_id", "status_id"), ("issues",))
    query = (
        "SELECT f.date, p.key AS project_key, t.name AS type_name, s.name AS status_name, c.key AS status_category, f.issues "
        f"FROM ({totals}) AS f LEFT JOIN {spelling.rows_ever('project')} AS p ON p.id = f.project_id "
        f"LEFT JOIN {spelling.rows_ever('issue_type')} AS t ON t.id = f.issue_type_id "
        f"LEFT JOIN {spelling.rows_ever('status')} AS s ON s.id = f.status_id "
        f"LEFT JOIN {spelling.rows_ever('status_category')} AS c ON c.id = s.category_id WHERE f.issues > 0"
    )
    meaning = "How many issues were in which status at the end of each day, where they were then."
    return View(SCHEMA, "cumulative_flow", meaning, columns, query)


def _cycle_time(spelling: Spelling) -> View:
    days = spelling.view(SCHEMA, "calendar_day")
    begin, end = working_seconds_until(spelling, "m.created_at", "made"), working_seconds_until(spelling, "m.done_at", "done")
    started = working_seconds_until(spelling, "m.started_at", "begun")
    in_time, made_before = "m.started_at <= m.done_at", "m.created_at <= m.done_at"
    query = (
        "WITH p AS (SELECT q.*, lead(q.status_category) OVER (PARTITION BY q.issue_id ORDER BY "
        "q.begins_at) AS next_category "
        f"FROM {spelling.view(SCHEMA, 'issue_period')} AS q), "
        "told AS (SELECT p.issue_id, min(CASE WHEN p.status_category = 'indeterminate' THEN p.begins_at END) AS started_at, "
        "max(CASE WHEN p.ends_at IS NULL AND p.status_category = 'done' THEN 1 ELSE 0 END) AS is_done, "
        "max(CASE WHEN coalesce(p.status_category, '') <> 'done' THEN p.ends_at END) AS last_undone_until, "
        "sum(CASE WHEN p.status_category = 'done' AND p.ends_at IS NOT NULL AND coalesce(p.next_category, '') <> 'done' "
        "THEN 1 ELSE 0 END) AS times_reopened "
        "FROM p GROUP BY p.issue_id), "
        "m AS (SELECT o.issue_id, o.issue_key, o.project_key, o.type_name, o.created_at, t.started_at, "
        "CASE WHEN t.is_done = 1 THEN coalesce(t.last_undone_until, o.created_at) END AS done_at, t.times_reopened "
        f"FROM told AS t JOIN {spelling.view(SCHEMA, 'issue_overview')} AS o ON o.issue_id = t.issue_id) "
        f"SELECT m.*, {spelling.local_date('m.done_at')} AS done_date, "
        f"CASE WHEN {made_before} THEN {seconds_between('m.created_at', 'm.done_at')} END AS lead_seconds, "
        f"CASE WHEN {in_time} THEN {seconds_between('m.started_at', 'm.done_at')} END AS cycle_seconds, "
        f"CASE WHEN {made_before} THEN floor({end} - {begin}) END AS working_lead_seconds, "
        f"CASE WHEN {in_time} THEN floor({end} - {started}) END AS working_cycle_seconds FROM m "
        f"LEFT JOIN {days} AS made ON made.date = {spelling.local_date('m.created_at')} "
        f"LEFT JOIN {days} AS begun ON begun.date = {spelling.local_date('m.started_at')} "
        f"LEFT JOIN {days} AS done ON done.date = {spelling.local_date('m.done_at')}"
    )
    meaning = "How long each issue took. One that was reopened counts until it was done for the last time."
    return View(SCHEMA, "cycle_time", meaning, _CYCLE_TIME, query)


def _created_resolved(spelling: Spelling) -> View:
    columns = (
        DATE,
        PROJECT_KEY,
        Column("created", "bigint", "How many issues were made on that day", "`issue.created_at`"),
        Column("resolved", "bigint", "How many got their present resolution on that day", "`issue.resolved_at`"),
        Column("created_until", "bigint", "How many were made up to the day's end", "counted"),
        Column("resolved_until", "bigint", "How many were resolved up to the day's end", "counted"),
        Column("unresolved", "bigint", "The difference", "counted"),
    )
    overview = spelling.view(SCHEMA, "issue_overview")
    events = (
        f"SELECT o.project_key, o.created_date AS date, 1 AS created, 0 AS resolved FROM {overview} AS o "
        f"UNION ALL SELECT o.project_key, o.resolved_date, 0, 1 FROM {overview} AS o WHERE o.resolved_date IS NOT NULL"
    )
    totals = running_totals(spelling, events, ("project_key",), ("created", "resolved"))
    before = "OVER (PARTITION BY f.project_key ORDER BY f.date)"
    query = (
        f"SELECT f.date, f.project_key, f.created - lag(f.created, 1, 0) {before} AS created, "
        f"f.resolved - lag(f.resolved, 1, 0) {before} AS resolved, f.created AS created_until, f.resolved AS resolved_until, "
        f"f.created - f.resolved AS unresolved FROM (SELECT g.project_key, g.date, CAST(g.created AS bigint) AS created, "
        f"CAST(g.resolved AS bigint) AS resolved FROM ({totals}) AS g) AS f"
    )
    meaning = "Created against resolved issues by day and the project that they are in now. A reopened issue is not resolved."
    return View(SCHEMA, "created_resolved", meaning, columns, query)
