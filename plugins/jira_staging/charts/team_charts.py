"""What the charts of teams ask: sprints, who works on what, service levels."""

from jira_staging.charts.asking import Chart, Told

MOST_SPRINTS = 12
MOST_PEOPLE = 20


def _velocity(told: Told) -> str:
    def counted(test: str, what: str) -> str:
        return f"sum(CASE WHEN {test} THEN {what} ELSE 0 END)"

    begun_with, ended_with = "coalesce(s.points_at_start, 0)", "coalesce(s.points_at_end, 0)"
    return (
        f"SELECT s.sprint_name, s.completed_at, {counted('s.was_committed', '1')} AS committed_issues,\n"
        f"  {counted('s.was_done', '1')} AS done_issues, {counted('s.was_committed', begun_with)} AS committed_points,\n"
        f"  {counted('s.was_done', ended_with)} AS done_points\nFROM {told.view('sprint_issue')} AS s\n"
        f"WHERE s.completed_at IS NOT NULL AND {told.spelling.local_date('s.completed_at')} >= {told.beginning}"
        f"{told.of_projects('s.project_key')}\nGROUP BY s.sprint_id, s.sprint_name, s.completed_at\n"
        f"ORDER BY s.completed_at DESC, s.sprint_id DESC\nLIMIT {MOST_SPRINTS}"
    )


def _burndown(told: Told) -> str:
    spelling = told.spelling
    newest = (
        f"SELECT p.id FROM {spelling.rows('sprint')} AS p\n"
        f"  JOIN {spelling.rows('issue_sprint_history')} AS h ON h.sprint_id = p.id\n"
        f"  JOIN {told.view('issue_overview')} AS o ON o.issue_id = h.issue_id\n"
        f"  WHERE p.start_at IS NOT NULL AND coalesce(p.state, '') <> 'future'{told.of_projects('o.project_key')}\n"
        "  GROUP BY p.id, p.state, p.start_at\n"
        "  ORDER BY CASE WHEN p.state = 'active' THEN 0 ELSE 1 END, p.start_at DESC, p.id DESC\n  LIMIT 1"
    )
    return (
        "SELECT b.sprint_name, b.date, b.is_working_day, b.issues, b.remaining_issues, b.remaining_points\n"
        f"FROM {told.view('sprint_burndown')} AS b\nWHERE b.sprint_id = (\n  {newest}\n)\nORDER BY b.date"
    )


def _people(told: Told) -> str:
    is_open = "coalesce(o.status_category, '') <> 'done'"
    resolved = f"o.resolved_date >= {told.beginning}"
    return (
        "WITH w AS (\n  SELECT o.assignee_id, coalesce(o.assignee_name, 'Nobody') AS person, o.type_name,\n"
        f"    sum(CASE WHEN {is_open} THEN 1 ELSE 0 END) AS open_issues,\n"
        f"    sum(CASE WHEN {resolved} THEN 1 ELSE 0 END) AS resolved_issues\n"
        f"  FROM {told.view('issue_overview')} AS o\n"
        f"  WHERE ({is_open} OR {resolved}){told.of_projects('o.project_key')}\n"
        "  GROUP BY o.assignee_id, o.assignee_name, o.type_name\n"
        "), p AS (\n  SELECT coalesce(w.assignee_id, '') AS id, sum(w.open_issues + w.resolved_issues) AS issues\n  FROM w\n"
        f"  GROUP BY coalesce(w.assignee_id, '')\n  ORDER BY 2 DESC, 1\n  LIMIT {MOST_PEOPLE}\n)\n"
        "SELECT w.person, w.type_name, w.open_issues, w.resolved_issues\n"
        "FROM w JOIN p ON p.id = coalesce(w.assignee_id, '')\nORDER BY p.issues DESC, 1, 2"
    )


def _service_levels(told: Told) -> str:
    stopped = told.spelling.local_date("s.stopped_at")
    return (
        f"SELECT s.sla_name, s.outcome, count(*) AS cycles\nFROM {told.view('sla_outcome')} AS s\n"
        f"WHERE (s.stopped_at IS NULL OR {stopped} >= {told.beginning}){told.of_projects('s.project_key')}\n"
        "GROUP BY s.sla_name, s.outcome\nORDER BY 1, 2"
    )


VELOCITY = Chart(
    "velocity",
    "Sprint velocity",
    f"What each sprint that ended in this period began with and what it got done; the last {MOST_SPRINTS}.",
    ("sprint_name", "completed_at", "committed_issues", "done_issues", "committed_points", "done_points"),
    "No sprint of these projects ended in this period. Choose a longer one; teams without sprints have no velocity.",
    _velocity,
)
BURNDOWN = Chart(
    "burndown",
    "Sprint burndown",
    "What was left of the sprint that runs, or of the last one, at the end of each of its days.",
    ("sprint_name", "date", "is_working_day", "issues", "remaining_issues", "remaining_points"),
    "These projects have had no sprint with issues in it.",
    _burndown,
)
PEOPLE = Chart(
    "people",
    "Work by person and type",
    f"Open issues, and those resolved in this period, of the {MOST_PEOPLE} people who have most.",
    ("person", "type_name", "open_issues", "resolved_issues"),
    "There is no open issue, and none was resolved in this period.",
    _people,
)
SERVICE_LEVELS = Chart(
    "service_levels",
    "Service levels",
    "Which targets of Jira Service Management were met and missed in this period, and which are still running.",
    ("sla_name", "outcome", "cycles"),
    "No SLA was measured here in this period. They come from the custom fields of Jira Service Management: a site without it, "
    "or a sync that leaves these fields out, has none.",
    _service_levels,
)
