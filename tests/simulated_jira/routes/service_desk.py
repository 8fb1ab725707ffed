"""Jira Service Management: service desks, request types, organizations, customers, and what requests hold."""

import json
from typing import Any

from simulated_jira.exchange import Answer, Refused, Request, answer, errors, problem
from simulated_jira.issue import Issue
from simulated_jira.routes.issues import readable_issue
from simulated_jira.routing import ROUTES
from simulated_jira.service import Service
from simulated_jira.service_desk import DESK_API, Desk, sla_from_the_desk, user_payload, when

SCOPE = "read:servicedesk-request"


def desk_of(service: Service, request: Request) -> Desk:
    """The site's service desk, or Refused: without Jira Service Management nothing answers there."""
    desk = service.site.desk
    if desk is None:
        raise Refused(problem(404, "Not Found", f"No endpoint {request.method} {request.path}.", request.path))
    if request.parts.get("desk", desk.id) != desk.id or not desk.project.is_open:
        raise Refused(errors(404, "The service desk does not exist."))
    return desk


def agent(service: Service, request: Request) -> Desk:
    """The service desk, or Refused to who does not work there."""
    desk = desk_of(service, request)
    user = request.sign_in.user
    if user is None or "jira-software-users" not in user.groups:
        raise Refused(errors(403, "You don't have permission to access the service desk."))
    return desk


def experimental(request: Request) -> None:
    if request.headers.get("x-experimentalapi") != "opt-in":
        raise Refused(errors(412, "This is an experimental API: opt in by the header X-ExperimentalApi."))


def told_of(service: Service, organization: dict[str, Any]) -> dict[str, Any]:
    """The organization as the service desk lists it: Data Center knows number and name."""
    if not service.is_data_center:
        return organization
    return {name: organization[name] for name in ("id", "name", "_links")}


def experimental_on_data_center(service: Service, request: Request) -> None:
    if service.is_data_center:
        experimental(request)


def desk_listing(request: Request, rows: list[Any], most: int = 50) -> Answer:
    """Pages by `start` and `limit`; they do not tell how many there are in all."""
    start, size = max(0, request.number("start", 0)), min(most, max(1, request.number("limit", 50)))
    values = rows[start : start + size]
    where = f"{DESK_API}{request.path.removeprefix('/rest/servicedeskapi')}"
    told = {"size": len(values), "start": start, "limit": size, "isLastPage": start + len(values) >= len(rows)}
    links = {"base": DESK_API, "context": "", "self": where}
    return answer(told | {"_expands": [], "_links": links, "values": values})


@ROUTES.get("/rest/servicedeskapi/info", anonymous=True, scope=SCOPE)
def info(service: Service, request: Request) -> Answer:
    desk_of(service, request)
    told = {"version": "5.12.0-SNAPSHOT", "platformVersion": "1001.0.0-SNAPSHOT", "buildChangeSet": "c69b1b3a"}
    built = when(service.site.stamps, service.site.start_ms)
    return answer(told | {"buildDate": built, "isLicensedForUse": True, "_links": {"self": f"{DESK_API}/info"}})


@ROUTES.get("/rest/servicedeskapi/servicedesk", scope=SCOPE)
def service_desks(service: Service, request: Request) -> Answer:
    """Those that the account may see: none is no error."""
    desk = service.site.desk
    if desk is None:
        desk_of(service, request)
    return desk_listing(request, [desk.payload()] if desk is not None and desk.project.is_open else [])


@ROUTES.get("/rest/servicedeskapi/servicedesk/{desk}/requesttype", scope=SCOPE)
def request_types(service: Service, request: Request) -> Answer:
    """Those that no group shows are left out unless asked for."""
    desk = desk_of(service, request)
    hidden = request.flag("includeHiddenRequestTypesInSearch")
    return desk_listing(request, [told for told in desk.request_types if told["groupIds"] or hidden])


