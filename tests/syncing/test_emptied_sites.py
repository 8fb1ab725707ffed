"""A full load that finds nothing where the last one found issues says so, and takes none of them away."""

import pytest

from jira_staging.errors import JiraNotPermitted
from jira_staging.records import LoadStrategy
from syncing.bench import Bench

ENTITIES = ("issue", "project", "field")


def hide_everything(bench: Bench) -> None:
    """The account loses its rights on every issue; it still sees the projects."""
    for issue in bench.jira.site.by_created:
        bench.jira.change.hide_issue(issue.key)


@pytest.mark.parametrize("strategy", ["merge", "replace", "truncate_insert"])
def test_a_full_load_that_finds_nothing_where_the_last_one_did_fails(bench: Bench, strategy: LoadStrategy) -> None:
    bench.sync(entities=ENTITIES, load_strategy=strategy)
    before, watermarks = bench.rows("issue"), bench.watermarks()
    hide_everything(bench)
    bench.jira.clock.advance(3600)

    report = bench.new_report()
    with pytest.raises(JiraNotPermitted) as refusal:
        bench.sync(report, entities=ENTITIES, load_strategy=strategy, full=strategy == "merge")

    assert f"A full load of {bench.jira.url} found no issue in " in str(refusal.value)
    assert "and the last one left 80 in `issue`: nothing was published, and they stay." in str(refusal.value)
    assert bench.rows("issue") == before
    assert bench.watermarks() == watermarks
    assert {row["status"] for row in bench.rows("_sync_run", f"run_id = '{report.run.run_id}'")} == {"failed"}


@pytest.mark.parametrize("full", [True, False])
def test_so_does_any_run_where_the_account_sees_no_project_any_longer(bench: Bench, full: bool) -> None:
    bench.sync(entities=ENTITIES)
    for project in list(bench.jira.site.projects):
        bench.jira.change.hide_project(project.key)

    with pytest.raises(JiraNotPermitted, match=r"sees no project of .*, and 80 issues of 3 of its projects were loaded before"):
        bench.sync(entities=ENTITIES, full=full)

    assert bench.query("SELECT count(*) FROM jira.issue WHERE _deleted_at IS NULL") == [(80,)]


def test_a_census_of_an_account_that_sees_no_project_marks_nothing(bench: Bench) -> None:
    bench.sync(entities=ENTITIES)
    for project in list(bench.jira.site.projects):
        bench.jira.change.hide_project(project.key)

    report = bench.census()

    assert len(report.failed_checks) == 3
    assert (
        "the project is not listed any longer, and its issues were left as they are: nor is any other."
        in report.failed_checks[0]
    )
    assert bench.query("SELECT count(*) FROM jira.issue WHERE _deleted_at IS NULL") == [(80,)]


def test_a_first_load_by_an_account_that_sees_no_project_says_so(bench: Bench) -> None:
    for project in list(bench.jira.site.projects):
        bench.jira.change.hide_project(project.key)

    (wrong,) = bench.sync(entities=ENTITIES).failed_checks

    assert wrong.startswith(f"The account sees no project of {bench.jira.url}, so nothing was loaded.")


def test_a_project_that_is_not_listed_any_longer_is_told_until_a_census_has_looked_into_it(bench: Bench) -> None:
    bench.sync(entities=ENTITIES)
    bench.jira.change.hide_project("PAY")
    count = len([issue for issue in bench.jira.site.by_created if issue.key.startswith("PAY-")])
    for _ in range(2):
        bench.jira.clock.advance(24 * 3600)
        (wrong,) = bench.sync(entities=ENTITIES).failed_checks
        assert wrong.startswith("PAY was loaded before, and Jira does not list the project any longer")
        assert f"its {count:,} issues stay as they were" in wrong
    bench.census()

    assert bench.sync(entities=ENTITIES).failed_checks == []
    assert bench.sync(entities=ENTITIES, projects=("OPS",)).failed_checks == []


def test_a_full_load_of_what_never_had_issues_is_none_to_worry_about(bench: Bench) -> None:
    bench.jira.change.add_project("NEW", "Nothing yet")
    bench.sync(entities=ENTITIES)

    report = bench.sync(entities=ENTITIES, projects=("NEW",), full=True)

    assert not report.failed_checks


def test_a_question_is_compared_with_what_it_last_brought(bench: Bench) -> None:
    bench.sync(entities=ENTITIES)
    bench.sync(entities=ENTITIES, jql="labels = nobody-has-it", full=True)
    bench.sync(entities=ENTITIES, jql="summary is not EMPTY")
    hide_everything(bench)

    bench.sync(entities=ENTITIES, jql="labels = nobody-has-it", full=True)
    with pytest.raises(JiraNotPermitted, match="the last one left 80 in `issue`"):
        bench.sync(entities=ENTITIES, jql="summary is not EMPTY", full=True)


def test_once_a_census_has_said_that_all_are_gone_a_full_load_is_content(bench: Bench) -> None:
    bench.sync(entities=ENTITIES)
    hide_everything(bench)
    bench.jira.clock.advance(24 * 3600)
    bench.census(max_missing=1.0)

    bench.sync(entities=ENTITIES, full=True)

    assert bench.query("SELECT count(*) FROM jira.issue WHERE _deleted_at IS NULL") == [(0,)]
