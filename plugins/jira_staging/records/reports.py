"""A run, and what it did while it is being counted."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from jira_staging.errors import JiraStagingError

log = logging.getLogger(__name__)

SyncMode = Literal["full", "incremental", "backfill", "census", "rebuild", "forget"]


@dataclass(frozen=True)
class Run:
    """One attempt at a sync: its id, and where in Airflow it came from (all None from a shell)."""

    run_id: str
    site: str
    started_at: datetime
    dag_id: str | None = None
    airflow_run_id: str | None = None
    map_index: int | None = None
    try_number: int | None = None


@dataclass(frozen=True)
class Changes:
    """What publishing did to one table, in rows."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0


@dataclass
class Tally:
    """The row of `_sync_run` for one entity and scope, while it is being counted."""

    entity: str
    scope: str
    mode: SyncMode = "full"
    status: Literal["running", "success", "failed"] = "running"
    started_at: datetime | None = None
    finished_at: datetime | None = None
    rows_read: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_unchanged: int = 0
    rows_deleted: int = 0
    rows_rejected: int = 0
    requests: int = 0
    retries: int = 0
    bytes: int = 0
    wait_seconds: float = 0.0
    watermark_from: int | None = None
    watermark_to: int | None = None
    checks: str = "{}"
    message: str = ""

    def add(self, read: int, changes: Changes) -> None:
        """Count one published batch."""
        self.rows_read += read
        self.rows_inserted += changes.inserted
        self.rows_updated += changes.updated
        self.rows_unchanged += changes.unchanged
        self.rows_deleted += changes.deleted

    def check(self, name: str, outcome: object) -> None:
        """Write down what a check of this run found."""
        self.checks = json.dumps(json.loads(self.checks) | {name: outcome}, sort_keys=True)

    def count(self, name: str, more: int) -> None:
        """Add to a check that counts; what never happened is not written down."""
        if more:
            self.check(name, json.loads(self.checks).get(name, 0) + more)


@dataclass
class Report:
    """What a run did, counted while it runs: a `Tally` an entity and scope, and how far it has come."""

    run: Run
    # The mode of what is counted, until somebody knows better.
    mode: SyncMode = "full"
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    # Tables of which something may not be read by this account.
    refused: set[str] = field(default_factory=set)
    # Sentences on checks of this run that failed.
    failed_checks: list[str] = field(default_factory=list)
    issues_planned: int = 0
    issues_done: int = 0
    _counted: tuple[float, ...] = field(default=(0, 0, 0, 0.0), repr=False)

    def tally(self, entity: str, scope: str) -> Tally:
        """The tally of this entity and scope, begun when it is first asked for."""
        key = (entity, scope)
        if key not in self.tallies:
            self.tallies[key] = Tally(entity, scope, self.mode)
        return self.tallies[key]

    def check(self, place: tuple[str, str], name: str, outcome: Mapping[str, object], *, wrong: str | None) -> None:
        """Write down what a check found for an entity and scope (`place`); `wrong` says what is not as it should be."""
        self.tally(*place).check(name, {**outcome, "ok": wrong is None})
        if wrong is not None:
            self.failed_checks.append(wrong)
            log.warning("A check failed: %s", wrong)

    def count_traffic(self, tally: Tally, traffic: tuple[float, ...]) -> None:
        """Put on this tally what was sent since the last call; `traffic`: requests, retries, bytes, seconds waited so far."""
        requests, retries, size, waited = (now - before for now, before in zip(traffic, self._counted, strict=True))
        self._counted = traffic
        tally.requests += int(requests)
        tally.retries += int(retries)
        tally.bytes += int(size)
        tally.wait_seconds += waited

    def count_rest(self, traffic: tuple[float, ...]) -> None:
        """Put what nothing was published for on the last tally: a sweep that found nothing, the waits before a failure."""
        last = next(reversed(self.tallies.values()), None)
        self.count_traffic(last or self.tally("issue", "site"), traffic)

    def forget_written(self) -> None:
        """Take back what was counted as written: it was gathered and never shown. What was read and rejected stays."""
        for tally in self.tallies.values():
            tally.rows_inserted = tally.rows_updated = tally.rows_unchanged = tally.rows_deleted = 0

    def close(self, now: datetime, error: BaseException | None = None) -> None:
        """Give every tally its end: success, or failed with the error's words where they are ours to show."""
        if error is not None and not self.tallies:
            self.tally("issue", "site")
        for tally in self.tallies.values():
            tally.finished_at = now
            tally.status = "failed" if error else "success"
            if error:
                # Only our own errors are known to hold no row and no secret.
                tally.message = str(error) if isinstance(error, JiraStagingError) else type(error).__name__

    def summary(self) -> dict[str, object]:
        """What an operator returns and a shell prints: plain JSON values, rows only where something happened."""
        totals = self.totals()
        watermarks = [tally.watermark_to for tally in self.tallies.values() if tally.watermark_to is not None]
        return {
            "run_id": self.run.run_id,
            "site": self.run.site,
            "rows": {entity: counts for entity, counts in totals.items() if any(counts.values())},
            "requests": sum(tally.requests for tally in self.tallies.values()),
            "retries": sum(tally.retries for tally in self.tallies.values()),
            "wait_seconds": round(sum(tally.wait_seconds for tally in self.tallies.values()), 3),
            "watermark": _iso(min(watermarks)) if watermarks else None,
            "notes": list(self.notes),
            "failed_checks": list(self.failed_checks),
        }

    def totals(self) -> dict[str, dict[str, int]]:
        """Rows an entity over all scopes: read, inserted, updated, unchanged, deleted, rejected."""
        totals: dict[str, dict[str, int]] = {}
        for tally in self.tallies.values():
            counts = totals.setdefault(tally.entity, dict.fromkeys(_COUNTS, 0))
            for name in _COUNTS:
                counts[name] += getattr(tally, f"rows_{name}")
        return totals


_COUNTS = ("read", "inserted", "updated", "unchanged", "deleted", "rejected")


def _iso(epoch_milliseconds: int) -> str:
    return datetime.fromtimestamp(epoch_milliseconds / 1000, tz=UTC).isoformat(timespec="milliseconds")
