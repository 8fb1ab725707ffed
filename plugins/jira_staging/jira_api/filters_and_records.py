"""Filters, dashboards, notification schemes and the audit log."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import msgspec

from jira_staging.errors import JiraError, JiraNotPermitted, JiraRefusedQuery
from jira_staging.jira_api.answers import REST, Call
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import OwnedLists, joined
from jira_staging.jira_api.paging import Items, known, pages
from jira_staging.jira_api.presence import RECORDS_PER_PAGE, instant

# The largest pages that Jira gives.
ITEMS_PER_PAGE = 50
SHOWN = "description,owner,sharePermissions,favouritedCount"


class _Shared(msgspec.Struct, rename="camel"):
    id: int
    share_permissions: Items = []


class _Event(msgspec.Struct):
    event: msgspec.Raw
    notifications: Items = []


class _NotificationScheme(msgspec.Struct, rename="camel"):
    id: int
    notification_scheme_events: list[_Event] = []


class _Records(msgspec.Struct):
    records: Items = []
    total: int | None = None


@dataclass(frozen=True)
class SeenFilters:
    """Each filter (`filter`) with whom it is shared with (`filter_share`): all, or with a `refusal` what the account sees."""

    filters: list[OwnedLists] = field(repr=False)
    refusal: JiraError | None = None


def seen_filters(jira: JiraClient) -> SeenFilters:
    """All filters, which Jira gives to administrators; to others those that are theirs and shared with them."""
    params = {"expand": f"{SHOWN},jql,approximateLastUsed"}
    try:
        return SeenFilters(list(_shared(jira, "filter", params | {"overrideSharePermissions": "true"})))
    except (JiraNotPermitted, JiraRefusedQuery) as refusal:
        return SeenFilters(list(_shared(jira, "filter", params)), refusal)


def dashboards(jira: JiraClient) -> Iterator[OwnedLists]:
    """Each dashboard that the account sees (`dashboard`) with whom it is shared with (`dashboard_share`)."""
    return _shared(jira, "dashboard", {"expand": f"{SHOWN},viewUrl"})


def _shared(jira: JiraClient, what: str, params: dict[str, str]) -> Iterator[OwnedLists]:
    # By their ids, so that nothing is passed over when something else is renamed meanwhile.
    for item in chain.from_iterable(pages(jira, f"{REST}/{what}/search", params | {"orderBy": "id"}, page_size=ITEMS_PER_PAGE)):
        shared = known(item, _Shared)
        shares = [
            joined(**{what: {"id": shared.id}, "share": share, "position": place})
            for place, share in enumerate(shared.share_permissions)
        ]
        yield OwnedLists(shared.id, {what: [item], f"{what}_share": shares})


def notification_schemes(jira: JiraClient) -> Iterator[OwnedLists]:
    """Each scheme (`notification_scheme`) with whom it tells of what (`notification`)."""
    for item in chain.from_iterable(pages(jira, f"{REST}/notificationscheme", {"expand": "all"}, page_size=ITEMS_PER_PAGE)):
        scheme = known(item, _NotificationScheme)
        told = [
            joined(scheme={"id": scheme.id}, event=event.event, notification=notification)
            for event in scheme.notification_scheme_events
            for notification in event.notifications
        ]
        yield OwnedLists(scheme.id, {"notification_scheme": [item], "notification": told})


def notification_scheme_projects(jira: JiraClient) -> Iterator[Items]:
    """Which company-managed project has which notification scheme."""
    return pages(jira, f"{REST}/notificationscheme/project", {}, page_size=ITEMS_PER_PAGE)


def audit_records(jira: JiraClient, since: int | None, until: int) -> Iterator[Items]:
    """Page after page of what the audit log wrote from a time (None: its beginning) to another, in epoch milliseconds.

    JiraNotPermitted where the plan has no audit log, or to an account that does not administer Jira.
    """
    # The latest come first: without an end, what is written meanwhile would move them from page to page.
    bounds = {"to": instant(until)} | ({} if since is None else {"from": instant(since)})
    start = 0
    while True:
        params = {"offset": start, "limit": RECORDS_PER_PAGE, **bounds}
        page = jira.ask(Call(f"{REST}/auditing/record", _Records, lambda told: not told.records, params=params))
        if page.records:
            yield page.records
        start += len(page.records)
        if not page.records or (page.total is not None and start >= page.total):
            return
