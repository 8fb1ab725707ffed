"""What a site has besides issues: its fields, projects, people and lists. Each function gives raw items, page by page.

JiraNotPermitted means that this account (or this token's scopes) may not read one of them: for the caller to report.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import msgspec

from jira_staging.jira_api.answers import REST, Call, JiraHasNone
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.in_order import in_order
from jira_staging.jira_api.issues import batched
from jira_staging.jira_api.owned_lists import joined
from jira_staging.jira_api.paging import Items, array, array_pages, pages

# The largest pages that each endpoint gives. A larger number is not refused: Jira answers with its own.
PROJECTS_PER_PAGE = 100
USERS_PER_PAGE = 1_000
ITEMS_PER_PAGE = 100
LABELS_PER_PAGE = 1_000

# Each id is a parameter of a GET: fifty keep the address below 2,000 characters.
PROJECTS_PER_COMPONENT_REQUEST = 50

ProjectState = Literal["live", "archived", "deleted"]
# `insight` tells when a project's issues last changed; `projectKeys` the keys that it had before.
PROJECT_DETAILS = "description,lead,insight,url,projectKeys"


class _LinkTypes(msgspec.Struct, rename="camel"):
    issue_link_types: Items


def fields(jira: JiraClient) -> Items:
    """All fields, system and custom; the types of custom ones in `schema`."""
    return array(jira, f"{REST}/field")


def projects(jira: JiraClient, states: Iterable[ProjectState] = ("live",)) -> Iterator[Items]:
    """The projects that the account sees and that are in one of these states; `deleted` ones lie in the bin."""
    params = {"expand": PROJECT_DETAILS, "orderBy": "key", "status": list(states)}
    return pages(jira, f"{REST}/project/search", params, page_size=PROJECTS_PER_PAGE)


def is_project_visible(jira: JiraClient, project_id: int) -> bool:
    """False where Jira answers 404 to the account while it is signed in: the project is gone, or hidden from it."""
    try:
        jira.get(f"{REST}/project/{project_id}")
    except JiraHasNone:
        return False
    return True


def project_types(jira: JiraClient) -> Items:
    return array(jira, f"{REST}/project/type")


def project_categories(jira: JiraClient) -> Items:
    return array(jira, f"{REST}/projectCategory")


def components(jira: JiraClient, project_ids: Iterable[int]) -> Iterator[Items]:
    """The components of these projects, fifty projects a request."""
    for batch in batched(project_ids, PROJECTS_PER_COMPONENT_REQUEST):
        yield from pages(jira, f"{REST}/component", {"projectIdsOrKeys": batch}, page_size=ITEMS_PER_PAGE)


def versions(jira: JiraClient, project_ids: Iterable[int]) -> Iterator[Items]:
    """The versions of these projects: all of one project at a time, in the order of the ids, several requests at once."""
    return in_order(jira, (_versions_of(project_id) for project_id in project_ids))


def _versions_of(project_id: int) -> Callable[[JiraClient], Items]:
    return lambda jira: array(jira, f"{REST}/project/{project_id}/versions")


def users(jira: JiraClient) -> Iterator[Items]:
    """Everybody, also those who left; needs the permission to browse users."""
    return array_pages(jira, f"{REST}/users/search", {}, page_size=USERS_PER_PAGE)


def statuses(jira: JiraClient) -> Items:
    return array(jira, f"{REST}/status")


def status_categories(jira: JiraClient) -> Items:
    return array(jira, f"{REST}/statuscategory")


def priorities(jira: JiraClient) -> Iterator[Items]:
    return pages(jira, f"{REST}/priority/search", {}, page_size=ITEMS_PER_PAGE)


def resolutions(jira: JiraClient) -> Iterator[Items]:
    return pages(jira, f"{REST}/resolution/search", {}, page_size=ITEMS_PER_PAGE)


def issue_types(jira: JiraClient) -> Items:
    return array(jira, f"{REST}/issuetype")


def issue_link_types(jira: JiraClient) -> Items:
    call = Call(f"{REST}/issueLinkType", _LinkTypes, lambda told: not told.issue_link_types)
    return jira.ask(call).issue_link_types


def labels(jira: JiraClient) -> Iterator[Items]:
    """Each label that an issue has, as `{"label": …}`."""
    found = pages(jira, f"{REST}/label", {}, page_size=LABELS_PER_PAGE)
    return ([joined(label=label) for label in items] for items in found)
