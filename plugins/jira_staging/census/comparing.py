"""All ids, both ways: what Jira has of each scope, and what the tables have of it that is not marked as gone."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.census.scopes import LoadedScope, searches
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.readings import reading_of
from jira_staging.phases import phase
from jira_staging.staging import Staging

# How many ids one question to the staging database names.
IDS_PER_READ = 20_000


@dataclass(frozen=True)
class Comparison:
    """One scope's ids: those that Jira has, those that the tables have, and what only the one or only the other has.

    An issue that the search still shows in the project that it left is in neither of the last two.
    """

    of: LoadedScope
    in_jira: pa.Array
    alive: pa.Array
    lacking: pa.Array
    beyond: pa.Array


@phase("compare")
def compare(jira: JiraClient, staging: Staging, scopes: Sequence[LoadedScope]) -> list[Comparison]:
    """Compare the ids of these scopes, those of many projects by one search. A scope that cannot be searched has none."""
    found = []
    for within, group in searches(scopes, all_together=reading_of(jira).sweeps_all_together):
        in_jira = _ids_in_jira(jira, within, group)
        alive = alive_ids(staging, group)
        everywhere, stored = pa.concat_arrays(list(in_jira.values())), pa.concat_arrays(list(alive.values()))
        for one in group:
            name = one.scope.name
            lacking, beyond = without(in_jira[name], stored), without(alive[name], everywhere)
            found.append(Comparison(one, in_jira[name], alive[name], lacking, beyond))
    unsearched = [one for one in scopes if one.standing != "visible"]
    nothing = pa.array([], pa.int64())
    for name, ids in alive_ids(staging, unsearched).items():
        of = next(one for one in unsearched if one.scope.name == name)
        found.append(Comparison(of, nothing, ids, nothing, ids))
    return found


def alive_ids(staging: Staging, scopes: Sequence[LoadedScope]) -> dict[str, pa.Array]:
    """The issues of each scope that the tables have and that are not marked as gone."""
    project_ids = [one.scope.project_id for one in scopes if one.scope.project_id is not None]
    found = {}
    rows = alive(staging, "issue", ["id", "project_id"], {"project_id": project_ids}) if project_ids else None
    for one in scopes:
        if one.scope.project_id is None or rows is None:
            held = staging.read("_scope_issue", ["issue_id"], {"scope": [one.scope.name]})
            found[one.scope.name] = _one(held["issue_id"])
        else:
            found[one.scope.name] = _one(rows.filter(pc.equal(rows["project_id"], one.scope.project_id))["id"])
    return found


def alive(staging: Staging, table: str, columns: Sequence[str], where: Mapping[str, Sequence[int]]) -> pa.Table:
    """Rows that are not marked as gone."""
    rows = staging.read(table, [*columns, "_deleted_at"], where)
    return rows.filter(pc.is_null(rows["_deleted_at"])).drop_columns(["_deleted_at"])


def without(ids: pa.Array, others: pa.Array) -> pa.Array:
    """Those of the ids that are not among the others."""
    return ids.filter(pc.invert(pc.is_in(ids, others)))


def some_at_a_time(ids: Sequence[int]) -> Iterator[list[int]]:
    """The ids in lists that one question may name."""
    for start in range(0, len(ids), IDS_PER_READ):
        yield list(ids[start : start + IDS_PER_READ])


def _ids_in_jira(jira: JiraClient, within: str, group: Sequence[LoadedScope]) -> dict[str, pa.Array]:
    ids = {one.scope.name: array("q") for one in group}
    name_of_key = {one.scope.label: one.scope.name for one in group}
    first = group[0].scope.name
    for page in reading_of(jira).sweep(jira, within, None):
        for issue_id, key in zip(page.issue_ids, page.project_keys, strict=True):
            # The index may still know a moved issue under its old project: its row says where it is now.
            ids[name_of_key.get(key, first)].append(issue_id)
    return {name: pa.array(found, pa.int64()).unique() for name, found in ids.items()}


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks else pa.array([], pa.int64())
