"""What issues hold now, as the history tables write it: read from the columns of `issue`, or from the structs behind them."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.entities.arrow_columns import all_null
from jira_staging.entities.decoding import NULL
from jira_staging.entities.history_values import number_text
from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.entities.issue_payload import Ref
from jira_staging.entities.replaying import Values
from jira_staging.entities.value_shapes import CascadingOption, Group, Option, Person, Thing

# The columns of `issue` by their names.
Columns = Mapping[str, pa.ChunkedArray]
# One text an issue, null where it holds nothing; None where none of them holds anything.
PresentTexts = Callable[[IssueBatch, Columns], pa.Array | None]
PresentSets = Callable[[IssueBatch], list[Values]]

# Sprints, teams and options stand in thousands of issues.
_REMEMBERED = 20_000


class Identified(msgspec.Struct):
    """Whatever an app puts into a field that has an id."""

    id: str | int | None = None


_SIMPLE: msgspec.json.Decoder[Identified | str | int | float] = msgspec.json.Decoder(Identified | str | int | float)


def in_column(name: str) -> PresentTexts:
    """From a column of `issue`; times in UTC to the millisecond."""

    def read(_batch: IssueBatch, columns: Columns) -> pa.Array | None:
        column = columns.get(name)
        return None if column is None or column.null_count == len(column) else _as_text(column.combine_chunks())

    return read


def in_structs(attribute: str) -> PresentTexts:
    """From what a custom field was decoded as, where its column holds less."""

    def read(batch: IssueBatch, _columns: Columns) -> pa.Array | None:
        values = batch.values(attribute)
        if all_null(values):
            return None
        return pa.array([None if value is None else item_text(value) for value in values], pa.string())

    return read


def in_json(attribute: str) -> PresentTexts:
    """From a custom field's JSON."""

    def read(batch: IssueBatch, _columns: Columns) -> pa.Array | None:
        values = batch.raw_values(attribute)
        if all_null(values):
            return None
        return pa.array([None if value is None else json_text(bytes(value)) for value in values], pa.string())

    return read


def in_lists(attribute: str) -> PresentSets:
    """From a list of whatever has an id, of texts, or of JSON: each value once."""

    def read(batch: IssueBatch) -> list[Values]:
        return [_values(items) if items else () for items in batch.values(attribute)]

    return read


def _values(items: list[Any]) -> Values:
    texts = [item_text(item) for item in items if item is not None]
    return tuple(dict.fromkeys(text for text in texts if text))


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_floating(column.type):
        return pa.array([None if value is None else number_text(value) for value in column.to_pylist()], pa.string())
    if pa.types.is_timestamp(column.type):
        # Without its zone a time is written as it is in UTC.
        seconds = column.cast(pa.timestamp("ms"), safe=False).cast(pa.string())
        return pc.binary_join_element_wise(pc.replace_substring(seconds, " ", "T"), "Z", "")
    return column.cast(pa.string())


def item_text(item: Any) -> str | None:
    """The raw id of a value; its text where it has none."""
    return _TEXTS[type(item)](item)


def _option(option: Option) -> str:
    return option.value if option.id is None else str(option.id)


def _cascading(option: CascadingOption) -> str:
    if option.child is not None:
        return _option(option.child)
    return option.value if option.id is None else str(option.id)


# As bytes: a `Raw` equals no bytes.
_NULL = bytes(NULL)


@lru_cache(_REMEMBERED)
def json_text(json: bytes) -> str | None:
    """A string's own text, a number's, the id of what has one, and of all else the JSON; None for null."""
    if json == _NULL:
        return None
    try:
        simple = _SIMPLE.decode(json)
    except (msgspec.DecodeError, RecursionError):
        simple = None
    if isinstance(simple, Identified):
        simple = simple.id
    if simple is None:
        return json.decode("utf-8", "replace")
    return number_text(simple) if isinstance(simple, float) else str(simple)


_TEXTS: dict[type, Callable[[Any], str | None]] = {
    str: str,
    msgspec.Raw: lambda raw: json_text(bytes(raw)),
    Ref: lambda ref: str(ref.id),
    Thing: lambda thing: str(thing.id),
    Person: lambda person: person.account_id,
    Group: lambda group: group.group_id or group.name,
    Option: _option,
    CascadingOption: _cascading,
}
