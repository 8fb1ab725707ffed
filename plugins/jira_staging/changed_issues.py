"""What a run that merges reads of issues: what a killed run left, what changed since the last one, or a sample."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from jira_staging.fingerprints import seeing, with_none_behind
from jira_staging.issue_loading import IssueLoader, ScopeSweep
from jira_staging.jira_api.client import JiraClient
from jira_staging.planning import KnownSite, Plan, idle_and_busy, plan, plans_of_everything, relying_on_no_other
from jira_staging.records import Batch, Report, SyncRequest, SyncState
from jira_staging.renamed_projects import issues_of_renamed_projects
from jira_staging.run_checks import require_not_emptied
from jira_staging.run_frames import states_before
from jira_staging.scope_searches import SearchesAhead
from jira_staging.sprint_changes import issues_of_changed_sprints, sprints_seen
from jira_staging.staging import Staging
from jira_staging.sweeping import LeftOver, left_over, sample, sweep_anew
from jira_staging.tables import SITE_SCOPE
from jira_staging.worklog_changes import WorklogChanges

log = logging.getLogger(__name__)

# A report is read by people and travels through Airflow: a site's first load has a note for each of its projects.
MOST_NOTES = 20


@dataclass(frozen=True)
class ChangedIssues:
    """The issues of `site` that a run reads, found and loaded. Whoever calls `load` holds the scopes' locks."""

    jira: JiraClient
    staging: Staging
    request: SyncRequest
    site: KnownSite
    report: Report

    def search(self, ahead: SearchesAhead) -> None:
        """Begin to search for what the scopes need, as far as it can be told before they are locked."""
        # What a killed run left is loaded first, and changes the plans.
        if self.request.limit is None and not self.staging.read("_sync_sweep", ["scope"], limit=1).num_rows:
            _, busy = idle_and_busy(self._plans(self.site.asked, LeftOver()), self.site.projects, ())
            ahead.begin(busy)

    def load(self, ahead: SearchesAhead, began: int) -> None:
        """Publish them, each scope's watermark with its last batch: `began`, when the run did by Jira's clock."""
        # Before the loader reads the sprints, so that nothing is taken as known which it did not see.
        sprints = sprints_seen(self.staging, self.site.entities)
        asked = tuple(seeing(state, sprints) for state in self.site.asked)
        loader = IssueLoader(self.jira, self.staging, self.site.catalogue, self.site.entities, self.report)
        if self.request.limit is not None:
            loader.load(sample(self.jira, plans_of_everything(self.site), self.request.limit))
            return
        left = left_over(self.staging, asked)
        loader.load(left.sweeps, keeps_newer=not (self.request.full or left.full))
        plans = self._plans(asked, left)
        self._announce(plans, left)
        renamed = issues_of_renamed_projects(self.staging, self.site.projects, plans)
        plans = relying_on_no_other(plans, renamed)
        worklogs = WorklogChanges(self.jira, self.staging, self.report, report_scope=SITE_SCOPE)
        of_sprints = issues_of_changed_sprints(self.staging, plans, sprints, self.site.entities)
        also = _joined(worklogs.apply(plans, self.site.entities), of_sprints, renamed)
        # A stored sweep that does not fit has to be made anew.
        idle, busy = idle_and_busy(plans, self.site.projects, {*left.stale, *also})
        sweeps = sweep_anew(ahead, self.staging, busy, began, stale=left.stale, also=also)
        if self.request.full and not left.sweeps and not any(found.ids for found in sweeps):
            require_not_emptied(self.staging, self.jira.site, self.site.scopes)
        self._move_watermarks([*_read_until(idle, began), *_empty(sweeps)])
        loader.load([found for found in sweeps if found.ids], keeps_newer=not self.request.full)

    def _plans(self, asked: Sequence[SyncState], left: LeftOver) -> list[Plan]:
        """How to read each scope, by where the last run left it.

        What a killed full load has read, which was just finished, is not read in full again. Where what was left is of no use
        here, it may have been read in part, into fewer tables.
        """
        before = states_before(self.staging, self.jira.site, [scope.name for scope in self.site.scopes]) if asked else {}
        rest = replace(self.request, full=False)
        plans = []
        for scope, state in zip(self.site.scopes, asked, strict=True):
            last = before.get(scope.name)
            if last and scope.name in left.stale:
                last = with_none_behind(last)
            plans.append(plan(scope, last, state, rest if last and last.watermark in left.full else self.request))
        return plans

    def _announce(self, plans: Sequence[Plan], left: LeftOver) -> None:
        """Say what is loaded beyond what changed: in the log, in `_sync_run`, and the first few in the report."""
        notes = []
        if left.sweeps:
            count = sum(len(found.ids) for found in left.sweeps)
            notes.append(f"{count:,} issues that an interrupted run had found and not published were loaded first.")
        for planned in plans:
            tally = self.report.tally("issue", planned.scope.name)
            tally.mode, tally.watermark_from, tally.message = planned.mode, planned.watermark_from, planned.note
            if planned.note:
                notes.append(planned.note)
        for note in notes:
            log.info(note)
        self.report.notes += notes[:MOST_NOTES]
        if len(notes) > MOST_NOTES:
            self.report.notes.append(f"And {len(notes) - MOST_NOTES:,} notes more: see `_sync_run.message`.")

    def _move_watermarks(self, states: Sequence[SyncState]) -> None:
        """Move the watermarks of scopes in which nothing changed, all at once."""
        if states:
            self.staging.publish(Batch(SITE_SCOPE, (), states=tuple(states)), self.report)


def _joined(*found: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """By scope, all issues that are read whatever a search finds."""
    scopes = {scope for one in found for scope in one}
    return {scope: list(chain.from_iterable(one.get(scope, ()) for one in found)) for scope in scopes}


def _read_until(idle: Sequence[Plan], began: int) -> list[SyncState]:
    # Jira told after `began` that nothing had changed, so that is how far they are read.
    return [replace(planned.state, watermark=began) for planned in idle]


def _empty(sweeps: Sequence[ScopeSweep]) -> list[SyncState]:
    return [found.state for found in sweeps if not found.ids and found.state is not None]
