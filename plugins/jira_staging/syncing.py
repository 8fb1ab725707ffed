"""The second story: a client becomes rows in staging tables.

Read `sync` aloud: sign in; prepare the tables; load what belongs to the whole site; finish what a killed run left; sweep what
changed since the last run, and load it batch by batch. A scope's watermark moves with its last batch, to the time at which the
run began by Jira's clock: never past anything that was not read, and the same for all scopes, so that the next run can ask
for them together. The other load strategies read everything and have no watermark.
"""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple

from jira_staging.changed_issues import ChangedIssues
from jira_staging.errors import StagingError
from jira_staging.issue_loading import IssueLoader
from jira_staging.jira_api.client import JiraClient
from jira_staging.listed_projects import require_projects
from jira_staging.load_strategies import REPLACING, full_load, require_merged, require_one_task, without_unread
from jira_staging.personal_data import know_people, require_same_protection
from jira_staging.phases import phase
from jira_staging.planning import KnownSite, entities_asked, known_site, plans_of_everything
from jira_staging.records import Report, SyncRequest
from jira_staging.reporting import keep_views, zone_of
from jira_staging.role_turns import RoleTurns
from jira_staging.run_checks import check_run, require_not_emptied
from jira_staging.run_frames import LOCK_WAIT_SECONDS, conditions_of, reported, show_names
from jira_staging.scope_searches import SearchesAhead
from jira_staging.site_loading import SiteLoader
from jira_staging.staging import WHOLE_SCHEMA, Staging
from jira_staging.sweeping import sample
from jira_staging.tables import SITE_SCOPE

log = logging.getLogger(__name__)


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
) -> KnownSite:
    """Merge what changed since the last run, batch by batch: what readers see grows more complete with each."""
    # Whatever changes from now on is the next run's, which starts here.
    began = jira.now()
    with SearchesAhead(jira).under_way() as ahead:
        with staging.locked([SITE_SCOPE], LOCK_WAIT_SECONDS), phase("read_site"):
            require_merged(staging, jira.site, entities)
            lists, site = _known(jira, staging, request, entities, conditions=conditions, report=report)
            issues = ChangedIssues(jira, staging, request, site, report)
            if site.of_issues:
                if not request.projects and conditions is None:
                    require_projects(staging, jira.site, report, [project.id for project in site.projects])
                issues.search(ahead)
            _load_lists(lists, site, request)
        if site.of_issues:
            with staging.locked([scope.name for scope in site.scopes], LOCK_WAIT_SECONDS):
                issues.load(ahead, began)
    return site


def _load_whole(
    jira: JiraClient, staging: Staging, request: SyncRequest, entities: Sequence[str], *, conditions: str | None, report: Report
) -> KnownSite:
    """Load everything aside, and let the tables take it over at once: until then readers see what was there before."""
    with staging.locked([WHOLE_SCHEMA], LOCK_WAIT_SECONDS), _nothing_counted_on_failure(report):
        load = full_load(staging, jira.site, request, entities)
        aside = staging.aside(load.tables)
        with phase("read_site"):
            lists, site = _known(jira, aside, request, entities, conditions=conditions, report=report)
            _load_lists(lists, site, request)
        if site.of_issues:
            loader = IssueLoader(jira, aside, site.catalogue, entities, report)
            loader.load(sample(jira, plans_of_everything(site), request.limit or sys.maxsize))
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
) -> tuple[SiteLoader, KnownSite]:
    """What has to be known of the site before anything else is read, and who reads the rest."""
    turns = RoleTurns(staging, jira.site, request.full) if request.load_strategy == "merge" else None
    lists = SiteLoader(jira, staging, entities, report, turns)
    catalogue, projects = lists.fields_and_projects(request)
    return lists, known_site(jira.site, request, entities, conditions, catalogue, projects)


def _load_lists(lists: SiteLoader, site: KnownSite, request: SyncRequest) -> None:
    """Load what belongs to the whole site, and to the projects that are asked for."""
    lists.read([project.id for project in site.projects if not request.projects or project.key in request.projects])
    lists.publish()


@contextmanager
def _nothing_counted_on_failure(report: Report) -> Iterator[None]:
    """What was gathered aside and not taken over is in no table that anybody reads."""
    try:
        yield
    except BaseException:
        report.forget_written()
        raise
