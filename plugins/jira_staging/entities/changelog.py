"""What changed on issues, and when: from the JSON of bulk changelogs to histories, and from these to rows.

The history tables are computed from the same histories.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any

import msgspec
import pyarrow as pa

from jira_staging.entities.decoding import Int64, PayloadDecoder
from jira_staging.entities.field_catalogue import Field
from jira_staging.entities.flattened import newest, values_at
from jira_staging.entities.value_shapes import Person
from jira_staging.records import RejectedRow, Rows
from jira_staging.tables import GROUPS, TABLES
from jira_staging.tables.arrow_types import arrow_schema

# A number below this is seconds, as in Atlassian's own example; as milliseconds it would be a day before Jira's first.
EARLIEST_MILLISECONDS = 100_000_000_000
# No warehouse and no calendar goes on after it.
YEAR_10000 = 253_402_300_800_000

Scalar = str | int | float | None
# Without its zone a time says nothing.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class ChangeItem(msgspec.Struct, gc=False):
    """One field that changed. Empty text and null are kept apart, as Jira gives them.

    Once decoded `field_id` is never null, and people stand in `from_value` and `to_value` by their account ids.
    """

    field: str
    field_id: str | None = msgspec.field(default=None, name="fieldId")
    field_type: str | None = msgspec.field(default=None, name="fieldtype")
    from_value: Scalar = msgspec.field(default=None, name="from")
    from_text: Scalar = msgspec.field(default=None, name="fromString")
    to_value: Scalar = msgspec.field(default=None, name="to")
    to_text: Scalar = msgspec.field(default=None, name="toString")
    from_account: str | None = msgspec.field(default=None, name="tmpFromAccountId")
    to_account: str | None = msgspec.field(default=None, name="tmpToAccountId")


class History(msgspec.Struct, gc=False):
    """One act of one author. `at` is when, in epoch milliseconds; `author_id` is None where nobody is named, as for automation.

    `items` are what it changed, in Jira's order; one that had to be left out is None, so that the others keep their places.
    """

    id: Int64
    created: Moment | int
    items: list[ChangeItem | None]
    author: Person | None = None
    at: int = msgspec.field(default=0, name="_at")
    author_id: str | None = msgspec.field(default=None, name="_authorId")

    def __post_init__(self) -> None:
        """Raises ValueError, which the decoder reports as the reason to reject the act, for a time that no calendar has."""
        created, author = self.created, self.author
        if isinstance(created, datetime):
            at = round(created.timestamp() * 1000)
        else:
            at = created if created >= EARLIEST_MILLISECONDS else created * 1000
        if not 0 <= at < YEAR_10000:
            raise ValueError("Expected `created` to be a time between the years 1970 and 9999")
        self.at = at
        if author is not None:
            self.author_id = author.account_id or None


@dataclass
class Changelogs:
    """Histories by issue id, each issue's oldest first, and what had to be left out.

    `whole` are the issues whose changelog Jira gave and nothing was left out of. One without a changelog never changed, or was
    hidden at that moment.
    """

    histories: dict[int, list[History]] = field(default_factory=dict)
    whole: list[int] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)


def needs_changelogs(entities: Collection[str]) -> bool:
    """Whether any of these tables is made of changelogs."""
    return not {"changelog_item", *GROUPS["history"]}.isdisjoint(entities)


class ChangelogDecoder:
    """Decodes the histories of issues; a change whose field Jira does not name by its id is resolved through `fields`."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._decoder: PayloadDecoder[History] = PayloadDecoder(History, "changelog_item")
        self._own = _ids_by_name([one for one in fields if not one.custom])
        self._custom = _ids_by_name([one for one in fields if one.custom])

    def decode(self, arrays: Mapping[int, Sequence[msgspec.Raw]], issue_ids: Sequence[int]) -> Changelogs:
        """The histories of these issues. `arrays` are JSON arrays of histories: an issue's may come in several parts."""
        changelogs = Changelogs()
        in_one = {issue_id: arrays[issue_id][0] for issue_id in issue_ids if len(arrays.get(issue_id, ())) == 1}
        read = dict(zip(in_one, self._decoder.decode_each(list(in_one.values())), strict=True))
        for issue_id in issue_ids:
            if issue_id not in arrays:
                changelogs.histories[issue_id] = []
                continue
            decoded = read.pop(issue_id, None) or self._decoder.decode(arrays[issue_id])
            histories = newest(decoded.payloads, key=attrgetter("id")) if issue_id not in in_one else decoded.payloads
            for history in histories:
                if self._settle(history):
                    decoded.rejected += _nulls(history, decoded.rejected)
            histories.sort(key=attrgetter("at", "id"))
            changelogs.histories[issue_id] = histories
            changelogs.rejected += decoded.rejected
            if not decoded.rejected:
                changelogs.whole.append(issue_id)
        return changelogs

    def _settle(self, history: History) -> bool:
        """Whether a change is lacking among them."""
        lacks = False
        for item in history.items:
            if item is None:
                lacks = True
                continue
            if item.field_id is None:
                item.field_id = self._id_of(item) or f"unknown:{item.field}"
            # What stands in `from` and `to` of old changes may be a name that the person no longer goes by.
            item.from_value = item.from_account or item.from_value
            item.to_value = item.to_account or item.to_value
        return lacks

    def _id_of(self, item: ChangeItem) -> str | None:
        # `Link` is how Jira calls its own links of issues, whatever custom field has that name.
        name = item.field.casefold()
        found = None if item.field_type == "custom" else self._own.get(name)
        return found if found or item.field_type == "jira" else self._custom.get(name)


