"""Fivetran's Jira schema: the tables that the dbt package `dbt_jira` reads, with the columns and types that it expects."""

from jira_staging.staging.views import Spelling, View
from jira_staging.tables import Column, ColumnType

SCHEMA = "fivetran"
SPRINT_TYPE = "com.pyxis.greenhopper.jira:gh-sprint"
EPIC_LINK_TYPE = "com.pyxis.greenhopper.jira:gh-epic-link"
# Teams have two types of fields, by the product that brought them; their values are of one.
TEAM_VALUE = "team"

# dbt_jira compares the English names, and Jira gives those of the account's language.
_CATEGORY_NAME = (
    "CASE key WHEN 'new' THEN 'To Do' WHEN 'indeterminate' THEN 'In Progress' WHEN 'done' THEN 'Done' ELSE name END"
)
# By view: the staging table, and each column's type and the expression over that table that gives it.
_Shape = tuple[str, dict[str, tuple[ColumnType, str]]]
_SHAPES: dict[str, _Shape] = {
    "comment": (
        "comment",
        {
            "id": ("bigint", "id"),
            "issue_id": ("bigint", "issue_id"),
            "author_id": ("text", "author_id"),
            "update_author_id": ("text", "update_author_id"),
            "body": ("text", "body"),
            "created": ("timestamp", "created_at"),
            "updated": ("timestamp", "updated_at"),
            "is_public": ("boolean", "is_public"),
        },
    ),
    "component": (
        "component",
        {
            "id": ("bigint", "id"),
            "project_id": ("bigint", "project_id"),
            "name": ("text", "name"),
            "description": ("text", "description"),
        },
    ),
    "field_option": (
        "field_option",
        {"id": ("bigint", "id"), "parent_id": ("bigint", "parent_id"), "name": ("text", "value")},
    ),
    "issue": (
        "issue",
        {
            "id": ("bigint", "id"),
            "key": ("text", "key"),
            "project": ("bigint", "project_id"),
            "issue_type": ("bigint", "issue_type_id"),
            "work_type": ("bigint", "issue_type_id"),
            "parent_id": ("bigint", "parent_id"),
            "status": ("bigint", "status_id"),
            "status_category_changed": ("timestamp", "status_category_changed_at"),
            "priority": ("bigint", "priority_id"),
            "resolution": ("bigint", "resolution_id"),
            "resolved": ("timestamp", "resolved_at"),
            "assignee": ("text", "assignee_id"),
            "reporter": ("text", "reporter_id"),
            "creator": ("text", "creator_id"),
            "summary": ("text", "summary"),
            "description": ("text", "description"),
            "environment": ("text", "environment"),
            "created": ("timestamp", "created_at"),
            "updated": ("timestamp", "updated_at"),
            "due_date": ("date", "due_date"),
            "original_estimate": ("double", "original_estimate_seconds"),
            "_original_estimate": ("double", "original_estimate_seconds"),
            "remaining_estimate": ("double", "remaining_estimate_seconds"),
            "_remaining_estimate": ("double", "remaining_estimate_seconds"),
            "time_spent": ("double", "time_spent_seconds"),
            "_time_spent": ("double", "time_spent_seconds"),
            "work_ratio": ("double", "work_ratio"),
        },
    ),
    "issue_link": (
        "issue_link",
        {
            "issue_id": ("bigint", "issue_id"),
            "related_issue_id": ("bigint", "related_issue_id"),
            "relationship": ("text", "relationship"),
        },
    ),
    "issue_type": (
        "issue_type",
        {
            "id": ("bigint", "id"),
            "name": ("text", "name"),
            "description": ("text", "description"),
            "subtask": ("boolean", "is_subtask"),
        },
    ),
    "priority": (
        "priority",
        {"id": ("bigint", "id"), "name": ("text", "name"), "description": ("text", "description")},
    ),
    "project": (
        "project",
        {
            "id": ("bigint", "id"),
            "key": ("text", "key"),
            "name": ("text", "name"),
            "description": ("text", "description"),
            "lead_id": ("text", "lead_id"),
            "permission_scheme_id": ("bigint", "CAST(NULL AS bigint)"),
            "project_category_id": ("bigint", "category_id"),
            "project_type_key": ("text", "type_key"),
        },
    ),
    "resolution": (
        "resolution",
        {"id": ("bigint", "id"), "name": ("text", "name"), "description": ("text", "description")},
    ),
    "sprint": (
        "sprint",
        {
            "id": ("bigint", "id"),
            "board_id": ("bigint", "board_id"),
            "name": ("text", "name"),
            "start_date": ("timestamp", "start_at"),
            "end_date": ("timestamp", "end_at"),
            "complete_date": ("timestamp", "completed_at"),
        },
    ),
    "status": (
        "status",
        {
            "id": ("bigint", "id"),
            "name": ("text", "name"),
            "description": ("text", "description"),
            "status_category_id": ("bigint", "category_id"),
        },
    ),
    "status_category": (
        "status_category",
        {
            "id": ("bigint", "id"),
            "name": (
                "text",
                _CATEGORY_NAME,
            ),
        },
    ),
    "user": (
        "user",
        {
            "id": ("text", "id"),
            "name": ("text", "name"),
            "username": ("text", "CAST(NULL AS varchar)"),
            "email": ("text", "email"),
            "locale": ("text", "locale"),
            "time_zone": ("text", "time_zone"),
            "is_active": ("boolean", "is_active"),
        },
    ),
    "version": (
        "version",
        {
            "id": ("bigint", "id"),
            "project_id": ("bigint", "project_id"),
            "name": ("text", "name"),
            "description": ("text", "description"),
            "archived": ("boolean", "is_archived"),
            "overdue": ("boolean", "is_overdue"),
            "released": ("boolean", "is_released"),
            "start_date": ("date", "start_date"),
            "release_date": ("date", "release_date"),
        },
    ),
}
# These say themselves which of their rows are gone.
_TELL_DELETED = ("issue", "sprint")
# Histories name what is gone, so its names must stay; comments and links of what is gone would be counted.
_ONLY_LIVING = ("comment", "issue_link")
SYNCED = Column("_fivetran_synced", "timestamp", "When the table was last loaded to its end", "`_sync_run.finished_at`")
_DELETED = Column("_fivetran_deleted", "boolean", "Whether Jira no longer gives it", "`_deleted_at`")


