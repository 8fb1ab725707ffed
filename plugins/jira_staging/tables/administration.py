"""What administrators set up and reports seldom need: loaded only where it is asked for."""

from typing import Literal

from jira_staging.tables.nouns import Column, Table

_ID = Column("id", "bigint", "Jira's own number", "id")
_NAME = Column("name", "text", "The name", "name")
_DESCRIPTION = Column("description", "text", "What it is for", "description")
_PROJECT_ID = Column("project_id", "bigint", "`project.id`", "project.id")
_OF_TEAM = Column("project_id", "bigint", "The team-managed project it belongs to; null: the site's", "scope.project.id")


def _table(
    name: str, meaning: str, key: tuple[str, ...], *columns: Column, owner: str | None = None, membership: bool = False
) -> Table:
    absent: Literal["delete", "mark"] = "delete" if membership else "mark"
    told = f"{meaning} Loaded only where it is asked for."
    return Table(name, "administration", told, key, columns, owner=owner, absent=absent, on_request=True)


PERMISSION_SCHEME = _table(
    "permission_scheme",
    "Who may do what in a project.",
    ("id",),
    Column("id", "bigint", "Jira's own number", "scheme.id"),
    Column("name", "text", "The name", "scheme.name"),
    Column("description", "text", "What it is for", "scheme.description"),
    Column("project_id", "bigint", "The team-managed project it belongs to; null: the site's", "scheme.scope.project.id"),
)
PERMISSION_GRANT = _table(
    "permission_grant",
    "One permission, given to somebody by a permission scheme.",
    ("id",),
    Column("id", "bigint", "Jira's own number", "grant.id"),
    Column("scheme_id", "bigint", "`permission_scheme.id`", "scheme.id"),
    Column("permission", "text", "Such as `BROWSE_PROJECTS`", "grant.permission"),
    Column("holder_type", "text", "`anyone`, `applicationRole`, `group`, `projectRole`, `user`, …", "grant.holder.type"),
    Column(
        "holder_value",
        "text",
        "`group.id`, `role.id`, `user.id` or `field.id`, by the type; null where the type says all",
        "grant.holder.value else grant.holder.parameter",
        person=True,
    ),
)
PERMISSION_SCHEME_PROJECT = _table(
    "permission_scheme_project",
    "The permission scheme of each project that was read: a request a project.",
    ("scheme_id", "project_id"),
    Column("scheme_id", "bigint", "`permission_scheme.id`", "scheme.id"),
    _PROJECT_ID,
    owner="project_id",
    membership=True,
)
PRIORITY_SCHEME = _table(
    "priority_scheme",
    "Which priorities the issues of a project can have.",
    ("id",),
    _ID,
    _NAME,
    _DESCRIPTION,
    Column("is_default", "boolean", "Whether projects without another one have it", "isDefault"),
    Column("default_priority_id", "bigint", "What new issues get: `priority.id`", "defaultPriorityId"),
)
PRIORITY_SCHEME_ITEM = _table(
    "priority_scheme_item",
    "The priorities of a scheme.",
    ("scheme_id", "priority_id"),
    Column("scheme_id", "bigint", "`priority_scheme.id`", "scheme.id"),
    Column("priority_id", "bigint", "`priority.id`", "priority.id"),
    owner="scheme_id",
    membership=True,
)
PRIORITY_SCHEME_PROJECT = _table(
    "priority_scheme_project",
    "The projects of a priority scheme.",
    ("scheme_id", "project_id"),
    Column("scheme_id", "bigint", "`priority_scheme.id`", "scheme.id"),
    _PROJECT_ID,
    owner="scheme_id",
    membership=True,
)
SCREEN = _table(
    "screen", "The screens on which issues are created, edited and moved on.", ("id",), _ID, _NAME, _DESCRIPTION, _OF_TEAM
)
SCREEN_TAB = _table(
    "screen_tab",
    "The tabs of a screen.",
    ("id",),
    Column("id", "bigint", "Jira's own number", "tabId"),
    Column("screen_id", "bigint", "`screen.id`", "screenId"),
    Column("name", "text", "The name", "tabName"),
)
SCREEN_FIELD = _table(
    "screen_field",
    "The fields on a tab, from top to bottom: a request a tab.",
    ("tab_id", "field_id"),
    Column("tab_id", "bigint", "`screen_tab.id`", "tab.tabId"),
    Column("field_id", "text", "`field.id`", "field.id"),
    Column("screen_id", "bigint", "`screen.id`", "tab.screenId"),
    Column("position", "bigint", "Its place on the tab, from 0", "position"),
    owner="tab_id",
    membership=True,
)

ADMINISTRATION = (
    PERMISSION_SCHEME,
    PERMISSION_GRANT,
    PERMISSION_SCHEME_PROJECT,
    PRIORITY_SCHEME,
    PRIORITY_SCHEME_ITEM,
    PRIORITY_SCHEME_PROJECT,
    SCREEN,
    SCREEN_TAB,
    SCREEN_FIELD,
)
