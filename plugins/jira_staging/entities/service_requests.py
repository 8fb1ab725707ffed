"""What requests of a service desk hold beside their issue: SLA cycles, approvals, participants, organizations.

Jira Service Management writes all of it into custom fields of the issue, so an issue costs no question of its own. Where such a
field does not tell (an SLA as a mere text), the service desk is asked for the issue, and its answer counts instead.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pyarrow as pa

from jira_staging.entities.arrow_columns import arrow_column
from jira_staging.entities.children import ReadList
from jira_staging.entities.decoding import NULL, PayloadDecoder
from jira_staging.entities.field_catalogue import FieldCatalogue, column_of
from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.entities.issue_payload import DESK_FIELD_TYPES, Issue
from jira_staging.entities.request_payload import Approval, CustomerRequest, Organization, Sla, approvals, request, slas
from jira_staging.entities.value_shapes import Person
from jira_staging.json_decoders import decoder_of
from jira_staging.records import RejectedRow, Rows
from jira_staging.tables import TABLES
from jira_staging.tables.arrow_types import arrow_schema

# What a service desk may be asked for, by table: how a field's value is read, and what each item of its own answer is.
_READERS: dict[str, tuple[Callable[[bytes], list[Any] | None], type[Any]]] = {
    "request": (request, CustomerRequest),
    "sla_cycle": (slas, Sla),
    "approval": (approvals, Approval),
}
# The table whose answer fills another one too.
_SAME_SOURCE = {"approval_approver": "approval"}
_EXPECTED = {"request": "a request with its type", "sla_cycle": "an SLA with its cycles", "approval": "a list of approvals"}


@dataclass(frozen=True)
class FlattenedRequests:
    """Rows of the tables asked for, what did not become one, and the people who stand in them."""

    rows: tuple[Rows, ...] = ()
    rejected: tuple[RejectedRow, ...] = ()
    people: tuple[Person, ...] = ()


@dataclass
class _Held:
    """What a batch's issues hold of one kind: the structs by issue, each with its field, and the issues known in full."""

    of_issue: dict[int, list[tuple[str | None, Any]]] = field(default_factory=dict)
    whole: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[int, str | None, Any]]:
        return ((issue_id, name, struct) for issue_id, found in self.of_issue.items() for name, struct in found)


class RequestFlattener:
    """Makes rows of the asked-for tables of requests."""

    def __init__(self, catalogue: FieldCatalogue, entities: Collection[str]) -> None:
        self._tables = [table for table in DESK_FIELD_TYPES if table in entities]
        self._fields = {
            table: [field_id for field_id in catalogue.of_type(custom_type) if not catalogue.is_excluded(field_id)]
            for table, custom_type in DESK_FIELD_TYPES.items()
        }
        asked = {_SAME_SOURCE.get(table, table) for table in self._tables}
        self._askable = [table for table in _READERS if table in asked and self._fields[table]]
        names = [(one.name, one.id) for one in catalogue.fields if one.id in self._fields["sla_cycle"]]
        self._sla_fields = {name: id_ for name, id_ in names if [one for one, _ in names].count(name) == 1}

    def lacks(self, issue: Issue) -> list[str]:
        """The tables for which the issue holds something that does not tell, so that the service desk has to."""
        found = []
        for table in self._askable:
            read, _ = _READERS[table]
            if any(read(value) is None for _, value in self._values(table, issue)):
                found.append(table)
        return found

    def flatten(self, batch: IssueBatch, lists: Mapping[tuple[str, int], ReadList]) -> FlattenedRequests:
        """Rows for these issues; `lists` is what the service desk was asked for, by table and issue."""
        rejected: list[RejectedRow] = []
        held = {table: self._held(table, batch, lists, rejected) for table in self._askable}
        rows = []
        for table in self._tables:
            if not self._fields[table]:
                continue
            if table in ("request_participant", "request_organization"):
                rows.append(self._memberships(table, batch, rejected))
            else:
                of = held[_SAME_SOURCE.get(table, table)]
                rows.append(_table(table, _COLUMNS[table](of, self._sla_fields), of.whole, rejected))
        return FlattenedRequests(tuple(rows), tuple(rejected), tuple(self._people(held)))

    def _values(self, table: str, issue: Issue) -> Iterator[tuple[str, bytes]]:
        """The JSON of the issue's fields of this table's kind, as far as they hold anything."""
        for field_id in self._fields[table]:
            value = getattr(issue.fields, column_of(field_id))
            if value != NULL:
                yield field_id, bytes(value)

    def _held(
        self,
        table: str,
        batch: IssueBatch,
        lists: Mapping[tuple[str, int], ReadList],
        rejected: list[RejectedRow],
    ) -> _Held:
        read, answer = _READERS[table]
        held = _Held()
        for issue in batch.issues:
            told = lists.get((table, issue.id))
            if told is not None:
                decoded = PayloadDecoder(answer, table).decode([b"[" + b",".join(told.items) + b"]"])
                rejected += decoded.rejected
                held.of_issue[issue.id] = [(None, struct) for struct in decoded.payloads]
                held.whole += [issue.id] if len(decoded.payloads) == len(told.items) else []
                continue
            is_whole = True
            for field_id, value in self._values(table, issue):
                found = read(value)
                if found is None:
                    is_whole = False
                    source_id, reason = f"{issue.id}/{field_id}", f"Expected {_EXPECTED[table]}"
                    rejected.append(RejectedRow(table, source_id, reason, value.decode("utf-8", "replace")))
                held.of_issue.setdefault(issue.id, []).extend((field_id, struct) for struct in found or ())
            held.whole += [issue.id] if is_whole else []
        return held

    def _memberships(self, table: str, batch: IssueBatch, rejected: list[RejectedRow]) -> Rows:
        found: dict[tuple[int, Any], None] = {}
        unread: set[int] = set()
        for issue in batch.issues:
            for field_id in self._fields[table]:
                for item in getattr(issue.fields, column_of(field_id)) or ():
                    member = _member(item)
                    if member is None:
                        unread.add(issue.id)
                        rejected.append(_no_member(table, issue.id, field_id, item))
                    else:
                        found[issue.id, member] = None
        columns = {"issue_id": [issue_id for issue_id, _ in found], TABLES[table].key[1]: [member for _, member in found]}
        whole = [issue_id for issue_id in batch.whole(self._fields[table]) if issue_id not in unread]
        return _table(table, columns, whole, rejected)

    def _people(self, held: Mapping[str, _Held]) -> Iterator[Person]:
        for _, _, approval in held.get("approval", ()):
            yield from (one.approver for one in approval.approvers if one.approver is not None)


