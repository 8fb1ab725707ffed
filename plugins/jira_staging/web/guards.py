"""What stands before every route: nothing from another site's page, headers on every answer, so many requests and no more."""

import time
from collections import OrderedDict, deque
from threading import Lock

from fastapi import HTTPException, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jira_staging.web.problems import problem

# What is no page of ours loads and shows nothing, whoever opens it. The page's own files bring a policy of their own.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
READING = frozenset({"GET", "HEAD", "OPTIONS"})
# What browsers say of a request that a page of this server sends, or that a person typed.
FROM_HERE = frozenset({"same-origin", "none"})

# A page in five tabs stays far below. Each process of the API server counts for itself.
MOST_REQUESTS, MOST_CHANGES, SECONDS = 600, 120, 60.0
MOST_USERS = 10_000


class Guarded:
    """Refuses what another site's page sends in a user's name, and puts the headers on every answer that lacks them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope)
        if why := _foreign(request):
            await problem(request, 403, why)(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)


def _foreign(request: Request) -> str | None:
    """Why this request is not taken as its user's own will, or None.

    A browser adds Airflow's cookie by itself, also for another page's form; it sends JSON or a Bearer token
    elsewhere only after that server has agreed, and says where a request comes from.
    """
    # No other scheme counts: a browser sends Basic by itself, and Airflow then takes the cookie.
    if request.method in READING or request.headers.get("authorization", "").lower().startswith("bearer "):
        return None
    if request.headers.get("sec-fetch-site", "none") not in FROM_HERE:
        return "This request comes from a page of another site."
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "DELETE" and kind != "application/json":
        return "With Airflow's cookie alone, a body is sent as `application/json`."
    return None


class Rate:
    """At most so many requests of each user in any minute."""

    def __init__(self, most: int, seconds: float = SECONDS) -> None:
        self._most = most
        self._seconds = seconds
        self._lock = Lock()
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def count(self, user: str) -> None:
        """Count one more; 429 with `Retry-After` where that is too many."""
        now = time.monotonic()
        with self._lock:
            times = self._times.setdefault(user, deque())
            self._times.move_to_end(user)
            while len(self._times) > MOST_USERS:
                self._times.popitem(last=False)
            while times and times[0] <= now - self._seconds:
                times.popleft()
            if len(times) < self._most:
                times.append(now)
                return
            wait = self._seconds - (now - times[0])
        raise HTTPException(
            429, f"These are more than {self._most} requests within a minute.", {"Retry-After": f"{wait + 1:.0f}"}
        )


requests, changes = Rate(MOST_REQUESTS), Rate(MOST_CHANGES)


def count(request: Request, user: str) -> None:
    """Count a request of this user, and what changes something or signs in somewhere once more."""
    requests.count(user)
    if request.method not in READING:
        changes.count(user)
