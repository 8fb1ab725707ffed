"""Which issues are asked for together: a hundred a request, of one list of ids after the other, and ten requests a group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.jira_api import changelogs
from jira_staging.jira_api.issues import ISSUES_PER_REQUEST


@dataclass(frozen=True)
class Part:
    """Ids of the list at `place`, of which they may be the last."""

    place: int
    ids: Sequence[int]
    is_last: bool


@dataclass(frozen=True)
class Question:
    """Ids of one request: those of the issues of its `parts`; without any, issues whose changelogs are asked for.

    With a `table` they are ids of its entries.
    """

    ids: Sequence[int]
    parts: Sequence[Part] = ()
    table: str | None = None


def grouped(id_lists: Sequence[Sequence[int]]) -> Iterator[list[Question]]:
    """Requests for the issues of all lists, in groups of as many issues as one request for changelogs takes."""
    group: list[Question] = []
    count = 0
    for question in _filled(id_lists):
        if count + len(question.ids) > changelogs.ISSUES_PER_REQUEST:
            yield group
            group, count = [], 0
        group.append(question)
        count += len(question.ids)
    if group:
        yield group


def shared_out(batch: IssueBatch, parts: Sequence[Part]) -> Iterator[tuple[Part, IssueBatch]]:
    """Each part of a question with its issues and what could not be read of them; the first also has what nobody has."""
    if len(parts) == 1:
        yield parts[0], batch
        return
    place_of = {str(issue_id): number for number, part in enumerate(parts) for issue_id in part.ids}
    for number, part in enumerate(parts):
        own = batch.only([issue for issue in batch.issues if place_of.get(str(issue.id), 0) == number])
        own.rejected += [row for row in batch.rejected if place_of.get(row.source_id.partition("/")[0], 0) == number]
        yield part, own


def _filled(id_lists: Sequence[Sequence[int]]) -> Iterator[Question]:
    """Full requests, whatever lists the issues are of: a night changes a few issues in each of many projects."""
    parts: list[Part] = []
    room = ISSUES_PER_REQUEST
    for place, ids in enumerate(id_lists):
        start = 0
        while start < len(ids):
            some = ids[start : start + room]
            start += len(some)
            room -= len(some)
            parts.append(Part(place, some, start >= len(ids)))
            if not room:
                yield _question(parts)
                parts, room = [], ISSUES_PER_REQUEST
    if parts:
        yield _question(parts)


def _question(parts: Sequence[Part]) -> Question:
    return Question([issue_id for part in parts for issue_id in part.ids], tuple(parts))
