"""The simulated Jira's answers against Atlassian's published OpenAPI documents (shipped by `jira-as`, a test dependency)."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import requests

from simulated_jira import Settings, SimulatedJira

PLATFORM, SOFTWARE = "jira-platform-swagger-v3.json", "jira-software-swagger-v3.json"
DESKS = "jira-servicedesk-swagger-v3.json"

# Keys that real sites answer although the documents do not know them.
UNDOCUMENTED = {
    "untranslatedName",  # statuses and issue types of localized sites
    "displayUrlCSMHelpSeeker",
    "defaultLocale",
    "projectKeys",
    "entityId",  # team-managed projects
    "tmpFromAccountId",
    "tmpToAccountId",
    "authorAccountId",
    "expand",
    "names",
}
# Items of a changelog say null where the documents promise a string.
NULLABLE = {"from", "fromString", "to", "toString"}


@cache
def document(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((files("jira_as") / "specs" / name).read_text(encoding="utf-8"))
    return loaded


def answer_schema(name: str, method: str, path: str) -> dict[str, Any]:
    """The schema of a good answer; where the document has an example only, one that allows the example's keys."""
    content = document(name)["paths"][path][method]["responses"]["200"]["content"]["application/json"]
    schema: dict[str, Any] = content["schema"] if "schema" in content else keys_of(json.loads(content["example"]))
    return schema | {"components": document(name)["components"]}


def keys_of(example: Any) -> dict[str, Any]:
    if isinstance(example, list):
        return {"type": "array", "items": keys_of(example[0])} if example else {"type": "array"}
    if not isinstance(example, dict):
        return {}
    # Later versions added these to each agile thing.
    names = ("key", "self", "expand", "isPrivate", "style", "properties", "entityId", "uuid")
    later: dict[str, Any] = {name: {} for name in names}
    return {
        "type": "object",
        "properties": later | {key: keys_of(value) for key, value in example.items()},
        "additionalProperties": False,
    }


def deviations(name: str, method: str, path: str, answer: Any) -> list[str]:
    """Where the answer is not what the document promises, less what is known of real sites."""
    return deviations_from(answer_schema(name, method, path), answer)


def deviations_from(schema: dict[str, Any], answer: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema)
    found = []
    for error in validator.iter_errors(answer):
        if error.validator == "additionalProperties":
            unexpected = set(error.instance) - set(error.schema.get("properties", {})) - UNDOCUMENTED
            if not unexpected:
                continue
        where = list(error.absolute_path)
        if error.validator == "type" and error.instance is None and where[-1] in NULLABLE:
            continue
        found.append(f"{'/'.join(map(str, where))}: {error.message[:200]}")
    return found


@pytest.fixture(scope="module")
def jira() -> Iterator[SimulatedJira]:
    settings = Settings(locale="zh_CN", custom_fields=60, service_desk=True)
    with SimulatedJira(issues=120, projects=4, settings=settings) as running:
        running.change.delete("PAY-12")
        running.clock.advance(120)
        yield running


