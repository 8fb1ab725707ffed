"""How each table that belongs to no issue is fetched from Jira, and which tables one reading fills."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Generic, TypeVar

import msgspec

from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api import (
    administration,
    boards,
    data_center_administration,
    data_center_auditing,
    data_center_lists,
    data_center_schemes,
    directory,
    field_options,
    filters_and_records,
    groups_and_roles,
    schemes,
    teams,
)
from jira_staging.jira_api.answers import REST
from jira_staging.jira_api.boards import Board
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import OwnedLists, Owner
from jira_staging.jira_api.paging import Items, array


@dataclass(frozen=True)
class SiteLists:
    """What one kind of Jira lists besides its issues: how each table is fetched, and which tables one reading fills.

    `lists` are of the whole site, `of_projects` of some projects; `owned` what groups, fields, workflows and schemes own,
    `owned_by_projects` and `owned_by_boards` what those do. `from_issues` are tables that only issues can fill there, with the
    table that these must fill besides, `in_part` those of which a run may read a part.
    """

    lists: Mapping[str, Callable[["SiteReading"], Iterable[Items]]]
    of_projects: Mapping[str, Callable[[JiraClient, Sequence[int]], Iterable[Items]]]
    owned: Sequence[tuple[tuple[str, ...], Callable[["SiteReading"], Iterable[OwnedLists]]]]
    owned_by_projects: Mapping[str, Callable[["SiteReading", Sequence[int]], Iterable[OwnedLists]]]
    owned_by_boards: Sequence[tuple[tuple[str, ...], Callable[[JiraClient, Sequence[Board]], Iterable[OwnedLists]]]]
    from_issues: Mapping[str, str] = field(default_factory=dict)
    in_part: frozenset[str] = frozenset()

    @property
    def tables(self) -> frozenset[str]:
        """All tables that these fill."""
        owned = (name for names, _ in (*self.owned, *self.owned_by_boards) for name in names)
        return frozenset((*self.lists, *self.of_projects, *self.owned_by_projects, *owned, *self.from_issues, *self.in_part))


T = TypeVar("T")


@dataclass
class SiteReading:
    """One run's reading of a site: what several tables need is asked for once."""

    jira: JiraClient
    # Those of service desks, which were read before the directory of users: it does not name them.
    customers: Items = field(default_factory=list)
    # Those groups whose members are read; None for all.
    groups_due: Collection[Owner] | None = None

    @cached_property
    def fields(self) -> Items:
        """All fields."""
        return directory.fields(self.jira)

    @cached_property
    def groups(self) -> list[Items]:
        """All groups, by page."""
        if self.jira.is_data_center:
            return [data_center_lists.groups(self.jira)]
        return list(groups_and_roles.groups(self.jira))

    @cached_property
    def groups_by_id(self) -> dict[Owner, msgspec.Raw]:
        """All groups."""
        return groups_and_roles.groups_by_id(self.groups)

    def groups_in_turn(self) -> list[Items]:
        """The groups whose members are read."""
        due = self.groups_by_id.keys() if self.groups_due is None else self.groups_due
        return [[group for id_, group in self.groups_by_id.items() if id_ in due]]

    @cached_property
    def roles(self) -> Items:
        """All roles."""
        return groups_and_roles.roles(self.jira)

    @cached_property
    def people(self) -> list[Items]:
        """Everybody whom the directory lists, by page."""
        return list((data_center_lists if self.jira.is_data_center else directory).users(self.jira))


@dataclass(frozen=True)
class TableReading(Generic[T]):
    """How what fills some tables is fetched, in any thread, and what is done with it, in the run's own."""

    tables: Sequence[str]
    fetch: Callable[[], T]
    take: Callable[[T], object]

    def act(self, _jira: JiraClient) -> T | JiraNotPermitted:
        """What is fetched, or why the account may not."""
        try:
            return self.fetch()
        except JiraNotPermitted as refusal:
            return refusal


# Lists of the whole site, by the table that each fills.
LISTS: dict[str, Callable[[SiteReading], Iterable[Items]]] = {
    "user": lambda site: chain([site.customers], site.people),
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
    "notification_scheme_project": lambda site: filters_and_records.notification_scheme_projects(site.jira),
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
    (("group_member",), lambda site: groups_and_roles.group_members(site.jira, site.groups_in_turn())),
    (("field_context", "field_option"), lambda site: field_options.contexts_and_options(site.jira, site.fields)),
    (("workflow", "workflow_status"), lambda site: schemes.workflows(site.jira)),
    (("workflow_scheme", "workflow_scheme_issue_type"), lambda site: schemes.workflow_schemes(site.jira)),
    (
        ("priority_scheme_item", "priority_scheme_project"),
        lambda site: schemes.members_of_priority_schemes(site.jira),
    ),
    (("permission_scheme", "permission_grant"), lambda site: administration.permission_schemes(site.jira)),
    (("dashboard", "dashboard_share"), lambda site: filters_and_records.dashboards(site.jira)),
    (("notification_scheme", "notification"), lambda site: filters_and_records.notification_schemes(site.jira)),
    (("team", "team_member"), lambda site: teams.teams(site.jira)),
    (("screen_field",), lambda site: administration.screen_fields(site.jira)),
)
# Lists that projects own, a request or more each.
OWNED_BY_PROJECTS: dict[str, Callable[[SiteReading, Sequence[int]], Iterable[OwnedLists]]] = {
    "role_actor": lambda site, ids: groups_and_roles.role_actors(site.jira, site.roles, ids),
    "permission_scheme_project": lambda site, ids: administration.permission_scheme_projects(site.jira, ids),
}
# What groups and boards own and what seldom changes, by the first of the tables that it fills: they take turns.
IN_TURNS = ("group_member", "board", "board_project")
# Lists that boards own, of some boards.
OWNED_BY_BOARDS: tuple[tuple[tuple[str, ...], Callable[[JiraClient, Sequence[Board]], Iterable[OwnedLists]]], ...] = (
    (("board", "board_column", "board_column_status"), boards.layouts),
    (("board_project",), boards.board_projects),
    (("board_issue",), boards.board_issues),
    (("sprint",), boards.sprints),
)

