import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from entities.invented_issues import ANNA
from entities.invented_lists import DESKS_AND_FILTERS
from jira_staging.entities.flattened import Flattened
from jira_staging.entities.site_wide import SITE_WIDE, flatten_site_wide
from jira_staging.records import RejectedRow
from jira_staging.tables import TABLES
from jira_staging.tables.arrow_types import arrow_schema

SCOPE = {"type": "PROJECT", "project": {"id": "10001"}}
# By table: a payload with everything, and the row it becomes.
WHOLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "user": (
        {**ANNA, "locale": "en_US", "groups": {"size": 1}},
        {
            "id": "557058:anna",
            "name": "Anna",
            "email": "anna@example.com",
            "account_type": "atlassian",
            "is_active": True,
            "time_zone": "Asia/Tokyo",
            "locale": "en_US",
        },
    ),
    "project": (
        {
            "id": "10000",
            "key": "PAY",
            "name": "Payments",
            "description": "Money",
            "projectTypeKey": "software",
            "style": "classic",
            "projectCategory": {"id": "10100", "name": "Core"},
            "lead": ANNA,
            "url": "https://example.com",
            "isPrivate": False,
            "archived": True,
            "archivedDate": "2026-01-02T03:04:05.006+0000",
            "deleted": False,
            "deletedDate": "2026-01-02T03:04:05.006+0000",
        },
        {
            "id": 10000,
            "key": "PAY",
            "name": "Payments",
            "description": "Money",
            "type_key": "software",
            "style": "classic",
            "category_id": 10100,
            "lead_id": "557058:anna",
            "url": "https://example.com",
            "is_private": False,
            "is_archived": True,
            "archived_at": datetime(2026, 1, 2, 3, 4, 5, 6_000, UTC),
            "is_deleted": False,
            "deleted_at": datetime(2026, 1, 2, 3, 4, 5, 6_000, UTC),
        },
    ),
    "project_category": ({"id": "1", "name": "Core", "description": "c"}, {"id": 1, "name": "Core", "description": "c"}),
    "project_type": ({"key": "software", "formattedKey": "Software"}, {"key": "software", "name": "Software"}),
    "component": (
        {"id": "5", "projectId": 10000, "name": "Web", "description": "w", "lead": ANNA, "assigneeType": "UNASSIGNED"},
        {
            "id": 5,
            "project_id": 10000,
            "name": "Web",
            "description": "w",
            "lead_id": "557058:anna",
            "assignee_type": "UNASSIGNED",
        },
    ),
    "version": (
        {
            "id": "6",
            "projectId": 10000,
            "name": "v2",
            "description": "d",
            "archived": False,
            "released": True,
            "overdue": False,
            "startDate": "2020-06-12",
            "releaseDate": "2020-06-22",
        },
        {
            "id": 6,
            "project_id": 10000,
            "name": "v2",
            "description": "d",
            "is_archived": False,
            "is_released": True,
            "is_overdue": False,
            "start_date": date(2020, 6, 12),
            "release_date": date(2020, 6, 22),
        },
    ),
    "issue_type": (
        {"id": "10001", "name": "Story", "description": "s", "subtask": False, "hierarchyLevel": 0, "scope": SCOPE},
        {"id": 10001, "name": "Story", "description": "s", "is_subtask": False, "hierarchy_level": 0, "project_id": 10001},
    ),
    "status": (
        {"id": "3", "name": "Fertig", "description": "f", "statusCategory": {"id": 3, "key": "done"}, "scope": SCOPE},
        {"id": 3, "name": "Fertig", "description": "f", "category_id": 3, "project_id": 10001},
    ),
    "status_category": (
        {"id": 3, "key": "done", "name": "Fertig", "colorName": "green"},
        {"id": 3, "key": "done", "name": "Fertig", "color_name": "green"},
    ),
    "priority": (
        {"id": "3", "name": "High", "description": "h", "statusColor": "#ff0000", "iconUrl": "…"},
        {"id": 3, "name": "High", "description": "h", "color": "#ff0000", "position": 0},
    ),
    "resolution": ({"id": "1", "name": "Done", "description": "d"}, {"id": 1, "name": "Done", "description": "d"}),
    "issue_link_type": (
        {"id": "10000", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"},
        {"id": 10000, "name": "Blocks", "inward": "is blocked by", "outward": "blocks"},
    ),
    "group": ({"groupId": "g-1", "name": "staff"}, {"id": "g-1", "name": "staff"}),
    "group_member": (
        {"group": {"groupId": "g-1"}, "user": ANNA},
        {"group_id": "g-1", "user_id": "557058:anna"},
    ),
    "role": ({"id": 10002, "name": "Admins", "description": "a"}, {"id": 10002, "name": "Admins", "description": "a"}),
    "role_actor": (
        {
            "role": {"id": 10002},
            "project": {"id": 10000},
            "actor": {"id": 1, "type": "atlassian-user-role-actor", "actorUser": {"accountId": "557058:anna"}},
        },
        {"role_id": 10002, "project_id": 10000, "actor_type": "atlassian-user-role-actor", "actor_id": "557058:anna"},
    ),
    "field_context": (
        {
            "field": {"id": "customfield_10010"},
            "context": {"id": "30010", "name": "Default", "isGlobalContext": True, "isAnyIssueType": False},
        },
        {
            "id": 30010,
            "field_id": "customfield_10010",
            "name": "Default",
            "is_global": True,
            "applies_to_any_issue_type": False,
        },
    ),
    "field_option": (
        {
            "field": {"id": "customfield_10010"},
            "context": {"id": 30010},
            "position": 3,
            "option": {"id": "7", "value": "Child", "optionId": "5", "disabled": False},
        },
        {
            "id": 7,
            "field_id": "customfield_10010",
            "context_id": 30010,
            "parent_id": 5,
            "value": "Child",
            "is_disabled": False,
            "position": 3,
        },
    ),
    "label": ({"label": "数据"}, {"label": "数据"}),
    "workflow": (
        {
            "workflow": {
                "id": "w-1",
                "name": "Simple",
                "description": "s",
                "scope": SCOPE,
                "created": "2026-01-02T03:04:05.006+0000",
                "updated": "2026-01-02T03:04:05.007+0000",
            }
        },
        {
            "id": "w-1",
            "name": "Simple",
            "description": "s",
            "project_id": 10001,
            "created_at": datetime(2026, 1, 2, 3, 4, 5, 6_000, UTC),
            "updated_at": datetime(2026, 1, 2, 3, 4, 5, 7_000, UTC),
        },
    ),
    "workflow_status": (
        {"workflow": {"id": "w-1"}, "status": {"id": 3}, "position": 2},
        {"workflow_id": "w-1", "status_id": 3, "position": 2},
    ),
    "workflow_scheme": (
        {"scheme": {"id": 10100, "name": "Software", "description": "s", "defaultWorkflow": "Simple"}},
        {"id": 10100, "name": "Software", "description": "s", "default_workflow": "Simple"},
    ),
    "workflow_scheme_issue_type": (
        {"scheme": {"id": 10100}, "issueType": {"id": "10004"}, "workflow": {"name": "Bugs"}},
        {"scheme_id": 10100, "issue_type_id": 10004, "workflow_name": "Bugs"},
    ),
    "workflow_scheme_project": (
        {"scheme": {"id": 10100}, "project": {"id": 10000}},
        {"scheme_id": 10100, "project_id": 10000},
    ),
    "issue_type_scheme": (
        {"id": "10000", "name": "Default", "description": "d", "isDefault": True, "defaultIssueTypeId": "10001"},
        {"id": 10000, "name": "Default", "description": "d", "is_default": True, "default_issue_type_id": 10001},
    ),
    "issue_type_scheme_item": (
        {"issueTypeSchemeId": "10000", "issueTypeId": "10001"},
        {"scheme_id": 10000, "issue_type_id": 10001},
    ),
    "issue_type_scheme_project": (
        {"scheme": {"id": "10000", "name": "Default"}, "project": {"id": 10002}},
        {"scheme_id": 10000, "project_id": 10002},
    ),
    "security_scheme": (
        {"id": 10100, "name": "Staff", "description": "s", "defaultLevel": 10101, "projectIds": [10000]},
        {"id": 10100, "name": "Staff", "description": "s", "default_level_id": 10101},
    ),
    "security_level": (
        {"id": "10101", "issueSecuritySchemeId": "10100", "name": "Staff only", "description": "s", "isDefault": True},
        {"id": 10101, "scheme_id": 10100, "name": "Staff only", "description": "s", "is_default": True},
    ),
    "security_scheme_project": (
        {"issueSecuritySchemeId": "10100", "projectId": "10000"},
        {"scheme_id": 10100, "project_id": 10000},
    ),
    "permission_scheme": (
        {"scheme": {"id": 10000, "name": "Default", "description": "d", "scope": SCOPE}},
        {"id": 10000, "name": "Default", "description": "d", "project_id": 10001},
    ),
    "permission_grant": (
        {
            "scheme": {"id": 10000},
            "grant": {
                "id": 10200,
                "permission": "ADMINISTER_PROJECTS",
                "holder": {"type": "group", "parameter": "staff", "value": "g-1"},
            },
        },
        {
            "id": 10200,
            "scheme_id": 10000,
            "permission": "ADMINISTER_PROJECTS",
            "holder_type": "group",
            "holder_value": "g-1",
        },
    ),
    "permission_scheme_project": (
        {"scheme": {"id": 10000}, "project": {"id": 10002}},
        {"scheme_id": 10000, "project_id": 10002},
    ),
    "priority_scheme": (
        {"id": "1", "name": "Default", "description": "d", "isDefault": True, "defaultPriorityId": "3"},
        {"id": 1, "name": "Default", "description": "d", "is_default": True, "default_priority_id": 3},
    ),
    "priority_scheme_item": (
        {"scheme": {"id": 1}, "priority": {"id": "3", "name": "Medium"}},
        {"scheme_id": 1, "priority_id": 3},
    ),
    "priority_scheme_project": (
        {"scheme": {"id": 1}, "project": {"id": "10000", "key": "PAY"}},
        {"scheme_id": 1, "project_id": 10000},
    ),
    "screen": (
        {"id": 1, "name": "Default Screen", "description": "d", "scope": SCOPE},
        {"id": 1, "name": "Default Screen", "description": "d", "project_id": 10001},
    ),
    "screen_tab": (
        {"screenId": 1, "tabId": 10001, "tabName": "More"},
        {"id": 10001, "screen_id": 1, "name": "More"},
    ),
    "screen_field": (
        {"tab": {"screenId": 1, "tabId": 10001}, "field": {"id": "summary", "name": "Summary"}, "position": 4},
        {"tab_id": 10001, "field_id": "summary", "screen_id": 1, "position": 4},
    ),
    "board": (
        {
            "board": {"id": 5, "name": "Pay", "type": "scrum", "location": {"projectId": 10000}, "isPrivate": False},
            "configuration": {"filter": {"id": "10005"}, "estimation": {"field": {"fieldId": "customfield_10016"}}},
        },
        {
            "id": 5,
            "name": "Pay",
            "type": "scrum",
            "project_id": 10000,
            "filter_id": 10005,
            "estimation_field_id": "customfield_10016",
        },
    ),
    "board_project": (
        {"board": {"id": 5}, "project": {"id": "10000", "key": "PAY"}},
        {"board_id": 5, "project_id": 10000},
    ),
    "board_issue": ({"board": {"id": 5}, "issue": {"id": 10007}}, {"board_id": 5, "issue_id": 10007}),
    "board_column": (
        {"board": {"id": 5}, "position": 1, "column": {"name": "Doing", "min": 1, "max": 5}},
        {"board_id": 5, "position": 1, "name": "Doing", "minimum": 1, "maximum": 5},
    ),
    "board_column_status": (
        {"board": {"id": 5}, "position": 1, "status": {"id": "10002"}},
        {"board_id": 5, "position": 1, "status_id": 10002},
    ),
    "sprint": (
        {
            "id": 37,
            "name": "Sprint 1",
            "state": "closed",
            "goal": "Ship",
            "originBoardId": 5,
            "startDate": "2015-04-11T15:22:00.000+10:00",
            "endDate": "2015-04-20T01:22:00.000Z",
            "completeDate": "2015-04-20T11:04:00.000Z",
            "createdDate": "2015-04-01T00:00:00.000Z",
        },
        {
            "id": 37,
            "name": "Sprint 1",
            "state": "closed",
            "goal": "Ship",
            "board_id": 5,
            "start_at": datetime(2015, 4, 11, 5, 22, tzinfo=UTC),
            "end_at": datetime(2015, 4, 20, 1, 22, tzinfo=UTC),
            "completed_at": datetime(2015, 4, 20, 11, 4, tzinfo=UTC),
            "created_at": datetime(2015, 4, 1, tzinfo=UTC),
        },
    ),
    **DESKS_AND_FILTERS,
}


