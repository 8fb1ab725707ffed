"""One request from the door to its answer: route, faults, sign-in, rate limit, handler, headers, log."""

import gzip
import re
import traceback
import uuid
from datetime import UTC, datetime

from simulated_jira import data_center
from simulated_jira.changes import Changes
from simulated_jira.exchange import Answer, Refused, Request, errors, problem, split_target, trace_id
from simulated_jira.fault_answers import replacement, spoil, too_many_requests
from simulated_jira.faults import Faults
from simulated_jira.jira_site import Site
from simulated_jira.languages import localize
from simulated_jira.rate_limits import RateLimits
from simulated_jira.request_log import LoggedRequest, RequestLog
from simulated_jira.routes import load_routes
from simulated_jira.routing import DATA_CENTER, Route
from simulated_jira.searching import Index, Lag
from simulated_jira.settings import CLOUD_ID
from simulated_jira.sign_in import SignIn, Tokens, not_signed_in, scope_refusal, unknown_cloud

OUTER = "/_simulated/"
_GATEWAY = re.compile(r"^/ex/jira/([^/]+)(/.*)$")
_API_VERSION = re.compile(r"^/rest/api/(2|latest)/")
_ONLY_ON_CLOUD = re.compile(r"^/rest/api/3/")
_SMALLEST_GZIP = 600


