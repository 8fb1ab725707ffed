"""Replaying the changes of one field of one issue: from the first row to the value that holds now.

Where the changelog does not lead to that value, each change still gives what it told, and a last row the present value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jira_staging.entities.changelog import ChangeItem, History
from jira_staging.entities.history_values import SetKind, ValueKind

Change = tuple[History, ChangeItem]
Values = tuple[str, ...]
# Since when, the order within that instant, what then held, and who made it so.
Moment = tuple[int, int, str | None, str | None]
SetMoment = tuple[int, int, Values, str | None]


@dataclass(frozen=True, slots=True)
class Life:
    """An issue's beginning and last update, in epoch milliseconds, and its creator."""

    created: int
    updated: int
    creator: str | None


@dataclass(frozen=True, slots=True)
class Now:
    """What holds now; not `is_known` where Jira gave something that could not be read."""

    value: str | None = None
    values: Values = ()
    is_known: bool = True


def replayed(kind: ValueKind, changes: Sequence[Change], life: Life, now: Now) -> tuple[list[Moment], bool]:
    """The moments of a field with one value, oldest first, and whether the changelog contradicts itself or what holds now."""
    told, plain = kind.told, kind.plain
    first = changes[0][1]
    value = told(first.from_value, first.from_text)
    at, position, author = min(life.created, changes[0][0].at), 0, life.creator
    moments: list[Moment] = [(at, position, value, author)]
    contradicts = False
    for history, item in changes:
        before = told(item.from_value, item.from_text)
        if before != value and plain(before) != plain(value):
            contradicts = True
        value = told(item.to_value, item.to_text)
        position = position + 1 if history.at == at else 0
        at, author = history.at, history.author_id
        moments.append((at, position, value, author))
    if now.is_known:
        if value == now.value or plain(value) == plain(now.value):
            moments[-1] = (at, position, now.value, author)
        else:
            contradicts = True
            at = max(at, life.updated)
            moments.append((at, _next_position(moments[-1], at), now.value, None))
    return moments, contradicts


def replayed_set(kind: SetKind, changes: Sequence[Change], life: Life, now: Now) -> tuple[list[SetMoment], bool]:
    """The same for a field with many values."""
    if kind.is_additive:
        acts, contradicts = _sets_backwards(kind, changes, now)
    else:
        acts, contradicts = _whole_sets(kind, changes)
    first = acts[0][1]
    moments: list[SetMoment] = [(min(life.created, changes[0][0].at), 0, first, life.creator)]
    for history, values in acts[1:]:
        moments.append((history.at, _next_position(moments[-1], history.at), values, history.author_id))
    if now.is_known:
        at, position, values, author = moments[-1]
        if kind.plain(values) == kind.plain(now.values):
            moments[-1] = (at, position, now.values, author)
        else:
            contradicts = True
            at = max(at, life.updated)
            moments.append((at, _next_position(moments[-1], at), now.values, None))
    return moments, contradicts


def _next_position(last: Moment | SetMoment, at: int) -> int:
    return last[1] + 1 if last[0] == at else 0


def _whole_sets(kind: SetKind, changes: Sequence[Change]) -> tuple[list[tuple[History, Values]], bool]:
    """What held before the first change and after each."""
    history, first = changes[0]
    values = kind.told(first.from_value, first.from_text)
    acts = [(history, values)]
    contradicts = False
    for history, item in changes:
        before = kind.told(item.from_value, item.from_text)
        contradicts = contradicts or (before != values and kind.plain(before) != kind.plain(values))
        values = kind.told(item.to_value, item.to_text)
        acts.append((history, values))
    return acts, contradicts


def _sets_backwards(kind: SetKind, changes: Sequence[Change], now: Now) -> tuple[list[tuple[History, Values]], bool]:
    """The same where changes tell only what came and went: backwards from what holds now."""
    acts: list[tuple[History, Values]] = []
    contradicts = False
    held = list(now.values)
    for history, items in _by_history(changes):
        gone = [value for item in items for value in kind.told(item.from_value, item.from_text)]
        came = [value for item in items for value in kind.told(item.to_value, item.to_text)]
        came, gone = [value for value in came if value not in gone], [value for value in gone if value not in came]
        after = [value for value in held if value not in gone]
        after += [value for value in dict.fromkeys(came) if value not in after]
        contradicts = contradicts or (len(after) != len(held) or set(after) != set(held))
        acts.append((history, tuple(after)))
        held = [value for value in after if value not in came]
        held += [value for value in dict.fromkeys(gone) if value not in held]
    acts.append((acts[-1][0], tuple(held)))
    acts.reverse()
    return acts, contradicts and now.is_known


def _by_history(changes: Sequence[Change]) -> list[tuple[History, list[ChangeItem]]]:
    """The changes of one act together, the last act first."""
    acts: list[tuple[History, list[ChangeItem]]] = []
    for history, item in changes:
        if acts and acts[-1][0] is history:
            acts[-1][1].append(item)
        else:
            acts.append((history, [item]))
    acts.reverse()
    return acts
