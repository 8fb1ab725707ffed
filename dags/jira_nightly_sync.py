"""Jira into staging tables, every night: all of it at first, then what changed.

To use it, make an Airflow connection `jira_default` of type "Jira (staging)" (site and account) and one `jira_staging` of type
DuckDB (the file), and name your secret definition in the Param below (see include/secret_definitions/).
"""

import logging
from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import DAG, Param

from jira_staging.hooks import definition_names
from jira_staging.operators import JiraToStagingOperator


def alert(context: dict[str, Any]) -> None:
    """Called when a task failed for good, after its retries. Put your own way of telling people here: mail, Slack, a pager."""
    logging.getLogger(__name__).error("Jira was not copied in this night: %s", context.get("exception"))


def warn(context: dict[str, Any]) -> None:
    """Called when all was loaded: tell what needs a person all the same, a failed check or a token that ends soon."""
    ti = context["ti"]
    result = ti.xcom_pull(task_ids=ti.task_id, map_indexes=ti.map_index) or {}
    for sentence in (*result.get("failed_checks", ()), *result.get("notes", ())):
        logging.getLogger(__name__).warning("Jira was copied, but: %s", sentence)


with DAG(
    "jira_nightly_sync",
    description="Jira issues and what surrounds them into staging tables",
    schedule="0 2 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    # One run at a time: a second one would only wait for the first one's locks.
    max_active_runs=1,
    default_args={
        # What does not pass by itself (a dead token, a misspelt project) fails at once: the errors say so.
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": True,
        "on_failure_callback": alert,
        "on_success_callback": warn,
    },
    params={
        "api_token": Param(
            "jira", type="string", examples=definition_names(), description="The secret definition whose token signs in."
        ),
        "projects": Param(None, type=["null", "string"], description="Keys of projects, separated by commas. Empty: all."),
        "full": Param(False, type="boolean", description="Read everything again, whatever the watermark says."),
    },
    tags=["jira", "staging"],
    doc_md=__doc__,
):
    JiraToStagingOperator(
        task_id="copy_jira",
        jira_conn_id="jira_default",
        api_token="{{ params.api_token }}",
        staging_conn_id="jira_staging",
        staging_schema="jira",
        projects="{{ params.projects }}",
        full="{{ params.full }}",
    )
