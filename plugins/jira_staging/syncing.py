"""The second story: a client becomes rows in staging tables.

Read `sync` aloud: sign in; prepare the tables; load what belongs to the whole site; finish what a killed run left; sweep what
changed since the last run, and load it batch by batch. A scope's watermark moves with its last batch, to the time at which the
run began by Jira's clock: never past anything that was not read, and the same for all scopes, so that the next run can ask
for them together. The other load strategies read everything and have no watermark.
"""

import logging
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace

from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.errors import StagingError
from jira_staging.fingerprints import Fingerprint, seeing, with_none_behind
from jira_staging.issue_loading import IssueLoader, ScopeSweep
from jira_staging.jira_api.client import JiraClient
from jira_staging.listed_projects import require_projects
from jira_staging.load_strategies import REPLACING, full_load, require_merged, require_one_task, without_unread
from jira_staging.personal_data import know_people, require_same_protection
from jira_staging.phases import phase
from jira_staging.planning import Plan, Project, entities_asked, is_idle, plan, relying_on_no_other, scopes_of
from jira_staging.records import Batch, Report, Scope, SyncRequest, SyncState
from jira_staging.renamed_projects import issues_of_renamed_projects
from jira_staging.reporting import keep_views, zone_of
from jira_staging.role_turns import RoleTurns
from jira_staging.run_checks import check_run, require_not_emptied
from jira_staging.run_frames import LOCK_WAIT_SECONDS, conditions_of, reported, show_names, states_before
from jira_staging.scope_searches import SearchesAhead
from jira_staging.site_lists import SITE_SCOPE
from jira_staging.site_loading import SiteLoader
from jira_staging.sprint_changes import issues_of_changed_sprints, sprints_seen
from jira_staging.staging import WHOLE_SCHEMA, Staging
from jira_staging.sweeping import LeftOver, left_over, sample, sweep_anew
from jira_staging.tables import MADE_OF_ISSUES
from jira_staging.worklog_changes import WorklogChanges

log = logging.getLogger(__name__)

# A report is read by people and travels through Airflow: a site's first load has a note for each of its projects.
MOST_NOTES = 20


@dataclass(frozen=True)
class _Site:
    """What a run knows of the site before it reads anything else; `asked` is what each scope is read for."""

    catalogue: FieldCatalogue
    projects: tuple[Project, ...]
    scopes: tuple[Scope, ...]
    asked: tuple[SyncState, ...]


@phase("sync")
def sync(jira: JiraClient, staging: Staging, request: SyncRequest, report: Report) -> None:
    """Copy what `request` asks for into the staging tables. `report` counts it while it runs, also where this raises."""
    entities, conditions = entities_asked(request.entities, raw=request.raw), conditions_of(request)
    require_one_task(request.load_strategy, report.run)
    account = jira.sign_in()
    log.info("Signed in to %s as %s.", jira.site, account.name)
    zone = zone_of(request.reporting_time_zone, account.time_zone)
    staging.prepare(report.run)
    with reported(staging, report, lambda: astuple(jira.traffic)):
        if not staging.read("_sync_state", ["site"], limit=1).num_rows:
            # A first load takes hours, and whoever reads its rows need not wait for its end.
            _keep_views(staging, request, zone, report)
        require_same_protection(staging, request, report)
        know_people(staging, believes_all=request.full)
        load = _load_changes if request.load_strategy == "merge" else _load_whole
        site = load(jira, staging, request, entities, conditions=conditions, report=report)
        show_names(staging, site.catalogue)
        _keep_views(staging, request, zone, report)
        # What is appended stands several times by intention, and a sample is not all.
        if "issue" in entities and request.limit is None and request.load_strategy != "append":
            check_run(jira, staging, report, site.scopes, counts_rows=not request.census_follows)


@phase("keep_views")
def _keep_views(staging: Staging, request: SyncRequest, zone: str, report: Report) -> None:
    """Keep the views for reporting. They are made of what is loaded, so their trouble is told and stops nothing."""
    if not request.reporting_views:
        return
    try:
        keep_views(staging, zone, versioned=request.load_strategy == "append")
    except StagingError as error:
        log.warning("The reporting views were not brought up to date: %s", error)
        note = f"The reporting views were not brought up to date: {error}"
        if note not in report.notes:
            report.notes.append(note)


