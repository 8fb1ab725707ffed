"""Changelogs, worklogs and remote links of a real site, where a folder of them is at hand (`JIRA_REAL_PAYLOADS`)."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from entities.invented_issues import catalogue_payload, issue, page, system_field
from jira_staging.entities.changelog import ChangelogDecoder, changelog_rows
from jira_staging.entities.child_rows import ChildLists, child_rows, worklogs_by_issue
from jira_staging.entities.children import ChildFlattener, ReadList
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.issue import IssueFlattener

FOLDER = os.environ.get("JIRA_REAL_PAYLOADS", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="JIRA_REAL_PAYLOADS names no folder of real payloads")
CATALOGUE = FieldCatalogue(catalogue_payload(system_field("parent", "Parent", "issuelink")))


def payloads(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (Path(FOLDER) / f"{name}.jsonl").read_bytes().splitlines()]


def raw(payload: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(payload).encode())


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def clean(text: str | None) -> str | None:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if text else text


def histories() -> dict[int, list[dict[str, Any]]]:
    """Of the bulk endpoint's kind, and of those embedded in issues."""
    found: dict[int, list[dict[str, Any]]] = {}
    for history in payloads("issue_changelogs"):
        found.setdefault(history["_issue"]["issue_id"], []).append(history)
    for told in payloads("issues"):
        found.setdefault(int(told["id"]), []).extend(told["changelog"]["histories"])
    return found


def test_every_real_change_is_a_row() -> None:
    given = histories()
    changelogs = ChangelogDecoder(CATALOGUE.fields).decode({id_: [raw(found)] for id_, found in given.items()}, list(given))
    rows = {(row["history_id"], row["position"]): row for row in changelog_rows(changelogs).data.to_pylist()}
    assert changelogs.rejected == []
    assert sorted(changelogs.whole) == sorted(given)
    expected = {
        (int(history["id"]), position): {
            "history_id": int(history["id"]),
            "position": position,
            "issue_id": issue_id,
            "author_id": history["author"]["accountId"] or None,
            "created_at": moment(history["created"]),
            "field_id": item.get("fieldId") or ("parent" if item["field"] == "Parent" else f"unknown:{item['field']}"),
            "field": item["field"],
            "field_type": item["fieldtype"],
            "from_value": clean(item.get("tmpFromAccountId") or item["from"]),
            "from_text": clean(item["fromString"]),
            "to_value": clean(item.get("tmpToAccountId") or item["to"]),
            "to_text": clean(item["toString"]),
        }
        for issue_id, found in given.items()
        for history in found
        for position, item in enumerate(history["items"])
    }
    assert rows == expected


def test_real_worklogs_are_rows() -> None:
    given = payloads("worklogs")
    found, rejected = worklogs_by_issue([raw(payload) for payload in given])
    lists = ChildLists("worklog", rejected=rejected)
    for issue_id, worklogs in found.items():
        lists.add(issue_id, worklogs, None)
    rows = child_rows(lists).rows.data.to_pylist()
    assert lists.rejected == []
    assert {row["id"]: row for row in rows} == {
        int(told["id"]): {
            "id": int(told["id"]),
            "issue_id": int(told["issueId"]),
            "author_id": told["author"]["accountId"],
            "update_author_id": told["updateAuthor"]["accountId"],
            "comment": told.get("comment"),
            "started_at": moment(told["started"]),
            "time_spent_seconds": told["timeSpentSeconds"],
            "created_at": moment(told["created"]),
            "updated_at": moment(told["updated"]),
            "visibility_type": None,
            "visibility_value": None,
        }
        for told in given
    }


def test_real_remote_links_are_rows() -> None:
    given = payloads("remotelinks")
    batch = IssueFlattener(CATALOGUE, ["remote_link"]).decode([page(issue(7))])
    read = ReadList([raw(payload) for payload in given])
    flattened = ChildFlattener(CATALOGUE, ["remote_link"]).flatten(batch, {("remote_link", 7): read}, {})
    assert flattened.rejected == ()
    assert {row["id"]: (row["url"], row["title"], row["application_name"]) for row in flattened.rows[0].data.to_pylist()} == {
        told["id"]: (told["object"]["url"], told["object"]["title"], told["application"].get("name")) for told in given
    }


def test_what_real_issues_show_is_whole_where_their_totals_say_so() -> None:
    lines = (Path(FOLDER) / "issues.jsonl").read_bytes().splitlines()
    entities = ["comment", "worklog", "attachment"]
    batch = IssueFlattener(CATALOGUE, entities).decode([b"[" + b",".join(lines) + b"]"])
    flattened = ChildFlattener(CATALOGUE, entities).flatten(batch, {}, {})
    assert flattened.rejected == ()
    for lists, name in zip(flattened.lists, ("comment", "worklog", "attachment"), strict=True):
        shown = [told["fields"].get(name) for told in payloads("issues")]
        counts = [0 if value is None else len(value) if isinstance(value, list) else value["total"] for value in shown]
        assert (lists.read, lists.told) == (sum(counts), sum(counts))
        assert len(lists.whole) == sum(value is not None for value in shown)
