"""What the staging tables must hold of replayed payloads, made in the plainest way, column by column."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]

# Where a column's value stands in `fields`, and how it is read.
NUMBERS = {
    "project_id": "project.id",
    "issue_type_id": "issuetype.id",
    "status_id": "status.id",
    "priority_id": "priority.id",
    "resolution_id": "resolution.id",
    "security_level_id": "security.id",
    "parent_id": "parent.id",
    "original_estimate_seconds": "timeoriginalestimate",
    "remaining_estimate_seconds": "timeestimate",
    "time_spent_seconds": "timespent",
    "aggregate_original_estimate_seconds": "aggregatetimeoriginalestimate",
    "aggregate_remaining_estimate_seconds": "aggregatetimeestimate",
    "aggregate_time_spent_seconds": "aggregatetimespent",
    "work_ratio": "workratio",
    "votes": "votes.votes",
    "watchers": "watches.watchCount",
}
TEXTS = {
    "assignee_id": "assignee.accountId",
    "reporter_id": "reporter.accountId",
    "creator_id": "creator.accountId",
    "summary": "summary",
    "description": "description",
    "environment": "environment",
}
TIMES = {
    "created_at": "created",
    "updated_at": "updated",
    "resolved_at": "resolutiondate",
    "status_category_changed_at": "statuscategorychangedate",
    "last_viewed_at": "lastViewed",
}
LISTS = {
    "issue_label": ("label", "labels", None),
    "issue_component": ("component_id", "components", "id"),
    "issue_fix_version": ("version_id", "fixVersions", "id"),
    "issue_affected_version": ("version_id", "versions", "id"),
    "issue_sprint": ("sprint_id", "customfield_10020", "id"),
}


def payloads_in(folder: Path) -> list[dict[str, Any]]:
    """The issues of `issues.jsonl`."""
    return [json.loads(line) for line in (folder / "issues.jsonl").read_bytes().splitlines()]


def issue_rows_told(payloads: list[dict[str, Any]], types: dict[str, str]) -> dict[int, Row]:
    """The rows of `issue` by id, all columns but the house's own. `types` are the columns of custom fields, by name."""
    ids = {issue["key"]: int(issue["id"]) for issue in payloads}
    return {int(issue["id"]): _issue_row(issue, ids, types) for issue in payloads}


def list_rows_told(payloads: list[dict[str, Any]], table: str) -> list[tuple[int, Any]]:
    """The rows of one of an issue's lists, in order."""
    _, field, key = LISTS[table]
    items = [(int(issue["id"]), item) for issue in payloads for item in issue["fields"].get(field) or ()]
    return sorted({(issue_id, item if key is None else int(item[key])) for issue_id, item in items})


def issue_rows_loaded(connection: duckdb.DuckDBPyConnection) -> tuple[dict[int, Row], dict[str, str]]:
    """The rows of `issue` by id without the house's columns, and the types of the custom columns by name."""
    found = connection.execute("SELECT * EXCLUDE (_synced_at, _run_id, _deleted_at, _deleted_reason) FROM jira.issue")
    names = [column[0] for column in found.description or ()]
    rows = [dict(zip(names, values, strict=True)) for values in found.fetchall()]
    types = dict(connection.execute("SELECT column_name, value_type FROM jira.field_column WHERE is_current").fetchall())
    for row in rows:
        for name in row:
            if types.get(name) == "json" and row[name] is not None:
                row[name] = json.loads(row[name])
    return {row["id"]: row for row in rows}, {name: types[name] for name in names if name in types}


def _issue_row(issue: dict[str, Any], ids: dict[str, int], types: dict[str, str]) -> Row:
    fields = issue["fields"]
    due = fields.get("duedate")
    row: Row = {"id": int(issue["id"]), "key": issue["key"], "due_date": date.fromisoformat(due) if due else None}
    row |= {column: _number(_at(fields, path)) for column, path in NUMBERS.items()}
    row |= {column: _text(_at(fields, path)) for column, path in TEXTS.items()}
    row |= {column: _time(_at(fields, path)) for column, path in TIMES.items()}
    row["epic_id"] = _epic(fields, ids)
    return row | {column: _custom(fields, column, kind) for column, kind in types.items()}


def _epic(fields: Row, ids: dict[str, int]) -> int | None:
    parent = fields.get("parent")
    if parent and parent["fields"]["issuetype"]["hierarchyLevel"] == 1:
        return int(parent["id"])
    linked = fields.get("customfield_10014")
    return ids[linked] if linked else None


def _custom(fields: Row, column: str, kind: str) -> Any:
    field_id, _, part = column.partition("__")
    value = fields.get(field_id)
    if value is None:
        return None
    if part == "option_id":
        return value["id"]
    if isinstance(value, dict) and kind == "text":
        return value["value"] if "value" in value else value["accountId"]
    read = {"timestamp": _time, "date": date.fromisoformat, "double": float, "text": _text}
    return read[kind](value) if kind in read else _as_json(value)


def _as_json(value: Any) -> Any:
    """An array's people and options by what stands for each, a cascading choice by its two; anything else as it is."""
    if isinstance(value, list):
        for name in ("accountId", "value"):
            if value and all(isinstance(item, dict) and name in item for item in value):
                return [item[name] for item in value]
    if isinstance(value, dict) and "child" in value:
        return {"parent": value["value"], "child": value["child"]["value"]}
    return value


def _at(fields: Row, path: str) -> Any:
    value: Any = fields
    for name in path.split("."):
        value = None if value is None else value.get(name)
    return value


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def _text(value: str | None) -> str | None:
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if value else value


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value).astimezone(UTC) if value else None
