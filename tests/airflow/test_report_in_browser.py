"""The static report in a browser, of a site whose every name is a script: they are shown, and none runs."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from browser import Browser, require_chromium

from jira_staging.charts import Selection
from jira_staging.charts.writing import write_report
from jira_staging.jira_api.client import JiraClient
from jira_staging.records import Report, Run, SyncRequest
from jira_staging.staging.duckdb_staging import DuckDBStaging
from jira_staging.syncing import sync
from jira_staging.tokens import ConnectionPassword
from simulated_jira import Settings, SimulatedJira

pytestmark = [pytest.mark.system, pytest.mark.slow]

SCRIPT = "</script><script>window.got_through=1</script><img src=x onerror=window.got_through=1>"


@pytest.fixture
def browser() -> Iterator[Browser]:
    require_chromium()
    with Browser() as opened:
        yield opened


def test_issues_people_and_statuses_that_are_scripts_are_shown_as_text(tmp_path: Path, browser: Browser) -> None:
    staging, file = DuckDBStaging(tmp_path / "scripts.duckdb"), tmp_path / "report.html"
    with SimulatedJira(40, projects=2, seed=3, settings=Settings(custom_fields=2, latency_ms=0)) as jira:
        report = Report(Run("run", jira.url, datetime.now(UTC)))
        with JiraClient(jira.url, ConnectionPassword(jira.email, jira.token, connection="jira_default")) as opened:
            sync(opened, staging, SyncRequest(), report)
    with duckdb.connect(str(tmp_path / "scripts.duckdb")) as connection:
        connection.execute("UPDATE jira.issue SET summary = ?", [SCRIPT])
        for table in ('"user"', "status", "issue_type", "project", "sprint", "board", "priority"):
            connection.execute(f"UPDATE jira.{table} SET name = concat(?, id)", [SCRIPT])
    write_report(staging, Selection(days=36_500), file)

    browser.driver.get(file.as_uri())
    browser.see("main canvas")
    # A table of what is drawn stands behind each chart, and is where names become elements.
    browser.driver.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    browser.wait_for(lambda: SCRIPT in browser.driver.execute_script("return document.body.textContent"), "a name to be shown")
    assert browser.driver.execute_script("return window.got_through === undefined")
    assert browser.driver.execute_script("return document.images.length") == 0
    assert browser.complaints() == []
    assert not re.search("<script>window", file.read_text())
