"""The kinds of value that custom fields hold: how each is decoded, and what its column gets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from jira_staging.entities.decoding import NULL, Finite
from jira_staging.entities.printed_sprints import sprint_objects
from jira_staging.tables import ColumnType

SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"
EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
_DEVELOPMENT = "com.atlassian.jira.plugins.jira-development-integration-plugin:"
# What hangs on an issue in the tools of its developers: Cloud's kind of field, and Data Center's.
DEVELOPMENT = frozenset((_DEVELOPMENT + "devsummarycf", _DEVELOPMENT + "devsummary"))
REQUEST_TYPE = "com.atlassian.servicedesk:vp-origin"
PARTICIPANTS = "com.atlassian.servicedesk:sd-request-participants"
ORGANIZATIONS = "com.atlassian.servicedesk:sd-customer-organizations"
SLA = "com.atlassian.servicedesk:sd-sla-field"
APPROVALS = "com.atlassian.servicedesk.approvals-plugin:sd-approvals"


class Person(msgspec.Struct, rename="camel", gc=False):
    """A user as issues show one. Data Center has no account id; there its `key` is the lasting name."""

    account_id: str | None = None
    key: str | None = None
    name: str | None = None
    display_name: str | None = None
    email_address: str | None = None
    account_type: str | None = None
    active: bool | None = None
    time_zone: str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError, which the decoder reports with its path, for a user without any id."""
        if self.account_id is None:
            self.account_id = self.key or self.name
            if self.account_id is None:
                raise ValueError("Expected a user with `accountId`, `key` or `name`")


class Option(msgspec.Struct, gc=False):
    """One choice of a select list, radio button or checkbox."""

    value: str
    id: str | int | None = None


class CascadingOption(msgspec.Struct, gc=False):
    """A choice and the one below it."""

    value: str
    id: str | int | None = None
    child: Option | None = None


class Group(msgspec.Struct, rename="camel", gc=False):
    """A group; Data Center knows it by its name alone."""

    group_id: str | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a group without any id."""
        if self.group_id is None and self.name is None:
            raise ValueError("Expected a group with `groupId` or `name`")


class Thing(msgspec.Struct, gc=False):
    """A project, version or component that a field points to."""

    id: str | int


@dataclass(frozen=True)
class Shape:
    """A kind of value: the type it is decoded as, its column's type, and how the one becomes the other (None: it is it)."""

    payload: Any
    column: ColumnType
    flatten: Callable[[Any], Any] | None = None

    @property
    def annotation(self) -> Any:
        """The type of a member that may be null or absent: the decoder takes `Raw` only alone."""
        return self.payload if self.payload is msgspec.Raw else self.payload | None

    @property
    def default(self) -> Any:
        """What the member holds where it is absent."""
        return NULL if self.payload is msgspec.Raw else None


def _option_value(option: Option) -> str:
    return option.value


def _person_id(person: Person) -> str | None:
    return person.account_id


def _group_id(group: Group) -> str | None:
    return group.group_id or group.name


def _thing_id(thing: Thing) -> str:
    return str(thing.id)


def _cascade(option: CascadingOption) -> bytes:
    return msgspec.json.encode({"parent": option.value, "child": option.child.value if option.child else None})


def _list_of(payload: Any, flatten: Callable[[Any], Any]) -> Shape:
    def flatten_list(items: list[Any]) -> bytes:
        return msgspec.json.encode([None if item is None else flatten(item) for item in items])

    return Shape(list[payload | None], "json", flatten_list)


NUMBER = Shape(Finite, "double")
DATE = Shape(str, "date")
DATETIME = Shape(str, "timestamp")
TEXT = Shape(str, "text")
RICH_TEXT = Shape(msgspec.Raw, "text")
OPTION = Shape(Option, "text", _option_value)
USER = Shape(Person, "text", _person_id)
JSON = Shape(msgspec.Raw, "json")
USERS = _list_of(Person, _person_id)
# Items are taken as they are: whatever Jira lists is JSON already.
LIST = Shape(list[msgspec.Raw], "json", msgspec.json.encode)
SPRINTS = Shape(list[msgspec.Raw], "json", sprint_objects)

# Fields of which tables are made, whatever type Jira announces for them.
_MADE_INTO_TABLES = {
    SPRINT: SPRINTS,
    EPIC_LINK: JSON,
    REQUEST_TYPE: JSON,
    PARTICIPANTS: USERS,
    ORGANIZATIONS: LIST,
    SLA: JSON,
    APPROVALS: JSON,
}
_SINGLE = {
    "number": NUMBER,
    "date": DATE,
    "datetime": DATETIME,
    "string": TEXT,
    "option": OPTION,
    "option-with-child": Shape(CascadingOption, "json", _cascade),
    "user": USER,
    "group": Shape(Group, "text", _group_id),
    "project": Shape(Thing, "text", _thing_id),
    "version": Shape(Thing, "text", _thing_id),
}
_LISTS = {
    "option": _list_of(Option, _option_value),
    "user": USERS,
    "group": _list_of(Group, _group_id),
    "project": _list_of(Thing, _thing_id),
    "version": _list_of(Thing, _thing_id),
    "component": _list_of(Thing, _thing_id),
}


def shape_of(value_type: str | None, item_type: str | None, custom_type: str | None) -> Shape:
    """The shape that `/field` announces: `schema.type`, `schema.items` and `schema.custom`; JSON for all that is not known."""
    if custom_type in _MADE_INTO_TABLES:
        return _MADE_INTO_TABLES[custom_type]
    if value_type == "array":
        return _LISTS.get(item_type or "", LIST)
    if value_type == "string" and (custom_type or "").endswith(":textarea"):
        return RICH_TEXT
    return _SINGLE.get(value_type or "", JSON)
