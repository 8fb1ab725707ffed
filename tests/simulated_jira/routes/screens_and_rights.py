"""Screens, security levels and permission schemes; for administrators."""

from typing import Any

from simulated_jira.exchange import Answer, Refused, Request, answer, errors, listing
from simulated_jira.routes.administration import ADMIN, administrator
from simulated_jira.routes.project_family import readable_project
from simulated_jira.routes.schemes import classic_projects
from simulated_jira.routing import ROUTES
from simulated_jira.service import Service
from simulated_jira.workflow import API, SECURITY_LEVEL

SCREENS = ("Default Screen", "Resolve Issue Screen")
SECURITY_SCHEME = 10100


@ROUTES.get("/rest/api/3/screens", scope=ADMIN)
def screens(service: Service, request: Request) -> Answer:
    administrator(service, request)
    rows = [{"id": n + 1, "name": name, "description": f"{name}."} for n, name in enumerate(SCREENS)]
    return answer(listing(request, rows, default=100, most=100))


def tabs() -> list[dict[str, Any]]:
    """The first screen has two tabs, the other one has one."""
    rows = ((1, 10000, "Field Tab"), (1, 10001, "More"), (2, 10002, "Field Tab"))
    return [{"screenId": screen, "tabId": tab, "tabName": name} for screen, tab, name in rows]


def fields_of_tab(service: Service, tab_id: int) -> list[dict[str, Any]]:
    """Fields in their order on the tab."""
    system = {"summary": "Summary", "issuetype": "Issue Type", "resolution": "Resolution"}
    custom = {field.id: field.name for field in service.site.fields if field.is_custom}
    shown = {10000: ("issuetype", "summary"), 10001: tuple(custom)[:3], 10002: ("resolution",)}[tab_id]
    return [{"id": field_id, "name": (system | custom)[field_id]} for field_id in shown]


@ROUTES.get("/rest/api/3/screens/tabs", scope=ADMIN)
def tabs_of_screens(service: Service, request: Request) -> Answer:
    administrator(service, request)
    body = listing(request, tabs(), default=100, most=100)
    return answer({name: value for name, value in body.items() if name not in ("self", "nextPage")})


@ROUTES.get("/rest/api/3/screens/{screen}/tabs/{tab}/fields", scope=ADMIN)
def fields_of_screen_tab(service: Service, request: Request) -> Answer:
    administrator(service, request)
    asked = (request.parts["screen"], request.parts["tab"])
    if asked not in [(str(tab["screenId"]), str(tab["tabId"])) for tab in tabs()]:
        raise Refused(errors(404, "The tab does not exist."))
    return answer(fields_of_tab(service, int(asked[1])))


def security_scheme() -> dict[str, Any]:
    return {"id": SECURITY_SCHEME, "name": "Staff", "description": "", "self": f"{API}/issuesecurityschemes/{SECURITY_SCHEME}"}


@ROUTES.get("/rest/api/3/issuesecurityschemes", scope=ADMIN)
def security_schemes(service: Service, request: Request) -> Answer:
    administrator(service, request)
    return answer({"issueSecuritySchemes": [security_scheme() | {"defaultSecurityLevelId": int(SECURITY_LEVEL["id"])}]})


@ROUTES.get("/rest/api/3/issuesecurityschemes/search", scope=ADMIN)
def found_security_schemes(service: Service, request: Request) -> Answer:
    administrator(service, request)
    return answer(listing(request, [security_scheme() | {"defaultLevel": int(SECURITY_LEVEL["id"])}]))


@ROUTES.get("/rest/api/3/issuesecurityschemes/level", scope=ADMIN)
def security_levels(service: Service, request: Request) -> Answer:
    administrator(service, request)
    level = SECURITY_LEVEL | {"isDefault": True, "issueSecuritySchemeId": str(SECURITY_SCHEME)}
    return answer(listing(request, [level]))


@ROUTES.get("/rest/api/3/issuesecurityschemes/project", scope=ADMIN)
def projects_with_security(service: Service, request: Request) -> Answer:
    administrator(service, request)
    rows = [{"issueSecuritySchemeId": str(SECURITY_SCHEME), "projectId": project.id} for project in classic_projects(service)]
    return answer(listing(request, rows))


def permission_grants() -> list[dict[str, Any]]:
    """To everybody, to a role, and to a group by its id."""
    holders: tuple[dict[str, Any], ...] = (
        {"type": "applicationRole"},
        {"type": "projectRole", "parameter": "10002", "value": "10002"},
        {"type": "group", "parameter": "jira-administrators", "value": "276f955c-63d7-42c8-9520-92d01dca0625"},
    )
    return [
        {"id": 10000 + n, "self": f"{API}/permissionscheme/permission/{10000 + n}", "permission": permission,
         "holder": {**holder, "expand": "user,group,projectRole,field,all"}}
        for n, (permission, holder) in enumerate(
            zip(("BROWSE_PROJECTS", "EDIT_ISSUES", "ADMINISTER_PROJECTS"), holders, strict=True)
        )
    ]  # fmt: skip


def permission_scheme() -> dict[str, Any]:
    return {
        "expand": "permissions,user,group,projectRole,field,all", "id": 10000, "self": f"{API}/permissionscheme/10000",
        "name": "Default Permission Scheme", "description": "",
    }  # fmt: skip


@ROUTES.get("/rest/api/3/permissionscheme", scope=ADMIN)
def permission_schemes(service: Service, request: Request) -> Answer:
    """Everybody who is signed in may list them; grants come only where they are asked for."""
    grants = {"permissions": permission_grants()} if "permissions" in request.words("expand") else {}
    return answer({"permissionSchemes": [permission_scheme() | grants]})


@ROUTES.get("/rest/api/3/project/{project}/permissionscheme", scope=ADMIN)
def permission_scheme_of_project(service: Service, request: Request) -> Answer:
    readable_project(service, request)
    administrator(service, request)
    return answer(permission_scheme())
