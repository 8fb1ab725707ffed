"""Invented fields and issues with the shapes, and the quirks, of real ones."""

import json
from typing import Any

CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"
AGILE = "com.pyxis.greenhopper.jira:"
ANNA = {
    "accountId": "557058:anna",
    "displayName": "Anna",
    "emailAddress": "anna@example.com",
    "active": True,
    "timeZone": "Asia/Tokyo",
}
ANNA |= {
    "accountType": "atlassian",
    "self": "https://example.atlassian.net/rest/api/3/user?accountId=557058:anna",
    "avatarUrls": {},
}
BEN = {"accountId": "5b10ben", "displayName": "Ben", "active": False, "accountType": "customer"}


def field(number: int, name: str, value_type: str, custom_type: str = "", items: str | None = None) -> dict[str, Any]:
    """One custom field as `/field` lists it."""
    schema = {"type": value_type, "custom": custom_type or f"{CUSTOM}invented", "customId": number}
    if items:
        schema["items"] = items
    return {"id": f"customfield_{number}", "name": name, "custom": True, "navigable": True, "schema": schema}


def system_field(field_id: str, name: str, value_type: str) -> dict[str, Any]:
    """One of Jira's own fields as `/field` lists it."""
    return {"id": field_id, "name": name, "custom": False, "schema": {"type": value_type, "system": field_id}}


FIELDS = [
    system_field("summary", "Summary", "string"),
    system_field("description", "Description", "string"),
    system_field("labels", "Labels", "array"),
    system_field("updated", "Updated", "datetime"),
    field(10014, "Epic Link", "any", f"{AGILE}gh-epic-link"),
    field(10019, "Rank", "any", f"{AGILE}gh-lexo-rank"),
    field(10020, "Sprint", "array", f"{AGILE}gh-sprint", "json"),
    field(10024, "Story Points", "number", f"{CUSTOM}float"),
    field(10030, "Severity", "option", f"{CUSTOM}select"),
    field(10031, "Platforms", "array", f"{CUSTOM}multiselect", "option"),
    field(10032, "Region", "option-with-child", f"{CUSTOM}cascadingselect"),
    field(10033, "Approver", "user", f"{CUSTOM}userpicker"),
    field(10034, "Reviewers", "array", f"{CUSTOM}multiuserpicker", "user"),
    field(10035, "Owners", "group", f"{CUSTOM}grouppicker"),
    field(10036, "Related project", "project", f"{CUSTOM}project"),
    field(10037, "Found in", "version", f"{CUSTOM}version"),
    field(10038, "Start", "date", f"{CUSTOM}datepicker"),
    field(10039, "Escalated", "datetime", f"{CUSTOM}datetime"),
    field(10040, "Link", "string", f"{CUSTOM}url"),
    field(10041, "Impact", "string", f"{CUSTOM}textarea"),
    field(10042, "Tags", "array", f"{CUSTOM}labels", "string"),
    field(10043, "Time to answer", "sd-servicelevelagreement", "com.atlassian.servicedesk:sd-sla-field"),
    {"id": "customfield_10044", "name": "No schema", "custom": True},
]


def adf(text: str) -> dict[str, Any]:
    """An Atlassian document of one paragraph."""
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]}


def option(number: int, value: str) -> dict[str, Any]:
    return {"self": f"https://example.atlassian.net/rest/api/3/customFieldOption/{number}", "value": value, "id": str(number)}


def issue(number: int, **fields: Any) -> dict[str, Any]:
    """An issue with little in it but what is given."""
    standard = {
        "project": {"id": "10000", "key": "PAY"},
        "issuetype": {"id": "10001", "name": "Story", "subtask": False, "hierarchyLevel": 0},
        "status": {"id": "3", "name": "Fertig", "statusCategory": {"id": 3, "key": "done"}},
        "summary": f"Issue {number}",
        "created": "2026-01-02T03:04:05.006+0500",
        "updated": "2026-09-28T19:32:13.094+0500",
        "workratio": -1,
        "votes": {"votes": 0},
        "watches": {"watchCount": 1},
        "creator": ANNA,
        "assignee": None,
        "labels": [],
        "issuelinks": [],
    }
    return {"expand": "", "id": str(number), "self": "…", "key": f"PAY-{number}", "fields": {**standard, **fields}}


def page(*issues: dict[str, Any]) -> bytes:
    """The JSON array that a bulk fetch answers with, compact as Jira writes it."""
    return json.dumps(issues, ensure_ascii=False, separators=(",", ":")).encode()


def catalogue_payload(*more: dict[str, Any]) -> bytes:
    return json.dumps([*FIELDS, *more]).encode()
