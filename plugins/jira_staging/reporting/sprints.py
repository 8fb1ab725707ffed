"""What a sprint began with, what came and went, what was done, and how the rest burned down."""

from jira_staging.reporting.flow import DATE
from jira_staging.reporting.issue_states import ISSUE_ID, ISSUE_KEY, PROJECT_KEY
from jira_staging.reporting.values import number
from jira_staging.reporting.working_days import SCHEMA
from jira_staging.staging.views import Spelling, View
from jira_staging.tables import Column

_SPRINT = (
    Column("sprint_id", "bigint", "`sprint.id`", "`sprint.id`"),
    Column("sprint_name", "text", "Its name", "`sprint.name`"),
    Column("board_id", "bigint", "`board.id`", "`sprint.board_id`"),
)


def views(spelling: Spelling) -> list[View]:
    """`sprint_issue` and `sprint_burndown`."""
    return [_sprint_issue(spelling), _burndown(spelling)]


def _stays(spelling: Spelling) -> str:
    """Sprints that began, each with the stays of issues in it, and until when it is told."""
    return (
        "(SELECT s.id AS sprint_id, s.name AS sprint_name, s.board_id, s.state, s.start_at, s.completed_at, "
        "coalesce(s.completed_at, a.as_of) AS told_until, h.issue_id, h.added_at, h.removed_at, h.is_completed_in_sprint "
        f"FROM {spelling.rows('sprint')} AS s CROSS JOIN {spelling.view(SCHEMA, 'as_of')} AS a "
        f"JOIN {spelling.rows('issue_sprint_history')} AS h ON h.sprint_id = s.id "
        # One that is only planned has its times, too.
        "WHERE coalesce(s.state, '') <> 'future' AND s.start_at <= a.as_of "
        "AND h.added_at < coalesce(s.completed_at, a.as_of) "
        "AND (h.removed_at IS NULL OR h.removed_at > s.start_at))"
    )


def _points(spelling: Spelling) -> str:
    """Story points and whatever else boards estimate by, as periods."""
    return (
        f"(SELECT h.issue_id, h.field_id, {number('h.value')} AS points, h.changed_at AS begins, "
        "lead(h.changed_at) OVER (PARTITION BY h.issue_id, h.field_id ORDER BY h.changed_at, h.position) AS ends "
        f"FROM {spelling.rows('issue_field_history')} AS h WHERE h.field_id IN "
        f"(SELECT b.estimation_field_id FROM {spelling.rows('board')} AS b))"
    )


def _sprint_issue(spelling: Spelling) -> View:
    columns = (
        *_SPRINT,
        Column("sprint_state", "text", "`active` or `closed`", "`sprint.state`"),
        Column("start_at", "timestamp", "When it began", "`sprint.start_at`"),
        Column("completed_at", "timestamp", "When it was completed; null while it runs", "`sprint.completed_at`"),
        ISSUE_ID,
        ISSUE_KEY,
        PROJECT_KEY,
        Column("was_committed", "boolean", "Whether it was in the sprint when that began", "`issue_sprint_history`"),
        Column("was_added_later", "boolean", "Whether it came after that", "`issue_sprint_history`"),
        Column("was_removed", "boolean", "Whether it was taken out before the end", "`issue_sprint_history`"),
        Column("was_done", "boolean", "Whether it was in the sprint and done at its end, or at `as_of`", "`issue_period`"),
        Column("points_at_end", "double", "Its estimate by the board's field then", "`issue_field_history`"),
        Column("points_at_start", "double", "The same when the sprint began, or when it came later", "`issue_field_history`"),
    )
    query = (
        "WITH stay AS (SELECT t.sprint_id, t.sprint_name, t.board_id, t.state, t.start_at, "
        "t.completed_at, t.told_until, t.issue_id, greatest(min(t.added_at), t.start_at) AS came_at, "
        "max(CASE WHEN t.added_at <= t.start_at THEN 1 ELSE 0 END) = 1 AS was_committed, "
        "max(CASE WHEN t.removed_at IS NULL OR t.removed_at > t.told_until THEN 1 ELSE 0 END) = 1 AS "
        f"was_kept FROM {_stays(spelling)} AS t "
        "GROUP BY t.sprint_id, t.sprint_name, t.board_id, t.state, t.start_at, t.completed_at, t.told_until, t.issue_id) "
        "SELECT t.sprint_id, t.sprint_name, t.board_id, t.state AS sprint_state, t.start_at, t.completed_at, t.issue_id, "
        "o.issue_key, o.project_key, t.was_committed, NOT t.was_committed AS was_added_later, NOT t.was_kept AS was_removed, "
        "t.was_kept AND coalesce(p.status_category, '') = 'done' AS was_done, e.points AS points_at_end, "
        "n.points AS points_at_start "
        f"FROM stay AS t JOIN {spelling.view(SCHEMA, 'issue_overview')} AS o ON o.issue_id = t.issue_id "
        f"LEFT JOIN {spelling.view(SCHEMA, 'issue_period')} AS p ON p.issue_id = t.issue_id AND p.begins_at <= t.told_until "
        "AND (p.ends_at IS NULL OR p.ends_at > t.told_until) "
        f"LEFT JOIN {spelling.rows('board')} AS b ON b.id = t.board_id "
        f"LEFT JOIN {_points(spelling)} AS e ON e.issue_id = t.issue_id AND e.field_id = b.estimation_field_id "
        "AND e.begins <= t.told_until AND (e.ends IS NULL OR e.ends > t.told_until) "
        f"LEFT JOIN {_points(spelling)} AS n ON n.issue_id = t.issue_id AND n.field_id = b.estimation_field_id "
        "AND n.begins <= t.came_at AND (n.ends IS NULL OR n.ends > t.came_at)"
    )
    meaning = (
        "The issues that were in a sprint that began: at its start, or later. What was kept and is not "
        "`was_done` in a closed "
        "sprint slipped."
    )
    return View(SCHEMA, "sprint_issue", meaning, columns, query)


