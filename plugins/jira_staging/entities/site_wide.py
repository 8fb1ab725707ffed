"""What belongs to no issue: projects, people, workflow. The sources of each table's columns say what is read."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
import pyarrow as pa

from jira_staging.entities.arrow_columns import Reject, arrow_column
from jira_staging.entities.decoding import Finite, Int64, PayloadDecoder
from jira_staging.entities.flattened import Flattened, attributes, newest, values_at
from jira_staging.entities.value_shapes import Person
from jira_staging.records import RejectedRow, Rows
from jira_staging.tables import TABLES, ColumnType, Table
from jira_staging.tables.arrow_types import arrow_schema

_TYPES: dict[ColumnType, Any] = {"bigint": Int64, "double": Finite, "boolean": bool, "text": str, "timestamp": str, "date": str}
# The place in Jira's list is not in the payload.
_ORDER = "order of the answer"


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
)


def flatten_site_wide(name: str, pages: Sequence[bytes], *, owners: Iterable[int | str] | None = None) -> Flattened:
    """The rows of one of the `SITE_WIDE` tables from JSON arrays of what Jira lists.

    `owners` are the projects whose lists were read, for tables that have an owner; None says that the pages are all there is.
    Raises JiraAnswerUnusable for a page that is no JSON array.
    """
    table = TABLES[name]
    decoded = PayloadDecoder(_payload(name), name).decode(pages)
    keys = [attributes(table.column(column).source)[-1] for column in table.key]
    structs = newest(decoded.payloads, key=lambda struct: tuple(getattr(struct, key) for key in keys))
    rejected = list(decoded.rejected)
    arrays: list[pa.Array] = []
    for column in table.columns:
        values = list(range(len(structs))) if column.source == _ORDER else values_at(structs, attributes(column.source))
        arrays.append(arrow_column(column.type, values, _rejecting(rejected, table, structs, column.source)))
    data = pa.Table.from_arrays(arrays, schema=arrow_schema(table))
    return Flattened((Rows(name, data, None if owners is None else tuple(owners)),), tuple(rejected))


def _rejecting(rejected: list[RejectedRow], table: Table, structs: Sequence[Any], part: str) -> Reject:
    def reject(row: int, reason: str, text: str) -> None:
        (name,) = attributes(table.column(table.key[0]).source)
        rejected.append(RejectedRow(table.name, f"{getattr(structs[row], name)}/{part}", reason, text))

    return reject


@cache
def _payload(name: str) -> type[msgspec.Struct]:
    """A struct with a member for each path that the table's columns name; those of its key are required."""
    if name == "user":
        return ListedPerson
    table = TABLES[name]
    tree: dict[str, Any] = {}
    for column in table.columns:
        if column.source == _ORDER:
            continue
        *way, last = attributes(column.source)
        branch = tree
        for step in way:
            branch = branch.setdefault(step, {})
        branch[last] = _TYPES[column.type]
    return _struct(name, tree, required=[attributes(table.column(column).source)[-1] for column in table.key])


def _struct(name: str, tree: dict[str, Any], required: Sequence[str] = ()) -> type[msgspec.Struct]:
    members: list[Any] = []
    for member, kind in tree.items():
        if member in required:
            members.append((member, kind))
        elif not isinstance(kind, dict):
            members.append((member, kind | None, None))
        elif "account_id" in kind:
            members.append((member, Person | None, None))
        else:
            members.append((member, _struct(member, kind) | None, None))
    return msgspec.defstruct(name, members, rename="camel", kw_only=True)
