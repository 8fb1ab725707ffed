"""The same stories from a shell, without Airflow: `jira-staging`, or `python -m jira_staging`."""

from jira_staging.command_line.entrance import main

__all__ = ["main"]
