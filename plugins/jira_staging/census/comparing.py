"""All ids, both ways: what Jira has of each scope, and what the tables have of it that is not marked as gone."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.census.scopes import LoadedScope, searches
from jira_staging.census.stored_issues import alive_ids, times_of_updates
from jira_staging.census.unseen_changes import other_times
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.readings import reading_of
from jira_staging.jira_api.searching import SweptPage
from jira_staging.phases import phase
from jira_staging.scope_searches import none_gone
from jira_staging.staging import Staging


@dataclass(frozen=True)
class Comparison:
    """One scope's ids: those that Jira has, those that the tables have, and what only the one or only the other has.

    An issue that the search still shows in the project that it left is in neither of these. `changed` are those that both
    have, the tables otherwise than Jira, though Jira changed them before the scope was last read.
    """

    of: LoadedScope
    in_jira: pa.Array
    alive: pa.Array
    lacking: pa.Array
    beyond: pa.Array
    changed: pa.Array


@phase("compare")
def compare(jira: JiraClient, staging: Staging, scopes: Sequence[LoadedScope]) -> list[Comparison]:
    """Compare the ids of these scopes, those of many projects by one search. A scope that cannot be searched has none."""
    found = []
    for within, group in searches(scopes, all_together=reading_of(jira).sweeps_all_together):
        listed = _ListedIssues.of(group)
        with none_gone(jira, [one.scope for one in group]):
            for page in reading_of(jira).sweep(jira, within, None, by_update=True):
                listed.add(page)
        in_jira = {name: pa.array(ids, pa.int64()).unique() for name, ids in listed.of_scope.items()}
        changed = other_times(jira, listed.ids, times_of_updates(staging, group), listed.updated)
        alive = alive_ids(staging, group)
        everywhere, stored = pa.concat_arrays(list(in_jira.values())), pa.concat_arrays(list(alive.values()))
        for one in group:
            name = one.scope.name
            lacking, beyond = without(in_jira[name], stored), without(alive[name], everywhere)
            # What changed since is the next sync's.
            missed = pa.array([id_ for id_, updated in changed.items() if updated < (one.state.watermark or 0)], pa.int64())
            own = missed.filter(pc.is_in(missed, in_jira[name]))
            found.append(Comparison(one, in_jira[name], alive[name], lacking, beyond, own))
    unsearched = [one for one in scopes if one.standing != "visible"]
    nothing = pa.array([], pa.int64())
    for name, ids in alive_ids(staging, unsearched).items():
        of = next(one for one in unsearched if one.scope.name == name)
        found.append(Comparison(of, nothing, ids, nothing, ids, nothing))
    return found


def without(ids: pa.Array, others: pa.Array) -> pa.Array:
    """Those of the ids that are not among the others."""
    return ids.filter(pc.invert(pc.is_in(ids, others)))


@dataclass
class _ListedIssues:
    """The ids that Jira lists, all of them in its order, and by scope; where it tells, when each was last updated."""

    ids: "array[int]"
    updated: "array[int]"
    of_scope: dict[str, "array[int]"]
    scope_of_key: dict[str, str]
    first_scope: str

    @classmethod
    def of(cls, group: Sequence[LoadedScope]) -> "_ListedIssues":
        scopes = [one.scope for one in group]
        by_key = {scope.label: scope.name for scope in scopes}
        return cls(array("q"), array("q"), {scope.name: array("q") for scope in scopes}, by_key, scopes[0].name)

    def add(self, page: SweptPage) -> None:
        self.ids.extend(page.issue_ids)
        self.updated.extend(page.updated)
        for issue_id, key in zip(page.issue_ids, page.project_keys, strict=True):
            # The index may still know a moved issue under its old project: its row says where it is now.
            self.of_scope[self.scope_of_key.get(key, self.first_scope)].append(issue_id)
