"""What belongs to the whole site, loaded before the issues: fields, projects and what they own, people, workflow."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import astuple, dataclass, field
from functools import partial

import msgspec

from jira_staging.entities.arrow_columns import moment
from jira_staging.entities.field_catalogue import FieldCatalogue, FieldColumn
from jira_staging.entities.flattened import Flattened
from jira_staging.entities.site_wide import flatten_site_wide
from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api import boards, directory, field_options, groups_and_roles
from jira_staging.jira_api.boards import Board
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import OwnedLists
from jira_staging.jira_api.paging import Items
from jira_staging.planning import Project
from jira_staging.records import Batch, Report, SyncRequest
from jira_staging.staging import Staging
from jira_staging.tables import GROUPS, TABLES

log = logging.getLogger(__name__)

# The scope of what belongs to no project, in locks and in `_sync_run`.
SITE_SCOPE = "site"

# Lists of the whole site: how each is fetched.
_LISTS: dict[str, Callable[[JiraClient], Iterable[Items]]] = {
    "user": directory.users,
    "project_category": lambda jira: [directory.project_categories(jira)],
    "project_type": lambda jira: [directory.project_types(jira)],
    "issue_type": lambda jira: [directory.issue_types(jira)],
    "status": lambda jira: [directory.statuses(jira)],
    "status_category": lambda jira: [directory.status_categories(jira)],
    "priority": directory.priorities,
    "resolution": directory.resolutions,
    "issue_link_type": lambda jira: [directory.issue_link_types(jira)],
    "group": groups_and_roles.groups,
    "role": lambda jira: [groups_and_roles.roles(jira)],
    "label": directory.labels,
}
# Lists that projects own: how those of some projects are fetched.
_LISTS_OF_PROJECTS: dict[str, Callable[[JiraClient, Sequence[int]], Iterable[Items]]] = {
    "component": directory.components,
    "version": directory.versions,
}
# Lists that groups and fields own: the tables that each reading fills, and how it is done.
_LISTS_OF_ALL: tuple[tuple[tuple[str, ...], Callable[[JiraClient], Iterable[OwnedLists]]], ...] = (
    (("group_member",), groups_and_roles.group_members),
    (("field_context", "field_option"), field_options.contexts_and_options),
)
# Lists that boards own, of some boards.
_LISTS_OF_BOARDS: tuple[tuple[tuple[str, ...], Callable[[JiraClient, Sequence[Board]], Iterable[OwnedLists]]], ...] = (
    (("board", "board_column", "board_column_status"), boards.layouts),
    (("board_project",), boards.board_projects),
    (("sprint",), boards.sprints),
)


class _ListedProject(msgspec.Struct, rename="camel"):
    id: int
    key: str
    insight: "_Insight | None" = None


class _Insight(msgspec.Struct, rename="camel"):
    last_issue_update_time: str | None = None


@dataclass
class SiteLoader:
    """Reads the asked-for tables that belong to no issue, publishes them together, and tells what the run needs of them."""

    jira: JiraClient
    staging: Staging
    entities: Collection[str]
    report: Report
    _visible: set[int] = field(default_factory=set)
    _read: list[Flattened] = field(default_factory=list)

    def fields(self, request: SyncRequest) -> FieldCatalogue:
        """Read the catalogue of fields."""
        stored = self.staging.read("field_column", ["field_id", "column_name", "value_type", "is_current"]).to_pylist()
        catalogue = FieldCatalogue(
            _json_array(directory.fields(self.jira)),
            stored=[FieldColumn(**row) for row in stored],
            include=request.include_fields,
            exclude=request.exclude_fields,
        )
        self._note("field", catalogue.flatten())
        return catalogue

    def projects(self) -> tuple[Project, ...]:
        """Read all projects that the account sees."""
        pages = [_json_array(page) for page in directory.projects(self.jira)]
        # Archived ones have no issues to read, but their rows must not look as if they were gone.
        archived = directory.projects(self.jira, archived=True) if "project" in self.entities else ()
        told = flatten_site_wide("project", [*(_json_array(page) for page in archived), *pages])
        self._note("project", told)
        listed = [project for page in pages for project in msgspec.json.decode(page, type=list[_ListedProject], strict=False)]
        self._visible = {project.id for project in listed}
        return tuple(Project(project.id, project.key, _last_update(project)) for project in listed)

    def lists(self, project_ids: Sequence[int]) -> None:
        """Read the other asked-for tables; what the account may not read is noted, and its table left as it is."""
        for name, fetch in _LISTS.items():
            self._try([name], partial(self._list, name, partial(fetch, self.jira), None))
        for name, fetch_owned in _LISTS_OF_PROJECTS.items() if project_ids else ():
            self._try([name], partial(self._list, name, partial(fetch_owned, self.jira, project_ids), project_ids))
        for tables, read in _LISTS_OF_ALL:
            self._try(tables, partial(self._owned, tables, partial(read, self.jira), is_all=True))
        actors = partial(groups_and_roles.role_actors, self.jira, project_ids)
        self._try(["role_actor"], partial(self._owned, ["role_actor"], actors, is_all=False))
        self._try(GROUPS["agile"], partial(self._boards, set(project_ids)))

    def publish(self) -> None:
        """Publish all that was read, in one transaction."""
        # Which column holds which field must be known to later runs, asked for or not.
        wanted = {*self.entities, "field_column"}
        rows = tuple(rows for flattened in self._read for rows in flattened.rows if rows.table in wanted)
        rejected = tuple(row for flattened in self._read for row in flattened.rejected)
        self.staging.publish(Batch(SITE_SCOPE, rows, rejected), self.report)

    def _try(self, tables: Sequence[str], read: Callable[[], None]) -> None:
        """Read what fills `tables` if one of them is asked for."""
        wanted = [name for name in tables if name in self.entities]
        if not wanted:
            return
        try:
            read()
        except JiraNotPermitted as refusal:
            self.report.refused.update(wanted)
            for name in wanted:
                self.report.tally(name, SITE_SCOPE).message = f"not permitted: {refusal}"
            names = ", ".join(wanted)
            left = "its table was left as it is" if len(wanted) == 1 else "their tables were left as they are"
            self.report.notes.append(f"{names}: not permitted, so {left}. {refusal}")
            log.warning("%s: not permitted to this account, so %s: %s", names, left, refusal)

    def _list(self, name: str, read: Callable[[], Iterable[Items]], owners: Sequence[int] | None) -> None:
        self._note(name, flatten_site_wide(name, [_json_array(page) for page in read()], owners=owners))

    def _boards(self, project_ids: set[int]) -> None:
        """Read all boards, or those that live in some projects where only these are read."""
        listed = boards.boards(self.jira)
        is_all = project_ids == self._visible
        chosen = [board for board in listed if is_all or board.project_id in project_ids]
        for tables, fetch in _LISTS_OF_BOARDS:
            self._try(tables, partial(self._owned, tables, partial(fetch, self.jira, chosen), is_all=is_all))

    def _owned(self, tables: Sequence[str], read: Callable[[], Iterable[OwnedLists]], *, is_all: bool) -> None:
        """Take what was read of each owner. `is_all`: there are no other owners, so what is not there is gone."""
        told = list(read())
        self._note_refusals(tables, told)
        complete = [lists.owner for lists in told if lists.is_complete]
        is_whole = is_all and len(complete) == len(told)
        for name in tables:
            pages = [_json_array(lists.lists.get(name, [])) for lists in told]
            owners = None if is_whole else complete if TABLES[name].owner else ()
            self._note(name, flatten_site_wide(name, pages, owners=owners))

    def _note_refusals(self, tables: Sequence[str], told: Sequence[OwnedLists]) -> None:
        """Say in `_sync_run` which owners have no such list, and in the report too which could not be read."""
        wanted = [name for name in tables if name in self.entities]
        refused = [lists for lists in told if lists.refusal]
        if not refused:
            return
        for name in wanted:
            self.report.tally(
                name, SITE_SCOPE
            ).message = f"{len(refused)} of {len(told)} have none, such as: {refused[0].refusal}"
        unread = [lists for lists in refused if not lists.is_complete]
        if unread:
            note = f"{', '.join(wanted)}: {len(unread)} of {len(told)} could not be read. {unread[0].refusal}"
            self.report.notes.append(note)
            log.warning("%s", note)

    def _note(self, name: str, flattened: Flattened) -> None:
        self.report.count_traffic(self.report.tally(name, SITE_SCOPE), astuple(self.jira.traffic))
        self._read.append(flattened)


def _json_array(items: Items) -> bytes:
    return b"[" + b",".join(bytes(item) for item in items) + b"]"


def _last_update(project: _ListedProject) -> int | None:
    told = project.insight.last_issue_update_time if project.insight else None
    return int(moment(told).timestamp() * 1000) if told else None
