"""What hangs on issues: changelogs, comments, worklogs, links, watchers, votes, properties."""

import hashlib
from typing import Any

import msgspec

from simulated_jira import lives
from simulated_jira.exchange import Answer, Refused, Request, answer, bare_error, errors, raw
from simulated_jira.issue import History, Issue, Raw
from simulated_jira.rendering import comment_json, history_json, page, quoted, worklog_json
from simulated_jira.routes.issues import NOT_FOUND, readable_issue
from simulated_jira.routes.search import INVALID_PAYLOAD
from simulated_jira.routing import ROUTES
from simulated_jira.searching import Token, read_token
from simulated_jira.service import Service
from simulated_jira.workflow import API

MOST_ISSUES, MOST_HISTORIES, MOST_FIELDS = 1000, 10_000, 10
MOST_ENTRIES = 1000


class ChangelogRequest(msgspec.Struct, forbid_unknown_fields=True):
    issueIdsOrKeys: list[str]
    fieldIds: list[str] | None = None
    maxResults: int | None = None
    nextPageToken: str | None = None


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
    digest = hashlib.sha1(repr((asked.issueIdsOrKeys, asked.fieldIds)).encode(), usedforsecurity=False).hexdigest()[:12]
    start = 0
    if asked.nextPageToken is not None:
        token = read_token(asked.nextPageToken)
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
            following = asked.nextPageToken or Token(digest, [], 0, 0).text()
        body += b',"nextPageToken":"%b"' % following.encode()
    return raw(body + b"}", len(rows))


def _checked_size(request: Request, asked: ChangelogRequest) -> int:
    if not 1 <= len(asked.issueIdsOrKeys) <= MOST_ISSUES:
        raise Refused(errors(400, f"The number of issues must be between 1 and {MOST_ISSUES}."))
    if len(asked.fieldIds or []) > MOST_FIELDS:
        raise Refused(errors(400, f"The number of field IDs must be between 0 and {MOST_FIELDS}."))
    size = 1000 if asked.maxResults is None else asked.maxResults
    if not 1 <= size <= MOST_HISTORIES:
        raise Refused(errors(400, "The max results parameter has to be between 1 and 10,000."))
    split = request.fault("split_changelogs")
    return size if split is None else min(size, int(split.option("size", 7)))


def _entries(service: Service, asked: ChangelogRequest) -> list[tuple[int, History]]:
    """By date, then issue; issues that are not there or not to be seen are left out without a word."""
    issues = {issue.id: issue for name in asked.issueIdsOrKeys if (issue := service.site.issue(name)) and issue.is_visible}
    wanted = set(asked.fieldIds or ())
    found: list[tuple[int, History]] = []
    for issue in issues.values():
        for history in lives.histories(service.site, issue):
            kept = history if not wanted else _filtered(history, wanted)
            if kept is not None:
                found.append((issue.id, kept))
    found.sort(key=lambda entry: (entry[1].created_ms, entry[0], entry[1].id))
    return found


def _window(request: Request, default: int, most: int) -> tuple[int, int]:
    """`startAt` and the page size; Jira makes one of zero and of less."""
    start, size = max(0, request.number("startAt", 0)), request.number("maxResults", default)
    return start, min(max(size, 1), most)


@ROUTES.get("/rest/api/3/issue/{issue}/changelog", anonymous=True)
def changelog(service: Service, request: Request) -> Answer:
    """Oldest first, unlike the embedded one."""
    issue = readable_issue(service, request)
    start, size = _window(request, 100, 100)
    entries = lives.histories(service.site, issue)
    shown = [history_json(service.site, entry) for entry in entries[start : start + size]]
    is_last = start + size >= len(entries)
    where = f"{API}/issue/{issue.id}/changelog?maxResults={size}&startAt="
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


@ROUTES.get("/rest/api/3/issue/{issue}/comment", anonymous=True)
def comments(service: Service, request: Request) -> Answer:
    order = request.text("orderBy", "created")
    if order not in ("created", "+created", "-created"):
        raise Refused(errors(400, f"orderBy only supports values of: created, -created, +created. Got: {order}"))
    issue = readable_issue(service, request)
    start, size = _window(request, 100, 100)
    entries = lives.comments(service.site, issue)
    if order == "-created":
        entries = entries[::-1]
    shown = [comment_json(service.site, issue, entry) for entry in entries[start : start + size]]
    return raw(b"{%b}" % page(b"comments", shown, len(entries), start=start, limit=size))


@ROUTES.get("/rest/api/3/issue/{issue}/worklog", anonymous=True)
def worklogs(service: Service, request: Request) -> Answer:
    issue = readable_issue(service, request)
    start, size = _window(request, 5000, 5000)
    after, before = request.number("startedAfter", 0), request.number("startedBefore", 1 << 62)
    entries = [work for work in lives.worklogs(service.site, issue) if after <= work.started_ms <= before]
    shown = [worklog_json(service.site, issue, entry) for entry in entries[start : start + size]]
    return raw(b"{%b}" % page(b"worklogs", shown, len(entries), start=start, limit=size))


class IdList(msgspec.Struct):
    ids: list[int]


