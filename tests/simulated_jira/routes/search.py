"""Search by JQL, the approximate count, and the search that Atlassian took away."""

import msgspec

from simulated_jira.exchange import Answer, Refused, Request, answer, bare_error, errors, raw
from simulated_jira.issue import Issue, Raw
from simulated_jira.jql_fields import Asker, JqlMeaningError
from simulated_jira.jql_parsing import parse
from simulated_jira.jql_words import JqlSyntaxError
from simulated_jira.languages import UNBOUNDED
from simulated_jira.rendering import Renderer
from simulated_jira.routing import ROUTES
from simulated_jira.searching import TOKEN_LIFE_MS, Results, Search, Token, read_token
from simulated_jira.selection import Selection, selection_of
from simulated_jira.service import Service

MOST_IDS = 5000
MOST_RECONCILED = 50
NO_MORE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is "
    "available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
INVALID_PAYLOAD = "Invalid request payload. Refer to the REST API documentation and try again."


class SearchRequest(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """The body of a search. A property that is not here, or of another type, is refused."""

    jql: str | None = None
    next_page_token: str | None = None
    max_results: int | None = None
    fields: list[str] | None = None
    expand: str | None = None
    properties: list[str] | None = None
    fields_by_keys: bool | None = None
    fail_fast: bool | None = None
    reconcile_issues: list[int] | msgspec.UnsetType | None = msgspec.UNSET
    include_archived_projects: bool | None = None


class CountRequest(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    jql: str | None = None


def asker_of(service: Service, request: Request) -> Asker:
    user = request.sign_in.user
    zone = service.site.settings.time_zone if user is None or user.time_zone is None else user.time_zone
    return Asker(user, zone, service.site.clock.now_ms())


def checked_jql(service: Service, jql: str | None) -> str:
    """The text, or Refused: too long, no JQL, without a restriction."""
    longest = service.site.settings.longest_jql
    if longest is not None and len(jql or "") > longest:
        raise Refused(errors(400, f"The JQL query is longer than {longest:,} characters."))
    try:
        where = parse(jql or "").where
    except JqlSyntaxError as error:
        raise Refused(errors(400, str(error))) from None
    if where is None:
        raise Refused(errors(400, UNBOUNDED))
    return jql or ""


def find(service: Service, request: Request, search: Search) -> Results:
    """What the search finds; for callers who are not signed in an error of meaning is just nothing."""
    try:
        return service.index.find(search)
    except JqlSyntaxError as error:
        raise Refused(errors(400, str(error))) from None
    except JqlMeaningError as error:
        if request.sign_in.user is None:
            return Results([])
        raise Refused(errors(400, str(error))) from None


@ROUTES.post("/rest/api/3/search/jql", anonymous=True)
def search_by_post(service: Service, request: Request) -> Answer:
    request.json()
    try:
        asked = msgspec.json.decode(request.body, type=SearchRequest)
    except msgspec.ValidationError:
        raise Refused(bare_error(400, INVALID_PAYLOAD)) from None
    return _search(service, request, asked)


@ROUTES.get("/rest/api/3/search/jql", anonymous=True)
def search_by_get(service: Service, request: Request) -> Answer:
    asked = SearchRequest(
        jql=request.text("jql"),
        next_page_token=request.text("nextPageToken") or None,
        max_results=request.number("maxResults", 50),
        fields=request.words("fields") or None,
        expand=request.text("expand") or None,
        properties=request.words("properties"),
        include_archived_projects=request.flag("includeArchivedProjects"),
    )
    if "reconcileIssues" in request.query:
        asked.reconcile_issues = [int(word) for word in request.words("reconcileIssues")]
    return _search(service, request, asked)


def _search(service: Service, request: Request, asked: SearchRequest) -> Answer:
    """The checks in Jira's own order, then the page."""
    token = _token(service, request, asked)
    fresh = asked.reconcile_issues
    if fresh is None:
        broken = 'Cannot invoke "java.util.List.stream()" because "reconcileIssues" is null'
        raise Refused(answer({"message": broken, "status-code": 500, "stack-trace": ""}, 500))
    fresh_ids = [] if isinstance(fresh, msgspec.UnsetType) else fresh
    if len(fresh_ids) > MOST_RECONCILED:
        raise Refused(errors(400, f"The max number of issues to reconcile is {MOST_RECONCILED}."))
    size = 50 if asked.max_results is None else asked.max_results
    if not 1 <= size <= MOST_IDS:
        raise Refused(errors(400, "The max results parameter has to be between 1 and 5,000."))
    jql = checked_jql(service, asked.jql)
    search = Search(jql, asker_of(service, request), service.lag(), frozenset(fresh_ids), bool(asked.include_archived_projects))
    if token is not None and token.digest != search.digest:
        raise Refused(_bad_token())
    selection = selection_of(service.site, asked.fields or ["id"])
    if request.sign_in.user is None:
        # No project of this site is open to the public, so whoever is not signed in finds nothing and is not told why.
        find(service, request, search)
        return answer({"issues": [], "isLast": True})
    return _page(service, request, find(service, request, search), _Page(search, token, size, selection, asked))


class _Page(msgspec.Struct):
    """What a page is made from."""

    search: Search
    token: Token | None
    size: int
    selection: Selection
    asked: SearchRequest


def _bad_token() -> Answer:
    return errors(400, "The provided next page token is invalid or expired.")


def _token(service: Service, request: Request, asked: SearchRequest) -> Token | None:
    if asked.next_page_token is None:
        return None
    token = read_token(asked.next_page_token)
    expired = request.fault("expired_token") is not None
    if token is None or expired or service.site.clock.now_ms() - token.made_ms > TOKEN_LIFE_MS:
        raise Refused(_bad_token())
    return token


def _page(service: Service, request: Request, results: Results, page: _Page) -> Answer:
    size = page.size if page.selection.only_identity else min(page.size, service.site.settings.fielded_page)
    short = request.fault("short_pages")
    if short is not None:
        size = min(size, int(short.option("size", None) or 1 + service.faults.random() * size))
    if request.fault("empty_page") is not None:
        size = 0
    token = page.token
    start = 0
    if token is not None:
        # Behind the last issue shown, wherever that is by now; or, as a fault, at a count that edits have shifted.
        start = token.offset if request.fault("shifting_pages") is not None or not token.cursor else results.after(token.cursor)
    shown = results.issues[start : start + size]
    is_last = start + len(shown) >= len(results.issues)
    cursor = results.cursor(shown[-1]) if shown else token.cursor if token is not None else []
    empty_pages = (token.empty_pages if token is not None else 0) + (not shown)
    following = Token(page.search.digest, cursor, start + len(shown), page.search.asker.now_ms, empty_pages).text()
    if request.fault("repeated_token") is not None:
        is_last = False
        following = page.asked.next_page_token or Token(page.search.digest, [], 0, page.search.asker.now_ms).text()
    # An issue that the index still has but the site has not is left out, as Jira leaves it out.
    renderer = Renderer(service.site, page.selection)
    rows = [_row(service, page, renderer, issue) for found in shown if (issue := service.site.issues.get(found.id)) is not None]
    body = b'{"issues":[%b]' % b",".join(rows)
    if not is_last:
        body += b',"nextPageToken":"%b"' % following.encode()
    elif request.fault("null_last_token") is not None:
        body += b',"nextPageToken":null'
    body += b',"isLast":%b' % (b"true" if is_last else b"false")
    return raw(body + names_and_schema(service, page.selection, (page.asked.expand or "").split(",")) + b"}", len(rows))


def _row(service: Service, page: _Page, renderer: Renderer, issue: Issue) -> Raw:
    if page.selection.only_identity and not page.asked.expand:
        return renderer.identity(issue)
    return renderer.issue(issue, expanded(service, issue, renderer, (page.asked.expand or "").split(",")))


def expanded(service: Service, issue: Issue, renderer: Renderer, expand: list[str], limit: int | None = None) -> Raw:
    """What `expand` adds behind the fields of one issue."""
    more = b""
    if "changelog" in expand:
        size = service.site.settings.embedded_changelog if limit is None else limit
        more += b',"changelog":' + renderer.changelog(issue, size)
    if "renderedFields" in expand:
        more += b',"renderedFields":{"created":"2 days ago","description":"<p>rendered</p>"}'
    if "transitions" in expand:
        more += b',"transitions":' + msgspec.json.encode(service.change.transitions(issue))
    for name in ("operations", "editmeta", "versionedRepresentations"):
        if name in expand:
            more += b',"%b":{}' % name.encode()
    return more


def names_and_schema(service: Service, selection: Selection, expand: list[str]) -> Raw:
    """`names` and `schema` of the shown fields, which stand once beside the issues."""
    if not {"names", "schema"} & set(expand):
        return b""
    fields = [field for field in service.site.fields if selection.wants(field.id)]
    schemas = {field.id: schema for field in fields if (schema := field.schema()) is not None}
    more = b',"names":' + msgspec.json.encode({field.id: field.name for field in fields}) if "names" in expand else b""
    return more + (b',"schema":' + msgspec.json.encode(schemas) if "schema" in expand else b"")


@ROUTES.post("/rest/api/3/search/approximate-count", anonymous=True)
def approximate_count(service: Service, request: Request) -> Answer:
    request.json()
    try:
        asked = msgspec.json.decode(request.body, type=CountRequest)
    except msgspec.ValidationError:
        raise Refused(bare_error(400, INVALID_PAYLOAD)) from None
    search = Search(checked_jql(service, asked.jql), asker_of(service, request), service.lag())
    found = find(service, request, search)
    return answer({"count": len(found.issues) if request.sign_in.user is not None else 0})


@ROUTES.get("/rest/api/3/search", anonymous=True)
@ROUTES.post("/rest/api/3/search", anonymous=True)
def removed_search(service: Service, request: Request) -> Answer:
    return errors(410, NO_MORE)
