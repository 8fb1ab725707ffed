"""Fivetran's table of teams, of what issues tell: Jira lists teams only to organizations' administrators."""

from collections.abc import Sequence

from jira_staging.reporting.fivetran import SCHEMA, SYNCED, TEAM_VALUE, synced
from jira_staging.staging.views import Spelling, View
from jira_staging.tables import Column


def team(spelling: Spelling, team_columns: Sequence[str]) -> View:
    """`team`, from the columns of `issue` that hold teams and from the changes of such fields."""
    columns = (
        Column("id", "text", "The team's UUID", "the Team field"),
        Column("name", "text", "The name that it had last", "the Team field"),
        Column("title", "text", "The same", "the name"),
        Column("is_shared", "boolean", "Whether it is shared, where an issue tells it", "the Team field"),
        Column("is_visible", "boolean", "Whether it is visible, where an issue tells it", "the Team field"),
        SYNCED,
    )
    items, fields = spelling.rows("changelog_item"), spelling.rows_ever("field")
    nothing = "CAST(NULL AS boolean)"
    told = [
        f"SELECT c.{side}_value, c.{side}_text, {nothing}, {nothing}, c.created_at FROM {items} AS c "
        f"JOIN {fields} AS f ON f.id = c.field_id WHERE f.value_type = '{TEAM_VALUE}'"
        for side in ("from", "to")
    ]
    told += [_held(spelling, column) for column in team_columns]
    query = (
        f"WITH told (id, name, is_shared, is_visible, told_at) AS ({' UNION ALL '.join(told)}), "
        "latest AS (SELECT t.*, row_number() OVER (PARTITION BY t.id "
        "ORDER BY CASE WHEN t.name IS NULL THEN 1 ELSE 0 END, t.told_at DESC, t.name) AS place FROM told "
        "AS t WHERE t.id IS NOT NULL) "
        "SELECT id, name, name AS title, is_shared, is_visible, "
        f"{synced(spelling, 'issue')} FROM latest WHERE place = 1"
    )
    return View(SCHEMA, "team", "Fivetran's table `team`: the teams that issues and their changes name.", columns, query)


def _held(spelling: Spelling, column: str) -> str:
    value = f"i.{spelling.column(column)}"
    flags = ", ".join(f"CAST({spelling.json_text(value, name)} AS boolean)" for name in ("isShared", "isVisible"))
    return (
        f"SELECT {spelling.json_text(value, 'id')}, {spelling.json_text(value, 'name')}, {flags}, i.updated_at "
        f"FROM {spelling.rows('issue', (column,))} AS i"
    )
