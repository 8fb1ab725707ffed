"""Reads what belongs to service desks, where the site has them: desks, request types, organizations, customers."""

import logging
from dataclasses import replace
from functools import partial

from jira_staging.desk_lists import DESK_LISTS, OF_DESKS, OWNED_BY_DESKS, DeskReading, people_in
from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api import service_desks
from jira_staging.jira_api.owned_lists import OwnedLists
from jira_staging.jira_api.paging import Items
from jira_staging.site_lists import TableReading
from jira_staging.site_tables import SiteTables

log = logging.getLogger(__name__)

MEMBERS = "organization_member"


def read_desks(loader: SiteTables, customers: Items) -> None:
    """Read what is asked for of service desks, or say in one line that the site has none. Who they name joins `customers`."""
    site = DeskReading(loader.jira)
    loader.read_all([TableReading(OF_DESKS, lambda: site.is_there, partial(_note_presence, loader))])
    if not loader.report.refused.isdisjoint(OF_DESKS):
        return
    # One after the other: each asks for many owners at once, and what several need is asked for once.
    for name, fetch in DESK_LISTS.items():
        loader.read_all([loader.list_of(name, partial(fetch, site), None)])
    for name, read in OWNED_BY_DESKS.items():
        loader.read_all([_naming(loader.owned_by([name], partial(read, site), is_all=True), customers)])
    if MEMBERS in loader.entities:
        _read_members(loader, site, customers)


def _note_presence(loader: SiteTables, is_there: bool) -> None:
    if is_there:
        return
    names = [name for name in OF_DESKS if name in loader.entities]
    loader.leave(names, "skipped: the site has no Jira Service Management.")
    note = f"{', '.join(names)}: skipped, since {loader.jira.site} has no Jira Service Management."
    loader.report.notes.append(note)
    log.info("%s", note)


def _naming(reading: TableReading[list[OwnedLists]], customers: Items) -> TableReading[list[OwnedLists]]:
    """The same, remembering whom the lists name: customers stand in no directory."""

    def take(told: list[OwnedLists]) -> None:
        customers.extend(people_in(told))
        reading.take(told)

    return replace(reading, take=take)


def _read_members(loader: SiteTables, site: DeskReading, customers: Items) -> None:
    """Read who is in those organizations whose turn it is: there may be thousands, and each takes a request."""
    try:
        ids = service_desks.ids_of(site.organizations)
    except JiraNotPermitted as refusal:
        loader.note_refused([MEMBERS], refusal)
        return
    turns = loader.turns.of_members() if loader.turns else None
    due = turns.due(dict.fromkeys(ids, 1)) if turns else ids
    waiting = len(ids) - len(due)
    loader.wait_for_turns(MEMBERS, "organizations", len(due), len(ids))
    fetch = partial(service_desks.members, loader.jira, due)
    loader.read_all([_naming(loader.owned_by([MEMBERS], fetch, is_all=not waiting), customers)])
    if turns and MEMBERS not in loader.report.refused:
        loader.states += turns.states(due, loader.read_at)
