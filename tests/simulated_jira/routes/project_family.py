"""Projects and what belongs to them: categories, types, components, versions, roles."""

from typing import Any

from simulated_jira.exchange import Answer, Refused, Request, answer, errors, listing
from simulated_jira.projects import CATEGORIES, Project
from simulated_jira.routing import ROUTES
from simulated_jira.service import Service
from simulated_jira.workflow import API

PROJECT_TYPES = (("software", "Software"), ("business", "Business"), ("service_desk", "Service Desk"))

ROLES = (
    ("10002", "Administrators", "A project role for administrators"),
    ("10003", "Developers", ""),
    ("10004", "Viewers", "Read only"),
)


def listed(service: Service, project: Project, expand: list[str]) -> dict[str, Any]:
    """The project as `/project/search` has it."""
    seen: dict[str, Any] = {"expand": "description,lead,issueTypes,url,projectKeys,permissions,insight"} | project.payload()
    seen |= {"style": project.style, "isPrivate": project.is_team_managed, "properties": {}}
    if project.is_team_managed:
        uuid = f"00000000-0000-4000-a000-{int(project.id):012d}"
        seen |= {"entityId": uuid, "uuid": uuid}
    if "description" in expand:
        seen["description"] = project.description
    if "lead" in expand:
        seen["lead"] = project.lead.payload
    if "projectKeys" in expand:
        seen["projectKeys"] = [project.key, *project.former_keys]
    if "url" in expand:
        seen["url"] = ""
    if "issueTypes" in expand:
        seen["issueTypes"] = [kind.listed() for kind in service.site.issue_types_of(project)]
    if "insight" in expand:
        seen["insight"] = _insight(service, project)
    return (
        seen
        | {name: value for name, value in project.given.items() if name not in ("key", "name")}
        | _put_away(service, project)
    )


def _put_away(service: Service, project: Project) -> dict[str, Any]:
    if project.gone is None:
        return {}
    when, who = service.site.stamps.text(project.gone_ms), service.site.people[0].payload
    if project.gone == "archived":
        return {"archived": True, "archivedDate": when, "archivedBy": who}
    keep = service.site.stamps.text(project.gone_ms + 60 * 86_400_000)
    return {"deleted": True, "deletedDate": when, "deletedBy": who, "retentionTillDate": keep}


def _insight(service: Service, project: Project) -> dict[str, Any]:
    """What the search index knows of the project, so it is behind when the index is."""
    lag, site = service.lag(), service.site
    horizon = site.clock.now_ms() - lag.seconds * 1000
    updated = max((issue.updated_ms for issue in project.issues.values() if issue.updated_ms <= horizon), default=0)
    count = sum(1 for issue in project.issues.values() if issue.created_ms <= horizon)
    seen: dict[str, Any] = {"totalIssueCount": count}
    return seen | ({"lastIssueUpdateTime": site.stamps.text(updated)} if count else {})


@ROUTES.get("/rest/api/3/project/search", anonymous=True)
def project_search(service: Service, request: Request) -> Answer:
    if request.sign_in.user is None:
        return answer(listing(request, []))
    states = request.words("status") or ["live"]
    keys = {key.upper() for key in request.words("keys")}
    ids = set(request.words("id"))
    types, query = request.words("typeKey"), request.text("query").lower()
    found = []
    for project in service.site.projects:
        if project.hidden or (project.gone or "live") not in states:
            continue
        if (
            (keys and project.key.upper() not in keys)
            or (ids and project.id not in ids)
            or (types and project.type_key not in types)
        ):
            continue
        if query in project.name.lower() or query in project.key.lower():
            found.append(project)
    found.sort(key=lambda project: project.key)
    body = listing(request, found)
    return answer(body | {"values": [listed(service, project, request.words("expand")) for project in body["values"]]})


@ROUTES.get("/rest/api/3/project/recent")
@ROUTES.get("/rest/api/3/project")
def all_projects(service: Service, request: Request) -> Answer:
    found = [project for project in service.site.projects if project.is_open]
    return answer([listed(service, project, request.words("expand")) for project in found])


