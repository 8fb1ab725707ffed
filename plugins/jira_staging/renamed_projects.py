"""Issues whose key changed although they did not: their project got another one."""

from collections.abc import Mapping, Sequence

from jira_staging.planning import Plan, Project
from jira_staging.staging import Staging
from jira_staging.staging.views import Spelling


def issues_of_renamed_projects(staging: Staging, projects: Sequence[Project], plans: Sequence[Plan]) -> dict[str, list[int]]:
    """By scope, the issues whose keys are not their project's any longer, of scopes that go by a JQL; no scope without any.

    A new key changes the `updated` of no issue. Scopes that are projects are read in full then. Files are not looked through.
    """
    by_jql = [planned.scope.name for planned in plans if planned.scope.project_id is None and planned.since is not None]
    if not by_jql or staging.spelling is None or not staging.columns("issue"):
        return {}
    keys = {project.id: project.key for project in projects}
    renamed = [
        project_id for project_id, *some in _some_keys(staging, staging.spelling) if _have_other(some, keys.get(project_id))
    ]
    if not renamed:
        return {}
    issues = staging.read("issue", ["id", "key", "project_id"], {"project_id": renamed}).to_pylist()
    ids = [issue["id"] for issue in issues if _have_other([issue["key"]], keys[issue["project_id"]])]
    found: dict[str, list[int]] = {}
    where: Mapping[str, Sequence[int | str]] = {"scope": by_jql, "issue_id": ids}
    for row in staging.read("_scope_issue", ["scope", "issue_id"], where).to_pylist():
        found.setdefault(row["scope"], []).append(row["issue_id"])
    return found


def _some_keys(staging: Staging, spelling: Spelling) -> list[tuple[int, str, str]]:
    """Each project's id, and the first and the last key that its issues have in the table."""
    project, key = spelling.column("project_id"), spelling.column("key")
    rows = staging.answer(f"SELECT {project}, min({key}), max({key}) FROM {spelling.rows('issue')} AS i GROUP BY {project}")
    return [(int(str(found[0])), str(found[1]), str(found[2])) for found in rows if found[0] is not None]


def _have_other(keys: Sequence[str], project: str | None) -> bool:
    # Of a project that the account sees no longer nothing can be read.
    return project is not None and any(key.rpartition("-")[0] != project for key in keys)
