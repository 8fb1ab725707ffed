"""How many issues are overdue, by assignee, asked of Jira itself: TaskFlow and the hook, without staging tables.

For a look at a few issues that must be as of now. It asks Jira for all that the JQL selects each time, so anything larger or
older belongs to the staging tables. The counts go to the next task; the issues go nowhere.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import Param, dag, task

from jira_staging.hooks import JiraStagingHook, definition_names
from jira_staging.jira_api.jql import projects_in
from jira_staging.lasting_errors import failing_for_good
from jira_staging.rendered_arguments import names_in


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    params={
        "api_token": Param(
            "jira", type="string", examples=definition_names(), description="The secret definition whose token signs in."
        ),
        "projects": Param(None, type=["null", "string"], description="Keys of projects, separated by commas. Empty: all."),
    },
    tags=["jira", "example"],
    doc_md=__doc__,
)
def jira_overdue_issues() -> None:
    """Ask, then tell."""

    # One result: otherwise Airflow would keep one for each person. A refused token or JQL fails at once, without retries.
    @task(multiple_outputs=False)
    @failing_for_good()
    def count_by_assignee(api_token: str, projects: str) -> dict[str, int]:
        """Overdue issues by assignee's account id."""
        keys = names_in(projects)
        within = f" AND {projects_in(keys)}" if keys else ""
        issues = JiraStagingHook("jira_default", api_token=api_token).get_df(
            f"due < now() AND statusCategory != Done{within}", ["assignee_id"]
        )
        return {str(who): int(count) for who, count in issues["assignee_id"].fillna("nobody").value_counts().items()}

    @task
    def tell(counts: dict[str, int]) -> None:
        """One line each, the most first. Put your own way of telling people here."""
        for who, count in sorted(counts.items(), key=lambda pair: -pair[1]):
            print(f"{who}: {count} overdue")  # noqa: T201  a task's log

    tell(count_by_assignee("{{ params.api_token }}", "{{ params.projects }}"))


jira_overdue_issues()
