"""What a full load of 20,000 issues with all that hangs on them costs: requests, held to the sum; CPU and memory, reported."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pytest
import requests

from jira_staging.jira_api.client import JiraClient
from jira_staging.records import ApiToken, Report, Run, SyncRequest
from jira_staging.scope_searches import SEARCHES_AT_ONCE
from jira_staging.staging.duckdb_staging import DuckDBStaging
from jira_staging.syncing import sync
from jira_staging.tables import DEFAULT_ENTITIES, GROUPS

ISSUES = 20_000
PROJECTS = 12
# What the simulated site embeds, of comments and of worklogs; the default of its settings.
EMBEDDED = 20


class Tokens:
    def __init__(self, told: dict[str, Any]) -> None:
        self._token = ApiToken(told["token"], told["email"], "api_token", "benchmark")

    def token(self) -> ApiToken:
        return self._token

    def renewed(self, refused: ApiToken) -> ApiToken | None:
        return None


@pytest.fixture
def site() -> Iterator[dict[str, Any]]:
    """A simulated site in a process of its own, which takes no time from this one's interpreter."""
    command = [sys.executable, "-m", "simulated_jira", "--issues", str(ISSUES), "--projects", str(PROJECTS)]
    server = subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield json.loads(server.stdout.readline())
    finally:
        server.terminate()
        server.wait(30)
        server.stdout.close()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_full_load_asks_in_bulk_and_beyond_that_only_for_what_was_cut(site: dict[str, Any], tmp_path: Path) -> None:
    entities = tuple(name for name in DEFAULT_ENTITIES if name in GROUPS["issues"])
    report = Report(Run(str(uuid4()), site["url"], datetime.now(UTC)))
    cpu, wall = time.process_time(), time.monotonic()
    with JiraClient(site["url"], Tokens(site)) as jira:
        sync(jira, DuckDBStaging(tmp_path / "staging.duckdb"), SyncRequest(entities=entities), report)
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall

    by_route = requests.get(f"{site['url']}/_simulated/requests", timeout=30).json()["by_route"]
    with duckdb.connect(str(tmp_path / "staging.duckdb"), read_only=True) as connection:
        counts = {table: connection.execute(f"SELECT count(*) FROM jira.{table}").fetchall()[0][0] for table in entities}
        by_key = "SELECT split_part(key, '-', 1) AS project, count(*) FROM jira.issue GROUP BY 1 ORDER BY 1"
        per_project = [count for _, count in connection.execute(by_key).fetchall()]
        cut = {table: [row[0] for row in connection.execute(sizes(table)).fetchall()] for table in ("comment", "worklog")}
    asked = {name: by_route.get(f"{method} /rest/api/3/{path}", 0) for name, (method, path) in ROUTES.items()}
    forced = asked["comments"] + asked["worklogs"]
    total = sum(by_route.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"\n{ISSUES:,} issues: {total} requests ({total / ISSUES:.4f} an issue; {forced} of them for lists that Jira cut), ")
    print(f"{1000 * cpu / ISSUES:.2f} ms CPU an issue, {wall:.0f} s, at most {peak} MB; rows: {counts}")

    assert counts["issue"] == ISSUES
    # Several searches at once share the projects, each with a last page that is not full.
    parts = [sum(per_project[place::SEARCHES_AT_ONCE]) for place in range(SEARCHES_AT_ONCE)]
    assert asked["sweep"] == sum(ceil(part / 5_000) for part in parts)
    # Requests are filled whatever projects the issues are of.
    assert asked["issues"] == ceil(ISSUES / 100)
    # Some thousand issues have more histories than a page holds.
    assert ISSUES / 1_000 <= asked["changelogs"] <= ISSUES / 1_000 + 2
    assert asked["comments"] == sum(ceil(count / 100) for count in cut["comment"])
    assert asked["worklogs"] == len(cut["worklog"])
    assert (total - forced) / ISSUES <= 0.02
    told = [json.loads(tally.checks).get("children", {}) for tally in report.tallies.values()]
    assert sum(check.get("incomplete", 0) for check in told) == 0


ROUTES = {
    "sweep": ("POST", "search/jql"),
    "issues": ("POST", "issue/bulkfetch"),
    "changelogs": ("POST", "changelog/bulkfetch"),
    "comments": ("GET", "issue/{issue}/comment"),
    "worklogs": ("GET", "issue/{issue}/worklog"),
}


def sizes(table: str) -> str:
    return f"SELECT count(*) FROM jira.{table} GROUP BY issue_id HAVING count(*) > {EMBEDDED}"