def key_alone(table: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The payload with nothing but what its key is read from."""
    kept: dict[str, Any] = {}
    for column in TABLES[table].key:
        *way, last = TABLES[table].column(column).source.partition(" else ")[0].split(".")
        there, here = payload, kept
        for step in way:
            there, here = there[step], here.setdefault(step, {})
        here[last] = there[last]
    return kept


def flatten(table: str, *payloads: object) -> Flattened:
    return flatten_site_wide(table, [json.dumps(payloads).encode()])


@pytest.mark.parametrize("table", SITE_WIDE)
def test_a_payload_becomes_its_row(table: str) -> None:
    payload, row = WHOLE[table]
    flattened = flatten(table, {**payload, "self": "https://example.atlassian.net", "unheardOf": [{}]})
    (rows,) = flattened.rows
    assert rows.data.to_pylist() == [row]
    assert rows.data.schema.equals(arrow_schema(TABLES[table]), check_metadata=True)
    assert (rows.table, rows.owners, flattened.rejected) == (table, None, ())


@pytest.mark.parametrize("table", SITE_WIDE)
def test_a_payload_with_its_key_alone_is_a_row_of_nulls(table: str) -> None:
    payload, row = WHOLE[table]
    flattened = flatten(table, key_alone(table, payload), {"unheardOf": "without a key"})
    (rows,) = flattened.rows
    kept = {*TABLES[table].key, *(["position"] if table == "priority" else [])}
    assert rows.data.to_pylist() == [{name: value if name in kept else None for name, value in row.items()}]
    assert [row.entity for row in flattened.rejected] == [table]


def test_an_empty_list_is_a_table_without_rows() -> None:
    (rows,) = flatten_site_wide("version", [b"[]"], owners=[10000, 10001]).rows
    assert rows.data.schema.equals(arrow_schema(TABLES["version"]))
    assert (rows.data.num_rows, rows.owners) == (0, (10000, 10001))


def test_parts_that_do_not_fit_are_told_and_the_rest_is_kept() -> None:
    flattened = flatten("version", {"id": "1", "name": 5, "releaseDate": "soon"}, {"id": "2", "name": "v2"})
    assert [(row["id"], row["name"], row["release_date"]) for row in flattened.rows[0].data.to_pylist()] == [
        (1, None, None),
        (2, "v2", None),
    ]
    assert flattened.rejected == (
        RejectedRow("version", "1/name", "Expected `str | null`, got `int`", "5"),
        RejectedRow("version", "1/releaseDate", "Not a day", '"soon"'),
    )


def test_what_paging_gives_twice_is_one_row_and_the_order_is_jiras() -> None:
    pages = [b'[{"id":"3","name":"old"},{"id":"1"}]', b'[{"id":"3","name":"new"},{"id":"2"}]']
    (rows,) = flatten_site_wide("priority", pages).rows
    assert [(row["id"], row["name"], row["position"]) for row in rows.data.to_pylist()] == [
        (3, "new", 0),
        (1, None, 1),
        (2, None, 2),
    ]


def test_a_data_center_user_goes_by_its_key() -> None:
    (rows,) = flatten("user", {"key": "JIRAUSER1", "name": "carl", "displayName": "Carl", "locale": "de_DE"}).rows
    assert [(row["id"], row["name"], row["locale"]) for row in rows.data.to_pylist()] == [("JIRAUSER1", "Carl", "de_DE")]


def test_actors_are_people_groups_or_on_data_center_names() -> None:
    where = {"role": {"id": 1}, "project": {"id": 2}}
    kinds = ("atlassian-group-role-actor", "atlassian-user-role-actor")
    (rows,) = flatten(
        "role_actor",
        {**where, "actor": {"type": kinds[0], "name": "staff", "actorGroup": {"name": "staff", "groupId": "g-1"}}},
        {**where, "actor": {"type": kinds[1], "name": "carl"}},
    ).rows
    assert [(row["actor_type"], row["actor_id"]) for row in rows.data.to_pylist()] == [(kinds[0], "g-1"), (kinds[1], "carl")]


def test_a_row_whose_key_is_not_whole_is_told() -> None:
    payload = {"role": {"id": 1}, "project": {"id": 2}, "actor": {"type": "atlassian-user-role-actor"}}
    flattened = flatten("role_actor", payload)
    assert flattened.rows[0].data.num_rows == 0
    assert [(row.entity, row.reason) for row in flattened.rejected] == [("role_actor", "Expected its whole key")]
