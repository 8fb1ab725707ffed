"""The lists inside an issue: labels, components, versions, sprints and links, a row an item."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
import pyarrow as pa

from jira_staging.entities.arrow_columns import Reject
from jira_staging.entities.decoding import Int64
from jira_staging.entities.field_catalogue import FieldCatalogue, column_of
from jira_staging.entities.flattened import attributes, values_within, without_nulls
from jira_staging.entities.issue_payload import LIST_FIELDS, Issue
from jira_staging.records import RejectedRow, Rows
from jira_staging.tables import TABLES
from jira_staging.tables.arrow_types import arrow_schema


class SprintRef(msgspec.Struct):
    """A sprint as Cloud shows it in the Sprint field."""

    id: Int64


@dataclass
class IssueBatch:
    """Decoded issues on their way to rows, and what had to be left out: `damaged` names, by issue id, the fields it befell."""

    issues: Sequence[Issue]
    rejected: list[RejectedRow] = field(default_factory=list)
    damaged: dict[int, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Remember the ids apart."""
        self.ids = [issue.id for issue in self.issues]
        self._raw: dict[str, Sequence[msgspec.Raw | None]] = {}

    def values(self, *path: str) -> Sequence[Any]:
        """What each issue's fields hold at the path; null where something on the way is."""
        return values_within(self._columns[path[0]] if self.issues else (), path[1:])

    def raw_values(self, name: str) -> Sequence[msgspec.Raw | None]:
        """What each issue's fields hold as JSON under this name; None for JSON's null."""
        if name not in self._raw:
            self._raw[name] = without_nulls(self.values(name))
        return self._raw[name]

    @cached_property
    def _columns(self) -> dict[str, tuple[Any, ...]]:
        # Each struct is opened once, instead of once for each of its hundred fields.
        columns = zip(*(msgspec.structs.astuple(issue.fields) for issue in self.issues), strict=True)
        return dict(zip(self.issues[0].fields.__struct_fields__, columns, strict=True))

    @classmethod
    def joined(cls, batches: Iterable["IssueBatch"]) -> "IssueBatch":
        """All issues of several batches."""
        issues: list[Issue] = []
        rejected: list[RejectedRow] = []
        damaged: dict[int, set[str]] = {}
        for batch in batches:
            issues += batch.issues
            rejected += batch.rejected
            damaged |= batch.damaged
        return cls(issues, rejected, damaged)

    def only(self, issues: Sequence[Issue]) -> "IssueBatch":
        """Some of its issues, without what could not be read of others."""
        return IssueBatch(issues, [], {issue.id: self.damaged[issue.id] for issue in issues if issue.id in self.damaged})

    def rejecting(self, entity: str, field_id: str) -> Reject:
        """What to call for a value of this field that cannot become a row or a part of one."""

        def reject(row: int, reason: str, text: str) -> None:
            self.rejected.append(RejectedRow(entity, f"{self.ids[row]}/{field_id}", reason, text))
            self.damaged.setdefault(self.ids[row], set()).add(field_id)

        return reject

    def whole(self, field_ids: Iterable[str]) -> list[int]:
        """The issues of which nothing in these fields was left out."""
        named = set(field_ids)
        return [issue_id for issue_id in self.ids if not (issue_id in self.damaged and self.damaged[issue_id] & named)]


_SPRINT = msgspec.json.Decoder(SprintRef | str, strict=False)
# Data Center writes a sprint as Java would print it: `…Sprint@21d00be2[id=225,rapidViewId=24,state=CLOSED,…]`.
_PRINTED_SPRINT = re.compile(r"[\[,]id=(\d{1,18})[,\]]")


def list_rows(table: str, batch: IssueBatch, catalogue: FieldCatalogue) -> Rows | None:
    """The rows of one of the issue's lists; None if its field was not asked for.

    Complete for the issues whose list could be read whole: the others keep what the table has.
    """
    sources = catalogue.sprint_fields if table == "issue_sprint" else (LIST_FIELDS[table],)
    sources = tuple(source for source in sources if table == "issue_sprint" or not catalogue.is_excluded(source))
    if not sources:
        return None
    if table == "issue_link":
        columns = _links(batch)
    elif table == "issue_sprint":
        columns = _memberships(batch, [_sprints(batch, source) for source in sources])
    else:
        columns = _memberships(batch, [_items(batch, sources[0])])
    schema = arrow_schema(TABLES[table])
    arrays = [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)]
    return Rows(table, pa.Table.from_arrays(arrays, schema=schema), owners=batch.whole(sources))


def _items(batch: IssueBatch, source: str) -> list[list[Any]]:
    (name,) = attributes(source)
    lists = [items or () for items in batch.values(name)]
    if source == "labels":
        return [[label for label in items if label is not None] for items in lists]
    return [[item.id for item in items if item is not None] for items in lists]


def _sprints(batch: IssueBatch, field_id: str) -> list[list[int]]:
    name, reject = column_of(field_id), batch.rejecting("issue_sprint", field_id)
    found: list[list[int]] = []
    for row, items in enumerate(batch.values(name)):
        ids: list[int] = []
        for item in items or ():
            sprint_id = _sprint_id(bytes(item))
            if sprint_id is None:
                reject(row, "Not a sprint with an id", bytes(item).decode())
            else:
                ids.append(sprint_id)
        found.append(ids)
    return found


def _sprint_id(item: bytes) -> int | None:
    try:
        sprint = _SPRINT.decode(item)
    except msgspec.ValidationError:
        return None
    if isinstance(sprint, SprintRef):
        return sprint.id
    printed = _PRINTED_SPRINT.search(sprint)
    return int(printed[1]) if printed else None


def _memberships(batch: IssueBatch, lists: Sequence[Sequence[Sequence[Any]]]) -> tuple[list[int], list[Any]]:
    issue_ids: list[int] = []
    items: list[Any] = []
    for issue_id, *parts in zip(batch.ids, *lists, strict=True):
        unique = dict.fromkeys(item for part in parts for item in part)  # Jira lists a label twice where an import did
        issue_ids += [issue_id] * len(unique)
        items += unique
    return issue_ids, items


def _links(batch: IssueBatch) -> tuple[list[Any], ...]:
    rows: dict[tuple[int, int], tuple[Any, ...]] = {}
    for issue_id, links in zip(batch.ids, batch.values("issuelinks"), strict=True):
        for link in links or ():
            if link is None:
                continue
            if link.inward_issue is not None:
                end = (link.inward_issue.id, link.type.id, "inward", link.type.inward)
            else:
                end = (link.outward_issue.id, link.type.id, "outward", link.type.outward)
            rows[link.id, issue_id] = (link.id, issue_id, *end)
    return tuple(list(column) for column in zip(*rows.values(), strict=True)) or ([], [], [], [], [], [])
