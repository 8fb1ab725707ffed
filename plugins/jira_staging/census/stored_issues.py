"""What the tables have of the issues of scopes, as far as it is not marked as gone."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.census.scopes import LoadedScope
from jira_staging.scope_members import alive
from jira_staging.staging import Staging

# How many ids one question to the staging database names.
IDS_PER_READ = 20_000


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


def times_of_updates(staging: Staging, scopes: Sequence[LoadedScope]) -> pa.Table:
    """`id` and `updated` of each issue of the scopes: when it was last updated, in epoch milliseconds."""
    columns = ["id", "updated_at"]
    project_ids = [one.scope.project_id for one in scopes if one.scope.project_id is not None]
    held = alive_ids(staging, [one for one in scopes if one.scope.project_id is None]).values()
    parts = [alive(staging, "issue", columns, {"id": some}) for ids in held for some in some_at_a_time(ids.to_pylist())]
    parts += [alive(staging, "issue", columns, {"project_id": project_ids})] if project_ids else []
    if not parts:
        return pa.schema([("id", pa.int64()), ("updated", pa.int64())]).empty_table()
    rows = pa.concat_tables(parts)
    updated = rows["updated_at"].cast(pa.timestamp("ms", "UTC"), safe=False).cast(pa.int64())
    return pa.table({"id": rows["id"], "updated": updated}).combine_chunks()


def some_at_a_time(ids: Sequence[int]) -> Iterator[list[int]]:
    """The ids in lists that one question may name."""
    for start in range(0, len(ids), IDS_PER_READ):
        yield list(ids[start : start + IDS_PER_READ])


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks else pa.array([], pa.int64())
