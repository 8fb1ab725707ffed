"""Groups, roles and options where Jira answers in ways that the simulated one does not."""

import msgspec

from jira_api.clients import client
from jira_api.small_server import Given, Seen, json, serving, signed_in
from jira_staging.errors import JiraRefusedQuery
from jira_staging.jira_api import directory
from jira_staging.jira_api.field_options import contexts_and_options
from jira_staging.jira_api.groups_and_roles import role_actors, roles

ROLES = [
    {"id": 1, "name": "Everywhere"},
    {"id": 2, "name": "Of one", "scope": {"type": "PROJECT", "project": {"id": "10000"}}},
]


def test_roles_of_a_team_managed_project_are_asked_there_alone() -> None:
    answer = signed_in(lambda r: json(ROLES if r.path.endswith("/role") else {"actors": []}))
    with serving(answer) as (url, seen), client(url) as jira:
        told = list(role_actors(jira, roles(jira), [10000, 10001]))
    assert [(lists.owner, lists.is_complete) for lists in told] == [(10000, True), (10001, True)]
    assert sorted(request.path for request in seen if "/project/" in request.path) == [
        "/rest/api/3/project/10000/role/1",
        "/rest/api/3/project/10000/role/2",
        "/rest/api/3/project/10001/role/1",
    ]


def test_only_custom_fields_with_options_are_asked_and_an_apps_own_may_have_none() -> None:
    fields = [
        {"id": "priority", "custom": False, "schema": {"type": "option"}},
        {"id": "customfield_1", "custom": True, "schema": {"type": "option"}},
        {"id": "customfield_2", "custom": True, "schema": {"type": "array", "items": "option"}},
        {"id": "customfield_3", "custom": True, "schema": {"type": "string"}},
        {"id": "customfield_4", "custom": True},
        {"id": "customfield_5", "custom": True, "schema": {"type": "option-with-child"}},
    ]
    context, option = {"id": "7", "name": "Default"}, {"id": "8", "value": "Red"}

    def answer(request: Seen) -> Given:
        if request.path.endswith("/field"):
            return json(fields)
        if "customfield_2" in request.path:
            return json({"errorMessages": ["No options."]}, 400)
        return json({"values": [option if "/option" in request.path else context], "startAt": 0, "isLast": True})

    with serving(signed_in(answer)) as (url, _), client(url) as jira:
        told = list(contexts_and_options(jira, directory.fields(jira)))
    assert [(lists.owner, type(lists.refusal)) for lists in told] == [
        ("customfield_1", type(None)),
        ("customfield_2", JiraRefusedQuery),
        ("customfield_5", type(None)),
    ]
    assert [msgspec.json.decode(item) for item in told[0].lists["field_option"]] == [
        {"field": {"id": "customfield_1"}, "context": {"id": 7}, "position": 0, "option": option}
    ]
