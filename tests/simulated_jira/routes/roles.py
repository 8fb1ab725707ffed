"""Project roles and who plays them."""

from typing import Any

from simulated_jira.exchange import Answer, Request, answer, errors
from simulated_jira.people import group_payload
from simulated_jira.projects import Project
from simulated_jira.routes.project_family import ROLES, readable_project
from simulated_jira.routing import ROUTES
from simulated_jira.service import Service
from simulated_jira.workflow import API


def role_payload(service: Service, role: tuple[str, str, str], project: Project | None = None) -> dict[str, Any]:
    """A role; with a project, also who plays it there: two people and a group."""
    id_, name, description = role
    where = f"{API}/role/{id_}" if project is None else f"{API}/project/{project.id}/role/{id_}"
    seen: dict[str, Any] = {"self": where, "name": name, "id": int(id_), "description": description}
    if project is None:
        return seen
    people = service.site.people
    first = int(project.id) % len(people)
    actors: list[dict[str, Any]] = [
        {"id": int(project.id) * 100 + int(id_) + n, "displayName": user.name, "type": "atlassian-user-role-actor",
         "actorUser": {"accountId": user.account_id}}
        for n, user in enumerate(people[first : first + 2])
    ]  # fmt: skip
    group = group_payload("jira-administrators")
    shown = {"displayName": group["name"], "name": group["name"], "groupId": group["groupId"]}
    kind = "atlassian-group-role-actor"
    actors.append({"id": int(project.id) * 100 + int(id_) + 9, "displayName": group["name"], "type": kind, "actorGroup": shown})
    return seen | {"actors": actors if id_ != "10004" else []}


@ROUTES.get("/rest/api/3/role")
def roles(service: Service, request: Request) -> Answer:
    return answer([role_payload(service, role) for role in ROLES])


@ROUTES.get("/rest/api/3/project/{project}/role")
def project_roles(service: Service, request: Request) -> Answer:
    project = readable_project(service, request)
    return answer({name: f"{API}/project/{project.id}/role/{id_}" for id_, name, _ in ROLES})


@ROUTES.get("/rest/api/3/project/{project}/role/{role}")
def project_role(service: Service, request: Request) -> Answer:
    project = readable_project(service, request)
    role = next((role for role in ROLES if role[0] == request.parts["role"]), None)
    return errors(404, "The role does not exist.") if role is None else answer(role_payload(service, role, project))


@ROUTES.get("/rest/api/3/project/{project}/roledetails")
def role_details(service: Service, request: Request) -> Answer:
    readable_project(service, request)
    return answer(
        [
            role_payload(service, role) | {"admin": role[0] == "10002", "default": False, "roleConfigurable": True}
            for role in ROLES
        ]
    )