def _member(item: Any) -> str | int | None:
    if isinstance(item, Person):
        return item.account_id
    try:
        return decoder_of(Organization).decode(item).id
    except msgspec.ValidationError:
        return None


def _no_member(table: str, issue_id: int, field_id: str, item: Any) -> RejectedRow:
    text = "null" if item is None else bytes(item).decode("utf-8", "replace")
    return RejectedRow(table, f"{issue_id}/{field_id}", "Expected something with an id", text)


def _requests(held: _Held, _fields: Mapping[str | None, str]) -> dict[str, list[Any]]:
    rows = [
        (issue_id, told.type_id, told.desk_id, *told.status, told.links.web if told.links else None)
        for issue_id, _, told in held
    ]
    return _columns("request", rows)


def _sla_cycles(held: _Held, fields: Mapping[str | None, str]) -> dict[str, list[Any]]:
    rows = [
        (issue_id, sla.id, position, field_id or fields.get(sla.name), sla.name, *cycle.measured(is_ongoing=is_ongoing))
        for issue_id, field_id, sla in held
        for position, (cycle, is_ongoing) in enumerate(sla.cycles())
    ]
    return _columns("sla_cycle", rows)


def _approvals(held: _Held, _fields: Mapping[str | None, str]) -> dict[str, list[Any]]:
    rows = [(told.id, issue_id, told.name, told.final_decision, told.created, told.completed) for issue_id, _, told in held]
    return _columns("approval", rows)


def _approvers(held: _Held, _fields: Mapping[str | None, str]) -> dict[str, list[Any]]:
    rows = [
        (issue_id, told.id, one.approver.account_id, one.approver_decision)
        for issue_id, _, told in held
        for one in told.approvers
        if one.approver is not None
    ]
    return _columns("approval_approver", rows)


_COLUMNS: dict[str, Callable[[_Held, Mapping[str | None, str]], dict[str, list[Any]]]] = {
    "request": _requests,
    "sla_cycle": _sla_cycles,
    "approval": _approvals,
    "approval_approver": _approvers,
}


def _columns(table: str, rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Columns of the rows, one row a key: the last that Jira gave."""
    names = [column.name for column in TABLES[table].columns]
    places = [names.index(name) for name in TABLES[table].key]
    unique = {tuple(row[place] for place in places): row for row in rows}
    return {name: [row[place] for row in unique.values()] for place, name in enumerate(names)}


def _table(table: str, columns: Mapping[str, list[Any]], whole: Sequence[int], rejected: list[RejectedRow]) -> Rows:
    def reject(row: int, reason: str, text: str) -> None:
        rejected.append(RejectedRow(table, str(columns["issue_id"][row]), reason, text))

    arrays = [arrow_column(column.type, columns[column.name], reject) for column in TABLES[table].columns]
    return Rows(table, pa.Table.from_arrays(arrays, schema=arrow_schema(TABLES[table])), owners=tuple(whole))
