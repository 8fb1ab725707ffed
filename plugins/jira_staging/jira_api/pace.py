"""How fast Jira may be asked, learnt from its answers. Nothing here waits or reads a clock: each act is told the time."""

from dataclasses import dataclass, field

from jira_staging.jira_api.rate_headers import Signs

# Atlassian's documented burst limit for GET and POST, a second, per path and method: held to until the headers name another.
DOCUMENTED_PER_SECOND = 100.0

# A little less than Jira refills, so that its bucket fills up again instead of staying at the edge of a refusal.
SHARE_OF_RATE = 0.95

# Somebody else uses the same budget when less than this share of the bucket is left: go slower before Jira refuses.
LOW_SHARE = 0.1

# A lost rate comes back within this time: soon for a run, late enough that two runs that share a budget settle.
SECONDS_TO_RECOVER = 10.0

# A site that has become slower for good is not queueing: after this long, twice the time is as quick as before.
SECONDS_TO_FORGET = 600.0

# Enough to learn from at once, few enough for a site that is in trouble already.
FIRST_CONCURRENCY = 4.0


@dataclass
class Bucket:
    """The requests that one route has left: `level` of `capacity`, refilled at `rate` a second, at most `highest`."""

    capacity: float = DOCUMENTED_PER_SECOND
    highest: float = DOCUMENTED_PER_SECOND * SHARE_OF_RATE
    rate: float = DOCUMENTED_PER_SECOND * SHARE_OF_RATE
    level: float = DOCUMENTED_PER_SECOND
    filled_at: float = 0.0
    lowered_at: float = float("-inf")
    closed_until: float = float("-inf")
    best_seconds: float = float("inf")
    answered_at: float = 0.0

    def refill(self, now: float) -> None:
        passed = max(0.0, now - self.filled_at)
        self.filled_at = now
        self.rate = min(self.highest, self.rate + self.highest * passed / SECONDS_TO_RECOVER)
        self.level = min(self.capacity, self.level + self.rate * passed)

    def delay(self, now: float) -> float:
        """Seconds until this route has a request left."""
        self.refill(now)
        return 0.0 if self.level >= 1 else (1 - self.level) / self.rate

    def learn(self, signs: Signs, started: float, now: float) -> None:
        """Take over the limits that an answer names, and slow down where the budget is nearly used up."""
        self.refill(now)
        if signs.per_second:
            slowed = self.rate / self.highest
            self.highest = signs.per_second * SHARE_OF_RATE
            self.rate = self.highest * slowed
            self.capacity = max(1.0, signs.at_once or signs.per_second)
        if signs.left is not None:
            self.level = min(self.level, signs.left)
        is_low = signs.status == 429 or (signs.left is not None and signs.left < self.capacity * LOW_SHARE)
        # What was sent before the last slowing says nothing about whether that was enough.
        if is_low and started >= self.lowered_at:
            self.rate = max(self.highest / 16, self.rate / 2)
            self.lowered_at = now
        if signs.status == 429:
            self.level = 0.0

    def is_quick(self, seconds: float, now: float) -> bool:
        """Whether an answer came about as fast as this route ever answers, so that Jira is not queueing."""
        forgotten = 1 + max(0.0, now - self.answered_at) / SECONDS_TO_FORGET
        self.answered_at = now
        self.best_seconds = min(self.best_seconds * forgotten, seconds)
        return seconds <= 2 * self.best_seconds + 0.1


@dataclass
class Pace:
    """The pace of one client over all its threads: how many requests are under way, how fast each route is asked.

    Concurrency grows by one for every round of quick answers and halves when Jira says to slow down; waits that Jira asks
    for close one route, or all. `shared` is the bucket of all routes, on a site that has one.
    """

    most_at_once: int
    limit: float = 0.0
    under_way: int = 0
    halved_at: float = float("-inf")
    closed_until: float = float("-inf")
    closed_because: str = ""
    buckets: dict[str, Bucket] = field(default_factory=dict)
    shared: Bucket | None = None

    def __post_init__(self) -> None:
        self.limit = self.limit or min(FIRST_CONCURRENCY, float(self.most_at_once))

    def has_room(self) -> bool:
        return self.under_way < int(self.limit)

    def closed_for(self, route: str, now: float) -> float:
        """Seconds that Jira asked to wait before this route is asked again."""
        return max(self.closed_until - now, self._bucket(route, now).closed_until - now, 0.0)

    def delay(self, route: str, now: float) -> float:
        """Seconds until the next request keeps within the route's rate."""
        return self._limiting(route, now).delay(now)

    def begin(self, route: str, now: float) -> None:
        """A request is sent."""
        bucket = self._limiting(route, now)
        bucket.refill(now)
        bucket.level -= 1
        self.under_way += 1

    def end(self) -> None:
        """A request is over, however it went."""
        self.under_way -= 1

    def learn(self, route: str, signs: Signs, *, started: float, now: float) -> None:
        """Adjust the pace to an answer to a request that was sent at `started`."""
        bucket = self._bucket(route, now)
        if signs.is_shared and self.shared is None:
            self.shared = Bucket(filled_at=now)
        self._limiting(route, now).learn(signs, started, now)
        if signs.says_slow_down:
            if started >= self.halved_at:
                self.limit = max(1.0, self.limit / 2)
                self.halved_at = now
        # Growing while the limit is not used would prove nothing.
        elif bucket.is_quick(now - started, now) and self.under_way >= int(self.limit) - 1:
            self.limit = min(float(self.most_at_once), self.limit + 1 / self.limit)

    def close(self, route: str, until: float, signs: Signs) -> None:
        """Ask nothing (on this route, or on any) until then, as Jira asked."""
        if not signs.everywhere:
            bucket = self._bucket(route, until)
            bucket.closed_until = max(bucket.closed_until, until)
        elif until > self.closed_until:
            self.closed_until = until
            self.closed_because = f"{signs.status} {signs.reason}".strip()

    def _limiting(self, route: str, now: float) -> Bucket:
        return self.shared or self._bucket(route, now)

    def _bucket(self, route: str, now: float) -> Bucket:
        if route not in self.buckets:
            self.buckets[route] = Bucket(filled_at=now)
        return self.buckets[route]
