"""Projects with their components, versions, boards and sprints."""

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from simulated_jira import words
from simulated_jira.clock import Timestamps
from simulated_jira.people import User
from simulated_jira.settings import SITE_URL
from simulated_jira.workflow import API, IssueType, Status, team_issue_types, team_statuses

if TYPE_CHECKING:
    from simulated_jira.issue import Issue

DAY_MS = 86_400_000
# Two of the first keys are JQL's own words, so that whoever forgets to quote keys learns it early.
KEYS = ("PAY", "AND", "OPS", "MOB", "EMPTY", "WEB", "K5", "DATA_1", "HR", "QA", "SUP", "EE")
NAMES = (
    "Payments",
    "Android",
    "Operations",
    "Mobile 📱",
    "Empty Shelf",
    "Website",
    "K5",
    "Data Platform",
    "People & Culture",
    "质量",
    "Support",
    "Enterprise",
)
CATEGORIES = [
    {
        "self": f"{API}/projectCategory/{10000 + n}",
        "id": str(10000 + n),
        "name": name,
        "description": f"{name} projects",
    }
    for n, name in enumerate(("Product", "Internal"))
]


@dataclass(eq=False)
class Sprint:
    """`goal` and the dates follow the state: a future sprint has no dates, an open one is not completed."""

    id: int
    name: str
    state: str
    board_id: int
    goal: str = ""
    start_ms: int | None = None
    end_ms: int | None = None
    complete_ms: int | None = None

    def payload(self, stamps: Timestamps) -> dict[str, Any]:
        """As the sprint field has it; the agile API calls `boardId` `originBoardId`."""
        seen: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "boardId": self.board_id,
            "goal": self.goal,
        }
        for name, at_ms in (("startDate", self.start_ms), ("endDate", self.end_ms), ("completeDate", self.complete_ms)):
            if at_ms is not None:
                seen[name] = stamps.zulu(at_ms)
        return seen

    def listed(self, stamps: Timestamps) -> dict[str, Any]:
        seen = self.payload(stamps)
        board_id = seen.pop("boardId")
        return {"self": f"{SITE_URL}/rest/agile/1.0/sprint/{self.id}", **seen, "originBoardId": board_id}


@dataclass(eq=False)
class Board:
    """`type` is scrum, kanban or simple (team-managed)."""

    id: int
    name: str
    type: str
    project: "Project | None"
    sprints: list[Sprint] = field(default_factory=list)


@dataclass(eq=False)
class Project:
    """`gone` is None, `archived` or `deleted` (in the bin); `hidden` means that the account may not browse it;
    `given` is what a replayed payload said of it."""

    id: str
    key: str
    name: str
    style: str
    lead: User
    statuses: list[Status]
    issue_types: list[IssueType]
    type_key: str = "software"
    category: dict[str, Any] | None = None
    components: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    boards: list[Board] = field(default_factory=list)
    former_keys: list[str] = field(default_factory=list)
    description: str = ""
    gone: str | None = None
    gone_ms: int = 0
    hidden: bool = False
    issues: "dict[int, Issue]" = field(default_factory=dict)
    next_number: int = 1
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def is_team_managed(self) -> bool:
        return self.style == "next-gen"

    @property
    def is_open(self) -> bool:
        return self.gone is None and not self.hidden

    def payload(self) -> dict[str, Any]:
        """The project as it stands in an issue."""
        avatar = f"{SITE_URL}/rest/api/3/universal_avatar/view/type/project/avatar/10417"
        seen: dict[str, Any] = {
            "self": f"{API}/project/{self.id}",
            "id": self.id,
            "key": self.key,
            "name": self.name,
            "projectTypeKey": self.type_key,
            "simplified": self.is_team_managed,
            "avatarUrls": {
                "48x48": avatar,
                "24x24": f"{avatar}?size=small",
                "16x16": f"{avatar}?size=xsmall",
                "32x32": f"{avatar}?size=medium",
            },
        }
        return seen | ({"projectCategory": self.category} if self.category is not None else {})

    @property
    def raw(self) -> bytes:
        return msgspec.json.encode(self.payload())

    def sprints(self) -> list[Sprint]:
        return [sprint for board in self.boards for sprint in board.sprints]


def invent_project(number: int, rng: random.Random, lead: User, locale: str) -> Project:
    """The project alone, without components, versions and boards."""
    key = KEYS[number] if number < len(KEYS) else f"P{number:04d}"
    name = NAMES[number] if number < len(NAMES) else f"{rng.choice(words.COMPANIES)} {number}"
    project_id = str(10000 + number)
    team_managed = number % 3 == 2
    project = Project(project_id, key, name, "next-gen" if team_managed else "classic", lead, [], [])
    project.category = CATEGORIES[number % 2] if number % 4 != 3 else None
    project.description = words.sentence(rng) if number % 2 == 0 else ""
    if team_managed:
        project.statuses = team_statuses(number, project_id, locale)
        project.issue_types = team_issue_types(number, project_id, locale)
    return project


def add_components(project: Project, number: int) -> None:
    names = ("API", "Frontend", "数据库", "Docs & Samples")
    for n, name in enumerate(names):
        id_ = str(10000 + number * 4 + n)
        component: dict[str, Any] = {"self": f"{API}/component/{id_}", "id": id_, "name": name}
        if n % 2 == 0:
            component["description"] = f"{name} of {project.name}"
        project.components.append(component)


def add_versions(project: Project, number: int, rng: random.Random, days: list[str]) -> None:
    """Released ones with a date, a late one, an archived one, and one without date and description. `days` are ISO dates."""
    for n, name in enumerate(("v1.0", "v1.1", "v2.0-β", "Someday", "v0.9")):
        id_ = str(10000 + number * 5 + n)
        version: dict[str, Any] = {"self": f"{API}/version/{id_}", "id": id_}
        if n != 3:
            version["description"] = "" if n % 2 else words.sentence(rng)
        version |= {"name": name, "archived": name == "v0.9", "released": n in (0, 1, 4)}
        if n != 3:
            version["releaseDate"] = days[n % len(days)]
        project.versions.append(version)


def add_board(project: Project, number: int, first_ms: int, now_ms: int) -> None:
    """A scrum board with two-week sprints up to now and one to come, or a kanban or team-managed board without."""
    kind = "simple" if project.is_team_managed else "kanban" if number % 4 == 3 else "scrum"
    board = Board(number + 1, f"{project.key} board", kind, project)
    project.boards.append(board)
    if kind != "scrum":
        return
    length = 14 * DAY_MS
    count = min(8, max(2, (now_ms - first_ms) // length))
    for n in range(count + 1):
        start = now_ms - (count - n) * length + DAY_MS
        sprint = Sprint(
            number * 20 + n + 1,
            f"{project.key} Sprint {n + 1}",
            "closed",
            board.id,
            "" if n % 2 else "Ship it 🚢",
            start,
            start + length,
        )
        if n < count - 1:
            sprint.complete_ms = start + length + 3_600_000
        elif n == count - 1:
            sprint.state = "active"
        else:
            sprint.state, sprint.start_ms, sprint.end_ms = "future", None, None
        board.sprints.append(sprint)
