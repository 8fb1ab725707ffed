"""Templates of issues, and the events that they tell of."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from simulated_jira.field_list import Field
from simulated_jira.issue import Body, Raw
from simulated_jira.people import User
from simulated_jira.projects import Project
from simulated_jira.settings import Settings
from simulated_jira.workflow import IssueType, Status

encode = msgspec.json.encode


@dataclass(slots=True)
class Event:
    """Something in an issue's life, `at` between 0 (created) and 1 (last updated)."""

    at: float
    author: User | None


@dataclass(slots=True)
class Change(Event):
    items: Raw


@dataclass(slots=True)
class Remark(Event):
    """A comment. `edited` says that somebody else changed it a minute later."""

    body: Raw
    more: Raw
    edited: User | None


@dataclass(slots=True)
class Work(Event):
    seconds: int
    comment: Raw | None


@dataclass(slots=True)
class File(Event):
    name: str
    mime_type: str
    size: int


@dataclass
class Template:
    """`values` are those that all its issues share; `body` holds the same, encoded. `names` are all fields of such an issue."""

    summary: str
    values: dict[str, Any]
    body: Body
    reporter: User
    changes: list[Change] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    lifetime_ms: int = 0
    resolved_at: float | None = None
    category_changed_at: float = 0.0
    selected: dict[str, Raw] = field(default_factory=dict)

    def encode_again(self) -> None:
        """After something that the values point to (a version, a sprint) was changed in place."""
        self.body = Body({name: encode(value) for name, value in self.values.items()})
        self.selected.clear()


@dataclass(frozen=True)
class Cast:
    """What stories are made of: one for a project."""

    settings: Settings
    project: Project
    fields: list[Field]
    people: list[User]
    statuses: list[Status]
    issue_types: list[IssueType]
