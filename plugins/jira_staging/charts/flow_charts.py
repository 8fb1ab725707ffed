"""What the charts of flow ask: created against resolved, cumulative flow, cycle times, ageing work, time in status."""

from jira_staging.charts.asking import Chart, Told

# The newest, where there are more: a screen shows no more points, and percentiles are of all.
MOST_POINTS = 1_500
MOST_AGEING = 300
_NOTHING_IN_PERIOD = "Choose a longer period or other projects."


def _created_resolved(told: Told) -> str:
    def begun(day: str) -> str:
        # A week is told from its Monday on, the first one too.
        return day if told.by_day else told.spelling.days_after(day, f"-{told.weekday(day)}")

    day = begun("c.date")
    return (
        f"SELECT {day} AS date, sum(c.created) AS created, sum(c.resolved) AS resolved\n"
        f"FROM {told.view('created_resolved')} AS c\n"
        f"WHERE c.date >= {begun(told.beginning)}{told.of_projects('c.project_key')}\nGROUP BY {day}\nORDER BY 1"
    )


def _cumulative_flow(told: Told) -> str:
    # By weeks only Mondays, and the last day that there is.
    mondays = "" if told.by_day else f" AND ({told.weekday('f.date')} = 0 OR f.date = DATE '{told.last.isoformat()}')"
    return (
        "SELECT f.date, f.status_category, f.status_name, sum(f.issues) AS issues\n"
        f"FROM {told.view('cumulative_flow')} AS f\n"
        f"WHERE f.date >= {told.beginning}{mondays}{told.of_projects('f.project_key')}\n"
        "GROUP BY f.date, f.status_category, f.status_name\nORDER BY 1, 2, 3"
    )


def _cycle_time(told: Told) -> str:
    shares = ", ".join(f"percentile_cont(0.{share}) WITHIN GROUP (ORDER BY d.days) AS p{share}" for share in ("50", "85", "95"))
    return (
        "WITH d AS (\n  SELECT c.issue_key, c.type_name, c.done_at, c.done_date, c.cycle_seconds / 86400.0 AS days\n"
        f"  FROM {told.view('cycle_time')} AS c\n"
        f"  WHERE c.cycle_seconds IS NOT NULL AND c.done_date >= {told.beginning}{told.of_projects('c.project_key')}\n"
        f"), p AS (SELECT {shares}, count(*) AS issues FROM d)\n"
        "SELECT d.issue_key, d.type_name, d.done_date, d.days, p.p50, p.p85, p.p95, p.issues\n"
        f"FROM d CROSS JOIN p\nORDER BY d.done_at DESC, d.issue_key\nLIMIT {MOST_POINTS}"
    )


def _ageing_work(told: Told) -> str:
    age = "(extract(epoch FROM a.as_of) - extract(epoch FROM c.started_at)) / 86400.0"
    return (
        f"SELECT o.issue_key, o.type_name, o.status_name, o.assignee_name, {age} AS days, count(*) OVER () AS issues\n"
        f"FROM {told.view('cycle_time')} AS c\n"
        f"JOIN {told.view('issue_overview')} AS o ON o.issue_id = c.issue_id\nCROSS JOIN {told.view('as_of')} AS a\n"
        f"WHERE o.status_category = 'indeterminate' AND c.started_at IS NOT NULL{told.of_projects('o.project_key')}\n"
        f"ORDER BY 5 DESC, 1\nLIMIT {MOST_AGEING}"
    )


def _time_in_status(told: Told) -> str:
    days = "s.seconds / 86400.0"
    left = told.spelling.local_date("s.left_at")
    return (
        "SELECT s.status_name, s.status_category, count(*) AS stays,\n"
        f"  percentile_cont(0.50) WITHIN GROUP (ORDER BY {days}) AS median_days,\n"
        f"  percentile_cont(0.85) WITHIN GROUP (ORDER BY {days}) AS p85_days\n"
        f"FROM {told.view('status_period')} AS s\nJOIN {told.view('issue_overview')} AS o ON o.issue_id = s.issue_id\n"
        f"WHERE s.left_at IS NOT NULL AND {left} >= {told.beginning}{told.of_projects('o.project_key')}\n"
        "GROUP BY s.status_name, s.status_category\nORDER BY 2 DESC, 3 DESC, 1"
    )


CREATED_RESOLVED = Chart(
    "created_resolved",
    "Created against resolved",
    "How many issues came in and how many got their resolution, by day, or by week in longer periods.",
    ("date", "created", "resolved"),
    f"No issue was made or resolved in this period. {_NOTHING_IN_PERIOD}",
    _created_resolved,
)
CUMULATIVE_FLOW = Chart(
    "cumulative_flow",
    "Cumulative flow",
    "How many issues were in which status at the end of each day; a band that widens is where work waits.",
    ("date", "status_category", "status_name", "issues"),
    f"There was no issue in this period. {_NOTHING_IN_PERIOD}",
    _cumulative_flow,
)
CYCLE_TIME = Chart(
    "cycle_time",
    "Cycle time",
    "Days from the first start of work to done, a point an issue, with the 50th, 85th and 95th percentiles of all of them.",
    ("issue_key", "type_name", "done_date", "days", "p50", "p85", "p95", "issues"),
    f"Nothing that was in progress became done in this period. {_NOTHING_IN_PERIOD}",
    _cycle_time,
)
AGEING_WORK = Chart(
    "ageing_work",
    "Ageing work in progress",
    "Issues in progress, by how many days ago their work began; those that are high up want attention.",
    ("issue_key", "type_name", "status_name", "assignee_name", "days", "issues"),
    "Nothing is in progress in these projects.",
    _ageing_work,
)
TIME_IN_STATUS = Chart(
    "time_in_status",
    "Time in status",
    "How many days issues stayed in each status: the median and the 85th percentile of the stays that ended in this period.",
    ("status_name", "status_category", "stays", "median_days", "p85_days"),
    f"No issue left a status in this period. {_NOTHING_IN_PERIOD}",
    _time_in_status,
)
