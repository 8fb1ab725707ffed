"""Which issues to load: what a killed run left in the stored sweep, and what Jira finds now, stored before it is fetched."""

import json
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

import pyarrow as pa

from jira_staging.errors import JiraRefusedQuery
from jira_staging.issue_loading import ScopeSweep
from jira_staging.jira_api import jql
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.in_order import in_order
from jira_staging.jira_api.issues import batched
from jira_staging.jira_api.readings import Reading, reading_of
from jira_staging.jira_api.searching import SweptPage
from jira_staging.phases import note, phase
from jira_staging.planning import Plan, read_by_both
from jira_staging.records import SyncMode, SyncState
from jira_staging.run_logs import RunLog
from jira_staging.staging import Staging

log = RunLog(__name__)

# The entity under which `_sync_state` remembers what a stored sweep was made for.
SWEEP_ENTITY = "_sync_sweep"

# Of new fields, how many one search asks for: half of the longest JQL, so that the other half names projects.
FIELDS_PER_SEARCH = 100

# Of a first load's searches: each may cost one page more than one for all would.
SEARCHES_AT_ONCE = 4


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
    jira: JiraClient,
    staging: Staging,
    plans: Sequence[Plan],
    began: int,
    *,
    stale: Collection[str],
    also: Mapping[str, Sequence[int]],
) -> list[ScopeSweep]:
    """Ask Jira for the ids that each plan needs, and store them; one search for all projects that begin at the same time.

    `also` are, by scope, issues that are read whatever the search finds. `began` is when the run began, by Jira's clock:
    everything older is read once these are loaded. All scopes have it in common, so that the next run can ask for all of them
    at once.
    """
    sweeps: list[ScopeSweep] = []
    for group in _groups(plans, reading_of(jira)):
        found = _Found.of(group)
        for page in _side_by_side(jira, group):
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
    for group in _groups(plans, reading_of(jira)):
        found = _Found.of(group)
        for page in _pages(jira, group):
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


def _groups(plans: Sequence[Plan], reading: Reading) -> Iterator[list[Plan]]:
    """Plans that one search serves: projects that begin at the same time; what is asked by JQL stands alone."""

    def together(planned: Plan) -> tuple[bool, int, tuple[str, ...], str]:
        is_alone = planned.since is None and not reading.sweeps_all_together
        return planned.since is not None, planned.since or 0, planned.new_fields, planned.scope.name if is_alone else ""

    of_projects = sorted((planned for planned in plans if planned.scope.project_id is not None), key=together)
    for _, group in groupby(of_projects, key=together):
        yield list(group)
    yield from ([planned] for planned in plans if planned.scope.project_id is None)


def _side_by_side(jira: JiraClient, group: Sequence[Plan]) -> Iterator[SweptPage]:
    """All pages of the group; where projects are loaded from their beginning, of several searches at once.

    Page follows page, and a page of 5,000 ids takes Jira a second or two.
    """
    if group[0].since is not None or group[0].scope.project_id is None:
        yield from _pages(jira, group)
        return
    parts = [group[place::SEARCHES_AT_ONCE] for place in range(SEARCHES_AT_ONCE)]
    acts = [partial(_all_pages, group=part) for part in parts if part]
    with closing(in_order(jira, acts)) as found:
        for pages in found:
            yield from pages


def _all_pages(jira: JiraClient, group: Sequence[Plan]) -> list[SweptPage]:
    return list(_pages(jira, group))


def _pages(jira: JiraClient, group: Sequence[Plan]) -> Iterator[SweptPage]:
    since, new_fields, reading = group[0].since, group[0].new_fields, reading_of(jira)
    for within in _restrictions(group):
        yield from reading.sweep(jira, within, since)
    if new_fields:
        yield from _holders(jira, group, new_fields)


def _holders(jira: JiraClient, group: Sequence[Plan], new_fields: Sequence[str]) -> Iterator[SweptPage]:
    """Every issue that has a value in a field that was not loaded before."""
    reading = reading_of(jira)
    numbers = [field.partition(":")[0].removeprefix("customfield_") for field in new_fields]
    for some in batched(numbers, FIELDS_PER_SEARCH):
        has_value = " OR ".join(f"cf[{number}] is not EMPTY" for number in some)
        try:
            for within in _restrictions(group, reserved=len(has_value)):
                yield from reading.sweep(jira, f"({within}) AND ({has_value})", None)
        except JiraRefusedQuery as refusal:
            log.info("Jira cannot search for values of the new fields, so everything is loaded: %s", refusal)
            for within in _restrictions(group):
                yield from reading.sweep(jira, within, None)
            return


def _restrictions(group: Sequence[Plan], reserved: int = 0) -> Iterator[str]:
    """The group's scopes as JQL, in parts that leave room for `reserved` characters more."""
    if group[0].scope.project_id is None:
        yield group[0].scope.jql
        return
    for keys in jql.split_projects([planned.scope.label for planned in group], longest=jql.LONGEST_JQL - reserved):
        yield jql.projects_in(keys)


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