CLOUD = SiteLists(
    LISTS,
    LISTS_OF_PROJECTS,
    OWNED,
    OWNED_BY_PROJECTS,
    OWNED_BY_BOARDS,
    in_part=frozenset(("filter", "filter_share", "audit_record")),
)

# What a Data Center lists as Cloud does.
_ALIKE = ("project_category", "project_type", "issue_type", "status", "status_category", "issue_link_type", "group", "role")
DATA_CENTER = SiteLists(
    lists={name: LISTS[name] for name in _ALIKE}
    | {
        "user": LISTS["user"],
        "priority": lambda site: [array(site.jira, f"{REST}/priority")],
        "resolution": lambda site: [array(site.jira, f"{REST}/resolution")],
        "workflow": lambda site: [data_center_schemes.workflows(site.jira)],
        "priority_scheme": lambda site: data_center_administration.priority_schemes(site.jira),
        "dashboard": lambda site: data_center_administration.dashboards(site.jira),
        "screen": LISTS["screen"],
        "screen_tab": lambda site: data_center_administration.screen_tabs(site.jira),
    },
    of_projects={
        "component": data_center_lists.components,
        "version": directory.versions,
        "issue_type_scheme_project": data_center_schemes.issue_type_scheme_projects,
    },
    owned=(
        (("group_member",), lambda site: data_center_lists.group_members(site.jira, site.groups_in_turn())),
        (("field_option",), lambda site: data_center_administration.field_options(site.jira, site.fields)),
        (("security_scheme", "security_level"), lambda site: data_center_schemes.security_schemes(site.jira)),
        (("issue_type_scheme", "issue_type_scheme_item"), lambda site: data_center_schemes.issue_type_schemes(site.jira)),
        (("permission_scheme", "permission_grant"), lambda site: administration.permission_schemes(site.jira)),
        (
            ("priority_scheme_item", "priority_scheme_project"),
            lambda site: data_center_administration.members_of_priority_schemes(site.jira),
        ),
        (("notification_scheme", "notification"), lambda site: filters_and_records.notification_schemes(site.jira)),
        (("screen_field",), lambda site: data_center_administration.screen_fields(site.jira)),
    ),
    owned_by_projects={
        "role_actor": lambda site, ids: data_center_lists.role_actors(site.jira, site.roles, site.people, ids),
        "permission_scheme_project": OWNED_BY_PROJECTS["permission_scheme_project"],
    },
    owned_by_boards=OWNED_BY_BOARDS,
    from_issues={"label": "issue_label"},
    in_part=frozenset(
        ("audit_record", "workflow_scheme", "workflow_scheme_issue_type", "workflow_scheme_project", "security_scheme_project",
         "notification_scheme_project")
    ),
)  # fmt: skip
# Why Data Center's own lists leave out what Cloud's have.
NOT_ON_DATA_CENTER = {
    "field_context": "its API tells a field's options of all contexts together",
    "workflow_status": "its API names workflows and does not tell their statuses",
    "filter": "its API lists an account's favourites alone",
    "filter_share": "its API lists an account's favourites alone",
    "dashboard_share": "its API lists dashboards by name and address alone",
    "team": "Atlassian's API for teams is Cloud's",
    "team_member": "Atlassian's API for teams is Cloud's",
}


def unlisted(listed: SiteLists, entities: Collection[str]) -> dict[str, str]:
    """The asked-for tables that this kind of Jira does not fill, each with the reason."""
    found = {
        name: f"not available on Data Center: {NOT_ON_DATA_CENTER[name]}."
        for name in sorted((CLOUD.tables - listed.tables) & set(entities))
    }
    for name, source in listed.from_issues.items():
        if name in entities and source not in entities:
            found[name] = f"not available on Data Center by itself: ask for `{source}` as well, from which it is filled."
    return found


def lists_of(jira: JiraClient) -> SiteLists:
    """What this client's Jira lists."""
    return DATA_CENTER if jira.is_data_center else CLOUD


def audit_records(site: SiteReading, since: int | None, until: int) -> Iterable[Items]:
    """What the audit log wrote from a time (None: its beginning) to another, in epoch milliseconds."""
    if site.jira.is_data_center:
        return data_center_auditing.audit_records(site.jira, site.people, since, until)
    return filters_and_records.audit_records(site.jira, since, until)
