"""Pages of raw items: `values` envelopes counted by startAt, and bare arrays."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from jira_staging.errors import JiraAnswerUnusable
from jira_staging.jira_api.answers import Call
from jira_staging.jira_api.client import JiraClient
from jira_staging.json_decoders import decoder_of

log = logging.getLogger(__name__)

# Something leaves a list of some pages now and then; where it seems so each time, Jira counts otherwise from page to page.
MOST_READINGS = 3

Items = list[msgspec.Raw]
S = TypeVar("S")


class _Page(msgspec.Struct, rename="camel"):
    values: Items
    start_at: int | None = None
    is_last: bool | None = None
    total: int | None = None


def json_bytes(items: Iterable[msgspec.Raw]) -> int:
    """How much JSON they are."""
    return sum(len(memoryview(item)) for item in items)


def known(item: msgspec.Raw, shape: type[S]) -> S:
    """What the reading itself needs of an item: ids as numbers, also where Jira writes them as text.

    Raises JiraAnswerUnusable, which names what was expected, for an item that has not even that.
    """
    try:
        return decoder_of(shape).decode(item)
    except msgspec.ValidationError as error:
        raise JiraAnswerUnusable(f"Jira listed something without its id ({error}). Run it again later.") from None


def array(jira: JiraClient, path: str) -> Items:
    """All items of an endpoint that answers one bare array."""
    return jira.ask(Call(path, Items, is_empty=_is_empty))


def pages(jira: JiraClient, path: str, params: Mapping[str, Any], *, page_size: int) -> Iterator[Items]:
    """The pages of a `values` envelope, until Jira says that it was the last.

    A short page is not the last one: Jira may give fewer than asked for. One that is empty is, since nothing follows it. What
    leaves the list meanwhile moves something from a page that is to come to one that was read: then it is read once more.
    """
    for reading in range(1, MOST_READINGS + 1):
        found = list(_pages(jira, path, params, page_size))
        # Where a page begins behind the last item, some lists tell of none.
        totals = [total for _, total in found if total]
        if totals == sorted(totals):
            break
        again = "so it is read once more" if reading < MOST_READINGS else "so something may be missing until the next run"
        log.warning("%s%s told of fewer items from page to page, %s.", jira.site, path, again)
    yield from (items for items, _ in found if items)


def _pages(jira: JiraClient, path: str, params: Mapping[str, Any], page_size: int) -> Iterator[tuple[Items, int | None]]:
    """The pages, each with the total that it tells."""
    start = 0
    while True:
        call = Call(path, _Page, lambda page: not page.values, params={**params, "startAt": start, "maxResults": page_size})
        page = jira.ask(call)
        if page.start_at not in (None, start):
            raise JiraAnswerUnusable(
                f"{jira.site}{path} was asked for items from {start} and answered from {page.start_at}. Run it again later."
            )
        yield page.values, page.total
        start += len(page.values)
        if _is_over(page, start):
            return


def array_pages(jira: JiraClient, path: str, params: Mapping[str, Any], *, page_size: int) -> Iterator[Items]:
    """Page after page of an endpoint that answers bare arrays by startAt: only an empty one says that nothing follows."""
    start = 0
    before: Items | None = None
    while True:
        call = Call(path, Items, is_empty=_is_empty, params={**params, "startAt": start, "maxResults": page_size})
        items = jira.ask(call)
        if not items:
            return
        if items == before:
            raise JiraAnswerUnusable(f"{jira.site}{path} gave the same page twice, from {start} too. Run it again later.")
        yield items
        before = items
        start += len(items)


def _is_over(page: _Page, read: int) -> bool:
    if not page.values or page.is_last:
        return True
    return page.is_last is None and page.total is not None and read >= page.total


def _is_empty(items: Items) -> bool:
    return not items
