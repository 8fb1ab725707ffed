"""Jira's burst limits: a token bucket for each method and route, announced in headers and, if wished, enforced."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Limit:
    """`per_second` flows into a bucket of `burst` requests."""

    per_second: float
    burst: int


@dataclass
class Bucket:
    limit: Limit
    left: float
    filled_at: float


DOCUMENTED = (
    (r"^GET /rest/api/3/issue/\{issue\}/changelog$", Limit(200, 400)),
    (r"^GET /rest/api/3/issue/\{issue\}$", Limit(150, 400)),
    (r"^POST /rest/api/3/search/approximate-count$", Limit(150, 350)),
    (r"^POST /rest/api/3/search/jql$", Limit(100, 200)),
    (r"^(PUT|DELETE) ", Limit(50, 350)),
)


class RateLimits:
    """`enforce` False only announces. `now` is a monotonic clock in seconds, replaceable in tests."""

    def __init__(self, *, enforce: bool = False, now: Callable[[], float] = time.monotonic) -> None:
        self.enforce = enforce
        self._now = now
        self._lock = threading.Lock()
        self._limits: list[tuple[str, Limit]] = list(DOCUMENTED)
        self._buckets: dict[str, Bucket] = {}

    def set(self, per_second: float, burst: int, route: str = "") -> None:
        """Enforce this limit on each route that the regular expression finds in `METHOD /template`; all, by default."""
        with self._lock:
            self._limits.insert(0, (route, Limit(per_second, burst)))
            self._buckets.clear()
            self.enforce = True

    def take(self, route: str) -> tuple[bool, dict[str, str], int]:
        """Count one request: whether it may go on, the headers that say what is left, and the seconds to wait if not."""
        with self._lock:
            now = self._now()
            bucket = self._buckets.get(route)
            if bucket is None:
                limit = next((limit for pattern, limit in self._limits if re.search(pattern, route)), Limit(100, 350))
                bucket = self._buckets[route] = Bucket(limit, float(limit.burst), now)
            limit = bucket.limit
            bucket.left = min(float(limit.burst), bucket.left + (now - bucket.filled_at) * limit.per_second)
            bucket.filled_at = now
            granted = bucket.left >= 1 or not self.enforce
            if granted:
                bucket.left = max(0.0, bucket.left - 1)
            return granted, _headers(limit, int(bucket.left)), max(1, round((1 - bucket.left) / limit.per_second))

    def take_of_node(self) -> tuple[bool, dict[str, str]]:
        """Data Center's way: one bucket a user and node for all routes, told of only where it is enforced."""
        if not self.enforce:
            return True, {}
        granted, _, wait = self.take("")
        bucket = self._buckets[""]
        told = {
            "X-RateLimit-Limit": str(bucket.limit.burst),
            "X-RateLimit-Remaining": str(int(bucket.left)),
            "X-RateLimit-FillRate": f"{bucket.limit.per_second:g}",
            "X-RateLimit-Interval-Seconds": "1",
            "Retry-After": str(0 if granted else wait),
        }
        return granted, told


def _headers(limit: Limit, left: int) -> dict[str, str]:
    return {
        "RateLimit": f'"jira-burst-based";r={left};t=1',
        "RateLimit-Policy": f'"jira-burst-based";q={limit.per_second:g};w=1',
        "X-RateLimit-Limit": str(limit.burst),
        "X-RateLimit-Remaining": str(left),
    }
