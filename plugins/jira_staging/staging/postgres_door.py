"""The door to a Postgres database: connections for one piece of work each, and its errors turned into ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jira_staging.errors import StagingError, StagingRefused, StagingUnavailable

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

# SQLSTATEs by what to do about them; what is in none of these is waited out. Their classes are in the manual's appendix A.
_RUN_AGAIN = {"40001", "40P01"}  # others' transactions: serialization, deadlock
_NO_RIGHT = {"42501", "25006", "28000", "28P01"}  # privilege, a read-only server, who signs in
_TOO_LARGE = {"54000", "54001", "54011"}  # a row or key too large, a statement too complex, too many columns
_REFUSED = _NO_RIGHT | _TOO_LARGE
_LOCKED = {"55P03"}
# Where a connection is refused libpq gives no SQLSTATE, only the server's words.
_NOT_ADMITTED = (
    "authentication failed",
    "no password supplied",
    "does not exist",
    "no pg_hba.conf entry",
    "certificate",
    "definition of service",
    "permission denied for database",
)


class ConflictLost(StagingUnavailable):
    """Postgres undid our transaction in favour of another one: the same again may succeed at once."""


@dataclass(frozen=True)
class PostgresDoor:
    """How to connect to a database. `place` names it in messages; `wait_seconds` bounds how long to wait for others' locks."""

    connect: "Callable[[], Connection]"
    place: str
    wait_seconds: float

    @contextmanager
    def opened(self) -> "Iterator[Connection]":
        """A connection that commits each statement until `BEGIN`; what is not committed when the block ends is gone."""
        import psycopg

        with self.errors_as_ours():
            connection = self.connect()
            try:
                connection.autocommit = True
                self._set_up(connection)
                yield connection
            finally:
                # Closing sends no COMMIT, and a server that lost us does not wait for one.
                with self._deaf_to(psycopg.Error):
                    connection.close()

    @contextmanager
    def errors_as_ours(self) -> Iterator[None]:
        """Raise Postgres's errors as StagingRefused or StagingUnavailable."""
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            # Without the chain: a traceback would print the original's text, which may quote a row.
            raise as_ours(error, self.place) from None

    def _set_up(self, connection: "Connection") -> None:
        settings = {
            "TimeZone": "UTC",
            "DateStyle": "ISO, YMD",
            "lock_timeout": f"{int(self.wait_seconds * 1000)}",
            "application_name": "jira-staging",
        }
        columns = ", ".join(f"set_config('{name}', %s, false)" for name in settings)
        connection.execute(f"SELECT {columns}", list(settings.values()))

    @staticmethod
    @contextmanager
    def _deaf_to(kind: type[Exception]) -> Iterator[None]:
        try:
            yield
        except kind:
            return  # the work is done or has failed by itself; a connection that cannot be closed is closed


def as_ours(error: "psycopg.Error", place: str) -> StagingError:
    """The error of ours that says what to do about Postgres's; its text is kept only where it cannot quote a value."""
    state = error.sqlstate or ""
    if not state:
        return _of_connection(error, place)
    text = error.diag.message_primary or type(error).__name__
    if state in _RUN_AGAIN:
        return ConflictLost(f"Another transaction in {place} stood in the way: {text}. Run again.")
    if state in _REFUSED or state[:2] in ("22", "23", "2B", "42", "3F", "0A", "3D"):
        return StagingRefused(_refusal(state, text, place))
    if state in _LOCKED:
        return StagingUnavailable(
            f"Something in {place} is locked by another session: {text}. "
            "`pg_stat_activity` shows who; end that session, or run again later."
        )
    return StagingUnavailable(f"Postgres could not finish its work on {place}: {text}. {_advice(state)}")


def _refusal(state: str, text: str, place: str) -> str:
    if state in _NO_RIGHT:
        return f"Postgres does not let us do this in {place}: {text}. Grant it to the user that signs in."
    if state in _TOO_LARGE:
        return (
            f"The staging tables in {place} would become too large for Postgres: {text}. "
            "Leave fields out that nobody needs (`exclude_fields`)."
        )
    if state[:2] in ("22", "23"):
        return (
            f"Postgres refused a value while working on {place} (SQLSTATE {state}): it does not fit its column. "
            "Report this as a defect."
        )
    return f"Postgres refused a statement in {place}: {text}."


def _advice(state: str) -> str:
    if state == "53100":
        return "Its disk is full: make room, then run again."
    if state == "53200":
        return "Raise `max_locks_per_transaction` or its memory, or load fewer projects at once."
    return "Run again when it is up and has room."


def _of_connection(error: "psycopg.Error", place: str) -> StagingError:
    import psycopg

    text = " ".join(str(error).split())
    if any(words in text for words in _NOT_ADMITTED):
        return StagingRefused(f"{place} does not let us in: {text}")
    if isinstance(error, psycopg.OperationalError):
        return StagingUnavailable(f"{place} gave no answer: {text}")
    # psycopg's own refusals (a value that it cannot send) may quote that value.
    return StagingRefused(f"A statement for {place} could not be sent ({type(error).__name__}). Report this as a defect.")
