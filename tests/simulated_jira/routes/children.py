"""What hangs on issues: changelogs, comments, worklogs, links, watchers, votes, properties."""

from typing import Any

import msgspec

from simulated_jira import lives
from simulated_jira.entries import comment_json, page, worklog_json
from simulated_jira.exchange import Answer, Refused, Request, answer, bare_error, errors, raw
from simulated_jira.issue import Issue
from simulated_jira.routes.changelogs import of_issue, window
from simulated_jira.routes.issues import readable_issue
from simulated_jira.routes.search import INVALID_PAYLOAD
from simulated_jira.routing import ROUTES
from simulated_jira.service import Service
from simulated_jira.workflow import API

MOST_ENTRIES = 1000


@ROUTES.get("/rest/api/3/issue/{issue}/comment", anonymous=True)
def comments(service: Service, request: Request) -> Answer:
    order = request.text("orderBy", "created")
    if order not in ("created", "+created", "-created"):
        raise Refused(errors(400, f"orderBy only supports values of: created, -created, +created. Got: {order}"))
    issue = readable_issue(service, request)
    start, size = window(request, 100, 100)
    entries = lives.comments(service.site, issue)
    if order == "-created":
        entries = entries[::-1]
    shown = [comment_json(service.site, issue, entry) for entry in entries[start : start + size]]
    return raw(b"{%b}" % page(b"comments", shown, len(entries), start=start, limit=size))


@ROUTES.get("/rest/api/3/issue/{issue}/worklog", anonymous=True)
def worklogs(service: Service, request: Request) -> Answer:
    issue_id, known = of_issue(service, request, "worklog", lives.worklogs)
    start, size = window(request, 5000, 5000)
    after, before = request.number("startedAfter", 0), request.number("startedBefore", 1 << 62)
    entries = [work for work in known if after <= work.started_ms <= before]
    shown = [worklog_json(service.site, int(issue_id), entry) for entry in entries[start : start + size]]
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
            rows.append(worklog_json(service.site, issue.id, entry))
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
    _, links = of_issue(service, request, "remotelink", lives.remote_links)
    return raw(b"[%b]" % b",".join(links))


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
