"""What Airflow knows us by: our API and page under `/jira-staging`. It imports nothing more."""

import sys

from airflow.plugins_manager import AirflowPlugin

from jira_staging.web.mounted import MountedApp


class JiraStagingPlugin(AirflowPlugin):
    """Secret definitions over HTTP in the Airflow API server, and the page "Jira staging" in Airflow's navigation."""

    name = "jira_staging"
    fastapi_apps = [{"app": MountedApp(), "url_prefix": "/jira-staging", "name": "Jira staging"}]  # noqa: RUF012  Airflow's own
    external_views = [  # noqa: RUF012  Airflow's own
        {
            "name": "Jira staging",
            # Relative: Airflow may be served under a path of its own.
            "href": "jira-staging/",
            "destination": "nav",
            "category": "browse",
            "url_route": "jira-staging",
        }
    ]


# The entry point of the installed package. Airflow reads its plugins folder first and calls what it meets twice an error.
INSTALLED = None if "jira_staging_plugin" in sys.modules else JiraStagingPlugin