GETS = [
    ("/rest/api/3/myself", "", PLATFORM),
    ("/rest/api/3/serverInfo", "", PLATFORM),
    ("/rest/api/3/field", "", PLATFORM),
    ("/rest/api/3/field/search", "", PLATFORM),
    ("/rest/api/3/project/search", "expand=insight,lead,description,projectKeys,issueTypes,url", PLATFORM),
    ("/rest/api/3/project/{projectIdOrKey}", "PAY", PLATFORM),
    ("/rest/api/3/project/type", "", PLATFORM),
    ("/rest/api/3/projectCategory", "", PLATFORM),
    ("/rest/api/3/project/{projectIdOrKey}/component", "PAY", PLATFORM),
    ("/rest/api/3/component", "projectIdsOrKeys=PAY,AND", PLATFORM),
    ("/rest/api/3/project/{projectIdOrKey}/version", "PAY", PLATFORM),
    ("/rest/api/3/project/{projectIdOrKey}/role", "PAY", PLATFORM),
    ("/rest/api/3/project/{projectIdOrKey}/role/{id}", "PAY 10002", PLATFORM),
    ("/rest/api/3/users/search", "maxResults=100", PLATFORM),
    ("/rest/api/3/user/bulk", "accountId=unknown", PLATFORM),
    ("/rest/api/3/status", "", PLATFORM),
    ("/rest/api/3/statuses/search", "", PLATFORM),
    ("/rest/api/3/statuscategory", "", PLATFORM),
    ("/rest/api/3/priority", "", PLATFORM),
    ("/rest/api/3/priority/search", "", PLATFORM),
    ("/rest/api/3/resolution", "", PLATFORM),
    ("/rest/api/3/resolution/search", "", PLATFORM),
    ("/rest/api/3/issuetype", "", PLATFORM),
    ("/rest/api/3/issueLinkType", "", PLATFORM),
    ("/rest/api/3/label", "", PLATFORM),
    ("/rest/api/3/issue/{issueIdOrKey}", "PAY-4 expand=changelog,names,schema,transitions", PLATFORM),
    ("/rest/api/3/issue/{issueIdOrKey}/changelog", "PAY-4", PLATFORM),
    ("/rest/api/3/issue/{issueIdOrKey}/comment", "PAY-8", PLATFORM),
    ("/rest/api/3/issue/{issueIdOrKey}/worklog", "PAY-6", PLATFORM),
    ("/rest/api/3/issue/{issueIdOrKey}/remotelink", "PAY-5", PLATFORM),
    ("/rest/api/3/issue/{issueIdOrKey}/watchers", "PAY-4", PLATFORM),
    ("/rest/api/3/issue/{issueIdOrKey}/votes", "PAY-4", PLATFORM),
    ("/rest/api/3/issue/{issueIdOrKey}/properties", "PAY-1", PLATFORM),
    ("/rest/api/3/issue/{issueIdOrKey}/transitions", "PAY-1", PLATFORM),
    ("/rest/api/3/worklog/updated", "since=0", PLATFORM),
    ("/rest/api/3/worklog/deleted", "since=0", PLATFORM),
    ("/rest/api/3/group/bulk", "", PLATFORM),
    ("/rest/api/3/group/member", "groupname=site-admins", PLATFORM),
    ("/rest/api/3/role", "", PLATFORM),
    ("/rest/api/3/auditing/record", "", PLATFORM),
    ("/rest/api/3/mypermissions", "permissions=BROWSE_PROJECTS", PLATFORM),
    ("/rest/api/3/configuration", "", PLATFORM),
    ("/rest/api/3/field/{fieldId}/context", "customfield_10031", PLATFORM),
    ("/rest/api/3/field/{fieldId}/context/{contextId}/option", "customfield_10031 30031", PLATFORM),
    ("/rest/api/3/issuetypescheme", "", PLATFORM),
    ("/rest/api/3/issuetypescheme/mapping", "", PLATFORM),
    ("/rest/api/3/issuetypescheme/project", "projectId=10000&projectId=10003", PLATFORM),
    ("/rest/api/3/workflows/search", "", PLATFORM),
    ("/rest/api/3/workflowscheme", "", PLATFORM),
    ("/rest/api/3/workflowscheme/project", "projectId=10000&projectId=10001", PLATFORM),
    ("/rest/api/3/priorityscheme", "", PLATFORM),
    ("/rest/api/3/priorityscheme/{schemeId}/priorities", "10002", PLATFORM),
    ("/rest/api/3/priorityscheme/{schemeId}/projects", "1", PLATFORM),
    ("/rest/api/3/screens", "", PLATFORM),
    ("/rest/api/3/screens/tabs", "", PLATFORM),
    ("/rest/api/3/screens/{screenId}/tabs/{tabId}/fields", "1 10001", PLATFORM),
    ("/rest/api/3/issuesecurityschemes", "", PLATFORM),
    ("/rest/api/3/issuesecurityschemes/search", "", PLATFORM),
    ("/rest/api/3/issuesecurityschemes/level", "", PLATFORM),
    ("/rest/api/3/issuesecurityschemes/project", "", PLATFORM),
    ("/rest/api/3/permissionscheme", "expand=permissions", PLATFORM),
    ("/rest/api/3/project/{projectKeyOrId}/permissionscheme", "PAY", PLATFORM),
    ("/rest/api/3/filter/search", "overrideSharePermissions=true", PLATFORM),
    ("/rest/api/3/dashboard/search", "", PLATFORM),
    ("/rest/api/3/notificationscheme", "expand=all", PLATFORM),
    ("/rest/api/3/notificationscheme/project", "", PLATFORM),
    ("/rest/agile/1.0/board", "", SOFTWARE),
    ("/rest/agile/1.0/board/{boardId}", "1", SOFTWARE),
    ("/rest/agile/1.0/board/{boardId}/configuration", "1", SOFTWARE),
    ("/rest/agile/1.0/board/{boardId}/sprint", "1", SOFTWARE),
    ("/rest/agile/1.0/board/{boardId}/project", "1", SOFTWARE),
    ("/rest/agile/1.0/board/{boardId}/epic", "1", SOFTWARE),
    ("/rest/agile/1.0/sprint/{sprintId}", "1", SOFTWARE),
    ("/rest/servicedeskapi/info", "", DESKS),
    ("/rest/servicedeskapi/servicedesk", "", DESKS),
    ("/rest/servicedeskapi/servicedesk/{serviceDeskId}/requesttype", "1", DESKS),
    ("/rest/servicedeskapi/servicedesk/{serviceDeskId}/organization", "1", DESKS),
    ("/rest/servicedeskapi/servicedesk/{serviceDeskId}/customer", "1", DESKS),
    ("/rest/servicedeskapi/organization", "", DESKS),
    ("/rest/servicedeskapi/organization/{organizationId}/user", "1", DESKS),
    ("/rest/servicedeskapi/request/{issueIdOrKey}", "HELP-1", DESKS),
    ("/rest/servicedeskapi/request/{issueIdOrKey}/sla", "HELP-1", DESKS),
    ("/rest/servicedeskapi/request/{issueIdOrKey}/approval", "HELP-1", DESKS),
    ("/rest/servicedeskapi/request/{issueIdOrKey}/participant", "HELP-1", DESKS),
]


