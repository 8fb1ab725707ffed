"""What became of an issue in each sprint that it was in: committed, added, taken out, completed, and its points."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jira_staging.entities.replaying import Moment

# Sprint, when the issue came into it, and when it left it.
Stay = tuple[str, int, int | None]


@dataclass(frozen=True, slots=True)
class SprintLife:
    """A sprint that has begun: when, when it was completed (epoch milliseconds), and the field that its board estimates by."""

    started_at: int
    completed_at: int | None = None
    points_field: str | None = None


def report_rows(
    stays: Iterable[Stay],
    statuses: Sequence[Moment],
    points: Callable[[str], Sequence[Moment]],
    *,
    sprints: Mapping[str, SprintLife],
    done: Collection[str],
) -> Iterator[tuple[str, bool, bool, bool, bool | None, float | None, float | None]]:
    """One issue's part in each of `sprints`: the columns of `sprint_report` from `was_committed` on, behind the sprint.

    `statuses` are the issue's moments of its status, `points` gives those of a field; `done` are the statuses of that category.
    An issue that was taken out before the sprint began, or came in after its end, had no part in it.
    """
    by_sprint: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
    for sprint, added_at, removed_at in stays:
        by_sprint[sprint].append((added_at, removed_at))
    for sprint, found in by_sprint.items():
        if (life := sprints.get(sprint)) is None:
            continue
        start, end = life.started_at, life.completed_at
        during = sorted(
            (added, removed)
            for added, removed in found
            if (removed is None or removed > start) and (end is None or added <= end)
        )
        if not during:
            continue
        (entered, _), (_, left) = during[0], during[-1]
        was_committed, was_removed = entered <= start, left is not None and (end is None or left <= end)
        was_completed = None if end is None or not done else not was_removed and _held(statuses, end) in done
        estimates = points(life.points_field) if life.points_field else ()
        at_start = _number(_held(estimates, max(entered, start)))
        at_end = _number(_held(estimates, left if was_removed else end))
        yield sprint, was_committed, not was_committed, was_removed, was_completed, at_start, at_end


def _held(moments: Sequence[Moment], at: int | None) -> str | None:
    """The value that held at that time, or now."""
    held = None
    for since, _, value, _ in moments:
        if at is not None and since > at:
            break
        held = value
    return held


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:  # a board may estimate by a field of any kind
        return None
