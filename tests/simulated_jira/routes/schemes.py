"""Workflows, and the schemes that say which project uses which issue types, workflows and priorities; for administrators."""

from typing import Any

from simulated_jira.exchange import Answer, Refused, Request, answer, errors, listing
from simulated_jira.projects import Project
from simulated_jira.routes.administration import ADMIN, administrator
from simulated_jira.routing import ROUTES
from simulated_jira.service import Service
from simulated_jira.workflow import API, Status

# What company-managed projects share; the first scheme of each kind is the site's default.
SIMPLE, BUGS = "Software Simplified Workflow", "Bug workflow"
ISSUE_TYPE_SCHEMES = (("10000", "Default Issue Type Scheme"), ("10001", "Software issue types"))
PRIORITY_SCHEMES = (("1", "Default Priority Scheme"), ("10002", "Two priorities"))
WORKFLOW_SCHEME = 10100
CATEGORIES = {"new": "TODO", "indeterminate": "IN_PROGRESS", "done": "DONE"}


def classic_projects(service: Service) -> list[Project]:
    return [project for project in service.site.projects if project.is_open and not project.is_team_managed]


def asked_projects(service: Service, request: Request) -> list[Project]:
    """Those of `projectId` that are company-managed; the others are passed over without a word."""
    wanted = request.query.get("projectId", [])
    if not wanted:
        raise Refused(errors(400, "At least one project id is needed."))
    return [project for project in classic_projects(service) if project.id in wanted]


def workflow_rows(service: Service) -> list[tuple[str, str, str | None, list[Status]]]:
    """Id, name, team-managed project and statuses of each workflow."""
    site = service.site
    rows: list[tuple[str, str, str | None, list[Status]]] = [
        ("7c1e0000-0000-4000-a000-000000000001", SIMPLE, None, site.statuses),
        ("7c1e0000-0000-4000-a000-000000000002", BUGS, None, [status for status in site.statuses if status.name != "Blocked"]),
    ]
    for project in site.projects:
        if project.is_team_managed:
            id_ = f"7c1e0000-0000-4000-b000-{int(project.id):012}"
            rows.append((id_, f"Workflow of {project.key}", project.id, project.statuses))
    return rows


@ROUTES.get("/rest/api/3/workflows/search", scope=ADMIN)
def workflows(service: Service, request: Request) -> Answer:
    """A workflow names its statuses by references, which the page itself explains."""
    administrator(service, request)
    site = service.site
    found = []
    for id_, name, project_id, of_it in workflow_rows(service):
        scope: dict[str, Any] = {"type": "GLOBAL"} if project_id is None else {"type": "PROJECT", "project": {"id": project_id}}
        found.append(
            {"id": id_, "name": name, "description": "", "isEditable": True, "scope": scope,
             "created": site.stamps.text(site.start_ms), "updated": site.stamps.text(site.start_ms),
             "version": {"id": id_, "versionNumber": 1},
             "statuses": [{"deprecated": False, "statusReference": f"ref-{status.id}", "properties": {}} for status in of_it]}
        )  # fmt: skip
    body = listing(request, found)
    named = {part["statusReference"] for row in body["values"] for part in row["statuses"]}
    known = [
        {"id": status.id, "name": status.name, "description": "", "scope": {"type": "GLOBAL"},
         "statusCategory": CATEGORIES[status.category], "statusReference": f"ref-{status.id}"}
        for status in site.all_statuses() if f"ref-{status.id}" in named
    ]  # fmt: skip
    return answer(body | {"statuses": known})


def workflow_scheme(service: Service) -> dict[str, Any]:
    bugs = {kind.id: BUGS for kind in service.site.issue_types if kind.name == "Bug"}
    return {
        "id": WORKFLOW_SCHEME, "name": "Software scheme", "description": "", "defaultWorkflow": SIMPLE,
        "issueTypeMappings": bugs, "self": f"{API}/workflowscheme/{WORKFLOW_SCHEME}",
    }  # fmt: skip


@ROUTES.get("/rest/api/3/workflowscheme", scope=ADMIN)
def workflow_schemes(service: Service, request: Request) -> Answer:
    administrator(service, request)
    return answer(listing(request, [workflow_scheme(service)]))


def has_default_workflow(project: Project) -> bool:
    """Every other company-managed project uses the default scheme, which has no id."""
    return int(project.id) % 2 == 1


