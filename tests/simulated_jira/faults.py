"""Misbehaviour on demand: each kind of fault can be switched on alone, for some requests, some times."""

import random
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from simulated_jira.exchange import Request

KINDS = {
    # Answers that replace the real one.
    "rate_limited": "429 with Retry-After; retry_after=1 (None: without), reason='jira-burst-based'",
    "quota_exceeded": "429 of a spent quota; retry_after=1847, reason='jira-quota-tenant-based'",
    "gateway_rate_limited": "429 of the gateway, with neither Retry-After nor reason",
    "unavailable": "503; retry_after=None or seconds",
    "server_error": "5xx with Jira's error body; status=500",
    "html_error": "an HTML page; status=502 (404: the page of an unknown site)",
    "html_at_200": "an HTML page with status 200, as a proxy or a login page gives",
    "connection_reset": "the connection is dropped without an answer",
    "scope_missing": "401 of the gateway: the token lacks a scope",
    "token_revoked": "the token of this request is revoked before it is answered, and stays so",
    # Changes of the real answer.
    "truncated_body": "Content-Length announces the whole body, half of it comes",
    "invalid_json": "the body stops being JSON in its middle",
    "no_account_header": "no X-AAccountId or X-AUSERNAME although the account is signed in",
    "near_limit": "RateLimit headers say that hardly anything is left; remaining=2",
    "unknown_keys": "keys that no document knows",
    "search_warning": "an experimental `warnings` entry: something was left out; type='CLAUSE_LIMIT_EXCEEDED'",
    "gzip": "the body is compressed",
    "gzip_bomb": "a small compressed body that grows to size=200_000_000 bytes",
    "slow": "the answer waits; seconds=1.0",
    # Search.
    "short_pages": "pages hold fewer issues than asked for; size=None (a random number from 1)",
    "empty_page": "no issues, but a token for the next page",
    "repeated_token": "the next page's token is this page's own",
    "expired_token": "400 for a page token",
    "shifting_pages": "pages count from the start instead of going on behind the last issue: edits shift them",
    "index_lag": "the search index is behind; seconds=60, share=1.0 of the issues",
    "index_rebuild": "the search index is being rebuilt: it has only the rest of the issues; share=1.0 of them it has not yet",
    "slow_hub": "Data Center: the answer with issue=ID waits seconds=120.0 where several heavy fields are asked for at once",
    "null_last_token": "`nextPageToken: null` on the last page instead of no key",
    # Changelogs and boards.
    "numeric_created": "`created` of a bulk changelog as epoch milliseconds",
    "split_changelogs": "bulk changelog pages hold at most size=7 histories",
    "board_without_columns": "422 for a board whose columns have no status",
    # Language.
    "localized_messages": "error messages in language='ko_KR' or 'zh_CN'",
}


@dataclass
class Fault:
    """One fault that is switched on.

    path: a regular expression searched in `METHOD /route/template`, in the path and in the body. after: matching requests to
    spare first. every: only each Nth matching request. times: how often at most. share: the part of matching requests, drawn
    from a seed. `matched` and `fired` count."""

    kind: str
    path: str = ""
    after: int = 0
    every: int = 1
    times: int | None = None
    share: float = 1.0
    options: dict[str, Any] = field(default_factory=dict)
    matched: int = 0
    fired: int = 0

    def option(self, name: str, default: Any) -> Any:
        return self.options.get(name, default)


class Faults:
    """The faults that are on. Without any, the site behaves."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"{seed} faults")
        self._lock = threading.Lock()
        self._active: list[Fault] = []

    def add(self, kind: str, path: str = "", **how: Any) -> Fault:
        """Switch a fault on. `how` holds after, every, times, share and the kind's own options (see `KINDS`)."""
        if kind not in KINDS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(sorted(KINDS))}")
        conditions = {name: how.pop(name) for name in ("after", "every", "times", "share") if name in how}
        fault = Fault(kind, path, options=how, **conditions)
        with self._lock:
            self._active.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        with self._lock:
            self._active.remove(fault)

    def clear(self) -> None:
        with self._lock:
            self._active.clear()

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._active))

    def random(self) -> float:
        with self._lock:
            return self._rng.random()

    def plan(self, request: Request) -> dict[str, Fault]:
        """The faults that befall this request, by kind."""
        planned: dict[str, Fault] = {}
        if not self._active:
            return planned
        place = "\n".join(
            filter(None, (f"{request.method} {request.route}", request.path, request.body.decode("utf-8", "replace")))
        )
        with self._lock:
            for fault in self._active:
                if fault.path and not re.search(fault.path, place):
                    continue
                if self._strikes(fault):
                    fault.fired += 1
                    planned[fault.kind] = fault
        return planned

    def _strikes(self, fault: Fault) -> bool:
        fault.matched += 1
        if fault.matched <= fault.after or (fault.times is not None and fault.fired >= fault.times):
            return False
        if (fault.matched - fault.after - 1) % fault.every:
            return False
        return fault.share >= 1 or self._rng.random() < fault.share
