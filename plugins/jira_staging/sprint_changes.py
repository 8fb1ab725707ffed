"""Issues whose part in a sprint changed although they did not: the sprint began, ended or was opened again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import pyarrow.compute as pc

from jira_staging.planning import Plan
from jira_staging.staging import Staging

# What is computed from the sprints' own dates.
COMPUTED = frozenset(("issue_sprint_history", "sprint_report"))


def issues_of_changed_sprints(
    staging: Staging, last_read: Mapping[str, datetime], plans: Sequence[Plan], entities: Collection[str]
) -> dict[str, list[int]]:
    """By scope, the issues that were in a sprint whose row changed after the scope was last read; no scope without any.

    Whether a scope has seen a sprint's row is told by two of our own times, so a run that was killed is made up for:
    `last_read` is what `times_of_reading` gave before this run loaded any issue. Scopes that are read in full need none of it.
    """
    read_before = [planned for planned in plans if planned.since is not None]
    if COMPUTED.isdisjoint(entities) or "issue" not in entities or not read_before:
        return {}
    known = [at for planned in read_before if (at := last_read.get(planned.scope.name)) is not None]
    sprints = staging.read("sprint", ["id", "_synced_at"]).to_pylist() if known else []
    changed = {row["id"]: row["_synced_at"] for row in sprints if row["_synced_at"] > min(known)}
    if not changed:
        return {}
    table = "issue_sprint_history" if "issue_sprint_history" in entities else "sprint_report"
    members = staging.read(table, ["issue_id", "sprint_id"], {"sprint_id": list(changed)}).to_pylist()
    found: dict[str, list[int]] = {}
    for planned in read_before:
        since = last_read.get(planned.scope.name)
        ids = {row["issue_id"] for row in members if since is None or changed[row["sprint_id"]] > since}
        if within := _within(staging, planned, sorted(ids)):
            found[planned.scope.name] = within
    return found


def times_of_reading(staging: Staging, site: str, scopes: Sequence[str]) -> Mapping[str, datetime]:
    """When each of the scopes was last read, by our own clock; one that never was is not among them."""
    where = {"site": [site], "entity": ["issue"], "scope": list(scopes)}
    rows = staging.read("_sync_state", ["scope", "updated_at"], where).to_pylist()
    return {row["scope"]: row["updated_at"] for row in rows}


def _within(staging: Staging, planned: Plan, ids: Sequence[int]) -> list[int]:
    """Those of the issues that belong to the scope and are not gone."""
    if not ids:
        return []
    scope = planned.scope
    if scope.project_id is None:
        held: list[int] = staging.read("_scope_issue", ["issue_id"], {"scope": [scope.name], "issue_id": ids})[
            "issue_id"
        ].to_pylist()
        return held
    rows = staging.read("issue", ["id", "_deleted_at"], {"id": ids, "project_id": [scope.project_id]})
    alive: list[int] = rows.filter(pc.is_null(rows["_deleted_at"]))["id"].to_pylist()
    return alive
