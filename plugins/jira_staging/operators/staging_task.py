"""What the operators have in common: a try signs in, works on a staging schema, and tells Airflow what came of it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from jira_staging.airflow_lineage import lineage_of, told
from jira_staging.hooks import JiraStagingHook, personal_data_key
from jira_staging.operator_links import LedTo
from jira_staging.rendered_arguments import checks_of, personal_data_of, text_of
from jira_staging.task_runs import JIRA_ISSUES, TaskRun, Work

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context
    from airflow.sdk.definitions.mappedoperator import OperatorPartial

    from jira_staging.jira_api.client import JiraClient
    from jira_staging.records import Checks, PersonalData, Report
    from jira_staging.staging import Staging


class StagingTask(BaseOperator):
    """An operator that has a Jira site and a staging schema to work with; what it does with them is said by `_work`."""

    ui_color = "#deebff"

    jira_conn_id: str
    api_token: str | None
    staging_conn_id: str
    staging_schema: str
    personal_data: PersonalData | str
    personal_data_key: str | None
    checks: Checks | str

    led_to: LedTo | None = None
    _lineage: OperatorLineage[Any, Any] | None = None

    def __init__(self, **kwargs: Any) -> None:
        # Airflow has put what a DAG and a group say for all their tasks into `default_args`.
        if "outlets" not in kwargs and "outlets" not in (kwargs.get("default_args") or {}):
            kwargs["outlets"] = [JIRA_ISSUES]
        super().__init__(**kwargs)

    @classmethod
    def partial(cls, **kwargs: Any) -> OperatorPartial:
        """As every operator's, for `expand`: mapped tasks, too, tell Airflow of their asset when the DAG is parsed."""
        made = super().partial(**kwargs)
        if "outlets" not in kwargs and not made.kwargs.get("outlets"):
            made.kwargs["outlets"] = [JIRA_ISSUES]
        return made

    def execute(self, context: Context) -> dict[str, Any]:
        """Sign in, work, and tell: the result is small, the issues go nowhere but into the tables."""
        return self._try(context, waited_seconds=0.0)

    def go_on(self, context: Context, event: Any, waited_seconds: float) -> dict[str, Any]:
        """Continue after a deferral: the token is resolved anew, and what is stored says what is left.

        `waited_seconds` is how long the deferrals of this try took so far.
        """
        del event
        return self._try(context, waited_seconds)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """What the run read and wrote: the site, and the tables with their columns and rows."""
        del task_instance
        return told(self._lineage)

    @abstractmethod
    def _work(self, hook: JiraStagingHook) -> Work:
        """What is to be done, by the arguments as they were rendered. Raises WrongUse for one that is wrong."""

    def _try(self, context: Context, waited_seconds: float) -> dict[str, Any]:
        # Airflow reads a DAG's file every half minute; only a run needs what copies.
        from jira_staging.personal_data import protect
        from jira_staging.staging.personal_data import guard_for

        hook = JiraStagingHook(self.jira_conn_id, api_token=self.api_token)
        # What is nothing is refused where it is opened.
        destination = (text_of(self.staging_conn_id) or "", text_of(self.staging_schema) or "")

        def work() -> Work:
            act = self._work(hook)
            way, key = personal_data_of(self.personal_data), personal_data_key(text_of(self.personal_data_key))
            guard_for(way, key)

            def protected(jira: JiraClient, staging: Staging, report: Report) -> None:
                protect(staging, way, key)
                act(jira, staging, report)
                self._lineage = lineage_of(report, staging, *destination)

            return protected

        return TaskRun(self, context, waited_seconds).carry_out(hook, destination, work, lambda: checks_of(self.checks))
