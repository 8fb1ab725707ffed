"""What belongs to the whole site, loaded before the issues: fields, projects and what they own, people, workflow."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, field, replace
from functools import cached_property, partial
from itertools import chain
from typing import Any

import msgspec

from jira_staging.desk_loading import read_desks
from jira_staging.entities.arrow_columns import moment
from jira_staging.entities.field_catalogue import FieldCatalogue, FieldColumn
from jira_staging.entities.flattened import Flattened
from jira_staging.entities.personal_fields import personal_fields
from jira_staging.entities.raw_payloads import FIELD_LIST, raw_answer_rows
from jira_staging.entities.site_wide import flatten_site_wide
from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api import boards, filters_and_records, groups_and_roles
from jira_staging.jira_api.boards import Board
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.in_order import in_order
from jira_staging.jira_api.owned_lists import OwnedLists
from jira_staging.jira_api.paging import Items, known
from jira_staging.jira_api.readings import reading_of
from jira_staging.personal_data import know_fields
from jira_staging.phases import phase
from jira_staging.planning import Project
from jira_staging.records import Batch, Report, SyncRequest, SyncState
from jira_staging.role_turns import AuditLogRead, RoleTurns
from jira_staging.run_logs import RunLog
from jira_staging.scheme_loading import read_schemes_of_projects
from jira_staging.site_lists import (
    SITE_SCOPE,
    SiteLists,
    SiteReading,
    TableReading,
    audit_records,
    lists_of,
    unlisted,
)
from jira_staging.staging import Staging
from jira_staging.tables import GROUPS, TABLES
from jira_staging.unlisted_people import with_unlisted

log = RunLog(__name__)

FILTERS = ("filter", "filter_share")


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
    states: tuple[SyncState, ...] = ()
    _found_boards: list[Board] = field(default_factory=list)

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
        know_fields(self.staging, personal_fields(catalogue))
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
        read_desks(self, self._site.customers)
        self.read_all(self._in_part(listed))
        lists = with_unlisted(listed.lists, self._site, self.staging.people, self.report)
        self.read_all([self.list_of(name, fetch, None) for name, fetch in lists.items()])
        if project_ids:
            of_projects = {name: partial(fetch, self.jira, project_ids) for name, fetch in listed.of_projects.items()}
            self.read_all([self.list_of(name, fetch, project_ids) for name, fetch in of_projects.items()])
        owned = [self.owned_by(tables, partial(read, self._site), is_all=True) for tables, read in listed.owned]
        boards_listed = TableReading(GROUPS["agile"], partial(boards.boards, self.jira), self._found_boards.extend)
        self.read_all([*owned, *self._of_projects(listed, project_ids), boards_listed])
        if self.jira.is_data_center:
            read_schemes_of_projects(self, project_ids, is_all=set(project_ids) == self._visible)
        if self.report.refused.isdisjoint(GROUPS["agile"]):
            self.read_all(self._of_boards(listed, set(project_ids)))
        self._tell_refusals()
        self._tell_what_is_not_listed(listed)

    @phase("publish")
    def publish(self) -> None:
        """Publish all that was read, in one transaction."""
        # Which column holds which field must be known to later runs, asked for or not.
        wanted = {*self.entities, "field_column"}
        rows = tuple(rows for flattened in self._read for rows in flattened.rows if rows.table in wanted)
        rejected = tuple(row for flattened in self._read for row in flattened.rejected)
        self.staging.publish(Batch(SITE_SCOPE, rows, rejected, states=self.states), self.report)

    def _projects_put_away(self) -> tuple[list[Items], Sequence[int] | None]:
        """Archived projects and those in the bin: they have no issues to read, but must not look as if they were gone.

        The second result are the owners to compare: none where the account may not ask for such projects.
        """
        try:
            return list(reading_of(self.jira).projects(self.jira, ("archived", "deleted"))), None
        except JiraNotPermitted as refusal:
            told = "project: archived and deleted ones could not be read, so none is marked as gone."
            self.report.notes.append(f"{told} {refusal}")
            log.warning("%s %s", told, refusal)
            return [], ()

    def read_all(self, readings: Iterable[TableReading[Any]]) -> None:
        """Fetch what is asked for, several at once, and take it in, one after the other."""
        wanted = [reading for reading in readings if not set(self.entities).isdisjoint(reading.tables)]
        with closing(in_order(self.jira, [reading.act for reading in wanted])) as results:
            for reading, result in zip(wanted, results, strict=True):
                if isinstance(result, JiraNotPermitted):
                    self.note_refused(reading.tables, result)
                else:
                    reading.take(result)

    def note_refused(self, tables: Sequence[str], refusal: JiraNotPermitted) -> None:
        wanted = [name for name in tables if name in self.entities]
        self._refusals |= dict.fromkeys(wanted, refusal)
        self.leave(wanted, f"not permitted: {refusal}")

    def leave(self, names: Sequence[str], why: str) -> None:
        """Leave these tables as they are."""
        self.report.refused.update(names)
        for name in names:
            self.report.tally(name, SITE_SCOPE).message = why

    def _tell_refusals(self) -> None:
        """One note for all tables that this account may not read: without administrator's rights they are many."""
        if not self._refusals:
            return
        names, refusal = ", ".join(self._refusals), next(iter(self._refusals.values()))
        left = "its table was left as it is" if len(self._refusals) == 1 else "their tables were left as they are"
        self.report.notes.append(f"{names}: not permitted, so {left}. {refusal}")
        log.warning("%s: not permitted to this account, so %s: %s", names, left, refusal)

    def _tell_what_is_not_listed(self, listed: SiteLists) -> None:
        """Say once which asked-for tables this kind of Jira cannot fill, and why."""
        for name, why in unlisted(listed, self.entities).items():
            self.report.tally(name, SITE_SCOPE).message = why
            log.info("%s: %s", name, why)

    def list_of(
        self, name: str, fetch: Callable[[], Iterable[Items]], owners: Sequence[int] | None
    ) -> TableReading[list[Items]]:
        """A list that fills one table."""

        def take(pages: list[Items]) -> None:
            self._note(name, flatten_site_wide(name, [_json_array(page) for page in pages], owners=owners))

        return TableReading([name], lambda: list(fetch()), take)

    def _in_part(self, listed: SiteLists) -> Iterator[TableReading[Any]]:
        """Filters, of which an account may see a part, and what is new in the audit log."""
        if listed.in_part.issuperset(FILTERS):
            yield TableReading(FILTERS, partial(filters_and_records.seen_filters, self.jira), self._take_filters)
        if "audit_record" in self.entities:
            yield self._audit_log()

    def _take_filters(self, seen: filters_and_records.SeenFilters) -> None:
        if seen.refusal is not None:
            why = "not permitted to see all filters, so only those shared with the account were read."
            self.report.tally("filter", SITE_SCOPE).message = f"{why} {seen.refusal}"
            self.report.notes.append(f"filter: {why} {seen.refusal}")
            log.warning("filter: %s %s", why, seen.refusal)
        self.owned_by(FILTERS, tuple, is_all=seen.refusal is None).take(seen.filters)

    def _audit_log(self) -> TableReading[list[Items]]:
        """What the audit log wrote since the last run, or all of it where every run's rows count."""
        until, log_read = self.jira.now(), AuditLogRead(self.staging, self.jira.site)
        since = log_read.since() if self.turns is not None and not self.turns.full else None
        tally = self.report.tally("audit_record", SITE_SCOPE)
        tally.mode, tally.watermark_from = "full" if since is None else "incremental", since
        reading = self.list_of("audit_record", partial(audit_records, self._site, since, until), ())

        def take(pages: list[Items]) -> None:
            reading.take(pages)
            if self.turns is not None:
                self.states += (log_read.state(until),)

        return replace(reading, take=take)

    def _of_projects(self, listed: SiteLists, project_ids: Sequence[int]) -> Iterator[TableReading[list[OwnedLists]]]:
        """What these projects own: of the table whose projects take turns, of those that are due."""
        for name, read in listed.owned_by_projects.items():
            due = project_ids
            if name == "role_actor" and name in self.entities and self.turns:
                try:
                    due = self._due(self.turns, project_ids)
                except JiraNotPermitted as refusal:
                    self.note_refused([name], refusal)
                    continue
            yield self.owned_by([name], partial(read, self._site, due), is_all=False)

    def _due(self, turns: RoleTurns, project_ids: Sequence[int]) -> Sequence[int]:
        """The projects whose turn it is; the others wait, and keep their rows."""
        due = turns.due(groups_and_roles.role_requests(self._site.roles, project_ids))
        self.states += turns.states(due, self.jira.now())
        if waiting := len(project_ids) - len(due):
            tally = self.report.tally("role_actor", SITE_SCOPE)
            tally.message = f"{waiting:,} of {len(project_ids):,} projects wait for their turn."
        return due

    def _of_boards(self, listed: SiteLists, project_ids: set[int]) -> list[TableReading[list[OwnedLists]]]:
        """What boards own: all of them, or those that live in some projects where only these are read."""
        is_all = project_ids == self._visible
        chosen = [board for board in self._found_boards if is_all or board.project_id in project_ids]
        return [
            self.owned_by(tables, partial(fetch, self.jira, chosen), is_all=is_all) for tables, fetch in listed.owned_by_boards
        ]

    def owned_by(
        self, tables: Sequence[str], fetch: Callable[[], Iterable[OwnedLists]], *, is_all: bool
    ) -> TableReading[list[OwnedLists]]:
        """What is read of each owner. `is_all`: there are no other owners, so what is not there is gone."""

        def take(told: list[OwnedLists]) -> None:
            self._note_refusals(tables, told)
            complete = [lists.owner for lists in told if lists.is_complete]
            is_whole = is_all and len(complete) == len(told)
            for name in tables:
                pages = [_json_array(lists.lists.get(name, [])) for lists in told]
                owners = None if is_whole else complete if TABLES[name].owner else ()
                self._note(name, flatten_site_wide(name, pages, owners=owners))

        return TableReading(tables, lambda: list(fetch()), take)

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
            note = f"{', '.join(wanted)}: {len(unread)} of {len(told)} could not be read."
            self.report.notes.append(f"{note} {unread[0].refusal}")
            log.warning("%s %s", note, unread[0].refusal)

    def _note(self, name: str, flattened: Flattened) -> None:
        self.report.count_traffic(self.report.tally(name, SITE_SCOPE), astuple(self.jira.traffic))
        self._read.append(flattened)


def _json_array(items: Items) -> bytes:
    return b"[" + b",".join(bytes(item) for item in items) + b"]"


def _last_update(project: _ListedProject) -> int | None:
    told = project.insight.last_issue_update_time if project.insight else None
    return int(moment(told).timestamp() * 1000) if told else None
