"""What Jira still shows of issues and comments that are known by their ids, and which issues the audit log calls deleted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import msgspec

from jira_staging.errors import JiraAnswerUnusable
from jira_staging.jira_api.answers import REST, Call
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.in_order import in_order
from jira_staging.jira_api.issues import BULKFETCH, batched
from jira_staging.jira_api.rate_headers import milliseconds_of

# The most that Jira takes when only fields with a single value are asked for.
SLIM_ISSUES_PER_REQUEST = 1_000
# The most that Jira takes and gives.
COMMENTS_PER_REQUEST = 1_000
RECORDS_PER_PAGE = 1_000
# What Jira writes into the audit log, in every language, for an issue that was deleted.
ISSUE_DELETED = "ISSUE_DELETE"


@dataclass(frozen=True)
class ShownIssue:
    """An issue that the account may see: the project that it is in now, and when it was updated (epoch milliseconds).

    `is_archived` is None where Jira does not tell.
    """

    id: int
    project_id: int
    updated: int
    is_archived: bool | None = None


@dataclass(frozen=True)
class DeletedIssue:
    """An issue as the audit log names it: by id where it has one, and by its last key."""

    id: int | None
    key: str


class _Project(msgspec.Struct):
    id: int


class _Fields(msgspec.Struct):
    project: _Project
    updated: str = ""


class _Issue(msgspec.Struct):
    id: int
    fields: _Fields


class _Failed(msgspec.Struct, rename="camel"):
    id: int
    error_message: str = ""


class _Issues(msgspec.Struct, rename="camel"):
    issues: list[_Issue]
    issue_errors: list[_Failed] = []


class _Comment(msgspec.Struct):
    id: int


class _Comments(msgspec.Struct):
    values: list[_Comment]


class _Object(msgspec.Struct, rename="camel"):
    id: str = ""
    name: str = ""
    type_name: str = ""


class _Record(msgspec.Struct, rename="camel"):
    object_item: _Object = msgspec.field(default_factory=_Object)


class _Records(msgspec.Struct):
    records: list[_Record] = []
    total: int | None = None


def shown_issues(jira: JiraClient, ids: Sequence[int]) -> dict[int, ShownIssue]:
    """Those of the issues that Jira shows, by id, wherever they are now. It does not lag as a search does."""
    acts = (partial(_shown, ids=batch) for batch in batched(ids, SLIM_ISSUES_PER_REQUEST))
    return {issue.id: issue for found in in_order(jira, acts) for issue in found}


def shown_comments(jira: JiraClient, ids: Sequence[int]) -> Iterator[tuple[list[int], set[int]]]:
    """Batch by batch: the comments that were asked for, and those of them that Jira shows."""
    acts = (partial(_shown_comments, ids=batch) for batch in batched(ids, COMMENTS_PER_REQUEST))
    return in_order(jira, acts)


def deleted_issues(jira: JiraClient, since: int) -> Iterator[DeletedIssue]:
    """Issues that were deleted since a time (epoch milliseconds), the latest first.

    JiraNotPermitted where the plan has no audit log, or to an account that does not administer Jira.
    """
    start = 0
    while True:
        params = {"offset": start, "limit": RECORDS_PER_PAGE, "filter": ISSUE_DELETED, "from": instant(since)}
        call = Call(f"{REST}/auditing/record", _Records, lambda told: not told.records, params=params)
        page = jira.ask(call)
        for record in page.records:
            named = record.object_item
            if named.type_name == ISSUE_DELETED:
                yield DeletedIssue(int(named.id) if named.id.isdecimal() else None, named.name)
        start += len(page.records)
        if not page.records or (page.total is not None and start >= page.total):
            return


def _shown(jira: JiraClient, ids: Sequence[int]) -> list[ShownIssue]:
    body = {"issueIdsOrKeys": [str(issue_id) for issue_id in ids], "fields": ["project", "updated"]}
    told = jira.ask(Call(BULKFETCH, _Issues, lambda told: not told.issues and not told.issue_errors, body=body))
    if told.issue_errors:
        # Whoever is not shown by mistake would be taken for gone.
        failed = told.issue_errors[0]
        raise JiraAnswerUnusable(
            f"Jira at {jira.site} could not say whether issue {failed.id} is there: {failed.error_message[:300]} "
            "Run it again later."
        )
    return [ShownIssue(issue.id, issue.fields.project.id, milliseconds_of(issue.fields.updated) or 0) for issue in told.issues]


def _shown_comments(jira: JiraClient, ids: Sequence[int]) -> tuple[list[int], set[int]]:
    call = Call(f"{REST}/comment/list", _Comments, lambda told: not told.values, body={"ids": list(ids)})
    return list(ids), {comment.id for comment in jira.ask(call).values}


def instant(epoch_milliseconds: int) -> str:
    """A time as parameters of Jira take it, to the second and rounded down."""
    return datetime.fromtimestamp(epoch_milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
