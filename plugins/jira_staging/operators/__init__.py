"""The operators: what a DAG says, and the story that a task runs."""

from jira_staging.operators.census import JiraCensusOperator
from jira_staging.operators.sync import JiraToStagingOperator
from jira_staging.task_runs import JIRA_ISSUES

__all__ = ["JIRA_ISSUES", "JiraCensusOperator", "JiraToStagingOperator"]
