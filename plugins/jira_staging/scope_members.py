"""Which issues belong to a scope, as far as the tables know, and which rows are not gone."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.planning import Plan
from jira_staging.staging import Staging


def members(staging: Staging, planned: Plan, issue_ids: Sequence[int]) -> list[int]:
    """Those of the issues that belong to the scope and are not gone."""
    if not issue_ids:
        return []
    scope = planned.scope
    if scope.project_id is None:
        rows = staging.read("_scope_issue", ["issue_id"], {"scope": [scope.name], "issue_id": issue_ids})
    else:
        rows = alive(staging, "issue", ["id"], {"id": issue_ids, "project_id": [scope.project_id]})
    found: list[int] = rows.column(0).to_pylist()
    return found


def alive(staging: Staging, table: str, columns: Sequence[str], where: Mapping[str, Sequence[int | str]]) -> pa.Table:
    """Rows that are not marked as gone."""
    rows = staging.read(table, [*columns, "_deleted_at"], where)
    return rows.filter(pc.is_null(rows["_deleted_at"])).drop_columns(["_deleted_at"])
