"""A vault in trouble, and clocks that do what they should not: the run waits, goes on or says so; the tables are right."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jira_staging.errors import SecretBackendUnavailable
from jira_staging.records import Report, Run, SecretDefinition
from jira_staging.secret_backends import open_backend
from jira_staging.tokens import VaultTokens
from secret_backends.answering_server import AnsweringServer
from simulated_jira import SimulatedJira
from storms.storm import ALWAYS, a_site, assert_equal
from syncing.bench import SMALL, Bench
from syncing.somebody import Somebody

THROTTLED = (400, b'{"__type":"ThrottlingException","message":"Rate exceeded"}')
TOO_MANY = (429, b"{}")
DOWN = (503, b"{}")
DAY = 24 * 3600


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with a_site(20, 9, []) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb", entities=ALWAYS)
        yield bench
        bench.release()


@pytest.fixture
def vault(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringServer]:
    """What stands for AWS Secrets Manager, holds the site's token, and is where the bench gets it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "invented")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "invented")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with AnsweringServer() as server:
        server.body = json.dumps({"Name": "prod/jira", "SecretString": bench.jira.token}).encode()
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", server.url)
        definition = SecretDefinition("nightly", "aws_secrets_manager", "prod/jira")
        tokens: Any = VaultTokens(definition, open_backend(definition), login=bench.jira.email)
        bench.tokens = tokens
        yield server


@pytest.mark.parametrize("refusals", [[THROTTLED, THROTTLED], [THROTTLED, DOWN]], ids=["throttled twice", "503"])
def test_a_vault_that_refuses_twice_is_asked_until_it_answers(
    bench: Bench, vault: AnsweringServer, refusals: list[tuple[int, bytes]]
) -> None:
    vault.first, vault.seconds = list(refusals), 0.3

    bench.sync()

    assert len(vault.asked) == 3
    assert_equal(bench)


@pytest.mark.parametrize("refusals", [[THROTTLED] * 3, [TOO_MANY]], ids=["throttled three times", "429 of something between"])
def test_after_three_refusals_the_run_says_so_before_it_touches_anything(
    bench: Bench, vault: AnsweringServer, refusals: list[tuple[int, bytes]]
) -> None:
    vault.first = list(refusals)

    with pytest.raises(SecretBackendUnavailable, match="AWS Secrets Manager in `eu-west-1`") as unavailable:
        bench.sync()

    assert unavailable.value.retry
    assert bench.heard.asked == []
    assert not bench.path.exists()
    bench.sync()
    assert_equal(bench)


@pytest.mark.parametrize("days", [-400, 400])
def test_a_workers_clock_that_jumps_changes_nothing_that_is_read(bench: Bench, days: int) -> None:
    """The clock of the machine only says when its own runs were: what is read next goes by Jira's."""
    bench.sync()
    Somebody(bench.jira, 9).works(15)
    bench.jira.clock.advance(60)
    wrong = datetime.now(UTC) + timedelta(days=days)

    report = bench.sync(Report(Run("jumped", bench.jira.url, wrong)), lookback_hours=0.0)

    assert_equal(bench)
    assert set(bench.watermarks().values()) == {bench.jira.clock.now_ms() // 1000 * 1000}
    assert report.summary()["watermark"] is not None
    bench.jira.clock.advance(60)
    bench.jira.change.edit("PAY-3", {"summary": "After the jump"})
    bench.sync(lookback_hours=0.0)
    assert_equal(bench)


@pytest.mark.parametrize(
    ("zone", "night"),
    [
        ("America/New_York", "2026-11-01T05:30:00+00:00"),
        ("America/New_York", "2026-03-08T06:30:00+00:00"),
        ("Australia/Lord_Howe", "2026-04-04T14:30:00+00:00"),
    ],
)
def test_the_night_on_which_the_accounts_clocks_change_loses_nothing(tmp_path: Path, zone: str, night: str) -> None:
    """Through the hour that is there twice, or not at all: a watermark in words of that zone would skip one."""
    with SimulatedJira(20, projects=2, seed=2, settings=replace(SMALL, time_zone=zone, clock_start=night)) as jira:
        jira.clock.freeze(jira.site.start_ms)
        bench = Bench(jira, tmp_path / "staging.duckdb", entities=ALWAYS)
        try:
            bench.sync()
            for minutes in range(0, 120, 20):
                jira.clock.advance(1200)
                jira.change.edit("PAY-3", {"summary": f"After {minutes} minutes"})
                jira.change.create("AND", f"Made after {minutes} minutes")
                bench.sync(lookback_hours=0.0)
                assert_equal(bench)
        finally:
            bench.release()
