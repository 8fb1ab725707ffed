"""What the tables of what hangs on issues must hold, worked out from the simulated site in the plainest way."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from simulated_jira import lives
from simulated_jira.entries import attachment_json, comment_json, history_json, worklog_json
from simulated_jira.issue import Issue
from simulated_jira.jira_site import Site
from simulated_jira.wiki_text import wiki_text
from syncing.bench import Bench
from syncing.oracle import IGNORED, Row, _document, _moment

KEYS = {
    "comment": ("id",),
    "worklog": ("id",),
    "changelog_item": ("history_id", "position"),
    "attachment": ("id",),
    "remote_link": ("id",),
    "issue_watcher": ("issue_id", "user_id"),
    "issue_vote": ("issue_id", "user_id"),
    "issue_property": ("issue_id", "key"),
    "issue_transition": ("issue_id", "transition_id"),
}
IN_BULK = ("comment", "worklog", "changelog_item", "attachment")


def assert_children_equal_jira(bench: Bench, tables: Iterable[str] = IN_BULK, keys: Iterable[str] | None = None) -> None:
    """Every row of these tables that is not marked as gone is what the site holds for its visible issues, and no others."""
    wanted_keys = None if keys is None else set(keys)
    issues = [
        issue for issue in bench.jira.site.by_created if issue.is_visible and (wanted_keys is None or issue.key in wanted_keys)
    ]
    names = list(tables)
    stored = bench.tables(*names)
    for table in names:
        expected = [row for issue in issues for row in ROWS[table](bench, issue)]
        there = [row for row in stored[table] if row.get("_deleted_at") is None]
        by_key = {tuple(row[name] for name in KEYS[table]): row for row in there}
        assert len(by_key) == len(there), f"{table}: a key twice"
        wanted = {tuple(row[name] for name in KEYS[table]): row for row in expected}
        assert sorted(by_key) == sorted(wanted), f"{table}: other rows than the site's"
        for at, row in wanted.items():
            found = {name: value for name, value in by_key[at].items() if name not in IGNORED}
            # The expected value decides what is equal.
            assert row == found, f"{table} {at}"


def _comments(bench: Bench, issue: Issue) -> Iterator[Row]:
    site = bench.jira.site
    for entry in lives.comments(site, issue):
        told = json.loads(comment_json(site, issue, entry))
        is_own = site.settings.flavour == "data_center"
        body = wiki_text(told["body"]) if is_own else _document(told["body"])
        yield _entry(told, issue) | {"body": body, "is_public": None if is_own else told["jsdPublic"]}


def _worklogs(bench: Bench, issue: Issue) -> Iterator[Row]:
    site = bench.jira.site
    for entry in lives.worklogs(site, issue):
        told = json.loads(worklog_json(site, issue.id, entry))
        yield _entry(told, issue) | {
            "comment": _worklog_text(site, told.get("comment")),
            "started_at": _moment(told["started"]),
            "time_spent_seconds": told["timeSpentSeconds"],
        }


def _worklog_text(site: Site, comment: Any) -> Any:
    return wiki_text(comment) if comment and site.settings.flavour == "data_center" else _document(comment)


def _entry(told: Row, issue: Issue) -> Row:
    visibility = told.get("visibility") or {}
    return {
        "id": int(told["id"]),
        "issue_id": issue.id,
        "author_id": told["author"]["accountId"],
        "update_author_id": told["updateAuthor"]["accountId"],
        "created_at": _moment(told["created"]),
        "updated_at": _moment(told["updated"]),
        "visibility_type": visibility.get("type"),
        "visibility_value": visibility.get("value"),
    }


def _changes(bench: Bench, issue: Issue) -> Iterator[Row]:
    site = bench.jira.site
    names = {field.name.casefold(): field.id for field in site.fields if not field.is_custom}
    for entry in lives.histories(site, issue):
        told = json.loads(history_json(site, entry))
        for position, item in enumerate(told["items"]):
            field_id = item.get("fieldId") or names.get(item["field"].casefold()) or f"unknown:{item['field']}"
            if site.settings.flavour == "data_center":
                field_id = _id_by_name(site, item)
            yield {
                "history_id": int(told["id"]),
                "position": position,
                "issue_id": issue.id,
                "author_id": told["author"]["accountId"] if "author" in told else None,
                "created_at": _moment(told["created"]),
                "field_id": field_id,
                "field": item["field"],
                "field_type": item["fieldtype"],
                "from_value": item.get("tmpFromAccountId") or item["from"],
                "from_text": _clean(item["fromString"]),
                "to_value": item.get("tmpToAccountId") or item["to"],
                "to_text": _clean(item["toString"]),
            }


def _id_by_name(site: Site, item: Row) -> str:
    """The field's id where its changelog has none: Jira's own field of that name or id, or the only other one."""
    name, is_custom = item["field"].casefold(), item["fieldtype"] != "jira"
    fields = [field for field in site.fields if field.is_custom == is_custom]
    found = [field.id for field in fields if name in (field.id.casefold(), field.name.casefold())]
    if len(found) == 1:
        return found[0]
    return f"unknown:{item['field']}"


def _clean(text: str | None) -> str | None:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if text else text


def _attachments(bench: Bench, issue: Issue) -> Iterator[Row]:
    site = bench.jira.site
    for entry in lives.attachments(site, issue):
        told = json.loads(attachment_json(site, entry))
        yield {
            "id": int(told["id"]),
            "issue_id": issue.id,
            "author_id": told["author"]["accountId"],
            "file_name": told["filename"],
            "mime_type": told["mimeType"],
            "size_bytes": told["size"],
            "created_at": _moment(told["created"]),
        }


def _remote_links(bench: Bench, issue: Issue) -> Iterator[Row]:
    for raw in lives.remote_links(bench.jira.site, issue):
        told = json.loads(raw)
        yield {
            "id": told["id"],
            "issue_id": issue.id,
            "global_id": told.get("globalId"),
            "relationship": told.get("relationship"),
            "url": told["object"]["url"],
            "title": told["object"]["title"],
            "application_name": told["application"].get("name"),
        }


def _watchers(bench: Bench, issue: Issue) -> Iterator[Row]:
    yield from ({"issue_id": issue.id, "user_id": account_id} for account_id in lives.watchers(bench.jira.site, issue))


def _votes(bench: Bench, issue: Issue) -> Iterator[Row]:
    yield from ({"issue_id": issue.id, "user_id": account_id} for account_id in lives.voters(bench.jira.site, issue))


def _properties(bench: Bench, issue: Issue) -> Iterator[Row]:
    for key, value in lives.properties(bench.jira.site, issue).items():
        yield {"issue_id": issue.id, "key": key, "value": value.decode()}


def _transitions(bench: Bench, issue: Issue) -> Iterator[Row]:
    for told in bench.jira.change.transitions(issue):
        yield {
            "issue_id": issue.id,
            "transition_id": int(told["id"]),
            "name": told["name"],
            "to_status_id": int(told["to"]["id"]),
            "is_global": told["isGlobal"],
            "has_screen": told["hasScreen"],
        }


ROWS: dict[str, Callable[[Bench, Issue], Iterator[dict[str, Any]]]] = {
    "comment": _comments,
    "worklog": _worklogs,
    "changelog_item": _changes,
    "attachment": _attachments,
    "remote_link": _remote_links,
    "issue_watcher": _watchers,
    "issue_vote": _votes,
    "issue_property": _properties,
    "issue_transition": _transitions,
}