@ROUTES.get("/rest/servicedeskapi/servicedesk/{desk}/organization", scope=SCOPE)
def organizations_of_desk(service: Service, request: Request) -> Answer:
    desk = agent(service, request)
    experimental_on_data_center(service, request)
    return desk_listing(request, [told_of(service, told) for told in desk.organizations if told["id"] in desk.shown])


@ROUTES.get("/rest/servicedeskapi/servicedesk/{desk}/customer", scope=SCOPE)
def customers(service: Service, request: Request) -> Answer:
    desk = agent(service, request)
    experimental(request)
    return desk_listing(request, [user_payload(user) for user in desk.customers])


@ROUTES.get("/rest/servicedeskapi/organization", scope=SCOPE)
def organizations(service: Service, request: Request) -> Answer:
    experimental_on_data_center(service, request)
    return desk_listing(request, [told_of(service, told) for told in agent(service, request).organizations])


@ROUTES.get("/rest/servicedeskapi/organization/{organization}/user", scope=SCOPE)
def members(service: Service, request: Request) -> Answer:
    desk = agent(service, request)
    found = desk.members.get(request.parts["organization"])
    if found is None:
        raise Refused(errors(404, "The organization does not exist."))
    return desk_listing(request, [user_payload(user) for user in found])


def held(issue: Issue, kind: str, service: Service) -> dict[str, Any]:
    """What the issue holds in the fields of this kind, by the field's id."""
    fields = [field.id for field in service.site.fields if field.kind == kind]
    return {name: json.loads(issue.body.raw.get(name, b"null")) for name in fields}


def customer_request(service: Service, request: Request) -> Issue:
    """The request of the path, or Refused: an issue that nobody asked for on the portal is none."""
    desk_of(service, request)
    issue = readable_issue(service, request)
    if not any(held(issue, "request_type", service).values()):
        raise Refused(errors(404, "The request does not exist."))
    return issue


@ROUTES.get("/rest/servicedeskapi/request/{issue}", scope=SCOPE)
def one_request(service: Service, request: Request) -> Answer:
    issue = customer_request(service, request)
    (told,) = held(issue, "request_type", service).values()
    kind = told["requestType"] if isinstance(told, dict) else service.site.desk.request_types[0]  # type: ignore[union-attr]
    status = {"status": "Waiting for support", "statusCategory": "NEW"}
    links = {"web": f"{DESK_API}/{issue.key}", "jiraRest": DESK_API, "self": f"{DESK_API}/request/{issue.id}"}
    return answer(
        {"issueId": str(issue.id), "issueKey": issue.key, "requestTypeId": kind["id"], "serviceDeskId": kind["serviceDeskId"],
         "currentStatus": status | {"statusDate": when(service.site.stamps, issue.updated_ms)}, "_expands": [],
         "createdDate": when(service.site.stamps, issue.created_ms), "_links": links}
    )  # fmt: skip


@ROUTES.get("/rest/servicedeskapi/request/{issue}/sla", scope=SCOPE)
def slas(service: Service, request: Request) -> Answer:
    """Every SLA of the request; the field of one may say less."""
    issue = customer_request(service, request)
    found = []
    for field in service.site.fields:
        if field.kind == "sla":
            value = json.loads(issue.body.raw.get(field.id, b"null"))
            told = sla_from_the_desk(field, value, service.site.stamps)
            found += [told] if told is not None else []
    return desk_listing(request, found)


@ROUTES.get("/rest/servicedeskapi/request/{issue}/approval", scope=SCOPE)
def approvals(service: Service, request: Request) -> Answer:
    issue = customer_request(service, request)
    found = [told for value in held(issue, "approvals", service).values() if isinstance(value, list) for told in value]
    return desk_listing(request, found)


@ROUTES.get("/rest/servicedeskapi/request/{issue}/participant", scope=SCOPE)
def participants(service: Service, request: Request) -> Answer:
    issue = customer_request(service, request)
    people = {user.account_id: user for user in (*service.site.people, *desk_of(service, request).customers)}
    named = [told["accountId"] for value in held(issue, "participants", service).values() for told in value or ()]
    return desk_listing(request, [user_payload(people[account_id]) for account_id in named])
