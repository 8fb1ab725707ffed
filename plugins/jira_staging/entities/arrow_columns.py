"""Columns of Python values to Arrow, times and days included, value by value only where Arrow refuses one."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pyarrow as pa

from jira_staging.tables import ColumnType
from jira_staging.tables.arrow_types import ARROW_TYPES

# Told the row's place, why its value was refused, and the value as JSON text.
Reject = Callable[[int, str, str], None]


def arrow_column(kind: ColumnType, values: Sequence[Any], reject: Reject) -> pa.Array:
    """One column from decoded values.

    Times are ISO texts as Jira writes them (`2026-09-28T19:32:13.094+0500`) or epoch milliseconds, days `2026-09-28`, JSON
    `msgspec.Raw`. What is no time or day becomes null and is told to `reject`.
    """
    arrow_type = ARROW_TYPES[kind]
    if all_null(values):
        return pa.nulls(len(values), arrow_type)
    if kind == "json":
        values = [None if value is None else bytes(value).decode("utf-8", "replace") for value in values]
    elif kind in ("timestamp", "date"):
        return _moments(kind, values, reject)
    return pa.array(values, arrow_type)


def all_null(values: Sequence[Any]) -> bool:
    """Whether there is no value among them."""
    # `count` compares each value that is there with None, this only the first.
    return tuple(values) == (None,) * len(values)


def _moments(kind: ColumnType, values: Sequence[Any], reject: Reject) -> pa.Array:
    # Arrow reads the texts three times faster than datetimes are made, but it is all or nothing.
    try:
        return pa.array(values, pa.string()).cast(ARROW_TYPES[kind])
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        read = moment if kind == "timestamp" else day
    read_values: list[datetime | date | None] = []
    for row, value in enumerate(values):
        try:
            read_values.append(None if value is None else read(value))
        except (ValueError, OverflowError, OSError):
            read_values.append(None)
            reject(row, f"Not a {'time' if kind == 'timestamp' else 'day'}", msgspec.json.encode(value).decode())
    return pa.array(read_values, ARROW_TYPES[kind])


def moment(value: str | int) -> datetime:
    """A time of Jira's, with its zone. Raises ValueError for what is none, a time without its zone included."""
    if isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC)
    read = datetime.fromisoformat(value)
    if read.tzinfo is None:
        raise ValueError("a time without its zone")
    return read


def day(value: str) -> date:
    """A day. Raises ValueError for what is none."""
    return date.fromisoformat(value)
