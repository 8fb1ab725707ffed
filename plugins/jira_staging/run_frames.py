"""What every run has around its work: what restricts it, how its scopes were left, and how it ends."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from jira_staging.entities.display_names import display_names
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.errors import StagingError
from jira_staging.jira_api import jql
from jira_staging.phases import note
from jira_staging.records import Report, SyncRequest, SyncState
from jira_staging.staging import Staging

log = logging.getLogger(__name__)

# How long a run waits for another one that loads the same scope before it gives up.
LOCK_WAIT_SECONDS = 300.0


def conditions_of(request: SyncRequest) -> str | None:
    """What restricts the run beyond whole projects, as JQL; None where nothing does."""
    # Sorted, since a scope goes by its JQL: the same names in another order are the same scope.
    parts = []
    if request.projects and (request.components or request.jql):
        parts.append(jql.projects_in(sorted(set(request.projects))))
    if request.components:
        parts.append(f"component in ({', '.join(map(jql.quoted_value, sorted(set(request.components))))})")
    if request.jql:
        parts.append(f"({jql.checked_jql(request.jql)})")
    return " AND ".join(parts) if request.components or request.jql else None


def states_before(staging: Staging, site: str, scopes: Sequence[str] | None = None) -> dict[str, SyncState]:
    """How the last runs left these scopes, or all of them, by scope."""
    where = {"site": [site], "entity": ["issue"]} | ({} if scopes is None else {"scope": list(scopes)})
    rows = staging.read("_sync_state", ["site", "entity", "scope", "watermark", "fingerprint"], where).to_pylist()
    return {row["scope"]: SyncState(**row) for row in rows}


@contextmanager
def reported(staging: Staging, report: Report, traffic: Callable[[], tuple[float, ...]]) -> Iterator[None]:
    """Write down how the run ended. `traffic` tells the requests, retries, bytes and seconds waited of all of it."""
    note(run_id=report.run.run_id, site=report.run.site)
    with staging.working():
        try:
            yield
        except BaseException as error:
            report.count_rest(traffic())
            report.close(datetime.now(UTC), error)
            _note_counts(report)
            try:
                staging.finish(report)
            except StagingError as second:
                log.warning("How the run ended could not be written into `_sync_run`: %s", second)
            raise
        report.count_rest(traffic())
        report.close(datetime.now(UTC))
        _note_counts(report)
        staging.finish(report)


def _note_counts(report: Report) -> None:
    totals = report.totals().values()
    rows = {f"rows_{name}": sum(counts[name] for counts in totals) for name in ("read", "inserted", "updated", "rejected")}
    tallies = report.tallies.values()
    sent = {"requests": sum(tally.requests for tally in tallies), "retries": sum(tally.retries for tally in tallies)}
    note(**rows, **sent, wait_seconds=sum(tally.wait_seconds for tally in tallies), failed_checks=len(report.failed_checks))


def show_names(staging: Staging, catalogue: FieldCatalogue) -> None:
    """Make the view `issue_named` anew."""
    names = dict(zip(*staging.read("field", ["id", "name"]).to_pydict().values(), strict=True))
    columns = display_names(catalogue, list(staging.columns("issue")), staging.longest_name, last_names=names)
    staging.create_issue_named(columns)