class Service:
    """The site with everything that stands between it and the network. `answer` may be called from many threads."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.index = Index(site)
        self.faults = Faults(site.seed)
        self.tokens = Tokens(site.clock, site.seed, site.settings.flavour, captcha_after=site.settings.captcha_after)
        self.rate_limits = RateLimits(enforce=site.settings.enforce_rate_limits)
        self.requests = RequestLog()
        self.change = Changes(site)
        self.routes = load_routes()
        self.is_data_center = site.settings.flavour == "data_center"

    def lag(self) -> Lag:
        """How far the search index is behind at the moment."""
        for fault in self.faults:
            if fault.kind == "index_lag":
                return Lag(float(fault.option("seconds", 60)), fault.share)
            if fault.kind == "index_rebuild":
                return Lag(absent=fault.share)
        return Lag()

    def answer(self, request: Request) -> Answer:
        """The whole answer, logged; `Answer.delay` is how long it must be held back."""
        refusal = self._find_path(request)
        methods, request.parts = self._found(request)
        route = methods.get(request.method)
        request.route = f"{request.method} {next(iter(methods.values())).template}" if methods else f"{request.method} unknown"
        if request.path.startswith(OUTER) and route is not None:
            with self.site.lock:
                return self._handled(route, request)
        request.faults = self.faults.plan(request)
        given = refusal or self._answer(request, route, bool(methods))
        if self.is_data_center and given.status == 200 and request.path.startswith("/rest/"):
            given.body = data_center.shown(given.body)
        spoil(request, given)
        self._finish(request, given)
        return given

    def _found(self, request: Request) -> tuple[dict[str, Route], dict[str, str]]:
        """The routes of the request's path, and its variable parts."""
        if not self.is_data_center:
            return self.routes.find(request.path)
        if _ONLY_ON_CLOUD.match(split_target(request.target)):
            return {}, {}
        methods, parts = DATA_CENTER.find(request.path)
        shared, parts_of_shared = self.routes.find(request.path)
        of_cloud = {name: route for name, route in shared.items() if self._is_shared(route)}
        return of_cloud | methods, parts | parts_of_shared

    def _is_shared(self, route: Route) -> bool:
        return route.template in data_center.SHARED or route.template.startswith(data_center.SHARED_BEGINNINGS)

    def _find_path(self, request: Request) -> Answer | None:
        """Take the gateway's prefix off; all versions of the API are one."""
        path = split_target(request.target)
        prefix = self.site.settings.gateway_prefix
        if prefix and path.startswith(prefix):
            path = path[len(prefix) :]
        gateway = _GATEWAY.match(path)
        if gateway is not None:
            request.through_gateway = True
            path = gateway[2]
        request.path = _API_VERSION.sub("/rest/api/3/", path)
        return unknown_cloud(request) if gateway is not None and gateway[1] != CLOUD_ID else None

    def _answer(self, request: Request, route: Route | None, path_is_known: bool) -> Answer:
        instead = replacement(request)
        if instead is not None:
            request.sign_in = SignIn()
            return instead
        if self.is_data_center and data_center.is_too_long(request):
            request.sign_in = SignIn()
            return data_center.too_long()
        if route is None:
            # Data Center looks at passwords before it looks for a path.
            request.sign_in = self._sign_in(request) if self.is_data_center else SignIn()
            return request.sign_in.refusal or self._nowhere(request, path_is_known)
        request.sign_in = self._sign_in(request)
        refused, limits = self._refused(request, route), {}
        if refused is None and request.sign_in.user is not None:
            refused, limits = self._limited(route)
        if refused is not None:
            return refused
        with self.site.lock:
            given = self._handled(route, request)
        given.headers |= limits
        return given

    def _nowhere(self, request: Request, path_is_known: bool) -> Answer:
        if path_is_known:
            return problem(405, "Method Not Allowed", f"Method '{request.method}' is not supported.", request.path)
        if self.is_data_center:
            return data_center.no_such_path(split_target(request.target))
        return problem(404, "Not Found", f"No endpoint {request.method} {request.path}.", request.path)

    def _limited(self, route: Route) -> tuple[Answer | None, dict[str, str]]:
        """The refusal where a bucket is empty, and what the headers say of it."""
        if self.is_data_center:
            granted, limits = self.rate_limits.take_of_node()
            refused = errors(429, "Rate limit exceeded.")
            refused.headers = limits
            return (None if granted else refused), limits
        granted, limits, wait = self.rate_limits.take(route.name)
        if granted:
            return None, limits
        reset = datetime.fromtimestamp(self.site.clock.now_ms() / 1000 + wait, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return too_many_requests(wait, "jira-burst-based", limit=int(limits["X-RateLimit-Limit"]), reset=reset), limits

    def _sign_in(self, request: Request) -> SignIn:
        signed_in = self.tokens.sign_in(request)
        if request.fault("token_revoked") is not None and signed_in.token is not None:
            self.tokens.revoke(signed_in.token)
            return self.tokens.sign_in(request)
        return signed_in

    def _refused(self, request: Request, route: Route) -> Answer | None:
        sign_in = request.sign_in
        if sign_in.refusal is not None:
            return sign_in.refusal
        if sign_in.user is None:
            if route.anonymous:
                return None
            return data_center.not_signed_in() if self.is_data_center else not_signed_in()
        scopes = sign_in.token.scopes if sign_in.token is not None else None
        return scope_refusal() if scopes is not None and request.through_gateway and route.scope not in scopes else None

    def _handled(self, route: Route, request: Request) -> Answer:
        try:
            return route.handler(self, request)
        except Refused as refused:
            return refused.answer
        except Exception:  # noqa: BLE001
            # A mistake of the simulation, not a fault that somebody asked for: tell it loudly.
            traceback.print_exc()
            return errors(500, f"The simulated Jira failed: {traceback.format_exc(limit=-3)}")

    def _finish(self, request: Request, given: Answer) -> None:
        site, sign_in = self.site, request.sign_in if request._sign_in is not None else SignIn()
        locale = request.fault("localized_messages")
        if given.status >= 400:
            localize(given, locale.option("language", "ko_KR") if locale is not None else site.settings.locale)
        headers = {
            "Date": site.clock.http_date(),
            "Server": "AtlassianEdge",
            "Cache-Control": "no-cache, no-store, no-transform",
        }
        headers |= {"Vary": "Accept-Encoding", "Timing-Allow-Origin": "*", "X-Arequestid": trace_id()}
        headers |= {"Atl-Traceid": trace_id(), "Atl-Request-Id": str(uuid.uuid4())}
        if self.is_data_center:
            headers = {"Date": headers["Date"]} | data_center.headers(sign_in.user, failed=sign_in.failed)
            if request.fault("no_account_header") is not None:
                del headers["X-AUSERNAME"]
        elif sign_in.user is not None and request.fault("no_account_header") is None:
            headers["X-AAccountId"] = sign_in.user.account_id
        if sign_in.failed:
            headers["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED"
        given.headers = headers | given.headers
        accepted = "gzip" in request.headers.get("accept-encoding", "")
        if site.settings.gzip and accepted and len(given.body) > _SMALLEST_GZIP and "Content-Encoding" not in given.headers:
            given.body = gzip.compress(given.body, 1, mtime=0)
            given.headers["Content-Encoding"] = "gzip"
        given.delay += request.late + (site.settings.latency_ms + site.settings.latency_ms_per_issue * given.issues) / 1000
        account = sign_in.user.account_id if sign_in.user is not None else None
        entry = LoggedRequest(
            request.route,
            request.target,
            given.status,
            site.clock.now_ms(),
            len(given.body),
            account,
            tuple(request.faults),
        )
        self.requests.add(entry)
