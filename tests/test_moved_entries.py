"""Entries that are read by their ids count only for the issue that has them now."""

from types import SimpleNamespace
from typing import Any

import msgspec

from jira_staging.known_entries import KnownEntries


def with_worklogs(issue_id: int, total: int) -> Any:
    """An issue that shows none of its worklogs."""
    return SimpleNamespace(id=issue_id, fields=SimpleNamespace(worklog=SimpleNamespace(worklogs=[], total=total)))


def test_a_worklog_that_was_moved_to_another_issue_does_not_stand_for_one_that_was_added() -> None:
    stays, moved = msgspec.Raw(b'{"id": "5", "issueId": "1"}'), msgspec.Raw(b'{"id": "6", "issueId": "2"}')
    known = KnownEntries({"worklog": {1: [5, 6]}})
    known.take("worklog", [stays, moved])
    assert known.whole_lists(with_worklogs(1, total=2)) == {}
    known.take("worklog", [stays, moved])
    (found,) = known.whole_lists(with_worklogs(1, total=1)).values()
    assert found.items == [stays]
