"""Postgres's own spelling, and one connection's work on one schema."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from jira_staging.staging import postgres_new_rows
from jira_staging.staging.arrow_rows import column_types
from jira_staging.staging.merging import Merge
from jira_staging.staging.postgres_copying import copy_chunks
from jira_staging.staging.postgres_upserts import removed, upserted
from jira_staging.staging.sessions import Parameters, Written, WrittenParts
from jira_staging.staging.sql_building import Dialect, placed
from jira_staging.tables import TABLES, ColumnType, Table

if TYPE_CHECKING:
    import psycopg

DIALECT = Dialect(
    types={
        "bigint": "bigint",
        "integer": "integer",
        "double": "double precision",
        "boolean": "boolean",
        "text": "text",
        "timestamp": "timestamp with time zone",
        "date": "date",
        "json": "jsonb",
    },
    parameter="%({})s",
    json_value="CAST({} AS jsonb)",
    percent="%%",
    longest_name=63,
    enforces_keys=True,
    passing_table="UNLOGGED TABLE",
)
# ALTER TABLE waits for every query on the table, and every later query waits for it: so it gives way again and again.
_LONGEST_ALTER_WAIT = "1s"
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class PostgresSession:
    """A connection, on one schema. What is staged lies in temporary tables, which end with the connection.

    `unsent` are the rows, by their table, of which only the keys are staged, until it is known whether they are new.
    """

    connection: "psycopg.Connection[Any]"
    schema: str
    wait_seconds: float
    aside: frozenset[str] = frozenset()
    dialect: Dialect = DIALECT
    unsent: dict[str, pa.Table] = field(default_factory=dict)

    def table(self, name: str) -> str:
        """The full quoted name of a staging table, or of the one beside it that a full load fills."""
        return self.dialect.name(self.schema, placed(name, self.aside))

    def columns(self, table: str) -> Mapping[str, str]:
        """The table's columns with the types that the catalogue names, in their order; empty without the table."""
        rows = self.fetch(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped "
            "AND attrelid = to_regclass(%(table)s) ORDER BY attnum",
            {"table": self.table(table).replace("%%", "%")},
        )
        return {str(name): str(kind) for name, kind in rows}

    def grow(self, table: str, new: Mapping[str, ColumnType]) -> None:
        """Add columns, in a transaction of its own: whoever adds one keeps all readers out until the commit."""
        name, types = self.dialect.name, self.dialect.types
        # Another run may have met the same new field at the same time.
        self._alter(table, ", ".join(f"ADD COLUMN IF NOT EXISTS {name(column)} {types[kind]}" for column, kind in new.items()))

    def key_by_run(self, table: str) -> None:
        """Make the run a part of the primary key, where it is none yet."""
        keyed = self.fetch(
            "SELECT c.conname FROM pg_constraint AS c WHERE c.conrelid = to_regclass(%(table)s) AND c.contype = 'p' "
            "AND NOT EXISTS (SELECT 1 FROM pg_attribute AS a WHERE a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey) "
            "AND a.attname = '_run_id')",
            {"table": self.table(table).replace("%%", "%")},
        )
        for (constraint,) in keyed:
            key = self.dialect.names((*TABLES[table].key, "_run_id"))
            self._alter(table, f"DROP CONSTRAINT {self.dialect.kept_name(str(constraint))}, ADD PRIMARY KEY ({key})")

    def stage(self, name: str, data: pa.Table) -> str:
        """Copy an Arrow table into a temporary one."""
        relation = f"pg_temp.{self.dialect.name(name)}"
        types = column_types(data)
        columns = ", ".join(f"{self.dialect.name(column)} {self.dialect.types[kind]}" for column, kind in types.items())
        self.execute(f"CREATE TEMPORARY TABLE {self.dialect.name(name)} ({columns})")
        self._copy(relation, data)
        return relation

    def stage_rows(self, table: Table, data: pa.Table) -> str:
        """Stage a table's rows, or only what tells whether they are new."""
        asked = postgres_new_rows.asked_first(table, data)
        if asked is not None:
            self.unsent[table.name] = data
        return self.stage(f"rows_{table.name}", data if asked is None else asked)

    def ready(self, merge: Merge) -> None:
        """Nothing to do: an upsert needs no more than the staged rows."""

    def begin(self) -> None:
        """Begin the transaction."""
        self.execute("BEGIN")

    def merge(self, merges: Sequence[Merge], values: Parameters) -> WrittenParts:
        """Write every table's rows, then remove or mark what is gone."""
        return {merge.table.name: self._merged(merge, {name: values[name] for name in merge.parameters}) for merge in merges}

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement."""
        # Always with parameters: per cent signs are doubled in every name.
        self.connection.execute(sql.encode(), dict(parameters or {}))

    def fetch(self, sql: str, parameters: Parameters | None = None) -> list[tuple[object, ...]]:
        """Run a query and give its rows."""
        return self.connection.execute(sql.encode(), dict(parameters or {})).fetchall()

    def _merged(self, merge: Merge, values: Parameters) -> Mapping[int, Written]:
        data = self.unsent.pop(merge.table.name, None)
        if data is None:
            written = upserted(self, merge, values)
        elif self._is_copied(merge, data, values):
            written = {part: Written(inserted=count) for part, count in merge.row_counts.items()}
        else:
            whole = self.stage(f"whole_{merge.table.name}", data)
            written = upserted(self, replace(merge, incoming=whole), values)
        for part, gone in removed(self, merge, values).items():
            written[part] = replace(written.get(part, Written()), deleted=gone)
        return written

    def _is_copied(self, merge: Merge, data: pa.Table, values: Parameters) -> bool:
        """Copy rows that are all new into their table; whether they were."""
        import psycopg

        if not postgres_new_rows.are_all_new(self, merge):
            return False
        try:
            with self.connection.transaction():
                self._copy(merge.target, postgres_new_rows.as_stored(merge.table, data, values))
        except psycopg.errors.UniqueViolation:
            # Another run has written one of them since.
            return False
        return True

    def _copy(self, relation: str, data: pa.Table) -> None:
        statement = self._plain(f"COPY {relation} ({self.dialect.names(data.column_names)}) FROM STDIN")
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            for chunk in copy_chunks(data):
                copy.write(chunk)

    def _alter(self, table: str, action: str) -> None:
        deadline = time.monotonic() + self.wait_seconds
        while not self._altered(f"ALTER TABLE {self.table(table)} {action}", is_last=time.monotonic() >= deadline):
            time.sleep(_PAUSE_SECONDS)

    def _altered(self, sql: str, *, is_last: bool) -> bool:
        """Try an ALTER TABLE for a moment: whether it was done. The last try raises."""
        import psycopg

        try:
            with self.connection.transaction():
                self.execute(f"SET LOCAL lock_timeout = '{_LONGEST_ALTER_WAIT}'")
                self.execute(sql)
        except psycopg.errors.LockNotAvailable:
            if is_last:
                raise
            return False
        return True

    @staticmethod
    def _plain(sql: str) -> bytes:
        return sql.replace("%%", "%").encode()
