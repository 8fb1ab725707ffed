"""What belongs to a site's service desks: request types, organizations, customers, and how each table of them is fetched."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import msgspec

from jira_staging.jira_api import service_desks
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import OwnedLists
from jira_staging.jira_api.paging import Items, known
from jira_staging.tables import GROUPS, TABLES

NOBODY = msgspec.Raw(b"null")


class _Named(msgspec.Struct):
    """What a list may say of a person."""

    user: msgspec.Raw = NOBODY


# Its lists of the site; what hangs on issues is read with these.
OF_DESKS = tuple(name for name in GROUPS["service_management"] if TABLES[name].owner != "issue_id")


@dataclass
class DeskReading:
    """One run's reading of service management: what several tables need is asked for once."""

    jira: JiraClient

    @cached_property
    def is_there(self) -> bool:
        """Whether the site has Jira Service Management."""
        return service_desks.is_there(self.jira)

    @cached_property
    def desks(self) -> Items:
        """All service desks."""
        return service_desks.service_desks(self.jira)

    @cached_property
    def organizations(self) -> Items:
        """All organizations."""
        return service_desks.organizations(self.jira)


# By the table that each fills.
DESK_LISTS: dict[str, Callable[[DeskReading], Iterable[Items]]] = {
    "service_desk": lambda site: [site.desks],
    "organization": lambda site: [site.organizations],
}
OWNED_BY_DESKS: dict[str, Callable[[DeskReading], Iterable[OwnedLists]]] = {
    "request_type": lambda site: service_desks.request_types(site.jira, site.desks),
    "service_desk_organization": lambda site: service_desks.organizations_of_desks(site.jira, site.desks),
    "service_desk_customer": lambda site: service_desks.customers(site.jira, site.desks),
}


def people_in(told: Iterable[OwnedLists]) -> Items:
    """The people whom these lists name."""
    items = (item for lists in told for listed in lists.lists.values() for item in listed)
    return [named.user for named in (known(item, _Named) for item in items) if named.user != NOBODY]