def _nulls(history: History, rejected: Sequence[RejectedRow]) -> list[RejectedRow]:
    """Changes that Jira gave as null; those that were left out here are told already."""
    told = {row.source_id for row in rejected}
    places = [f"{history.id}/items[{place}]" for place, item in enumerate(history.items) if item is None]
    return [RejectedRow("changelog_item", place, "Expected a change", "null") for place in places if place not in told]


def changelog_rows(changelogs: Changelogs, unwanted: Collection[str] = ()) -> Rows:
    """A row a change of any field but the `unwanted` ones; complete for the issues whose changelog is whole."""
    changes = [
        (issue_id, history, position, item)
        for issue_id, histories in changelogs.histories.items()
        for history in histories
        for position, item in enumerate(history.items)
        if item is not None and item.field_id not in unwanted
    ]
    issue_ids, acts, positions, items = zip(*changes, strict=True) if changes else ((),) * 4
    columns: dict[str, Sequence[Any]] = {
        "history_id": values_at(acts, ("id",)),
        "position": positions,
        "issue_id": issue_ids,
        "author_id": values_at(acts, ("author_id",)),
        "created_at": values_at(acts, ("at",)),
    }
    columns |= {name: values_at(items, (name,)) for name in ("field_id", "field", "field_type")}
    columns |= {name: _texts(values_at(items, (name,))) for name in ("from_value", "from_text", "to_value", "to_text")}
    schema = arrow_schema(TABLES["changelog_item"])
    arrays = [
        pa.array(columns[field.name], pa.int64()).cast(pa.timestamp("ms", "UTC")).cast(field.type)
        if pa.types.is_timestamp(field.type)
        else pa.array(columns[field.name], field.type)
        for field in schema
    ]
    return Rows("changelog_item", pa.Table.from_arrays(arrays, schema=schema), owners=tuple(changelogs.whole))


def _ids_by_name(fields: Iterable[Field]) -> dict[str, str]:
    """Field ids by id and by name, in lower case. A name that several fields have means none of them."""
    named: dict[str, list[str]] = {}
    for one in fields:
        named.setdefault((one.name or one.id).casefold(), []).append(one.id)
    ids = {name: found[0] for name, found in named.items() if len(found) == 1}
    return ids | {one.id.casefold(): one.id for one in fields}


def _texts(values: Sequence[Scalar]) -> list[str | None]:
    return [value if value is None or isinstance(value, str) else str(value) for value in values]
