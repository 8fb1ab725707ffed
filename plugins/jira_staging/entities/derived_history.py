"""Histories that are computed from those of other fields: transitions of status, times of resolution, keys."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from jira_staging.entities.changelog import ChangeItem, History, Scalar
from jira_staging.entities.replaying import Change, Life, Moment, Now

# What a bigint holds; no id of Jira's is longer.
_LONGEST_ID = 18


def transitions(
    issue_id: int, created: int, changes: Sequence[tuple[History, int, ChangeItem]]
) -> Iterator[tuple[int, int, int, int, int | None, int | None, str | None, int]]:
    """The rows of `issue_status_transition`, from changes of status with their places in their acts, oldest first."""
    since = created
    for history, position, item in changes:
        at = history.at
        seconds = max(0, at - since) // 1000  # an imported issue may have been created after its first changes
        ends = bigint(item.from_value), bigint(item.to_value)
        yield history.id, position, issue_id, at, *ends, history.author_id, seconds
        since = at


def bigint(value: Scalar) -> int | None:
    """An id as a number; None for what is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID else None


def resolved(changes: Sequence[Change], life: Life, now: Now, now_at: int | None) -> tuple[list[Moment], bool]:
    """The moments of `resolutiondate`, which no changelog tells, from the changes of `resolution`.

    `now` is its present value, `now_at` the same in epoch milliseconds. Without a change that tells of it, the issue was
    resolved when the present value says. The second result says whether what holds now contradicts the changes.
    """
    begun = min(life.created, changes[0][0].at) if changes else life.created
    was_born_so = bool(changes and changes[0][1].from_value) or (not changes and now_at is not None and now_at <= begun)
    moments: list[Moment] = [(begun, 0, time_text(begun) if was_born_so else None, life.creator)]
    for history, item in changes:
        value = time_text(history.at) if item.to_value or item.to_text else None
        moments.append(_after(moments[-1], history.at, value, history.author_id))
    at, position, value, author = moments[-1]
    if not now.is_known:
        return moments, False
    if (value is None) == (now.value is None):
        moments[-1] = (at, position, now.value, author)
        return moments, False
    since = life.updated if now_at is None else now_at
    moments.append(_after(moments[-1], max(at, since), now.value, None))
    return moments, bool(changes)


def _after(last: Moment, at: int, value: str | None, author: str | None) -> Moment:
    return at, last[1] + 1 if last[0] == at else 0, value, author


def time_text(milliseconds: int) -> str:
    """A time as the history writes it: `2026-01-31T10:00:00.000Z`."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def keys(moments: Sequence[Moment]) -> Iterator[tuple[str, int, int | None]]:
    """Each key, since when and until when the issue had it, from the moments of its key."""
    following: list[int | None] = [*(at for at, *_ in moments[1:]), None]
    for (at, _, key, _), until in zip(moments, following, strict=True):
        if key is not None:
            yield key, at, until
