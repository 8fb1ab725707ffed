"""What Airflow's plugin manager runs: it mounts our API under `/jira-staging`, and imports nothing more."""

from airflow.plugins_manager import AirflowPlugin

from jira_staging.web.mounted import MountedApp


class JiraStagingPlugin(AirflowPlugin):
    """Secret definitions over HTTP, in the Airflow API server."""

    name = "jira_staging"
    fastapi_apps = [{"app": MountedApp(), "url_prefix": "/jira-staging", "name": "Jira staging"}]  # noqa: RUF012  Airflow's own
