"""Which targets of Jira Service Management were met and missed."""

from collections.abc import Sequence

from jira_staging.reporting.issue_states import ISSUE_ID, ISSUE_KEY, PROJECT_KEY
from jira_staging.reporting.working_days import SCHEMA
from jira_staging.staging.views import Spelling, View
from jira_staging.tables import Column

_MEASURED = {
    "started_at": ("timestamp", ("startTime", "epochMillis")),
    "stopped_at": ("timestamp", ("stopTime", "epochMillis")),
    "breach_at": ("timestamp", ("breachTime", "epochMillis")),
    "goal_seconds": ("bigint", ("goalDuration", "millis")),
    "elapsed_seconds": ("bigint", ("elapsedTime", "millis")),
}


def views(spelling: Spelling, sla_columns: Sequence[str]) -> list[View]:
    """`sla_outcome`, from the columns of `issue` that hold SLAs; without any it has no rows."""
    columns = (
        ISSUE_ID,
        ISSUE_KEY,
        PROJECT_KEY,
        Column("field_id", "text", "The SLA: `field.id`", "the column of `issue`"),
        Column("sla_name", "text", "What the SLA is called", "`field.name`"),
        Column("is_ongoing", "boolean", "Whether it is still being measured", "`ongoingCycle` or `completedCycles`"),
        Column("started_at", "timestamp", "When measuring began", "`startTime`"),
        Column("stopped_at", "timestamp", "When it ended; null while it goes on", "`stopTime`"),
        Column("breach_at", "timestamp", "When it was or will be missed", "`breachTime`"),
        Column("goal_seconds", "bigint", "How long it may take, by the SLA's own calendar", "`goalDuration`"),
        Column("elapsed_seconds", "bigint", "How long it took, by that calendar", "`elapsedTime`"),
        Column("outcome", "text", "`met`, `missed`, or `running` while it may still be met", "`breached`"),
    )
    sources = [cycles for name in sla_columns for cycles in _cycles(spelling, name)]
    shown = ", ".join(f"CAST(NULL AS {spelling.dialect.types[column.type]}) AS {column.name}" for column in columns)
    query = " UNION ALL ".join(sources) or f"SELECT {shown} FROM (SELECT 1 AS one) AS nothing WHERE 1 = 0"
    meaning = (
        "Measured SLAs, a row a cycle, from the custom fields of Jira Service Management as Jira told "
        "them when the issue was "
        "last read; a running one is therefore as old as that. Empty where the site has no such fields."
    )
    return [View(SCHEMA, "sla_outcome", meaning, columns, query)]


def _cycles(spelling: Spelling, column: str) -> list[str]:
    """Two queries: the cycles of one SLA that ended, and the one that goes on."""
    named = (
        f"f.id AS field_id, f.name AS sla_name FROM {spelling.rows('issue', (column,))} AS i "
        f"JOIN {spelling.rows_ever('field')} AS f ON f.id = '{column.partition('__')[0]}' "
        f"LEFT JOIN {spelling.rows_ever('project')} AS p ON p.id = i.project_id"
    )
    value = f"i.{spelling.column(column)}"
    ended = f"{named} {spelling.elements(value, 'completedCycles', 'cycle')}"
    return [
        _measured(spelling, "cycle.value", (), ended, "'met'"),
        _measured(spelling, value, ("ongoingCycle",), named, "'running'")
        + f" WHERE {spelling.json_text(value, 'ongoingCycle', 'breached')} IS NOT NULL",
    ]


def _measured(spelling: Spelling, value: str, where: tuple[str, ...], source: str, unbroken: str) -> str:
    ids, _, rest = source.partition(" FROM ")
    breached = f"lower({spelling.json_text(value, *where, 'breached')}) = 'true'"
    shown = []
    for name, (kind, path) in _MEASURED.items():
        milliseconds = f"CAST({spelling.json_text(value, *where, *path)} AS bigint)"
        shown.append(f"{spelling.moment(milliseconds) if kind == 'timestamp' else f'floor({milliseconds} / 1000)'} AS {name}")
    return (
        f"SELECT i.id AS issue_id, i.key AS issue_key, p.key AS project_key, {ids}, "
        f"{'TRUE' if where else 'FALSE'} AS is_ongoing, "
        f"{', '.join(shown)}, CASE WHEN {breached} THEN 'missed' ELSE {unbroken} END AS outcome FROM {rest}"
    )
