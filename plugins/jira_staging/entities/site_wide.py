"""What belongs to no issue: projects, people, workflow. The sources of each table's columns say what is read."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
import pyarrow as pa

from jira_staging.entities.arrow_columns import Reject, arrow_column
from jira_staging.entities.decoding import NULL, Finite, Int64, PayloadDecoder, rejected_row
from jira_staging.entities.flattened import Flattened, attributes, values_at, without_nulls
from jira_staging.entities.value_shapes import Person
from jira_staging.records import RejectedRow, Rows
from jira_staging.tables import TABLES, ColumnType, Table
from jira_staging.tables.arrow_types import arrow_schema

_TYPES: dict[ColumnType, Any] = {
    "bigint": Int64,
    "double": Finite,
    "boolean": bool,
    "text": str,
    "timestamp": str,
    "date": str,
    "json": msgspec.Raw,
}
# The place in Jira's list is not in the payload.
_ORDER = "order of the answer"
# Between two paths of a source: the second counts where the first leads to nothing.
_ELSE = " else "


class ListedPerson(Person, gc=False):
    """A user as the directory lists one."""

    locale: str | None = None


SITE_WIDE = (
    "user",
    "project",
    "project_category",
    "project_type",
    "component",
    "version",
    "issue_type",
    "status",
    "status_category",
    "priority",
    "resolution",
    "issue_link_type",
    "group",
    "group_member",
    "role",
    "role_actor",
    "field_context",
    "field_option",
    "label",
    "workflow",
    "workflow_status",
    "workflow_scheme",
    "workflow_scheme_issue_type",
    "workflow_scheme_project",
    "issue_type_scheme",
    "issue_type_scheme_item",
    "issue_type_scheme_project",
    "security_scheme",
    "security_level",
    "security_scheme_project",
    "permission_scheme",
    "permission_grant",
    "permission_scheme_project",
    "priority_scheme",
    "priority_scheme_item",
    "priority_scheme_project",
    "screen",
    "screen_tab",
    "screen_field",
    "filter",
    "filter_share",
    "dashboard",
    "dashboard_share",
    "notification_scheme",
    "notification",
    "notification_scheme_project",
    "team",
    "team_member",
    "audit_record",
    "service_desk",
    "request_type",
    "organization",
    "organization_member",
    "service_desk_organization",
    "service_desk_customer",
    "board",
    "board_project",
    "board_issue",
    "board_column",
    "board_column_status",
    "sprint",
)


def flatten_site_wide(name: str, pages: Sequence[bytes], *, owners: Iterable[int | str] | None = None) -> Flattened:
    """The rows of one of the `SITE_WIDE` tables from JSON arrays of what Jira lists.

    `owners` are those (projects, boards) whose lists were read, for tables that have an owner; None says that the pages are all
    there is.
    Raises JiraAnswerUnusable for a page that is no JSON array.
    """
    table = TABLES[name]
    decoded = PayloadDecoder(_payload(name), name).decode(pages)
    rejected = list(decoded.rejected)
    structs, ids = _with_keys(table, decoded.payloads, rejected)
    arrays: list[pa.Array] = []
    for column in table.columns:
        values = list(range(len(structs))) if column.source == _ORDER else _values(structs, column.source)
        arrays.append(arrow_column(column.type, values, _rejecting(rejected, table, ids, column.source)))
    data = pa.Table.from_arrays(arrays, schema=arrow_schema(table))
    return Flattened((Rows(name, data, None if owners is None else tuple(owners)),), tuple(rejected))


def _with_keys(table: Table, structs: Sequence[Any], rejected: list[RejectedRow]) -> tuple[list[Any], list[str]]:
    """One struct a key, the last that Jira gave, in the order of first sight, and each key as text."""
    keys = zip(*(_values(structs, table.column(name).source) for name in table.key), strict=True)
    found: dict[tuple[Any, ...], Any] = {}
    for key, struct in zip(keys, structs, strict=True):
        if None in key:
            rejected.append(rejected_row(table.name, msgspec.json.encode(struct), (), "Expected its whole key"))
        else:
            found[key] = struct
    return list(found.values()), [",".join(map(str, key)) for key in found]


def _values(structs: Sequence[Any], source: str) -> Sequence[Any]:
    values, *others = (values_at(structs, attributes(path)) for path in source.split(_ELSE))
    for other in others:
        values = [second if first is None else first for first, second in zip(values, other, strict=True)]
    return without_nulls(values) if NULL in values else values


def _rejecting(rejected: list[RejectedRow], table: Table, ids: Sequence[str], part: str) -> Reject:
    def reject(row: int, reason: str, text: str) -> None:
        rejected.append(RejectedRow(table.name, f"{ids[row]}/{part}", reason, text))

    return reject


@cache
def _payload(name: str) -> type[msgspec.Struct]:
    """A struct with a member for each path that the table's columns name; the ways to its key are required."""
    if name == "user":
        return ListedPerson
    table = TABLES[name]
    tree: dict[str, Any] = {}
    for column in table.columns:
        for path in column.source.split(_ELSE) if column.source != _ORDER else ():
            *way, last = attributes(path)
            branch = tree
            for step in way:
                branch = branch.setdefault(step, {})
            branch[last] = _TYPES[column.type]
    sources = [table.column(column).source for column in table.key]
    return _struct(name, tree, [attributes(source) for source in sources if _ELSE not in source])


def _struct(name: str, tree: dict[str, Any], required: Sequence[Sequence[str]] = ()) -> type[msgspec.Struct]:
    members: list[Any] = []
    for member, below in tree.items():
        ways = [way[1:] for way in required if way[0] == member]
        if not isinstance(below, dict):
            kind = below
        elif "account_id" in below:
            kind = Person
        else:
            kind = _struct(member, below, [way for way in ways if way])
        if kind is msgspec.Raw:  # which the decoder takes alone
            members.append((member, kind, NULL))
        else:
            members.append((member, kind) if ways else (member, kind | None, None))
    return msgspec.defstruct(name, members, rename="camel", kw_only=True)
