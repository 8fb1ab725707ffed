"""Clients for the tests: tokens that a test rotates, and a governor whose clock nobody has to wait for."""

import threading
from dataclasses import dataclass, field
from typing import Any

from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.jira_api.pace import Pace
from jira_staging.jira_api.pacing import Governor
from jira_staging.records import ApiToken


def token(value: str = "secret-value-1", account: str = "bot@acme.example") -> ApiToken:
    return ApiToken(value, account, "api_token", "jira-prod")


@dataclass
class Vault:
    """A TokenSource: what the cache holds, what the vault holds now, and how often it was read past the cache."""

    cached: ApiToken = field(default_factory=token)
    stored: ApiToken | None = None
    readings: int = 0

    def token(self) -> ApiToken:
        return self.cached

    def renewed(self, refused: ApiToken) -> ApiToken | None:
        self.readings += 1
        return self.stored if self.stored is not None and self.stored.value != refused.value else None


class VirtualClock:
    """Seconds that pass only when somebody waits; `waits` are the waits in order."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float, _cancelled: threading.Event) -> None:
        with self._lock:
            self.now += seconds
            self.waits.append(round(seconds, 3))


def governor(clock: VirtualClock, *, most_at_once: int = 4, chance: float = 0.5) -> Governor:
    """`chance` 0.5 leaves every backoff as it is; 0.0 every wait that Jira asked for."""
    return Governor(Pace(most_at_once), clock=clock, wait=clock.wait, chance=lambda: chance)


def client(
    url: str, vault: Vault | None = None, *, clock: VirtualClock | None = None, chance: float = 0.5, **options: Any
) -> JiraClient:
    settings = ConnectionOptions(**{"most_at_once": 4} | options)
    pace = governor(clock or VirtualClock(), most_at_once=settings.most_at_once, chance=chance)
    return JiraClient(url, vault or Vault(), settings, governor=pace)
