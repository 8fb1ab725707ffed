"""One piece of work at a time behind the thread that prepares the next: both are busy, and never more than two are held."""

import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

from jira_staging.run_logs import RunLog

log = RunLog(__name__)


class WorkingBehind:
    """Does work in a thread of its own, in the order given; what a piece of it raises, the next call raises."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: ThreadPoolExecutor | None = None
        self._under_way: Future[None] | None = None

    @contextmanager
    def working(self) -> Iterator[None]:
        """Inside, work is done behind; when it ends, all of it is done, also where an error ends it."""
        with ThreadPoolExecutor(1, thread_name_prefix=self._name) as thread:
            self._thread = thread
            try:
                yield
            except BaseException:
                self._end_beside_an_error()
                raise
            finally:
                self._thread = None
            self.settle()

    def begin(self, work: Callable[[], None]) -> None:
        """Begin this piece of work as soon as the one before is done; outside of `working` do it at once."""
        self.settle()
        if self._thread is None:
            work()
        else:
            self._under_way = self._thread.submit(contextvars.copy_context().run, work)

    def settle(self) -> None:
        """Wait until nothing is under way."""
        if self._under_way is not None:
            wait([self._under_way])  # what interrupts this leaves it known
            done, self._under_way = self._under_way, None
            done.result()

    def _end_beside_an_error(self) -> None:
        try:
            self.settle()
        except Exception as second:  # noqa: BLE001 - the first error is the one to raise
            log.warning("While that happened, %s failed as well: %s: %s", self._name, type(second).__name__, second)
