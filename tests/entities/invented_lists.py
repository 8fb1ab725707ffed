"""Payloads of service desks, filters and records with everything in them, and the row that each becomes."""

from datetime import UTC, datetime
from typing import Any

from entities.invented_issues import ANNA

_SHARE = {
    "id": 7,
    "type": "projectRole",
    "project": {"id": "10000", "key": "PAY"},
    "role": {"id": 10002, "name": "Administrators"},
    "group": {"name": "staff", "groupId": "g-1"},
    "user": ANNA,
}
_SHARED = {
    "position": 2,
    "type": "projectRole",
    "project_id": 10000,
    "role_id": 10002,
    "group_id": "g-1",
    "user_id": "557058:anna",
}

DESKS_AND_FILTERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "service_desk": (
        {"id": "1", "projectId": "10900", "projectName": "Help", "projectKey": "HELP", "projectTypeKey": "service_desk"},
        {"id": 1, "project_id": 10900, "name": "Help"},
    ),
    "request_type": (
        {
            "id": "10",
            "serviceDeskId": "1",
            "issueTypeId": "10001",
            "name": "Get help",
            "description": "Ask",
            "helpText": "Tell us",
            "restrictionStatus": "OPEN",
            "groupIds": ["1"],
        },
        {
            "id": 10,
            "service_desk_id": 1,
            "issue_type_id": 10001,
            "name": "Get help",
            "description": "Ask",
            "help_text": "Tell us",
            "restriction": "OPEN",
        },
    ),
    "organization": (
        {
            "id": "2",
            "uuid": "u-2",
            "name": "Initech",
            "scimManaged": False,
            "created": {"iso8601": "2026-01-02T03:04:05+0100", "epochMillis": 1767319445000},
        },
        {
            "id": 2,
            "uuid": "u-2",
            "name": "Initech",
            "is_scim_managed": False,
            "created_at": datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC),
        },
    ),
    "organization_member": (
        {"organization": {"id": 2}, "user": ANNA},
        {"organization_id": 2, "user_id": "557058:anna"},
    ),
    "service_desk_organization": (
        {"serviceDesk": {"id": 1}, "organization": {"id": "2", "name": "Initech"}},
        {"service_desk_id": 1, "organization_id": 2},
    ),
    "service_desk_customer": (
        {"serviceDesk": {"id": 1}, "user": ANNA},
        {"service_desk_id": 1, "user_id": "557058:anna"},
    ),
    "filter": (
        {
            "id": "10001",
            "name": "Mine",
            "description": "What I do",
            "owner": ANNA,
            "jql": "assignee = currentUser()",
            "favouritedCount": 3,
            "approximateLastUsed": "2026-01-02T03:04:05.006+0000",
        },
        {
            "id": 10001,
            "name": "Mine",
            "description": "What I do",
            "owner_id": "557058:anna",
            "jql": "assignee = currentUser()",
            "favourites": 3,
            "approximate_last_used_at": datetime(2026, 1, 2, 3, 4, 5, 6_000, UTC),
        },
    ),
    "filter_share": ({"filter": {"id": 10001}, "position": 2, "share": _SHARE}, {"filter_id": 10001, **_SHARED}),
    "dashboard": (
        {
            "id": "10000",
            "name": "Numbers",
            "description": "All of them",
            "owner": ANNA,
            "popularity": 4,
            "systemDashboard": False,
            "view": "https://example.com/jira/dashboards/10000",
        },
        {
            "id": 10000,
            "name": "Numbers",
            "description": "All of them",
            "owner_id": "557058:anna",
            "popularity": 4,
            "is_system": False,
            "url": "https://example.com/jira/dashboards/10000",
        },
    ),
    "dashboard_share": (
        {"dashboard": {"id": 10000}, "position": 2, "share": _SHARE},
        {"dashboard_id": 10000, **_SHARED},
    ),
    "notification_scheme": (
        {"id": 10000, "name": "Default", "description": "All", "scope": {"type": "PROJECT", "project": {"id": "10001"}}},
        {"id": 10000, "name": "Default", "description": "All", "project_id": 10001},
    ),
    "notification": (
        {
            "scheme": {"id": 10000},
            "event": {"id": 1, "name": "Issue created"},
            "notification": {"id": 2, "notificationType": "Group", "parameter": "staff", "recipient": "g-1"},
        },
        {
            "id": 2,
            "scheme_id": 10000,
            "event_id": 1,
            "event_name": "Issue created",
            "type": "Group",
            "recipient": "g-1",
        },
    ),
    "notification_scheme_project": (
        {"notificationSchemeId": "10000", "projectId": "10001"},
        {"scheme_id": 10000, "project_id": 10001},
    ),
    "team": (
        {
            "teamId": "t-1",
            "displayName": "Payments",
            "description": "Money",
            "teamType": "OPEN",
            "state": "ACTIVE",
            "creatorId": "557058:anna",
            "organizationId": "o-1",
        },
        {
            "id": "t-1",
            "name": "Payments",
            "description": "Money",
            "type": "OPEN",
            "state": "ACTIVE",
            "creator_id": "557058:anna",
        },
    ),
    "team_member": ({"team": {"id": "t-1"}, "user": ANNA}, {"team_id": "t-1", "user_id": "557058:anna"}),
    "audit_record": (
        {
            "id": 5,
            "created": "2026-01-02T03:04:05.006+0000",
            "summary": "User added to group",
            "category": "group management",
            "eventSource": "Connect",
            "authorAccountId": "557058:anna",
            "remoteAddress": "10.0.0.7",
            "description": "By hand",
            "objectItem": {"id": "g-1", "name": "staff", "typeName": "GROUP", "parentId": "1", "parentName": "Directory"},
            "changedValues": [{"fieldName": "Groups"}],
            "associatedItems": [{"id": "u-1"}],
        },
        {
            "id": 5,
            "created_at": datetime(2026, 1, 2, 3, 4, 5, 6_000, UTC),
            "summary": "User added to group",
            "category": "group management",
            "event_source": "Connect",
            "author_id": "557058:anna",
            "remote_address": "10.0.0.7",
            "description": "By hand",
            "object_type": "GROUP",
            "object_id": "g-1",
            "object_name": "staff",
            "object_parent_id": "1",
            "object_parent_name": "Directory",
            "changed_values": '[{"fieldName": "Groups"}]',
            "associated_items": '[{"id": "u-1"}]',
        },
    ),
}