def filled(path: str, words: str) -> str:
    """The path with its braces filled by the words, and what is left as the query."""
    rest = words.split()
    while "{" in path:
        head, _, tail = path.partition("{")
        path = head + rest.pop(0) + tail.partition("}")[2]
    return f"{path}?{rest[0]}" if rest else path


@pytest.mark.parametrize(("path", "words", "name"), GETS, ids=[path for path, _, _ in GETS])
def test_get_answers_as_documented(jira: SimulatedJira, path: str, words: str, name: str) -> None:
    opted = {"X-ExperimentalApi": "opt-in"}
    answer = requests.get(jira.url + filled(path, words), auth=(jira.email, jira.token), headers=opted, timeout=10)
    assert answer.status_code == 200, answer.text
    assert answer.json(), "an empty answer proves nothing"
    assert deviations(name, "get", path, answer.json()) == []


POSTS: list[tuple[str, dict[str, Any]]] = [
    ("/rest/api/3/search/jql", {"jql": "project = PAY", "fields": ["*all"], "expand": "names,schema,changelog"}),
    ("/rest/api/3/search/jql", {"jql": "project = PAY", "fields": ["id"], "maxResults": 2}),
    ("/rest/api/3/search/approximate-count", {"jql": "project = PAY"}),
    ("/rest/api/3/issue/bulkfetch", {"issueIdsOrKeys": ["PAY-4", "PAY-8", "NO-1"], "expand": ["names"]}),
    ("/rest/api/3/changelog/bulkfetch", {"issueIdsOrKeys": ["PAY-4", "PAY-5"], "maxResults": 10}),
    ("/rest/api/3/comment/list", {"ids": [100_000 + 7 * 256]}),
    ("/rest/api/3/worklog/list", {"ids": [100_000 + 5 * 256]}),
]


@pytest.mark.parametrize(("path", "body"), POSTS)
def test_post_answers_as_documented(jira: SimulatedJira, path: str, body: dict[str, Any]) -> None:
    answer = requests.post(jira.url + path, json=body, auth=(jira.email, jira.token), timeout=10)
    assert answer.status_code == 200, answer.text
    assert deviations(PLATFORM, "post", path, answer.json()) == []


# No document tells what the fields of requests hold: the service desk's own API has the same things.
SHAPES_OF_FIELDS = {
    "sla": ("SlaInformationDTO", lambda value: [value] if isinstance(value, dict) and "completedCycles" in value else []),
    "approvals": ("ApprovalDTO", lambda value: value or []),
    "organizations": ("OrganizationDTO", lambda value: value or []),
    "request_type": ("RequestTypeDTO", lambda value: [value["requestType"]] if value else []),
}


@pytest.mark.parametrize("kind", SHAPES_OF_FIELDS)
def test_fields_of_requests_hold_what_the_service_desk_answers(jira: SimulatedJira, kind: str) -> None:
    shape, parts = SHAPES_OF_FIELDS[kind]
    schema = {"$ref": f"#/components/schemas/{shape}", "components": document(DESKS)["components"]}
    ids = [field.id for field in jira.site.fields if field.kind == kind]
    told = [
        part
        for issue in jira.site.issues.values()
        if issue.project.key == "HELP"
        for id_ in ids
        for part in parts(json.loads(issue.body.raw.get(id_, b"null")))
    ]
    assert told, "nothing proves nothing"
    assert {deviation for part in told for deviation in deviations_from(schema, part)} == set()


def test_every_platform_route_is_documented(jira: SimulatedJira) -> None:
    """No endpoint is made up: each is in Atlassian's documents, or is older than they are."""
    known = {
        f"{method.upper()} {path}"
        for name in (PLATFORM, SOFTWARE, DESKS)
        for path, methods in document(name)["paths"].items()
        for method in methods
    }
    shapes = {"/".join("*" if part.startswith("{") else part for part in route.split("/")) for route in known}
    ours = [route for route in jira.service.routes.names() if "/rest/" in route]
    unknown = {
        route for route in ours if "/".join("*" if part.startswith("{") else part for part in route.split("/")) not in shapes
    }
    assert unknown == set()
