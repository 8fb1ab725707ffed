"""How each table that belongs to no issue is fetched from Jira, and which tables one reading fills."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from jira_staging.jira_api import administration, boards, directory, field_options, groups_and_roles, schemes
from jira_staging.jira_api.boards import Board
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import OwnedLists
from jira_staging.jira_api.paging import Items


@dataclass
class SiteReading:
    """One run's reading of a site: what several tables need is asked for once."""

    jira: JiraClient

    @cached_property
    def fields(self) -> Items:
        """All fields."""
        return directory.fields(self.jira)

    @cached_property
    def groups(self) -> list[Items]:
        """All groups, by page."""
        return list(groups_and_roles.groups(self.jira))

    @cached_property
    def roles(self) -> Items:
        """All roles."""
        return groups_and_roles.roles(self.jira)


# Lists of the whole site, by the table that each fills.
LISTS: dict[str, Callable[[SiteReading], Iterable[Items]]] = {
    "user": lambda site: directory.users(site.jira),
    "project_category": lambda site: [directory.project_categories(site.jira)],
    "project_type": lambda site: [directory.project_types(site.jira)],
    "issue_type": lambda site: [directory.issue_types(site.jira)],
    "status": lambda site: [directory.statuses(site.jira)],
    "status_category": lambda site: [directory.status_categories(site.jira)],
    "priority": lambda site: directory.priorities(site.jira),
    "resolution": lambda site: directory.resolutions(site.jira),
    "issue_link_type": lambda site: [directory.issue_link_types(site.jira)],
    "group": lambda site: site.groups,
    "role": lambda site: [site.roles],
    "label": lambda site: directory.labels(site.jira),
    "issue_type_scheme": lambda site: schemes.issue_type_schemes(site.jira),
    "issue_type_scheme_item": lambda site: schemes.issue_type_scheme_items(site.jira),
    "security_scheme": lambda site: administration.security_schemes(site.jira),
    "security_level": lambda site: administration.security_levels(site.jira),
    "security_scheme_project": lambda site: administration.security_scheme_projects(site.jira),
    "priority_scheme": lambda site: schemes.priority_schemes(site.jira),
    "screen": lambda site: administration.screens(site.jira),
    "screen_tab": lambda site: administration.screen_tabs(site.jira),
}
# Lists of some projects, by the table that each fills.
LISTS_OF_PROJECTS: dict[str, Callable[[JiraClient, Sequence[int]], Iterable[Items]]] = {
    "component": directory.components,
    "version": directory.versions,
    "workflow_scheme_project": schemes.workflow_scheme_projects,
    "issue_type_scheme_project": schemes.issue_type_scheme_projects,
}
# Lists that groups, fields, workflows and schemes own: the tables that each reading fills.
OWNED: tuple[tuple[tuple[str, ...], Callable[[SiteReading], Iterable[OwnedLists]]], ...] = (
    (("group_member",), lambda site: groups_and_roles.group_members(site.jira, site.groups)),
    (("field_context", "field_option"), lambda site: field_options.contexts_and_options(site.jira, site.fields)),
    (("workflow", "workflow_status"), lambda site: schemes.workflows(site.jira)),
    (("workflow_scheme", "workflow_scheme_issue_type"), lambda site: schemes.workflow_schemes(site.jira)),
    (
        ("priority_scheme_item", "priority_scheme_project"),
        lambda site: schemes.members_of_priority_schemes(site.jira),
    ),
    (("permission_scheme", "permission_grant"), lambda site: administration.permission_schemes(site.jira)),
    (("screen_field",), lambda site: administration.screen_fields(site.jira)),
)
# Lists that projects own, a request or more each.
OWNED_BY_PROJECTS: dict[str, Callable[[SiteReading, Sequence[int]], Iterable[OwnedLists]]] = {
    "role_actor": lambda site, ids: groups_and_roles.role_actors(site.jira, site.roles, ids),
    "permission_scheme_project": lambda site, ids: administration.permission_scheme_projects(site.jira, ids),
}
# Lists that boards own, of some boards.
OWNED_BY_BOARDS: tuple[tuple[tuple[str, ...], Callable[[JiraClient, Sequence[Board]], Iterable[OwnedLists]]], ...] = (
    (("board", "board_column", "board_column_status"), boards.layouts),
    (("board_project",), boards.board_projects),
    (("sprint",), boards.sprints),
)
