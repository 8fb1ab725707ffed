"""Where a task leads to: the issues that it loaded, the page, the definition."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from jira_staging.operator_links import LedTo, LoadedIssues, StagingPage, UsedDefinition, loaded_jql
from jira_staging.operators import JiraCensusOperator, JiraToStagingOperator
from jira_staging.records import Report, Run, SyncRequest


def report_of(*windows: tuple[int | None, int | None]) -> Report:
    """A run that read issues in so many scopes, each between two watermarks."""
    report = Report(Run("a-run", "https://acme.example", datetime(2026, 1, 1, tzinfo=UTC)))
    for number, (since, until) in enumerate(windows):
        tally = report.tally("issue", f"project:{number}")
        tally.rows_read, tally.watermark_from, tally.watermark_to = 5, since, until
    return report


@pytest.mark.parametrize(
    ("request_", "windows", "jql"),
    [
        (SyncRequest(), [(1_000, 3_000), (2_000, 3_000)], "updated >= 1000 AND updated <= 3000 ORDER BY updated DESC"),
        (SyncRequest(), [(1_000, 3_000), (None, 3_000)], "updated <= 3000 ORDER BY updated DESC"),
        (
            SyncRequest(projects=("PAY", "OPS")),
            [(None, 3_000)],
            'project in ("PAY","OPS") AND updated <= 3000 ORDER BY updated DESC',
        ),
        (SyncRequest(jql="a = 1 or b = 2"), [(None, None)], "(a = 1 or b = 2) ORDER BY updated DESC"),
        (SyncRequest(), [], None),
    ],
)
def test_the_jql_finds_what_the_run_read(request_: SyncRequest, windows: list[Any], jql: str | None) -> None:
    assert loaded_jql(request_, report_of(*windows)) == jql


def links(led_to: LedTo | None) -> list[str]:
    """What each link says after a run that led there."""
    operator: Any = SimpleNamespace(led_to=led_to)
    key: Any = None
    return [link.get_link(operator, ti_key=key) for link in (LoadedIssues(), StagingPage(), UsedDefinition())]


def test_the_links_lead_to_jira_the_page_and_the_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example/of-us/")
    assert links(LedTo("acme.example", "finance/jira", 'project = "A&B"')) == [
        "https://acme.example/issues/?jql=project%20%3D%20%22A%26B%22",
        "https://airflow.example/of-us/plugin/jira-staging",
        "https://airflow.example/of-us/jira-staging/#definitions/finance/jira",
    ]


def test_a_run_that_loaded_nothing_or_signed_in_by_a_password_has_no_such_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW__API__BASE_URL", raising=False)
    assert links(LedTo("http://127.0.0.1:8080", None, None)) == ["", "/plugin/jira-staging", ""]
    assert links(None) == ["", "/plugin/jira-staging", ""]


def test_both_operators_have_their_links() -> None:
    names = [[link.name for link in each.operator_extra_links] for each in (JiraToStagingOperator, JiraCensusOperator)]
    assert names == [["Issues in Jira", "Jira staging", "Secret definition"], ["Jira staging", "Secret definition"]]