def views(spelling: Spelling) -> list[View]:
    """The views that are made of one staging table each, and `field`."""
    return [*(_plain(spelling, name) for name in _SHAPES), _field(spelling)]


def synced(spelling: Spelling, table: str) -> str:
    """When the last successful run that loaded the table ended; null while the first one runs."""
    runs = spelling.rows("_sync_run")
    return (
        f"(SELECT max(r.finished_at) FROM {runs} AS r WHERE r.entity = '{table}' AND r.status = 'success') AS _fivetran_synced"
    )


def _plain(spelling: Spelling, name: str) -> View:
    table, shape = _SHAPES[name]
    columns = [
        Column(column, kind, f"As Fivetran's `{name}.{column}`", _source(table, expression))
        for column, (kind, expression) in shape.items()
    ]
    shown = [f"{expression} AS {spelling.column(column)}" for column, (_, expression) in shape.items()]
    if name in _TELL_DELETED:
        columns.append(_DELETED)
        shown.append("_deleted_at IS NOT NULL AS _fivetran_deleted")
    rows = spelling.rows(table) if name in _ONLY_LIVING else spelling.rows_ever(table)
    query = f"SELECT {', '.join(shown)}, {synced(spelling, table)} FROM {rows} AS t"
    return View(SCHEMA, name, f"Fivetran's table `{name}`, from `{table}`.", (*columns, SYNCED), query)


def _source(table: str, expression: str) -> str:
    return f"`{table}.{expression}`" if expression.isidentifier() else "computed"


def _field(spelling: Spelling) -> View:
    """`dbt_jira` finds fields by names in lower case: so each name is there once, and what it looks for has its English one."""
    columns = (
        Column("id", "text", "`field.id`", "`field.id`"),
        Column("name", "text", "The name; with the field's id behind it where an older field has the same", "`field.name`"),
        Column("is_array", "boolean", "Whether its history is in `issue_multiselect_history`", "`field.is_array`"),
        Column("is_custom", "boolean", "Whether the site added it", "`field.is_custom`"),
        SYNCED,
    )
    query = (
        "WITH named AS (SELECT f.id, f.is_array, f.is_custom, CASE "
        f"WHEN f.custom_type = '{SPRINT_TYPE}' THEN 'Sprint' WHEN f.custom_type = '{EPIC_LINK_TYPE}' THEN 'Epic Link' "
        f"WHEN f.value_type = '{TEAM_VALUE}' THEN 'Team' WHEN f.id = 'status' THEN 'Status' "
        "WHEN f.id = 'components' THEN 'Components' ELSE f.name END AS name, "
        f"CASE WHEN NOT f.is_custom THEN 0 WHEN f.custom_type IN ('{SPRINT_TYPE}', '{EPIC_LINK_TYPE}') OR "
        f"f.value_type = '{TEAM_VALUE}' THEN 1 "
        f"ELSE 2 END AS standing FROM {spelling.rows_ever('field')} AS f), "
        "ranked AS (SELECT n.*, row_number() OVER (PARTITION BY lower(n.name) "
        "ORDER BY n.standing, length(n.id), n.id) AS place FROM named AS n) "
        "SELECT id, CASE WHEN place = 1 THEN name ELSE name || ' (' || id || ')' END AS name, "
        f"coalesce(is_array, FALSE) AS is_array, is_custom, {synced(spelling, 'field')} FROM ranked"
    )
    return View(SCHEMA, "field", "Fivetran's table `field`, from `field`; every name is there once.", columns, query)
