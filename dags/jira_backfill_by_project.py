"""Jira from the beginning, a task a project: for a first load, or to load chosen projects again, whatever the watermarks say.

Choose the API token's secret definition and the projects in the form. It uses the connections of `jira_nightly_sync`, which
then goes on from what this loaded. How many projects are loaded at once is the slots of the pool `jira_staging`, which has to
exist: `airflow pools set jira_staging 1 "Jira"`. One for a DuckDB file, which takes one writer; more for a warehouse.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param, task

from jira_staging.hooks import JiraStagingHook, definition_names
from jira_staging.operators import JiraToStagingOperator
from jira_staging.rendered_arguments import names_in

with DAG(
    "jira_backfill_by_project",
    description="Chosen Jira projects from their beginning, side by side",
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5), "retry_exponential_backoff": True},
    params={
        "api_token": Param(
            "jira", type="string", examples=definition_names(), description="The secret definition whose token signs in."
        ),
        "projects": Param(None, type=["null", "string"], description="Keys of projects, separated by commas. Empty: all."),
    },
    tags=["jira", "staging"],
    doc_md=__doc__,
):

    @task
    def choose_projects(api_token: str, projects: str) -> list[str]:
        """The keys from the form, or those of all projects that the account sees."""
        return list(names_in(projects)) or JiraStagingHook("jira_default", api_token=api_token).project_keys()

    JiraToStagingOperator.partial(
        task_id="copy_project",
        jira_conn_id="jira_default",
        api_token="{{ params.api_token }}",
        staging_conn_id="jira_staging",
        staging_schema="jira",
        full=True,
        pool="jira_staging",
        map_index_template="{{ task.projects }}",
    ).expand(projects=choose_projects("{{ params.api_token }}", "{{ params.projects }}"))
