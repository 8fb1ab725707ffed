"""The operators: what a DAG says, and the story that a task runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import Asset, BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from jira_staging.errors import JiraStagingError, JiraUnavailable
from jira_staging.hooks import JiraStagingHook, open_staging
from jira_staging.records import LoadStrategy, Report, Run, SyncRequest
from jira_staging.rendered_arguments import limit_of, names_in, strategy_of, text_of, truth_of

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.definitions.mappedoperator import OperatorPartial

JIRA_ISSUES = Asset("jira_issues")

# A worker's slot is worth more than a short deferral saves; Jira's burst limits pass within seconds, its quotas do not.
SHORTEST_DEFERRAL_SECONDS = 60.0
# A quota resets at the top of the hour: whoever asks for longer than this in all needs a person.
LONGEST_DEFERRAL_SECONDS = 4 * 3600.0


class JiraToStagingOperator(BaseOperator):
    """Copy Jira issues and what surrounds them into staging tables: complete, typed, and only what changed since the last run.

    :param jira_conn_id: the Jira connection: site and account.
    :param api_token: the name of the secret definition whose token signs in (default: the connection's own).
    :param staging_conn_id: the staging database (a DuckDB connection).
    :param staging_schema: its schema; one schema holds one site.
    :param projects: keys of the projects to load (default: all that the account sees).
    :param components: names of components; only issues with one of them are loaded.
    :param jql: a restriction in JQL, without ORDER BY.
    :param entities: tables or groups of tables to load (default: all).
    :param include_fields: custom fields to load, by id or name (default: all).
    :param exclude_fields: custom fields to leave out, by id or name.
    :param limit: load at most so many issues: a sample, which moves no watermark.
    :param load_strategy: `merge`: rows are replaced by their key, and a watermark remembers how far the run came. The others
        read everything: `append` keeps each run's version, `replace` and `truncate_insert` put the new rows in place of the old
        ones, `fail_if_exists` loads only tables that were not loaded before.
    :param full: read everything again, whatever the watermark says; of `merge`.
    :param raw: also keep what Jira answers, with all fields, so that tables can be made anew without asking again.
    """

    template_fields: Sequence[str] = (
        "jira_conn_id",
        "api_token",
        "staging_conn_id",
        "staging_schema",
        "projects",
        "components",
        "jql",
        "entities",
        "include_fields",
        "exclude_fields",
        "limit",
        "load_strategy",
        "full",
        "raw",
    )
    template_fields_renderers = {"jql": "sql"}  # noqa: RUF012  Airflow's own attribute
    ui_color = "#deebff"

    def __init__(  # noqa: PLR0913  an operator's arguments are what a DAG may say
        self,
        *,
        jira_conn_id: str = JiraStagingHook.default_conn_name,
        api_token: str | None = None,
        staging_conn_id: str = "jira_staging",
        staging_schema: str = "jira",
        projects: Sequence[str] | str = (),
        components: Sequence[str] | str = (),
        jql: str | None = None,
        entities: Sequence[str] | str = (),
        include_fields: Sequence[str] | str = (),
        exclude_fields: Sequence[str] | str = (),
        limit: int | str | None = None,
        load_strategy: LoadStrategy | str = "merge",
        full: bool | str = False,
        raw: bool | str = False,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("outlets", [JIRA_ISSUES])
        super().__init__(**kwargs)
        self.jira_conn_id = jira_conn_id
        self.api_token = api_token
        self.staging_conn_id = staging_conn_id
        self.staging_schema = staging_schema
        self.projects = projects
        self.components = components
        self.jql = jql
        self.entities = entities
        self.include_fields = include_fields
        self.exclude_fields = exclude_fields
        self.limit = limit
        self.load_strategy = load_strategy
        self.full = full
        self.raw = raw

    @classmethod
    def partial(cls, **kwargs: Any) -> OperatorPartial:
        """As every operator's, for `expand`: mapped tasks, too, tell Airflow of their asset when the DAG is parsed."""
        kwargs.setdefault("outlets", [JIRA_ISSUES])
        return super().partial(**kwargs)

    def execute(self, context: Context) -> dict[str, Any]:
        """Sign in, load, and tell: the result is small, the issues go nowhere but into the tables."""
        return self._load(context, waited_seconds=0.0)

    def go_on(self, context: Context, event: Any, waited_seconds: float) -> dict[str, Any]:
        """Continue after a deferral: the token is resolved anew, and the stored sweep says what is left.

        `waited_seconds` is how long the deferrals of this try took so far.
        """
        del event
        return self._load(context, waited_seconds)

    def _load(self, context: Context, waited_seconds: float) -> dict[str, Any]:
        # Airflow reads a DAG's file every half minute; only a run needs what copies.
        from jira_staging.syncing import sync

        hook = JiraStagingHook(self.jira_conn_id, api_token=text_of(self.api_token))
        try:
            request = self._request()
            with hook.get_conn() as jira:
                self.log.info("Copying %s into %s, signed in by %s.", jira.site, self.staging_schema, hook.signs_in_by)
                report = Report(_run(context, jira.site), notes=list(hook.notes))
                sync(jira, open_staging(self.staging_conn_id, self.staging_schema), request, report)
        except JiraUnavailable as error:
            self._defer_if_worth_it(error, waited_seconds)
            raise
        except JiraStagingError as error:
            if error.retry:
                raise
            raise AirflowFailException(str(error)) from error
        summary = {"definition": hook.signs_in_by, **report.summary()}
        for asset in self.outlets:
            if isinstance(asset, Asset):
                context["outlet_events"][asset].extra = _event(summary)
        return summary

    def _request(self) -> SyncRequest:
        return SyncRequest(
            projects=names_in(self.projects),
            components=names_in(self.components),
            jql=text_of(self.jql),
            entities=names_in(self.entities),
            include_fields=names_in(self.include_fields),
            exclude_fields=names_in(self.exclude_fields),
            limit=limit_of(self.limit),
            load_strategy=strategy_of(self.load_strategy),
            full=truth_of(self.full, "full"),
            raw=truth_of(self.raw, "raw"),
        )

    def _defer_if_worth_it(self, error: JiraUnavailable, waited_seconds: float) -> None:
        """Give the worker's slot back while Jira asks for a long wait; what was published stays, the rest is stored."""
        seconds = error.wait_seconds
        if seconds is None or seconds < SHORTEST_DEFERRAL_SECONDS or waited_seconds + seconds > LONGEST_DEFERRAL_SECONDS:
            return
        self.log.warning("%s The task waits %.0f seconds without a worker and then goes on.", error, seconds)
        self.defer(
            trigger=TimeDeltaTrigger(timedelta(seconds=seconds)),
            method_name="go_on",
            kwargs={"waited_seconds": waited_seconds + seconds},
        )


def _run(context: Context, site: str) -> Run:
    ti = context["ti"]
    return Run(
        run_id=str(uuid4()),
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
