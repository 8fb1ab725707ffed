"""A service desk: its request types, organizations and customers, and what its requests hold in fields of their own."""

import random
from dataclasses import dataclass, field
from typing import Any

from simulated_jira.clock import Timestamps
from simulated_jira.field_list import Field
from simulated_jira.people import User
from simulated_jira.projects import Project, invent_project
from simulated_jira.settings import SITE_URL
from simulated_jira.words import uuid

DESK_API = f"{SITE_URL}/rest/servicedeskapi"
SERVICE = "com.atlassian.servicedesk:"
PROJECT_NUMBER, PROJECT_KEY = 900, "HELP"
HOUR_MS = 3_600_000
# The instant at which a site's clock usually starts.
USUAL_NOW_MS = 1_793_631_600_000
# id, name, description, help, groups: one that no group shows is hidden from customers.
REQUEST_TYPES = (
    ("10", "Get IT help", "Ask for help with a computer.", "Tell us what you see.", ["1"]),
    ("11", "Request access", "Ask for access to a system.", "", ["1", "2"]),
    ("12", "Report from monitoring", "", "", []),
)
# id, name, years since it was made (old ones do not tell), whether a directory manages it.
ORGANIZATIONS = (("1", "Umbrella & Söhne", None, None), ("2", "Initech", 2, False), ("3", "学校法人", 1, True))
SLA_STATES = ("met", "missed", "running", "paused", "overdue", "breached", "several", "none", "unread")
_FIELDS = (
    ("10800", "Request Type", "request_type", "sd-customerrequesttype", None, f"{SERVICE}vp-origin"),
    ("10801", "Request participants", "participants", "array", "user", f"{SERVICE}sd-request-participants"),
    (
        "10802",
        "Organizations",
        "organizations",
        "array",
        "sd-customerorganization",
        f"{SERVICE}sd-customer-organizations",
    ),
    ("10803", "Approvals", "approvals", "sd-approvals", None, "com.atlassian.servicedesk.approvals-plugin:sd-approvals"),
    ("10804", "Time to first response", "sla", "sd-servicelevelagreement", None, f"{SERVICE}sd-sla-field"),
    ("10805", "Time to close", "sla", "sd-servicelevelagreement", None, f"{SERVICE}sd-sla-field"),
)
# What only requests have; other projects hold null in it.
DESK_KINDS = frozenset(("request_type", "participants", "organizations", "approvals"))


@dataclass
class Desk:
    """The site's service desk. `members` are the customers of each organization, by its id; `shown` those that the desk has."""

    id: str
    project: Project
    customers: list[User]
    organizations: list[dict[str, Any]]
    members: dict[str, list[User]]
    shown: list[str]
    request_types: list[dict[str, Any]] = field(default_factory=list)

    def payload(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "projectId": self.project.id,
            "projectName": self.project.name,
            "projectKey": self.project.key,
            "projectTypeKey": "service_desk",
            "_links": {"self": f"{DESK_API}/servicedesk/{self.id}"},
        }


def desk_fields() -> list[Field]:
    """The fields of service management."""
    return [Field(f"customfield_{id_}", name, kind, type_, items, custom) for id_, name, kind, type_, items, custom in _FIELDS]


def desk_project(rng: random.Random, lead: User, locale: str) -> Project:
    """A company-managed project without a board."""
    project = invent_project(PROJECT_NUMBER, rng, lead, locale)
    project.key, project.name, project.type_key = PROJECT_KEY, "Help & Desk", "service_desk"
    return project


def open_desk(project: Project, rng: random.Random, stamps: Timestamps) -> Desk:
    customers = [
        User(f"qm:{uuid(rng)}:{uuid(rng)}", name, email, account_type="customer", time_zone=None)
        for name, email in (("Ada Kundin", "ada@example.org"), ("Bo Client", None), ("Cy Cliente", "cy@example.org"))
    ]
    customers[2].active = False
    organizations = [_organization(rng, stamps, *row) for row in ORGANIZATIONS]
    members = {"1": customers[:2], "2": customers[1:], "3": []}
    desk = Desk("1", project, customers, organizations, members, ["1", "2"])
    desk.request_types = [_request_type(desk.id, *row) for row in REQUEST_TYPES]
    return desk


