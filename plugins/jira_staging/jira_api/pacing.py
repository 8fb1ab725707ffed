"""The governor: one for each client, shared by its threads. It lets requests through, repeats them, and bounds the waiting."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from jira_staging.errors import JiraUnavailable
from jira_staging.jira_api.answers import Answer, Cancelled, Traffic, TryAgain
from jira_staging.jira_api.pace import Pace
from jira_staging.jira_api.rate_headers import read_signs

T = TypeVar("T")

# Atlassian's advice for a 429 without Retry-After: 5 seconds, doubled up to 30. A fault of the network passes sooner.
FIRST_BACKOFF_SECONDS = 1.0
FIRST_BACKOFF_AFTER_429_SECONDS = 5.0
LONGEST_BACKOFF_SECONDS = 30.0

# Of a wait that Jira asked for, how much may be added so that not all threads and runs come back in one instant.
LONGEST_ADDED_WAIT_SECONDS = 5.0


@dataclass
class Patience:
    """What one question may still cost: tries, and seconds of waiting. `question` names it in messages."""

    question: str
    tries_left: int
    seconds_left: float
    tries: int = 0
    cancelled: threading.Event = field(default_factory=threading.Event)


class Governor:
    """Lets requests through at a pace that suits Jira.

    `wait_limit_seconds` bounds the waiting of all questions together. `clock` gives seconds, `wait` sleeps for seconds or until
    its event is set, `chance` gives numbers from 0 to 1: tests bring their own, and need not sleep.
    """

    def __init__(
        self,
        pace: Pace,
        *,
        wait_limit_seconds: float = float("inf"),
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float, threading.Event], object] = lambda seconds, cancelled: cancelled.wait(seconds),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.pace = pace
        self.clock = clock
        self._seconds_left = wait_limit_seconds
        self._waiting_until = float("-inf")
        self._wait = wait
        self._chance = chance
        self._changed = threading.Condition()
        self._traffic = Traffic()

    @property
    def traffic(self) -> Traffic:
        return self._traffic

    def wake(self) -> None:
        """Let the threads that wait for their turn see that they are cancelled."""
        with self._changed:
            self._changed.notify_all()

    @contextmanager
    def turn(self, route: str, patience: Patience) -> Iterator[None]:
        """Wait until a request may be sent; inside, it is under way."""
        self._enter(route, patience)
        self.count(Traffic(requests=1))
        try:
            yield
        finally:
            with self._changed:
                self.pace.end()
                self._changed.notify_all()

    def _enter(self, route: str, patience: Patience) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: patience.cancelled.is_set() or self.pace.has_room())
                now = self.clock()
                closed = self.pace.closed_for(route, now)
                delay = 0.0 if closed else self.pace.delay(route, now)
                if not (closed or delay or patience.cancelled.is_set()):
                    self.pace.begin(route, now)
                    return
            if closed:
                self._spend(closed, patience, self.pace.closed_because or "429")
            else:
                self._sleep(delay, patience)

    def learn(self, route: str, answer: Answer, *, started: float) -> None:
        """Adjust the pace to an answer, and count it."""
        signs = read_signs(answer)
        now = self.clock()
        with self._changed:
            self.pace.learn(route, signs, started=started, now=now)
            if signs.asked_wait is not None:
                self.pace.close(route, now + self._lengthened(signs.asked_wait), signs)
            self._changed.notify_all()
        self.count(Traffic(bytes=len(answer.content)))

    def persist(self, attempt: Callable[[], T], patience: Patience) -> T:
        """The attempt's result, repeated through faults that may pass, as long as there is patience."""
        while True:
            patience.tries += 1
            patience.tries_left -= 1
            try:
                return attempt()
            except TryAgain as fault:
                error = fault.error
                asked = fault.asked_wait
                status = fault.status
            if patience.tries_left <= 0:
                raise error
            self.count(Traffic(retries=1))
            # A wait that Jira asked for is kept by `turn`, for every thread that it concerns.
            if asked is None:
                self._spend(self._backoff(patience.tries, status), patience, gave_no_answer=str(error))

    def _spend(self, seconds: float, patience: Patience, asked_by: str = "", *, gave_no_answer: str = "") -> None:
        """Wait because Jira is not ready; where that is more than there is patience for, say so at once instead."""
        with self._changed:
            now = self.clock()
            # What several threads wait at the same time is one wait of the run.
            added = max(0.0, now + seconds - max(now, self._waiting_until))
            left = min(patience.seconds_left, self._seconds_left + seconds - added)
            if seconds <= left:
                patience.seconds_left -= seconds
                self._seconds_left -= added
                self._waiting_until = max(self._waiting_until, now + seconds)
                self._traffic = self._traffic + Traffic(wait_seconds=added)
        if seconds > left:
            told = (
                f"{gave_no_answer} Asked {patience.tries} times; before the next time {seconds:,.0f} seconds should pass"
                if gave_no_answer
                else f"{patience.question}: Jira needs {seconds:,.0f} seconds before it is asked again ({asked_by})"
            )
            raise JiraUnavailable(
                f"{told}, and this run may wait {left:,.0f} more for it. Run it again later, or raise the wait limits.",
                wait_seconds=seconds,
            )
        self._sleep(seconds, patience)

    def _sleep(self, seconds: float, patience: Patience) -> None:
        if not patience.cancelled.is_set():
            self._wait(seconds, patience.cancelled)
        if patience.cancelled.is_set():
            raise Cancelled

    def count(self, more: Traffic) -> None:
        with self._changed:
            self._traffic = self._traffic + more

    def _backoff(self, tries: int, status: int | None) -> float:
        first = FIRST_BACKOFF_AFTER_429_SECONDS if status == 429 else FIRST_BACKOFF_SECONDS
        return min(LONGEST_BACKOFF_SECONDS, first * 2.0 ** (tries - 1)) * (0.7 + 0.6 * self._chance())

    def _lengthened(self, seconds: float) -> float:
        return seconds + min(0.3 * seconds, LONGEST_ADDED_WAIT_SECONDS) * self._chance()
