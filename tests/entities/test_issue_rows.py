import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from entities.invented_issues import ANNA, BEN, adf, catalogue_payload, issue, option, page
from jira_staging.entities.field_catalogue import FieldCatalogue, FieldColumn
from jira_staging.entities.flattened import Flattened
from jira_staging.entities.issue import LIST_TABLES, IssueFlattener
from jira_staging.entities.printed_sprints import sprint_objects
from jira_staging.records import RejectedRow
from jira_staging.tables import TABLES
from jira_staging.tables.arrow_types import arrow_schema, column_type

EVERYTHING = ("issue", *LIST_TABLES, "user")


def flattener(*entities: str, **arguments: Any) -> IssueFlattener:
    return IssueFlattener(FieldCatalogue(catalogue_payload()), entities or EVERYTHING, **arguments)


def rows(flattened: Flattened, table: str) -> list[dict[str, Any]]:
    (found,) = (rows.data.to_pylist() for rows in flattened.rows if rows.table == table)
    return list(found)


def owners(flattened: Flattened, table: str) -> Sequence[int | str] | None:
    (found,) = (rows.owners for rows in flattened.rows if rows.table == table)
    return found


def custom_values(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name.startswith("customfield_")}


def test_the_system_fields_of_an_issue_become_one_row() -> None:
    full = issue(
        10063,
        priority={"id": "3"},
        resolution={"id": "10000"},
        security={"id": "10100"},
        parent={"id": "10001", "key": "PAY-1", "fields": {"issuetype": {"id": "10000", "hierarchyLevel": 1}}},
        assignee=BEN,
        reporter=ANNA,
        description=adf("why"),
        environment="wiki *markup*",
        resolutiondate="2026-09-28T19:32:13.094Z",
        statuscategorychangedate="2026-09-28T19:32:13.095+0000",
        lastViewed="2026-09-28T19:32:13.096+0000",
        duedate="2026-10-31",
        timeoriginalestimate=1,
        timeestimate=2,
        timespent=3,
        aggregatetimeoriginalestimate=4,
        aggregatetimeestimate=5,
        aggregatetimespent=6,
        workratio=7,
        votes={"votes": 8},
        watches={"watchCount": 9},
    )
    flattened = flattener("issue").flatten([page(full)])
    assert rows(flattened, "issue") == [
        {
            "id": 10063,
            "key": "PAY-10063",
            "project_id": 10000,
            "issue_type_id": 10001,
            "status_id": 3,
            "priority_id": 3,
            "resolution_id": 10000,
            "security_level_id": 10100,
            "parent_id": 10001,
            "epic_id": 10001,
            "assignee_id": "5b10ben",
            "reporter_id": "557058:anna",
            "creator_id": "557058:anna",
            "summary": "Issue 10063",
            "description": "why",
            "environment": "wiki *markup*",
            "created_at": datetime(2026, 1, 1, 22, 4, 5, 6_000, UTC),
            "updated_at": datetime(2026, 9, 28, 14, 32, 13, 94_000, UTC),
            "resolved_at": datetime(2026, 9, 28, 19, 32, 13, 94_000, UTC),
            "status_category_changed_at": datetime(2026, 9, 28, 19, 32, 13, 95_000, UTC),
            "last_viewed_at": datetime(2026, 9, 28, 19, 32, 13, 96_000, UTC),
            "due_date": date(2026, 10, 31),
            "original_estimate_seconds": 1,
            "remaining_estimate_seconds": 2,
            "time_spent_seconds": 3,
            "aggregate_original_estimate_seconds": 4,
            "aggregate_remaining_estimate_seconds": 5,
            "aggregate_time_spent_seconds": 6,
            "work_ratio": 7,
            "votes": 8,
            "watchers": 9,
        }
    ]
    assert (flattened.rejected, flattened.issue_ids, owners(flattened, "issue")) == ((), (10063,), ())


