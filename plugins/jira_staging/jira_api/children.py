"""What hangs on one issue, a question an issue or a page: only for what no bulk answer holds whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote

import msgspec

from jira_staging.jira_api.answers import REST, Call, JiraHasNone
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.paging import Items, array, json_bytes

# The largest pages that Jira gives.
COMMENTS_PER_PAGE = 100
WORKLOGS_PER_PAGE = 5_000
# The most entries that Jira takes and gives by their ids.
ENTRIES_BY_IDS = 1_000


@dataclass(frozen=True)
class ChildPage:
    """Some of the entries of one issue's list, as Jira's own JSON.

    `total` is how many the list has in all by Jira's own count, at the time of this page; None where Jira does not count.
    """

    table: str
    issue_id: int
    items: Sequence[msgspec.Raw] = field(repr=False)
    total: int | None = None

    @cached_property
    def size(self) -> int:
        """In bytes of JSON."""
        return json_bytes(self.items)


class _Comments(msgspec.Struct):
    comments: Items
    total: int = 0


class _Listed(msgspec.Struct):
    values: Items


class _Worklogs(msgspec.Struct):
    worklogs: Items
    total: int = 0


class _Watchers(msgspec.Struct, rename="camel"):
    watchers: Items = []
    watch_count: int = 0


class _Voters(msgspec.Struct):
    voters: Items = []
    votes: int = 0


class _PropertyKey(msgspec.Struct):
    key: str


class _PropertyKeys(msgspec.Struct):
    keys: list[_PropertyKey] = []


class _Transitions(msgspec.Struct):
    transitions: Items = []


def comments(jira: JiraClient, issue_id: int, start: int = 0, end: int | None = None) -> ChildPage:
    """The comments from place `start` up to `end`, the oldest first; without `end` all that follow."""
    path, total = f"{REST}/issue/{issue_id}/comment", end
    items: Items = []
    while end is None or start < end:
        size = COMMENTS_PER_PAGE if end is None else min(end - start, COMMENTS_PER_PAGE)
        params = {"startAt": start, "maxResults": size, "orderBy": "created"}
        page = jira.ask(Call(path, _Comments, lambda page: not page.comments, params=params))
        items += page.comments
        total = page.total
        start += len(page.comments)
        if not page.comments or start >= page.total:
            break
    return ChildPage("comment", issue_id, items, total)


def comments_by_ids(jira: JiraClient, ids: Sequence[int]) -> Items:
    """At most 1,000 comments by their ids, whatever their issues. One that is gone, or hidden, is left out."""
    call = Call(f"{REST}/comment/list", _Listed, lambda listed: not listed.values, body={"ids": list(ids)})
    return jira.ask(call).values


def worklogs(jira: JiraClient, issue_id: int) -> ChildPage:
    """All worklogs, the oldest first."""
    path, total = f"{REST}/issue/{issue_id}/worklog", 0
    items: Items = []
    while True:
        params = {"startAt": len(items), "maxResults": WORKLOGS_PER_PAGE}
        page = jira.ask(Call(path, _Worklogs, lambda page: not page.worklogs, params=params))
        items += page.worklogs
        total = page.total
        if not page.worklogs or len(items) >= page.total:
            return ChildPage("worklog", issue_id, items, total)


def remote_links(jira: JiraClient, issue_id: int) -> ChildPage:
    return ChildPage("remote_link", issue_id, array(jira, f"{REST}/issue/{issue_id}/remotelink"))


def watchers(jira: JiraClient, issue_id: int) -> ChildPage:
    """Who watches it; fewer than `total` where the account may not see who."""
    told = jira.ask(Call(f"{REST}/issue/{issue_id}/watchers", _Watchers, lambda told: not told.watchers))
    return ChildPage("issue_watcher", issue_id, told.watchers, told.watch_count)


def votes(jira: JiraClient, issue_id: int) -> ChildPage:
    """Who has voted for it; fewer than `total` where the account may not see who."""
    told = jira.ask(Call(f"{REST}/issue/{issue_id}/votes", _Voters, lambda told: not told.voters))
    return ChildPage("issue_vote", issue_id, told.voters, told.votes)


def properties(jira: JiraClient, issue_id: int) -> ChildPage:
    """Its properties with their values: a question for the keys, and one for each; `total` counts the keys."""
    path = f"{REST}/issue/{issue_id}/properties"
    keys = jira.ask(Call(path, _PropertyKeys, lambda told: not told.keys)).keys
    values = (_property(jira, f"{path}/{quote(named.key, safe='')}") for named in keys)
    return ChildPage("issue_property", issue_id, [value for value in values if value is not None], len(keys))


def transitions(jira: JiraClient, issue_id: int) -> ChildPage:
    told = jira.ask(Call(f"{REST}/issue/{issue_id}/transitions", _Transitions, lambda told: not told.transitions))
    return ChildPage("issue_transition", issue_id, told.transitions)


def _property(jira: JiraClient, path: str) -> msgspec.Raw | None:
    try:
        return jira.ask(Call(path, msgspec.Raw, lambda _told: False))
    except JiraHasNone:
        return None  # removed since its key was listed
