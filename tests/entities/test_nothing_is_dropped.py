"""Whatever Jira sends: flattening never fails, and a null is either Jira's own or has a rejected row that tells of it."""

import json
from typing import Any

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from entities.invented_issues import ANNA, FIELDS, adf, catalogue_payload, option
from jira_staging.entities.child_payload import PAYLOADS
from jira_staging.entities.children import ChildFlattener, ReadList
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.issue import LIST_TABLES, IssueFlattener
from jira_staging.entities.issue_payload import SYSTEM_PATHS
from jira_staging.entities.site_wide import SITE_WIDE, flatten_site_wide
from jira_staging.errors import JiraAnswerUnusable
from jira_staging.json_mending import mended
from jira_staging.tables import TABLES

ENTITIES = ("issue", *LIST_TABLES, "user")
CATALOGUE = FieldCatalogue(catalogue_payload())
SOURCES = {
    name: TABLES["issue"].column(name).source.split(".")[1:] for name in SYSTEM_PATHS
}  # by column: where its value lies below `fields`

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
# Values that fit some field, so that fields often get what they announce, and as often another field's.
plausible = st.sampled_from(
    (
        1,
        "7",
        "2026-01-31",
        "2026-01-31T10:00:00.000+0500",
        "2026-02-30T00:00:00Z",
        "a \ud83d b \0",
        adf("text"),
        ANNA,
        {"accountId": None},
        option(5, "High"),
        {"value": "EU", "child": {"value": "DE"}},
        [option(5, "High"), None],
        [ANNA, {}],
        {"id": "10000"},
        [{"id": "1"}, {"id": None}],
        ["a", "a", 5],
        {"votes": 1},
        {"watchCount": 1},
        [{"id": "1", "type": {"id": "2"}, "inwardIssue": {"id": "3"}}],
        {"id": "1", "fields": {"issuetype": {"hierarchyLevel": 1}}},
        {"type": "doc", "version": 1, "content": [{"type": "unheard of"}]},
    )
)
names = sorted({source[0] for source in SOURCES.values()} | {field["id"] for field in FIELDS} | {"components", "issuelinks"})
issues = st.fixed_dictionaries(
    {
        "id": st.integers(1, 2**63 - 1).map(str),
        "key": st.text(max_size=5),
        "fields": st.dictionaries(st.sampled_from(names), plausible | anything),
    }
)


def at(value: Any, path: list[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else value
    return value


@given(st.lists(issues, max_size=4, unique_by=lambda issue: issue["id"]))
@example([{"id": "1", "key": "", "fields": dict.fromkeys(names, "NULL")}])
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_null_is_jiras_own_or_a_rejected_row_tells_of_it(payloads: list[dict[str, Any]]) -> None:
    flattened = IssueFlattener(CATALOGUE, ENTITIES).flatten([json.dumps(payloads).encode()])
    told = {row.source_id for row in flattened.rejected}

    def is_told(issue_id: str, field_id: str) -> bool:
        mentions = (f"{issue_id}/{field_id}", f"{issue_id}/{field_id}.", f"{issue_id}/{field_id}[")
        return any(source_id == mentions[0] or source_id.startswith(mentions[1:]) for source_id in told)

    rows = {str(row["id"]): row for row in flattened.rows[0].data.to_pylist()}
    assert rows.keys() == {payload["id"] for payload in payloads}
    for payload in payloads:
        row, fields = rows[payload["id"]], payload["fields"]
        for column, path in SOURCES.items():
            lost = row[column] is None and at(fields, path) is not None
            assert not lost or is_told(payload["id"], path[0]), column
        for custom in CATALOGUE.custom:
            lost = row.get(custom.column) is None and fields.get(custom.id) is not None
            assert not lost or is_told(payload["id"], custom.id), custom.column
    json.dumps([row for given_rows in flattened.rows for row in given_rows.data.to_pylist()], default=str).encode()


@given(
    st.sampled_from(SITE_WIDE),
    st.lists(
        anything | st.dictionaries(st.sampled_from(("id", "key", "accountId", "name", "lead", "scope")), plausible), max_size=4
    ),
)
@settings(deadline=None)
def test_every_payload_of_a_list_is_a_row_or_a_rejected_row(table: str, payloads: list[Any]) -> None:
    flattened = flatten_site_wide(table, [json.dumps(payloads).encode()])
    whole = [row for row in flattened.rejected if "/" not in row.source_id]
    (rows,) = flattened.rows
    assert len(payloads) >= rows.data.num_rows
    assert not payloads or rows.data.num_rows or whole


entries = anything | st.fixed_dictionaries(
    {"id": st.integers(1, 2**63 - 1).map(str) | plausible},
    optional=dict.fromkeys(
        ("author", "updateAuthor", "body", "comment", "created", "updated", "started", "timeSpentSeconds", "visibility", "key"),
        plausible | anything,
    ),
)
histories = anything | st.fixed_dictionaries({"id": plausible, "created": plausible, "items": plausible | anything})
ISSUE_7 = b'[{"id": "7", "key": "A-7", "fields": {}}]'


@given(st.sampled_from(sorted(PAYLOADS)), entries)
@settings(deadline=None)
def test_every_entry_that_hangs_on_an_issue_is_a_row_or_a_rejected_row(table: str, entry: Any) -> None:
    batch = IssueFlattener(CATALOGUE, (table,)).decode([ISSUE_7])
    read = ReadList([msgspec.Raw(json.dumps(entry).encode())], 1)
    flattened = ChildFlattener(CATALOGUE, (table,)).flatten(batch, {(table, 7): read}, {})
    (rows,) = flattened.rows
    assert rows.data.num_rows == 1 or flattened.rejected


@given(histories)
@example({"id": 1, "created": 1, "items": [None]})
@settings(deadline=None)
def test_every_history_is_rows_or_a_rejected_row(history: Any) -> None:
    batch = IssueFlattener(CATALOGUE, ("changelog_item",)).decode([ISSUE_7])
    arrays = {7: [msgspec.Raw(json.dumps([history]).encode())]}
    flattened = ChildFlattener(CATALOGUE, ("changelog_item",)).flatten(batch, {}, arrays)
    (rows,) = flattened.rows
    changed_nothing = isinstance(history, dict) and history.get("items") == []
    assert changed_nothing or rows.data.num_rows or flattened.rejected


@given(st.binary(max_size=60) | st.text(max_size=30).map(lambda text: f'[{{"id":1,"fields":{{"summary":{text}}}}}]'.encode()))
def test_bytes_are_a_list_of_payloads_or_refused_as_none(page: bytes) -> None:
    try:
        flattened = IssueFlattener(CATALOGUE, ENTITIES).flatten([page])
    except JiraAnswerUnusable:
        return
    payloads = msgspec.json.decode(mended(page), type=list)
    assert len(flattened.issue_ids) <= len(payloads)
    assert not payloads or flattened.issue_ids or flattened.rejected
