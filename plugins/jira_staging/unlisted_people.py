"""People whom the tables name and the directory does not list: Jira is asked for them by their ids.

Cloud no longer lists those whom it has erased, Data Center those whose account was deleted; and neither lists everybody.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from zlib import crc32

import msgspec

from jira_staging.entities.value_shapes import Person
from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.paging import Items, known
from jira_staging.jira_api.people import people_of
from jira_staging.records import Report
from jira_staging.site_lists import SiteReading
from jira_staging.staging.erased_people import FORMER, People

log = logging.getLogger(__name__)

# Customers are listed nowhere, and may be many: beyond so many people, each is asked for once in so many days.
ASKED_AT_ONCE, DAYS = 2_000, 7


def with_unlisted(
    lists: Mapping[str, Callable[[SiteReading], Iterable[Items]]], site: SiteReading, people: People, report: Report
) -> dict[str, Callable[[], Iterable[Items]]]:
    """How these lists are read; that of users with whom the tables name and the directory does not."""
    plain: dict[str, Callable[[], Iterable[Items]]] = {name: partial(read, site) for name, read in lists.items()}
    return plain | {"user": partial(_everybody, site, people, report)}


def _everybody(site: SiteReading, people: People, report: Report) -> list[Items]:
    """The directory, and whom the tables name beside it, by page."""
    listed = [site.customers, *site.people]
    try:
        return [*listed, _unlisted(site.jira, people.named, listed, all_at_once=people.believes_all)]
    except JiraNotPermitted as refusal:
        note = f"user: whom the directory does not list could not be asked for: who of them was erased is not known. {refusal}"
        report.notes.append(note)
        log.warning("%s", note)
        return listed


def _unlisted(jira: JiraClient, named: Collection[str], listed: Iterable[Items], *, all_at_once: bool) -> Items:
    """Users as Jira tells of those of `named` (ids) who are not in these pages; whom it does not know, as erased."""
    there = {known(item, Person).account_id for item in chain.from_iterable(listed)}
    missing = sorted(set(named) - there)
    if len(missing) > ASKED_AT_ONCE and not all_at_once:
        today = datetime.now(UTC).toordinal()
        missing = [one for one in missing if (crc32(one.encode()) + today) % DAYS == 0]
    told, unknown = people_of(jira, missing) if missing else ([], [])
    key = "key" if jira.is_data_center else "accountId"
    former = ({key: one, "displayName": FORMER, "active": False} for one in unknown)
    return [*told, *(msgspec.Raw(msgspec.json.encode(one)) for one in former)]
