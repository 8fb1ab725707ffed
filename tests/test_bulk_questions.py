"""Requests are filled with issues of whatever lists, and what comes back is told apart again."""

from types import SimpleNamespace
from typing import Any

from jira_staging.bulk_questions import Part, grouped, shared_out
from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.records import RejectedRow


def test_requests_are_full_and_groups_are_as_large_as_a_request_for_changelogs() -> None:
    lists = [list(range(230)), [], [1_000], list(range(2_000, 2_969))]
    groups = list(grouped(lists))

    assert [[len(question.ids) for question in group] for group in groups] == [[100] * 10, [100, 100]]
    assert groups[0][2].parts == (
        Part(0, list(range(200, 230)), True),
        Part(2, [1_000], True),
        Part(3, list(range(2_000, 2_069)), False),
    )
    told = [part for group in groups for question in group for part in question.parts]
    assert [issue_id for part in told for issue_id in part.ids] == [issue_id for ids in lists for issue_id in ids]
    assert [part.place for part in told if part.is_last] == [0, 2, 3]


def test_what_could_not_be_read_is_told_with_its_own_list() -> None:
    issues: list[Any] = [SimpleNamespace(id=number, fields=None) for number in (1, 2, 8)]
    damaged = RejectedRow("issue", "8/labels", "Expected an array", "1")
    unreadable = RejectedRow("issue", "9", "Expected its key", "{}")
    nameless = RejectedRow("issue", "sha256:0", "Expected its id", "{}")
    batch = IssueBatch(issues, [damaged, unreadable, nameless], {8: {"labels"}})
    first, second = Part(0, [1, 2], True), Part(1, [8, 9], True)

    shares = list(shared_out(batch, [first, second]))

    assert [(part, share.ids, share.rejected, share.damaged) for part, share in shares] == [
        (first, [1, 2], [nameless], {}),
        (second, [8], [damaged, unreadable], {8: {"labels"}}),
    ]