def _burndown(spelling: Spelling) -> View:
    columns = (
        *_SPRINT,
        DATE,
        Column("is_working_day", "boolean", "Whether work is to be expected", "`calendar_day.is_working_day`"),
        Column("issues", "bigint", "How many issues were in the sprint", "`issue_sprint_history`"),
        Column("remaining_issues", "bigint", "How many of them were not done", "`issue_period`"),
        Column("points", "double", "The sum of their estimates by the board's field", "`issue_field_history`"),
        Column("remaining_points", "double", "The same of those not done", "computed"),
    )

    def by_then(instant: str) -> str:
        # The last day ends with the sprint.
        return f"({spelling.local_date(instant)} <= d.date AND {instant} <= t.told_until)"

    def holds(begins: str, ends: str) -> str:
        return f"{by_then(begins)} AND ({ends} IS NULL OR NOT {by_then(ends)})"

    undone = "CASE WHEN coalesce(p.status_category, '') <> 'done' THEN {} ELSE 0 END"
    query = (
        "SELECT t.sprint_id, t.sprint_name, t.board_id, d.date, d.is_working_day, count(*) AS issues, "
        f"sum({undone.format('1')}) AS remaining_issues, sum(coalesce(e.points, 0)) AS points, "
        f"sum({undone.format('coalesce(e.points, 0)')}) AS remaining_points FROM {_stays(spelling)} AS t "
        f"JOIN {spelling.view(SCHEMA, 'calendar_day')} AS d ON d.date >= {spelling.local_date('t.start_at')} "
        f"AND d.date <= {spelling.local_date('t.told_until')} AND {holds('t.added_at', 't.removed_at')} "
        f"JOIN {spelling.rows('issue')} AS i ON i.id = t.issue_id "
        f"LEFT JOIN {spelling.view(SCHEMA, 'issue_period')} AS p ON p.issue_id = t.issue_id AND "
        f"{holds('p.begins_at', 'p.ends_at')} "
        f"LEFT JOIN {spelling.rows('board')} AS b ON b.id = t.board_id "
        f"LEFT JOIN {_points(spelling)} AS e ON e.issue_id = t.issue_id AND e.field_id = b.estimation_field_id "
        f"AND {holds('e.begins', 'e.ends')} GROUP BY t.sprint_id, t.sprint_name, t.board_id, d.date, d.is_working_day"
    )
    meaning = (
        "What was left of each sprint at the end of each of its days; on its last day, at its completion. A day on which the "
        "sprint was empty has no row."
    )
    return View(SCHEMA, "sprint_burndown", meaning, columns, query)
