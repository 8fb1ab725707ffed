"""Changelogs as Jira's bulk endpoint gives them, and the rows they become."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from entities.invented_issues import ANNA, BEN, CUSTOM, catalogue_payload, field, system_field
from jira_staging.entities.changelog import ChangelogDecoder, Changelogs, changelog_rows
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.tables import TABLES
from jira_staging.tables.arrow_types import arrow_schema

CATALOGUE = FieldCatalogue(
    catalogue_payload(
        system_field("status", "Status", "status"),
        system_field("parent", "Parent", "issuelink"),
        field(10050, "Parent", "string", f"{CUSTOM}textfield"),
        field(10051, "Twice", "string"),
        field(10052, "Twice", "string"),
    )
)
AT = "2026-09-28T19:32:13.094+0500"


def item(name: str = "status", **more: Any) -> dict[str, Any]:
    return {"field": name, "fieldtype": "jira", "from": None, "fromString": None, "to": None, "toString": None, **more}


def history(number: int, *items: dict[str, Any], created: Any = AT, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "author": ANNA, "created": created, "items": list(items), **more}


def decoded(*arrays: list[dict[str, Any]], issue_id: int = 7) -> Changelogs:
    raws = [msgspec.Raw(json.dumps(array).encode()) for array in arrays]
    return ChangelogDecoder(CATALOGUE.fields).decode({issue_id: raws}, [issue_id])


def rows(changelogs: Changelogs) -> list[dict[str, Any]]:
    return list(changelog_rows(changelogs).data.to_pylist())


@pytest.mark.parametrize("created", [2**60, -(2**60), -1, "0001-01-01T00:00:00.000+0000"])
def test_an_act_at_a_time_that_no_calendar_has_is_rejected_and_the_others_stay(created: Any) -> None:
    beyond, known = history(1, item(fieldId="status"), created=created), history(2, item(fieldId="status"))
    changelogs = decoded([beyond, known])
    assert [row["history_id"] for row in rows(changelogs)] == [2]
    assert [(row.entity, row.source_id, row.reason) for row in changelogs.rejected] == [
        ("changelog_item", "1", "Expected `created` to be a time between the years 1970 and 9999")
    ]
    assert changelogs.whole == []


@pytest.mark.parametrize("author", [None, {}, {"accountId": None}, {"accountId": "unknown"}])
def test_an_act_may_be_by_nobody_or_by_somebody_unknown(author: Any) -> None:
    changelogs = decoded([{**history(1, item(fieldId="status")), "author": author}])
    assert [row["author_id"] for row in rows(changelogs)] == [(author or {}).get("accountId")]


def test_a_change_becomes_its_row() -> None:
    told = item(fieldId="status", **{"from": "1", "fromString": "Open", "to": "10074", "toString": "In Dev"})
    changelogs = decoded([history(100, told, historyMetadata={"type": "automation"})])
    assert rows(changelogs) == [
        {
            "history_id": 100,
            "position": 0,
            "issue_id": 7,
            "author_id": "557058:anna",
            "created_at": datetime(2026, 9, 28, 14, 32, 13, 94_000, UTC),
            "field_id": "status",
            "field": "status",
            "field_type": "jira",
            "from_value": "1",
            "from_text": "Open",
            "to_value": "10074",
            "to_text": "In Dev",
        }
    ]
    assert changelog_rows(changelogs).data.schema.equals(arrow_schema(TABLES["changelog_item"]))
    assert changelog_rows(changelogs).owners == (7,)
    assert changelogs.rejected == []


def test_empty_text_and_null_are_kept_apart() -> None:
    told = [item(fieldId="labels", **{"from": "", "fromString": "", "to": None, "toString": "a b"}), item(fieldId="summary")]
    first, second = rows(decoded([history(1, *told)]))
    assert [first[name] for name in ("from_value", "from_text", "to_value", "to_text")] == ["", "", None, "a b"]
    assert [second[name] for name in ("from_value", "from_text", "to_value", "to_text")] == [None, None, None, None]
    assert [first["position"], second["position"]] == [0, 1]


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        (AT, datetime(2026, 9, 28, 14, 32, 13, 94_000, UTC)),
        ("2026-09-28T14:32:13.094Z", datetime(2026, 9, 28, 14, 32, 13, 94_000, UTC)),
        (1_790_605_933_094, datetime(2026, 9, 28, 14, 32, 13, 94_000, UTC)),
        ("1790605933094", datetime(2026, 9, 28, 14, 32, 13, 94_000, UTC)),
        (1_492_070_429, datetime(2017, 4, 13, 8, 0, 29, tzinfo=UTC)),  # Atlassian's own example is in seconds
    ],
)
def test_a_time_may_be_text_or_a_number(created: Any, expected: datetime) -> None:
    (row,) = rows(decoded([history(1, item(fieldId="status"), created=created)]))
    assert row["created_at"] == expected


@pytest.mark.parametrize(
    ("name", "kind", "field_id"),
    [
        ("status", "jira", "status"),
        ("Status", "jira", "status"),
        ("Story Points", "custom", "customfield_10024"),
        ("customfield_10024", "custom", "customfield_10024"),
        ("Parent", "jira", "parent"),
        ("Parent", "custom", "customfield_10050"),
        ("Parent", None, "parent"),  # Jira's own field before a custom one of the same name
        ("Story Points", None, "customfield_10024"),
        ("Twice", "custom", "unknown:Twice"),  # nobody knows which of the two
        ("Link", "jira", "unknown:Link"),  # links of issues are no field, whatever custom field is called so
        ("RemoteIssueLink", "jira", "unknown:RemoteIssueLink"),
    ],
)
def test_a_change_without_a_field_id_is_resolved_by_name(name: str, kind: str | None, field_id: str) -> None:
    (row,) = rows(decoded([history(1, item(name, fieldtype=kind))]))
    assert (row["field_id"], row["field"]) == (field_id, name)


def test_people_go_by_their_account_ids() -> None:
    old = item("assignee", fieldId="assignee", **{"from": "anna", "to": "ben", "tmpFromAccountId": "557058:anna"})
    new = item(
        "assignee", fieldId="assignee", **{"from": "5b10ben", "to": None, "tmpFromAccountId": "", "tmpToAccountId": None}
    )
    told = rows(decoded([history(1, old | {"tmpToAccountId": "5b10ben"}, new)]))
    assert [(row["from_value"], row["to_value"]) for row in told] == [("557058:anna", "5b10ben"), ("5b10ben", None)]


def test_an_author_may_be_absent_or_without_an_id() -> None:
    nobody = history(1, item(fieldId="status"))
    del nobody["author"]
    removed = history(2, item(fieldId="status"), author={**BEN, "accountId": ""})
    assert [row["author_id"] for row in rows(decoded([nobody, removed]))] == [None, None]


def test_an_issue_that_is_split_over_pages_is_one_changelog_oldest_first() -> None:
    late = history(3, item(fieldId="summary"), created="2026-09-29T00:00:00.000+0000")
    early = [history(2, item(fieldId="status")), history(1, item(fieldId="labels"))]
    changelogs = decoded([late], early, [early[0]])
    assert [history.id for history in changelogs.histories[7]] == [1, 2, 3]
    assert [row["history_id"] for row in rows(changelogs)] == [1, 2, 3]


def test_a_fault_in_the_changelog_of_one_issue_costs_no_other_issue_anything() -> None:
    sound, faulty = [history(1, item(fieldId="status"))], [history(2), history(3, item(fieldId="status"), created="soon")]
    given = {7: sound, 8: faulty, 9: [history(4, item(fieldId="status"))], 10: "of an issue that nobody asked for"}
    arrays = {issue_id: [msgspec.Raw(json.dumps(told).encode())] for issue_id, told in given.items()}
    changelogs = ChangelogDecoder(CATALOGUE.fields).decode(arrays, [7, 8, 9, 11])
    found = {issue_id: [history.id for history in histories] for issue_id, histories in changelogs.histories.items()}
    assert found == {7: [1], 8: [2], 9: [4], 11: []}
    assert changelogs.whole == [7, 9]
    assert [(row.source_id, row.reason) for row in changelogs.rejected] == [("3", "Invalid RFC3339 encoded datetime")]


def test_an_issue_that_jira_gave_no_changelog_of_is_not_compared() -> None:
    changelogs = ChangelogDecoder(CATALOGUE.fields).decode({}, [7])
    assert changelogs.histories == {7: []}
    assert (changelog_rows(changelogs).data.num_rows, changelog_rows(changelogs).owners) == (0, ())


def test_what_does_not_fit_costs_a_rejected_row_and_the_others_keep_their_places() -> None:
    broken = history(1, item(fieldId="status"), item(fieldId="summary", to={"not": "text"}), {"fieldId": "labels"}, item("x"))
    undated = history(2, item(fieldId="status"), created="2026-09-28T19:32:13")
    changelogs = decoded([broken, undated, history(3, item(fieldId="status"))])
    assert [(row["history_id"], row["position"], row["to_value"]) for row in rows(changelogs)] == [
        (1, 0, None),
        (1, 1, None),
        (1, 3, None),
        (3, 0, None),
    ]
    assert [(row.entity, row.source_id) for row in changelogs.rejected] == [
        ("changelog_item", "1/items[1].to"),
        ("changelog_item", "1/items[2]"),
        ("changelog_item", "2"),
    ]
    assert changelogs.whole == []


def test_numbers_where_texts_should_be_are_texts() -> None:
    (row,) = rows(decoded([history(1, item(fieldId="customfield_10024", **{"from": 3, "to": 5.5}))]))
    assert (row["from_value"], row["to_value"]) == ("3", "5.5")
