"""What belongs to the whole site, loaded before the issues: fields, projects and what they own, people, workflow."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec

from jira_staging.desk_loading import read_desks
from jira_staging.entities.arrow_columns import moment
from jira_staging.entities.field_catalogue import FieldCatalogue, FieldColumn
from jira_staging.entities.flattened import Flattened, newest
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
from jira_staging.records import Report, SyncRequest
from jira_staging.role_turns import AuditLogRead, RoleTurns
from jira_staging.run_logs import RunLog
from jira_staging.scheme_loading import read_schemes_of_projects
from jira_staging.site_lists import (
    IN_TURNS,
    SiteLists,
    SiteReading,
    TableReading,
    audit_records,
    lists_of,
    unlisted,
)
from jira_staging.site_tables import SiteTables, json_array
from jira_staging.staging import Staging
from jira_staging.tables import GROUPS, SITE_SCOPE
from jira_staging.unlisted_people import with_unlisted

log = RunLog(__name__)

FILTERS = ("filter", "filter_share")


class _ListedProject(msgspec.Struct, rename="camel"):
    id: int
    key: str
    insight: "_Insight | None" = None


class _Insight(msgspec.Struct, rename="camel"):
    last_issue_update_time: str | None = None


class SiteLoader:
    """Reads the asked-for tables that belong to no issue, publishes them together, and tells what the run needs of them.

    Without `turns` the actors of all projects are read, and it is not remembered when.
    """

    def __init__(
        self,
        jira: JiraClient,
        staging: Staging,
        entities: Collection[str],
        report: Report,
        turns: RoleTurns | None = None,
    ) -> None:
        self._jira = jira
        self._staging = staging
        self._report = report
        self._tables = SiteTables(jira, entities, report, turns)
        self._visible: set[int] = set()
        self._found_boards: list[Board] = []

    @cached_property
    def _site(self) -> SiteReading:
        return SiteReading(self._jira)

    def fields_and_projects(self, request: SyncRequest) -> tuple[FieldCatalogue, tuple[Project, ...]]:
        """Read the catalogue of fields, and all projects that the account sees."""
        acts: list[Callable[[JiraClient], Any]] = [lambda _: self._site.fields, self._live_projects, self._put_away]
        with closing(in_order(self._jira, acts)) as answers:
            fields, live, put_away = answers
        return self._take_fields(fields, request), self._take_projects(live, put_away)

    def _live_projects(self, jira: JiraClient) -> list[Items]:
        return list(reading_of(jira).projects(jira))

    def _put_away(self, jira: JiraClient) -> list[Items] | JiraNotPermitted:
        """Archived projects and those in the bin: they have no issues to read, but must not look as if they were gone."""
        try:
            return list(reading_of(jira).projects(jira, ("archived", "deleted"))) if "project" in self._tables.entities else []
        except JiraNotPermitted as refusal:
            return refusal

    def _take_fields(self, fields: Items, request: SyncRequest) -> FieldCatalogue:
        stored = self._staging.read("field_column", ["field_id", "column_name", "value_type", "is_current"]).to_pylist()
        payload = json_array(fields)
        catalogue = FieldCatalogue(
            payload,
            stored=[FieldColumn(**row) for row in stored],
            include=request.include_fields,
            exclude=request.exclude_fields,
        )
        know_fields(self._staging, personal_fields(catalogue))
        self._tables.add("field", catalogue.flatten())
        self._tables.add("field", Flattened((raw_answer_rows(self._jira.site, {FIELD_LIST: payload}),)))
        return catalogue

    def _take_projects(self, live: list[Items], put_away: list[Items] | JiraNotPermitted) -> tuple[Project, ...]:
        owners: Sequence[int] | None = None
        if isinstance(put_away, JiraNotPermitted):
            told = "project: archived and deleted ones could not be read, so none is marked as gone."
            self._report.notes.append(f"{told} {put_away}")
            log.warning("%s %s", told, put_away)
            put_away, owners = [], ()
        pages = [json_array(page) for page in chain(put_away, live)]
        self._tables.add("project", flatten_site_wide("project", pages, owners=owners))
        # One may be listed twice, where another came or went between two pages.
        listed = newest([known(project, _ListedProject) for page in live for project in page], key=attrgetter("id"))
        self._visible = {project.id for project in listed}
        return tuple(Project(project.id, project.key, _last_update(project)) for project in listed)

    def read(self, project_ids: Sequence[int]) -> None:
        """Read the other asked-for tables; what the account may not read is noted, and its table left as it is."""
        listed = lists_of(self._jira)
        read_desks(self._tables, self._site.customers)
        self._tables.read_all(self._in_part(listed))
        lists = with_unlisted(listed.lists, self._site, self._staging, self._report)
        of_projects = {name: partial(fetch, self._jira, project_ids) for name, fetch in listed.of_projects.items()}
        readings: list[TableReading[Any]] = [
            TableReading(GROUPS["agile"], partial(boards.boards, self._jira), self._found_boards.extend)
        ]
        readings += [self._tables.list_of(name, fetch, None) for name, fetch in lists.items()]
        readings += [self._tables.list_of(name, fetch, project_ids) for name, fetch in of_projects.items() if project_ids]
        self._tables.read_all(readings)
        owned = [*self._owned(listed), *self._of_projects(listed, project_ids)]
        if self._report.refused.isdisjoint(GROUPS["agile"]):
            owned += self._of_boards(listed, set(project_ids))
        self._tables.read_all(owned)
        if self._jira.is_data_center:
            read_schemes_of_projects(self._tables, project_ids, is_all=set(project_ids) == self._visible)
        self._tables.tell_refusals()
        self._tell_what_is_not_listed(listed)

    @phase("publish")
    def publish(self) -> None:
        """Publish all that was read, in one transaction."""
        self._staging.publish(self._tables.batch(), self._report)

    def _tell_what_is_not_listed(self, listed: SiteLists) -> None:
        """Say once which asked-for tables this kind of Jira cannot fill, and why."""
        for name, why in unlisted(listed, self._tables.entities).items():
            self._report.tally(name, SITE_SCOPE).message = why
            log.info("%s: %s", name, why)

    def _in_part(self, listed: SiteLists) -> Iterator[TableReading[Any]]:
        """Filters, of which an account may see a part, and what is new in the audit log."""
        if listed.in_part.issuperset(FILTERS):
            yield TableReading(FILTERS, partial(filters_and_records.seen_filters, self._jira), self._take_filters)
        if "audit_record" in self._tables.entities:
            yield self._audit_log()

    def _take_filters(self, seen: filters_and_records.SeenFilters) -> None:
        if seen.refusal is not None:
            why = "not permitted to see all filters, so only those shared with the account were read."
            self._report.tally("filter", SITE_SCOPE).message = f"{why} {seen.refusal}"
            self._report.notes.append(f"filter: {why} {seen.refusal}")
            log.warning("filter: %s %s", why, seen.refusal)
        self._tables.owned_by(FILTERS, tuple, is_all=seen.refusal is None).take(seen.filters)

    def _audit_log(self) -> TableReading[list[Items]]:
        """What the audit log wrote since the last run, or all of it where every run's rows count."""
        until, log_read = self._tables.read_at, AuditLogRead(self._staging, self._jira.site)
        since = log_read.since() if self._tables.turns is not None and not self._tables.turns.full else None
        tally = self._report.tally("audit_record", SITE_SCOPE)
        tally.mode, tally.watermark_from = "full" if since is None else "incremental", since
        reading = self._tables.list_of("audit_record", partial(audit_records, self._site, since, until), ())

        def take(pages: list[Items]) -> None:
            reading.take(pages)
            if self._tables.turns is not None:
                self._tables.states += (log_read.state(until),)

        return replace(reading, take=take)

    def _owned(self, listed: SiteLists) -> Iterator[TableReading[list[OwnedLists]]]:
        """What groups, fields, workflows and schemes own: of what takes turns, of those that are due."""
        for tables, read in listed.owned:
            turn = None
            if tables[0] in IN_TURNS and tables[0] in self._tables.entities:
                try:
                    turn = self._tables.turn_of("group", tables, self._site.groups_by_id, is_all=True)
                except JiraNotPermitted as refusal:
                    self._tables.note_refused(tables, refusal)
                    continue
                self._site.groups_due = turn.due if turn else None
            yield self._tables.owned_by(tables, partial(read, self._site), is_all=True, turn=turn)

    def _of_projects(self, listed: SiteLists, project_ids: Sequence[int]) -> Iterator[TableReading[list[OwnedLists]]]:
        """What these projects own: of the table whose projects take turns, of those that are due."""
        for name, read in listed.owned_by_projects.items():
            due = project_ids
            if name == "role_actor" and name in self._tables.entities and self._tables.turns:
                try:
                    due = self._due(self._tables.turns, project_ids)
                except JiraNotPermitted as refusal:
                    self._tables.note_refused([name], refusal)
                    continue
            yield self._tables.owned_by([name], partial(read, self._site, due), is_all=False)

    def _due(self, turns: RoleTurns, project_ids: Sequence[int]) -> Sequence[int]:
        """The projects whose turn it is; the others wait, and keep their rows."""
        due = turns.due(groups_and_roles.role_requests(self._site.roles, project_ids))
        self._tables.states += turns.states(due, self._tables.read_at)
        self._tables.wait_for_turns("role_actor", "projects", len(due), len(project_ids))
        return due

    def _of_boards(self, listed: SiteLists, project_ids: set[int]) -> Iterator[TableReading[list[OwnedLists]]]:
        """What boards own: all of them, or those that live in some projects where only these are read."""
        is_all = project_ids == self._visible
        chosen = [board for board in self._found_boards if is_all or board.project_id in project_ids]
        for tables, fetch in listed.owned_by_boards:
            turn, asked = None, chosen
            if tables[0] in IN_TURNS:
                turn = self._tables.turn_of("board", tables, {board.id: board.payload for board in chosen}, is_all=is_all)
            if turn and turn.waiting:
                asked = self._with_known([board for board in chosen if board.id not in turn.due])
                asked += [board for board in chosen if board.id in turn.due]
            yield self._tables.owned_by(tables, partial(fetch, self._jira, asked), is_all=is_all, turn=turn)

    def _with_known(self, waiting: Sequence[Board]) -> list[Board]:
        """These boards, with what is known of their configuration."""
        columns, where = ["id", "filter_id", "estimation_field_id"], {"id": [board.id for board in waiting]}
        rows = {row["id"]: row for row in self._staging.read("board", columns, where).to_pylist()}
        return [
            replace(board, known=boards.configuration(*(rows.get(board.id, {}).get(column) for column in columns[1:])))
            for board in waiting
        ]


def _last_update(project: _ListedProject) -> int | None:
    told = project.insight.last_issue_update_time if project.insight else None
    return round(moment(told).timestamp() * 1000) if told else None
