"""What was asked: every request with its route, status and size, for tests that count."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """`route` is `METHOD /template`, `at_ms` is by the site's clock, `account` is None for a caller who is not signed in.

    `status` is 0 for a dropped connection. `faults` are those that befell the request."""

    route: str
    target: str
    status: int
    at_ms: int
    bytes_sent: int
    account: str | None
    faults: tuple[str, ...] = ()


class RequestLog:
    """A list that many threads write to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[LoggedRequest] = []

    def add(self, entry: LoggedRequest) -> None:
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[LoggedRequest]:
        return iter(list(self._entries))

    def count(self, route: str = "", status: int | None = None) -> int:
        """How many requests had `route` in their route, and this status."""
        return sum(1 for entry in self if route in entry.route and status in (None, entry.status))

    def by_route(self) -> dict[str, int]:
        return dict(Counter(entry.route for entry in self).most_common())

    def summary(self) -> dict[str, Any]:
        """Counts, for the admin door."""
        statuses = Counter(str(entry.status) for entry in self)
        return {
            "total": len(self),
            "by_route": self.by_route(),
            "by_status": dict(statuses),
            "bytes": sum(e.bytes_sent for e in self),
        }

    def rows(self) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self]
