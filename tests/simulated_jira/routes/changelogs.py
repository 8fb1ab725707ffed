"""Changelogs: of many issues at once, and of one."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

import msgspec

from simulated_jira import lives
from simulated_jira.entries import history_json, quoted
from simulated_jira.exchange import Answer, Refused, Request, bare_error, errors, raw
from simulated_jira.issue import History, Issue, Raw
from simulated_jira.jira_site import Site
from simulated_jira.routes.issues import readable_issue
from simulated_jira.routes.search import INVALID_PAYLOAD
from simulated_jira.routing import ROUTES
from simulated_jira.searching import Token, read_token
from simulated_jira.service import Service
from simulated_jira.workflow import API

MOST_ISSUES, MOST_HISTORIES, MOST_FIELDS = 1000, 10_000, 10

Entry = TypeVar("Entry")


class ChangelogRequest(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    issue_ids_or_keys: list[str]
    field_ids: list[str] | None = None
    max_results: int | None = None
    next_page_token: str | None = None


def _filtered(history: History, field_ids: set[str]) -> History | None:
    """The history with the items of these fields only."""
    items = [item for item in msgspec.json.decode(history.items) if item.get("fieldId") in field_ids]
    if not items:
        return None
    return History(history.id, history.created_ms, history.author, msgspec.json.encode(items))


@ROUTES.post("/rest/api/3/changelog/bulkfetch")
def bulk_changelogs(service: Service, request: Request) -> Answer:
    """Histories of many issues by date, then issue; one issue may go on over several pages."""
    request.json()
    try:
        asked = msgspec.json.decode(request.body, type=ChangelogRequest)
    except msgspec.ValidationError:
        raise Refused(bare_error(400, INVALID_PAYLOAD)) from None
    size = _checked_size(request, asked)
    digest = hashlib.sha1(repr((asked.issue_ids_or_keys, asked.field_ids)).encode(), usedforsecurity=False).hexdigest()[:12]
    start = 0
    if asked.next_page_token is not None:
        token = read_token(asked.next_page_token)
        if token is None or token.digest != digest or request.fault("expired_token") is not None:
            raise Refused(errors(400, "The provided next page token is invalid or expired."))
        start = token.offset
    entries = _entries(service, asked)
    shown = entries[start : start + size]
    numeric = request.fault("numeric_created") is not None
    by_issue: dict[int, list[Raw]] = {}
    for issue_id, history in shown:
        by_issue.setdefault(issue_id, []).append(history_json(service.site, history, numeric=numeric))
    rows = [b'{"issueId":"%d","changeHistories":[%b]}' % (id_, b",".join(histories)) for id_, histories in by_issue.items()]
    body = b'{"issueChangeLogs":[%b]' % b",".join(rows)
    if start + size < len(entries):
        following = Token(digest, [], start + len(shown), service.site.clock.now_ms()).text()
        if request.fault("repeated_token") is not None:
            following = asked.next_page_token or Token(digest, [], 0, 0).text()
        body += b',"nextPageToken":"%b"' % following.encode()
    return raw(body + b"}", len(rows))


def _checked_size(request: Request, asked: ChangelogRequest) -> int:
    if not 1 <= len(asked.issue_ids_or_keys) <= MOST_ISSUES:
        raise Refused(errors(400, f"The number of issues must be between 1 and {MOST_ISSUES}."))
    if len(asked.field_ids or []) > MOST_FIELDS:
        raise Refused(errors(400, f"The number of field IDs must be between 0 and {MOST_FIELDS}."))
    size = 1000 if asked.max_results is None else asked.max_results
    if not 1 <= size <= MOST_HISTORIES:
        raise Refused(errors(400, "The max results parameter has to be between 1 and 10,000."))
    split = request.fault("split_changelogs")
    return size if split is None else min(size, int(split.option("size", 7)))


def _entries(service: Service, asked: ChangelogRequest) -> list[tuple[int, History]]:
    """By date, then issue; issues that are not there or not to be seen are left out without a word."""
    issues = {issue.id: issue for name in asked.issue_ids_or_keys if (issue := service.site.issue(name)) and issue.is_visible}
    wanted = set(asked.field_ids or ())
    found: list[tuple[int, History]] = []
    for issue in issues.values():
        for history in lives.histories(service.site, issue):
            kept = history if not wanted else _filtered(history, wanted)
            if kept is not None:
                found.append((issue.id, kept))
    for name in asked.issue_ids_or_keys:
        found += [(int(name), history) for history in service.site.loose.get(("changelog", name), ())]
    found.sort(key=lambda entry: (entry[1].created_ms, entry[0], entry[1].id))
    return found


def window(request: Request, default: int, most: int) -> tuple[int, int]:
    """`startAt` and the page size; Jira makes one of zero and of less."""
    start, size = max(0, request.number("startAt", 0)), request.number("maxResults", default)
    return start, min(max(size, 1), most)


def of_issue(
    service: Service, request: Request, kind: str, read: Callable[[Site, Issue], list[Entry]]
) -> tuple[str, list[Entry]]:
    """The entries of the path's issue and its id; also those that a replay has without their issue."""
    name = request.parts["issue"]
    if (kind, name) in service.site.loose and request.sign_in.user is not None:
        return name, service.site.loose[kind, name]
    issue = readable_issue(service, request)
    return str(issue.id), read(service.site, issue)


@ROUTES.get("/rest/api/3/issue/{issue}/changelog", anonymous=True)
def changelog(service: Service, request: Request) -> Answer:
    """Oldest first, unlike the embedded one."""
    issue_id, entries = of_issue(service, request, "changelog", lives.histories)
    start, size = window(request, 100, 100)
    shown = [history_json(service.site, entry) for entry in entries[start : start + size]]
    is_last = start + size >= len(entries)
    where = f"{API}/issue/{issue_id}/changelog?maxResults={size}&startAt="
    more = b"" if is_last else b'"nextPage":%b,' % quoted(f"{where}{start + size}")
    head = b'{"self":%b,%b"maxResults":%d,"startAt":%d,"total":%d,"isLast":%b,"values":[%b]}'
    return raw(
        head
        % (
            quoted(f"{where}{start}"),
            more,
            size,
            start,
            len(entries),
            b"true" if is_last else b"false",
            b",".join(shown),
        )
    )
