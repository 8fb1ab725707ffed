"""Reads what belongs to service desks, where the site has them: desks, request types, organizations, customers."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from jira_staging.desk_lists import DESK_LISTS, OF_DESKS, OWNED_BY_DESKS, DeskReading, people_in
from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api import service_desks
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import OwnedLists
from jira_staging.jira_api.paging import Items
from jira_staging.records import Report, SyncState
from jira_staging.role_turns import RoleTurns
from jira_staging.site_lists import SITE_SCOPE, TableReading

log = logging.getLogger(__name__)

MEMBERS = "organization_member"


class ListLoader(Protocol):
    """What takes in the lists of a site: `SiteLoader`."""

    jira: JiraClient
    entities: Collection[str]
    report: Report
    turns: RoleTurns | None
    states: tuple[SyncState, ...]

    def read_all(self, readings: Iterable[TableReading[Any]]) -> None: ...

    def note_refused(self, tables: Sequence[str], refusal: JiraNotPermitted) -> None: ...

    def leave(self, names: Sequence[str], why: str) -> None: ...

    def list_of(
        self, name: str, fetch: Callable[[], Iterable[Items]], owners: Sequence[int] | None
    ) -> TableReading[list[Items]]: ...

    def owned_by(
        self, tables: Sequence[str], fetch: Callable[[], Iterable[OwnedLists]], *, is_all: bool
    ) -> TableReading[list[OwnedLists]]: ...


def read_desks(loader: ListLoader, customers: Items) -> None:
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


def _note_presence(loader: ListLoader, is_there: bool) -> None:
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


def _read_members(loader: ListLoader, site: DeskReading, customers: Items) -> None:
    """Read who is in those organizations whose turn it is: there may be thousands, and each takes a request."""
    try:
        ids = service_desks.ids_of(site.organizations)
    except JiraNotPermitted as refusal:
        loader.note_refused([MEMBERS], refusal)
        return
    turns, now = loader.turns.of_members() if loader.turns else None, loader.jira.now()
    due = turns.due(dict.fromkeys(ids, 1)) if turns else ids
    waiting = len(ids) - len(due)
    if waiting:
        tally = loader.report.tally(MEMBERS, SITE_SCOPE)
        tally.message = f"{waiting:,} of {len(ids):,} organizations wait for their turn."
    fetch = partial(service_desks.members, loader.jira, due)
    loader.read_all([_naming(loader.owned_by([MEMBERS], fetch, is_all=not waiting), customers)])
    if turns and MEMBERS not in loader.report.refused:
        loader.states += turns.states(due, now)
