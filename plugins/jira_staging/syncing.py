"""The second story: a client becomes rows in staging tables.

Read `sync` aloud: sign in; prepare the tables; load what belongs to the whole site; finish what a killed run left; sweep what
changed since the last run, and load it batch by batch. A scope's watermark moves with its last batch, to the time at which the
run began by Jira's clock: never past anything that was not read, and the same for all scopes, so that the next run can ask
for them together.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, replace
from datetime import UTC, datetime

from jira_staging.entities.display_names import display_names
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.errors import StagingError
from jira_staging.issue_loading import IssueLoader, ScopeSweep
from jira_staging.jira_api import jql
from jira_staging.jira_api.client import JiraClient
from jira_staging.planning import Plan, Project, entities_asked, fingerprint, is_idle, plan, scopes_of
from jira_staging.records import Batch, Report, Scope, SyncRequest, SyncState
from jira_staging.site_loading import SITE_SCOPE, SiteLoader
from jira_staging.staging import Staging
from jira_staging.sweeping import LeftOver, left_over, sample, sweep_anew
from jira_staging.tables import GROUPS
from jira_staging.worklog_changes import WorklogChanges

log = logging.getLogger(__name__)

# How long a run waits for another one that loads the same scope before it gives up.
LOCK_WAIT_SECONDS = 300.0

# A report is read by people and travels through Airflow: a site's first load has a note for each of its projects.
MOST_NOTES = 20


def sync(jira: JiraClient, staging: Staging, request: SyncRequest, report: Report) -> None:
    """Copy what `request` asks for into the staging tables. `report` counts it while it runs, also where this raises."""
    entities, conditions = entities_asked(request.entities), _conditions(request)
    account = jira.sign_in()
    log.info("Signed in to %s as %s.", jira.site, account.name)
    staging.prepare(report.run)
    with _reported(jira, staging, report):
        # Whatever changes from now on is the next run's, which starts here.
        began = jira.now()
        with staging.locked([SITE_SCOPE], LOCK_WAIT_SECONDS):
            site = SiteLoader(jira, staging, entities, report)
            catalogue = site.fields(request)
            projects = site.projects()
            scopes = scopes_of(request, projects, conditions)
            site.lists(_ids_of_chosen(projects, request))
            site.publish()
        if set(entities) & {*GROUPS["issues"], *GROUPS["history"]}:
            with staging.locked([scope.name for scope in scopes], LOCK_WAIT_SECONDS):
                loader = IssueLoader(jira, staging, catalogue, entities, report)
                asked = [_asked(jira.site, scope, entities, catalogue) for scope in scopes]
                if request.limit is None:
                    left = left_over(staging, asked)
                    loader.load(left.sweeps)
                    plans = _plans(staging, scopes, asked, request, left.full)
                    _announce(left, plans, report)
                    WorklogChanges(jira, staging, report, report_scope=SITE_SCOPE).apply(plans, entities)
                    idle, busy = _idle_and_busy(plans, projects, left.stale)
                    sweeps = sweep_anew(jira, staging, busy, began, left.stale)
                    _move_watermarks(staging, [*_read_until(idle, began), *_empty(sweeps)], report)
                    loader.load([found for found in sweeps if found.ids])
                else:
                    loader.load(sample(jira, _whole(scopes, asked), request.limit))
        names = dict(zip(*staging.read("field", ["id", "name"]).to_pydict().values(), strict=True))
        staging.create_issue_named(
            display_names(catalogue, list(staging.columns("issue")), staging.longest_name, last_names=names)
        )


@contextmanager
def _reported(jira: JiraClient, staging: Staging, report: Report) -> Iterator[None]:
    """Write down how the run ended, whatever ends it."""
    try:
        yield
    except BaseException as error:
        report.count_rest(astuple(jira.traffic))
        report.close(datetime.now(UTC), error)
        try:
            staging.finish(report)
        except StagingError as second:
            log.warning("How the run ended could not be written into `_sync_run`: %s", second)
        raise
    report.count_rest(astuple(jira.traffic))
    report.close(datetime.now(UTC))
    staging.finish(report)


def _conditions(request: SyncRequest) -> str | None:
    """What restricts the run beyond whole projects, as JQL; None where nothing does."""
    # Sorted, since a scope goes by its JQL: the same names in another order are the same scope.
    parts = []
    if request.projects and (request.components or request.jql):
        parts.append(jql.projects_in(sorted(set(request.projects))))
    if request.components:
        parts.append(f"component in ({', '.join(map(jql.quoted_value, sorted(set(request.components))))})")
    if request.jql:
        parts.append(f"({jql.checked_jql(request.jql)})")
    return " AND ".join(parts) if request.components or request.jql else None


def _ids_of_chosen(projects: Sequence[Project], request: SyncRequest) -> list[int]:
    return [project.id for project in projects if not request.projects or project.key in request.projects]


def _asked(site: str, scope: Scope, entities: Sequence[str], catalogue: FieldCatalogue) -> SyncState:
    fields = [f"{custom.id}:{custom.shape.column}" for custom in catalogue.custom] if "issue" in entities else []
    return SyncState(site, "issue", scope.name, None, fingerprint(entities, fields, scope.label))


def _plans(
    staging: Staging, scopes: Sequence[Scope], asked: Sequence[SyncState], request: SyncRequest, read_in_full: frozenset[int]
) -> list[Plan]:
    """How to read each scope, by where the last run left it.

    `read_in_full` are the beginnings of full loads that were just finished: what these have read is not read in full again.
    """
    where = {"site": [asked[0].site] if asked else [], "entity": ["issue"], "scope": [scope.name for scope in scopes]}
    rows = staging.read("_sync_state", ["site", "entity", "scope", "watermark", "fingerprint"], where).to_pylist()
    before = {row["scope"]: SyncState(**row) for row in rows}
    rest = replace(request, full=False)
    plans = []
    for scope, state in zip(scopes, asked, strict=True):
        last = before.get(scope.name)
        plans.append(plan(scope, last, state, rest if last and last.watermark in read_in_full else request))
    return plans


def _whole(scopes: Sequence[Scope], asked: Sequence[SyncState]) -> list[Plan]:
    everything = SyncRequest(full=True)
    return [plan(scope, None, state, everything) for scope, state in zip(scopes, asked, strict=True)]


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
