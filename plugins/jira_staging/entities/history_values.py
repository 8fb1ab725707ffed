"""How Jira's changelog writes the values of each kind of field, read as the history tables write them.

A side of a change is a pair: `from` and `fromString`, or `to` and `toString`. Which of the two says what differs by kind.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

from jira_staging.entities.arrow_columns import moment
from jira_staging.entities.changelog import Scalar

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# `Parent values: Europe(10100)Level 1 values: France(10101)`: the last one names both.
_OPTION_IDS = re.compile(r"\((\d+)\)")
_BRACKETED = re.compile(r"\[\s*([^\[\],]*?)\s*\]")


@dataclass(frozen=True)
class ValueKind:
    """A kind of single value: `told` reads a side of a change; two values are the same where `plain` gives the same."""

    told: Callable[[Scalar, Scalar], str | None]
    plain: Callable[[str | None], object]


@dataclass(frozen=True)
class SetKind:
    """A kind of many values: `told` reads a side of a change.

    With `is_additive` a change names one value that came or went, else the whole set. What is not `is_comparable` is written
    otherwise in the changelog than in the issue, so that only emptiness can be compared.
    """

    told: Callable[[Scalar, Scalar], tuple[str, ...]]
    is_additive: bool = False
    is_comparable: bool = True

    def plain(self, values: tuple[str, ...]) -> object:
        """What is the same for two sets that mean the same."""
        return frozenset(values) if self.is_comparable else bool(values)


def number_text(value: float) -> str:
    """A number as the history writes it: `3`, not `3.0`."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _raw(value: Scalar, text: Scalar) -> str | None:
    """The id where there is one, else what people read."""
    side = text if value is None or value == "" else value
    return None if side is None or side == "" else str(side)


def _text(value: Scalar, text: Scalar) -> str | None:
    return _raw(text, value)


def _thing(value: Scalar, text: Scalar) -> str | None:
    raw = _raw(value, text)
    bracketed = _BRACKETED.fullmatch(raw) if raw is not None and raw[0] == "[" else None
    return raw if bracketed is None else bracketed[1] or None


def _number(value: Scalar, text: Scalar) -> str | None:
    raw = _text(value, text)
    try:
        return None if raw is None else number_text(float(raw))
    except ValueError:
        return raw


def _day(value: Scalar, text: Scalar) -> str | None:
    for side in (value, text):
        if isinstance(side, str) and _DAY.match(side):
            return side[:10]
    return _raw(value, text)


def _time(value: Scalar, text: Scalar) -> str | None:
    raw = _raw(value, text)
    try:
        return None if raw is None else moment(raw).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    except (ValueError, OverflowError):
        return raw


def _cascading(value: Scalar, text: Scalar) -> str | None:
    raw = _raw(value, text)
    ids = _OPTION_IDS.findall(raw or "")
    return ids[-1] if ids else raw


def _list(value: Scalar, text: Scalar) -> tuple[str, ...]:
    """`34, 35` or `[10001, 10002]`."""
    side = (_raw(value, text) or "").strip()
    if side.startswith("[") and side.endswith("]"):
        side = side[1:-1]
    return tuple(dict.fromkeys(part for part in map(str.strip, side.split(",")) if part))


def _words(value: Scalar, text: Scalar) -> tuple[str, ...]:
    return tuple(dict.fromkeys((_text(value, text) or "").split()))


def _one(value: Scalar, text: Scalar) -> tuple[str, ...]:
    raw = _raw(value, text)
    return () if raw is None else (raw,)


def _itself(value: str | None) -> object:
    return value or ""


def _lines(value: str | None) -> object:
    return (value or "").replace("\r\n", "\n").strip()


RAW = ValueKind(_raw, _itself)
"""Statuses, types, people, options, seconds: an id or number in `from` and `to`."""
THING = ValueKind(_thing, _itself)
"""Pickers of one version or project, which some sites write as a list of one."""
TEXT = ValueKind(_text, _lines)
NUMBER = ValueKind(_number, _itself)
DAY = ValueKind(_day, _itself)
TIME = ValueKind(_time, _itself)
CASCADING = ValueKind(_cascading, _itself)
OTHERWISE_TEXT = ValueKind(_text, bool)
"""Rich text: markup in the changelog, a document in the issue, so only emptiness can be compared."""
OTHERWISE_RAW = ValueKind(_raw, bool)
"""Groups by name or id, and whatever apps write."""

WORDS = SetKind(_words)
"""Labels, which hold no spaces."""
IDS = SetKind(_list)
ONE_BY_ONE = SetKind(_one, is_additive=True)
"""Components and versions."""
OTHERWISE_LIST = SetKind(_list, is_comparable=False)
