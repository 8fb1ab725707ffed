"""Security levels, permissions and screens: what administrators set up."""

from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from jira_staging.jira_api.answers import REST, Call
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import Lists, OwnedLists, Owner, joined, of_each
from jira_staging.jira_api.paging import Items, array, known, pages

# The largest pages that Jira gives.
ITEMS_PER_PAGE = 50
SCREENS_PER_PAGE = 100


class _Scheme(msgspec.Struct):
    id: int
    permissions: Items = []


class _Schemes(msgspec.Struct, rename="camel"):
    permission_schemes: Items = []


class _Tab(msgspec.Struct, rename="camel"):
    screen_id: int
    tab_id: int


def security_schemes(jira: JiraClient) -> Iterator[Items]:
    return pages(jira, f"{REST}/issuesecurityschemes/search", {}, page_size=ITEMS_PER_PAGE)


def security_levels(jira: JiraClient) -> Iterator[Items]:
    """The levels of all schemes."""
    return pages(jira, f"{REST}/issuesecurityschemes/level", {}, page_size=ITEMS_PER_PAGE)


def security_scheme_projects(jira: JiraClient) -> Iterator[Items]:
    """Which project has which security scheme."""
    return pages(jira, f"{REST}/issuesecurityschemes/project", {}, page_size=ITEMS_PER_PAGE)


def permission_schemes(jira: JiraClient) -> Iterator[OwnedLists]:
    """Each scheme (`permission_scheme`) with what it grants (`permission_grant`); all come in one answer."""
    params = {"expand": "permissions"}
    call = Call(f"{REST}/permissionscheme", _Schemes, lambda told: not told.permission_schemes, params=params)
    for item in jira.ask(call).permission_schemes:
        scheme = known(item, _Scheme)
        grants = [joined(scheme={"id": scheme.id}, grant=grant) for grant in scheme.permissions]
        yield OwnedLists(scheme.id, {"permission_scheme": [joined(scheme=item)], "permission_grant": grants})


def permission_scheme_projects(jira: JiraClient, project_ids: Iterable[int]) -> Iterator[OwnedLists]:
    """The permission scheme of each of these projects (`permission_scheme_project`): Jira tells it a project at a time."""
    return of_each(jira, project_ids, _permission_scheme)


def _permission_scheme(jira: JiraClient, project: Owner) -> Lists:
    told = jira.ask(Call(f"{REST}/project/{project}/permissionscheme", _Scheme, lambda _: False))
    return {"permission_scheme_project": [joined(scheme={"id": told.id}, project={"id": project})]}


def screens(jira: JiraClient) -> Iterator[Items]:
    return pages(jira, f"{REST}/screens", {}, page_size=SCREENS_PER_PAGE)


def screen_tabs(jira: JiraClient) -> Iterator[Items]:
    """The tabs of all screens."""
    return pages(jira, f"{REST}/screens/tabs", {}, page_size=SCREENS_PER_PAGE)


def screen_fields(jira: JiraClient) -> Iterator[OwnedLists]:
    """The fields on each tab (`screen_field`)."""
    return fields_of_tabs(jira, screen_tabs(jira))


def fields_of_tabs(jira: JiraClient, listed: Iterable[Items]) -> Iterator[OwnedLists]:
    """The fields on each of these tabs (`screen_field`)."""
    tabs = {tab.tab_id: tab for tab in (known(item, _Tab) for item in chain.from_iterable(listed))}

    def fields(client: JiraClient, tab_id: Owner) -> Lists:
        tab = tabs[int(tab_id)]
        found = array(client, f"{REST}/screens/{tab.screen_id}/tabs/{tab.tab_id}/fields")
        where = {"screenId": tab.screen_id, "tabId": tab.tab_id}
        return {"screen_field": [joined(tab=where, field=shown, position=place) for place, shown in enumerate(found)]}

    return of_each(jira, tabs, fields)
