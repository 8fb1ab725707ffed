"""The door to a Snowflake schema: one connection for a run's statements, and the connector's errors turned into ours."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jira_staging.errors import StagingError, StagingRefused, StagingUnavailable

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection
    from snowflake.connector.errors import Error

log = logging.getLogger(__name__)

# Numbers of Snowflake's errors, by what to do about them.
_NO_RIGHT = {3001, 2043, 90105}  # privileges, or an object that is hidden from the role; no database or schema in use
_NO_WAREHOUSE = {606}
_NOT_ADMITTED = range(250001, 250010)
_LOCKED = {625, 684}  # a lock's time limit, a statement that gave way to another transaction
_AT_WORK = range(100000, 200000)  # what fails on a row, after the statement was understood: its text may quote a value


@dataclass
class SnowflakeDoor:
    """How to connect to an account. `place` names it in messages; `wait_seconds` bounds how long to wait for others' locks.

    Signing in takes a second or two, so the connection is kept until it is closed or something fails.
    """

    connect: "Callable[[], SnowflakeConnection]"
    place: str
    wait_seconds: float
    _kept: "SnowflakeConnection | None" = field(default=None, repr=False)

    @contextmanager
    def opened(self) -> "Iterator[SnowflakeConnection]":
        """The connection, which commits each statement until BEGIN. After a failure it is closed: what was open is undone."""
        from snowflake.connector.errors import Error

        try:
            if self._kept is None or self._kept.is_closed():
                self._kept = self.connect()
                self._set_up(self._kept)
            yield self._kept
        except Error as error:
            self._undo()
            # Without the chain: a traceback would print the original's text, which may quote a row.
            raise as_ours(error, self.place) from None
        except BaseException:
            self._undo()
            raise

    def close(self) -> None:
        """Sign out; the next statement signs in again."""
        from snowflake.connector.errors import Error

        kept, self._kept = self._kept, None
        if kept is None:
            return
        try:
            kept.close()
        except Error as error:
            # The session ends by itself; what matters is done or has failed already.
            log.warning("Signing out of %s failed (%s).", self.place, error.errno)

    def _undo(self) -> None:
        """Roll back what is open, so that others need not wait until the server misses this session, and sign out."""
        from snowflake.connector.errors import Error

        try:
            if self._kept is not None:
                _run(self._kept, "ROLLBACK")
        except Error as error:
            log.info("The transaction in %s ends with its session (%s).", self.place, error.errno)
        self.close()

    def tag(self, run_id: str) -> None:
        """Put the run's id on every statement from now on, where the account's own query history shows it."""
        with self.opened() as connection:
            _run(connection, "ALTER SESSION SET QUERY_TAG = %(tag)s", tag=json.dumps({"app": "jira-staging", "run_id": run_id}))

    def _set_up(self, connection: "SnowflakeConnection") -> None:
        wait = max(1, int(self.wait_seconds))
        _run(connection, f"ALTER SESSION SET TIMEZONE = 'UTC' LOCK_TIMEOUT = {wait} AUTOCOMMIT = TRUE")


def as_ours(error: "Error", place: str) -> StagingError:
    """The error of ours that says what to do about Snowflake's; its text is kept only where it cannot quote a value."""
    from snowflake.connector.errors import DatabaseError, IntegrityError, OperationalError, ProgrammingError

    number, text = error.errno or -1, " ".join(str(error.msg or type(error).__name__).split())
    if number in _LOCKED:
        return StagingUnavailable(f"Something in {place} is locked by another transaction: {text}. Run again later.")
    if number in _AT_WORK or isinstance(error, IntegrityError):
        return StagingRefused(
            f"Snowflake refused a value while working on {place} (error {number}): it does not fit its column. "
            "Report this as a defect."
        )
    if isinstance(error, ProgrammingError):
        return StagingRefused(f"Snowflake refused a statement in {place} (error {number}): {text}{_advice(number)}")
    if isinstance(error, DatabaseError) and not isinstance(error, OperationalError) and number in _NOT_ADMITTED:
        return StagingRefused(f"{place} does not let us in: {text}")
    return StagingUnavailable(f"{place} gave no answer: {text}")


def _advice(number: int) -> str:
    if number in _NO_WAREHOUSE:
        return " Name a warehouse in the connection, or give the user a default one."
    return " Grant it to the role that is used, or check the names." if number in _NO_RIGHT else ""


def _run(connection: "SnowflakeConnection", sql: str, **parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
