"""What scopes are searched for: one search for many projects, several searches at once, some before anybody waits for them."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from contextvars import copy_context
from functools import partial
from itertools import chain, groupby
from typing import Self

import msgspec

from jira_staging.errors import JiraAnswerUnusable, JiraRefusedQuery
from jira_staging.jira_api import jql
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.in_order import in_order
from jira_staging.jira_api.issues import batched
from jira_staging.jira_api.paging import known
from jira_staging.jira_api.readings import Reading, reading_of
from jira_staging.jira_api.searching import SweptPage
from jira_staging.planning import Plan
from jira_staging.records import Scope
from jira_staging.run_logs import RunLog

log = RunLog(__name__)

# Of new fields, how many one search asks for: half of the longest JQL, so that the other half names projects.
FIELDS_PER_SEARCH = 100

# Of a first load's searches: each may cost one page more than one for all would. With a fourth the lists that are read
# meanwhile had no room left: the governor begins with four requests at a time.
SEARCHES_AT_ONCE = 3


class SearchesAhead:
    """Searches that begin before anybody waits for them: a page of 5,000 ids takes Jira a second or two.

    What is begun is a guess: for plans that turned out otherwise, Jira is searched when their pages are asked for.
    """

    def __init__(self, jira: JiraClient) -> None:
        self._cancelled = threading.Event()
        self._jira = jira.until(self._cancelled)
        self._threads = ThreadPoolExecutor(SEARCHES_AT_ONCE, thread_name_prefix="searching")
        self._begun: list[tuple[list[Plan], list[Future[list[SweptPage]]]]] = []

    @contextmanager
    def under_way(self) -> Iterator[Self]:
        """When this ends, what nobody asked for is dropped, and an answer that is still awaited is ignored."""
        try:
            yield self
        finally:
            self._cancelled.set()
            self._jira.wake()
            self._threads.shutdown(wait=False, cancel_futures=True)

    def groups(self, plans: Sequence[Plan]) -> Iterator[list[Plan]]:
        """Plans that one search serves."""
        return groups_of(plans, reading_of(self._jira))

    def begin(self, plans: Sequence[Plan]) -> None:
        """Search for what these plans need."""
        for group in self.groups(plans):
            searches = [partial(_all_pages, self._jira, part) for part in _parts(group)]
            self._begun.append((group, [self._threads.submit(copy_context().run, search) for search in searches]))

    def pages(self, group: Sequence[Plan]) -> Iterator[SweptPage]:
        """All pages of the group, in no order."""
        for plans, searches in self._begun:
            if _questions(plans) == _questions(group):
                yield from chain.from_iterable(search.result() for search in searches)
                return
        with closing(in_order(self._jira, [partial(_all_pages, group=part) for part in _parts(group)])) as found:
            yield from chain.from_iterable(found)


def groups_of(plans: Sequence[Plan], reading: Reading) -> Iterator[list[Plan]]:
    """Plans that one search serves: projects that begin at the same time; what is asked by JQL stands alone."""

    def together(planned: Plan) -> tuple[bool, int, tuple[str, ...], str]:
        is_alone = planned.since is None and not reading.sweeps_all_together
        return planned.since is not None, planned.since or 0, planned.new_fields, planned.scope.name if is_alone else ""

    of_projects = sorted((planned for planned in plans if planned.scope.project_id is not None), key=together)
    for _, group in groupby(of_projects, key=together):
        yield list(group)
    yield from ([planned] for planned in plans if planned.scope.project_id is None)


def _questions(plans: Sequence[Plan]) -> list[tuple[Scope, int | None, tuple[str, ...]]]:
    return [(planned.scope, planned.since, planned.new_fields) for planned in plans]


def _parts(group: Sequence[Plan]) -> list[Sequence[Plan]]:
    """The group for several searches at once, where projects are read from their beginning: page follows page."""
    if group[0].since is not None or group[0].scope.project_id is None:
        return [group]
    return [part for place in range(SEARCHES_AT_ONCE) if (part := group[place::SEARCHES_AT_ONCE])]


def _all_pages(jira: JiraClient, group: Sequence[Plan]) -> list[SweptPage]:
    return list(pages_of(jira, group))


def pages_of(jira: JiraClient, group: Sequence[Plan]) -> Iterator[SweptPage]:
    """The pages of one search for all of the group, one after the other."""
    since, new_fields, reading = group[0].since, group[0].new_fields, reading_of(jira)
    with none_gone(jira, [planned.scope for planned in group]):
        for within in _restrictions(group):
            yield from reading.sweep(jira, within, since)
        if new_fields:
            yield from _holders(jira, group, new_fields)


@contextmanager
def none_gone(jira: JiraClient, scopes: Sequence[Scope]) -> Iterator[None]:
    """Inside, scopes are searched. Where Jira refuses that since a project among them has left, the error says to try again."""
    try:
        yield
    except JiraRefusedQuery as refusal:
        asked = {scope.label for scope in scopes if scope.project_id is not None}
        there = {known(item, _Listed).key for page in reading_of(jira).projects(jira) for item in page} if asked else set()
        if gone := sorted(asked - there):
            raise JiraAnswerUnusable(
                f"Jira at {jira.site} listed {', '.join(gone[:20])}, and no longer did when it was searched: deleted, hidden "
                f"from the account or renamed meanwhile. Run it again: it then reads what there is. ({refusal})"
            ) from None
        raise


class _Listed(msgspec.Struct):
    key: str


def _holders(jira: JiraClient, group: Sequence[Plan], new_fields: Sequence[str]) -> Iterator[SweptPage]:
    """Every issue that has a value in a field that was not loaded before."""
    reading = reading_of(jira)
    numbers = [field.partition(":")[0].removeprefix("customfield_") for field in new_fields]
    for some in batched(numbers, FIELDS_PER_SEARCH):
        has_value = " OR ".join(f"cf[{number}] is not EMPTY" for number in some)
        try:
            for within in _restrictions(group, reserved=len(has_value)):
                yield from reading.sweep(jira, f"({within}) AND ({has_value})", None)
        except JiraRefusedQuery as refusal:
            log.info("Jira cannot search for values of the new fields, so everything is loaded: %s", refusal)
            for within in _restrictions(group):
                yield from reading.sweep(jira, within, None)
            return


def _restrictions(group: Sequence[Plan], reserved: int = 0) -> Iterator[str]:
    """The group's scopes as JQL, in parts that leave room for `reserved` characters more."""
    if group[0].scope.project_id is None:
        yield group[0].scope.jql
        return
    for keys in jql.split_projects([planned.scope.label for planned in group], longest=jql.LONGEST_JQL - reserved):
        yield jql.projects_in(keys)
