"""What Airflow's plugin manager runs where plugins/ is its folder: our API and page under `/jira-staging`."""

from jira_staging.web.plugin import JiraStagingPlugin

__all__ = ["JiraStagingPlugin"]
