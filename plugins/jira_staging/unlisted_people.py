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
from jira_staging.jira_api.issues import fetch_issues
from jira_staging.jira_api.paging import Items, known
from jira_staging.jira_api.people import people_of
from jira_staging.json_decoders import decoder_of
from jira_staging.records import Report
from jira_staging.scope_members import alive
from jira_staging.site_lists import SiteReading
from jira_staging.staging import Staging
from jira_staging.staging.erased_people import FORMER

log = logging.getLogger(__name__)

# Customers are listed nowhere, and may be many: beyond so many people, each is asked for once in so many days.
ASKED_AT_ONCE, DAYS = 2_000, 7


# The roles that a person can have on an issue: its fields, which name the columns, too.
_ROLES = ("reporter", "creator", "assignee")


class _Issue(msgspec.Struct):
    fields: dict[str, msgspec.Raw]


def with_unlisted(
    lists: Mapping[str, Callable[[SiteReading], Iterable[Items]]], site: SiteReading, staging: Staging, report: Report
) -> dict[str, Callable[[], Iterable[Items]]]:
    """How these lists are read; that of users with whom the tables name and the directory does not."""
    plain: dict[str, Callable[[], Iterable[Items]]] = {name: partial(read, site) for name, read in lists.items()}
    return plain | {"user": partial(_everybody, site, staging, report)}


def _everybody(site: SiteReading, staging: Staging, report: Report) -> list[Items]:
    """The directory, and whom the tables name beside it, by page."""
    listed = [site.customers, *site.people]
    try:
        return [*listed, _unlisted(site.jira, staging, listed)]
    except JiraNotPermitted as refusal:
        note = f"user: whom the directory does not list could not be asked for: who of them was erased is not known. {refusal}"
        report.notes.append(note)
        log.warning("%s", note)
        return listed


def _unlisted(jira: JiraClient, staging: Staging, listed: Iterable[Items]) -> Items:
    """Users as Jira tells of those whom the tables name and these pages do not; whom it knows nowhere, as erased."""
    there = {known(item, Person).account_id for item in chain.from_iterable(listed)}
    missing = sorted(staging.people.named - there)
    if len(missing) > ASKED_AT_ONCE and not staging.people.believes_all:
        today = datetime.now(UTC).toordinal()
        missing = [one for one in missing if (crc32(one.encode()) + today) % DAYS == 0]
    told, unknown = people_of(jira, missing) if missing else ([], [])
    key = "key" if jira.is_data_center else "accountId"
    # An issue of a Data Center goes on to show whoever was deleted there.
    shown = _shown_on_issues(jira, staging, unknown) if unknown and not jira.is_data_center else {}
    former = ({key: one, "displayName": FORMER, "active": False} for one in unknown if one not in shown)
    return [*told, *shown.values(), *(msgspec.Raw(msgspec.json.encode(one)) for one in former)]


def _shown_on_issues(jira: JiraClient, staging: Staging, ids: Collection[str]) -> dict[str, msgspec.Raw]:
    """People as an issue of theirs shows them, by id: an account may be refused those whom it meets on issues."""
    issues: dict[str, int] = {}
    for role in _ROLES:
        if not (rest := sorted(set(ids) - issues.keys())):
            break
        rows = alive(staging, "issue", ["id", f"{role}_id"], {f"{role}_id": rest})
        newest = rows.group_by(f"{role}_id").aggregate([("id", "max")])
        issues |= dict(zip(newest[f"{role}_id"].to_pylist(), newest["id_max"].to_pylist(), strict=True))
    found: dict[str, msgspec.Raw] = {}
    for batch in fetch_issues(jira, sorted(set(issues.values())), _ROLES):
        for issue in chain.from_iterable(decoder_of(list[_Issue]).decode(array) for array in batch.arrays):
            people = [one for one in issue.fields.values() if bytes(one) != b"null"]
            found |= {str(known(one, Person).account_id): one for one in people}
    return {person_id: found[person_id] for person_id in ids if person_id in found}
