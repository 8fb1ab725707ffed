"""Issues by id or key: one, or a hundred at once."""

import msgspec

from simulated_jira.exchange import Answer, Refused, Request, bare_error, errors, raw
from simulated_jira.issue import Issue, Raw
from simulated_jira.lives import properties
from simulated_jira.rendering import Renderer
from simulated_jira.routes.search import INVALID_PAYLOAD, expanded, names_and_schema
from simulated_jira.routing import ROUTES
from simulated_jira.selection import selection_of
from simulated_jira.service import Service

MOST_ISSUES, MOST_SLIM_ISSUES, MOST_SLIM_FIELDS = 100, 1000, 100
MANY_VALUED = {"comment", "worklog", "attachment", "issuelinks", "subtasks"}
NOT_FOUND = "Issue does not exist or you do not have permission to see it."


class BulkFetchRequest(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    issue_ids_or_keys: list[str]
    fields: list[str] | None = None
    expand: list[str] | None = None
    properties: list[str] | None = None
    fields_by_keys: bool | None = None


def readable_issue(service: Service, request: Request, name: str = "issue") -> Issue:
    """The issue of the path, or Refused with the 404 that tells nothing."""
    issue = service.site.issue(request.parts[name])
    if issue is None or not issue.is_visible or request.sign_in.user is None:
        raise Refused(errors(404, NOT_FOUND))
    return issue


def _properties(service: Service, issue: Issue, wanted: list[str]) -> Raw:
    if not wanted:
        return b""
    rows = [
        b"%b:%b" % (msgspec.json.encode(name), value)
        for name, value in properties(service.site, issue).items()
        if name in wanted
    ]
    return b',"properties":{%b}' % b",".join(rows)


@ROUTES.post("/rest/api/3/issue/bulkfetch", anonymous=True)
def bulk_fetch(service: Service, request: Request) -> Answer:
    request.json()
    try:
        asked = msgspec.json.decode(request.body, type=BulkFetchRequest)
    except msgspec.ValidationError:
        raise Refused(bare_error(400, INVALID_PAYLOAD)) from None
    selection = selection_of(service.site, asked.fields or ["*navigable"])
    expand = asked.expand or []
    slim = selection.single_values and len(selection.names) <= MOST_SLIM_FIELDS and not MANY_VALUED & set(selection.names)
    most = (
        MOST_SLIM_ISSUES
        if slim and not {"changelog", "renderedFields", "operations", "editmeta"} & set(expand)
        else MOST_ISSUES
    )
    if not 1 <= len(asked.issue_ids_or_keys) <= most:
        raise Refused(errors(400, f"The number of issues to fetch must be between 1 and {most}."))
    # Jira leaves out what is not there or not to be seen, without a word.
    found = {
        issue.id: issue
        for name in asked.issue_ids_or_keys
        if (issue := service.site.issue(name)) is not None and issue.is_visible
    }
    if request.sign_in.user is None:
        found = {}
    renderer = Renderer(service.site, selection)
    rows = [
        renderer.issue(issue, _properties(service, issue, asked.properties or []) + expanded(service, issue, renderer, expand))
        for _, issue in sorted(found.items())
    ]
    more = names_and_schema(service, selection, expand)
    return raw(b'{"expand":"names,schema","issueErrors":[],"issues":[%b]%b}' % (b",".join(rows), more), len(rows))


@ROUTES.get("/rest/api/3/issue/{issue}", anonymous=True)
def one_issue(service: Service, request: Request) -> Answer:
    issue = readable_issue(service, request)
    # A single issue embeds more of its comments and changelog than a page of issues does.
    selection = selection_of(service.site, request.words("fields") or ["*all"], comments=100)
    renderer = Renderer(service.site, selection)
    expand = request.words("expand")
    more = _properties(service, issue, request.words("properties")) + expanded(service, issue, renderer, expand, limit=100)
    more += names_and_schema(service, selection, expand)
    return raw(renderer.issue(issue, more), 1)
