"""What the tables hold already of issues that are to be read.

Comments and worklogs are read anew by their ids, those of many issues with one question. With an issue Jira shows a part of a
long list. What that part lacks is nearly always known from an earlier run, so it is read by its ids. Those and the ones shown
are the whole list if they are as many as Jira counts: each id stands for one entry that is there now. Where they are more or
fewer, the list is asked for by itself.

Issues that changed have a changelog for good. Where Jira gives none, the issue was hidden just while changelogs were asked for.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.entities.children import ReadList, lacks_entries, shown_entries
from jira_staging.entities.issue_payload import Issue
from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api.answers import AnswerTooLarge
from jira_staging.jira_api.children import ENTRIES_BY_IDS, comments_by_ids
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.issues import batched
from jira_staging.jira_api.paging import Items, known
from jira_staging.jira_api.worklog_feed import read_worklogs
from jira_staging.run_logs import RunLog
from jira_staging.staging import Staging

log = RunLog(__name__)

# Jira shows at least so many with their issue, so that shorter lists are never cut.
FEWEST_CUT = 20
# A load of more issues than any night has would look up, and hold in memory, the ids of half a table.
MOST_ISSUES = 50_000
# Of one table and of the issues that are read together: they are held until their issues come, and a comment may have 32 KB.
MOST_ENTRIES = 2_000

READ_BY_IDS: Mapping[str, Callable[[JiraClient, Sequence[int]], Items]] = {
    "comment": comments_by_ids,
    "worklog": read_worklogs,
}

# The tables that have a row for what was never changed, too, and the column that tells these from others.
_ENDS: Mapping[str, str] = {
    "issue_field_history": "is_active",
    "issue_multiselect_history": "is_active",
    "issue_key_history": "valid_until",
}


class _Entry(msgspec.Struct, rename="camel"):
    id: int
    issue_id: int | None = None


@dataclass
class KnownEntries:
    """The ids of entries by table and issue, and those entries that were read by them and whose issues are still to come.

    `changed` are the issues that have a changelog.
    """

    ids: Mapping[str, Mapping[int, Sequence[int]]] = field(default_factory=dict)
    changed: frozenset[int] = frozenset()
    _read: dict[str, dict[int, tuple[int | None, msgspec.Raw]]] = field(default_factory=dict)

    def questions(self, issue_ids: Sequence[int]) -> Iterator[tuple[str, list[int]]]:
        """By table, the ids of one request after the other that bring the known entries of these issues."""
        for table, of_issues in self.ids.items():
            wanted: list[int] = []
            for issue_id in issue_ids:
                ids = of_issues.get(issue_id, ())
                if len(wanted) + len(ids) <= MOST_ENTRIES:
                    wanted += ids
            yield from ((table, some) for some in batched(wanted, ENTRIES_BY_IDS))

    def take(self, table: str, items: Items) -> None:
        """Take in entries that were read by their ids."""
        read = self._read.setdefault(table, {})
        for item in items:
            entry = known(item, _Entry)
            read[entry.id] = (entry.issue_id, item)

    def whole_lists(self, issue: Issue) -> dict[tuple[str, int], ReadList]:
        """What the issue's cut lists hold besides what it shows, where that makes them whole; nothing of it is kept."""
        found: dict[tuple[str, int], ReadList] = {}
        for table, of_issues in self.ids.items():
            read = self._read.get(table, {})
            entries = {id_: read.pop(id_) for id_ in of_issues.get(issue.id, ()) if id_ in read}
            shown, total = shown_entries(issue, table)
            # A worklog may have been moved to another issue, which it tells.
            rest = [item for id_, (of, item) in entries.items() if id_ not in shown and of in (None, issue.id)]
            if lacks_entries(issue, table) and len(shown) + len(rest) == total:
                found[table, issue.id] = ReadList(rest, total, is_beside_shown=True)
        return found


def look_up(
    staging: Staging, tables: Collection[str], id_lists: Sequence[Sequence[int]], histories: Collection[str] = ()
) -> KnownEntries:
    """What these tables hold of long lists of the issues, and `histories`, tables made of changelogs, of changes.

    Nothing where the load is a large one, or where it goes into files: these would have to be read whole to find out.
    """
    if not 0 < sum(map(len, id_lists)) <= MOST_ISSUES or staging.spelling is None:
        return KnownEntries()
    issue_ids = list(chain.from_iterable(id_lists))
    ids = {table: _of_long_lists(staging, table, issue_ids) for table in tables}
    return KnownEntries(ids, frozenset(chain.from_iterable(_changed(staging, table, issue_ids) for table in histories)))


def read_by_ids(jira: JiraClient, table: str, ids: Sequence[int]) -> Items:
    """Those of these entries that are there; none where Jira refuses: then each list is asked for by itself."""
    try:
        return READ_BY_IDS[table](jira, ids)
    except (JiraNotPermitted, AnswerTooLarge) as error:
        log.info("Entries of %s are not read by their ids, but each issue's by itself: %s", table, error)
        return []


def _of_long_lists(staging: Staging, table: str, issue_ids: Sequence[int]) -> dict[int, list[int]]:
    rows = staging.read(table, ["issue_id", "id", "_deleted_at"], {"issue_id": issue_ids})
    rows = rows.filter(pc.is_null(rows["_deleted_at"]))
    counts = rows.group_by("issue_id").aggregate([("id", "count")])
    long = counts.filter(pc.greater_equal(counts["id_count"], FEWEST_CUT))["issue_id"].combine_chunks()
    rows = rows.filter(pc.is_in(rows["issue_id"], pa.array(long, pa.int64())))
    found: dict[int, list[int]] = {}
    for issue_id, id_ in zip(rows["issue_id"].to_pylist(), rows["id"].to_pylist(), strict=True):
        found.setdefault(issue_id, []).append(id_)
    return found


def _changed(staging: Staging, table: str, issue_ids: Sequence[int]) -> list[int]:
    """The issues of which a table made of changelogs tells something that no longer holds, or the change itself."""
    ends = _ENDS.get(table)
    rows = staging.read(table, ["issue_id", *([ends] if ends else [])], {"issue_id": issue_ids})
    if ends:
        # `is_active` is never null, and `valid_until` is for what holds now.
        rows = rows.filter(pc.equal(rows[ends], False) if ends == "is_active" else pc.is_valid(rows[ends]))
    changed: list[int] = rows["issue_id"].unique().to_pylist()
    return changed