def readable_project(service: Service, request: Request) -> Project:
    """The project of the path, or Refused with Jira's 404."""
    project = service.site.project(request.parts["project"])
    if project is None or project.hidden or project.gone == "deleted" or request.sign_in.user is None:
        raise Refused(errors(404, f"No project could be found with key '{request.parts['project']}'."))
    return project


@ROUTES.get("/rest/api/3/project/type", anonymous=True)
def project_types(service: Service, request: Request) -> Answer:
    return answer(
        [
            {
                "key": key,
                "formattedKey": name,
                "descriptionI18nKey": f"jira.project.type.{key}.description",
                "icon": "",
                "color": "#F5A623",
            }
            for key, name in PROJECT_TYPES
        ]
    )


@ROUTES.get("/rest/api/3/projectCategory")
def project_categories(service: Service, request: Request) -> Answer:
    return answer(CATEGORIES)


@ROUTES.get("/rest/api/3/project/{project}", anonymous=True)
def one_project(service: Service, request: Request) -> Answer:
    """More than the search shows, and in other shapes: components, versions, issue types and roles are always there."""
    project = readable_project(service, request)
    seen = listed(service, project, ["description", "lead", "issueTypes", *request.words("expand")])
    seen |= {"components": project.components, "versions": project.versions, "assigneeType": "UNASSIGNED"}
    return answer(seen | {"roles": {name: f"{API}/project/{project.id}/role/{id_}" for id_, name, _ in ROLES}})


def component_row(service: Service, project: Project, position: int) -> dict[str, Any]:
    component = project.components[position]
    seen = component | {
        "assigneeType": "PROJECT_DEFAULT",
        "isAssigneeTypeValid": False,
        "project": project.key,
        "projectId": int(project.id),
    }
    return seen | ({"lead": project.lead.payload} if position % 2 == 0 else {})


@ROUTES.get("/rest/api/3/project/{project}/component", anonymous=True)
def components(service: Service, request: Request) -> Answer:
    project = readable_project(service, request)
    rows = [component_row(service, project, n) for n in range(len(project.components))]
    return answer(listing(request, [row | {"issueCount": 0} for row in rows]))


@ROUTES.get("/rest/api/3/project/{project}/components", anonymous=True)
def all_components(service: Service, request: Request) -> Answer:
    project = readable_project(service, request)
    return answer([component_row(service, project, n) for n in range(len(project.components))])


@ROUTES.get("/rest/api/3/component")
def components_of_projects(service: Service, request: Request) -> Answer:
    """Those of many projects at once."""
    rows = []
    for word in request.words("projectIdsOrKeys"):
        project = service.site.project(word)
        if project is None or not project.is_open:
            raise Refused(errors(404, f"No project could be found with key '{word}'."))
        rows += [component_row(service, project, n) for n in range(len(project.components))]
    return answer(listing(request, rows))


def version_row(service: Service, project: Project, version: dict[str, Any]) -> dict[str, Any]:
    row = version | {"projectId": int(project.id)}
    if "releaseDate" in version:
        today = service.site.stamps.day(service.site.clock.now_ms())
        row |= {
            "userReleaseDate": version["releaseDate"],
            "overdue": not version["released"] and version["releaseDate"] < today,
        }
    return row


@ROUTES.get("/rest/api/3/project/{project}/version", anonymous=True)
def versions(service: Service, request: Request) -> Answer:
    project = readable_project(service, request)
    return answer(listing(request, [version_row(service, project, version) for version in project.versions]))


@ROUTES.get("/rest/api/3/project/{project}/versions", anonymous=True)
def all_versions(service: Service, request: Request) -> Answer:
    project = readable_project(service, request)
    return answer([version_row(service, project, version) for version in project.versions])


@ROUTES.get("/rest/api/3/project/{project}/statuses")
def project_statuses(service: Service, request: Request) -> Answer:
    project = readable_project(service, request)
    kept = [status.listed() for status in service.site.statuses_of(project)]
    kinds = service.site.issue_types_of(project)
    return answer(
        [
            {"self": k.payload["self"], "id": k.id, "name": k.payload["name"], "subtask": k.level < 0, "statuses": kept}
            for k in kinds
        ]
    )
