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
    try:
        for act in acts:
            held.append(act if isinstance(act, Given) else threads.submit(contextvars.copy_context().run, act, worker))
            while held and (len(held) > most_held or isinstance(held[0], Given) or _bytes(held, size) > room.bytes):
                yield _result(held.popleft())
        while held:
            yield _result(held.popleft())
    finally:
        cancelled.set()
        jira.wake()
        threads.shutdown(wait=False, cancel_futures=True)


def _result(done: Future[T] | Given[T]) -> T:
    return done.result if isinstance(done, Given) else done.result()


def _bytes(held: Iterable[Future[T] | Given[T]], size: Callable[[T], int]) -> int:
    """What the results that are there take together."""
    given = sum(size(one.result) for one in held if isinstance(one, Given))
    there = (one for one in held if isinstance(one, Future) and one.done() and one.exception() is None)
    return given + sum(size(one.result()) for one in there)