def _organization(
    rng: random.Random, stamps: Timestamps, id_: str, name: str, years: int | None, managed: bool | None
) -> dict[str, Any]:
    told: dict[str, Any] = {"id": id_, "name": name, "_links": {"self": f"{DESK_API}/organization/{id_}"}, "uuid": uuid(rng)}
    if years is not None:
        told |= {"created": when(stamps, USUAL_NOW_MS - years * 8766 * HOUR_MS), "scimManaged": managed}
    return told


def _request_type(desk: str, id_: str, name: str, description: str, help_text: str, groups: list[str]) -> dict[str, Any]:
    return {
        "id": id_, "_links": {"self": f"{DESK_API}/servicedesk/{desk}/requesttype/{id_}"}, "name": name,
        "description": description, "helpText": help_text, "issueTypeId": "10001", "serviceDeskId": desk, "portalId": "2",
        "groupIds": groups, "canCreateRequest": True, "restrictionStatus": "OPEN",
    }  # fmt: skip


def when(stamps: Timestamps, at_ms: int) -> dict[str, Any]:
    text = stamps.text(at_ms)
    return {"iso8601": f"{text[:19]}{text[-5:]}", "jira": text, "friendly": "Yesterday", "epochMillis": at_ms}


def user_payload(user: User) -> dict[str, Any]:
    """As service management shows people: without their kind of account."""
    told = {name: value for name, value in user.payload.items() if name not in ("self", "avatarUrls", "accountType")}
    return told | {"_links": {"jiraRest": user.payload["self"], "avatarUrls": user.payload["avatarUrls"]}}


class RequestInventor:
    """Invents what a request holds in the fields of service management."""

    def __init__(self, rng: random.Random, desk: Desk, agents: list[User], stamps: Timestamps) -> None:
        self._rng = rng
        self._desk = desk
        self._agents = agents
        self._stamps = stamps

    def value(self, kind: str) -> Any:
        return getattr(self, f"_{kind}")()

    def _request_type(self) -> Any:
        """One in ten issues is none that a customer asked for."""
        if self._rng.random() < 0.1:
            return None
        told = self._rng.choice(self._desk.request_types)
        status = self._rng.choice((("Waiting for support", "NEW"), ("In progress", "INDETERMINATE"), ("Closed", "DONE")))
        at_ms = USUAL_NOW_MS - self._rng.randrange(10**9)
        current = {"status": status[0], "statusCategory": status[1], "statusDate": when(self._stamps, at_ms)}
        portal = f"{SITE_URL}/servicedesk/customer/portal/2/HELP-0"
        return {"_links": {"web": portal, "jiraRest": SITE_URL}, "requestType": told, "currentStatus": current}

    def _participants(self) -> list[Any]:
        return [user.payload for user in self._rng.sample(self._desk.customers, self._rng.randint(0, 2))]

    def _organizations(self) -> list[Any]:
        return self._rng.sample(self._desk.organizations, self._rng.choice((0, 1, 1, 2)))

    def _approvals(self) -> list[Any] | None:
        return [self._approval() for _ in range(self._rng.choice((0, 1, 1, 2)))] or self._rng.choice(([], None))

    def _approval(self) -> dict[str, Any]:
        id_, final = str(self._rng.randrange(10**6)), self._rng.choice(("approved", "declined", "pending"))
        people = self._rng.sample(self._agents, 2)
        began = USUAL_NOW_MS - self._rng.randrange(10**9, 10**10)
        told = {
            "id": id_, "name": self._rng.choice(("Waiting for approval", "老板同意")), "finalDecision": final,
            "canAnswerApproval": False, "createdDate": when(self._stamps, began),
            "approvers": [
                {"approver": user_payload(user), "approverDecision": decision}
                for user, decision in zip(people, (final, "pending"), strict=True)
            ],
            "_links": {"self": f"{DESK_API}/request/HELP-0/approval/{id_}"},
        }  # fmt: skip
        return told if final == "pending" else told | {"completedDate": when(self._stamps, began + HOUR_MS)}


