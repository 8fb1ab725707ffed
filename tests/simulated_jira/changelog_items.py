"""What Jira writes into a changelog when a field goes from one value to another."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from simulated_jira.field_list import Field
from simulated_jira.rich_text import plain_text

Item = dict[str, Any]
Side = tuple[str | None, str | None]
"""One end of a change: the raw value (an id) and the readable one."""

# Jira's history has names of its own for some system fields.
HISTORY_NAMES = {"fixVersions": "Fix Version", "versions": "Version", "components": "Component", "issuekey": "Key"}
ONE_ITEM_PER_VALUE = {"fixVersions", "versions", "components"}


def item(field_name: str, old: Side, new: Side, field_id: str | None = None) -> Item:
    """One change; without `field_id` it is of the kind that has none (`Link`, `RemoteIssueLink`, `Workflow`, `Attachment`)."""
    seen: Item = {"field": field_name, "fieldtype": "custom" if (field_id or "").startswith("customfield_") else "jira"}
    if field_id is not None:
        seen["fieldId"] = field_id
    return seen | {"from": old[0], "fromString": old[1], "to": new[0], "toString": new[1]}


def items_for(field: Field, old: Any, new: Any) -> list[Item]:
    """The items of one edit, in Jira's shapes; empty when nothing changed."""
    if old == new:
        return []
    name = field.name if field.is_custom else HISTORY_NAMES.get(field.id, field.id)
    if field.id in ONE_ITEM_PER_VALUE:
        return _added_and_removed(name, field.id, old or [], new or [])
    seen = item(name, _side(field, old), _side(field, new), field.id)
    if field.kind in ("user", "assignee", "reporter"):
        for key, value in (("tmpFromAccountId", old), ("tmpToAccountId", new)):
            if value is not None:
                seen[key] = value["accountId"]
    return [seen]


def _added_and_removed(name: str, field_id: str, old: list[Any], new: list[Any]) -> list[Item]:
    old_ids, new_ids = [value["id"] for value in old], [value["id"] for value in new]
    removed = [item(name, (v["id"], v["name"]), (None, None), field_id) for v in old if v["id"] not in new_ids]
    return removed + [item(name, (None, None), (v["id"], v["name"]), field_id) for v in new if v["id"] not in old_ids]


def _side(field: Field, value: Any) -> Side:
    if field.kind in ("labels", "sprint"):
        return _list_side(field.kind, value or [])
    if value is None:
        return None, None
    if field.kind in _SIDES:
        return _SIDES[field.kind](value)
    if isinstance(value, list):
        return _list_side(field.kind, value)
    if isinstance(value, dict):
        return _identity(value), _display(value)
    return None, str(value)


def _cascading_side(value: dict[str, Any]) -> Side:
    child = value.get("child")
    level = f"Level 1 values: {child['value']}({child['id']})" if child else ""
    return None, f"Parent values: {value['value']}({value['id']}){level}"


def _seconds_side(value: int) -> Side:
    return str(value), str(value)


def _text_side(value: Any) -> Side:
    return None, plain_text(value)


def _number_side(value: float) -> Side:
    return None, f"{value:.15g}"


def _list_side(kind: str, values: list[Any]) -> Side:
    if kind == "labels":
        return "", " ".join(values)
    if kind == "sprint":
        return ", ".join(str(sprint["id"]) for sprint in values), ", ".join(sprint["name"] for sprint in values)
    if not values:
        return None, None
    separator = ", " if kind == "multi_user" else ","
    return f"[{', '.join(str(_identity(value)) for value in values)}]", separator.join(_display(value) for value in values)


def _identity(value: dict[str, Any]) -> str | None:
    for key in ("accountId", "groupId", "id"):
        if key in value:
            return str(value[key])
    return None


def _display(value: dict[str, Any]) -> str:
    for key in ("displayName", "value", "name", "title"):
        if key in value:
            return str(value[key])
    return ""


def _short_date(value: str) -> str:
    day = datetime.fromisoformat(value[:10]).strftime("%d/%b/%y")
    return day if len(value) == 10 else f"{day} {value[11:16]}"


def _date_side(value: str) -> Side:
    return value, _short_date(value)


_SIDES: dict[str, Callable[[Any], Side]] = {
    "number": _number_side,
    "estimate": _number_side,
    "description": _text_side,
    "environment": _text_side,
    "rich_text": _text_side,
    "duedate": lambda value: (value, f"{value} 00:00:00.0"),
    "date": _date_side,
    "datetime": _date_side,
    "cascading": _cascading_side,
    "timeestimate": _seconds_side,
    "timespent": _seconds_side,
    "timeoriginalestimate": _seconds_side,
}
"""How the kinds that are not simply named or listed are written."""