def test_an_issue_with_every_field_null_or_absent_is_a_row_of_nulls() -> None:
    nothing = {"id": "1", "key": "PAY-1", "fields": {"summary": None, "description": None, "customfield_10024": None}}
    flattened = flattener().flatten([page(nothing, {"id": "2", "key": "PAY-2", "fields": {}})])
    empty = dict.fromkeys(column.name for column in TABLES["issue"].columns)
    assert rows(flattened, "issue") == [empty | {"id": 1, "key": "PAY-1"}, empty | {"id": 2, "key": "PAY-2"}]
    assert [rows.table for rows in flattened.rows] == ["issue", *LIST_TABLES]
    assert flattened.rejected == ()


def test_the_columns_have_the_types_of_the_tables() -> None:
    flattened = flattener().flatten([page(issue(1, customfield_10020=[], customfield_10024=1))])
    for given in flattened.rows:
        schema = given.data.schema
        if given.table == "issue":
            assert [(f.name, column_type(f)) for f in schema][-2:] == [
                ("customfield_10020", "json"),
                ("customfield_10024", "double"),
            ]
            schema = pa.schema(list(schema)[:-2])
        if given.table != "user":
            assert schema.equals(arrow_schema(TABLES[given.table]), check_metadata=True)


def test_each_kind_of_custom_field_is_flattened_its_own_way() -> None:
    sprint = {"id": 7, "name": "Sprint 7", "state": "closed"}
    flattened = flattener("issue").flatten(
        [
            page(
                issue(
                    1,
                    customfield_10019="0|i000db:",
                    customfield_10020=[sprint],
                    customfield_10024=3,
                    customfield_10030=option(5, "High"),
                    customfield_10031=[option(6, "iOS"), option(7, "Web")],
                    customfield_10032={"value": "EU", "id": "1", "child": {"value": "DE", "id": "2"}},
                    customfield_10033=ANNA,
                    customfield_10034=[ANNA, BEN],
                    customfield_10035={"name": "jira-users", "groupId": "276f"},
                    customfield_10036={"id": "10000", "key": "PAY"},
                    customfield_10037={"id": "10026", "name": "v2"},
                    customfield_10038="2026-01-31",
                    customfield_10039="2026-01-31T10:00:00.000+0100",
                    customfield_10040="https://example.com",
                    customfield_10041=adf("much"),
                    customfield_10042=["a", "b"],
                    customfield_10043={"ongoingCycle": {"breached": False}},
                    customfield_10044=False,
                )
            )
        ]
    )
    assert custom_values(rows(flattened, "issue")[0]) == {
        "customfield_10019": '"0|i000db:"',
        "customfield_10020": '[{"id":7,"name":"Sprint 7","state":"closed"}]',
        "customfield_10024": 3.0,
        "customfield_10030": "High",
        "customfield_10030__option_id": "5",
        "customfield_10031": '["iOS","Web"]',
        "customfield_10032": '{"parent":"EU","child":"DE"}',
        "customfield_10033": "557058:anna",
        "customfield_10034": '["557058:anna","5b10ben"]',
        "customfield_10035": "276f",
        "customfield_10036": "10000",
        "customfield_10037": "10026",
        "customfield_10038": date(2026, 1, 31),
        "customfield_10039": datetime(2026, 1, 31, 9, tzinfo=UTC),
        "customfield_10040": "https://example.com",
        "customfield_10041": "much",
        "customfield_10042": '["a","b"]',
        "customfield_10043": '{"ongoingCycle":{"breached":false}}',
        "customfield_10044": "false",
    }
    assert flattened.rejected == ()


def test_data_center_shapes_are_understood() -> None:
    printed = "com.atlassian.greenhopper.service.sprint.Sprint@21d00be2[id=225,rapidViewId=24,state=CLOSED,name=id=9,goal=]"
    carl = {"name": "carl", "key": "JIRAUSER10100", "displayName": "Carl", "active": True}
    flattened = flattener().flatten(
        [page(issue(1, assignee=carl, creator=carl, customfield_10020=[printed], customfield_10035={"name": "admins"}))]
    )
    assert rows(flattened, "issue_sprint") == [{"issue_id": 1, "sprint_id": 225}]
    assert rows(flattened, "issue")[0]["assignee_id"] == "JIRAUSER10100"
    assert rows(flattened, "issue")[0]["customfield_10035"] == "admins"
    assert rows(flattened, "user")[0]["id"] == "JIRAUSER10100"


