"""How each kind of Jira is read: how ids are swept, issues fetched, presence confirmed. Chosen once somebody is signed in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from jira_staging.jira_api import (
    data_center_auditing,
    data_center_issues,
    data_center_lists,
    data_center_search,
    directory,
    issues,
    jql,
    presence,
    searching,
)
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.directory import ProjectState
from jira_staging.jira_api.issues import FetchedIssues
from jira_staging.jira_api.paging import Items
from jira_staging.jira_api.presence import DeletedIssue, ShownIssue
from jira_staging.jira_api.searching import SweptPage


class Reading(Protocol):
    """A kind of Jira, as far as its issues and projects are asked for otherwise than another's.

    `shows_changelogs`: a fetch brings the changelogs with the issues, `shows_all_comments`: however many comments they have.
    `sweeps_all_together`: one search from the beginning may go over many projects.
    """

    shows_changelogs: bool
    shows_all_comments: bool
    sweeps_all_together: bool

    def sweep(self, jira: JiraClient, within: str, since: int | None, *, by_update: bool = False) -> Iterator[SweptPage]:
        """The issues that the JQL selects and that were updated since an instant (epoch milliseconds), or all; each once.

        They come in the order in which they were last updated if that is asked for, else in any.
        """
        ...

    def count(self, jira: JiraClient, within: str) -> int:
        """About how many issues the JQL selects; it lags behind like a search."""
        ...

    def fetch(self, jira: JiraClient, ids: Sequence[int], fields: list[str], *, changelogs: bool) -> FetchedIssues:
        """At most 100 issues by their ids, with their changelogs where these are wanted and come with issues."""
        ...

    def ids_of_keys(self, jira: JiraClient, keys: Sequence[str]) -> dict[str, int]:
        """The ids of the issues that have or had these keys. A key of no visible issue is left out."""
        ...

    def shown_issues(self, jira: JiraClient, ids: Sequence[int]) -> dict[int, ShownIssue]:
        """Those of the issues that Jira shows, by id, wherever they are now; not by a search, which may lag."""
        ...

    def shown_comments(self, jira: JiraClient, issue_of: Mapping[int, int]) -> Iterator[tuple[list[int], set[int]]]:
        """Batch by batch: comments that were asked for, and those that Jira shows. `issue_of` are issues by comment."""
        ...

    def deleted_issues(self, jira: JiraClient, since: int) -> Iterator[DeletedIssue]:
        """Issues that the audit log calls deleted since a time (epoch milliseconds); JiraNotPermitted where it is closed."""
        ...

    def projects(self, jira: JiraClient, states: Iterable[ProjectState] = ("live",)) -> Iterator[Items]:
        """The projects that the account sees and that are in one of these states."""
        ...


class _Cloud:
    shows_changelogs = False
    shows_all_comments = False
    sweeps_all_together = True

    def sweep(self, jira: JiraClient, within: str, since: int | None, *, by_update: bool = False) -> Iterator[SweptPage]:
        return searching.sweep(jira, jql.bounded(within, since, jql.ORDER_OF_UPDATES if by_update else jql.ORDER))

    def count(self, jira: JiraClient, within: str) -> int:
        return searching.approximate_count(jira, f"({within}) AND {jql.SINCE_EVER}")

    def fetch(self, jira: JiraClient, ids: Sequence[int], fields: list[str], *, changelogs: bool) -> FetchedIssues:  # noqa: ARG002
        return issues.fetch_batch(jira, ids, fields)

    def ids_of_keys(self, jira: JiraClient, keys: Sequence[str]) -> dict[str, int]:
        return issues.find_ids_of_keys(jira, keys)

    def shown_issues(self, jira: JiraClient, ids: Sequence[int]) -> dict[int, ShownIssue]:
        return presence.shown_issues(jira, ids)

    def shown_comments(self, jira: JiraClient, issue_of: Mapping[int, int]) -> Iterator[tuple[list[int], set[int]]]:
        return presence.shown_comments(jira, list(issue_of))

    def deleted_issues(self, jira: JiraClient, since: int) -> Iterator[DeletedIssue]:
        return presence.deleted_issues(jira, since)

    def projects(self, jira: JiraClient, states: Iterable[ProjectState] = ("live",)) -> Iterator[Items]:
        return directory.projects(jira, states)


class _DataCenter:
    shows_changelogs = True
    shows_all_comments = True
    sweeps_all_together = False

    def sweep(self, jira: JiraClient, within: str, since: int | None, *, by_update: bool = False) -> Iterator[SweptPage]:
        return data_center_search.sweep(jira, within, since, with_times=by_update)

    def count(self, jira: JiraClient, within: str) -> int:
        return data_center_search.count(jira, within)

    def fetch(self, jira: JiraClient, ids: Sequence[int], fields: list[str], *, changelogs: bool) -> FetchedIssues:
        return data_center_issues.fetch(jira, ids, fields, changelogs=changelogs)

    def ids_of_keys(self, jira: JiraClient, keys: Sequence[str]) -> dict[str, int]:
        return issues.find_ids_of_keys(jira, keys, data_center_search.with_keys)

    def shown_issues(self, jira: JiraClient, ids: Sequence[int]) -> dict[int, ShownIssue]:
        return data_center_issues.shown_issues(jira, ids)

    def shown_comments(self, jira: JiraClient, issue_of: Mapping[int, int]) -> Iterator[tuple[list[int], set[int]]]:
        return data_center_issues.shown_comments(jira, issue_of)

    def deleted_issues(self, jira: JiraClient, since: int) -> Iterator[DeletedIssue]:
        return data_center_auditing.deleted_issues(jira, since)

    def projects(self, jira: JiraClient, states: Iterable[ProjectState] = ("live",)) -> Iterator[Items]:
        return data_center_lists.projects(jira, states)


CLOUD: Reading = _Cloud()
DATA_CENTER: Reading = _DataCenter()


def reading_of(jira: JiraClient) -> Reading:
    """How this client's Jira is read; signs in to find out."""
    return DATA_CENTER if jira.is_data_center else CLOUD
