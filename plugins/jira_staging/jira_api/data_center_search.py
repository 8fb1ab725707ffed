"""Data Center's search: pages by startAt, `total` told, dates in whole minutes of the account's time zone.

Offsets shift while issues are edited, so a sweep goes by `updated`: each page begins at the instant that the last one came
to, and only within one instant is there an offset.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from jira_staging.errors import JiraAnswerUnusable
from jira_staging.jira_api.answers import REST, Call
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.issues import Named
from jira_staging.jira_api.jql import quoted_value
from jira_staging.jira_api.rate_headers import milliseconds_of
from jira_staging.jira_api.searching import SweptPage

SEARCH = f"{REST}/search"

# The most that a Data Center gives unless its administrator allows more; fewer come where less is allowed.
ISSUES_PER_PAGE = 1_000

# The index may know an issue by an older time than the issue itself shows, which would make a page seem to come further than
# it does. Not all of the last twenty will have been edited in the moments that the index is behind.
LAST_ISSUES = 20

# Edits during a sweep shift the offsets of an instant now and then; a list that shifts each time is something else.
MOST_RESTARTS = 20

MINUTE = 60_000
S = TypeVar("S")


class _Times(msgspec.Struct):
    updated: str = ""


class _Found(msgspec.Struct):
    id: int
    key: str
    fields: _Times = msgspec.field(default_factory=_Times)


class _Page(msgspec.Struct, rename="camel"):
    issues: list[_Found]
    total: int = 0


class _Names(msgspec.Struct):
    issues: list[Named]


class _Count(msgspec.Struct):
    total: int


@dataclass(frozen=True)
class _Place:
    """Where a page begins: at an instant, in words of JQL (None: at the first issue), and so many issues after it."""

    instant: str | None
    offset: int = 0


def found(jira: JiraClient, shape: type[S], body: dict[str, object], *, is_divisible: bool = False) -> S:
    """The answer to one search: a struct with `issues` or `total`. What its JQL names and is not there is passed over."""
    asked = {"validateQuery": False, "maxResults": ISSUES_PER_PAGE} | body
    return jira.ask(Call(SEARCH, shape, _found_nothing, body=asked, is_divisible=is_divisible))


def sweep(jira: JiraClient, within: str, since: int | None, *, with_times: bool = False) -> Iterator[SweptPage]:
    """All issues that the JQL selects and that were updated since an instant (epoch milliseconds), or all; each once."""
    zone = ZoneInfo(jira.sign_in().time_zone)
    given: set[int] = set()
    for page in _pages(jira, within, None if since is None else instant_before(since, zone), zone):
        new = [issue for issue in page if issue.id not in given]
        given.update(issue.id for issue in new)
        if new:
            keys = [issue.key.rpartition("-")[0] for issue in new]
            times = [milliseconds_of(issue.fields.updated) or 0 for issue in new] if with_times else ()
            yield SweptPage(array("q", [issue.id for issue in new]), keys, times)


def count(jira: JiraClient, within: str) -> int:
    """How many issues the JQL selects, by the index."""
    return found(jira, _Count, {"jql": within, "maxResults": 0}).total


def with_keys(jira: JiraClient, keys: Sequence[str]) -> list[Named]:
    """The issues that have these keys, or had them before they were moved."""
    body: dict[str, object] = {"jql": f"key in ({','.join(map(quoted_value, keys))})", "fields": ["key"]}
    return found(jira, _Names, body).issues


def instant_before(moment: int, zone: ZoneInfo) -> str:
    """The latest minute in JQL's words that is not after `moment` (epoch milliseconds), however Jira reads it.

    In the hour that comes twice when the clocks go back, Jira may mean either: the minute before that hour is meant by both.
    """
    minute = max(moment, 0) // MINUTE * MINUTE
    while True:
        local = datetime.fromtimestamp(minute / 1000, zone).replace(tzinfo=None, fold=0)
        readings = [local.replace(tzinfo=zone, fold=fold).timestamp() * 1000 for fold in (0, 1)]
        if max(readings) <= moment:
            return local.strftime("%Y-%m-%d %H:%M")
        minute -= MINUTE


def _pages(jira: JiraClient, within: str, since: str | None, zone: ZoneInfo) -> Iterator[list[_Found]]:
    place, last, restarts = _Place(since), None, 0
    while True:
        page = _page(jira, within, place)
        if place.offset and (not page.issues or page.issues[0].id != last):
            # Pages of one instant overlap by an issue; where another one stands in its place, some have left the instant.
            restarts += 1
            if restarts > MOST_RESTARTS:
                raise JiraAnswerUnusable(
                    f"The list of issues at {jira.site} that were updated at {place.instant} changed {restarts} times while it "
                    "was read. Run it again later."
                )
            place = _Place(place.instant)
            continue
        yield page.issues
        if place.offset + len(page.issues) >= page.total or not page.issues:
            return
        last = page.issues[-1].id
        reached = _reached(page.issues, zone)
        place = (
            _Place(reached) if _is_later(reached, place.instant) else _Place(place.instant, place.offset + len(page.issues) - 1)
        )


def _found_nothing(told: object) -> bool:
    return not getattr(told, "issues", None) and not getattr(told, "total", 0)


def _page(jira: JiraClient, within: str, place: _Place) -> _Page:
    begins = "" if place.instant is None else f' AND updated >= "{place.instant}"'
    jql = f"({within}){begins} ORDER BY updated ASC, key ASC"
    return found(jira, _Page, {"jql": jql, "fields": ["updated"], "startAt": place.offset})


def _reached(issues: Sequence[_Found], zone: ZoneInfo) -> str | None:
    """The instant that a page came to for sure; None where it does not tell."""
    moments = [milliseconds_of(issue.fields.updated) for issue in issues[-min(LAST_ISSUES, -(-len(issues) // 2)) :]]
    known = [moment for moment in moments if moment is not None]
    return instant_before(min(known), zone) if known else None


def _is_later(reached: str | None, before: str | None) -> bool:
    return reached is not None and (before is None or reached > before)
