"""Locks on scopes of a schema in Snowflake, which has none of its own: rows of a table that are leased for a time.

A lease is renewed with every batch, and ends by itself where a run was killed.
"""

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from jira_staging.errors import StagingUnavailable
from jira_staging.staging.protocol import WHOLE_SCHEMA
from jira_staging.staging.sessions import Session
from jira_staging.staging.snowflake_requests import FetchedRows, Requests

if TYPE_CHECKING:
    from jira_staging.staging.snowflake_session import SnowflakeSession

LOCKS = "_sync_lock"
# Longer than the reading of a batch takes; a killed run keeps its scopes for no longer than this.
LEASE_MINUTES = 10
# The row that every transaction updates first: while one is open no other begins, so each compares its rows with what the one
# before has committed.
_LINE = "line"
_END = f"DATEADD(MINUTE, {LEASE_MINUTES}, CURRENT_TIMESTAMP())"


@dataclass
class LeasedLocks:
    """The locks that one run holds, under a name of its own that says where it runs."""

    holder: str = field(default_factory=lambda: f"process {os.getpid()} on {socket.gethostname()} ({uuid4().hex[:8]})")
    held: set[str] = field(default_factory=set)

    def prepare(self, session: Session) -> None:
        """Make the table of locks, with the row that every transaction updates."""
        table = session.table(LOCKS)
        session.execute(f"CREATE TABLE IF NOT EXISTS {table} (SCOPE TEXT, HOLDER TEXT, SINCE TIMESTAMP_TZ, UNTIL TIMESTAMP_TZ)")
        session.execute(
            f"INSERT INTO {table} (SCOPE) SELECT %(line)s WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE SCOPE = %(line)s)",
            {"line": _LINE},
        )

    def stand_in_line(self, requests: Requests, table: str) -> None:
        """First of all in a transaction: wait for the one that is open, and renew the leases. Refuses to go on without them."""
        mine = {"line": _LINE, "holder": self.holder}
        requests.add(f"UPDATE {table} SET UNTIL = {_END} WHERE SCOPE = %(line)s OR HOLDER = %(holder)s", mine)
        requests.add(f"SELECT COUNT(*) FROM {table} WHERE HOLDER = %(holder)s", mine, self._require_held)

    def _require_held(self, counted: FetchedRows) -> None:
        ((leased,),) = counted
        if int(str(leased)) < len(self.held):
            raise StagingUnavailable(
                f"The lease of {', '.join(sorted(self.held))} ended, since no batch was written for {LEASE_MINUTES} minutes, "
                "and another run has taken it. Run again when that one has ended."
            )

    def take(self, session: "SnowflakeSession", scopes: Iterable[str]) -> str | None:
        """Take all of the scopes, or none and say who holds which."""
        asked = sorted(set(scopes))
        names = {f"scope_{number}": scope for number, scope in enumerate(asked)}
        listed = ", ".join(session.dialect.value(name) for name in names)
        table, mine = session.table(LOCKS), {**names, "holder": self.holder}
        session.execute("BEGIN TRANSACTION")
        self.stand_in_line(session.requests, table)
        rivals = "SCOPE <> %(line)s" if WHOLE_SCHEMA in asked else f"SCOPE IN ({listed}, %(whole)s)"
        rows = session.fetch(
            f"SELECT SCOPE, HOLDER, TO_VARCHAR(SINCE), TO_VARCHAR(UNTIL) FROM {table} "
            f"WHERE {rivals} AND HOLDER <> %(holder)s AND UNTIL > CURRENT_TIMESTAMP() ORDER BY SCOPE",
            {**mine, "line": _LINE, "whole": WHOLE_SCHEMA},
        )
        if not rows:
            taken = " UNION ALL ".join(f"SELECT {session.dialect.value(name)} AS SCOPE" for name in names)
            session.execute(f"DELETE FROM {table} WHERE SCOPE IN ({listed})", names)
            session.execute(
                f"INSERT INTO {table} (SCOPE, HOLDER, SINCE, UNTIL) "
                f"SELECT SCOPE, %(holder)s, CURRENT_TIMESTAMP(), {_END} FROM ({taken}) AS taken",
                mine,
            )
            self.held.update(asked)
        session.execute("COMMIT")
        return _who(rows[0]) if rows else None

    def release(self, session: Session, scopes: Iterable[str]) -> None:
        """Give the scopes back."""
        names = {f"scope_{number}": scope for number, scope in enumerate(sorted(set(scopes)))}
        listed = ", ".join(session.dialect.value(name) for name in names)
        self.held.difference_update(names.values())
        session.execute(
            f"DELETE FROM {session.table(LOCKS)} WHERE HOLDER = %(holder)s AND SCOPE IN ({listed})",
            {**names, "holder": self.holder},
        )


def _who(row: tuple[object, ...]) -> str:
    scope, holder, since, until = row
    wanted = "The schema" if scope == WHOLE_SCHEMA else f"The scope {scope}"
    return f"{wanted} is being loaded by {holder} since {since}; unless renewed, its lease ends at {until}."
