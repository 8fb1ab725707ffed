"""Which worklogs of the whole site changed or were deleted since a time, and what they are now.

An edited or deleted worklog need not move its issue's `updated`, so no search finds it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import msgspec

from jira_staging.errors import JiraAnswerUnusable
from jira_staging.jira_api.answers import REST, Call
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.paging import Items

# The most that Jira takes.
WORKLOGS_PER_REQUEST = 1_000


class _Event(msgspec.Struct, rename="camel"):
    worklog_id: int


class _Page(msgspec.Struct, rename="camel"):
    values: list[_Event]
    until: int | None = None
    last_page: bool = True


def changed_worklogs(
    jira: JiraClient, kind: Literal["updated", "deleted"], since: int, on_gap: Callable[[int], None]
) -> Iterator[list[int]]:
    """Ids of the worklogs that were written or edited (`updated`), or deleted, since a time in epoch milliseconds.

    Page by page; an id may come again. Jira leaves out the last minute before the question. Of one millisecond it never gives
    more than a page: where that is full, `on_gap` is called with the time, and the list is read on behind it.
    """
    while True:
        call = Call(f"{REST}/worklog/{kind}", _Page, lambda page: not page.values, params={"since": since})
        page = jira.ask(call)
        yield [event.worklog_id for event in page.values]
        if page.last_page:
            return
        if page.until is None or page.until < since or not page.values:
            raise JiraAnswerUnusable(
                f"Jira at {jira.site} says that its list of {kind} worklogs goes on, but not where (since {since}). "
                "Run it again later."
            )
        if page.until == since:
            on_gap(since)
        since = max(page.until, since + 1)


def read_worklogs(jira: JiraClient, ids: Sequence[int]) -> Items:
    """At most 1,000 worklogs by their ids. One that is gone, or on an issue that the account may not see, is left out."""
    call = Call(f"{REST}/worklog/list", Items, lambda items: not items, body={"ids": list(ids)})
    return jira.ask(call)
