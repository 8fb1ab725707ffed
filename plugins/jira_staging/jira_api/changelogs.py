"""Changelogs in bulk: those of up to 1,000 issues in one question, whatever number of pages Jira answers on."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from jira_staging.errors import JiraAnswerUnusable, JiraRefusedQuery
from jira_staging.jira_api.answers import REST, AnswerTooLarge, Call
from jira_staging.jira_api.client import JiraClient
from jira_staging.phases import note, phase

log = logging.getLogger(__name__)

# The most that Jira takes and gives.
ISSUES_PER_REQUEST = 1_000
HISTORIES_PER_PAGE = 10_000

# Of one issue whose pages are larger than the client takes: a history may hold two whole descriptions.
FEWER_HISTORIES = 250

CHANGELOGS = f"{REST}/changelog/bulkfetch"


@dataclass(frozen=True)
class FetchedChangelogs:
    """JSON arrays of histories by issue id, each issue's in Jira's order, oldest first; `size` is all their bytes.

    An issue that Jira does not show this account, or that never changed, is not in it.
    """

    arrays: dict[int, list[msgspec.Raw]] = field(default_factory=dict, repr=False)
    size: int = 0


class ChangelogsTooLarge(AnswerTooLarge):
    """The changelogs of these issues together are more than the caller can hold: ask for fewer issues."""


class _OfIssue(msgspec.Struct, rename="camel"):
    issue_id: int
    change_histories: msgspec.Raw


class _Page(msgspec.Struct, rename="camel"):
    issue_change_logs: list[_OfIssue]
    next_page_token: str | None = None


class _TokenExpired(Exception):
    """A page was refused though the first one, with the same issues, was not."""


@phase("fetch_changelogs")
def fetch_changelogs(jira: JiraClient, ids: Sequence[int], *, most_bytes: int | None = None) -> FetchedChangelogs:
    """The whole changelogs of at most 1,000 issues. Page tokens expire; then it is read once more from its beginning.

    Raises ChangelogsTooLarge as soon as they are larger than `most_bytes`.
    """
    note(issues=len(ids))
    try:
        return _read(jira, ids, most_bytes, HISTORIES_PER_PAGE)
    except _TokenExpired:
        log.warning("A page token of a changelog expired; the changelogs of %s issues are read once more.", len(ids))
    except ChangelogsTooLarge:
        raise
    except AnswerTooLarge as error:
        if len(ids) > 1:
            raise ChangelogsTooLarge(str(error)) from None
        return _read(jira, ids, most_bytes, FEWER_HISTORIES)
    try:
        return _read(jira, ids, most_bytes, HISTORIES_PER_PAGE)
    except _TokenExpired as expired:
        raise JiraAnswerUnusable(
            f"A page token of changelogs was refused twice at {jira.site}: {expired} Run it again later."
        ) from None


def _read(jira: JiraClient, ids: Sequence[int], most_bytes: int | None, page_size: int) -> FetchedChangelogs:
    arrays: dict[int, list[msgspec.Raw]] = {}
    size = 0
    for page in _pages(jira, ids, page_size):
        for changelog in page.issue_change_logs:
            arrays.setdefault(changelog.issue_id, []).append(changelog.change_histories)
            size += len(memoryview(changelog.change_histories))
        if most_bytes is not None and size > most_bytes:
            raise ChangelogsTooLarge(
                f"The changelogs of {len(ids)} issues at {jira.site} are larger than {most_bytes:,} bytes."
            )
    return FetchedChangelogs(arrays, size)


def _pages(jira: JiraClient, ids: Sequence[int], page_size: int) -> Iterator[_Page]:
    body: dict[str, object] = {"issueIdsOrKeys": [str(issue_id) for issue_id in ids], "maxResults": page_size}
    used: set[str] = set()
    while True:
        # A page may be empty and still name a next one.
        page = _page(jira, body)
        yield page
        token = page.next_page_token
        if not token:
            return
        if token in used:
            raise JiraAnswerUnusable(f"Jira at {jira.site} gave the same page token of changelogs twice. Run it again later.")
        used.add(token)
        body["nextPageToken"] = token


def _page(jira: JiraClient, body: dict[str, object]) -> _Page:
    try:
        return jira.ask(Call(CHANGELOGS, _Page, lambda page: not page.issue_change_logs, body=dict(body)))
    except JiraRefusedQuery as refusal:
        if "nextPageToken" not in body:
            raise
        raise _TokenExpired(str(refusal)) from None
