"""Payloads of a real site, where a folder of them is at hand (`JIRA_REAL_PAYLOADS`); they are never kept here."""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from entities.invented_issues import AGILE, CUSTOM, field
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.flattened import Flattened
from jira_staging.entities.issue import LIST_TABLES, IssueFlattener
from jira_staging.entities.issue_payload import SYSTEM_PATHS
from jira_staging.entities.site_wide import flatten_site_wide
from jira_staging.tables import TABLES

FOLDER = os.environ.get("JIRA_REAL_PAYLOADS", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="JIRA_REAL_PAYLOADS names no folder of real payloads")

# What Jira announces for these fields on every Cloud site; the others are announced as `any`.
ANNOUNCED = {
    10014: field(10014, "Epic Link", "any", f"{AGILE}gh-epic-link"),
    10015: field(10015, "Start date", "date", f"{CUSTOM}datepicker"),
    10020: field(10020, "Sprint", "array", f"{AGILE}gh-sprint", "json"),
    10022: field(10022, "First response", "datetime", f"{CUSTOM}datetime"),
    10024: field(10024, "Points", "number", f"{CUSTOM}float"),  # as text in some issues
    10060: field(10060, "Planned end", "date", f"{CUSTOM}datepicker"),
}


def lines(name: str) -> list[bytes]:
    return (Path(FOLDER) / f"{name}.jsonl").read_bytes().splitlines()


def page(name: str) -> bytes:
    return b"[" + b",".join(lines(name)) + b"]"


def issues() -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines("issues")]


def catalogue(*, announced: bool) -> FieldCatalogue:
    numbers = sorted(
        {int(name.split("_")[1]) for issue in issues() for name in issue["fields"] if name.startswith("customfield_")}
    )
    fields = [ANNOUNCED[n] if announced and n in ANNOUNCED else field(n, f"Field {n}", "any") for n in numbers]
    return FieldCatalogue(json.dumps(fields).encode())


def flattened(*, announced: bool) -> Flattened:
    return IssueFlattener(catalogue(announced=announced), ("issue", *LIST_TABLES, "user")).flatten([page("issues")])


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def text(value: str | None) -> str | None:
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if value else value


def expected(issue: dict[str, Any]) -> dict[str, Any]:
    """The row of an issue, made in the plainest way."""
    row: dict[str, Any] = {"id": int(issue["id"]), "key": issue["key"], "epic_id": None}
    for name in SYSTEM_PATHS:
        column = TABLES["issue"].column(name)
        value: Any = issue
        for step in column.source.split("."):
            value = None if value is None else value.get(step)
        read = {"timestamp": moment, "date": day, "bigint": lambda number: None if number is None else int(number)}
        row[name] = read.get(column.type, text)(value)
    return row


def test_every_real_issue_is_flattened_whole() -> None:
    for announced in (True, False):
        result = flattened(announced=announced)
        assert result.rejected == ()
        assert sorted(result.issue_ids) == sorted(int(issue["id"]) for issue in issues())


def test_the_rows_of_real_issues_are_what_the_payloads_say() -> None:
    given = {row["id"]: row for row in flattened(announced=True).rows[0].data.to_pylist()}
    for issue in issues():
        row = given[int(issue["id"])]
        system = {name: value for name, value in row.items() if not name.startswith("customfield_")}
        assert system | {"epic_id": None} == expected(issue)
        for name, value in issue["fields"].items():
            if name.startswith("customfield_") and value is None:
                assert row.get(name) is None


def test_the_first_real_issue_has_the_custom_fields_it_had() -> None:
    (row,) = (row for row in flattened(announced=True).rows[0].data.to_pylist() if row["key"] == "EE-1")
    (issue,) = (issue for issue in issues() if issue["key"] == "EE-1")
    fields = {name: value for name, value in issue["fields"].items() if name.startswith("customfield_") and value is not None}
    as_json = {name: json.loads(row[name]) for name in fields if name != "customfield_10024"}
    assert as_json == {name: value for name, value in fields.items() if name != "customfield_10024"}
    assert row["customfield_10024"] == float(fields["customfield_10024"])
    assert {name for name, value in row.items() if name.startswith("customfield_") and value is not None} == set(fields)


def test_the_epics_of_real_issues_are_found_by_parent_and_by_key() -> None:
    ids = {issue["key"]: int(issue["id"]) for issue in issues()}
    ids |= {parent["key"]: int(parent["id"]) for issue in issues() if (parent := issue["fields"].get("parent"))}
    linked = {int(issue["id"]): ids.get(issue["fields"].get("customfield_10014")) for issue in issues()}
    rows = flattened(announced=True).rows[0].data.to_pylist()
    assert {row["id"]: row["epic_id"] for row in rows} == linked
    assert any(linked.values())


@pytest.mark.parametrize(
    ("table", "file"), [("project", "projects"), ("user", "users"), ("status", "statuses"), ("issue_type", "issue_types")]
)
def test_real_lists_become_rows(table: str, file: str) -> None:
    result = flatten_site_wide(table, [page(file)])
    (key,) = TABLES[table].key
    source = TABLES[table].column(key).source
    assert result.rejected == ()
    assert {str(row[key]) for row in result.rows[0].data.to_pylist()} == {json.loads(line)[source] for line in lines(file)}
