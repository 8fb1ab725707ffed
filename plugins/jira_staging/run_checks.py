"""What every run checks of the tables it has written: against Jira's own count, and against themselves."""

import json
from collections.abc import Iterator, Mapping, Sequence

from jira_staging.errors import JiraNotPermitted, JiraRefusedQuery
from jira_staging.jira_api import jql
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.readings import reading_of
from jira_staging.phases import phase
from jira_staging.records import Report, Scope
from jira_staging.run_frames import states_before
from jira_staging.staging import Staging
from jira_staging.tables import TABLES

# Jira's count is an estimate, and lags behind like its search; deletions are found by the census only.
TOLERATED_ISSUES, TOLERATED_SHARE = 10, 0.02


@phase("check")
def check_run(jira: JiraClient, staging: Staging, report: Report, scopes: Sequence[Scope], *, counts_rows: bool = True) -> None:
    """Check what the run wrote, and write the outcomes down. `counts_rows`: compare with Jira's approximate count."""
    if not scopes:
        return
    written = [name for name, counts in report.totals().items() if counts["inserted"] or counts["updated"] or counts["deleted"]]
    inspection = staging.inspect([name for name in written if name in TABLES and TABLES[name].group != "own"])
    _check_children(report)
    if inspection is None:
        return
    place = ("issue", scopes[0].name)
    doubles = {name: count for name, count in inspection.duplicates.items() if count}
    words = f"{_listed(doubles)}: these keys stand in several rows. Load the tables anew (`--full`), and report this."
    report.check(place, "duplicates", doubles, wrong=words if doubles else None)
    if _all_have_issues(staging, jira.site):
        orphans = {name: count for name, count in inspection.orphans.items() if count}
        words = f"{_listed(orphans)}: rows of issues that are not in the table `issue`. See `_rejected_row`."
        report.check(place, "orphans", orphans, wrong=words if orphans else None)
    if counts_rows:
        for within, group in _searches(scopes):
            _count(jira, report, within, group, sum(inspection.issues.get(scope.name, 0) for scope in group))


def require_not_emptied(staging: Staging, site: str, scopes: Sequence[Scope], *, whole_table: bool = False) -> None:
    """Refuse that a full load found no issue where the last one left some: an account that lost its rights looks like this.

    `whole_table`: the load would replace everything, whichever scope brought it.
    """
    projects = [scope.project_id for scope in scopes if scope.project_id is not None]
    if whole_table or len(projects) == len(scopes):
        where = {"project_id": projects} if projects and not whole_table else None
        there = staging.read("issue", ["_deleted_at"], where)["_deleted_at"].null_count
    else:
        there = staging.read("_scope_issue", ["issue_id"], {"scope": [scope.name for scope in scopes]}).num_rows
    if there:
        raise JiraNotPermitted(
            f"A full load of {site} found no issue in {_labels(scopes)}, and the last one left {there:,} in `issue`: nothing "
            "was published, and they stay. Check what the account may see (permissions of the projects, the JQL). If Jira "
            "really has none any longer, a census (`--census-only`) says so row by row, or load into another schema."
        )


def _labels(scopes: Sequence[Scope]) -> str:
    if not scopes:
        return "any project, of which the account sees none"
    return scopes[0].label if len(scopes) == 1 else f"{scopes[0].label} and {len(scopes) - 1:,} projects more"


def _count(jira: JiraClient, report: Report, within: str, group: Sequence[Scope], rows: int) -> None:
    try:
        count = reading_of(jira).count(jira, within)
    except (JiraNotPermitted, JiraRefusedQuery) as refusal:
        report.notes.append(f"Jira does not count issues here, so the rows were not compared with its count. {refusal}")
        return
    is_near = abs(count - rows) <= max(TOLERATED_ISSUES, TOLERATED_SHARE * count)
    wrong = (
        f"{_labels(group)}: Jira counts about {count:,} issues, the table has {rows:,}. Census (`--census`) tells which differ."
    )
    if not count and not rows and group[0].jql and report.tally("issue", group[0].name).mode == "full":
        # The names of components, versions or people in it may be misspelt, which Jira does not always refuse.
        report.notes.append(f"Jira finds no issue at all by `{group[0].jql}`: check the names in it.")
    outcome = {"jira": count, "rows": rows, "scopes": len(group)}
    report.check(("issue", group[0].name), "approximate_count", outcome, wrong=None if is_near else wrong)


def _check_children(report: Report) -> None:
    """Lists that are not as long as Jira says, beyond those that the account may not read."""
    for (table, scope), tally in list(report.tallies.items()):
        children = json.loads(tally.checks).get("children")
        if children is None or table in report.refused or TABLES[table].on_request:
            continue
        count = children["incomplete"]
        words = f"{table}: of {count:,} issues in {scope} fewer entries were read than Jira counts. Run it again (`--full`)."
        if count:
            report.check((table, scope), "children_whole", {"incomplete": count}, wrong=words)


def _searches(scopes: Sequence[Scope]) -> Iterator[tuple[str, list[Scope]]]:
    by_key = {scope.label: scope for scope in scopes if scope.project_id is not None}
    for keys in jql.split_projects(by_key):
        yield jql.projects_in(keys), [by_key[key] for key in keys]
    yield from ((scope.jql, [scope]) for scope in scopes if scope.project_id is None)


def _all_have_issues(staging: Staging, site: str) -> bool:
    """Whether no scope was loaded without the table `issue`, so that every row has its issue there."""
    states = states_before(staging, site).values()
    return all("issue" in json.loads(state.fingerprint).get("entities", ("issue",)) for state in states)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"`{name}` ({count:,})" for name, count in counts.items())
