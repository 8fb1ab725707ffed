"""What a run shows while it goes on, where no terminal is, and at its end."""

import logging
import time
from datetime import UTC, datetime

import pytest

from jira_staging import progress
from jira_staging.records import Changes, Report, Run


@pytest.fixture
def report() -> Report:
    return Report(Run("one", "https://acme.atlassian.net", datetime(2026, 11, 2, tzinfo=UTC)))


def test_a_log_gets_a_line_now_and_then(
    report: Report, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "LINE_EVERY_SECONDS", 0.01)
    report.issues_planned, report.issues_done = 12_000, 1_500
    with caplog.at_level(logging.INFO), progress.progress_shown(report):
        deadline = time.monotonic() + 10
        while not caplog.messages and time.monotonic() < deadline:
            time.sleep(0.01)
    assert caplog.messages[0] == "1,500 of 12,000 issues loaded."


def test_a_run_that_fails_ends_its_progress_and_keeps_its_error(report: Report) -> None:
    with pytest.raises(KeyError, match="why"), progress.progress_shown(report):
        raise KeyError("why")


def test_a_failed_check_is_printed_as_it_is_whatever_brackets_its_jql_holds(
    report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = '(summary !~ "[/b] [red]x"): Jira counts about 20 issues, the table has 40.'
    report.check(("issue", "jql:1"), "approximate_count", {"jira": 20}, wrong=wrong)
    progress.print_totals(report)
    assert f"A check failed. {wrong}\n" in capsys.readouterr().out


def test_the_totals_are_a_table_and_two_sentences(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    tally = report.tally("issue", "project:1")
    tally.add(1_234, Changes(inserted=1_000, updated=200, unchanged=34))
    tally.requests, tally.retries, tally.wait_seconds = 20, 1, 2.5
    tally.watermark_to = 1_793_000_000_000
    progress.print_totals(report)
    assert capsys.readouterr().out.splitlines() == [
        "entity   read  inserted  updated  unchanged  deleted  rejected",
        "issue   1,234     1,000      200         34        ·         ·",
        "20 requests, 1 sent again, 2.5 s waited for Jira.",
        "Complete up to 2026-10-26T07:33:20.000+00:00. Run one.",
    ]
