"""What we write down about our own work, as rows of our own tables; and a report whose counts survive a failure unchanged."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import asdict
from datetime import datetime

import pyarrow as pa

from jira_staging.records import RejectedRow, Report, Rows, Run, SyncState, Tally
from jira_staging.tables import TABLES
from jira_staging.tables.arrow_types import arrow_schema

# Days: long enough to find the cause of a rejection, short enough for payloads that may hold personal data.
REJECTED_KEPT = 30


@contextmanager
def counts_kept_on_failure(report: Report) -> Iterator[None]:
    """Give the tallies back the counts they had if the block fails: nothing was written, so nothing was done."""
    before = {key: copy(tally) for key, tally in report.tallies.items()}
    try:
        yield
    except BaseException:
        for key in report.tallies.keys() - before.keys():
            del report.tallies[key]
        for key, tally in before.items():
            vars(report.tallies[key]).update(vars(tally))
        raise


def run_record(run: Run, tally: Tally) -> dict[str, object]:
    """The row of `_sync_run` that says what the run did to one entity and scope."""
    record = {**vars(run), **vars(tally), "started_at": tally.started_at or run.started_at}
    # Jira's own words in a message may hold what no database takes.
    return {name: _plain(value) if isinstance(value, str) else value for name, value in record.items()}


def run_rows(run: Run, tallies: Iterable[Tally]) -> Rows:
    """Rows of `_sync_run`: what the run did to each entity and scope."""
    return _rows("_sync_run", (run_record(run, tally) for tally in tallies))


def state_rows(states: Iterable[SyncState], run_id: str, now: datetime) -> Rows:
    """Rows of `_sync_state`: how far each scope was read."""
    return _rows("_sync_state", ({**asdict(state), "updated_at": now, "run_id": run_id} for state in states))


def rejected_rows(rejected: Iterable[RejectedRow], run_id: str, now: datetime) -> Rows:
    """Rows of `_rejected_row`."""
    return _rows("_rejected_row", ({**asdict(row), "run_id": run_id, "rejected_at": now} for row in rejected))


def scope_issue_rows(scope: str, issue_ids: pa.ChunkedArray) -> Rows:
    """Rows of `_scope_issue`: these issues belong to the scope."""
    scopes = pa.repeat(pa.scalar(scope), len(issue_ids))
    return Rows("_scope_issue", pa.table([scopes, issue_ids], schema=arrow_schema(TABLES["_scope_issue"])))


def sweep_rows(scope: str, ids: pa.Array, sweep_started: int) -> Rows:
    """Rows of `_sync_sweep`: the ids in their order."""
    columns = [
        pa.repeat(pa.scalar(scope), len(ids)),
        pa.array(range(len(ids)), pa.int64()),
        ids,
        pa.repeat(pa.scalar(sweep_started, pa.int64()), len(ids)),
    ]
    return Rows("_sync_sweep", pa.table(columns, schema=arrow_schema(TABLES["_sync_sweep"])))


def _rows(table: str, records: Iterable[dict[str, object]]) -> Rows:
    return Rows(table, pa.Table.from_pylist(list(records), schema=arrow_schema(TABLES[table])))


def _plain(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
