"""The same site as a Data Center shows it: what Cloud's JSON becomes in version 2 of the API, and what Jira says around it.

The site inside is one for both flavours, so that what is loaded from either can be compared.
"""

import json
from collections.abc import Callable
from typing import Any

import msgspec

from simulated_jira.exchange import Answer, Request, answer, errors
from simulated_jira.people import User
from simulated_jira.wiki_text import wiki_text

VERSION = "9.12.4"
NODE = "node1"
FIRST_KEY, FIRST_KEY_OF_CUSTOMERS = 10_100, 90_100
ASKS_TO_SIGN_IN = {"WWW-Authenticate": 'OAuth realm="https%3A%2F%2Fsimulated.example.com"'}
EPIC_LINK = "customfield_10014"
# Of a request's line and headers together, as Tomcat is set up: 8 KB.
LONGEST_HEAD = 8_192

# What Cloud alone tells: of items of changelogs, of types and statuses, of projects, of comments, of people.
ONLY_ON_CLOUD = frozenset(
    ("hierarchyLevel", "entityId", "uuid", "scope", "simplified", "style", "isPrivate", "jsdPublic", "locale", "accountType",
     "statuscategorychangedate", "issuerestriction", "insight", "scimManaged", "canCreateRequest", "restrictionStatus",
     "recipient")
)  # fmt: skip
ONLY_IN_CLOUDS_CHANGELOGS = frozenset(("fieldId", "tmpFromAccountId", "tmpToAccountId"))

# By their templates: endpoints that answer as Cloud's do. What is not here and not below, Data Center does not have.
SHARED = frozenset(
    f"/rest/api/3/{path}"
    for path in (
        "myself", "mypermissions", "configuration", "field", "status", "statuscategory", "priority", "resolution", "issuetype",
        "issueLinkType", "project/type", "projectCategory", "project/{project}", "project/{project}/components",
        "project/{project}/versions", "project/{project}/statuses", "project/{project}/role", "project/{project}/role/{role}",
        "role", "group/member", "worklog/updated", "worklog/deleted", "worklog/list", "permissionscheme", "screens",
        "project/{project}/permissionscheme", "issuesecurityschemes", "notificationscheme",
        "screens/{screen}/tabs/{tab}/fields",
        "issue/{issue}/comment", "issue/{issue}/worklog",
        "issue/{issue}/remotelink", "issue/{issue}/watchers", "issue/{issue}/votes", "issue/{issue}/properties",
        "issue/{issue}/properties/{key}", "issue/{issue}/transitions", "customFieldOption/{option}",
    )
)  # fmt: skip
SHARED_BEGINNINGS = ("/rest/agile/1.0/", "/rest/servicedeskapi/", "/_simulated/")


def give_keys(people: list[User], first: int = FIRST_KEY) -> None:
    """Data Center knows people by keys; what refers to people says them from the beginning."""
    for number, user in enumerate(people):
        user.account_id = f"JIRAUSER{first + number}"


def username(account_id: str) -> str:
    """The name that a user signs in with: not its key, and not lasting."""
    return account_id.lower().replace("jirauser", "user")


