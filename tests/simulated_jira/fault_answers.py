"""The answers that faults give in place of the site's own, and what they do to those."""

import gzip
from collections.abc import Callable

from simulated_jira.exchange import Answer, Request, answer, errors, html
from simulated_jira.faults import Fault
from simulated_jira.sign_in import scope_refusal


def too_many_requests(retry_after: int | None, reason: str | None, *, limit: int = 350, reset: str = "") -> Answer:
    refused = errors(429, "Rate limit exceeded.")
    refused.headers = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": "0"}
    if reset:
        refused.headers["X-RateLimit-Reset"] = reset
    if retry_after is not None:
        refused.headers["Retry-After"] = str(retry_after)
    if reason is not None:
        refused.headers["RateLimit-Reason"] = reason
    return refused


def _gateway_rate_limited(fault: Fault) -> Answer:
    refused = Answer(429, b"", "text/plain")
    refused.headers = {
        "X-Failure-Category": "FAILURE_CLIENT_RATE_LIMIT",
        "X-Ratelimit-Limit": "360000",
        "X-Ratelimit-Remaining": "0",
    }
    return refused


def _unavailable(fault: Fault) -> Answer:
    down = answer({"code": 503, "message": "Service Unavailable"}, 503)
    if fault.option("retry_after", None) is not None:
        down.headers["Retry-After"] = str(fault.option("retry_after", None))
    return down


def _html_error(fault: Fault) -> Answer:
    status = int(fault.option("status", 502))
    page = html(status, {404: "Page unavailable", 502: "Bad Gateway", 503: "Service Unavailable"}.get(status, "Error"))
    if status == 404:
        page.headers["Atl-Missing-Tcs"] = "true"
    return page


REPLACEMENTS: dict[str, Callable[[Fault], Answer]] = {
    "rate_limited": lambda f: too_many_requests(f.option("retry_after", 1), f.option("reason", "jira-burst-based")),
    "quota_exceeded": lambda f: too_many_requests(
        f.option("retry_after", 1847), f.option("reason", "jira-quota-tenant-based"), limit=65_000
    ),
    "gateway_rate_limited": _gateway_rate_limited,
    "unavailable": _unavailable,
    "server_error": lambda f: errors(int(f.option("status", 500)), "Internal server error"),
    "html_error": _html_error,
    "html_at_200": lambda f: html(200, "Log in to continue"),
    "connection_reset": lambda f: Answer(0, reset=True),
    "scope_missing": lambda f: scope_refusal(),
}


def replacement(request: Request) -> Answer | None:
    """The answer of the first fault that replaces the real one."""
    for kind, make in REPLACEMENTS.items():
        fault = request.fault(kind)
        if fault is not None:
            return make(fault)
    return None


def spoil(request: Request, given: Answer) -> None:
    """Change a real answer as the request's faults say."""
    for kind, change in CHANGES.items():
        fault = request.fault(kind)
        if fault is not None:
            change(fault, given)


def _cut(fault: Fault, given: Answer) -> None:
    given.cut = True


def _break(fault: Fault, given: Answer) -> None:
    half = len(given.body) // 2
    given.body = given.body[:half] + b'\x00"}<' + given.body[half:]


def _hide_account(fault: Fault, given: Answer) -> None:
    given.headers.pop("X-AAccountId", None)


def _near_limit(fault: Fault, given: Answer) -> None:
    left = int(fault.option("remaining", 2))
    given.headers |= {
        "RateLimit": f'"jira-burst-based";r={left};t=1',
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-NearLimit": "true",
    }


def _add_keys(given: Answer, keys: bytes) -> None:
    if given.body.startswith(b"{") and len(given.body) > 2:
        given.body = given.body[:-1] + b"," + keys + b"}"


def _unknown_keys(fault: Fault, given: Answer) -> None:
    _add_keys(given, b'"notYetDocumented":{"a":[1,null]},"x":"y"')


def _warning(fault: Fault, given: Answer) -> None:
    kind = str(fault.option("type", "CLAUSE_LIMIT_EXCEEDED")).encode()
    _add_keys(given, b'"warnings":[{"type":"%b","message":"Too many values.","details":{}}]' % kind)


def _compress(fault: Fault, given: Answer) -> None:
    given.body = gzip.compress(given.body, 1, mtime=0)
    given.headers["Content-Encoding"] = "gzip"


def _bomb(fault: Fault, given: Answer) -> None:
    given.body = gzip.compress(b" " * int(fault.option("size", 200_000_000)), 9, mtime=0)
    given.headers["Content-Encoding"] = "gzip"


def _wait(fault: Fault, given: Answer) -> None:
    given.delay += float(fault.option("seconds", 1.0))


CHANGES: dict[str, Callable[[Fault, Answer], None]] = {
    "slow": _wait,
    "no_account_header": _hide_account,
    "near_limit": _near_limit,
    "unknown_keys": _unknown_keys,
    "search_warning": _warning,
    "invalid_json": _break,
    "gzip": _compress,
    "gzip_bomb": _bomb,
    "truncated_body": _cut,
}
