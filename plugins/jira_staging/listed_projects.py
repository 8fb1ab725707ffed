"""Projects that were loaded and that Jira does not list any longer: a run that passed over them must not look whole."""

from collections.abc import Collection, Mapping

from jira_staging.errors import JiraNotPermitted
from jira_staging.records import Report
from jira_staging.run_frames import states_before
from jira_staging.staging import Staging
from jira_staging.tables import SITE_SCOPE

_PREFIX = "project:"


def require_projects(staging: Staging, site: str, report: Report, listed: Collection[int]) -> None:
    """Tell those of which issues count, each as a failed check, and where the account sees no project.

    Raises JiraNotPermitted where it sees none and some were loaded: an account that lost its rights looks like this.
    """
    states = states_before(staging, site)
    loaded = {int(name.removeprefix(_PREFIX)): name for name in states if name.startswith(_PREFIX)}
    unlisted = {project_id: name for project_id, name in loaded.items() if project_id not in listed}
    left = _issues_left(staging, unlisted)
    if left and not listed:
        raise JiraNotPermitted(
            f"The account sees no project of {site}, and {sum(left.values()):,} issues of {len(left):,} of its projects were "
            "loaded before: nothing was read, and they stay. Check what the account may see, and whose the token is."
        )
    if not listed:
        words = f"The account sees no project of {site}, so nothing was loaded. Let it browse those that are to be loaded."
        report.check(("project", SITE_SCOPE), "projects_listed", {"listed": 0}, wrong=words)
    keys = staging.read("project", ["id", "key"], {"id": list(left)}).to_pydict()
    key_of = dict(zip(keys["id"], keys["key"], strict=True))
    for project_id, count in left.items():
        name = unlisted[project_id]
        words = (
            f"{key_of.get(project_id, name)} was loaded before, and Jira does not list the project any longer: its {count:,} "
            "issues stay as they were. Check what the account may see; a census (`--census`) tells whether the project is "
            "archived, deleted or hidden."
        )
        report.check(("issue", name), "projects_listed", {"issues": count}, wrong=words)


def _issues_left(staging: Staging, projects: Mapping[int, str]) -> dict[int, int]:
    """How many issues that count each of these projects has, those that have any; files do not tell."""
    if not projects or staging.spelling is None or not staging.columns("issue"):
        return {}
    issues, numbers = staging.spelling.rows("issue"), ", ".join(map(str, projects))
    rows = staging.answer(f"SELECT i.project_id, count(*) FROM {issues} AS i WHERE i.project_id IN ({numbers}) GROUP BY 1")
    return {int(str(project)): int(str(count)) for project, count in rows}
