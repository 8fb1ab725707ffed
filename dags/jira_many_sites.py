"""A nightly sync of each site in include/sites.yaml: copy include/example-sites.yaml to begin. No file, no DAG.

One DAG a site, so that a site's failure is its own, with its own schedule and pool. `arguments` are any others of the operator.
"""

from datetime import timedelta
from pathlib import Path

import pendulum
import yaml
from airflow.sdk import DAG

from jira_staging.operators import JiraToStagingOperator

SITES = Path(__file__).parents[1] / "include" / "sites.yaml"

for site in (yaml.safe_load(SITES.read_text()) if SITES.exists() else None) or ():
    with DAG(
        f"jira_nightly_sync_{site['site']}",
        description=f"Jira of {site['site']} into the schema {site['staging_schema']}",
        schedule=site["schedule"],
        start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
        catchup=False,
        max_active_runs=1,
        default_args={
            "retries": 3,
            "retry_delay": timedelta(minutes=5),
            "retry_exponential_backoff": True,
            "pool": site["pool"],
            "jira_conn_id": site["jira_conn_id"],
            "api_token": site["api_token"],
            "staging_conn_id": site.get("staging_conn_id", "jira_staging"),
            "staging_schema": site["staging_schema"],
        },
        tags=["jira", "staging", site["site"]],
        doc_md=__doc__,
    ):
        JiraToStagingOperator(task_id="copy_jira", **site.get("arguments", {}))
