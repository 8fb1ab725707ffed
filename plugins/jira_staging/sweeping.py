"""Which issues to load: what a killed run left in the stored sweep, and what Jira finds now, stored before it is fetched."""

import json
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from jira_staging.fingerprints import read_by_both
from jira_staging.issue_loading import ScopeSweep
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.readings import reading_of
from jira_staging.jira_api.searching import SweptPage
from jira_staging.phases import note, phase
from jira_staging.planning import Plan
from jira_staging.records import SyncMode, SyncState
from jira_staging.scope_searches import SearchesAhead, groups_of, pages_of
from jira_staging.staging import Staging

# The entity under which `_sync_state` remembers what a stored sweep was made for.
SWEEP_ENTITY = "_sync_sweep"


@dataclass(frozen=True)
class LeftOver:
    """Stored sweeps of a killed run that still fit, when the full ones among them began, and the scopes whose does not fit."""

    sweeps: tuple[ScopeSweep, ...] = ()
    full: frozenset[int] = frozenset()
    stale: frozenset[str] = frozenset()


def left_over(staging: Staging, asked: Sequence[SyncState]) -> LeftOver:
    """What is stored for these scopes. A sweep that was made for fewer tables than are asked now is made anew."""
    by_scope = {state.scope: state for state in asked}
    stored = staging.read("_sync_sweep", ["scope", "issue_id", "sweep_started"], {"scope": list(by_scope)})
    if not stored.num_rows:
        return LeftOver()
    made_for = _made_for(staging, asked[0].site, list(by_scope))
    sweeps, full, stale = [], set(), set()
    for scope, rows in _by_scope(stored):
        question, started = made_for[scope], rows["sweep_started"][0].as_py()
        read = read_by_both(question["asked"], by_scope[scope].fingerprint)
        if read is None:
            stale.add(scope)
            continue
        state = replace(by_scope[scope], watermark=started, fingerprint=read)
        sweeps.append(ScopeSweep(scope, array("q", rows["issue_id"].to_pylist()), state))
        if question["mode"] == "full":
            full.add(started)
    return LeftOver(tuple(sweeps), frozenset(full), frozenset(stale))


@phase("sweep")
def sweep_anew(
    ahead: SearchesAhead,
    staging: Staging,
    plans: Sequence[Plan],
    began: int,
    *,
    stale: Collection[str],
    also: Mapping[str, Sequence[int]],
) -> list[ScopeSweep]:
    """Ask Jira for the ids that each plan needs, and store them; one search for all projects that begin at the same time.

    `ahead` searches, unless it has begun to. `also` are, by scope, issues that are read whatever the search finds. `began` is
    when the run began, by Jira's clock: everything older is read once these are loaded. All scopes have it in common, so that
    the next run can ask for all of them at once.
    """
    sweeps: list[ScopeSweep] = []
    for group in ahead.groups(plans):
        found = _Found.of(group)
        for page in ahead.pages(group):
            found.add(page)
        for planned in group:
            scope, state = planned.scope.name, replace(planned.state, watermark=began)
            ids = array("q", dict.fromkeys([*found.ids[scope], *also.get(scope, ())]))
            if ids or scope in stale:
                staging.store_sweep(scope, ids, began, _question(state, planned.mode))
            sweeps.append(ScopeSweep(scope, ids, state))
    note(scopes=len(sweeps), issues=sum(len(found.ids) for found in sweeps))
    return sweeps


@phase("sweep")
def sample(jira: JiraClient, plans: Sequence[Plan], limit: int) -> list[ScopeSweep]:
    """The first `limit` issues that the plans need. Nothing is stored, and no state comes with them."""
    sweeps: list[ScopeSweep] = []
    for group in groups_of(plans, reading_of(jira)):
        found = _Found.of(group)
        for page in pages_of(jira, group):
            found.add(page)
            if found.count >= limit:
                break
        for scope, ids in found.ids.items():
            sweeps.append(ScopeSweep(scope, ids[:limit], None))
            limit -= len(ids[:limit])
        if limit <= 0:
            break
    return sweeps


def stored_sweep(staging: Staging, state: SyncState, ids: Sequence[int], mode: SyncMode) -> ScopeSweep:
    """Store ids that are to be read whatever the search finds; `state` is what holds once they are loaded."""
    # The epoch is before everything: from there a later run misses nothing.
    staging.store_sweep(state.scope, ids, state.watermark or 0, _question(state, mode))
    return ScopeSweep(state.scope, ids, state)


@dataclass
class _Found:
    """Ids by scope while pages of a search come in."""

    ids: dict[str, "array[int]"]
    scope_of_key: dict[str, str]
    first_scope: str
    count: int = 0

    @classmethod
    def of(cls, group: Sequence[Plan]) -> "_Found":
        scopes = [planned.scope for planned in group]
        return cls({scope.name: array("q") for scope in scopes}, {scope.label: scope.name for scope in scopes}, scopes[0].name)

    def add(self, page: SweptPage) -> None:
        self.count += len(page.issue_ids)
        for issue_id, key in zip(page.issue_ids, page.project_keys, strict=True):
            # The index may still know a moved issue under its old project: its row says where it is now.
            self.ids[self.scope_of_key.get(key, self.first_scope)].append(issue_id)


def _by_scope(stored: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """A stored sweep's rows, which are ordered by scope, a scope at a time."""
    start = 0
    for found in stored["scope"].value_counts().to_pylist():
        yield found["values"], stored.slice(start, found["counts"])
        start += found["counts"]


def _question(state: SyncState, mode: SyncMode) -> SyncState:
    question = json.dumps({"asked": state.fingerprint, "mode": mode})
    return replace(state, entity=SWEEP_ENTITY, fingerprint=question)


def _made_for(staging: Staging, site: str, scopes: Sequence[str]) -> dict[str, dict[str, str]]:
    where = {"site": [site], "entity": [SWEEP_ENTITY], "scope": scopes}
    rows = staging.read("_sync_state", ["scope", "fingerprint"], where).to_pylist()
    return {row["scope"]: json.loads(row["fingerprint"]) for row in rows}