@ROUTES.get("/rest/api/3/workflowscheme/project", scope=ADMIN)
def workflow_schemes_of_projects(service: Service, request: Request) -> Answer:
    administrator(service, request)
    projects = asked_projects(service, request)
    default = {"name": "Default Workflow Scheme", "description": "", "defaultWorkflow": "jira", "issueTypeMappings": {}}
    shared = [project.id for project in projects if not has_default_workflow(project)]
    alone = [project.id for project in projects if has_default_workflow(project)]
    rows = [(shared, workflow_scheme(service)), (alone, default)]
    return answer({"values": [{"projectIds": ids, "workflowScheme": scheme} for ids, scheme in rows if ids]})


def issue_type_scheme_rows(service: Service) -> list[dict[str, Any]]:
    kinds = service.site.issue_types
    return [
        {"id": id_, "name": name, "description": "", "isDefault": n == 0}
        | ({"defaultIssueTypeId": kinds[0].id} if kinds else {})
        for n, (id_, name) in enumerate(ISSUE_TYPE_SCHEMES)
    ]  # fmt: skip


def issue_type_scheme_items(service: Service) -> list[dict[str, Any]]:
    """The default has all kinds of issue, the other one no bugs."""
    kinds = service.site.issue_types
    rows = [{"issueTypeSchemeId": ISSUE_TYPE_SCHEMES[0][0], "issueTypeId": kind.id} for kind in kinds]
    return rows + [
        {"issueTypeSchemeId": ISSUE_TYPE_SCHEMES[1][0], "issueTypeId": kind.id} for kind in kinds if kind.name != "Bug"
    ]


@ROUTES.get("/rest/api/3/issuetypescheme", scope=ADMIN)
def issue_type_schemes(service: Service, request: Request) -> Answer:
    administrator(service, request)
    return answer(listing(request, issue_type_scheme_rows(service)))


@ROUTES.get("/rest/api/3/issuetypescheme/mapping", scope=ADMIN)
def issue_type_scheme_mapping(service: Service, request: Request) -> Answer:
    administrator(service, request)
    return answer(listing(request, issue_type_scheme_items(service)))


@ROUTES.get("/rest/api/3/issuetypescheme/project", scope=ADMIN)
def issue_type_schemes_of_projects(service: Service, request: Request) -> Answer:
    administrator(service, request)
    ids = [project.id for project in asked_projects(service, request)]
    schemes = issue_type_scheme_rows(service)
    # By the project itself, not by its place in the question: who asks for one must hear the same.
    those = [[id_ for id_ in ids if int(id_) % len(schemes) == n] for n in range(len(schemes))]
    rows = [{"issueTypeScheme": scheme, "projectIds": those[n]} for n, scheme in enumerate(schemes) if those[n]]
    return answer(listing(request, rows))


@ROUTES.get("/rest/api/3/priorityscheme", scope=ADMIN)
def priority_schemes(service: Service, request: Request) -> Answer:
    administrator(service, request)
    rows = [
        {"id": id_, "name": name, "description": "", "isDefault": n == 0, "defaultPriorityId": "3",
         "self": f"{API}/priorityscheme/{id_}"}
        for n, (id_, name) in enumerate(PRIORITY_SCHEMES)
    ]  # fmt: skip
    return answer(listing(request, rows))


def _place(request: Request) -> int:
    """The scheme's place in the list."""
    ids = [id_ for id_, _ in PRIORITY_SCHEMES]
    if request.parts["scheme"] not in ids:
        raise Refused(errors(404, "The priority scheme does not exist."))
    return ids.index(request.parts["scheme"])


@ROUTES.get("/rest/api/3/priorityscheme/{scheme}/priorities", scope=ADMIN)
def priorities_of_scheme(service: Service, request: Request) -> Answer:
    """The default has all, the other one the first two."""
    administrator(service, request)
    rows = service.site.priorities[: 2 if _place(request) else None]
    return answer(listing(request, [{**row, "description": "", "isDefault": False} for row in rows]))


@ROUTES.get("/rest/api/3/priorityscheme/{scheme}/projects", scope=ADMIN)
def projects_of_scheme(service: Service, request: Request) -> Answer:
    administrator(service, request)
    return answer(listing(request, [project.payload() for project in classic_projects(service)[_place(request) :: 2]]))
