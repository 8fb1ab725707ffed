"""Sprints: which an issue is in, when it came into each and left it, and whether it was done when the sprint was completed."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec

from jira_staging.entities.arrow_columns import moment
from jira_staging.entities.decoding import Int64
from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.entities.replaying import Moment, SetMoment, Values

# A sprint stands in the payload of each of its issues.
_REMEMBERED = 20_000
_PRINTED_ID = re.compile(r"[\[,]id=(\d{1,18})[,\]]")
_PRINTED_COMPLETION = re.compile(r",completeDate=([^,\]]+)[,\]]")


class SprintInIssue(msgspec.Struct, rename="camel", gc=False):
    """A sprint as Cloud shows it in the Sprint field."""

    id: Int64
    complete_date: str | None = None


_SPRINT = msgspec.json.Decoder(SprintInIssue | str, strict=False)


@lru_cache(_REMEMBERED)
def sprint_in_issue(json: bytes) -> tuple[str, int | None] | None:
    """Its id, and when it was completed, in epoch milliseconds; None for what is no sprint.

    Data Center prints a sprint as text: `…Sprint@21d00be2[id=225,rapidViewId=24,state=CLOSED,…,completeDate=…,…]`.
    """
    try:
        sprint = _SPRINT.decode(json)
    except msgspec.ValidationError:
        return None
    if isinstance(sprint, SprintInIssue):
        return str(sprint.id), _milliseconds(sprint.complete_date)
    printed, completed = _PRINTED_ID.search(sprint), _PRINTED_COMPLETION.search(sprint)
    return (printed[1], _milliseconds(completed[1] if completed else None)) if printed else None


def _milliseconds(time: str | None) -> int | None:
    try:
        return None if time is None else round(moment(time).timestamp() * 1000)
    except ValueError:  # `<null>` while the sprint is not completed
        return None


def in_sprints(attribute: str) -> Callable[[IssueBatch], list[Values]]:
    """The ids of the sprints that the Sprint field lists."""

    def read(batch: IssueBatch) -> list[Values]:
        lists = batch.values(attribute)
        return [tuple(dict.fromkeys(sprint for sprint, _ in _sprints(items))) if items else () for items in lists]

    return read


def completions(batch: IssueBatch, attribute: str) -> Iterator[tuple[str, int]]:
    """Sprint ids, and when each was completed, as the issues' own payloads tell."""
    for items in batch.values(attribute):
        for sprint, completed in _sprints(items or ()):
            if completed is not None:
                yield sprint, completed


def _sprints(items: Sequence[msgspec.Raw | None]) -> Iterator[tuple[str, int | None]]:
    for item in items:
        found = None if item is None else sprint_in_issue(bytes(item))
        if found is not None:
            yield found


def memberships(moments: Sequence[SetMoment]) -> Iterator[tuple[str, int, int | None]]:
    """Sprint, when the issue came into it, and when it left it, from the sets that held one after the other."""
    since: dict[str, int] = {}
    for at, _, sprints, _ in moments:
        for gone in [sprint for sprint in since if sprint not in sprints]:
            yield gone, since.pop(gone), at
        for sprint in sprints:
            since.setdefault(sprint, at)
    for sprint, added_at in since.items():
        yield sprint, added_at, None


def is_completed(
    membership: tuple[str, int, int | None],
    statuses: Sequence[Moment],
    completed_at: Mapping[str, int],
    done: Collection[str],
) -> bool | None:
    """Whether the issue was in the sprint, and in a status of `done`, when the sprint was completed.

    None while it is not completed, or where the categories of the statuses are not known.
    """
    sprint, added_at, removed_at = membership
    completed = completed_at.get(sprint)
    if completed is None or not done:
        return None
    if added_at > completed or (removed_at is not None and removed_at <= completed):
        return False
    held = None
    for at, _, status, _ in statuses:
        if at > completed:
            break
        held = status
    return held in done
