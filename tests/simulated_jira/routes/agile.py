"""Boards and sprints: the agile API."""

from typing import Any

from simulated_jira.exchange import Answer, Refused, Request, answer, errors, listing
from simulated_jira.field_list import STORY_POINTS
from simulated_jira.projects import Board
from simulated_jira.routes.project_family import listed
from simulated_jira.routing import ROUTES
from simulated_jira.service import Service
from simulated_jira.settings import SITE_URL

AGILE = f"{SITE_URL}/rest/agile/1.0"
STATES = ("closed", "active", "future")
# What a Kanban board leaves out of its filter's issues.
KANBAN_SUB_QUERY = "labels is EMPTY"
BOARD_SCOPE, SPRINT_SCOPE = "read:board-scope:jira-software", "read:sprint:jira-software"


def _boards(service: Service) -> list[Board]:
    return [board for project in service.site.projects if project.is_open for board in project.boards]


def _row(board: Board) -> dict[str, Any]:
    seen: dict[str, Any] = {"id": board.id, "self": f"{AGILE}/board/{board.id}", "name": board.name, "type": board.type}
    project = board.project
    if project is not None:
        seen["location"] = {
            "projectId": int(project.id), "displayName": f"{project.name} ({project.key})", "projectName": project.name,
            "projectKey": project.key, "projectTypeKey": project.type_key, "avatarURI": "/avatar.png",
            "name": f"{project.name} ({project.key})",
        }  # fmt: skip
    return seen | {"isPrivate": False}


def _board(service: Service, request: Request) -> Board:
    found = next((board for board in _boards(service) if str(board.id) == request.parts["board"]), None)
    if found is None:
        raise Refused(
            errors(
                404,
                "The requested board cannot be viewed because it either does not exist or you do not have permission to "
                "view it.",
            )
        )
    return found


@ROUTES.get("/rest/agile/1.0/board", scope=BOARD_SCOPE)
def boards(service: Service, request: Request) -> Answer:
    found = _boards(service)
    kinds, project = request.words("type"), service.site.project(request.text("projectKeyOrId", "-"))
    if kinds:
        found = [board for board in found if board.type in kinds]
    if "projectKeyOrId" in request.query:
        found = [board for board in found if board.project is project and project is not None]
    body = listing(request, [_row(board) for board in found])
    return answer({name: value for name, value in body.items() if name not in ("self", "nextPage")})


@ROUTES.get("/rest/agile/1.0/board/{board}", scope=BOARD_SCOPE)
def one_board(service: Service, request: Request) -> Answer:
    return answer(_row(_board(service, request)))


@ROUTES.get("/rest/agile/1.0/board/{board}/configuration", scope=BOARD_SCOPE)
def configuration(service: Service, request: Request) -> Answer:
    """Columns with their statuses; one status (`Blocked`) is on no column, and one column has none."""
    board = _board(service, request)
    if request.fault("board_without_columns") is not None:
        raise Refused(errors(422, "This board has no columns with a mapped status"))
    statuses = service.site.statuses_of(board.project) if board.project is not None else service.site.statuses
    columns: list[dict[str, Any]] = []
    for name, category in (("To Do", "new"), ("In Progress", "indeterminate"), ("Done", "done")):
        mapped = [s for s in statuses if s.category == category and s.name != "Blocked"]
        column: dict[str, Any] = {"name": name, "statuses": [{"id": s.id, "self": s.payload["self"]} for s in mapped]}
        columns.append(column | ({"min": 1, "max": 5} if category == "indeterminate" and board.type == "kanban" else {}))
    columns.append({"name": "Parking lot", "statuses": []})
    seen: dict[str, Any] = {
        "id": board.id, "name": board.name, "type": board.type, "self": f"{AGILE}/board/{board.id}/configuration",
        "filter": {"id": str(10000 + board.id), "self": f"{SITE_URL}/rest/api/2/filter/{10000 + board.id}"},
        "columnConfig": {"columns": columns, "constraintType": "issueCount" if board.type == "kanban" else "none"},
    }  # fmt: skip
    if board.type == "scrum":
        seen["estimation"] = {"type": "field", "field": {"fieldId": STORY_POINTS, "displayName": "Story Points"}}
    if board.type == "kanban":
        seen["subQuery"] = {"query": KANBAN_SUB_QUERY}
    return answer(seen | {"ranking": {"rankCustomFieldId": 10019}})


@ROUTES.get("/rest/agile/1.0/board/{board}/sprint", scope=SPRINT_SCOPE)
def sprints(service: Service, request: Request) -> Answer:
    board = _board(service, request)
    if request.fault("board_without_columns") is not None:
        raise Refused(errors(422, "This board has no columns with a mapped status"))
    if board.type != "scrum":
        raise Refused(errors(400, "The board does not support sprints"))
    states = request.words("state") or list(STATES)
    found = sorted((s for s in board.sprints if s.state in states), key=lambda sprint: (STATES.index(sprint.state), sprint.id))
    body = listing(request, [sprint.listed(service.site.stamps) for sprint in found])
    return answer({name: value for name, value in body.items() if name not in ("self", "nextPage", "total")})


@ROUTES.get("/rest/agile/1.0/board/{board}/project", scope=BOARD_SCOPE)
def board_projects(service: Service, request: Request) -> Answer:
    board = _board(service, request)
    body = listing(request, [] if board.project is None else [listed(service, board.project, [])])
    return answer({name: value for name, value in body.items() if name not in ("self", "nextPage")})


@ROUTES.get("/rest/agile/1.0/board/{board}/epic", scope=BOARD_SCOPE)
def epics(service: Service, request: Request) -> Answer:
    board = _board(service, request)
    if board.type == "simple":
        raise Refused(errors(400, "The request contains a next-gen issue. This operation can't add next-gen issues to epics."))
    rows = []
    for issue in board.project.issues.values() if board.project is not None else ():
        if issue.body.value("issuetype").get("hierarchyLevel") == 1:
            done = issue.body.value("status")["statusCategory"]["key"] == "done"
            rows.append({"id": issue.id, "key": issue.key, "self": f"{AGILE}/epic/{issue.id}", "name": f"Epic {issue.key}",
                         "summary": f"Epic {issue.key}", "color": {"key": "color_4"}, "done": done})  # fmt: skip
    body = listing(request, rows)
    return answer({name: value for name, value in body.items() if name not in ("self", "nextPage", "total")})


@ROUTES.get("/rest/agile/1.0/sprint/{sprint}", scope=SPRINT_SCOPE)
def one_sprint(service: Service, request: Request) -> Answer:
    found = next((s for board in _boards(service) for s in board.sprints if str(s.id) == request.parts["sprint"]), None)
    return (
        errors(404, "Sprint does not exist or you do not have permission to view it.")
        if found is None
        else answer(found.listed(service.site.stamps))
    )
