"""What every family gives back: `Flattened`, and how a column is read out of structs by the path its table names."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, TypeVar

import msgspec

from jira_staging.entities.decoding import NULL
from jira_staging.records import RejectedRow, Rows

S = TypeVar("S")


@dataclass(frozen=True)
class Flattened:
    """Rows for the tables asked for, and all that did not become one.

    `issue_ids` are the issues that the rows are complete for. `unresolved_keys` are Epic Links to issues that nobody could
    name the id of, `plain_documents` counts the rich texts that came out without their markup.
    """

    rows: tuple[Rows, ...]
    rejected: tuple[RejectedRow, ...] = ()
    issue_ids: tuple[int, ...] = ()
    unresolved_keys: Mapping[int, str] = field(default_factory=dict)
    plain_documents: int = 0


def attributes(source: str) -> tuple[str, ...]:
    """The attributes that a column's source leads through: `lead.accountId` is `lead`, `account_id`."""
    return tuple(re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name) for name in source.split("."))


def values_at(structs: Sequence[Any], path: Sequence[str]) -> Sequence[Any]:
    """What each struct holds at the path; null where something on the way is."""
    return values_within(list(map(attrgetter(path[0]), structs)), path[1:])


def values_within(values: Sequence[Any], path: Sequence[str]) -> Sequence[Any]:
    """What each value holds at the path; null where it, or something on the way, is."""
    for name in path:
        member = attrgetter(name)
        values = [None if value is None else member(value) for value in values]
    return values


def without_nulls(values: Iterable[msgspec.Raw]) -> list[msgspec.Raw | None]:
    """The values, None for JSON's null."""
    return [None if value is NULL or value == NULL else value for value in values]


def newest(structs: Sequence[S], *, key: Callable[[S], Any]) -> list[S]:
    """One struct a key, the last that Jira gave, in the order of first sight: paging may give one twice."""
    return list({key(struct): struct for struct in structs}.values())