def _load_changes(
    jira: JiraClient, staging: Staging, request: SyncRequest, entities: Sequence[str], *, conditions: str | None, report: Report
) -> _Site:
    """Merge what changed since the last run, batch by batch: what readers see grows more complete with each."""
    # Whatever changes from now on is the next run's, which starts here.
    began = jira.now()
    with SearchesAhead(jira).under_way() as ahead:
        with staging.locked([SITE_SCOPE], LOCK_WAIT_SECONDS), phase("read_site"):
            require_merged(staging, jira.site, entities)
            lists, site = _known(jira, staging, request, entities, conditions=conditions, report=report)
            if _of_issues(entities) and not request.projects and conditions is None:
                require_projects(staging, jira.site, report, [project.id for project in site.projects])
            if _of_issues(entities) and request.limit is None:
                _search(ahead, staging, request, site)
            _load_lists(lists, site, request)
        if _of_issues(entities):
            with staging.locked([scope.name for scope in site.scopes], LOCK_WAIT_SECONDS):
                # Before the loader reads the sprints, so that nothing is taken as known which it did not see.
                sprints = sprints_seen(staging, entities)
                site = replace(site, asked=tuple(seeing(asked, sprints) for asked in site.asked))
                loader = IssueLoader(jira, staging, site.catalogue, entities, report)
                if request.limit is None:
                    left = left_over(staging, site.asked)
                    loader.load(left.sweeps, keeps_newer=not (request.full or left.full))
                    plans = _plans(staging, site, request, left)
                    _announce(left, plans, report)
                    renamed = issues_of_renamed_projects(staging, site.projects, plans)
                    plans = relying_on_no_other(plans, renamed)
                    also = _joined(
                        WorklogChanges(jira, staging, report, report_scope=SITE_SCOPE).apply(plans, entities),
                        issues_of_changed_sprints(staging, plans, sprints, entities),
                        renamed,
                    )
                    idle, busy = _idle_and_busy(plans, site.projects, {*left.stale, *also})
                    sweeps = sweep_anew(ahead, staging, busy, began, stale=left.stale, also=also)
                    if request.full and not left.sweeps and not any(found.ids for found in sweeps):
                        require_not_emptied(staging, jira.site, site.scopes)
                    _move_watermarks(staging, [*_read_until(idle, began), *_empty(sweeps)], report)
                    loader.load([found for found in sweeps if found.ids], keeps_newer=not request.full)
                else:
                    loader.load(sample(jira, _whole(site), request.limit))
    return site


def _load_whole(
    jira: JiraClient, staging: Staging, request: SyncRequest, entities: Sequence[str], *, conditions: str | None, report: Report
) -> _Site:
    """Load everything aside, and let the tables take it over at once: until then readers see what was there before."""
    with staging.locked([WHOLE_SCHEMA], LOCK_WAIT_SECONDS), _nothing_counted_on_failure(report):
        load = full_load(staging, jira.site, request, entities)
        aside = staging.aside(load.tables)
        with phase("read_site"):
            lists, site = _known(jira, aside, request, entities, conditions=conditions, report=report)
            _load_lists(lists, site, request)
        if _of_issues(entities):
            loader = IssueLoader(jira, aside, site.catalogue, entities, report)
            loader.load(sample(jira, _whole(site), request.limit or sys.maxsize))
            if request.load_strategy in REPLACING and not report.issues_planned:
                require_not_emptied(staging, jira.site, site.scopes, whole_table=True)
        with phase("take_over"):
            left_out = staging.take_over(without_unread(load, report), report)
        if left_out:
            report.notes.append(
                f"The table `issue` has no column for {', '.join(left_out)}, and `{request.load_strategy}` adds none: "
                "these fields were left out."
            )
    return site


def _known(
    jira: JiraClient, staging: Staging, request: SyncRequest, entities: Sequence[str], *, conditions: str | None, report: Report
) -> tuple[SiteLoader, _Site]:
    """What has to be known of the site before anything else is read, and who reads the rest."""
    turns = RoleTurns(staging, jira.site, request.full) if request.load_strategy == "merge" else None
    lists = SiteLoader(jira, staging, entities, report, turns)
    catalogue, projects = lists.fields_and_projects(request)
    scopes = scopes_of(request, projects, conditions)
    asked = tuple(_asked(jira.site, scope, entities, catalogue) for scope in scopes)
    return lists, _Site(catalogue, projects, scopes, asked)


def _search(ahead: SearchesAhead, staging: Staging, request: SyncRequest, site: _Site) -> None:
    """Begin to search for what the scopes need, as far as it can be told before they are locked."""
    # What a killed run left is loaded first, and changes the plans.
    if not staging.read("_sync_sweep", ["scope"], limit=1).num_rows:
        plans = _plans(staging, site, request, LeftOver())
        ahead.begin(_idle_and_busy(plans, site.projects, ())[1])


