"""Locks on scopes of a schema, as Postgres's advisory locks: they end with their connection, however that ends."""

import hashlib
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jira_staging.errors import StagingUnavailable
from jira_staging.staging.postgres_door import PostgresDoor
from jira_staging.staging.protocol import WHOLE_SCHEMA

if TYPE_CHECKING:
    import psycopg

# What a statement that takes free locks may need on a server under load.
SLACK_MILLISECONDS = 10_000


@dataclass(frozen=True)
class AdvisoryLocks:
    """The locks of one schema, each a number made of the schema's and the scope's names.

    Every run also holds the schema's own lock: shared with the others, or alone for a full load.
    """

    door: PostgresDoor
    schema: str

    @contextmanager
    def held(self, scopes: Iterable[str], wait_seconds: float) -> Iterator[None]:
        """Hold the scopes, in one order for all runs, so that two runs never wait for each other in a circle."""
        asked = sorted(set(scopes) - {WHOLE_SCHEMA})
        alone = WHOLE_SCHEMA in scopes
        with self.door.opened() as connection:
            self._sign(connection)
            self._take(connection, {self._number(WHOLE_SCHEMA): WHOLE_SCHEMA}, wait_seconds, shared=not alone)
            self._take(connection, {self._number(scope): scope for scope in asked}, wait_seconds, shared=False)
            yield

    def _number(self, scope: str) -> int:
        mark = hashlib.sha256(f"jira-staging\0{self.schema}\0{scope}".encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(mark[:8], "big", signed=True)

    def _sign(self, connection: "psycopg.Connection[Any]") -> None:
        # The name is what others see who wait. A lock outlives any time limit on idle sessions, which only newer servers have.
        name = f"jira-staging process {os.getpid()} on {socket.gethostname()}"
        connection.execute("SELECT set_config('application_name', %s, false)", [name[:63]])
        connection.execute(
            "SELECT set_config(name, '0', false) FROM pg_settings "
            "WHERE name IN ('idle_session_timeout', 'idle_in_transaction_session_timeout', 'statement_timeout')"
        )

    def _take(
        self, connection: "psycopg.Connection[Any]", scope_of: Mapping[int, str], wait_seconds: float, *, shared: bool
    ) -> None:
        import psycopg

        if not scope_of:
            return
        # Each lock is waited for so long (0 would mean for ever), and all of them for little longer. Only waiting counts: a
        # server that is merely slow must not look like another run.
        patience = max(1, int(wait_seconds * 1000))
        connection.execute(
            "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false)",
            [str(patience), str(patience + SLACK_MILLISECONDS)],
        )
        lock = "pg_advisory_lock_shared" if shared else "pg_advisory_lock"
        try:
            connection.execute(f"SELECT {lock}(number) FROM unnest(%s::bigint[]) AS number", [list(scope_of)])
        except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable):
            raise StagingUnavailable(self._who_holds(connection, scope_of)) from None
        connection.execute("SELECT set_config('statement_timeout', '0', false)")

    def _who_holds(self, connection: "psycopg.Connection[Any]", scope_of: Mapping[int, str]) -> str:
        rows = connection.execute(
            "SELECT (l.classid::bigint << 32) | l.objid::bigint, l.pid, a.usename, a.application_name, a.backend_start "
            "FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a USING (pid) WHERE l.locktype = 'advisory' AND l.objsubid = 1 "
            "AND l.granted AND l.pid <> pg_backend_pid() "
            "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchall()
        holders = [(scope_of[number], who) for number, *who in rows if number in scope_of]
        scope = holders[0][0] if holders else next(iter(scope_of.values()))
        wanted = f"schema {self.schema}" if scope == WHOLE_SCHEMA else f"scope {scope} of schema {self.schema}"
        named = ", ".join(_named(*who) for held, who in holders if held == scope) or "another session"
        return (
            f"The {wanted} in {self.door.place} is being loaded by {named}. "
            "Wait for that run to end, or stop it; its lock ends with its connection."
        )


def _named(pid: int, user: str | None, application: str | None, since: Any) -> str:
    # Who may not see others' sessions is not told since when they are there.
    began = f" since {since.isoformat(timespec='seconds')}" if since else ""
    return f"{application or 'a session'} as {user or 'another user'} (pid {pid}){began}"
