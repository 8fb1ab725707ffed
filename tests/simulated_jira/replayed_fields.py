"""The fields of a replayed site, inferred from what its issues hold: no payload says what `/field` had said."""

import re
from typing import Any

import msgspec

from simulated_jira import field_list
from simulated_jira.field_list import GREENHOPPER, SYSTEM_TYPES, Field, system_fields
from simulated_jira.jira_site import Site

# The agile API puts these beside the fields; no site lists them.
AGILE_EXTRAS = {"sprint", "closedSprints", "epic", "flagged"}
_DATE = re.compile(r"\d{4}-\d\d-\d\d$")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")

# shape -> kind, type, items, key of the type
SHAPES: dict[str, tuple[str, str, str | None, str]] = {
    "date": ("date", "date", None, SYSTEM_TYPES + "datepicker"),
    "datetime": ("datetime", "datetime", None, SYSTEM_TYPES + "datetime"),
    "string": ("text", "string", None, SYSTEM_TYPES + "textfield"),
    "number": ("number", "number", None, SYSTEM_TYPES + "float"),
    "user": ("user", "user", None, SYSTEM_TYPES + "userpicker"),
    "option": ("select", "option", None, SYSTEM_TYPES + "select"),
    "cascading": ("cascading", "option-with-child", None, SYSTEM_TYPES + "cascadingselect"),
    "rich_text": ("rich_text", "string", None, SYSTEM_TYPES + "textarea"),
    "strings": ("labels", "array", "string", SYSTEM_TYPES + "labels"),
    "options": ("multi_select", "array", "option", SYSTEM_TYPES + "multiselect"),
    "users": ("multi_user", "array", "user", SYSTEM_TYPES + "multiuserpicker"),
    "sprints": ("sprint", "array", "json", GREENHOPPER + "gh-sprint"),
    "any": ("app_json", "any", None, "com.example.unknown:unknown"),
}
BY_NAME = {
    "Rank": ("rank", "any", None, GREENHOPPER + "gh-lexo-rank"),
    "Epic Link": ("epic_link", "any", None, GREENHOPPER + "gh-epic-link"),
}
# What these ids mean on nearly every Cloud site, for when no history names them.
USUAL_NAMES = {field.id: field.name for field in field_list.custom_fields(0)}


def _shape(value: Any) -> str:
    """The shape of one value that is neither null nor an empty list."""
    if isinstance(value, bool):
        return "any"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "date" if _DATE.match(value) else "datetime" if _DATETIME.match(value) else "string"
    if isinstance(value, list):
        inside = {_shape(element) for element in value}
        plural = {"string": "strings", "option": "options", "user": "users", "sprint": "sprints"}
        return plural.get(inside.pop(), "any") if len(inside) == 1 else "any"
    marks = {"accountId": "user", "boardId": "sprint", "child": "cascading", "value": "option"}
    found = next((shape for key, shape in marks.items() if key in value), "any")
    return "rich_text" if value.get("type") == "doc" else found


def _names(site: Site) -> dict[str, str]:
    """Names of custom fields, from histories."""
    found = dict(USUAL_NAMES)
    for issue in site.issues.values():
        for history in issue.details.histories if issue.details is not None else ():
            for item in msgspec.json.decode(history.items):
                if str(item.get("fieldId")).startswith("customfield_"):
                    found[item["fieldId"]] = item["field"]
    return found


def infer_fields(site: Site) -> list[Field]:
    """System fields as ever, and each custom field with the type that all its values fit; `any` where they differ."""
    shapes: dict[str, set[str]] = {}
    for issue in site.issues.values():
        for field_id in issue.body.raw:
            if field_id.startswith("customfield_"):
                value = issue.body.value(field_id)
                shapes.setdefault(field_id, set()).update([] if value in (None, []) else [_shape(value)])
    names = _names(site)
    fields = system_fields()
    for field_id in sorted(shapes):
        name = names.get(field_id, f"Field {field_id.removeprefix('customfield_')}")
        found = shapes[field_id]
        kind, type_, items, custom = BY_NAME.get(name) or SHAPES[found.pop() if len(found) == 1 else "any"]
        fields.append(Field(field_id, name, kind, type_, items, custom))
    return fields
