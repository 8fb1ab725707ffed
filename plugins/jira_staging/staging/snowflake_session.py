"""Snowflake's own spelling, and one connection's work on one schema."""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

import pyarrow as pa

from jira_staging.staging import comparing
from jira_staging.staging.arrow_rows import column_types
from jira_staging.staging.merging import Merge
from jira_staging.staging.schema_building import add_column
from jira_staging.staging.sessions import Parameters, WrittenParts
from jira_staging.staging.snowflake_files import ParquetFiles
from jira_staging.staging.snowflake_locks import LOCKS, LeasedLocks
from jira_staging.staging.snowflake_requests import Requests
from jira_staging.staging.sql_building import Dialect, placed
from jira_staging.tables import ColumnType, Table

DIALECT = Dialect(
    # As INFORMATION_SCHEMA spells them, which DDL takes, too.
    types={
        "bigint": "NUMBER(19,0)",
        "integer": "NUMBER(10,0)",
        "double": "FLOAT",
        "boolean": "BOOLEAN",
        "text": "TEXT",
        "timestamp": "TIMESTAMP_TZ",
        "date": "DATE",
        "json": "VARIANT",
    },
    parameter="%({})s",
    json_value="PARSE_JSON({})",
    percent="%%",
    upper_case=True,
    longest_name=255,
    passing_table="TRANSIENT TABLE",
    comments_inline=True,
    replaced_view="COPY GRANTS ",
)
# A stage that ends with its session.
STAGE = "_jira_staging_files"
_COLUMN_EXISTS = 1430


