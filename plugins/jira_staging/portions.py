"""Portions of issues on their way to rows: what is asked for beside them is taken in as it comes."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import msgspec

from jira_staging.entities.children import ReadList
from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.entities.issue_payload import Issue
from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api import children
from jira_staging.jira_api.changelogs import FetchedChangelogs
from jira_staging.jira_api.children import ChildPage
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.paging import json_bytes

# What issues show in part, by table: how all of it is read, one page after the other.
SHOWN_IN_PART: dict[str, Callable[[JiraClient, int], ChildPage]] = {"comment": children.comments, "worklog": children.worklogs}


@dataclass
class Portion:
    """Issues that have all that hangs on them: `asked` are their ids, with those that Jira did not show.

    `place` says which of the lists of ids they are from, `is_last` that the list ends with them. `changelogs` are JSON arrays
    of histories by issue, `lists` what was read beside the issues, by table and issue, `payloads` the issues' own JSON where it
    is kept; `size` is in bytes of JSON.
    """

    place: int
    asked: Sequence[int]
    batch: IssueBatch
    is_last: bool = False
    size: int = 0
    changelogs: dict[int, list[msgspec.Raw]] = field(default_factory=dict)
    lists: dict[tuple[str, int], ReadList] = field(default_factory=dict)
    refused: list["Refusal"] = field(default_factory=list)
    payloads: dict[int, bytes] = field(default_factory=dict, repr=False)
    _pages: list[ChildPage] = field(default_factory=list)

    def add(self, part: "ChildPage | Refusal") -> None:
        """Take in what was asked for beside the issues."""
        if isinstance(part, Refusal):
            self.refused.append(part)
        else:
            self._pages.append(part)
            self.size += part.size

    def settle(self, jira: JiraClient) -> None:
        """Put pages together to lists. One that changed while it was read is read once more."""
        pages: dict[tuple[str, int], list[ChildPage]] = {}
        for page in self._pages:
            pages.setdefault((page.table, page.issue_id), []).append(page)
        for (table, issue_id), found in pages.items():
            if table in SHOWN_IN_PART and not _fit_together(found):
                found = [SHOWN_IN_PART[table](jira, issue_id)]  # noqa: PLW2901
            self.lists[table, issue_id] = ReadList([item for page in found for item in page.items], found[-1].total)
        self._pages.clear()

    def take_changelogs(self, held: FetchedChangelogs) -> None:
        """Take these issues' changelogs from what was fetched: an issue that was swept twice finds it twice."""
        for issue_id in self.batch.ids:
            if issue_id in held.arrays:
                arrays = self.changelogs[issue_id] = held.arrays[issue_id]
                self.size += json_bytes(arrays)


@dataclass(frozen=True)
class Refusal:
    """A list that Jira did not give."""

    table: str
    issue: Issue
    error: JiraNotPermitted


def kept_of(payloads: dict[int, bytes], issue_ids: Collection[int]) -> dict[int, bytes]:
    """Those that are kept of these issues: one that does not even show its version is not."""
    return {issue_id: payload for issue_id, payload in payloads.items() if issue_id in issue_ids}


def _fit_together(pages: Sequence[ChildPage]) -> bool:
    """Whether all pages told the same total, and hold as many."""
    totals = {page.total for page in pages}
    return totals == {sum(len(page.items) for page in pages)}
