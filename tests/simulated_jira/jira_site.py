"""The data of a simulated site: who and what there is, found by id, by key and in the order of creation."""

import threading
from bisect import insort
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from simulated_jira.clock import SiteClock, Timestamps
from simulated_jira.field_list import Field
from simulated_jira.issue import FormerIssue, Issue, Link
from simulated_jira.people import User
from simulated_jira.projects import DAY_MS, Project
from simulated_jira.service_desk import Desk
from simulated_jira.settings import Settings
from simulated_jira.templates import Template
from simulated_jira.workflow import (
    LINK_TYPES,
    PRIORITIES,
    RESOLUTIONS,
    IssueType,
    Status,
)

FIRST_ID = 10_001
BLOCK = 20
"""Issues of a project come in blocks of twenty: an epic, fourteen issues (nine of them in the epic) and five subtasks."""
FIRST_ENTRY, ENTRIES = 100_000, 256
"""Ids of an invented issue's histories, comments and worklogs start at its index times 256, above the first."""
HISTORY_MS = 1000 * DAY_MS


def creation_order(issue: "Issue | FormerIssue") -> tuple[int, str, int]:
    """What `ORDER BY created ASC, key ASC` sorts by."""
    return issue.created_ms, issue.project.key, issue.number


class Site:
    """Everything is reached through the attributes; whoever changes or reads more than one thing holds `lock`.

    `version` grows with each change, so that what was computed from the site can be kept until then."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        start = settings.clock_start
        self.clock = SiteClock(None if start == "machine" else round(datetime.fromisoformat(start).timestamp() * 1000))
        self.start_ms = self.clock.now_ms()
        if start != "machine":
            # Not what the clock says a few milliseconds later: equal seeds give equal bytes.
            self.start_ms = round(datetime.fromisoformat(start).timestamp() * 1000)
        self.stamps = Timestamps(settings.time_zone)
        self.lock = threading.RLock()
        self.version = 0
        self.people: list[User] = []
        self.fields: list[Field] = []
        self.statuses: list[Status] = []
        self.issue_types: list[IssueType] = []
        self.priorities: list[dict[str, Any]] = list(PRIORITIES)
        self.resolutions: list[dict[str, Any]] = list(RESOLUTIONS)
        self.link_types: list[dict[str, Any]] = list(LINK_TYPES)
        self.projects: list[Project] = []
        self.desk: Desk | None = None
        self.issues: dict[int, Issue] = {}
        self.by_created: list[Issue] = []
        self.former: dict[int, list[tuple[int, FormerIssue | None]]] = {}
        self.former_keys: dict[str, int] = {}
        self.parents: dict[int, int | None] = {}
        self.adopted: dict[int, list[int]] = {}
        self.links: dict[int, list[Link]] = {}
        self.removed_links: set[int] = set()
        self.owners: dict[int, int] = {}
        self.deleted_worklogs: list[tuple[int, int]] = []
        self.audit: list[dict[str, Any]] = []
        self.loose: dict[tuple[str, str], list[Any]] = {}
        self.next_id = 900_000_000
        self.invented_issues = 0
        self.known_templates: dict[tuple[str, int], Template] = {}

    # Finding -----------------------------------------------------------------------------------------------------

    def fresh_id(self) -> int:
        """An id that nothing has: invented things count from ten thousand, new ones from far above."""
        with self.lock:
            self.next_id += 1
            return self.next_id

    def project(self, id_or_key: str) -> Project | None:
        """By id, key or a key it had before; archived and hidden ones too."""
        wanted = id_or_key.upper()
        for project in self.projects:
            if wanted in (project.id, project.key.upper()):
                return project
        return next((project for project in self.projects if wanted in project.former_keys), None)

    def issue(self, id_or_key: str) -> Issue | None:
        """By id, key or a key it had before; whether it may be read is `Issue.is_visible`."""
        if id_or_key.isdigit():
            return self.issues.get(int(id_or_key))
        key = id_or_key.upper()
        project_key, _, number = key.rpartition("-")
        if not number.isdigit():
            return None
        project = self.project(project_key)
        if project is not None and int(number) in project.issues:
            return project.issues[int(number)]
        former = self.former_keys.get(key)
        return None if former is None else self.issues.get(former)

    def user(self, account_id: str) -> User | None:
        """Whom Jira tells by that id: customers, too, whom its directory does not list."""
        customers = self.desk.customers if self.desk is not None else []
        return next((user for user in (*self.people, *customers) if user.account_id == account_id), None)

    def field(self, field_id: str) -> Field | None:
        return next((field for field in self.fields if field.id == field_id), None)

    def statuses_of(self, project: Project) -> list[Status]:
        return project.statuses or self.statuses

    def issue_types_of(self, project: Project) -> list[IssueType]:
        return project.issue_types or self.issue_types

    def all_statuses(self) -> list[Status]:
        return self.statuses + [status for project in self.projects for status in project.statuses]

    def all_issue_types(self) -> list[IssueType]:
        return self.issue_types + [kind for project in self.projects for kind in project.issue_types]

    def owner_of(self, entry_id: int) -> Issue | None:
        """The issue of a comment or worklog."""
        if entry_id in self.owners:
            return self.issues.get(self.owners[entry_id])
        return self.invented((entry_id - FIRST_ENTRY) // ENTRIES)

    # Templates ---------------------------------------------------------------------------------------------

    def templates(self) -> list[Template]:
        return list(self.known_templates.values())

    def lifetime_ms(self, issue: Issue) -> int:
        """How long an invented issue lived before the site started; a young one lived its whole story faster."""
        assert issue.template is not None
        return min(issue.template.lifetime_ms, max(0, self.start_ms - 600_000 - issue.created_ms))

    # Relatives ---------------------------------------------------------------------------------------------------

    def _block(self, index: int) -> tuple[int, int]:
        """The first index of an invented issue's block, and the issue's position in it."""
        return index - index % BLOCK, index % BLOCK

    def invented(self, index: int) -> Issue | None:
        if not 0 <= index < self.invented_issues:
            return None
        return self.issues.get(FIRST_ID + index + index // 50)

    def parent_of(self, issue: Issue) -> Issue | None:
        if issue.id in self.parents:
            parent_id = self.parents[issue.id]
            return None if parent_id is None else self.issues.get(parent_id)
        first, position = self._block(issue.index) if issue.index >= 0 else (0, 0)
        if 1 <= position <= 9:
            return self.invented(first)
        return self.invented(first + position - 10) if position >= 15 else None

    def children_of(self, issue: Issue) -> list[Issue]:
        """Subtasks of an issue, children of an epic."""
        found: list[Issue | None] = [self.issues.get(id_) for id_ in self.adopted.get(issue.id, ())]
        if issue.index >= 0:
            first, position = self._block(issue.index)
            if position == 0:
                found += [self.invented(first + n) for n in range(1, 10)]
            elif 5 <= position <= 9:
                found.append(self.invented(first + position + 10))
        return [child for child in found if child is not None and self.parent_of(child) is issue]

    def links_of(self, issue: Issue) -> list[Link]:
        """Links whose both ends exist."""
        found = [*self._invented_links(issue), *self.links.get(issue.id, ())]
        return [
            link
            for link in found
            if link.id not in self.removed_links and link.outward_id in self.issues and link.inward_id in self.issues
        ]

    def _invented_links(self, issue: Issue) -> Iterator[Link]:
        if issue.index < 0:
            return
        first, position = self._block(issue.index)
        # In each block 1 blocks 2, 3 relates to 11, and 12 duplicates the 13th of the next block, which is another project's.
        for kind, outward, inward in (
            (0, first + 1, first + 2),
            (1, first + 3, first + 11),
            (2, first + 12, first + BLOCK + 13),
        ):
            if issue.index in (outward, inward):
                ends = self.invented(outward), self.invented(inward)
                if ends[0] and ends[1]:
                    yield Link(20_000 + outward, kind, ends[0].id, ends[1].id)
        if position == 13:
            ends = self.invented(first - BLOCK + 12), issue
            if ends[0]:
                yield Link(20_000 + ends[0].index, 2, ends[0].id, issue.id)

    # Changing ----------------------------------------------------------------------------------------------------

    def remember(self, issue: Issue, *, existed: bool = True) -> None:
        """Keep what the search index knows of the issue, before it is changed (`existed`) or after it was created."""
        self.former.setdefault(issue.id, []).append((self.clock.now_ms(), FormerIssue(issue) if existed else None))

    def enter(self, issue: Issue) -> None:
        """Add a new issue to the site."""
        self.issues[issue.id] = issue
        issue.project.issues[issue.number] = issue
        insort(self.by_created, issue, key=creation_order)
        self.changed()

    def leave(self, issue: Issue) -> None:
        """Take a deleted issue out."""
        del self.issues[issue.id]
        del issue.project.issues[issue.number]
        self.by_created.remove(issue)
        self.version += 1

    def sort_again(self) -> None:
        """After keys changed."""
        self.by_created.sort(key=creation_order)
        self.version += 1

    def changed(self) -> None:
        """Whatever was computed from the site is out of date."""
        self.version += 1
