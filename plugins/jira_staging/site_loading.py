"""What belongs to the whole site, loaded before the issues: fields, projects and what they own, people, workflow."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import astuple, dataclass, field
from functools import cached_property, partial
from itertools import chain

import msgspec

from jira_staging.entities.arrow_columns import moment
from jira_staging.entities.field_catalogue import FieldCatalogue, FieldColumn
from jira_staging.entities.flattened import Flattened
from jira_staging.entities.raw_payloads import FIELD_LIST, raw_answer_rows
from jira_staging.entities.site_wide import flatten_site_wide
from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api import boards, groups_and_roles
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import OwnedLists
from jira_staging.jira_api.paging import Items, known
from jira_staging.jira_api.readings import reading_of
from jira_staging.planning import Project
from jira_staging.records import Batch, Report, SyncRequest, SyncState
from jira_staging.role_turns import RoleTurns
from jira_staging.site_lists import CLOUD, SiteLists, SiteReading, lists_of
from jira_staging.staging import Staging
from jira_staging.tables import GROUPS, TABLES

log = logging.getLogger(__name__)

# The scope of what belongs to no project, in locks and in `_sync_run`.
SITE_SCOPE = "site"


class _ListedProject(msgspec.Struct, rename="camel"):
    id: int
    key: str
    insight: "_Insight | None" = None


class _Insight(msgspec.Struct, rename="camel"):
    last_issue_update_time: str | None = None


@dataclass
class SiteLoader:
    """Reads the asked-for tables that belong to no issue, publishes them together, and tells what the run needs of them.

    Without `turns` the actors of all projects are read, and it is not remembered when.
    """

    jira: JiraClient
    staging: Staging
    entities: Collection[str]
    report: Report
    turns: RoleTurns | None = None
    _visible: set[int] = field(default_factory=set)
    _read: list[Flattened] = field(default_factory=list)
    _refusals: dict[str, JiraNotPermitted] = field(default_factory=dict)
    _states: tuple[SyncState, ...] = ()

    @cached_property
    def _site(self) -> SiteReading:
        return SiteReading(self.jira)

    def fields(self, request: SyncRequest) -> FieldCatalogue:
        """Read the catalogue of fields."""
        stored = self.staging.read("field_column", ["field_id", "column_name", "value_type", "is_current"]).to_pylist()
        payload = _json_array(self._site.fields)
        catalogue = FieldCatalogue(
            payload,
            stored=[FieldColumn(**row) for row in stored],
            include=request.include_fields,
            exclude=request.exclude_fields,
        )
        self._note("field", catalogue.flatten())
        self._read.append(Flattened((raw_answer_rows(self.jira.site, {FIELD_LIST: payload}),)))
        return catalogue

    def projects(self) -> tuple[Project, ...]:
        """Read all projects that the account sees."""
        pages = list(reading_of(self.jira).projects(self.jira))
        put_away, owners = self._projects_put_away() if "project" in self.entities else ([], None)
        told = [_json_array(page) for page in chain(put_away, pages)]
        self._note("project", flatten_site_wide("project", told, owners=owners))
        listed = [known(project, _ListedProject) for page in pages for project in page]
        self._visible = {project.id for project in listed}
        return tuple(Project(project.id, project.key, _last_update(project)) for project in listed)

    def lists(self, project_ids: Sequence[int]) -> None:
        """Read the other asked-for tables; what the account may not read is noted, and its table left as it is."""
        listed = lists_of(self.jira)
        for name, fetch in listed.lists.items():
            self._try([name], partial(self._list, name, partial(fetch, self._site), None))
        for name, fetch_of in listed.of_projects.items() if project_ids else ():
            self._try([name], partial(self._list, name, partial(fetch_of, self.jira, project_ids), project_ids))
        for tables, read in listed.owned:
            self._try(tables, partial(self._owned, tables, partial(read, self._site), is_all=True))
        for name, read_of in listed.owned_by_projects.items():
            self._try([name], partial(self._of_projects, name, read_of, project_ids))
        self._try(GROUPS["agile"], partial(self._boards, set(project_ids)))
        self._tell_refusals()
        self._tell_what_is_not_listed(listed)

    def publish(self) -> None:
        """Publish all that was read, in one transaction."""
        # Which column holds which field must be known to later runs, asked for or not.
        wanted = {*self.entities, "field_column"}
        rows = tuple(rows for flattened in self._read for rows in flattened.rows if rows.table in wanted)
        rejected = tuple(row for flattened in self._read for row in flattened.rejected)
        self.staging.publish(Batch(SITE_SCOPE, rows, rejected, states=self._states), self.report)

    def _projects_put_away(self) -> tuple[list[Items], Sequence[int] | None]:
        """Archived projects and those in the bin: they have no issues to read, but must not look as if they were gone.

        The second result are the owners to compare: none where the account may not ask for such projects.
        """
        try:
            return list(reading_of(self.jira).projects(self.jira, ("archived", "deleted"))), None
        except JiraNotPermitted as refusal:
            note = f"project: archived and deleted ones could not be read, so none is marked as gone. {refusal}"
            self.report.notes.append(note)
            log.warning("%s", note)
            return [], ()

    def _try(self, tables: Sequence[str], read: Callable[[], None]) -> None:
        """Read what fills `tables` if one of them is asked for."""
        wanted = [name for name in tables if name in self.entities]
        if not wanted:
            return
        try:
            read()
        except JiraNotPermitted as refusal:
            self._refusals |= dict.fromkeys(wanted, refusal)
            self.report.refused.update(wanted)
            for name in wanted:
                self.report.tally(name, SITE_SCOPE).message = f"not permitted: {refusal}"

    def _tell_refusals(self) -> None:
        """One note for all tables that this account may not read: without administrator's rights they are many."""
        if not self._refusals:
            return
        names, refusal = ", ".join(self._refusals), next(iter(self._refusals.values()))
        left = "its table was left as it is" if len(self._refusals) == 1 else "their tables were left as they are"
        self.report.notes.append(f"{names}: not permitted, so {left}. {refusal}")
        log.warning("%s: not permitted to this account, so %s: %s", names, left, refusal)

    def _tell_what_is_not_listed(self, listed: SiteLists) -> None:
        """Say once which asked-for tables stay empty because this kind of Jira has no such list."""
        unlisted = sorted((CLOUD.tables - listed.tables) & set(self.entities))
        for name in unlisted:
            self.report.tally(name, SITE_SCOPE).message = "Data Center's API does not list these: the table stays empty."
        if unlisted:
            log.info("%s: Data Center's API does not list these, so their tables stay empty.", ", ".join(unlisted))

    def _list(self, name: str, read: Callable[[], Iterable[Items]], owners: Sequence[int] | None) -> None:
        self._note(name, flatten_site_wide(name, [_json_array(page) for page in read()], owners=owners))

    def _of_projects(
        self, name: str, read: Callable[[SiteReading, Sequence[int]], Iterable[OwnedLists]], project_ids: Sequence[int]
    ) -> None:
        """Read what these projects own: of a table whose projects take turns, of those that are due."""
        turns, now = self.turns if name == "role_actor" else None, self.jira.now()
        due = turns.due(groups_and_roles.role_requests(self._site.roles, project_ids)) if turns else project_ids
        self._owned([name], partial(read, self._site, due), is_all=False)
        if turns:
            self._states = turns.states(due, now)
            if waiting := len(project_ids) - len(due):
                self.report.tally(
                    name, SITE_SCOPE
                ).message = f"{waiting:,} of {len(project_ids):,} projects wait for their turn."

    def _boards(self, project_ids: set[int]) -> None:
        """Read all boards, or those that live in some projects where only these are read."""
        listed = boards.boards(self.jira)
        is_all = project_ids == self._visible
        chosen = [board for board in listed if is_all or board.project_id in project_ids]
        for tables, fetch in lists_of(self.jira).owned_by_boards:
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
