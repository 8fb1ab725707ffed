"""A DuckDB file kept open for a moment between two pieces of work of one run, which mostly follow each other at once.

Opening costs 50 ms of work, reads the log anew, and has what was written before moved out of the log the sooner.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

# Whoever waits for the file gets in after this long, however busy the run is, and has this long to notice.
# DuckDB's memory grows by some 30 MB with each batch until the file is closed.
LONGEST_SECONDS = 5.0
OTHERS_SECONDS = 0.05
# While Jira lets the run wait, others need not.
IDLE_SECONDS = 2.0


class KeptOpen:
    """The connection that stays, while somebody wants it to; it may be borrowed by one at a time.

    `settle` is told the connection before it is closed.
    """

    def __init__(self, settle: "Callable[[duckdb.DuckDBPyConnection], object]") -> None:
        self._settle = settle
        self._lock = threading.RLock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._wanted = 0
        self._opened_at = 0.0
        self._used_at = 0.0
        self._free_for_others_until = 0.0
        self._is_watched = False

    @property
    def is_wanted(self) -> bool:
        """Whether the file is to stay open."""
        return self._wanted > 0

    @contextmanager
    def wanted(self) -> Iterator[None]:
        """Inside, the file stays open for a moment after each piece of work."""
        self._wanted += 1
        try:
            yield
        finally:
            with self._lock:
                self._wanted -= 1
                if not self._wanted:
                    self._close()

    @contextmanager
    def borrowed(self, connect: "Callable[[], duckdb.DuckDBPyConnection]") -> "Iterator[duckdb.DuckDBPyConnection]":
        """A connection with a transaction and temporary tables of its own, on the file, which `connect` opens."""
        with self._lock:
            if self._connection is None:
                time.sleep(max(0.0, self._free_for_others_until - time.monotonic()))
                self._connection, self._opened_at = connect(), time.monotonic()
            cursor = self._connection.cursor()
            try:
                yield cursor
            except BaseException:
                cursor.close()
                self._close()
                raise
            cursor.close()
            self._used_at = time.monotonic()
            if self._used_at - self._opened_at >= LONGEST_SECONDS:
                self._close()
                self._free_for_others_until = time.monotonic() + OTHERS_SECONDS
            else:
                self._watch()

    def put_down(self) -> None:
        """Close the file now; the next piece of work opens it again."""
        with self._lock:
            self._close()

    def _watch(self) -> None:
        if not self._is_watched:
            self._is_watched = True
            timer = threading.Timer(IDLE_SECONDS, self._close_if_idle)
            timer.daemon = True
            timer.start()

    def _close_if_idle(self) -> None:
        with self._lock:
            self._is_watched = False
            if time.monotonic() - self._used_at >= IDLE_SECONDS:
                self._close()
            elif self._connection is not None:
                self._watch()

    def _close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            try:
                self._settle(connection)
            finally:
                connection.close()


def settle_log(connection: "duckdb.DuckDBPyConnection", path: Path, longest: int) -> None:
    """Move what the log beside the file holds into it, if that is more bytes than whoever opens it next should have to read."""
    import duckdb

    log = path.with_name(f"{path.name}.wal")
    if log.exists() and log.stat().st_size > longest:
        # Somebody else's open transaction in this process: then the log is left to the next one.
        with suppress(duckdb.TransactionException):
            connection.execute("CHECKPOINT")
