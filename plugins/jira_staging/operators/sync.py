"""`JiraToStagingOperator`: Jira into staging tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jira_staging.hooks import JiraStagingHook
from jira_staging.operator_links import LedTo, LoadedIssues, StagingPage, UsedDefinition, loaded_jql
from jira_staging.operators.staging_task import StagingTask
from jira_staging.records import Checks, LoadStrategy, PersonalData, Report, SyncRequest
from jira_staging.rendered_arguments import limit_of, names_in, strategy_of, text_of, truth_of
from jira_staging.task_runs import Work

if TYPE_CHECKING:
    from jira_staging.jira_api.client import JiraClient
    from jira_staging.staging import Staging


class JiraToStagingOperator(StagingTask):
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
    :param exclude_fields: fields to leave out of every table, by id or name.
    :param limit: load at most so many issues: a sample, which moves no watermark.
    :param load_strategy: `merge`: rows are replaced by their key, and a watermark remembers how far the run came. The others
        read everything: `append` keeps each run's version, `replace` and `truncate_insert` put the new rows in place of the old
        ones, `fail_if_exists` loads only tables that were not loaded before.
    :param full: read everything again, whatever the watermark says; of `merge`.
    :param raw: also keep what Jira answers, with all fields, so that tables can be made anew without asking again.
    :param checks: what a failed check of the loaded tables does: `warn`, or `fail` the task once everything is written.
    :param personal_data: `keep` names, addresses and free text, `hash` them with a key, or `drop` them; always as at the first
        load of the schema.
    :param personal_data_key: the name of the secret definition that leads to the key of the hash, and of who was forgotten.
    :param reporting_views: keep the views for reporting, in schemas beside the staging schema.
    :param reporting_time_zone: the time zone whose days they show (default: the account's).
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
        "personal_data",
        "personal_data_key",
        "checks",
        "reporting_views",
        "reporting_time_zone",
    )
    template_fields_renderers = {"jql": "sql"}  # noqa: RUF012  Airflow's own attribute
    operator_extra_links = (LoadedIssues(), StagingPage(), UsedDefinition())

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
        personal_data: PersonalData | str = "keep",
        personal_data_key: str | None = None,
        checks: Checks | str = "warn",
        reporting_views: bool | str = True,
        reporting_time_zone: str | None = None,
        **kwargs: Any,
    ) -> None:
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
        self.personal_data = personal_data
        self.personal_data_key = personal_data_key
        self.checks = checks
        self.reporting_views = reporting_views
        self.reporting_time_zone = reporting_time_zone

    def _work(self, hook: JiraStagingHook) -> Work:
        # Airflow reads a DAG's file every half minute; only a run needs what copies.
        from jira_staging.syncing import sync

        request = self._request()

        def copy(jira: JiraClient, staging: Staging, report: Report) -> None:
            sync(jira, staging, request, report)
            self.led_to = LedTo(hook.site, hook.definition_name, loaded_jql(request, report))

        return copy

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
            reporting_views=truth_of(self.reporting_views, "reporting_views", otherwise=True),
            reporting_time_zone=text_of(self.reporting_time_zone),
        )
