"""An issue and what hangs on it. Most are a template and a few numbers; edited ones have details of their own."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from simulated_jira.projects import Project
    from simulated_jira.templates import Template

Raw = bytes
"""The JSON of one value, encoded once."""

NOTHING: frozenset[str] = frozenset()


@dataclass(slots=True)
class History:
    """One changelog entry. `author` is None where nobody is named; `raw` is the whole entry of a replayed one."""

    id: int
    created_ms: int
    author: Raw | None
    items: Raw
    raw: Raw | None = None


@dataclass(slots=True)
class Comment:
    """`more` is JSON to splice in at the end (visibility), with its leading comma; `raw` as for `History`."""

    id: int
    created_ms: int
    updated_ms: int
    author: Raw
    update_author: Raw
    body: Raw
    more: Raw = b""
    raw: Raw | None = None


@dataclass(slots=True)
class Worklog:
    """`comment` is None where none was written; `raw` as for `History`."""

    id: int
    created_ms: int
    updated_ms: int
    started_ms: int
    seconds: int
    author: Raw
    comment: Raw | None = None
    raw: Raw | None = None


@dataclass(slots=True)
class Attachment:
    id: int
    created_ms: int
    author: Raw
    file_name: str
    mime_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Link:
    """From the issue that does (`outward_id` blocks) to the one that suffers (`inward_id` is blocked)."""

    id: int
    type_position: int
    outward_id: int
    inward_id: int


class Body:
    """Field values as JSON, and as the words by which JQL finds them."""

    __slots__ = ("_decoded", "_tokens", "raw")

    def __init__(self, raw: dict[str, Raw]) -> None:
        self.raw = raw
        self._decoded: dict[str, Any] = {}
        self._tokens: dict[str, frozenset[str]] = {}

    def value(self, field_id: str) -> Any:
        if field_id not in self._decoded:
            raw = self.raw.get(field_id)
            self._decoded[field_id] = None if raw is None else msgspec.json.decode(raw)
        return self._decoded[field_id]

    def tokens(self, field_id: str) -> frozenset[str]:
        """Lower-case ids, keys and names of a field's value; empty when the field is."""
        known = self._tokens.get(field_id)
        if known is None:
            known = self._tokens[field_id] = frozenset(_tokens(self.value(field_id)))
        return known

    def with_values(self, changed: dict[str, Raw]) -> "Body":
        """A changed copy: the old body stays as it was, for those who still search by it."""
        return Body(self.raw | changed)


def _tokens(value: Any) -> set[str]:
    if value is None:
        return set()
    if isinstance(value, list):
        return set().union(*(_tokens(element) for element in value)) if value else set()
    if isinstance(value, dict):
        names = (value.get(key) for key in ("id", "key", "name", "value", "accountId", "displayName", "groupId", "objectId"))
        found = {str(name).lower() for name in names if name is not None}
        category = value.get("statusCategory")
        return found | ({f"category:{name}" for name in _tokens(category)} if category else set())
    return {f"{value:g}"} if isinstance(value, float) else {str(value).lower()}


@dataclass(slots=True)
class Details:
    """What an edited, created or replayed issue has of its own.

    `live` names the fields that are written from the lists here and from the site at each request, not from `body`."""

    body: Body
    live: frozenset[str]
    histories: list[History] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    worklogs: list[Worklog] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    remote_links: list[Raw] = field(default_factory=list)
    watchers: list[str] = field(default_factory=list)
    voters: list[str] = field(default_factory=list)
    properties: dict[str, Raw] = field(default_factory=dict)


class Issue:
    """`index` counts the invented issues from 0 and is -1 for all others; `details` is None until somebody edits the issue."""

    __slots__ = (
        "archived",
        "created_ms",
        "details",
        "hidden",
        "id",
        "index",
        "number",
        "project",
        "template",
        "updated_ms",
    )

    def __init__(self, id_: int, project: "Project", number: int, created_ms: int) -> None:
        self.id = id_
        self.project = project
        self.number = number
        self.created_ms = created_ms
        self.updated_ms = created_ms
        self.index = -1
        self.template: Template | None = None
        self.details: Details | None = None
        self.archived = False
        self.hidden = False

    @property
    def key(self) -> str:
        return f"{self.project.key}-{self.number}"

    @property
    def body(self) -> Body:
        if self.details is not None:
            return self.details.body
        assert self.template is not None, "an issue has details or a template"
        return self.template.body

    @property
    def is_visible(self) -> bool:
        """Whether the account may read it."""
        return not self.hidden and self.project.is_open


class FormerIssue:
    """An issue as the search index still knows it: what JQL asks of an issue, at an earlier moment."""

    __slots__ = (
        "archived",
        "body",
        "created_ms",
        "hidden",
        "id",
        "index",
        "number",
        "project",
        "template",
        "updated_ms",
    )

    def __init__(self, issue: Issue) -> None:
        self.id = issue.id
        self.project = issue.project
        self.number = issue.number
        self.created_ms = issue.created_ms
        self.updated_ms = issue.updated_ms
        self.index = issue.index
        self.template = issue.template
        self.body = issue.body
        self.archived = issue.archived
        self.hidden = issue.hidden

    @property
    def key(self) -> str:
        return f"{self.project.key}-{self.number}"

    @property
    def is_visible(self) -> bool:
        return not self.hidden and self.project.is_open


Found = Issue | FormerIssue
