"""Atlassian's API for teams, and the GraphQL that tells which organization a site belongs to. Not in Jira's documents."""

import random
from typing import Any

from simulated_jira.exchange import Answer, Refused, Request, answer, errors, problem
from simulated_jira.people import User
from simulated_jira.routing import ROUTES
from simulated_jira.service import Service
from simulated_jira.settings import CLOUD_ID
from simulated_jira.words import uuid

ORGANIZATION = "0d5a8b1e-1111-4000-a000-00000000000a"
TEAMS = "/gateway/api/public/teams/v1/org/{organization}/teams"


def team_id(number: int) -> str:
    """As the Team field of issues has it."""
    return uuid(random.Random(f"team {number}"))


def team_rows() -> list[dict[str, Any]]:
    """Four teams; the last one is pinned to this site."""
    return [
        {"teamId": team_id(number), "displayName": f"Team {team_id(number)[:2]}", "description": "" if number else "The first",
         "teamType": "OPEN" if number % 2 else "MEMBER_INVITE", "state": "DISBANDED" if number == 2 else "ACTIVE",
         "organizationId": ORGANIZATION, "creatorId": "creator", "userPermissions": {"ADD_MEMBERS": False}}
        for number in range(4)
    ]  # fmt: skip


def members(service: Service, number: int) -> list[User]:
    """Of the first team everybody but two, so that they are several pages; nobody of the third."""
    people = service.site.people
    return people[2:] if number == 0 else [] if number == 2 else people[number : number + 2]


def _organization(request: Request) -> None:
    # Scoped tokens and OAuth clients have no such scope.
    if request.through_gateway:
        raise Refused(problem(404, "Not Found", "No such endpoint at the gateway.", request.path))
    if request.parts["organization"] != ORGANIZATION:
        raise Refused(errors(404, "There is no such organization."))


@ROUTES.post("/gateway/api/graphql")
def graphql(service: Service, request: Request) -> Answer:
    hosts = request.json()["variables"]["hosts"]
    return answer({"data": {"tenantContexts": [{"orgId": ORGANIZATION, "cloudId": CLOUD_ID} for _ in hosts]}})


@ROUTES.get(TEAMS)
def teams(service: Service, request: Request) -> Answer:
    """By cursor, two at a time; those that are pinned to a site only where it is named."""
    _organization(request)
    rows = team_rows() if request.text("siteId") == CLOUD_ID else team_rows()[:3]
    start = int(request.text("cursor", "0"))
    more = {"cursor": str(start + 2)} if start + 2 < len(rows) else {}
    return answer({"entities": rows[start : start + 2]} | more)


@ROUTES.post(TEAMS + "/{team}/members")
def team_members(service: Service, request: Request) -> Answer:
    _organization(request)
    numbers = {team_id(number): number for number in range(4)}
    if request.parts["team"] not in numbers:
        raise Refused(errors(404, "There is no such team."))
    body = request.json()
    start, size = int(body.get("after", "0")), min(int(body.get("first", 50)), 50)
    found = members(service, numbers[request.parts["team"]])
    shown = [{"accountId": user.account_id} for user in found[start : start + size]]
    after = start + size
    return answer({"results": shown, "pageInfo": {"endCursor": str(after), "hasNextPage": after < len(found)}})
