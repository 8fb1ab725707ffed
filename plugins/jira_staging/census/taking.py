"""The census: what a sync cannot see, since no search finds what is not there, is found by comparing all ids, both ways.

Read `take_census` aloud: sign in; find the scopes that were loaded; finish what a killed run left; compare; find out why
issues are gone; store what is to be read again; mark what is gone; read again. Everything that is to be read is stored before
anything is marked, so a census that is killed leaves nothing that the next run does not finish. No watermark moves.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field

from jira_staging.census.comparing import Comparison, compare, without
from jira_staging.census.following import lost_a_comment, relatives
from jira_staging.census.reasons import Judge, Verdict, standings
from jira_staging.census.scopes import LoadedScope, by_tables, loaded_scopes
from jira_staging.census.stored_issues import alive_ids, some_at_a_time
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.errors import StagingRefused
from jira_staging.fingerprints import with_none_behind
from jira_staging.issue_loading import IssueLoader, ScopeSweep
from jira_staging.jira_api.client import JiraClient
from jira_staging.load_strategies import require_merged
from jira_staging.personal_data import know_people, require_same_protection
from jira_staging.phases import phase
from jira_staging.records import CensusRequest, Gone, Report
from jira_staging.run_checks import check_run
from jira_staging.run_frames import LOCK_WAIT_SECONDS, conditions_of, reported, states_before
from jira_staging.scope_members import alive
from jira_staging.site_loading import SiteLoader
from jira_staging.staging import Staging
from jira_staging.sweeping import left_over, stored_sweep
from jira_staging.tables import SITE_SCOPE

log = logging.getLogger(__name__)

# How many issues one transaction marks with all that hangs on them.
MARKED_AT_ONCE = 10_000


@phase("census")
def take_census(jira: JiraClient, staging: Staging, request: CensusRequest, report: Report) -> None:
    """Compare all ids of what was loaded, and put right what differs. `report` counts it while it runs."""
    require_tables(staging)
    report.mode = "census"
    conditions = conditions_of(request.selection)
    account = jira.sign_in()
    log.info("Signed in to %s as %s.", jira.site, account.name)
    staging.prepare(report.run)
    with reported(staging, report, lambda: astuple(jira.traffic)):
        require_same_protection(staging, request.selection, report)
        know_people(staging, believes_all=False)
        began = jira.now()
        with staging.locked([SITE_SCOPE], LOCK_WAIT_SECONDS):
            require_merged(staging, jira.site, ["issue"])
            site = SiteLoader(jira, staging, (), report)
            catalogue, projects = site.fields_and_projects(request.selection)
            site.publish()
        states = states_before(staging, jira.site)
        scopes = loaded_scopes(states, request.selection, projects, conditions, report)
        with staging.locked([one.scope.name for one in scopes], LOCK_WAIT_SECONDS):
            for tables, group in by_tables(standings(jira, staging, scopes, report, sees_any=bool(projects))):
                _Census(jira, staging, request, report, catalogue, began).take(group, tables)
        check_run(jira, staging, report, [one.scope for one in scopes if one.standing == "visible"])


def require_tables(staging: Staging) -> None:
    """Raise StagingRefused where there are files instead of tables, before Jira is asked anything."""
    if staging.spelling is None:
        raise StagingRefused("A census compares Jira with tables, and files have none. Use a database as destination for this.")


@dataclass
class _Census:
    """The census of scopes that fill the same tables."""

    jira: JiraClient
    staging: Staging
    request: CensusRequest
    report: Report
    catalogue: FieldCatalogue
    began: int
    again: dict[str, dict[int, None]] = field(default_factory=dict)

    def take(self, scopes: Sequence[LoadedScope], tables: Sequence[str]) -> None:
        """Compare, store, mark, read again, and check what came of it."""
        loader = IssueLoader(self.jira, self.staging, self.catalogue, tables, self.report)
        loader.load(left_over(self.staging, [one.state for one in scopes]).sweeps)
        comparisons = compare(self.jira, self.staging, scopes)
        states = states_before(self.staging, self.jira.site)
        judge = Judge(self.jira, self.staging, states, self.began, self.report)
        verdicts = judge.verdicts(comparisons, self.request.max_missing)
        self._choose(comparisons, verdicts, tables)
        again = {scope: list(ids) for scope, ids in self.again.items() if ids}
        sweeps = [stored_sweep(self.staging, with_none_behind(states[scope]), ids, "census") for scope, ids in again.items()]
        for verdict in verdicts:
            self._mark(verdict)
        # What Jira says now holds: what it updated last may be older than what is stored.
        loader.load(sweeps, keeps_newer=False)
        self._check(verdicts, sweeps)

    def _choose(self, comparisons: Sequence[Comparison], verdicts: Sequence[Verdict], tables: Sequence[str]) -> None:
        """Choose what is read again, a scope at a time."""
        self.again = {
            one.of.scope.name: dict.fromkeys([*one.lacking.to_pylist(), *one.changed.to_pylist()]) for one in comparisons
        }
        for verdict in verdicts:
            for scope, ids in verdict.moved.items():
                self.again[scope] |= dict.fromkeys(ids)
        named = relatives(self.staging, [issue_id for verdict in verdicts for issue_id in verdict.marked()], tables)
        for one in comparisons:
            there = set(one.alive.to_pylist()) & named if named else set()
            self.again[one.of.scope.name] |= dict.fromkeys(sorted(there))
            named -= there
        owner = next((verdict.of.of.scope for verdict in verdicts if verdict.marked()), None)
        if owner is not None and owner.project_id is not None:
            # Of projects that this census does not compare.
            self.again[owner.name] |= dict.fromkeys(sorted(named))
        if "comment" in tables:
            for one in comparisons:
                self.again[one.of.scope.name] |= dict.fromkeys(self._lost_a_comment(one))

    def _lost_a_comment(self, one: Comparison) -> list[int]:
        known = without(one.alive, one.beyond)
        days = self.request.comment_days
        return lost_a_comment(self.jira, self.staging, known, began=self.began, days=days, report=self.report)

    @phase("mark")
    def _mark(self, verdict: Verdict) -> None:
        scope = verdict.of.of.scope
        for gone in verdict.as_gone():
            for start in range(0, len(gone.issue_ids), MARKED_AT_ONCE):
                some = Gone(gone.reason, gone.issue_ids[start : start + MARKED_AT_ONCE])
                self.staging.mark_gone(scope.name, [some], self.report)
        if told := {reason: len(ids) for reason, ids in verdict.gone.items() if reason and ids}:
            words = ", ".join(f"{count:,} {reason}" for reason, count in told.items())
            self.report.notes.append(f"{scope.label}: issues that Jira no longer has here: {words}.")
            log.info("%s: issues that Jira no longer has here: %s.", scope.label, words)

    def _check(self, verdicts: Sequence[Verdict], sweeps: Sequence[ScopeSweep]) -> None:
        """Compare once more, with what is now in the tables."""
        read_again = {sweep.scope: len(sweep.ids) for sweep in sweeps}
        now = alive_ids(self.staging, [verdict.of.of for verdict in verdicts])
        for verdict in verdicts:
            scope = verdict.of.of.scope
            place = ("issue", scope.name)
            lacking = self._lacking(without(verdict.of.in_jira, now[scope.name]).to_pylist())
            outcome = {
                "jira": len(verdict.of.in_jira),
                "rows": len(now[scope.name]),
                "read_again": read_again.get(scope.name, 0),
                "lacking": lacking,
                "gone": {reason: len(ids) for reason, ids in verdict.gone.items() if reason and ids},
                "held_elsewhere": len(verdict.gone.get(None, [])),
                "unsettled": len(verdict.unsettled),
                "changed_unseen": len(verdict.of.changed),
                "withheld": len(verdict.withheld),
            }
            not_shown = json.loads(self.report.tally(*place).checks).get("not_shown", 0)
            self.report.check(place, "census", outcome, wrong=self._wrong(verdict, lacking - not_shown))

    def _lacking(self, ids: list[int]) -> int:
        """How many of these issues are alive in no project."""
        there = sum(alive(self.staging, "issue", ["id"], {"id": some}).num_rows for some in some_at_a_time(ids))
        return len(ids) - int(there)

    def _wrong(self, verdict: Verdict, lacking: int) -> str | None:
        label, count = verdict.of.of.scope.label, len(verdict.withheld)
        if count:
            return (
                f"{label}: {count:,} of {len(verdict.of.alive):,} issues would be called `missing`, though Jira still shows "
                f"the project; that is more than `max_missing` ({self.request.max_missing}) allows, so none was marked. "
                "Check what the account may see; if they are gone, raise `max_missing` (`--max-missing`)."
            )
        if lacking > 0:
            return f"{label}: Jira has {lacking:,} issues that are not in the table after the census. See `_rejected_row`."
        return None
