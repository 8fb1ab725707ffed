"""The sweep: the ids of all issues that a JQL selects, page by page, and Jira's estimate of how many there are."""

import logging
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from jira_staging.errors import JiraAnswerUnusable, JiraRefusedQuery
from jira_staging.jira_api.answers import REST, Call
from jira_staging.jira_api.client import JiraClient

log = logging.getLogger(__name__)

# The most that Jira gives on a page when nothing but ids and keys is asked for.
SWEEP_PAGE = 5_000

# Warnings that mean that issues are missing from the result. Any other only informs.
INCOMPLETE = ("LIMIT", "TRUNCAT")


@dataclass(frozen=True)
class SweptPage:
    """Some of the issues found: their ids, and the project's key of each.

    `updated` are when they were last updated, in epoch milliseconds, where the search tells: empty where it does not, and 0 of
    an issue whose time cannot be read.
    """

    issue_ids: "array[int]"
    project_keys: Sequence[str]
    updated: Sequence[int] = ()


class _Found(msgspec.Struct):
    id: int
    key: str


class _Warning(msgspec.Struct):
    type: str = ""
    message: str = ""


class _Page(msgspec.Struct, rename="camel"):
    issues: list[_Found]
    is_last: bool | None = None
    next_page_token: str | None = None
    warnings: list[_Warning] = []


class _Count(msgspec.Struct):
    count: int


def sweep(jira: JiraClient, jql: str) -> Iterator[SweptPage]:
    """All issues that `jql` (bounded and ordered) selects, each once.

    Page tokens expire; then the sweep begins once more, and leaves out what it has given already. What changed meanwhile is
    found again by the next one, which begins where this run began.
    """
    given = array("q")
    try:
        for issues in _pages(jira, jql):
            page = _swept(issues)
            given.extend(page.issue_ids)
            yield page
    except _TokenExpired:
        log.warning("A page token of the sweep expired after %s issues; the sweep begins once more.", f"{len(given):,}")
        yield from _once_more(jira, jql, set(given))


def _once_more(jira: JiraClient, jql: str, given: set[int]) -> Iterator[SweptPage]:
    try:
        for issues in _pages(jira, jql):
            yield _swept([issue for issue in issues if issue.id not in given])
    except _TokenExpired as expired:
        raise JiraAnswerUnusable(
            f"A page token of the sweep was refused twice at {jira.site}: {expired.refusal} Run it again later."
        ) from None


def approximate_count(jira: JiraClient, jql: str) -> int:
    """About how many issues `jql` selects. It lags behind like the search: for a plausibility check, never for equality."""
    call = Call(f"{REST}/search/approximate-count", _Count, lambda told: told.count == 0, body={"jql": jql})
    return jira.ask(call).count


class _TokenExpired(Exception):
    """A page was refused though the first one, with the same JQL, was not. (Jira's words depend on the account's language.)"""

    def __init__(self, refusal: JiraRefusedQuery) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def _pages(jira: JiraClient, jql: str) -> Iterator[list[_Found]]:
    token: str | None = None
    used: set[str] = set()
    while True:
        page = _page(jira, jql, token)
        _check_complete(jira, page)
        # A page may be empty and still name a next one.
        if page.issues:
            yield page.issues
        token = page.next_page_token
        if page.is_last or (token is None and page.is_last is None):
            return
        if token is None:
            raise JiraAnswerUnusable(f"Jira at {jira.site} says that a search goes on, but not where. Run it again later.")
        if token in used:
            raise JiraAnswerUnusable(f"Jira at {jira.site} gave the same page token of a search twice. Run it again later.")
        used.add(token)


def _page(jira: JiraClient, jql: str, token: str | None) -> _Page:
    body: dict[str, object] = {"jql": jql, "fields": ["key"], "maxResults": SWEEP_PAGE}
    if token is not None:
        body["nextPageToken"] = token
    try:
        return jira.ask(Call(f"{REST}/search/jql", _Page, lambda page: not page.issues, body=body))
    except JiraRefusedQuery as refusal:
        if token is None:
            raise
        raise _TokenExpired(refusal) from None


def _check_complete(jira: JiraClient, page: _Page) -> None:
    for warning in page.warnings:
        if any(word in warning.type.upper() for word in INCOMPLETE):
            raise JiraRefusedQuery(
                f"Jira at {jira.site} searched only in part ({warning.type}: {warning.message[:300]}). Make the JQL narrower."
            )
        log.warning("Jira warns about a search: %s: %s", warning.type, warning.message[:300])


def _swept(issues: Sequence[_Found]) -> SweptPage:
    # One string object a project: a page names the same few keys thousands of times.
    keys: dict[str, str] = {}
    projects = [keys.setdefault(key, key) for key in (issue.key.rpartition("-")[0] for issue in issues)]
    return SweptPage(array("q", [issue.id for issue in issues]), projects)
