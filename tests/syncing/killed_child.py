"""A run in a process of its own, which ends by SIGKILL: where it says so itself, or when its parent chooses."""

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from forked_children import started
from jira_staging.jira_api.connecting import Wire
from jira_staging.records import ApiToken, Batch, Report, Run, SyncRequest, SyncState
from jira_staging.staging import publishing
from jira_staging.staging.duckdb_session import DuckDBSession
from jira_staging.staging.duckdb_staging import DuckDBStaging
from jira_staging.syncing import sync
from syncing.bench import Bench, client, make_batches_small

# Every request makes a batch: two for each small project of the site, four for the larger.
BATCH_BYTES, ISSUES_PER_REQUEST = 1, 10


class FixedToken:
    """A TokenSource of one token."""

    def __init__(self, value: str, email: str) -> None:
        self._token = ApiToken(value, email, "api_token", "nightly")

    def token(self) -> ApiToken:
        return self._token

    def renewed(self, refused: ApiToken) -> None:
        return None


class MortalStaging(DuckDBStaging):
    """Counts its writes, and dies `before`, `inside` (written, not committed) or `after` one of them."""

    def __init__(self, path: Path, moment: str, number: int) -> None:
        super().__init__(path, wait_seconds=30)
        self._moment, self._left = moment, number

    def store_sweep(self, scope: str, ids: Any, sweep_started: int, state: SyncState) -> None:
        self._mortal(lambda: super(MortalStaging, self).store_sweep(scope, ids, sweep_started, state))

    def publish(self, batch: Batch, report: Report) -> None:
        self._mortal(lambda: super(MortalStaging, self).publish(batch, report))

    def finish(self, report: Report) -> None:
        self._mortal(lambda: super(MortalStaging, self).finish(report))

    def _mortal(self, write: Callable[[], None]) -> None:
        self._left -= 1
        if self._left:
            write()
            return
        if self._moment == "before":
            die()
        if self._moment == "inside":
            merged = publishing.merged

            def merged_and_dead(*given: Any) -> Any:
                merged(*given)
                die()

            publishing.merged = merged_and_dead  # type: ignore[assignment]
        write()
        die()


def die() -> None:
    """At once: no handler, no `finally`, no commit."""
    os.kill(os.getpid(), signal.SIGKILL)


def run(url: str, token: FixedToken, path: Path, death: tuple[str, int], asked: dict[str, Any]) -> None:
    """One run, until it ends or dies."""
    make_batches_small(ISSUES_PER_REQUEST, BATCH_BYTES)
    moment, number = death
    report = Report(Run(f"killed {moment} {number}", url, datetime.now(UTC)))
    with client(url, token) as jira:
        sync(jira, MortalStaging(path, moment, number), SyncRequest(**asked), report)


def in_a_process(bench: Bench, moment: str = "never", number: int = 0, **asked: Any) -> ForkServerProcess:
    """A run that has just been started in a process of its own."""
    bench.release()
    asked.setdefault("entities", bench.entities)
    token = FixedToken(bench.jira.token, bench.jira.email)
    return started(run, bench.jira.url, token, bench.path, (moment, number), asked)


def run_until(url: str, token: FixedToken, path: Path, step: int, asked: dict[str, Any]) -> None:
    """One run, which dies before its n-th step: a request to Jira, or a statement, whichever it is."""
    make_batches_small(ISSUES_PER_REQUEST, BATCH_BYTES)
    left = step

    def mortal(act: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if not left:
                die()
            return act(*given, **named)

        return counted

    steps: tuple[tuple[type, str], ...] = (
        (Wire, "exchange"),
        *((DuckDBSession, name) for name in ("execute", "fetch", "stage")),
    )
    for owner, name in steps:
        setattr(owner, name, mortal(getattr(owner, name)))
    with client(url, token, most_at_once=1) as jira:
        report = Report(Run(f"killed at step {step}", url, datetime.now(UTC)))
        sync(jira, DuckDBStaging(path, wait_seconds=30), SyncRequest(**asked), report)


def in_a_process_until(bench: Bench, step: int, **asked: Any) -> ForkServerProcess:
    """A run that has just been started in a process of its own, and dies before its n-th step."""
    bench.release()
    asked = {"entities": bench.entities, "reporting_views": False} | asked
    return started(run_until, bench.jira.url, FixedToken(bench.jira.token, bench.jira.email), bench.path, step, asked)
