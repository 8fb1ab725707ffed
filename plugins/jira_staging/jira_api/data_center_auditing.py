"""A Data Center's audit log, given as Cloud's records.

Its events have no number: theirs is made of what they say, so that one that is read twice is one record. They name people by
their user names, in an address.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import chain
from urllib.parse import parse_qs, urlsplit

import msgspec

from jira_staging.jira_api.answers import Call
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import joined
from jira_staging.jira_api.paging import Items, known
from jira_staging.jira_api.presence import DeletedIssue

EVENTS = "/rest/auditing/1.0/events"
EVENTS_PER_PAGE = 1_000
# The same in every language, as the texts of events are not.
ISSUE_DELETED = re.compile(r"\bissue\.deleted?$")
DESCRIPTION = re.compile(r"(^|\.)description$")


class _Author(msgspec.Struct):
    name: str | None = None
    uri: str | None = None


class _Object(msgspec.Struct):
    id: str | None = None
    name: str | None = None
    type: str | None = None


class _Change(msgspec.Struct, rename={"before": "from", "after": "to"}):
    key: str | None = None
    before: str | None = None
    after: str | None = None


class _Attribute(msgspec.Struct):
    name: str | None = None
    name_i18n_key: str | None = msgspec.field(default=None, name="nameI18nKey")
    value: str | None = None


class _Kind(msgspec.Struct):
    action: str | None = None
    action_key: str | None = msgspec.field(default=None, name="actionI18nKey")
    category: str | None = None


class _Event(msgspec.Struct, rename="camel"):
    timestamp: str
    type: _Kind = msgspec.field(default_factory=_Kind)
    author: _Author | None = None
    affected_objects: list[_Object] | None = None
    changed_values: list[_Change] | None = None
    extra_attributes: list[_Attribute] | None = None
    method: str | None = None
    source: str | None = None


class _Paging(msgspec.Struct, rename="camel"):
    last_page: bool | None = None


class _Page(msgspec.Struct, rename="camel"):
    entities: Items = []
    paging_info: _Paging = msgspec.field(default_factory=_Paging)


class _Person(msgspec.Struct):
    name: str
    key: str


def audit_records(jira: JiraClient, people: Iterable[Items], since: int | None, until: int) -> Iterator[Items]:
    """Page after page of what the audit log wrote from a time (None: its beginning) to another, in epoch milliseconds.

    `people` tells the keys of those whom it names. JiraNotPermitted to an account that does not administer Jira.
    """
    keys = {person.name: person.key for person in (known(item, _Person) for item in chain.from_iterable(people))}
    for page in _pages(jira, since, until):
        yield [_record(known(item, _Event), keys) for item in page]


def deleted_issues(jira: JiraClient, since: int) -> Iterator[DeletedIssue]:
    """Issues that were deleted since a time (epoch milliseconds), as far as the log's coverage has them, the latest first."""
    for page in _pages(jira, since, None):
        for event in (known(item, _Event) for item in page):
            if ISSUE_DELETED.search(event.type.action_key or ""):
                for named in event.affected_objects or ():
                    # A project that it names as well may have the same number.
                    if (named.type or "").casefold() == "issue":
                        number = named.id or ""
                        yield DeletedIssue(int(number) if number.isdecimal() else None, named.name or "")


def _pages(jira: JiraClient, since: int | None, until: int | None) -> Iterator[Items]:
    # The latest come first: without an end, what is written meanwhile would move them from page to page.
    end = jira.now() if until is None else until
    bounds = {"to": _instant(end)} | ({} if since is None else {"from": _instant(since)})
    start = 0
    while True:
        params = {"offset": start, "limit": EVENTS_PER_PAGE, **bounds}
        page = jira.ask(Call(EVENTS, _Page, lambda told: not told.entities, params=params))
        if page.entities:
            yield page.entities
        start += len(page.entities)
        if not page.entities or page.paging_info.last_page:
            return


def _record(event: _Event, keys: Mapping[str, str]) -> msgspec.Raw:
    first, *others = [{"typeName": one.type, "id": one.id, "name": one.name} for one in event.affected_objects or ()] or [{}]
    changed = [{"fieldName": one.key, "changedFrom": one.before, "changedTo": one.after} for one in event.changed_values or ()]
    told = [one.value for one in event.extra_attributes or () if DESCRIPTION.search(one.name_i18n_key or one.name or "")]
    return joined(
        id=_number(event), created=event.timestamp, summary=event.type.action, category=event.type.category,
        eventSource=event.method, authorKey=_author(event.author, keys), remoteAddress=event.source,
        description="\n".join(filter(None, told)) or None, objectItem=first, changedValues=changed or None,
        associatedItems=others or None,
    )  # fmt: skip


def _author(author: _Author | None, keys: Mapping[str, str]) -> str | None:
    """The key of who did it; the user name of one whom the directory does not list. None for Jira itself and for nobody."""
    (name,) = parse_qs(urlsplit((author.uri if author else None) or "").query).get("name", [None])[:1]
    return None if name is None else keys.get(name, name)


def _number(event: _Event) -> int:
    """A positive bigint from all that is read of the event."""
    return int.from_bytes(blake2b(msgspec.json.encode(event), digest_size=8).digest(), "big") >> 1


def _instant(epoch_milliseconds: int) -> str:
    return datetime.fromtimestamp(epoch_milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
