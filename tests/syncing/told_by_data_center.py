"""What differs where the same site is a Data Center: what it does not tell, and what it tells in other words."""

from typing import Any

from jira_staging.site_lists import NOT_ON_DATA_CENTER
from simulated_jira.people import GROUPS, group_id
from simulated_jira.wiki_text import wiki_text

Row = dict[str, Any]

# Columns that hold nothing there.
NOT_TOLD = {
    "issue": ("status_category_changed_at",),
    "comment": ("is_public",),
    "field_option": ("context_id",),
    "issue_type": ("hierarchy_level", "project_id"),
    "issue_type_scheme": ("is_default",),
    "workflow": ("project_id", "created_at", "updated_at"),
    "project": ("style", "is_private"),
    "status": ("project_id",),
    "user": ("account_type", "locale"),
}
# Tables of lists that Data Center's API does not have.
NOT_LISTED = frozenset(NOT_ON_DATA_CENTER)
# A group has no other id there.
NAMES_OF_GROUPS = {group_id(name): name for name in GROUPS}
# Issues of an epic name it by their Epic Link, and have no parent.
EPICS = ("parent_id", "customfield_10014")


def without_what_it_does_not_tell(table: str, row: Row) -> Row:
    """The row of Cloud, as Data Center tells of it."""
    told = row | dict.fromkeys(NOT_TOLD.get(table, ()))
    if table == "workflow":
        told["id"] = row["name"]
    if table == "project":
        told["is_archived"] = bool(row["is_archived"])
    if table == "issue" and row["parent_id"] == row["epic_id"]:
        told["parent_id"] = None
    return told


def expected_of_issue(row: Row, fields: Row, custom: list[Any]) -> Row:
    """What the oracle expects of an issue: wiki text as it stands there, groups by their names."""
    told = without_what_it_does_not_tell("issue", row)
    rich = ["description", "environment", *(field.id for field in custom if field.kind == "rich_text")]
    # No warehouse holds the character of number 0.
    told |= {name: wiki_text(fields[name]).replace("\0", "�") for name in rich if isinstance(fields.get(name), dict)}
    for field in custom:
        if field.kind == "group" and fields.get(field.id):
            told[field.id] = fields[field.id]["name"]
        elif field.kind == "multi_group" and fields.get(field.id):
            told[field.id].value = [group["name"] for group in fields[field.id]]
    return told
