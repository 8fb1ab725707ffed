"""What people keep and administrators look up: filters, dashboards, notification schemes, teams, the audit log."""

from typing import Literal

from jira_staging.tables.nouns import Column, Table

_ID = Column("id", "bigint", "Jira's own number", "id")
_NAME = Column("name", "text", "The name", "name")
_DESCRIPTION = Column("description", "text", "What it is for", "description")
_OWNER_ID = Column("owner_id", "text", "Whose it is: `user.id`; null where nobody's", "owner.accountId", person=True)
_POSITION = Column("position", "bigint", "Its place in Jira's list, from 0", "position")


def _table(
    name: str,
    meaning: str,
    key: tuple[str, ...],
    *columns: Column,
    owner: str | None = None,
    absent: Literal["mark", "delete", "keep"] = "mark",
) -> Table:
    told = f"{meaning} Loaded only where it is asked for."
    return Table(name, "administration", told, key, columns, owner=owner, absent=absent, on_request=True)


def _shares(what: str) -> tuple[Column, ...]:
    return (
        Column(f"{what}_id", "bigint", f"`{what}.id`", f"{what}.id"),
        _POSITION,
        Column("type", "text", "`global`, `loggedin`, `project`, `projectRole`, `group`, `user`, …", "share.type"),
        Column("project_id", "bigint", "`project.id`; null where the type is not a project's", "share.project.id"),
        Column("role_id", "bigint", "`role.id`; null: everybody in the project", "share.role.id"),
        Column("group_id", "text", "`group.id`", "share.group.groupId"),
        Column("user_id", "text", "`user.id`", "share.user.accountId", person=True),
    )


FILTER = _table(
    "filter",
    "Saved filters: all of them to administrators, to others their own and those shared with them.",
    ("id",),
    _ID,
    _NAME,
    _DESCRIPTION,
    _OWNER_ID,
    Column("jql", "text", "What it finds", "jql"),
    Column("favourites", "bigint", "How many people have it among their favourites", "favouritedCount"),
    Column("approximate_last_used_at", "timestamp", "When it was last used, roughly", "approximateLastUsed"),
)
FILTER_SHARE = _table(
    "filter_share",
    "With whom a filter is shared; one without a row is its owner's alone.",
    ("filter_id", "position"),
    *_shares("filter"),
    owner="filter_id",
    absent="delete",
)
DASHBOARD = _table(
    "dashboard",
    "Dashboards that are the account's own or shared with it: Jira lists the others to nobody, not even to administrators.",
    ("id",),
    _ID,
    _NAME,
    _DESCRIPTION,
    _OWNER_ID,
    Column("popularity", "bigint", "How many people have it among their favourites", "popularity"),
    Column("is_system", "boolean", "Whether it is the one that Jira itself brings", "systemDashboard"),
    Column("url", "text", "Its address", "view"),
)
DASHBOARD_SHARE = _table(
    "dashboard_share",
    "With whom a dashboard is shared.",
    ("dashboard_id", "position"),
    *_shares("dashboard"),
    owner="dashboard_id",
    absent="delete",
)
NOTIFICATION_SCHEME = _table(
    "notification_scheme",
    "Who is told of which event in a project: the schemes of projects that the account administers.",
    ("id",),
    _ID,
    _NAME,
    _DESCRIPTION,
    Column("project_id", "bigint", "The team-managed project it belongs to; null: the site's", "scope.project.id"),
)
NOTIFICATION = _table(
    "notification",
    "Who is told of an event by a notification scheme, a row a recipient.",
    ("id",),
    Column("id", "bigint", "Jira's own number", "notification.id"),
    Column("scheme_id", "bigint", "`notification_scheme.id`", "scheme.id"),
    Column("event_id", "bigint", "Jira's own number of the event", "event.id"),
    Column("event_name", "text", "Such as `Issue created`", "event.name"),
    Column("type", "text", "`CurrentAssignee`, `Group`, `ProjectRole`, `User`, …", "notification.notificationType"),
    Column(
        "recipient",
        "text",
        "`group.id`, `role.id`, `user.id`, `field.id` or an address, by the type; null where the type says all",
        "notification.recipient else notification.parameter",
        personal=True,
        person=True,
    ),
    owner="scheme_id",
)
NOTIFICATION_SCHEME_PROJECT = _table(
    "notification_scheme_project",
    "The notification scheme of each company-managed project.",
    ("scheme_id", "project_id"),
    Column("scheme_id", "bigint", "`notification_scheme.id`", "notificationSchemeId"),
    Column("project_id", "bigint", "`project.id`", "projectId"),
    owner="project_id",
    absent="delete",
)
TEAM = _table(
    "team",
    "Teams of the organization that the site belongs to, as far as the account may see them: by Atlassian's API for teams, "
    "which takes API tokens without scopes alone.",
    ("id",),
    Column("id", "text", "Atlassian's own id; the Team field of issues names it", "teamId"),
    Column("name", "text", "The name", "displayName"),
    Column("description", "text", "What it is for", "description"),
    Column("type", "text", "`OPEN`, `MEMBER_INVITE`, `EXTERNAL`, …: who lets people in", "teamType"),
    Column("state", "text", "`ACTIVE`, `DISBANDED`, …", "state"),
    Column("creator_id", "text", "Who made it: `user.id`", "creatorId", person=True),
)
TEAM_MEMBER = _table(
    "team_member",
    "Who is in which team: a request a team.",
    ("team_id", "user_id"),
    Column("team_id", "text", "`team.id`", "team.id"),
    Column("user_id", "text", "`user.id`", "user.accountId", person=True),
    owner="team_id",
    absent="delete",
)
AUDIT_RECORD = _table(
    "audit_record",
    "The audit log, which Jira gives to administrators: a run reads what is new since the last one. Records stay here when "
    "Jira drops them.",
    ("id",),
    Column("id", "bigint", "Jira's own number", "id"),
    Column("created_at", "timestamp", "When it happened", "created"),
    Column("summary", "text", "What happened, in the site's language", "summary"),
    Column("category", "text", "Such as `group management`", "category"),
    Column("event_source", "text", "The application it came from; empty for Jira itself", "eventSource"),
    Column(
        "author_id", "text", "Who did it: `user.id`; null where nobody is named", "authorAccountId else authorKey", person=True
    ),
    Column("remote_address", "text", "From which address", "remoteAddress", personal=True),
    Column("description", "text", "More of it", "description", personal=True),
    Column("object_type", "text", "What it was done to: `USER`, `PROJECT`, `ISSUE_DELETE`, …", "objectItem.typeName"),
    Column("object_id", "text", "Its id", "objectItem.id", person=True),
    Column("object_name", "text", "Its name, or an issue's key", "objectItem.name", personal=True),
    Column("object_parent_id", "text", "The id of what it belongs to", "objectItem.parentId"),
    Column("object_parent_name", "text", "The name of what it belongs to", "objectItem.parentName", personal=True),
    Column("changed_values", "json", "What was changed: an array of fieldName, changedFrom, changedTo", "changedValues", True),
    Column("associated_items", "json", "What else it concerns: an array like the object", "associatedItems", True),
    absent="keep",
)

FILTERS_AND_RECORDS = (
    FILTER,
    FILTER_SHARE,
    DASHBOARD,
    DASHBOARD_SHARE,
    NOTIFICATION_SCHEME,
    NOTIFICATION,
    NOTIFICATION_SCHEME_PROJECT,
    TEAM,
    TEAM_MEMBER,
    AUDIT_RECORD,
)
