"""Which issues' keys are not their project's any longer, asked of every warehouse."""

from jira_staging.planning import Plan, Project
from jira_staging.records import Scope
from jira_staging.renamed_projects import issues_of_renamed_projects
from jira_staging.staging import Staging
from staging.invented_rows import a_state, issue, publish, rows_of

PROJECTS = (Project(10_000, "DEMO"), Project(10_001, "MONEY"), Project(10_002, "NEW"))


def plans(*scopes: str) -> list[Plan]:
    found = [Scope(name, name, "x = 1", int(name[8:]) if name.startswith("project:") else None) for name in scopes]
    return [Plan(scope, "incremental", 1, (), a_state(scope.name), 2) for scope in found]


def test_issues_with_another_key_than_their_projects_are_found_in_scopes_by_jql(staging: Staging) -> None:
    renamed = [issue(number, key=key, project_id=10_001) for number, key in ((3, "PAY-3"), (4, "MONEY-4"), (5, "PAY-5"))]
    untouched = [issue(number, project_id=10_000) for number in (1, 2)]
    hidden = issue(6, key="OLD-6", project_id=10_009)
    publish(staging, rows_of("issue", *untouched, *renamed[:2], hidden), scope="jql:one")
    publish(staging, rows_of("issue", *renamed[1:]), scope="jql:other")

    found = issues_of_renamed_projects(staging, PROJECTS, plans("jql:one", "jql:other", "project:10001"))

    assert found == {"jql:one": [3], "jql:other": [5]}
    assert issues_of_renamed_projects(staging, PROJECTS, plans("project:10001")) == {}
