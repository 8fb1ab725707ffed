"""One try of a task: sign in, do the operator's work, tell Airflow what came of it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import Asset

from jira_staging.airflow_versions import AirflowFailException, stats
from jira_staging.errors import JiraStagingError, JiraUnavailable
from jira_staging.hooks import JiraStagingHook, configured_seconds, open_staging
from jira_staging.lasting_errors import failing_for_good
from jira_staging.records import Checks, Report, Run
from jira_staging.run_logs import RunLog, begin_run

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, Context

    from jira_staging.jira_api.client import JiraClient
    from jira_staging.staging import Staging

# A worker's slot is worth more than a short deferral saves; Jira's burst limits pass within seconds, its quotas do not.
SHORTEST_DEFERRAL_SECONDS = 60.0
# A quota resets at the top of the hour: whoever asks for longer than this in all needs a person.
LONGEST_DEFERRAL_SECONDS = 4 * 3600.0

JIRA_ISSUES = Asset("jira_issues")

log = RunLog(__name__)

Work = Callable[["JiraClient", "Staging", Report], None]


class TaskRun:
    """What an operator's try needs of Airflow: the connections' names, and how long its deferrals have taken so far."""

    def __init__(self, operator: BaseOperator, context: Context, waited_seconds: float) -> None:
        self._operator = operator
        self._context = context
        self._waited_seconds = waited_seconds

    def carry_out(
        self, hook: JiraStagingHook, destination: tuple[str, str], work: Callable[[], Work], checks: Callable[[], Checks]
    ) -> dict[str, Any]:
        """Do the work and give its summary. `destination` is the staging connection and its schema.

        `work` and `checks` read the operator's arguments: what is wrong with one fails the task for good, like every error that
        does not pass by itself. A failed check fails it only after everything was written.
        """
        with failing_for_good():
            return copy_context().run(self._try_once, hook, destination, work, checks)

    def _try_once(
        self, hook: JiraStagingHook, destination: tuple[str, str], work: Callable[[], Work], checks: Callable[[], Checks]
    ) -> dict[str, Any]:
        conn_id, schema = destination
        run_id = str(uuid4())
        begin_run(run_id)
        try:
            act, on_failure = work(), checks()
            with hook.get_conn() as jira:
                log.info("Copying %s into %s, signed in by %s.", jira.site, schema, hook.signs_in_by)
                report = Report(_run(run_id, jira.site, self._context), notes=list(hook.notes))
                try:
                    act(jira, open_staging(conn_id, schema), report)
                finally:
                    _measure(report, self._operator)
        except JiraStagingError as error:
            self._defer_if_worth_it(error)
            # Airflow's own line on the failure knows neither the run nor Jira's trace id.
            log.error("The run failed (%s): %s", type(error).__name__, error)  # noqa: TRY400  Airflow shows the traceback
            raise
        if report.failed_checks and on_failure == "fail":
            raise AirflowFailException(f"Everything was loaded, but checks failed: {' '.join(report.failed_checks)}")
        summary = {"definition": hook.signs_in_by, **report.summary(), "deferred_seconds": round(self._waited_seconds, 3)}
        for asset in self._operator.outlets:
            if isinstance(asset, Asset):
                self._context["outlet_events"][asset].extra = _event(summary)
        return summary

    def _defer_if_worth_it(self, error: JiraStagingError) -> None:
        """Give the worker's slot back while Jira asks for a long wait; what was published stays, the rest is stored."""
        seconds = error.wait_seconds if isinstance(error, JiraUnavailable) else None
        shortest = configured_seconds("shortest_deferral_seconds", SHORTEST_DEFERRAL_SECONDS)
        longest = configured_seconds("longest_deferral_seconds", LONGEST_DEFERRAL_SECONDS) - self._waited_seconds
        if seconds is None or not shortest <= seconds <= longest:
            return
        log.warning("%s The task waits %.0f seconds without a worker and then goes on.", error, seconds)
        self._operator.defer(
            trigger=TimeDeltaTrigger(timedelta(seconds=seconds)),
            method_name="go_on",
            kwargs={"waited_seconds": self._waited_seconds + seconds},
        )


def _measure(report: Report, operator: BaseOperator) -> None:
    """Tell Airflow's metrics what this try did, whether it failed or not; a deployment that collects none loses nothing."""
    tallies, tags = report.tallies.values(), {"dag_id": operator.dag_id, "task_id": operator.task_id}
    issues = [tally for tally in tallies if tally.entity == "issue"]
    stats.incr("jira_staging.issues", sum(tally.rows_read for tally in issues), tags=tags)
    stats.incr("jira_staging.requests", sum(tally.requests for tally in tallies), tags=tags)
    stats.incr("jira_staging.retries", sum(tally.retries for tally in tallies), tags=tags)
    stats.incr("jira_staging.rejected", sum(tally.rows_rejected for tally in tallies), tags=tags)
    stats.incr("jira_staging.failed_checks", len(report.failed_checks), tags=tags)
    stats.timing("jira_staging.waits", timedelta(seconds=sum(tally.wait_seconds for tally in tallies)), tags=tags)
    marks = [tally.watermark_to for tally in issues if tally.watermark_to is not None]
    if marks:
        stats.gauge("jira_staging.lag_seconds", datetime.now(UTC).timestamp() - min(marks) / 1000, tags=tags)


def _run(run_id: str, site: str, context: Context) -> Run:
    ti = context["ti"]
    return Run(
        run_id=run_id,
        site=site,
        started_at=datetime.now(UTC),
        dag_id=ti.dag_id,
        airflow_run_id=ti.run_id,
        map_index=ti.map_index,
        try_number=ti.try_number,
    )


def _event(summary: dict[str, Any]) -> dict[str, Any]:
    """What the asset's event tells the DAGs that wait for it."""
    issues = summary["rows"].get("issue", {})
    return {
        "run_id": summary["run_id"],
        "site": summary["site"],
        "watermark": summary["watermark"],
        "rows": {name: issues.get(name, 0) for name in ("inserted", "updated", "deleted")},
    }
