"""Which issues belong to a scope, as far as the tables know."""

from collections.abc import Sequence

import pyarrow.compute as pc

from jira_staging.planning import Plan
from jira_staging.staging import Staging


def members(staging: Staging, planned: Plan, issue_ids: Sequence[int]) -> list[int]:
    """Those of the issues that belong to the scope and are not gone."""
    if not issue_ids:
        return []
    scope = planned.scope
    if scope.project_id is None:
        held = staging.read("_scope_issue", ["issue_id"], {"scope": [scope.name], "issue_id": issue_ids})
        found: list[int] = held["issue_id"].to_pylist()
        return found
    rows = staging.read("issue", ["id", "_deleted_at"], {"id": issue_ids, "project_id": [scope.project_id]})
    alive: list[int] = rows.filter(pc.is_null(rows["_deleted_at"]))["id"].to_pylist()
    return alive