def _ids(request: Request) -> list[int]:
    request.json()
    try:
        asked = msgspec.json.decode(request.body, type=IdList)
    except msgspec.ValidationError:
        raise Refused(bare_error(400, INVALID_PAYLOAD)) from None
    if not 1 <= len(asked.ids) <= MOST_ENTRIES:
        raise Refused(errors(400, f"The number of ids must be between 1 and {MOST_ENTRIES}."))
    return asked.ids


def _owners(service: Service, ids: list[int]) -> dict[int, Issue]:
    found = {id_: issue for id_ in ids if (issue := service.site.owner_of(id_)) is not None}
    return {id_: issue for id_, issue in found.items() if issue.is_visible}


@ROUTES.post("/rest/api/3/comment/list", anonymous=True)
def comment_list(service: Service, request: Request) -> Answer:
    """Comments by id. What was deleted is not there, and nothing says so."""
    ids = _ids(request)
    owners = _owners(service, ids) if request.sign_in.user is not None else {}
    rows = []
    for id_, issue in owners.items():
        entry = next((entry for entry in lives.comments(service.site, issue) if entry.id == id_), None)
        if entry is not None:
            rows.append(comment_json(service.site, issue, entry))
    head = b'{"maxResults":1048576,"startAt":0,"total":%d,"isLast":true,"values":[%b]}'
    return raw(head % (len(rows), b",".join(rows)), len(rows))


@ROUTES.post("/rest/api/3/worklog/list")
def worklog_list(service: Service, request: Request) -> Answer:
    rows = []
    for id_, issue in _owners(service, _ids(request)).items():
        entry = next((entry for entry in lives.worklogs(service.site, issue) if entry.id == id_), None)
        if entry is not None:
            rows.append(worklog_json(service.site, issue, entry))
    return raw(b"[%b]" % b",".join(rows), len(rows))


def _feed(service: Service, request: Request, name: str, events: list[tuple[int, int]]) -> Answer:
    """A page of a worklog feed: (time, id) from `since` on, oldest first, but nothing of the last minute."""
    since = request.number("since", 0)
    latest = service.site.clock.now_ms() - 60_000
    waiting = sorted(event for event in events if since <= event[0] <= latest)
    shown = waiting[:MOST_ENTRIES]
    is_last = len(waiting) <= MOST_ENTRIES
    until = shown[-1][0] if shown else since
    where = f"{API}/worklog/{name}?since="
    body: dict[str, Any] = {
        "values": [{"worklogId": id_, "updatedTime": at, "properties": []} for at, id_ in shown],
        "since": since,
        "until": until,
        "self": f"{where}{since}",
        "lastPage": is_last,
    }
    return answer(body | ({} if is_last else {"nextPage": f"{where}{until}"}))


@ROUTES.get("/rest/api/3/worklog/updated")
def updated_worklogs(service: Service, request: Request) -> Answer:
    site = service.site
    events = [
        (work.updated_ms, work.id) for issue in site.issues.values() if issue.is_visible for work in lives.worklogs(site, issue)
    ]
    return _feed(service, request, "updated", events)


@ROUTES.get("/rest/api/3/worklog/deleted")
def deleted_worklogs(service: Service, request: Request) -> Answer:
    return _feed(service, request, "deleted", [(at, id_) for id_, at in service.site.deleted_worklogs])


@ROUTES.get("/rest/api/3/issue/{issue}/remotelink", anonymous=True)
def remote_links(service: Service, request: Request) -> Answer:
    """A bare array, all of them at once."""
    return raw(b"[%b]" % b",".join(lives.remote_links(service.site, readable_issue(service, request))))


def _people(service: Service, account_ids: list[str]) -> list[dict[str, Any]]:
    return [user.payload for id_ in account_ids if (user := service.site.user(id_)) is not None]


@ROUTES.get("/rest/api/3/issue/{issue}/watchers")
def watchers(service: Service, request: Request) -> Answer:
    issue = readable_issue(service, request)
    people = _people(service, lives.watchers(service.site, issue))
    where = f"{API}/issue/{issue.key}/watchers"
    return answer({"self": where, "isWatching": False, "watchCount": len(people), "watchers": people})


@ROUTES.get("/rest/api/3/issue/{issue}/votes")
def votes(service: Service, request: Request) -> Answer:
    issue = readable_issue(service, request)
    people = _people(service, lives.voters(service.site, issue))
    return answer({"self": f"{API}/issue/{issue.key}/votes", "votes": len(people), "hasVoted": False, "voters": people})


@ROUTES.get("/rest/api/3/issue/{issue}/properties")
def property_keys(service: Service, request: Request) -> Answer:
    issue = readable_issue(service, request)
    where = f"{API}/issue/{issue.id}/properties"
    return answer({"keys": [{"self": f"{where}/{key}", "key": key} for key in lives.properties(service.site, issue)]})


@ROUTES.get("/rest/api/3/issue/{issue}/properties/{key}")
def one_property(service: Service, request: Request) -> Answer:
    issue = readable_issue(service, request)
    value = lives.properties(service.site, issue).get(request.parts["key"])
    if value is None:
        return errors(404, f"The property {request.parts['key']} does not exist.")
    return raw(b'{"key":%b,"value":%b}' % (msgspec.json.encode(request.parts["key"]), value))


@ROUTES.get("/rest/api/3/issue/{issue}/transitions")
def transitions(service: Service, request: Request) -> Answer:
    return answer({"expand": "transitions", "transitions": service.change.transitions(readable_issue(service, request))})


__all__ = ["NOT_FOUND"]
