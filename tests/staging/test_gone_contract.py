"""What becomes of an issue, and of all that hangs on it, when the census finds it gone, on every warehouse."""

from datetime import datetime

import pytest

from jira_staging.errors import StagingError
from jira_staging.records import Gone, Report
from jira_staging.staging import Staging
from staging.invented_rows import ONE_PM, SCOPE, a_run, counts, issue, label, link, publish, rows_of, values


@pytest.fixture
def full(staging: Staging) -> Staging:
    """Three issues of a JQL scope, each with a label and a link."""
    issues = rows_of("issue", issue(1), issue(2), issue(3))
    labels = rows_of("issue_label", *(label(number, "a") for number in (1, 2, 3)))
    links = rows_of("issue_link", *(link(number, number) for number in (1, 2, 3)))
    publish(staging, issues, labels, links, scope="jql:abc")
    return staging


def test_an_issue_and_its_children_are_marked_alike_and_memberships_removed(full: Staging) -> None:
    report = Report(a_run("census"))
    full.mark_gone(SCOPE, [Gone("missing", [1]), Gone("archived", [3, 99])], report)
    assert counts(report) == {"issue": (0, 0, 0, 0, 2), "issue_label": (0, 0, 0, 0, 2), "issue_link": (0, 0, 0, 0, 2)}
    marked = [(1, "missing", "census"), (2, None, "run-1"), (3, "archived", "census")]
    assert values(full, "issue", "id", "_deleted_reason", "_run_id") == marked
    assert values(full, "issue_link", "id", "_deleted_reason", "_run_id") == marked
    assert values(full, "issue_label", "issue_id") == [(2,)]
    assert values(full, "_scope_issue", "scope", "issue_id") == [("jql:abc", 2)]
    assert values(full, "_sync_run", "entity", "rows_deleted", run_id=["census"], scope=[SCOPE]) == [
        ("issue", 2),
        ("issue_label", 2),
        ("issue_link", 2),
    ]
    times = {since for table in ("issue", "issue_link") for (since,) in values(full, table, "_deleted_at", id=[1, 3])}
    assert len(times) == 1
    assert all(isinstance(since, datetime) for since in times)


def test_what_is_marked_keeps_its_mark(full: Staging) -> None:
    full.mark_gone(SCOPE, [Gone("missing", [1])], Report(a_run("first")))
    again = Report(a_run("second"))
    full.mark_gone(SCOPE, [Gone("deleted", [1, 2])], again)
    assert counts(again) == {"issue": (0, 0, 0, 0, 1), "issue_label": (0, 0, 0, 0, 1), "issue_link": (0, 0, 0, 0, 1)}
    assert values(full, "issue", "id", "_deleted_reason", "_run_id") == [
        (1, "missing", "first"),
        (2, "deleted", "second"),
        (3, None, "run-1"),
    ]


def test_an_issue_that_returns_comes_back_with_what_is_published_with_it(full: Staging) -> None:
    full.mark_gone(SCOPE, [Gone("missing", [1])], Report(a_run("census")))
    returned = (rows_of("issue", issue(1)), rows_of("issue_label", label(1, "a"), owners=[1]))
    changes = publish(full, *returned, rows_of("issue_link", link(1, 1), owners=[1]), run=a_run("back"))
    assert changes == {"issue": (1, 0, 1, 0, 0), "issue_label": (1, 1, 0, 0, 0), "issue_link": (1, 0, 1, 0, 0)}
    assert values(full, "issue", "_deleted_at", "_deleted_reason", "_run_id", id=[1]) == [(None, None, "back")]
    assert values(full, "issue_link", "_deleted_at", "_deleted_reason", id=[1]) == [(None, None)]
    assert values(full, "issue_label", "issue_id") == [(1,), (2,), (3,)]


def test_nothing_gone_changes_nothing(full: Staging) -> None:
    report = Report(a_run("census"))
    full.mark_gone(SCOPE, [Gone("missing", []), Gone("deleted", [99])], report)
    full.mark_gone(SCOPE, [], report)
    assert counts(report) == {}
    assert values(full, "issue", "_run_id") == [("run-1",)] * 3


def test_a_failure_marks_nothing_and_counts_nothing(full: Staging) -> None:
    report = Report(a_run("census"))
    report.tally("issue", SCOPE).checks = "{not json"
    with pytest.raises(StagingError):
        full.mark_gone(SCOPE, [Gone("missing", [1])], report)
    assert counts(report) == {"issue": (0, 0, 0, 0, 0)}
    assert values(full, "issue", "_deleted_at") == [(None,)] * 3
    assert values(full, "issue_label", "issue_id") == [(1,), (2,), (3,)]


def test_a_newer_version_that_returns_is_written_whole(full: Staging) -> None:
    full.mark_gone(SCOPE, [Gone("missing", [1])], Report(a_run("census")))
    assert publish(full, rows_of("issue", issue(1, ONE_PM, summary="back"))) == {"issue": (1, 0, 1, 0, 0)}
    assert values(full, "issue", "summary", "_deleted_reason", id=[1]) == [("back", None)]


def test_what_a_scope_only_lets_go_of_stays_and_is_forgotten_for_that_scope_alone(full: Staging) -> None:
    publish(full, rows_of("issue", issue(1)), scope="jql:other")
    report = Report(a_run("census"))
    full.mark_gone("jql:abc", [Gone(None, [1, 2]), Gone("missing", [3])], report)
    assert counts(report)["issue"] == (0, 0, 0, 0, 1)
    assert values(full, "issue", "id", "_deleted_reason") == [(1, None), (2, None), (3, "missing")]
    assert values(full, "issue_label", "issue_id") == [(1,), (2,)]
    assert values(full, "_scope_issue", "scope", "issue_id") == [("jql:other", 1)]
