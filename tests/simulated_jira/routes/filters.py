"""Filters, dashboards and notification schemes."""

from typing import Any

from simulated_jira.exchange import Answer, Refused, Request, answer, errors, listing
from simulated_jira.people import User, group_id
from simulated_jira.routes.project_family import ROLES
from simulated_jira.routes.schemes import classic_projects
from simulated_jira.routing import ROUTES
from simulated_jira.service import Service
from simulated_jira.settings import SITE_URL
from simulated_jira.workflow import API

FIRST_FILTER, FIRST_DASHBOARD, NOTIFICATION_SCHEME = 10_001, 10_000, 10_000
EVENTS = ((1, "Issue created"), (2, "Issue updated"), (8, "Issue moved"))
# Old groups have no id in a share.
TYPES = ("global", "project", "projectRole", "group", "user")


def bean(user: User) -> dict[str, Any]:
    """A user as shares and dashboards show one."""
    return {name: value for name, value in user.payload.items() if name not in ("accountType", "timeZone", "emailAddress")}


def is_administrator(user: User | None) -> bool:
    return user is not None and "jira-administrators" in user.groups


def shares(service: Service, number: int) -> list[dict[str, Any]]:
    """With whom a filter or dashboard is shared: none of the first, all kinds of the second, one kind of each of the others."""
    kinds = {0: (), 1: TYPES}.get(number, (TYPES[number % len(TYPES)],))
    return [_share(service, kind, number * 10 + place) for place, kind in enumerate(kinds)]


def _share(service: Service, kind: str, id_: int) -> dict[str, Any]:
    project, person = service.site.projects[0], service.site.people[-1]
    role_id, role_name, _ = ROLES[0]
    parts: dict[str, dict[str, Any]] = {
        "global": {},
        "project": {"project": project.payload()},
        "projectRole": {
            "project": project.payload(),
            "role": {"self": f"{API}/role/{role_id}", "id": int(role_id), "name": role_name},
        },
        "group": {"group": {"name": "contractors", "groupId": group_id("contractors"), "self": f"{API}/group"}},
        "user": {"user": bean(person)},
    }
    # The share of everybody has no id of its own on a dashboard.
    return ({} if kind == "global" else {"id": id_}) | {"type": kind} | parts[kind]


def filters(service: Service) -> list[dict[str, Any]]:
    """One a project, each owned by somebody else; the last owner is gone."""
    rows = []
    for number, project in enumerate(service.site.projects):
        id_ = str(FIRST_FILTER + number)
        rows.append(
            {"expand": "description,owner,jql", "self": f"{API}/filter/{id_}", "id": id_, "name": f"Filter for {project.key}",
             "description": "" if number % 2 else f"What is in {project.name}", "owner": _owner(service, number).payload,
             "jql": f'project = "{project.key}" ORDER BY Rank ASC', "favouritedCount": number,
             "sharePermissions": shares(service, number),
             **({"approximateLastUsed": service.site.stamps.text(service.site.start_ms)} if number else {})}
        )  # fmt: skip
    return rows


def _owner(service: Service, number: int) -> User:
    return service.site.people[-1 - number]


def sees(user: User | None, row: dict[str, Any]) -> bool:
    """Whether it is the account's own or shared with it."""
    if user is None or row["owner"]["accountId"] == user.account_id:
        return user is not None
    return any(share["type"] in ("global", "project", "projectRole") for share in row["sharePermissions"])


@ROUTES.get("/rest/api/3/filter/search")
def found_filters(service: Service, request: Request) -> Answer:
    """What is shared with the account; an administrator may ask for all."""
    user = request.sign_in.user
    overridden = request.flag("overrideSharePermissions")
    if overridden and not is_administrator(user):
        raise Refused(errors(403, "Only Jira administrators may override share permissions."))
    return answer(listing(request, [row for row in filters(service) if overridden or sees(user, row)]))


def dashboards(service: Service) -> list[dict[str, Any]]:
    rows = []
    for number in range(4):
        id_ = str(FIRST_DASHBOARD + number)
        rows.append(
            {"id": id_, "isFavourite": False, "name": f"Dashboard {number} 📊", "popularity": number, "isWritable": False,
             "description": f"Of {number}", "self": f"{API}/dashboard/{id_}", "owner": bean(_owner(service, number)),
             "sharePermissions": shares(service, number), "editPermissions": [], "systemDashboard": number == 3,
             "view": f"{SITE_URL}/jira/dashboards/{id_}"}
        )  # fmt: skip
    return rows


@ROUTES.get("/rest/api/3/dashboard/search")
def found_dashboards(service: Service, request: Request) -> Answer:
    return answer(listing(request, [row for row in dashboards(service) if sees(request.sign_in.user, row)]))


def notifications(service: Service, event: int) -> list[dict[str, Any]]:
    """Of whom an event tells; the last one nobody."""
    role_id, _, _ = ROLES[0]
    person = service.site.people[-1]
    told: dict[int, list[dict[str, Any]]] = {
        1: [
            {"id": 1, "notificationType": "CurrentAssignee"},
            {"id": 2, "notificationType": "Group", "parameter": "contractors", "recipient": group_id("contractors")},
        ],
        2: [
            {"id": 3, "notificationType": "ProjectRole", "parameter": role_id, "recipient": role_id},
            {"id": 4, "notificationType": "EmailAddress", "parameter": "ops@example.com", "emailAddress": "ops@example.com"},
            {"id": 5, "notificationType": "User", "parameter": person.account_id, "recipient": person.account_id},
        ],
        8: [],
    }
    return told[event]


@ROUTES.get("/rest/api/3/notificationscheme")
def notification_schemes(service: Service, request: Request) -> Answer:
    """Those of projects that the account administers: another account sees none."""
    scheme = {
        "expand": "notificationSchemeEvents,user,group,projectRole,field,all", "id": NOTIFICATION_SCHEME,
        "self": f"{API}/notificationscheme/{NOTIFICATION_SCHEME}", "name": "Default Notification Scheme", "description": "",
        "notificationSchemeEvents": [
            {"event": {"id": id_, "name": name, "description": ""}, "notifications": notifications(service, id_)}
            for id_, name in EVENTS
        ],
    }  # fmt: skip
    return answer(listing(request, [scheme] if is_administrator(request.sign_in.user) else []))


@ROUTES.get("/rest/api/3/notificationscheme/project")
def notification_schemes_of_projects(service: Service, request: Request) -> Answer:
    scheme, projects = str(NOTIFICATION_SCHEME), classic_projects(service)
    return answer(listing(request, [{"notificationSchemeId": scheme, "projectId": project.id} for project in projects]))
