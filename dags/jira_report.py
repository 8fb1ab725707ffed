"""The charts of what was loaded, in one HTML file, written anew whenever a sync has updated the asset `jira_issues`.

It reads the connection `jira_staging` of `jira_nightly_sync`, and writes into the folder that the environment variable
`JIRA_REPORT_FOLDER` names (default: Airflow's home). Whoever gets the file needs neither Airflow nor the database.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pendulum
from airflow.sdk import DAG, Param, task

from jira_staging.lasting_errors import failing_for_good
from jira_staging.operators import JIRA_ISSUES
from jira_staging.rendered_arguments import names_in

with DAG(
    "jira_report",
    description="Charts of the Jira issues that were loaded, in one HTML file",
    schedule=[JIRA_ISSUES],
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    # A run that waits would write the same again.
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5), "retry_exponential_backoff": True},
    params={
        "file": Param(
            "jira_report.html",
            type="string",
            description="The HTML file, in the folder of reports of the machine that runs the task; one there is replaced.",
        ),
        "projects": Param(None, type=["null", "string"], description="Keys of projects, separated by commas. Empty: all."),
        "days": Param(90, type="integer", minimum=1, description="How many days it tells of, up to the last that was loaded."),
    },
    tags=["jira", "staging"],
    doc_md=__doc__,
):
    # Such as the key of a project that is not there: the next try would find the same.
    @task
    @failing_for_good()
    def write_report(file: str, projects: str, days: str) -> dict[str, Any]:
        """Write the file, and tell where it is and how large."""
        # Airflow reads this file every half minute; only a run needs what asks and draws.
        from jira_staging.airflow_databases import open_staging
        from jira_staging.charts import Selection
        from jira_staging.charts.writing import write_report as write

        staging = open_staging("jira_staging", "jira", read_only=True)
        # Whoever may trigger this DAG names the file, and is not to replace just any.
        folder = Path(os.environ.get("JIRA_REPORT_FOLDER") or os.environ.get("AIRFLOW_HOME") or "~/airflow").expanduser()
        written = write(staging, Selection(tuple(names_in(projects)), int(days)), Path(file), within=folder)
        return {"file": str(written.file), "bytes": written.bytes, "complete_up_to": written.as_of}

    write_report("{{ params.file }}", "{{ params.projects }}", "{{ params.days }}")