def shown(body: bytes) -> bytes:
    """An answer's JSON as a Data Center gives it; what is no JSON stays as it is."""
    try:
        written = msgspec.json.encode(_shown(msgspec.json.decode(body)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        written = _shown_leniently(body)
    return written.replace(b"/rest/api/3/", b"/rest/api/2/")


def _shown_leniently(body: bytes) -> bytes:
    """The same with what is no JSON and still written by some: halves of characters, numbers without an end."""
    try:
        return json.dumps(_shown(json.loads(body))).encode()
    except (ValueError, RecursionError):
        return body


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if not isinstance(value, dict):
        return value
    for marks, written in WRITTEN_OTHERWISE:
        if all(mark in value for mark in marks):
            return written(value)
    if "accountId" in value:
        value = _user(value)
    elif "fromString" in value:
        value = _change(value)
    return _rest(value)


def _rest(value: dict[str, Any]) -> dict[str, Any]:
    seen = {name: _shown(part) for name, part in value.items() if name not in ONLY_ON_CLOUD}
    if "groupId" in seen and "name" in seen:
        del seen["groupId"]
    if _is_epic(value.get("parent")):
        # Only a subtask has a parent; an epic's issues name it by their Epic Link.
        del seen["parent"]
    return seen


def _change(item: dict[str, Any]) -> dict[str, Any]:
    kept = {name: part for name, part in item.items() if name not in ONLY_IN_CLOUDS_CHANGELOGS}
    if item["field"] == "IssueParentAssociation":
        kept |= {"field": "Epic Link", "fieldtype": "custom"}
    return kept


def _is_epic(parent: Any) -> bool:
    return isinstance(parent, dict) and parent.get("fields", {}).get("issuetype", {}).get("hierarchyLevel") == 1


def _user(user: dict[str, Any]) -> dict[str, Any]:
    key = user["accountId"]
    rest = {name: part for name, part in user.items() if name not in ("self", "accountId")}
    where = f"https://simulated.example.com/rest/api/2/user?username={username(key)}"
    return {"self": where, "name": username(key), "key": key} | rest


def _actor(actor: dict[str, Any]) -> dict[str, Any]:
    name = username(actor["actorUser"]["accountId"]) if "actorUser" in actor else actor["actorGroup"]["name"]
    kept = {part: value for part, value in actor.items() if part not in ("actorUser", "actorGroup")}
    return kept | {"name": name}


def _printed_sprint(sprint: dict[str, Any]) -> str:
    """As Java prints it: dates in ISO form, `<null>` for what there is not."""
    told = {name: sprint.get(name, "<null>") for name in ("name", "startDate", "endDate", "completeDate")}
    parts = {"id": sprint["id"], "rapidViewId": sprint["boardId"], "state": sprint["state"].upper(), **told}
    parts |= {"activatedDate": told["startDate"], "sequence": sprint["id"], "goal": sprint.get("goal", "")}
    printed = ",".join(f"{name}={part}" for name, part in parts.items())
    return f"com.atlassian.greenhopper.service.sprint.Sprint@{sprint['id']:x}[{printed}]"


# What has these members is written otherwise altogether.
WRITTEN_OTHERWISE: tuple[tuple[tuple[str, ...], Callable[[dict[str, Any]], Any]], ...] = (
    (("type", "version", "content"), wiki_text),
    (("boardId", "state"), _printed_sprint),
    (("actorUser",), _actor),
    (("actorGroup",), _actor),
    (("parameter", "value"), lambda holder: {name: part for name, part in holder.items() if name != "value"}),
)


def headers(user: User | None, *, failed: bool) -> dict[str, str]:
    """What a Data Center says around each answer."""
    said = {"X-AREQUESTID": "900x1042x1", "X-ANODEID": NODE, "Cache-Control": "no-cache, no-store, no-transform"}
    said["X-AUSERNAME"] = "anonymous" if user is None else username(user.account_id)
    if user is not None or failed:
        said["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED" if failed else "OK"
    return said


def is_too_long(request: Request) -> bool:
    """Whether Tomcat reads no such request: its line and headers are longer than it takes."""
    lines = (f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.items()))
    return sum(len(line) + 2 for line in lines) > LONGEST_HEAD


def too_long() -> Answer:
    """Tomcat's own page, which Jira knows nothing of."""
    page = b"<!doctype html><html><head><title>HTTP Status 400 \xe2\x80\x93 Bad Request</title></head><body></body></html>"
    return Answer(400, page, "text/html;charset=utf-8")


def no_such_path(path: str) -> Answer:
    return answer({"message": f"null for uri: {path}", "status-code": 404}, 404)


def not_signed_in() -> Answer:
    refused = errors(401, "You are not authenticated. Authentication required to perform this operation.")
    refused.headers = dict(ASKS_TO_SIGN_IN)
    return refused


def wrong_password() -> Answer:
    page = b"<html><head><title>Unauthorized (401)</title></head><body>Encountered a 401 - Unauthorized error</body></html>"
    return Answer(401, page, "text/html;charset=UTF-8", dict(ASKS_TO_SIGN_IN))


def captcha() -> Answer:
    """After too many wrong passwords, also for the right one."""
    page = b"<html><head><title>Forbidden (403)</title></head><body>Encountered a 403 - Forbidden error</body></html>"
    denied = Answer(403, page, "text/html;charset=UTF-8")
    login = "https://simulated.example.com/login.jsp"
    denied.headers = {
        "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
        "X-Authentication-Denied-Reason": f"CAPTCHA_CHALLENGE; login-url={login}",
    }
    return denied
