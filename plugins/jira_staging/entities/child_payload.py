"""What is read of the JSON of what hangs on an issue; members are named as the columns of its table say."""

from typing import Any

import msgspec

from jira_staging.entities.decoding import NULL, Int64
from jira_staging.entities.value_shapes import Person


class Visibility(msgspec.Struct, gc=False):
    """Who alone may see a comment or worklog."""

    type: str | None = None
    value: str | None = None


class Comment(msgspec.Struct, rename="camel", gc=False):
    """A comment."""

    id: Int64
    author: Person | None = None
    update_author: Person | None = None
    body: msgspec.Raw = NULL
    created: str | None = None
    updated: str | None = None
    jsd_public: bool | None = None
    visibility: Visibility | None = None


class Worklog(msgspec.Struct, rename="camel", gc=False):
    """An entry of logged work; `issue_id` is of use where it is read without its issue."""

    id: Int64
    issue_id: Int64 | None = None
    author: Person | None = None
    update_author: Person | None = None
    comment: msgspec.Raw = NULL
    started: str | None = None
    time_spent_seconds: Int64 | None = None
    created: str | None = None
    updated: str | None = None
    visibility: Visibility | None = None


class Attachment(msgspec.Struct, rename="camel", gc=False):
    """A file, without its content."""

    id: Int64
    author: Person | None = None
    filename: str | None = None
    mime_type: str | None = None
    size: Int64 | None = None
    created: str | None = None


class EmbeddedComments(msgspec.Struct, gc=False):
    """The comments that Jira shows with an issue: the newest, and how many there are in all."""

    comments: list[Comment | None] = []
    total: int | None = None


class EmbeddedWorklogs(msgspec.Struct, gc=False):
    """The worklogs that Jira shows with an issue: the oldest, and how many there are in all."""

    worklogs: list[Worklog | None] = []
    total: int | None = None


class LinkedPage(msgspec.Struct, gc=False):
    """Where a remote link leads."""

    url: str | None = None
    title: str | None = None


class Application(msgspec.Struct, gc=False):
    """The application that a remote link leads to."""

    name: str | None = None


class RemoteLink(msgspec.Struct, rename="camel", gc=False):
    """A link to a page elsewhere."""

    id: Int64
    global_id: str | None = None
    relationship: str | None = None
    object: LinkedPage | None = None
    application: Application | None = None


class IssueProperty(msgspec.Struct, gc=False):
    """What an app keeps with an issue."""

    key: str
    value: msgspec.Raw = NULL


class TargetStatus(msgspec.Struct, gc=False):
    """The status that a transition leads to."""

    id: Int64


class Transition(msgspec.Struct, rename="camel", gc=False):
    """A way on from an issue's status."""

    id: Int64
    name: str | None = None
    to: TargetStatus | None = None
    is_global: bool | None = None
    has_screen: bool | None = None


# By table: what one entry of its lists is.
PAYLOADS: dict[str, type[Any]] = {
    "comment": Comment,
    "worklog": Worklog,
    "attachment": Attachment,
    "remote_link": RemoteLink,
    "issue_watcher": Person,
    "issue_vote": Person,
    "issue_property": IssueProperty,
    "issue_transition": Transition,
}
