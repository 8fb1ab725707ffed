"""Comments, worklogs, files and what is asked an issue at a time: payloads, and the rows they become."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from entities.invented_issues import ANNA, BEN, catalogue_payload, issue, page
from jira_staging.entities.children import ChildFlattener, FlattenedChildren, ReadList, lacks_entries
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.issue import IssueFlattener
from jira_staging.entities.issue_payload import fields_to_ask
from jira_staging.tables import TABLES
from jira_staging.tables.arrow_types import arrow_schema

CATALOGUE = FieldCatalogue(catalogue_payload())
AT, MOMENT = "2026-09-28T19:32:13.094+0500", datetime(2026, 9, 28, 14, 32, 13, 94_000, UTC)
LATER, LATER_MOMENT = "2026-09-29T00:00:00.000+0000", datetime(2026, 9, 29, tzinfo=UTC)
DOCUMENT = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Done"}]}]}
COMMENT = {
    "self": "…",
    "id": "10036",
    "author": ANNA,
    "updateAuthor": BEN,
    "body": DOCUMENT,
    "created": AT,
    "updated": LATER,
    "visibility": {"type": "role", "value": "Developers", "identifier": "Developers"},
    "jsdPublic": False,
}
WORKLOG = {
    "self": "…",
    "id": "10010",
    "issueId": "7",
    "author": ANNA,
    "updateAuthor": BEN,
    "comment": "h2. wiki markup",
    "started": AT,
    "timeSpent": "1h",
    "timeSpentSeconds": 3600,
    "created": AT,
    "updated": LATER,
}
# By table: an entry with everything, and the row it becomes.
WHOLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "comment": (
        COMMENT,
        {
            "id": 10036,
            "issue_id": 7,
            "author_id": "557058:anna",
            "update_author_id": "5b10ben",
            "body": "Done",
            "created_at": MOMENT,
            "updated_at": LATER_MOMENT,
            "is_public": False,
            "visibility_type": "role",
            "visibility_value": "Developers",
        },
    ),
    "worklog": (
        WORKLOG,
        {
            "id": 10010,
            "issue_id": 7,
            "author_id": "557058:anna",
            "update_author_id": "5b10ben",
            "comment": "h2. wiki markup",
            "started_at": MOMENT,
            "time_spent_seconds": 3600,
            "created_at": MOMENT,
            "updated_at": LATER_MOMENT,
            "visibility_type": None,
            "visibility_value": None,
        },
    ),
    "attachment": (
        {"id": "5", "filename": "a.png", "author": BEN, "created": AT, "size": 2460, "mimeType": "image/png", "content": "…"},
        {
            "id": 5,
            "issue_id": 7,
            "author_id": "5b10ben",
            "file_name": "a.png",
            "mime_type": "image/png",
            "size_bytes": 2460,
            "created_at": MOMENT,
        },
    ),
    "remote_link": (
        {
            "id": 10042,
            "globalId": "system=x&id=1",
            "application": {"type": "com.atlassian.confluence", "name": "Confluence"},
            "relationship": "mentioned on",
            "object": {"url": "https://example.com", "title": "A page", "icon": {}},
        },
        {
            "id": 10042,
            "issue_id": 7,
            "global_id": "system=x&id=1",
            "relationship": "mentioned on",
            "url": "https://example.com",
            "title": "A page",
            "application_name": "Confluence",
        },
    ),
    "issue_watcher": (BEN, {"issue_id": 7, "user_id": "5b10ben"}),
    "issue_vote": (ANNA, {"issue_id": 7, "user_id": "557058:anna"}),
    "issue_property": ({"key": "app", "value": {"a": [1]}}, {"issue_id": 7, "key": "app", "value": '{"a": [1]}'}),
    "issue_transition": (
        {"id": "11", "name": "Start", "to": {"id": "3", "name": "x"}, "isGlobal": True, "hasScreen": False, "fields": {}},
        {"issue_id": 7, "transition_id": 11, "name": "Start", "to_status_id": 3, "is_global": True, "has_screen": False},
    ),
}


def read_list(*entries: Any, total: int | None = None) -> ReadList:
    return ReadList([msgspec.Raw(json.dumps(entry).encode()) for entry in entries], total)


def flatten(*entities: str, lists: dict[tuple[str, int], ReadList] | None = None, **fields: Any) -> FlattenedChildren:
    batch = IssueFlattener(CATALOGUE, entities).decode([page(issue(7, **fields))])
    return ChildFlattener(CATALOGUE, entities).flatten(batch, lists or {}, {})


@pytest.mark.parametrize("table", WHOLE)
def test_an_entry_that_was_read_by_itself_becomes_its_row(table: str) -> None:
    payload, row = WHOLE[table]
    flattened = flatten(table, lists={(table, 7): read_list(payload, total=1)})
    (rows,) = flattened.rows
    assert rows.data.to_pylist() == [row]
    assert rows.data.schema.equals(arrow_schema(TABLES[table]), check_metadata=True)
    assert (rows.table, rows.owners, flattened.rejected) == (table, (7,), ())


@pytest.mark.parametrize("table", WHOLE)
def test_an_entry_without_an_id_is_rejected_and_its_list_is_not_compared(table: str) -> None:
    flattened = flatten(table, lists={(table, 7): read_list({"name": 5}, total=1)})
    (rows,) = flattened.rows
    assert (rows.data.num_rows, rows.owners, [row.entity for row in flattened.rejected]) == (0, (), [table])


@pytest.mark.parametrize("table", ["comment", "worklog"])
def test_what_an_issue_shows_counts_where_the_total_says_that_it_is_all(table: str) -> None:
    payload, row = WHOLE[table]
    flattened = flatten(table, **{table: {f"{table}s": [payload], "total": 1, "maxResults": 20}})
    (rows,) = flattened.rows
    assert (rows.data.to_pylist(), rows.owners) == ([row], (7,))


@pytest.mark.parametrize("table", ["comment", "worklog"])
@pytest.mark.parametrize("total", [{"total": 2}, {}])
def test_what_an_issue_shows_is_not_taken_for_all_without_a_total_that_says_so(table: str, total: dict[str, int]) -> None:
    flattened = flatten(table, **{table: {f"{table}s": [WHOLE[table][0]], **total}})
    (rows,) = flattened.rows
    assert (rows.data.num_rows, rows.owners) == (1, ())


def test_what_an_issue_does_not_show_is_left_as_it_is() -> None:
    flattened = flatten("comment", "worklog", "attachment")
    assert [(rows.table, rows.data.num_rows, rows.owners) for rows in flattened.rows] == [
        ("comment", 0, ()),
        ("worklog", 0, ()),
        ("attachment", 0, ()),
    ]
    assert [lists.unknown for lists in flattened.lists] == [1, 1, 1]


def test_files_stand_in_the_issue() -> None:
    flattened = flatten(
        "attachment", attachment=[WHOLE["attachment"][0], {**WHOLE["attachment"][0], "id": "6", "author": None}]
    )
    (rows,) = flattened.rows
    assert [(row["id"], row["author_id"]) for row in rows.data.to_pylist()] == [(5, "5b10ben"), (6, None)]
    assert rows.owners == (7,)


def test_a_list_with_an_entry_that_was_cut_is_not_compared() -> None:
    flattened = flatten("attachment", attachment=[WHOLE["attachment"][0], {"filename": "no id"}])
    (rows,) = flattened.rows
    assert (rows.data.num_rows, rows.owners) == (1, ())


def test_a_list_with_fewer_entries_than_its_total_is_not_compared_and_counted() -> None:
    flattened = flatten("issue_watcher", lists={("issue_watcher", 7): read_list(total=3)})
    (lists,), (rows,) = flattened.lists, flattened.rows
    assert (rows.owners, lists.told, lists.read, lists.whole) == ((), 3, 0, [])


def test_an_entry_that_paging_gives_twice_is_one_row_and_does_not_stand_for_another() -> None:
    flattened = flatten("comment", lists={("comment", 7): read_list(COMMENT, COMMENT, total=2)})
    (rows,) = flattened.rows
    assert (rows.data.num_rows, rows.owners) == (1, ())


def test_times_that_are_none_are_told_and_the_row_stays() -> None:
    flattened = flatten("comment", lists={("comment", 7): read_list({**COMMENT, "created": "yesterday"}, total=1)})
    (rows,) = flattened.rows
    assert [(row["id"], row["created_at"]) for row in rows.data.to_pylist()] == [(10036, None)]
    assert [(row.entity, row.source_id, row.reason) for row in flattened.rejected] == [
        ("comment", "10036/created", "Not a time")
    ]


def test_everybody_who_stands_in_them_is_a_person() -> None:
    flattened = flatten(
        "comment", "issue_watcher", lists={("issue_watcher", 7): read_list(BEN)}, comment={"comments": [COMMENT]}
    )
    assert [person.account_id for person in flattened.people() if person] == ["557058:anna", "5b10ben", "5b10ben"]


@pytest.mark.parametrize(
    ("shown", "count"),
    [
        ({"comments": [COMMENT], "total": 1}, 0),
        ({"comments": [], "total": 0}, 0),
        ({"comments": [COMMENT], "total": 25}, 25),
        ({"comments": [COMMENT]}, 2),
        (None, 0),
    ],
)
def test_how_many_entries_an_issue_lacks(shown: Any, count: int) -> None:
    batch = IssueFlattener(CATALOGUE, ["comment"]).decode([page(issue(7, comment=shown))])
    assert lacks_entries(batch.issues[0], "comment") == count


def test_an_excluded_field_is_neither_asked_for_nor_compared() -> None:
    catalogue = FieldCatalogue(catalogue_payload({"id": "comment", "name": "Comment", "custom": False}), exclude=["Comment"])
    assert "comment" not in fields_to_ask(catalogue, ["comment", "worklog"])
    assert {"attachment", "comment", "worklog"} <= set(fields_to_ask(CATALOGUE, ["comment", "worklog", "attachment"]))
    batch = IssueFlattener(catalogue, ["comment"]).decode([page(issue(7))])
    assert ChildFlattener(catalogue, ["comment"]).flatten(batch, {}, {}).rows == ()
