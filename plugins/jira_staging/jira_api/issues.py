"""Issues in bulk: 100 ids a request, several requests at once, handed on in order as Jira's own JSON."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TypeVar

import msgspec

from jira_staging.errors import JiraAnswerUnusable
from jira_staging.jira_api.answers import REST, AnswerTooLarge, Call
from jira_staging.jira_api.changelogs import FetchedChangelogs
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.in_order import in_order
from jira_staging.jira_api.paging import json_bytes
from jira_staging.phases import note, phase
from jira_staging.run_logs import RunLog

log = RunLog(__name__)

T = TypeVar("T")

# The most that Jira takes when fields with several values (comment, worklog, …) are asked for.
ISSUES_PER_REQUEST = 100

BULKFETCH = f"{REST}/issue/bulkfetch"


@dataclass(frozen=True)
class FetchedIssues:
    """Some issues: the ids that were asked for, and the JSON arrays that Jira answered.

    An id that is in none of the arrays is one that Jira does not show this account: deleted, moved out of sight, archived.
    `changelogs` are those that came with the issues. `too_large` says, by id, why an issue that Jira shows was left out.
    """

    ids: Sequence[int]
    arrays: tuple[msgspec.Raw, ...] = field(repr=False)
    changelogs: FetchedChangelogs | None = None
    too_large: Mapping[int, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The issues' JSON in bytes."""
        return json_bytes(self.arrays)


class _IssueError(msgspec.Struct, rename="camel"):
    id: int
    error_message: str = ""


class _Fetched(msgspec.Struct, rename="camel"):
    issues: msgspec.Raw
    issue_errors: list[_IssueError] = []


class Named(msgspec.Struct):
    """An issue's id, and the key that it has now."""

    id: int
    key: str


class _Names(msgspec.Struct):
    issues: list[Named]


def fetch_issues(jira: JiraClient, ids: Iterable[int], fields: Sequence[str]) -> Generator[FetchedIssues, None, None]:
    """The issues with these ids, in the order of the ids, 100 at a time."""
    return fetch_batches(jira, batched(ids, ISSUES_PER_REQUEST), fields)


def fetch_batches(
    jira: JiraClient, batches: Iterable[Sequence[int]], fields: Sequence[str]
) -> Generator[FetchedIssues, None, None]:
    """The issues of each batch of at most 100 ids, several batches at once, in their order.

    `fields` are ids of fields as Jira's `fields` parameter takes them. An issue that Jira reports as failed is asked for
    once more by itself; JiraAnswerUnusable if it fails again.
    """
    return in_order(jira, (partial(fetch_batch, ids=batch, fields=list(fields)) for batch in batches))


@phase("fetch")
def fetch_batch(jira: JiraClient, ids: Sequence[int], fields: list[str]) -> FetchedIssues:
    """The issues of one batch of at most 100 ids."""
    note(issues=len(ids))
    too_large: dict[int, str] = {}
    return FetchedIssues(ids, tuple(_fetch(jira, ids, fields, too_large)), too_large=too_large)


def find_ids_of_keys(
    jira: JiraClient, keys: Sequence[str], ask: Callable[[JiraClient, Sequence[str]], list[Named]] | None = None
) -> dict[str, int]:
    """The ids of the issues that have, or had before they were moved, these keys. A key of no visible issue is left out.

    `ask` gives the issues of some keys, under the keys that they have now.
    """
    ids: dict[str, int] = {}
    with_keys = ask or _with_keys
    for batch in batched(keys, ISSUES_PER_REQUEST):
        found = {issue.key: issue.id for issue in with_keys(jira, batch)}
        ids |= {key: found[key] for key in batch if key in found}
        # What Jira gives under a key that was not asked for was moved; asked for alone, it shows from which.
        moved = found.keys() - set(batch)
        for key in batch:
            if moved and key not in found:
                for issue in with_keys(jira, [key]):
                    ids[key] = issue.id
                    moved.discard(issue.key)
    return ids


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """`items` in lists of `size`, the last one shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _fetch(jira: JiraClient, ids: Sequence[int], fields: list[str], too_large: dict[int, str]) -> Iterator[msgspec.Raw]:
    try:
        fetched = jira.ask(_bulkfetch(ids, fields))
    except AnswerTooLarge as error:
        if len(ids) > 1:
            middle = len(ids) // 2
            yield from _fetch(jira, ids[:middle], fields, too_large)
            yield from _fetch(jira, ids[middle:], fields, too_large)
            return
        # The key alone is small: where even that does not come, it is not the issue that is too large.
        named = _with_keys(jira, [str(ids[0])])
        try:
            fetched = jira.ask(_bulkfetch(ids, fields))
        except AnswerTooLarge:
            too_large |= {issue.id: left_out_as_too_large(issue.key, error) for issue in named}
            return
    yield fetched.issues
    for failed in fetched.issue_errors:
        again = jira.ask(_bulkfetch([failed.id], fields))
        if again.issue_errors:
            raise JiraAnswerUnusable(
                f"Jira at {jira.site} could not read issue {failed.id}, twice: {again.issue_errors[0].error_message[:300]} "
                "Run it again later."
            )
        yield again.issues


def left_out_as_too_large(key: str, error: AnswerTooLarge) -> str:
    """Why an issue was left out, and what to do."""
    told = f"{key}: {error} Leave out the field that makes it so large (`exclude_fields`), or shorten it in Jira."
    log.warning("An issue was left out: %s", told)
    return told


def _bulkfetch(ids: Sequence[int], fields: list[str]) -> Call[_Fetched]:
    body = {"issueIdsOrKeys": [str(issue_id) for issue_id in ids], "fields": fields}
    return Call(BULKFETCH, _Fetched, is_empty=_is_empty, body=body)


def _with_keys(jira: JiraClient, keys: Sequence[str]) -> list[Named]:
    body = {"issueIdsOrKeys": list(keys), "fields": ["key"]}
    return jira.ask(Call(BULKFETCH, _Names, is_empty=lambda names: not names.issues, body=body)).issues


def _is_empty(fetched: _Fetched) -> bool:
    return bytes(fetched.issues).strip(b" \t\r\n[]") == b"" and not fetched.issue_errors
