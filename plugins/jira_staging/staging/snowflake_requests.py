"""Statements on their way to Snowflake: as many as can go in one request, since each request is a round trip."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jira_staging.staging.sessions import Parameters

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

FetchedRows = list[tuple[object, ...]]
# Snowflake takes a million characters in a request, with the values of the parameters in their places.
_LONGEST_REQUEST = 500_000
# A doubled per cent sign is one that stands in a name.
_PARAMETER = re.compile(r"%%|%\((\w+)\)s")


@dataclass(frozen=True)
class _Statement:
    sql: str
    parameters: Parameters
    read: Callable[[FetchedRows], object] | None


@dataclass
class Requests:
    """What waits to be sent on a connection, in order. Each error is raised by whatever sends."""

    connection: "SnowflakeConnection"
    waiting: list[_Statement] = field(default_factory=list)

    def add(self, sql: str, parameters: Parameters | None = None, read: Callable[[FetchedRows], object] | None = None) -> None:
        """Let a statement wait for others. `read` gets its rows once all that are sent with it were run."""
        if sum(len(statement.sql) for statement in self.waiting) + len(sql) > _LONGEST_REQUEST:
            self.send()
        self.waiting.append(_Statement(sql, parameters or {}, read))

    def answer(self, sql: str, parameters: Parameters | None = None) -> FetchedRows:
        """Send a query after all that waits; its rows."""
        found: FetchedRows = []
        self.add(sql, parameters, found.extend)
        self.send()
        return found

    def send(self) -> None:
        """Send all that waits, in one request."""
        statements, self.waiting = self.waiting, []
        if not statements:
            return
        # Never without parameters: per cent signs are doubled in every name.
        values: dict[str, object] = {"": ""}
        for number, statement in enumerate(statements):
            values |= {_numbered(name, number): value for name, value in statement.parameters.items()}
        text = ";\n".join(_with_numbered_parameters(statement.sql, number) for number, statement in enumerate(statements))
        with self.connection.cursor() as cursor:
            cursor.execute(text, values, num_statements=len(statements))
            for number, statement in enumerate(statements):
                if statement.read is None:
                    continue
                if number:
                    cursor.reset()
                    cursor.query_result(cursor.multi_statement_savedIds[number])
                statement.read([tuple(row) for row in cursor.fetchall()])

    def send_to_be_read(self) -> None:
        """Send what waits if the rows of some of it are to be seen before anything else is done."""
        if any(statement.read for statement in self.waiting):
            self.send()

    def put(self, sql: str) -> None:
        """Send files, at once: no request holds another statement beside a PUT."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql)


def _with_numbered_parameters(sql: str, number: int) -> str:
    return _PARAMETER.sub(lambda found: f"%({_numbered(found[1], number)})s" if found[1] else found[0], sql)


def _numbered(name: str, number: int) -> str:
    return f"{name}_of_{number}"
