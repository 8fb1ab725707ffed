"""Teams, which belong to an organization at Atlassian and not to the site: by Atlassian's public API, reached at the site."""

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import msgspec

from jira_staging.errors import JiraNotPermitted, JiraNotThere
from jira_staging.jira_api.answers import Call
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import Lists, OwnedLists, Owner, joined, of_each
from jira_staging.jira_api.paging import Items, known

TEAMS = "/gateway/api/public/teams/v1/org"
# What Atlassian's GraphQL tells of a site by its host.
GRAPHQL = "/gateway/api/graphql"
OF_SITE = "query($hosts: [String!]!) { tenantContexts(hostNames: $hosts) { orgId cloudId } }"
# The largest pages that it gives.
TEAMS_PER_PAGE, MEMBERS_PER_PAGE = 300, 50


class _Tenant(msgspec.Struct, rename="camel"):
    org_id: str
    cloud_id: str


class _Tenants(msgspec.Struct, rename="camel"):
    tenant_contexts: list[_Tenant | None] = []


class _Answered(msgspec.Struct):
    data: _Tenants | None = None


class _Teams(msgspec.Struct):
    entities: Items = []
    cursor: str | None = None


class _Team(msgspec.Struct, rename="camel"):
    team_id: str


class _Where(msgspec.Struct, rename="camel"):
    end_cursor: str | None = None
    has_next_page: bool = False


class _Members(msgspec.Struct, rename="camel"):
    results: Items = []
    page_info: _Where = msgspec.field(default_factory=_Where)


def teams(jira: JiraClient) -> Iterator[OwnedLists]:
    """Each team (`team`) with its members (`team_member`).

    JiraNotPermitted where the account may not ask, and to tokens that Cloud takes at its gateway only: there is no such API.
    """
    tenant = _tenant(jira)
    listed = {known(team, _Team).team_id: team for team in _teams(jira, tenant)}

    def members(client: JiraClient, team: Owner) -> Lists:
        return {"team": [listed[str(team)]], "team_member": _members(client, tenant, str(team))}

    return of_each(jira, listed, members)


def _tenant(jira: JiraClient) -> _Tenant:
    """The organization that the site belongs to, and the site's own id."""
    jira.sign_in()
    if jira.door != jira.site:
        raise JiraNotPermitted(
            f"Teams are read at {jira.site} with an API token that has no scopes: neither scoped tokens nor OAuth clients may "
            "ask for them. Leave this entity out, or sign in otherwise."
        )
    body = {"query": OF_SITE, "variables": {"hosts": [urlsplit(jira.site).hostname]}}
    try:
        told = jira.ask(Call(GRAPHQL, _Answered, lambda _: False, body=body))
    except JiraNotThere:
        raise JiraNotPermitted(f"{jira.site} tells of no organization that has teams: only Jira Cloud does.") from None
    found = [tenant for tenant in (told.data.tenant_contexts if told.data else ()) if tenant is not None]
    if not found:
        raise JiraNotPermitted(f"Atlassian tells this account of no organization that {jira.site} belongs to.")
    return found[0]


def _teams(jira: JiraClient, tenant: _Tenant) -> Iterator[msgspec.Raw]:
    """All teams of the organization, and those that are this site's alone."""
    for where in ({}, {"siteId": tenant.cloud_id}):
        cursor: str | None = None
        while True:
            params = {**where, "size": TEAMS_PER_PAGE} | ({"cursor": cursor} if cursor else {})
            # These answers do not say whom they answer, and an organization may well have no teams.
            page = jira.ask(Call(f"{TEAMS}/{quote(tenant.org_id)}/teams", _Teams, lambda _: False, params=params))
            yield from page.entities
            if not page.entities or not page.cursor or page.cursor == cursor:
                break
            cursor = page.cursor


def _members(jira: JiraClient, tenant: _Tenant, team: str) -> Items:
    path = f"{TEAMS}/{quote(tenant.org_id)}/teams/{quote(team)}/members"
    found: Items = []
    after: str | None = None
    while True:
        body = {"first": MEMBERS_PER_PAGE} | ({"after": after} if after else {})
        page = jira.ask(Call(path, _Members, lambda _: False, params={"siteId": tenant.cloud_id}, body=body))
        found += [joined(team={"id": team}, user=member) for member in page.results]
        if not page.page_info.has_next_page or page.page_info.end_cursor in (None, after):
            return found
        after = page.page_info.end_cursor