@dataclass(frozen=True)
class SnowflakeSession:
    """A connection on one schema, which is in use, so that its database need not be named.

    What is staged lies in temporary tables, which end with the session. DDL commits an open transaction: whatever makes or
    changes a table happens before `begin`. Each question costs a round trip: `known` are the columns of tables that were asked
    for before, and what is executed waits to be sent together, until something is fetched or committed.
    """

    requests: Requests
    schema: str
    known: MutableMapping[str, Mapping[str, str]]
    locks: LeasedLocks
    files: ParquetFiles
    aside: frozenset[str] = frozenset()
    dialect: Dialect = DIALECT

    def settle(self) -> None:
        """Use the schema, and make the stage in it that ends with the session."""
        self.execute(f"USE SCHEMA {self.dialect.name(self.schema)}")
        self.execute(f"CREATE TEMPORARY STAGE IF NOT EXISTS {self.dialect.name(STAGE)}")
        self.requests.send()

    def table(self, name: str) -> str:
        """The full quoted name of a staging table, or of the one beside it that a full load fills."""
        return self.dialect.name(self.schema, placed(name, self.aside))

    def columns(self, table: str) -> Mapping[str, str]:
        """The table's columns with the types that the catalogue names, in their order; empty without the table."""
        name = placed(table, self.aside)
        if name not in self.known:
            rows = self.fetch(
                "SELECT COLUMN_NAME, DATA_TYPE, NUMERIC_PRECISION, NUMERIC_SCALE FROM INFORMATION_SCHEMA.COLUMNS "
                "WHERE TABLE_SCHEMA = %(schema)s AND TABLE_NAME = %(table)s ORDER BY ORDINAL_POSITION",
                {"schema": self.schema.upper(), "table": name.upper()},
            )
            found = {str(column).lower(): spelled(*kind) for column, *kind in rows if is_folded(str(column))}
            if not found:
                return {}
            self.known[name] = found
        return self.known[name]

    def grow(self, table: str, new: Mapping[str, ColumnType]) -> None:
        """Add columns, all by one statement unless another run has just added one of them."""
        from snowflake.connector.errors import ProgrammingError

        columns = self.columns(table)
        listed = ", ".join(f"{self.dialect.name(name)} {self.dialect.types[kind]}" for name, kind in new.items())
        self.requests.send()
        try:
            self.execute(f"ALTER TABLE {self.table(table)} ADD COLUMN {listed}")
            self.requests.send()
        except ProgrammingError as error:
            if error.errno != _COLUMN_EXISTS:
                raise
            for name, kind in new.items():
                statement = add_column(self.dialect, self.table(table), name, kind)
                self.execute(statement.replace("ADD COLUMN", "ADD COLUMN IF NOT EXISTS", 1))
        self.known[placed(table, self.aside)] = {**columns, **{name: self.dialect.types[kind] for name, kind in new.items()}}

    def key_by_run(self, table: str) -> None:
        """Nothing to do: Snowflake does not enforce keys."""

    def stage(self, name: str, data: pa.Table) -> str:
        """Write a Parquet file for a temporary table; `send` brings all files of the batch there.

        Times travel as whole microseconds: how Snowflake reads Parquet's own depends on settings of the account.
        """
        relation, types = self.dialect.name(name), column_types(data)
        columns = ", ".join(
            f"{self.dialect.name(column)} {_STAGED.get(kind, self.dialect.types[kind])}" for column, kind in types.items()
        )
        self.execute(f"CREATE OR REPLACE TEMPORARY TABLE {relation} ({columns})")
        if data.num_rows:
            self.files.add(name, data)
        if "timestamp" not in types.values():
            return relation
        shown = ", ".join(_READ.get(kind, "{0}").format(self.dialect.name(column)) for column, kind in types.items())
        return f"(SELECT {shown} FROM {relation})"

    def stage_rows(self, table: Table, data: pa.Table) -> str:
        """Stage a table's rows."""
        return self.stage(f"rows_{table.name}", data)

    def ready(self, merge: Merge) -> None:
        """Make the table for the merge's verdicts."""
        self.execute(comparing.shape(merge).replace("CREATE", "CREATE OR REPLACE", 1))

    def send(self) -> None:
        """PUT the files that were staged, together; they are copied into their tables with what else waits."""
        # A path is used once: Snowflake remembers which files it has loaded.
        place = f"@{self.dialect.name(STAGE)}/{uuid4().hex}"
        with self.files.sent() as (folder, names):
            if names:
                self.requests.put(f"PUT 'file://{folder}/*' {place} AUTO_COMPRESS = FALSE OVERWRITE = TRUE")
        for name in names:
            self.execute(
                f"COPY INTO {self.dialect.name(name)} FROM {place}/{name}.parquet FILE_FORMAT = (TYPE = PARQUET) "
                "MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE PURGE = TRUE"
            )

    def begin(self) -> None:
        """Begin the transaction, after the one of another run that is open."""
        self.send()
        # Not BEGIN alone, which may also begin a block of Snowflake's scripting language.
        self.execute("BEGIN TRANSACTION")
        self.locks.stand_in_line(self.requests, self.table(LOCKS))

    def commit(self) -> None:
        """Commit, if the leases turn out to be ours still."""
        self.requests.send_to_be_read()
        # Its answer is looked at, so that no earlier statement of the request can have failed unseen.
        self.fetch("COMMIT")

    def merge(self, merges: Sequence[Merge], values: Parameters) -> WrittenParts:
        """Compare all rows, then MERGE what differs."""
        return comparing.merged(self, merges, values, lambda merge, _: [_merge_verdicts(merge)])

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement, with whatever comes before the next answer."""
        self.requests.add(sql, parameters)

    def fetch(self, sql: str, parameters: Parameters | None = None) -> list[tuple[object, ...]]:
        """Run a query, after all that waits, and give its rows."""
        return self.requests.answer(sql, parameters)


_STAGED: dict[ColumnType, str] = {"timestamp": "NUMBER(19,0)", "json": "TEXT"}
_READ: dict[ColumnType, str] = {"timestamp": "TO_TIMESTAMP_TZ({0}, 6) AS {0}"}


def spelled(kind: object, precision: object, scale: object) -> str:
    """A column's type as our dialect spells it, from INFORMATION_SCHEMA's parts."""
    return f"NUMBER({precision},{scale})" if kind == "NUMBER" else str(kind)


def is_folded(name: str) -> bool:
    """Whether it is in capitals, as all of our names are: what somebody else made in small letters is none that we mean."""
    return name == name.upper()


def _merge_verdicts(merge: Merge) -> str:
    """MERGE of the verdicts: one statement writes what is new, changed and gone."""
    name, key = merge.dialect.name, merge.table.key
    plain = [column for column in merge.existing if column not in key]
    removes = "WHEN MATCHED AND v._verdict = 'deleted' THEN DELETE\n" if merge.table.absent != "mark" else ""
    changed = "'updated', 'deleted'" if merge.table.absent == "mark" else "'updated'"
    sets = ", ".join(f"{name(column)} = v.{name(column)}" for column in plain)
    updates = f"WHEN MATCHED AND v._verdict IN ({changed}) THEN UPDATE SET {sets}\n" if plain else ""
    columns, given = merge.dialect.names(merge.existing), merge.dialect.names(merge.existing, "v.")
    return (
        f"MERGE INTO {merge.target} AS t USING {comparing.verdicts(merge)} AS v ON {merge.same_key('t', 'v')}\n"
        f"{removes}{updates}"
        f"WHEN NOT MATCHED AND v._verdict = 'inserted' THEN INSERT ({columns}) VALUES ({given})"
    )
