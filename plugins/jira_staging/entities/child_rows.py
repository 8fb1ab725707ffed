"""The lists that hang on issues as rows: which entries each issue has, whether these are all, and the columns of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from jira_staging.entities.arrow_columns import Reject, arrow_column
from jira_staging.entities.child_payload import PAYLOADS
from jira_staging.entities.decoding import PayloadDecoder
from jira_staging.entities.flattened import attributes, values_at, without_nulls
from jira_staging.entities.rich_text import readable
from jira_staging.entities.value_shapes import Person
from jira_staging.records import RejectedRow, Rows
from jira_staging.tables import TABLES, Column
from jira_staging.tables.arrow_types import arrow_schema

RICH_COLUMNS = {("comment", "body"), ("worklog", "comment")}


@dataclass
class ChildLists:
    """The entries of one table's lists, by issue id.

    `whole` are the issues whose list is known to have no other entries. `told` is how many entries Jira says that the lists
    have, as far as it does; `read` how many were given; `unknown` counts the issues of which nothing was given.
    """

    table: str
    entries: dict[int, list[Any]] = field(default_factory=dict)
    whole: list[int] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    told: int = 0
    read: int = 0
    unknown: int = 0

    def add(self, issue_id: int, structs: Iterable[Any], total: int | None, *, intact: bool = True) -> None:
        """The entries of one issue. They are all if they are as many as `total` (or Jira does not count) and none was cut."""
        found = {_identity(struct): struct for struct in structs if struct is not None}
        self.entries[issue_id] = list(found.values())
        self.read += len(found)
        self.told += len(found) if total is None else total
        if intact and total in (None, len(found)):
            self.whole.append(issue_id)

    def people(self) -> Iterator[Person | None]:
        """Everybody who stands in the entries."""
        for structs in self.entries.values():
            for struct in structs:
                if isinstance(struct, Person):
                    yield struct
                else:
                    yield getattr(struct, "author", None)
                    yield getattr(struct, "update_author", None)


@dataclass(frozen=True)
class ChildRows:
    """The rows of one table of children, and how many of their rich texts came out without markup."""

    rows: Rows
    plain_documents: int = 0


class ChildDecoder:
    """Decodes lists of entries that were read by themselves, one table's."""

    def __init__(self, table: str) -> None:
        self._decoder: PayloadDecoder[Any] = PayloadDecoder(PAYLOADS[table], table)

    def decode(self, items: Sequence[Any], lists: ChildLists) -> tuple[list[Any], bool]:
        """The entries, and whether none had to be left out; what was left out is told to `lists`."""
        decoded = self._decoder.decode([b"[" + b",".join(items) + b"]"])
        lists.rejected += decoded.rejected
        return decoded.payloads, len(decoded.payloads) == len(items)


def child_rows(lists: ChildLists) -> ChildRows:
    """The rows of these lists; complete for the issues whose list is whole."""
    table = TABLES[lists.table]
    structs = [struct for entries in lists.entries.values() for struct in entries]
    issue_ids = [issue_id for issue_id, entries in lists.entries.items() for _ in entries]
    plain = 0
    arrays: list[pa.Array] = []
    for column in table.columns:
        reject = _rejecting(lists, structs, column)
        if column.name == "issue_id":
            arrays.append(pa.array(issue_ids, pa.int64()))
            continue
        values = values_at(structs, attributes(column.source))
        if (table.name, column.name) in RICH_COLUMNS:
            texts = readable(without_nulls(values), reject)
            values = texts.texts
            plain += texts.plain
        elif column.type == "json":
            values = without_nulls(values)
        arrays.append(arrow_column(column.type, values, reject))
    data = pa.Table.from_arrays(arrays, schema=arrow_schema(table))
    return ChildRows(Rows(table.name, data, owners=tuple(lists.whole)), plain)


def worklogs_by_issue(items: Sequence[Any]) -> tuple[Mapping[int, list[Any]], list[RejectedRow]]:
    """Worklogs that were read without their issues, by the issue that each names."""
    decoded = PayloadDecoder(PAYLOADS["worklog"], "worklog").decode([b"[" + b",".join(items) + b"]"])
    found: dict[int, list[Any]] = {}
    for worklog in decoded.payloads:
        if worklog.issue_id is not None:
            found.setdefault(worklog.issue_id, []).append(worklog)
    return found, decoded.rejected


def _identity(struct: Any) -> Any:
    if isinstance(struct, Person):
        return struct.account_id
    return struct.id if hasattr(struct, "id") else struct.key


def _rejecting(lists: ChildLists, structs: Sequence[Any], column: Column) -> Reject:
    def reject(row: int, reason: str, text: str) -> None:
        source_id = f"{_identity(structs[row])}/{column.source}"
        lists.rejected.append(RejectedRow(lists.table, source_id, reason, text))

    return reject
