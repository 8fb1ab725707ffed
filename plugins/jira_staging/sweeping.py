"""Which issues to load: what a killed run left in the stored sweep, and what Jira finds now, stored before it is fetched."""

import json
import logging
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from jira_staging.errors import JiraRefusedQuery
from jira_staging.issue_loading import ScopeSweep
from jira_staging.jira_api import jql
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.searching import SweptPage, sweep
from jira_staging.planning import Plan
from jira_staging.records import SyncState
from jira_staging.staging import Staging

log = logging.getLogger(__name__)

# The entity under which `_sync_state` remembers what a stored sweep was made for.
SWEEP_ENTITY = "_sync_sweep"


@dataclass(frozen=True)
class LeftOver:
    """Stored sweeps of a killed run that still fit, which of them were full, and the scopes whose stored one does not fit."""

    sweeps: tuple[ScopeSweep, ...] = ()
    full: frozenset[str] = frozenset()
    stale: frozenset[str] = frozenset()


def left_over(staging: Staging, asked: Sequence[SyncState]) -> LeftOver:
    """What is stored for these scopes. A sweep that was made for another question does not fit: it is made anew."""
    by_scope = {state.scope: state for state in asked}
    stored = staging.read("_sync_sweep", ["scope", "issue_id", "sweep_started"], {"scope": list(by_scope)})
    if not stored.num_rows:
        return LeftOver()
    made_for = _made_for(staging, asked[0].site, list(by_scope))
    sweeps, full, stale = [], set(), set()
    for scope, rows in groupby(stored.to_pylist(), key=lambda row: row["scope"]):
        ids, started = array("q"), 0
        for row in rows:
            ids.append(row["issue_id"])
            started = row["sweep_started"]
        question = made_for.get(scope, {})
        if question.get("asked") == by_scope[scope].fingerprint:
            sweeps.append(ScopeSweep(scope, ids, replace(by_scope[scope], watermark=started)))
            if question.get("mode") == "full":
                full.add(scope)
        else:
            stale.add(scope)
    return LeftOver(tuple(sweeps), frozenset(full), frozenset(stale))


def sweep_anew(jira: JiraClient, staging: Staging, plans: Sequence[Plan], stale: Iterable[str]) -> list[ScopeSweep]:
    """Ask Jira for the ids that each plan needs, and store them; one search for all projects that begin at the same time."""
    sweeps: list[ScopeSweep] = []
    unfit = set(stale)
    for group in _groups(plans):
        found = _Found.of(group)
        for search in _searches(group):
            for page in sweep(jira, search):
                found.add(page)
        for planned in group:
            if planned.new_fields:
                _add_holders(jira, planned, found)
        for planned in group:
            ids = array("q", dict.fromkeys(found.ids[planned.scope.name]))
            if ids or planned.scope.name in unfit:
                staging.store_sweep(planned.scope.name, ids, found.started_at, _question(planned, found.started_at))
            sweeps.append(ScopeSweep(planned.scope.name, ids, replace(planned.state, watermark=found.started_at)))
    return sweeps


def sample(jira: JiraClient, plans: Sequence[Plan], limit: int) -> list[ScopeSweep]:
    """The first `limit` issues that the plans need. Nothing is stored, and no state comes with them."""
    sweeps: list[ScopeSweep] = []
    for group in _groups(plans):
        found = _Found.of(group)
        for search in _searches(group):
            for page in sweep(jira, search):
                found.add(page)
                if found.count >= limit:
                    break
        for scope, ids in found.ids.items():
            sweeps.append(ScopeSweep(scope, ids[:limit], None))
            limit -= len(ids[:limit])
        if limit <= 0:
            break
    return sweeps


@dataclass
class _Found:
    """Ids by scope while pages of a search come in. `started_at` is epoch milliseconds by Jira's clock."""

    ids: dict[str, "array[int]"]
    scope_of_key: dict[str, str]
    first_scope: str
    started_at: int = 0
    count: int = 0

    @classmethod
    def of(cls, group: Sequence[Plan]) -> "_Found":
        scopes = [planned.scope for planned in group]
        return cls({scope.name: array("q") for scope in scopes}, {scope.label: scope.name for scope in scopes}, scopes[0].name)

    def add(self, page: SweptPage) -> None:
        # The earliest start holds for all: what changed after it is found again by the next sweep.
        self.started_at = self.started_at or page.started_at
        self.count += len(page.issue_ids)
        for issue_id, key in zip(page.issue_ids, page.project_keys, strict=True):
            # The index may still know a moved issue under its old project: its row says where it is now.
            self.ids[self.scope_of_key.get(key, self.first_scope)].append(issue_id)


def _groups(plans: Sequence[Plan]) -> Iterator[list[Plan]]:
    """Plans that one search serves: projects that begin at the same time; what is asked by JQL stands alone."""

    def together(planned: Plan) -> tuple[bool, int]:
        return planned.since is not None, planned.since or 0

    of_projects = sorted((planned for planned in plans if planned.scope.project_id is not None), key=together)
    for _, group in groupby(of_projects, key=together):
        yield list(group)
    yield from ([planned] for planned in plans if planned.scope.project_id is None)


def _searches(group: Sequence[Plan]) -> Iterator[str]:
    since = group[0].since
    if group[0].scope.project_id is None:
        yield jql.bounded(group[0].scope.jql, since)
        return
    for keys in jql.split_projects([planned.scope.label for planned in group]):
        yield jql.bounded(jql.projects_in(keys), since)


def _add_holders(jira: JiraClient, planned: Plan, found: _Found) -> None:
    """Add every issue of the scope that has a value in a field that was not loaded before."""
    within = planned.scope.jql or jql.projects_in([planned.scope.label])
    fields = [f"cf[{field.partition(':')[0].removeprefix('customfield_')}] is not EMPTY" for field in planned.new_fields]
    try:
        pages = list(sweep(jira, jql.bounded(f"({within}) AND ({' OR '.join(fields)})", None)))
    except JiraRefusedQuery as refusal:
        log.info("Jira cannot search for values of the new fields, so all of %s is loaded: %s", planned.scope.label, refusal)
        pages = list(sweep(jira, jql.bounded(within, None)))
    for page in pages:
        found.ids[planned.scope.name].extend(page.issue_ids)


def _question(planned: Plan, started_at: int) -> SyncState:
    question = json.dumps({"asked": planned.state.fingerprint, "mode": planned.mode})
    return replace(planned.state, entity=SWEEP_ENTITY, watermark=started_at, fingerprint=question)


def _made_for(staging: Staging, site: str, scopes: Sequence[str]) -> dict[str, dict[str, str]]:
    where = {"site": [site], "entity": [SWEEP_ENTITY], "scope": scopes}
    rows = staging.read("_sync_state", ["scope", "fingerprint"], where).to_pylist()
    return {row["scope"]: json.loads(row["fingerprint"]) for row in rows}
