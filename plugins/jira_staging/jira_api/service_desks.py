"""Jira Service Management's own API: service desks, their customers, and what single requests hold."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

import msgspec

from jira_staging.errors import JiraAnswerUnusable, JiraNotPermitted, JiraNotThere
from jira_staging.jira_api.answers import Call, JiraHasNone
from jira_staging.jira_api.children import ChildPage
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import Lists, OwnedLists, Owner, joined, of_each
from jira_staging.jira_api.paging import Items, known

DESKS = "/rest/servicedeskapi"
# The largest pages that Jira gives.
ITEMS_PER_PAGE = 50
# Without it Jira refuses what it may still change: customers on Cloud, organizations on Data Center.
EXPERIMENTAL = {"X-ExperimentalApi": "opt-in"}


class _Info(msgspec.Struct, rename="camel"):
    is_licensed_for_use: bool = True


class _Page(msgspec.Struct, rename="camel"):
    values: Items = []
    start: int | None = None
    is_last_page: bool | None = None


class _Listed(msgspec.Struct):
    id: int


def is_there(jira: JiraClient) -> bool:
    """Whether the site has Jira Service Management, and a licence for it."""
    try:
        return jira.ask(Call(f"{DESKS}/info", _Info, lambda _: False)).is_licensed_for_use
    except (JiraHasNone, JiraNotThere):
        return False


def service_desks(jira: JiraClient) -> Items:
    """All service desks that the account may see."""
    return list(chain.from_iterable(_pages(jira, f"{DESKS}/servicedesk")))


def organizations(jira: JiraClient) -> Items:
    """All organizations that the account may see. JiraNotPermitted to who works at no service desk."""
    return list(chain.from_iterable(_pages(jira, f"{DESKS}/organization")))


def request_types(jira: JiraClient, desks: Items) -> Iterator[OwnedLists]:
    """The request types of each service desk (`request_type`)."""

    def read(client: JiraClient, desk: Owner) -> Lists:
        path = f"{DESKS}/servicedesk/{desk}/requesttype"
        pages = _pages(client, path, params={"includeHiddenRequestTypesInSearch": "true"})
        return {"request_type": list(chain.from_iterable(pages))}

    return _of_each(jira, ids_of(desks), read)


def organizations_of_desks(jira: JiraClient, desks: Items) -> Iterator[OwnedLists]:
    """The organizations of each service desk (`service_desk_organization`)."""

    def read(client: JiraClient, desk: Owner) -> Lists:
        found = chain.from_iterable(_pages(client, f"{DESKS}/servicedesk/{desk}/organization"))
        return {"service_desk_organization": [joined(serviceDesk={"id": desk}, organization=one) for one in found]}

    return _of_each(jira, ids_of(desks), read)


def customers(jira: JiraClient, desks: Items) -> Iterator[OwnedLists]:
    """The customers of each service desk (`service_desk_customer`)."""

    def read(client: JiraClient, desk: Owner) -> Lists:
        found = chain.from_iterable(_pages(client, f"{DESKS}/servicedesk/{desk}/customer"))
        return {"service_desk_customer": [joined(serviceDesk={"id": desk}, user=one) for one in found]}

    return _of_each(jira, ids_of(desks), read)


def ids_of(listed: Items) -> list[int]:
    """The ids of service desks or organizations."""
    return [known(item, _Listed).id for item in listed]


def members(jira: JiraClient, asked: Iterable[int]) -> Iterator[OwnedLists]:
    """The members of each of these organizations (`organization_member`)."""

    def read(client: JiraClient, organization: Owner) -> Lists:
        found = chain.from_iterable(_pages(client, f"{DESKS}/organization/{organization}/user"))
        return {"organization_member": [joined(organization={"id": organization}, user=one) for one in found]}

    return _of_each(jira, asked, read)


def request(jira: JiraClient, issue_id: int) -> ChildPage:
    """What the service desk says of an issue as a request. JiraHasNone for an issue that is none, and so below."""
    told = jira.ask(Call(f"{DESKS}/request/{issue_id}", msgspec.Raw, lambda _: False))
    return ChildPage("request", issue_id, [told], 1)


def slas(jira: JiraClient, issue_id: int) -> ChildPage:
    """All SLAs of a request with their cycles."""
    return _of_request(jira, issue_id, "sla_cycle", "sla")


def approvals(jira: JiraClient, issue_id: int) -> ChildPage:
    """All approvals of a request with their approvers."""
    return _of_request(jira, issue_id, "approval", "approval")


def _of_request(jira: JiraClient, issue_id: int, table: str, what: str) -> ChildPage:
    items = list(chain.from_iterable(_pages(jira, f"{DESKS}/request/{issue_id}/{what}")))
    return ChildPage(table, issue_id, items, len(items))


def _of_each(jira: JiraClient, owners: Iterable[Owner], read: Callable[[JiraClient, Owner], Lists]) -> Iterator[OwnedLists]:
    """What `read` gives for each owner. Rights are a service desk's: JiraNotPermitted is raised where none may be read."""
    found = list(of_each(jira, owners, read, passing=(JiraNotPermitted,)))
    refusals = [lists.refusal for lists in found if lists.refusal is not None]
    if refusals and len(refusals) == len(found):
        raise refusals[0]
    return iter(found)


def _pages(jira: JiraClient, path: str, params: Mapping[str, str] | None = None) -> Iterator[Items]:
    """Page after page, until Jira says that it was the last; one that is empty is."""
    start = 0
    while True:
        where = {**(params or {}), "start": start, "limit": ITEMS_PER_PAGE}
        call = Call(path, _Page, lambda page: not page.values, params=where, headers=EXPERIMENTAL)
        page = jira.ask(call)
        if page.start not in (None, start):
            raise JiraAnswerUnusable(
                f"{jira.site}{path} was asked for items from {start} and answered from {page.start}. Run it again later."
            )
        if page.values:
            yield page.values
        start += len(page.values)
        if page.is_last_page or not page.values:
            return
