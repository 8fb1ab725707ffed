"""Jira is away, or wants to be left alone: how long a run waits is bounded and written down, from a shell as well."""

from pathlib import Path
from typing import Any

import pytest

from jira_staging.command_line import main
from jira_staging.errors import JiraUnavailable
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.jira_api.pace import Pace
from jira_staging.jira_api.pacing import Governor
from jira_staging.records import SyncRequest
from jira_staging.syncing import sync
from shell_commands import demo_shell
from storms.storm import ALWAYS, a_site, assert_equal
from syncing.bench import Bench, QuickClock

LIMIT = 40.0


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("unavailable", {}),
        ("unavailable", {"retry_after": 6}),
        ("rate_limited", {"retry_after": 9}),
        ("rate_limited", {"retry_after": None}),
    ],
    ids=str,
)
def test_a_storm_of_refusals_ends_within_the_limit_and_the_waits_are_written_down(
    tmp_path: Path, kind: str, options: dict[str, Any]
) -> None:
    with a_site(20, 9, []) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb", entities=ALWAYS)
        jira.faults.add(kind, "issue/bulkfetch", **options)
        clock, report = QuickClock(), bench.new_report()
        patient = ConnectionOptions(most_tries=1000, wait_limit_seconds=10 * LIMIT)
        governor = Governor(Pace(4), wait_limit_seconds=LIMIT, clock=clock, wait=clock.wait, chance=lambda: 0.5)
        began = clock.now
        with JiraClient(jira.url, bench.tokens, patient, governor=governor) as client, pytest.raises(JiraUnavailable):
            sync(client, bench.staging, SyncRequest(entities=ALWAYS, reporting_views=False), report)

        waited = float(str(report.summary()["wait_seconds"]))
        assert LIMIT / 2 < waited <= LIMIT
        # Threads that wait at the same time each move this clock.
        assert clock.now - began < 6 * LIMIT
        ((told,),) = bench.query(f"SELECT sum(wait_seconds) FROM jira._sync_run WHERE run_id = '{report.run.run_id}'")
        assert told == pytest.approx(waited, abs=0.01)
        jira.faults.clear()
        bench.sync()
        assert_equal(bench)
        bench.release()


def test_the_shell_sleeps_to_its_limit_and_then_exits_with_4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with a_site(20, 9, []) as jira:
        shell = demo_shell(tmp_path, jira)
        for name, value in shell.environment().items():
            monkeypatch.setenv(name, value)
        entities = ("--entities", "issue,project")
        jira.faults.add("quota_exceeded", "issue/bulkfetch", times=1)
        assert main(shell.sync("--wait-limit", "2", *entities)) == 4
        *_, last = capsys.readouterr().err.splitlines()
        assert "and this run may wait 2 more for it. Run it again later, or raise the wait limits." in last
        jira.faults.clear()
        jira.faults.add("rate_limited", "issue/bulkfetch", times=1, retry_after=1)
        assert main(shell.sync("--wait-limit", "2", *entities)) == 0
