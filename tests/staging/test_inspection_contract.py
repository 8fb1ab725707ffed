"""What every warehouse tells of its tables when it is asked to look them over."""

from jira_staging.records import Gone, Report
from jira_staging.staging import Staging
from jira_staging.staging.inspecting import Inspection
from staging.invented_rows import SCOPE, a_run, issue, label, link, publish, rows_of


def test_issues_are_counted_by_scope_and_orphans_by_table(staging: Staging) -> None:
    issues = rows_of("issue", *(issue(number, project_id=10_000) for number in (1, 2)), issue(3, project_id=10_001))
    publish(staging, issues, rows_of("issue_label", label(1, "a"), label(9, "b")), rows_of("issue_link", link(1, 8)))
    publish(staging, rows_of("issue", issue(3, project_id=10_001)), scope="jql:abc")
    told = staging.inspect(["issue", "issue_label", "issue_link", "comment"])
    assert told is not None
    assert told.issues == {"project:10000": 2, "project:10001": 1, "jql:abc": 1}
    assert told.orphans == {"issue_label": 1, "issue_link": 1, "comment": 0}
    assert set(told.duplicates.values()) <= {0}


def test_what_is_marked_is_neither_counted_nor_an_orphan(staging: Staging) -> None:
    publish(staging, rows_of("issue", issue(1, project_id=10_000)), rows_of("issue_link", link(1, 1)))
    staging.mark_gone(SCOPE, [Gone("missing", [1])], Report(a_run("census")))
    told = staging.inspect(["issue_link"])
    assert told is not None
    assert (told.issues, told.orphans) == ({}, {"issue_link": 0})


def test_empty_tables_hold_nothing(staging: Staging) -> None:
    told = staging.inspect([])
    assert told == Inspection({}, {}, {})
