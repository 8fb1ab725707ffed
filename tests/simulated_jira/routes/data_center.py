"""What Data Center answers otherwise than Cloud, and which of Cloud's endpoints it has too. Version 2 of the API."""

from typing import Any

import msgspec

from simulated_jira import data_center, lives
from simulated_jira.entries import history_json, page
from simulated_jira.exchange import Answer, Refused, Request, answer, bare_error, errors, raw
from simulated_jira.issue import Issue, Raw
from simulated_jira.jql_fields import Asker, JqlMeaningError
from simulated_jira.jql_words import JqlSyntaxError
from simulated_jira.people import GROUPS
from simulated_jira.rendering import Renderer
from simulated_jira.routes.issues import readable_issue
from simulated_jira.routes.project_family import listed
from simulated_jira.routing import DATA_CENTER
from simulated_jira.searching import Search
from simulated_jira.selection import Selection, selection_of
from simulated_jira.service import Service

# Comments and changelogs stand in an issue whole.
ALL = 1 << 20
# The fields that make a hub's answer slow: each is computed from hundreds of other rows.
HEAVY = ("comment", "worklog", "issuelinks", "subtasks", "attachment")


class SearchRequest(msgspec.Struct, rename="camel"):
    """The body of a search."""

    jql: str = ""
    start_at: int = 0
    max_results: int = 50
    fields: list[str] | None = None
    expand: list[str] | None = None
    validate_query: bool = True


@DATA_CENTER.get("/rest/api/3/serverInfo", anonymous=True)
def server_info(service: Service, request: Request) -> Answer:
    site = service.site
    numbers = [int(part) for part in data_center.VERSION.split(".")]
    return answer(
        {"baseUrl": "https://simulated.example.com", "version": data_center.VERSION, "versionNumbers": numbers,
         "deploymentType": "Server", "buildNumber": 9120004, "buildDate": "2026-01-10T00:00:00.000+0000",
         "serverTime": site.stamps.text(site.clock.now_ms()), "scmInfo": "0a1b2c3d", "serverTitle": "Jira"}
    )  # fmt: skip


@DATA_CENTER.post("/rest/api/3/search", anonymous=True)
def search_by_post(service: Service, request: Request) -> Answer:
    request.json()
    try:
        asked = msgspec.json.decode(request.body, type=SearchRequest)
    except msgspec.ValidationError as error:
        raise Refused(bare_error(400, str(error))) from None
    return _search(service, request, asked)


@DATA_CENTER.get("/rest/api/3/search", anonymous=True)
def search_by_get(service: Service, request: Request) -> Answer:
    asked = SearchRequest(
        request.text("jql"),
        request.number("startAt", 0),
        request.number("maxResults", 50),
        request.words("fields") or None,
        request.words("expand"),
        request.text("validateQuery", "true") == "true",
    )
    return _search(service, request, asked)


def _search(service: Service, request: Request, asked: SearchRequest) -> Answer:
    user = request.sign_in.user
    size = min(max(0, asked.max_results), service.site.settings.search_page)
    head = {"expand": "schema,names", "startAt": asked.start_at, "maxResults": size}
    if user is None:
        # Whoever is not signed in finds nothing and is not told why.
        return answer(head | {"total": 0, "issues": []})
    zone = user.time_zone or service.site.settings.time_zone
    asker = Asker(user, zone, service.site.clock.now_ms(), in_minutes=True, lenient=not asked.validate_query)
    try:
        results = service.index.find(Search(asked.jql, asker, service.lag()))
    except (JqlSyntaxError, JqlMeaningError) as error:
        raise Refused(errors(400, str(error))) from None
    # An issue that the index still has but the site has not is left out.
    found = [issue for one in results.issues if (issue := service.site.issues.get(one.id)) is not None]
    shown = found[asked.start_at : asked.start_at + size]
    selection = selection_of(service.site, asked.fields or ["*navigable"], comments=ALL)
    renderer = Renderer(service.site, selection)
    rows = [_issue(service, request, renderer, issue, asked.expand or []) for issue in shown]
    body = msgspec.json.encode(head | {"total": len(found)})[:-1]
    return raw(b'%b,"issues":[%b]}' % (body, b",".join(rows)), len(rows))