def sla_value(name: str, id_: str, rng: random.Random, stamps: Timestamps, *, in_full: bool) -> Any:
    """One of `SLA_STATES`; `unread` is what the field says where only the service desk's own API knows the cycles."""
    state = rng.choice(SLA_STATES[:-1] if in_full else SLA_STATES)
    if state == "unread":
        return "3h 20m"
    if state == "none":
        return {"errorMessage": "metric not found"} if rng.random() < 0.5 else None
    told: dict[str, Any] = {"id": id_, "name": name, "_links": {"self": f"{DESK_API}/request/0/sla/{id_}"}}
    count = {"met": 1, "missed": 1, "several": 3}.get(state, rng.randint(0, 2))
    began = USUAL_NOW_MS - 1000 * HOUR_MS + rng.randrange(10**6)
    told["completedCycles"] = [
        _completed(began + n * 200 * HOUR_MS, rng, stamps, breached=state == "missed" or (state == "several" and n == 1))
        for n in range(count)
    ]
    if state in ("running", "paused", "overdue", "breached"):
        told["ongoingCycle"] = _ongoing(state, rng, stamps)
    return told | {"slaDisplayFormat": "NEW_SLA_FORMAT"}


def _duration(milliseconds: int) -> dict[str, Any]:
    hours, rest = divmod(abs(milliseconds), HOUR_MS)
    return {"millis": milliseconds, "friendly": f"{'-' if milliseconds < 0 else ''}{hours}h {rest // 60_000}m"}


def _measured(goal: int, elapsed: int) -> dict[str, Any]:
    told = {"goalDuration": goal, "elapsedTime": elapsed, "remainingTime": goal - elapsed}
    return {name: _duration(milliseconds) for name, milliseconds in told.items()}


def _completed(began: int, rng: random.Random, stamps: Timestamps, *, breached: bool) -> dict[str, Any]:
    goal = 4 * HOUR_MS
    elapsed = goal + rng.randrange(1, 10**8) if breached else rng.randrange(goal)
    times = {"startTime": began, "stopTime": began + elapsed, "breachTime": began + goal}
    return {name: when(stamps, at_ms) for name, at_ms in times.items()} | {"breached": breached} | _measured(goal, elapsed)


def _ongoing(state: str, rng: random.Random, stamps: Timestamps) -> dict[str, Any]:
    """`overdue` was still in time when Jira wrote it, and is so no longer; a paused one has no time of breach."""
    # One that runs has months left, so that it still does after weeks of a site's life.
    goal, elapsed = (4000 if state == "running" else 4) * HOUR_MS, rng.randrange(3 * HOUR_MS)
    began = USUAL_NOW_MS - elapsed
    if state == "overdue":
        began -= 100 * HOUR_MS
    if state == "breached":
        elapsed = goal + rng.randrange(1, 10**8)
        began = USUAL_NOW_MS - elapsed
    told = {"startTime": when(stamps, began)} | _measured(goal, elapsed)
    if state != "paused":
        told["breachTime"] = when(stamps, began + goal)
    return told | {"breached": state == "breached", "paused": state == "paused", "withinCalendarHours": rng.random() < 0.8}


def sla_from_the_desk(field: Field, value: Any, stamps: Timestamps) -> dict[str, Any] | None:
    """What the service desk's own API says of an SLA whose field holds `value`; None for one that the request has not."""
    if isinstance(value, dict):
        return value if "completedCycles" in value else None
    if not isinstance(value, str):
        return None
    id_ = field.id.removeprefix("customfield_")
    cycle = _completed(USUAL_NOW_MS - 50 * HOUR_MS, random.Random(f"unread {id_}"), stamps, breached=False)
    links = {"self": f"{DESK_API}/request/0/sla/{id_}"}
    return {"id": id_, "name": field.name, "_links": links, "completedCycles": [cycle], "slaDisplayFormat": "NEW_SLA_FORMAT"}