def test_a_value_that_does_not_match_its_type_is_null_and_told() -> None:
    broken = issue(
        10063,
        labels=["fine", 5],
        duedate="2026-02-30",
        customfield_10024="many",
        customfield_10030="High",
        customfield_10033={},
        customfield_10038="someday",
        customfield_10041=5,
        customfield_10042="no list",
        customfield_10043=[1],
    )
    flattened = flattener().flatten([page(broken, issue(2, customfield_10024="-1", labels=["other"]))])
    first, second = rows(flattened, "issue")
    assert (first["due_date"], second["customfield_10024"]) == (None, -1.0)
    assert custom_values(first) == {
        "customfield_10024": None,
        "customfield_10038": None,
        "customfield_10041": None,
        "customfield_10043": "[1]",
    }
    assert set(flattened.rejected) == {
        RejectedRow("issue", "10063/labels[1]", "Expected `str | null`, got `int`", "5"),
        RejectedRow("issue", "10063/customfield_10024", "Expected `float | null`, got `str`", '"many"'),
        RejectedRow("issue", "10063/customfield_10030", "Expected `object | null`, got `str`", '"High"'),
        RejectedRow("issue", "10063/customfield_10033", "Expected a user with `accountId`, `key` or `name`", "{}"),
        RejectedRow("issue", "10063/customfield_10042", "Expected `array | null`, got `str`", '"no list"'),
        RejectedRow("issue", "10063/duedate", "Not a day", '"2026-02-30"'),
        RejectedRow("issue", "10063/customfield_10038", "Not a day", '"someday"'),
        RejectedRow("issue", "10063/customfield_10041", "Expected text or a document", "5"),
    }


def test_a_list_that_lost_an_item_is_not_taken_for_complete() -> None:
    """What the table has of issue 1 stays: the label that could not be read may be among it."""
    flattened = flattener().flatten(
        [page(issue(1, labels=["kept", 5], customfield_10020=[{}]), issue(2, labels=["b", "b", "a"]))]
    )
    assert rows(flattened, "issue_label") == [
        {"issue_id": 1, "label": "kept"},
        {"issue_id": 2, "label": "b"},
        {"issue_id": 2, "label": "a"},
    ]
    assert owners(flattened, "issue_label") == [2]
    assert owners(flattened, "issue_sprint") == [2]
    assert owners(flattened, "issue_component") == [1, 2]
    assert RejectedRow("issue_sprint", "1/customfield_10020", "Not a sprint with an id", "{}") in flattened.rejected


def test_lists_have_a_row_an_item() -> None:
    version = {"id": "10026", "name": "v2"}
    flattened = flattener().flatten(
        [page(issue(1, components=[{"id": "5"}, {"id": "6"}], fixVersions=[version, version], versions=[version]), issue(2))]
    )
    assert rows(flattened, "issue_component") == [{"issue_id": 1, "component_id": 5}, {"issue_id": 1, "component_id": 6}]
    assert rows(flattened, "issue_fix_version") == [{"issue_id": 1, "version_id": 10026}]
    assert rows(flattened, "issue_affected_version") == [{"issue_id": 1, "version_id": 10026}]
    assert owners(flattened, "issue_component") == [1, 2]


