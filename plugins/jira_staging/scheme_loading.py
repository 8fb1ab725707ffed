"""Reads which project of a Data Center has which scheme: its API tells it a project at a time, so projects take turns."""

from collections.abc import Callable, Sequence
from functools import partial

from jira_staging.jira_api import data_center_schemes
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.data_center_schemes import SchemesOfProjects
from jira_staging.site_lists import TableReading
from jira_staging.site_tables import SiteTables

# By the table of who has which: how it is read of some projects, and the tables of the schemes themselves that this fills.
READINGS: dict[str, tuple[Callable[[JiraClient, Sequence[int]], SchemesOfProjects], tuple[str, ...]]] = {
    "workflow_scheme_project": (
        data_center_schemes.workflow_schemes,
        ("workflow_scheme", "workflow_scheme_issue_type"),
    ),
    "security_scheme_project": (data_center_schemes.security_schemes_of, ()),
    "notification_scheme_project": (data_center_schemes.notification_schemes_of, ()),
}


def read_schemes_of_projects(loader: SiteTables, project_ids: Sequence[int], *, is_all: bool) -> None:
    """Read the schemes of those projects whose turn it is, as far as they are asked for. `is_all`: there are no others."""
    loader.read_all([_reading(loader, table, project_ids, is_all=is_all) for table in READINGS])


def _reading(loader: SiteTables, table: str, project_ids: Sequence[int], *, is_all: bool) -> TableReading[SchemesOfProjects]:
    fetch, of_schemes = READINGS[table]
    tables = (table, *of_schemes)
    turns = loader.turns.of(table) if loader.turns and not set(tables).isdisjoint(loader.entities) else None
    due = turns.due(dict.fromkeys(project_ids, 1)) if turns else project_ids
    waiting = len(project_ids) - len(due)

    def take(told: SchemesOfProjects) -> None:
        loader.owned_by((table,), tuple, is_all=False).take(told.projects)
        if of_schemes:
            loader.owned_by(of_schemes, tuple, is_all=is_all and not waiting).take(told.schemes)
        loader.wait_for_turns(table, "projects", len(due), len(project_ids))
        if turns:
            loader.states += turns.states(due, loader.read_at)

    return TableReading(tables, partial(fetch, loader.jira, due), take)
