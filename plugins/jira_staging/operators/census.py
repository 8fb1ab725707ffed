"""`JiraCensusOperator`: what the staging tables have that Jira no longer has, and the other way round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jira_staging.hooks import JiraStagingHook
from jira_staging.operator_links import LedTo, StagingPage, UsedDefinition
from jira_staging.operators.staging_task import StagingTask
from jira_staging.records import CensusRequest, Checks, PersonalData, Report, SyncRequest
from jira_staging.rendered_arguments import comment_days_of, names_in, share_of, text_of
from jira_staging.task_runs import Work

if TYPE_CHECKING:
    from jira_staging.jira_api.client import JiraClient
    from jira_staging.staging import Staging


class JiraCensusOperator(StagingTask):
    """Compare all ids of Jira with those of the staging tables, both ways: what no sync can see is found by what is not there.

    Gone issues are marked with their reason, issues that came back are loaded again with all that hangs on them, and so are
    those that name a gone one or lost a comment. No watermark moves. It wants to run after a sync, once a week.

    :param jira_conn_id: the Jira connection: site and account.
    :param api_token: the name of the secret definition whose token signs in (default: the connection's own).
    :param staging_conn_id: the staging database (a DuckDB connection).
    :param staging_schema: its schema; one schema holds one site.
    :param projects: keys of projects, as the sync has them.
    :param components: names of components, as the sync has them.
    :param jql: a restriction in JQL, as the sync has it.
    :param include_fields: custom fields, as the sync has them.
    :param exclude_fields: fields to leave out, as the sync has them.
    :param census_comments: the comments of which issues are compared: of those updated in the last so many days, or `all`.
    :param max_missing: which share of a project that Jira still shows may become `missing` at once; beyond it nothing is
        marked missing there, and a check fails.
    :param personal_data: `keep` names, addresses and free text, `hash` them with a key, or `drop` them; always as at the first
        load of the schema.
    :param personal_data_key: the name of the secret definition that leads to the key of the hash.
    :param checks: what a failed check does: `warn`, or `fail` the task once everything is written.
    """

    template_fields: Sequence[str] = (
        "jira_conn_id",
        "api_token",
        "staging_conn_id",
        "staging_schema",
        "projects",
        "components",
        "jql",
        "include_fields",
        "exclude_fields",
        "census_comments",
        "max_missing",
        "personal_data",
        "personal_data_key",
        "checks",
    )
    template_fields_renderers = {"jql": "sql"}  # noqa: RUF012  Airflow's own attribute
    operator_extra_links = (StagingPage(), UsedDefinition())

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
        include_fields: Sequence[str] | str = (),
        exclude_fields: Sequence[str] | str = (),
        census_comments: int | str = 90,
        max_missing: float | str = 0.2,
        personal_data: PersonalData | str = "keep",
        personal_data_key: str | None = None,
        checks: Checks | str = "warn",
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
        self.include_fields = include_fields
        self.exclude_fields = exclude_fields
        self.census_comments = census_comments
        self.max_missing = max_missing
        self.personal_data = personal_data
        self.personal_data_key = personal_data_key
        self.checks = checks

    def _work(self, hook: JiraStagingHook) -> Work:
        from jira_staging.census import take_census

        request = self._request()
        self.led_to = LedTo(hook.site, hook.definition_name, None)

        def compare(jira: JiraClient, staging: Staging, report: Report) -> None:
            take_census(jira, staging, request, report)

        return compare

    def _request(self) -> CensusRequest:
        selection = SyncRequest(
            projects=names_in(self.projects),
            components=names_in(self.components),
            jql=text_of(self.jql),
            include_fields=names_in(self.include_fields),
            exclude_fields=names_in(self.exclude_fields),
        )
        return CensusRequest(selection, comment_days_of(self.census_comments), share_of(self.max_missing, "max_missing"))