def _load_lists(lists: SiteLoader, site: _Site, request: SyncRequest) -> None:
    """Load what belongs to the whole site."""
    lists.read(_ids_of_chosen(site.projects, request))
    lists.publish()


def _of_issues(entities: Sequence[str]) -> bool:
    return bool(set(entities) & {*MADE_OF_ISSUES, "_raw_issue"})


@contextmanager
def _nothing_counted_on_failure(report: Report) -> Iterator[None]:
    """What was gathered aside and not taken over is in no table that anybody reads."""
    try:
        yield
    except BaseException:
        report.forget_written()
        raise


def _ids_of_chosen(projects: Sequence[Project], request: SyncRequest) -> list[int]:
    return [project.id for project in projects if not request.projects or project.key in request.projects]


def _asked(site: str, scope: Scope, entities: Sequence[str], catalogue: FieldCatalogue) -> SyncState:
    fields = [f"{custom.id}:{custom.shape.column}" for custom in catalogue.custom] if "issue" in entities else []
    return SyncState(site, "issue", scope.name, None, Fingerprint.of(scope.label, entities, fields, catalogue.choice).text)


def _plans(staging: Staging, site: _Site, request: SyncRequest, left: LeftOver) -> list[Plan]:
    """How to read each scope, by where the last run left it.

    What a killed full load has read, which was just finished, is not read in full again. Where what was left is of no use here,
    it may have been read in part, into fewer tables.
    """
    before = states_before(staging, site.asked[0].site, [scope.name for scope in site.scopes]) if site.asked else {}
    rest = replace(request, full=False)
    plans = []
    for scope, state in zip(site.scopes, site.asked, strict=True):
        last = before.get(scope.name)
        if last and scope.name in left.stale:
            last = with_none_behind(last)
        plans.append(plan(scope, last, state, rest if last and last.watermark in left.full else request))
    return plans


def _whole(site: _Site) -> list[Plan]:
    everything = SyncRequest(full=True)
    return [plan(scope, None, state, everything) for scope, state in zip(site.scopes, site.asked, strict=True)]


def _announce(left: LeftOver, plans: Sequence[Plan], report: Report) -> None:
    """Say what is loaded beyond what changed: in the log, in `_sync_run`, and the first few in the report."""
    notes = []
    if left.sweeps:
        count = sum(len(found.ids) for found in left.sweeps)
        notes.append(f"{count:,} issues that an interrupted run had found and not published were loaded first.")
    for planned in plans:
        tally = report.tally("issue", planned.scope.name)
        tally.mode, tally.watermark_from, tally.message = planned.mode, planned.watermark_from, planned.note
        if planned.note:
            notes.append(planned.note)
    for note in notes:
        log.info(note)
    report.notes += notes[:MOST_NOTES]
    if len(notes) > MOST_NOTES:
        report.notes.append(f"And {len(notes) - MOST_NOTES:,} notes more: see `_sync_run.message`.")


def _joined(*found: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """By scope, all issues that are read whatever a search finds."""
    scopes = {scope for one in found for scope in one}
    return {scope: [issue_id for one in found for issue_id in one.get(scope, ())] for scope in scopes}


def _idle_and_busy(plans: Sequence[Plan], projects: Sequence[Project], stale: Collection[str]) -> tuple[list[Plan], list[Plan]]:
    """Plans of projects in which nothing changed, and all others; a stored sweep that does not fit has to be made anew."""
    by_id = {project.id: project for project in projects}
    idle: list[Plan] = []
    busy: list[Plan] = []
    for planned in plans:
        unchanged = is_idle(planned, by_id.get(planned.scope.project_id or 0)) and planned.scope.name not in stale
        (idle if unchanged else busy).append(planned)
    return idle, busy


def _read_until(idle: Sequence[Plan], began: int) -> list[SyncState]:
    # Jira told after `began` that nothing had changed, so that is how far they are read.
    return [replace(planned.state, watermark=began) for planned in idle]


def _empty(sweeps: Sequence[ScopeSweep]) -> list[SyncState]:
    return [found.state for found in sweeps if not found.ids and found.state is not None]


def _move_watermarks(staging: Staging, states: Sequence[SyncState], report: Report) -> None:
    """Move the watermarks of scopes in which nothing changed, all at once."""
    if states:
        staging.publish(Batch(SITE_SCOPE, (), states=tuple(states)), report)
