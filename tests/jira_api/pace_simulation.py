"""Runs that share one Jira, in virtual time: each asks as fast as its pace allows, Jira counts by a token bucket."""

import heapq
from dataclasses import dataclass, field

from jira_staging.jira_api.pace import Pace
from jira_staging.jira_api.rate_headers import Signs

ROUTE = "POST /rest/api/3/issue/bulkfetch"


@dataclass
class SimulatedLimit:
    """`per_second` flows into a bucket of `capacity`; an answer takes `latency` seconds, longer when `busy` are under way."""

    per_second: float
    capacity: float
    latency: float = 0.13
    busy: int = 1000
    level: float = field(init=False)
    filled_at: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.capacity

    def take(self, now: float) -> Signs:
        self.level = min(self.capacity, self.level + (now - self.filled_at) * self.per_second)
        self.filled_at = now
        granted = self.level >= 1
        self.level -= granted
        named = {"per_second": self.per_second, "at_once": self.capacity, "left": float(int(self.level))}
        return Signs(200, **named) if granted else Signs(429, asked_wait=1.0, reason="jira-burst-based", at_once=self.capacity)


@dataclass
class Outcome:
    """Per run: when each request was granted or refused, and the concurrency limit over time."""

    granted: list[list[float]]
    refused: list[list[float]]
    limits: list[list[tuple[float, float]]]

    def rate(self, run: int, since: float, until: float) -> float:
        return sum(since <= at < until for at in self.granted[run]) / (until - since)


def simulate(
    paces: list[Pace], limit: SimulatedLimit, seconds: float, *, trouble: tuple[float, float] = (-1.0, -1.0)
) -> Outcome:
    """Let the runs ask for `seconds`; during `trouble` Jira answers 503."""
    outcome = Outcome([[] for _ in paces], [[] for _ in paces], [[] for _ in paces])
    events: list[tuple[float, int, int, float | None, Signs | None]] = [
        (0.0, run, run, None, None) for run in range(len(paces))
    ]
    order = len(paces)
    waking_at = [float("-inf")] * len(paces)
    while events:
        now, _, run, started, signs = heapq.heappop(events)
        if now > seconds:
            break
        pace = paces[run]
        if started is not None and signs is not None:
            pace.learn(ROUTE, signs, started=started, now=now)
            if signs.asked_wait:
                pace.close(ROUTE, now + signs.asked_wait, signs)
            pace.end()
            outcome.limits[run].append((now, pace.limit))
            (outcome.granted if signs.status == 200 else outcome.refused)[run].append(now)
        while pace.has_room():
            wait = pace.closed_for(ROUTE, now) or pace.delay(ROUTE, now)
            if wait:
                if waking_at[run] <= now:
                    order += 1
                    waking_at[run] = now + wait + 1e-6
                    heapq.heappush(events, (waking_at[run], order, run, None, None))
                break
            pace.begin(ROUTE, now)
            said = Signs(503) if trouble[0] <= now < trouble[1] else limit.take(now)
            order += 1
            latency = limit.latency * max(1.0, sum(other.under_way for other in paces) / limit.busy)
            heapq.heappush(events, (now + latency, order, run, now, said))
    return outcome
