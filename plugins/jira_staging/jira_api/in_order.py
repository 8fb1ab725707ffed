"""Several questions at once, their answers in order, and only so many held as memory allows."""

import contextvars
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from jira_staging.jira_api.client import JiraClient

T = TypeVar("T")


@dataclass(frozen=True)
class Room:
    """For results that wait for their turn: how many a thread, and how many bytes those that came may be together.

    Enough that one slow answer does not stop the others at once, and that what is done at once with answers is there.
    """

    per_thread: float = 1.5
    bytes: int = 6 << 20


ROOM = Room()


def _unknown(_result: object) -> int:
    return 0


@dataclass(frozen=True)
class Given(Generic[T]):
    """A result that is there already, and only has to come in its turn."""

    result: T


def in_order(
    jira: JiraClient,
    acts: Iterable[Callable[[JiraClient], T] | Given[T]],
    *,
    size: Callable[[T], int] = _unknown,
    room: Room = ROOM,
) -> Generator[T, None, None]:
    """What each act gives, several at once, in the order of `acts`, which are drawn as they are needed.

    No more is asked than there is `room` for, by the results' `size`; one that is given is not held once its turn has come.
    When the consumer stops or an act raises, what has not begun is dropped, waits end, and an answer that is still awaited is
    ignored (closing the client breaks it off).
    """
    width = jira.options.most_at_once
    most_held = int(width * room.per_thread)
    cancelled = threading.Event()
    worker = jira.until(cancelled)
    threads = ThreadPoolExecutor(width, thread_name_prefix="jira")
    held: deque[Future[T] | Given[T]] = deque()
    weighed = _Weighed(size)
    try:
        for act in acts:
            if isinstance(act, Given):
                held.append(act)
                weighed.add(act.result)
            else:
                asked = threads.submit(contextvars.copy_context().run, act, worker)
                asked.add_done_callback(weighed.came)
                held.append(asked)
            while held and (len(held) > most_held or isinstance(held[0], Given) or weighed.bytes > room.bytes):
                yield weighed.out(_result(held.popleft()))
        while held:
            yield weighed.out(_result(held.popleft()))
    finally:
        cancelled.set()
        jira.wake()
        threads.shutdown(wait=False, cancel_futures=True)


def _result(done: Future[T] | Given[T]) -> T:
    return done.result if isinstance(done, Given) else done.result()


class _Weighed(Generic[T]):
    """The bytes of the results that are there and wait."""

    def __init__(self, size: Callable[[T], int]) -> None:
        self._size = size
        self._lock = threading.Lock()
        self.bytes = 0

    def add(self, result: T) -> None:
        with self._lock:
            self.bytes += self._size(result)

    def came(self, done: Future[T]) -> None:
        """Called by the thread that has the result."""
        if not done.cancelled() and done.exception() is None:
            self.add(done.result())

    def out(self, result: T) -> T:
        """The result, which waits no longer."""
        with self._lock:
            self.bytes -= self._size(result)
        return result