def test_a_link_is_seen_from_both_ends() -> None:
    kind = {"id": "10000", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
    flattened = flattener("issue_link").flatten(
        [
            page(
                issue(1, issuelinks=[{"id": "77", "type": kind, "outwardIssue": {"id": "2", "key": "PAY-2"}}]),
                issue(
                    2,
                    issuelinks=[
                        {"id": "77", "type": kind, "inwardIssue": {"id": "1", "key": "PAY-1"}},
                        {"id": "78", "type": kind},
                    ],
                ),
            )
        ]
    )
    assert rows(flattened, "issue_link") == [
        {
            "id": 77,
            "issue_id": 1,
            "related_issue_id": 2,
            "link_type_id": 10000,
            "direction": "outward",
            "relationship": "blocks",
        },
        {
            "id": 77,
            "issue_id": 2,
            "related_issue_id": 1,
            "link_type_id": 10000,
            "direction": "inward",
            "relationship": "is blocked by",
        },
    ]
    assert [row.source_id for row in flattened.rejected] == ["2/issuelinks[1]"]
    assert owners(flattened, "issue_link") == [1]


def test_the_epic_is_the_parent_if_that_is_an_epic_and_else_the_epic_link() -> None:
    story = {"id": "50", "key": "PAY-50", "fields": {"issuetype": {"id": "1", "hierarchyLevel": 0}}}
    epic = {"id": "60", "key": "PAY-60", "fields": {"issuetype": {"id": "2", "hierarchyLevel": 1}}}
    asked: list[Sequence[str]] = []

    def ids_of_keys(keys: Sequence[str]) -> Mapping[str, int]:
        asked.append(keys)
        return {"OLD-1": 90}

    issues = flattener("issue", ids_of_keys=ids_of_keys)
    flattened = issues.flatten(
        [
            page(
                issue(1, parent=epic, customfield_10014="OTHER-1"),
                issue(2, parent=story),
                issue(3, parent=story, customfield_10014="PAY-1"),
                issue(4, customfield_10014="OLD-1"),
                issue(5, customfield_10014="HID-1"),
                issue(6, customfield_10014={"key": "PAY-1"}),
            )
        ]
    )
    assert [row["epic_id"] for row in rows(flattened, "issue")] == [60, None, 1, 90, None, None]
    assert asked == [["HID-1", "OLD-1"]]
    assert flattened.unresolved_keys == {5: "HID-1"}
    assert [(row.source_id, row.reason) for row in flattened.rejected] == [
        ("6/customfield_10014", "Expected the key of an epic")
    ]
    issues.flatten([page(issue(7, customfield_10014="OLD-1"))])
    assert asked == [["HID-1", "OLD-1"]]


def test_people_are_given_once_and_only_what_issues_show_of_them() -> None:
    people = flattener("user")
    first = people.flatten([page(issue(1, assignee=BEN, customfield_10034=[ANNA, {"accountId": "5c"}]))])
    assert {row["id"]: row for row in rows(first, "user")} == {
        "557058:anna": {
            "id": "557058:anna",
            "name": "Anna",
            "email": "anna@example.com",
            "account_type": "atlassian",
            "is_active": True,
            "time_zone": "Asia/Tokyo",
        },
        "5b10ben": {
            "id": "5b10ben",
            "name": "Ben",
            "email": None,
            "account_type": "customer",
            "is_active": False,
            "time_zone": None,
        },
        "5c": {"id": "5c", "name": None, "email": None, "account_type": None, "is_active": None, "time_zone": None},
    }
    assert owners(first, "user") == ()
    assert people.flatten([page(issue(2, reporter=BEN))]).rows == ()


def test_a_custom_column_is_given_from_its_first_value_on() -> None:
    issues = flattener("issue")
    assert custom_values(rows(issues.flatten([page(issue(1))]), "issue")[0]) == {}
    assert custom_values(rows(issues.flatten([page(issue(2, customfield_10024=1))]), "issue")[0]) == {"customfield_10024": 1.0}
    assert custom_values(rows(issues.flatten([page(issue(2))]), "issue")[0]) == {"customfield_10024": None}
    seen = flattener("issue", seen_columns=["customfield_10030", "customfield_10030__option_id"])
    assert custom_values(rows(seen.flatten([page(issue(1))]), "issue")[0]) == {
        "customfield_10030": None,
        "customfield_10030__option_id": None,
    }


def test_an_old_column_of_a_changed_or_vanished_field_is_null_in_what_is_read_now() -> None:
    stored = [
        FieldColumn("customfield_10024", "customfield_10024", "text", is_current=True),
        FieldColumn("customfield_9", "customfield_9", "json", is_current=True),
    ]
    catalogue = FieldCatalogue(catalogue_payload(), stored=stored)
    issues = IssueFlattener(catalogue, ["issue"], seen_columns=["customfield_10024", "customfield_9"])
    (given,) = issues.flatten([page(issue(1, customfield_10024=5))]).rows
    assert custom_values(given.data.to_pylist()[0]) == {
        "customfield_10024__double": 5.0,
        "customfield_10024": None,
        "customfield_9": None,
    }
    assert column_type(given.data.schema.field("customfield_9")) == "json"


def test_an_excluded_field_gives_neither_column_nor_list() -> None:
    catalogue = FieldCatalogue(catalogue_payload(), exclude=["labels", "Sprint", "Story Points"])
    issues = IssueFlattener(catalogue, EVERYTHING, seen_columns=["customfield_10024"])
    flattened = issues.flatten([page(issue(1, labels=["a"], customfield_10020=[{"id": 7}], customfield_10024=5))])
    assert "issue_label" not in {rows.table for rows in flattened.rows}
    assert rows(flattened, "issue_sprint") == [{"issue_id": 1, "sprint_id": 7}]
    assert custom_values(rows(flattened, "issue")[0]) == {}


def test_an_issue_that_two_pages_bring_is_one_row_the_later_one() -> None:
    flattened = flattener("issue", "issue_label").flatten(
        [page(issue(1, summary="old", labels=["a"]), issue(2)), page(issue(1, summary="new", labels=["b"]))]
    )
    assert [(row["id"], row["summary"]) for row in rows(flattened, "issue")] == [(1, "new"), (2, "Issue 2")]
    assert rows(flattened, "issue_label") == [{"issue_id": 1, "label": "b"}]
    assert flattened.issue_ids == (1, 2)


def test_broken_characters_and_unknown_nodes_cost_nothing_but_themselves() -> None:
    whiteboard = {"type": "doc", "version": 1, "content": [{"type": "quantumWhiteboard", "content": adf("kept")["content"]}]}
    sent = page(issue(1, summary="a ? b", description=whiteboard)).replace(b"a ? b", rb"a \ud83d b \u0000")
    flattened = flattener("issue").flatten([sent])
    (row,) = rows(flattened, "issue")
    assert (row["summary"], row["description"]) == ("a \ufffd b \ufffd", "kept")
    assert (flattened.plain_documents, flattened.rejected) == (1, ())


@pytest.mark.parametrize("pages", [[], [b"[]"], [b"[]", b"[]"]])
def test_no_issues_are_no_rows(pages: list[bytes]) -> None:
    flattened = flattener().flatten(pages)
    assert flattened.issue_ids == ()
    assert all(rows.data.num_rows == 0 and not rows.owners for rows in flattened.rows)


def test_a_payload_without_an_id_costs_a_rejected_row_and_not_its_neighbours() -> None:
    flattened = flattener("issue").flatten([page(issue(1), {"key": "PAY-2", "fields": {}}, issue(3))])
    assert flattened.issue_ids == (1, 3)
    rejected = RejectedRow(
        "issue",
        "PAY-2",
        "Object missing required field `id`",
        json.dumps({"key": "PAY-2", "fields": {}}, separators=(",", ":")),
    )
    assert flattened.rejected == (rejected,)


def test_a_sprint_that_java_printed_becomes_the_object_that_cloud_has() -> None:
    java = "com.atlassian.greenhopper.service.sprint.Sprint@1f"
    printed = (
        f"{java}[id=7,rapidViewId=3,state=ACTIVE,name=A, b=c [x],startDate=2026-01-05T09:00:00.000Z,endDate=<null>,goal=<null>]"
    )
    told = msgspec.json.decode(sprint_objects([msgspec.Raw(msgspec.json.encode(text)) for text in (printed, "no sprint")]))
    sprint = {
        "id": 7,
        "name": "A, b=c [x]",
        "state": "active",
        "boardId": 3,
        "goal": "",
        "startDate": "2026-01-05T09:00:00.000Z",
    }
    assert told == [sprint, "no sprint"]