@DATA_CENTER.get("/rest/api/3/issue/{issue}", anonymous=True)
def one_issue(service: Service, request: Request) -> Answer:
    """Also an archived one, which no search finds."""
    issue = readable_issue(service, request)
    selection = selection_of(service.site, request.words("fields") or ["*all"], comments=ALL)
    return raw(_issue(service, request, Renderer(service.site, selection), issue, request.words("expand")), 1)


def _issue(service: Service, request: Request, renderer: Renderer, issue: Issue, expand: list[str]) -> Raw:
    _keep_waiting(request, renderer.selection, issue)
    whole = renderer.issue(issue, _changelog(service, issue) if "changelog" in expand else b"")
    if issue.archived and renderer.selection.wants("archiveddate"):
        when = service.site.stamps.text(issue.updated_ms).encode()
        whole = whole.replace(b'"fields":{', b'"fields":{"archiveddate":"%b",' % when, 1).replace(b",}", b"}", 1)
    return whole


def _changelog(service: Service, issue: Issue) -> Raw:
    rows = [history_json(service.site, entry) for entry in lives.histories(service.site, issue)]
    return b',"changelog":{%b}' % page(b"histories", rows, len(rows))


def _keep_waiting(request: Request, selection: Selection, issue: Issue) -> None:
    """A hub's answer takes as long as the fault says, unless hardly anything heavy is asked for at once."""
    fault = request.fault("slow_hub")
    if fault is not None and issue.id == fault.option("issue", 0) and sum(map(selection.wants, HEAVY)) > 1:
        request.late = max(request.late, float(fault.option("seconds", 120.0)))


@DATA_CENTER.get("/rest/api/3/project")
def all_projects(service: Service, request: Request) -> Answer:
    """All at once, archived ones where they are asked for; there is no bin."""
    kept = (None, "archived") if request.flag("includeArchived") else (None,)
    found = [project for project in service.site.projects if not project.hidden and project.gone in kept]
    rows = [listed(service, project, request.words("expand")) for project in sorted(found, key=lambda one: one.key)]
    return answer([row | {"archived": bool(row.get("archived"))} for row in rows])


@DATA_CENTER.get("/rest/api/3/user/search")
def found_users(service: Service, request: Request) -> Answer:
    """By a part of the name; `.` finds everybody. A bare array."""
    if "username" not in request.query:
        raise Refused(errors(400, "The username query parameter was not provided"))
    wanted, inactive = request.text("username").strip("."), request.flag("includeInactive")
    start, size = max(0, request.number("startAt", 0)), min(1000, max(1, request.number("maxResults", 50)))
    people = [user for user in service.site.people if user.name != "Former user" and (user.active or inactive)]
    rows = [user.payload for user in people if wanted.lower() in user.name.lower()]
    return answer(rows[start : start + size])


@DATA_CENTER.get("/rest/api/3/user")
def one_user(service: Service, request: Request) -> Answer:
    """By the user name or the key; also those whom the search does not find."""
    for user in service.site.people:
        named = {"username": data_center.username(user.account_id), "key": user.account_id}
        if any(request.text(by) == name for by, name in named.items() if by in request.query):
            return answer(user.payload)
    return errors(404, "The user does not exist")


@DATA_CENTER.get("/rest/api/3/groups/picker")
def found_groups(service: Service, request: Request) -> Answer:
    """As many as the administrator allows, in order, without those that are to be left out."""
    size = min(request.number("maxResults", 20), service.site.settings.most_groups)
    left_out = request.query.get("exclude", [])
    rows: list[dict[str, Any]] = [{"name": name, "html": name, "labels": []} for name in sorted(GROUPS) if name not in left_out]
    header = f"Showing {len(rows[:size])} of {len(rows)} matching groups"
    return answer({"header": header, "total": len(rows), "groups": rows[:size]})
