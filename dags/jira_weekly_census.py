"""Every Sunday: what is gone from Jira gets its mark in the staging tables, and what came back is loaded again.

No search finds what is not there, so the nightly sync cannot see it; the census compares all ids. It uses the connections and
the definition of `jira_nightly_sync`, and begins when that one is done.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param

from jira_staging.hooks import definition_names
from jira_staging.operators import JiraCensusOperator

with DAG(
    "jira_weekly_census",
    description="Which Jira issues and comments are gone, and why",
    schedule="0 4 * * 0",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5), "retry_exponential_backoff": True},
    params={
        "api_token": Param(
            "jira", type="string", examples=definition_names(), description="The secret definition whose token signs in."
        ),
        "projects": Param(
            None, type=["null", "string"], description="Keys of projects, separated by commas. Empty: all that were loaded."
        ),
        "max_missing": Param(0.2, type="number", description="Which share of a project may become `missing` at once."),
    },
    tags=["jira", "staging"],
    doc_md=__doc__,
):
    JiraCensusOperator(
        task_id="take_census",
        jira_conn_id="jira_default",
        api_token="{{ params.api_token }}",
        staging_conn_id="jira_staging",
        staging_schema="jira",
        projects="{{ params.projects }}",
        max_missing="{{ params.max_missing }}",
        # Deletions that look like lost rights need a person.
        checks="fail",
    )
