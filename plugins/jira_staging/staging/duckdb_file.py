"""The door to a DuckDB file: opened for one piece of work, closed at once, its errors turned into ours."""

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jira_staging.errors import StagingError, StagingRefused, StagingUnavailable
from jira_staging.staging.duckdb_keeping import KeptOpen, settle_log

if TYPE_CHECKING:
    import duckdb

log = logging.getLogger(__name__)

# Whoever opens the file reads the log first, so a long one costs every batch and every reader anew. Of 1 KB, 4 MB, 16 MB and
# 128 MB this cost least CPU over a load of 20,000 issues (35.0, 33.8, 38.3, 46.2 s).
LONGEST_LOG = 4 << 20
# While the file is kept open nobody reads the log; what it holds is held in memory, too. A checkpoint writes the last row
# group of each table anew, so with fewer of them 20,000 issues cost a little less CPU, and more memory.
LONGEST_LOG_WHILE_OPEN = 24 << 20
# A reader's query lasts milliseconds, and so does the publishing of a batch: both would notice a longer pause.
_PAUSE_SECONDS = 0.02
# Batches of other tasks take turns with ours; whoever looks at a log that stands still for longer wants to know why.
SILENT_SECONDS = 3.0
_HELD_ELSEWHERE = re.compile(r"Could not set lock on file|with a different configuration|file is already open|already attached")
_HOLDER = re.compile(r"Conflicting lock is held in (.*?\(PID \d+\)(?: by user \S+)?)")
# Classes of errors whose text may quote a value, so that only their name is told.
_QUOTES_VALUES = ("ConversionException", "ConstraintException", "InvalidInputException", "OutOfRangeException")
_REPAIRABLE = re.compile(
    r"not a valid DuckDB database file|Is a directory|Permission denied|No such file|Not a directory|Read-only file system"
    r"|database does not exist|version number|storage version|File name too long"
)


@dataclass(frozen=True)
class DuckDBFile:
    """A DuckDB file and how to connect to it: `connect` is given where somebody else makes the connection, as Airflow does.

    DuckDB lets one process write and then no other even read, so nothing keeps the file open for longer than a transaction
    or a query, and while it is `kept_open` for a few seconds; `wait_seconds` bounds how long each waits for the other.
    """

    path: Path
    wait_seconds: float
    connect: "Callable[[], duckdb.DuckDBPyConnection] | None" = None
    _kept: KeptOpen = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Nothing is open yet."""
        object.__setattr__(self, "_kept", KeptOpen(partial(settle_log, path=self.path, longest=LONGEST_LOG)))

    def kept_open(self) -> AbstractContextManager[None]:
        """Inside, what is read and written shares one opening of the file, a few seconds long."""
        return self._kept.wanted()

    def put_down(self) -> None:
        """Close the file if it is kept open, with all that DuckDB holds of it in memory."""
        self._kept.put_down()

    @contextmanager
    def reading(self) -> "Iterator[duckdb.DuckDBPyConnection]":
        """A connection for one query."""
        with self._opened(read_only=True) as connection:
            yield connection

    @contextmanager
    def writing(self, *, settle: bool = False) -> "Iterator[duckdb.DuckDBPyConnection]":
        """A connection in a transaction, which is committed when the block ends and gone when it fails.

        `settle` moves what the write-ahead log holds into the file itself.
        """
        with self._opened(read_only=False) as connection:
            if not settle:
                # A small batch stays in the log: rewriting the row groups that it touched costs several times the batch itself.
                connection.execute("PRAGMA disable_checkpoint_on_shutdown")
                longest = LONGEST_LOG_WHILE_OPEN if self._kept.is_wanted else LONGEST_LOG
                connection.execute(f"SET checkpoint_threshold = '{longest >> 20}MB'")
            connection.begin()
            yield connection  # without a commit, closing rolls back
            connection.commit()
            if settle and self._kept.is_wanted:
                settle_log(connection, self.path, 0)

    @contextmanager
    def _opened(self, *, read_only: bool) -> "Iterator[duckdb.DuckDBPyConnection]":
        import duckdb

        try:
            with self._connected(read_only=read_only) as connection:
                connection.execute("SET TimeZone = 'UTC'")
                yield connection
        except duckdb.Error as error:
            # Without the chain: a traceback would print the original's text, which may quote a row.
            raise as_ours(error, self.path) from None
        except RuntimeError as error:
            # A Ctrl-C that reaches DuckDB in the middle of a statement is swallowed there, and only these words are left.
            if str(error) == "Query interrupted":
                raise KeyboardInterrupt from None
            raise

    def _connected(self, *, read_only: bool) -> "AbstractContextManager[duckdb.DuckDBPyConnection]":
        if self._kept.is_wanted:
            return self._kept.borrowed(self._to_be_kept)
        return closing(self._waited_for(read_only=read_only))

    def _to_be_kept(self) -> "duckdb.DuckDBPyConnection":
        connection = self._waited_for(read_only=False)
        # Batches are too small for several threads to pay, and meanwhile the next one is made.
        connection.execute("SET threads = 1")
        return connection

    def _waited_for(self, *, read_only: bool) -> "duckdb.DuckDBPyConnection":
        import duckdb

        began = time.monotonic()
        is_told = False
        while True:
            try:
                return self.connect() if self.connect else duckdb.connect(str(self.path), read_only=read_only)
            except duckdb.Error as error:
                if not _HELD_ELSEWHERE.search(str(error)):
                    raise as_ours(error, self.path) from None
                waited = time.monotonic() - began
                if waited >= self.wait_seconds:
                    raise self._held(str(error)) from None
                if waited >= SILENT_SECONDS and not is_told:
                    is_told = True
                    log.info("Waiting for the DuckDB file %s, which %s holds.", self.path, _holder(str(error)))
            time.sleep(_PAUSE_SECONDS)

    def _held(self, text: str) -> StagingUnavailable:
        return StagingUnavailable(
            f"The DuckDB file {self.path} is held by {_holder(text)}; waited {self.wait_seconds:g} s. DuckDB lets one process "
            "write, and no other read meanwhile: close that program, open the file there only for a query, or run again later."
        )


def _holder(text: str) -> str:
    found = _HOLDER.search(text)
    return found[1] if found else "another connection of this process"


def as_ours(error: "duckdb.Error", path: Path) -> StagingError:
    """The error of ours that says what to do about DuckDB's; its text is kept only where it cannot quote a value."""
    kind = type(error).__name__
    text = str(error).partition("\n")[0].rstrip("!.")
    if kind in _QUOTES_VALUES:
        return StagingRefused(
            f"DuckDB refused a value while working on {path} ({kind}): it does not fit its column. Report this as a defect."
        )
    if kind == "IOException" and text.endswith("database does not exist"):
        return StagingRefused(f"There is no DuckDB file {path} yet: a sync makes it. Check the path.")
    if kind == "IOException" and _REPAIRABLE.search(text):
        return StagingRefused(
            f"The DuckDB file {path} cannot be used: {text}. Name a DuckDB file in a folder that is writable."
        )
    if kind in ("CatalogException", "BinderException", "ParserException", "NotImplementedException", "PermissionException"):
        return StagingRefused(f"DuckDB refused a statement on {path}: {text}")
    if kind == "TransactionException" and "onflict" in text:
        return StagingUnavailable(f"Another connection changed {path} at the same time: {text}. Run again.")
    return StagingUnavailable(
        f"DuckDB could not finish its work on {path}: {text}. Look at the disk's and memory's free space."
    )
