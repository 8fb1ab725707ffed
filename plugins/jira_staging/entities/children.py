"""All that hangs on a batch of issues as rows: from what stands in the issues themselves, and what was read beside them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import msgspec

from jira_staging.entities.changelog import ChangelogDecoder, Changelogs, changelog_rows, needs_changelogs
from jira_staging.entities.child_payload import PAYLOADS
from jira_staging.entities.child_rows import ChildDecoder, ChildLists, child_rows
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.entities.issue_payload import EMBEDDED_FIELDS, Issue
from jira_staging.entities.value_shapes import Person
from jira_staging.records import RejectedRow, Rows


@dataclass(frozen=True)
class ReadList:
    """One issue's list as it was read by itself: its entries' JSON, and how many it has by Jira's count (None: not told).

    `is_beside_shown`: they are what the list has besides the entries that the issue shows.
    """

    items: Sequence[msgspec.Raw] = field(repr=False)
    total: int | None = None
    is_beside_shown: bool = False


@dataclass
class ChildCounts:
    """Of one table: issues read, those whose list is not known to be whole, entries as Jira counts, as were given.

    `plain_documents` are the rich texts among them that came out without their markup.
    """

    table: str
    issues: int = 0
    incomplete: int = 0
    told: int = 0
    read: int = 0
    plain_documents: int = 0

    def add(self, more: "ChildCounts") -> None:
        """Count some more issues."""
        self.issues += more.issues
        self.incomplete += more.incomplete
        self.told += more.told
        self.read += more.read


@dataclass(frozen=True)
class FlattenedChildren:
    """Rows of the tables asked for, and what did not become one.

    `changelogs` are the decoded histories that the rows of `changelog_item` and of the history tables are made of;
    `plain_documents` counts by table the rich texts that came out without their markup.
    """

    rows: tuple[Rows, ...]
    rejected: tuple[RejectedRow, ...]
    lists: tuple[ChildLists, ...]
    changelogs: Changelogs | None
    plain_documents: Mapping[str, int]

    def people(self) -> Iterator[Person | None]:
        """Everybody who stands in them."""
        yield from chain.from_iterable(lists.people() for lists in self.lists)
        if self.changelogs is not None:
            for histories in self.changelogs.histories.values():
                yield from (history.author for history in histories)

    def counts(self) -> list[ChildCounts]:
        """What is told of the tables that these are for."""
        counts = []
        for lists in self.lists:
            issues = len(lists.entries) + lists.unknown
            plain = self.plain_documents.get(lists.table, 0)
            counts.append(ChildCounts(lists.table, issues, issues - len(lists.whole), lists.told, lists.read, plain))
        return counts


class ChildFlattener:
    """Makes rows of the asked-for tables of what hangs on issues."""

    def __init__(self, catalogue: FieldCatalogue, entities: Collection[str]) -> None:
        excluded = {table for table, name in EMBEDDED_FIELDS.items() if catalogue.is_excluded(name)}
        self._decoders = {table: ChildDecoder(table) for table in PAYLOADS if table in entities and table not in excluded}
        self._changelogs = ChangelogDecoder(catalogue.fields) if needs_changelogs(entities) else None
        self._wants_items = "changelog_item" in entities
        self._unwanted = catalogue.unwanted

    def flatten(
        self,
        batch: IssueBatch,
        lists: Mapping[tuple[str, int], ReadList],
        changelogs: Mapping[int, Sequence[msgspec.Raw]],
    ) -> FlattenedChildren:
        """Rows for what hangs on these issues.

        `lists` are those that were read by themselves, by table and issue: they hold more than what the issue shows.
        `changelogs` are JSON arrays of histories by issue. An issue whose list is not known to be whole keeps the rows that
        the table has beyond those given.
        """
        found = tuple(self._lists(table, batch, lists) for table in self._decoders)
        flattened = [child_rows(one) for one in found]
        rows = [one.rows for one in flattened]
        rejected = [row for one in found for row in one.rejected]
        decoded = None
        if self._changelogs is not None:
            decoded = self._changelogs.decode(changelogs, batch.ids)
            rows += [changelog_rows(decoded, self._unwanted)] if self._wants_items else []
            rejected += decoded.rejected
        plain = {one.rows.table: one.plain_documents for one in flattened if one.plain_documents}
        return FlattenedChildren(tuple(rows), tuple(rejected), found, decoded, plain)

    def _lists(self, table: str, batch: IssueBatch, lists: Mapping[tuple[str, int], ReadList]) -> ChildLists:
        result = ChildLists(table)
        for issue in batch.issues:
            read = lists.get((table, issue.id))
            if read is not None:
                structs, intact = self._decoders[table].decode(read.items, result)
                structs += shown_entries(issue, table)[0].values() if read.is_beside_shown else ()
                result.add(issue.id, structs, read.total, intact=intact)
            elif table in EMBEDDED_FIELDS:
                _add_embedded(result, batch, issue)
            else:
                result.unknown += 1
        return result


def shown_entries(issue: Issue, table: str) -> tuple[dict[int, Any], int | None]:
    """The comments or worklogs that the issue shows, by id, and how many it has by Jira's count (None: not told)."""
    shown = getattr(issue.fields, EMBEDDED_FIELDS[table])
    if shown is None:
        return {}, None
    return {entry.id: entry for entry in getattr(shown, f"{table}s") if entry is not None}, shown.total


def lacks_entries(issue: Issue, table: str) -> int:
    """How many entries the issue has by Jira's count if it does not show all of them, else 0.

    Where Jira shows a list and does not count it, it may hold more: then one more than is shown.
    """
    shown = getattr(issue.fields, EMBEDDED_FIELDS[table])
    if shown is None:
        return 0
    entries = getattr(shown, f"{table}s")
    total = len(entries) + 1 if shown.total is None else shown.total
    return total if total != len(entries) else 0


def _add_embedded(lists: ChildLists, batch: IssueBatch, issue: Issue) -> None:
    shown = getattr(issue.fields, EMBEDDED_FIELDS[lists.table])
    if shown is None:
        lists.unknown += 1
        return
    intact = EMBEDDED_FIELDS[lists.table] not in batch.damaged.get(issue.id, ())
    if isinstance(shown, list):
        lists.add(issue.id, shown, len(shown), intact=intact)
    else:
        entries = getattr(shown, f"{lists.table}s")
        lists.add(issue.id, entries, shown.total, intact=intact and shown.total is not None)
