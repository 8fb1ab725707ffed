"""DuckDB's own spelling: its dialect, its catalogue, and one connection's work on one schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from jira_staging.staging import new_rows
from jira_staging.staging.merging import Merge
from jira_staging.staging.schema_building import Catalogue, add_column
from jira_staging.staging.sessions import Parameters, WrittenParts
from jira_staging.staging.sql_building import Dialect, placed
from jira_staging.staging.views import Spelling
from jira_staging.tables import ColumnType, Table

if TYPE_CHECKING:
    import duckdb

DIALECT = Dialect(
    types={
        "bigint": "BIGINT",
        "integer": "INTEGER",
        "double": "DOUBLE",
        "boolean": "BOOLEAN",
        "text": "VARCHAR",
        "timestamp": "TIMESTAMP WITH TIME ZONE",
        "date": "DATE",
        "json": "JSON",
    },
    parameter="${}",
    json_value="CAST({} AS JSON)",
    # Any other name of them is ambiguous, in one version of DuckDB or another, where the file is called like the schema.
    bare_tables_in_views=True,
    stages_for_nothing=True,
)


def spelling(schema: str) -> Spelling:
    """How views over this schema are written: without the database, so that they work also after the file was renamed."""
    return Spelling(
        DIALECT,
        schema,
        local_pattern="({0} AT TIME ZONE '{zone}')",
        moment_pattern="make_timestamptz({0} * 1000)",
        json_pattern="({0} ->> '$.{dots}')",
    )


@dataclass(frozen=True)
class DuckDBSession:
    """A connection in a transaction, on one schema. Arrow tables are read where they lie.

    Names are always given in full: in a file called like the schema, `jira.issue` alone means two things.
    """

    connection: "duckdb.DuckDBPyConnection"
    schema: str
    database: str
    aside: frozenset[str] = frozenset()
    dialect: Dialect = DIALECT

    @property
    def path(self) -> tuple[str, str]:
        """Database and schema: what stands before a table's name."""
        return (self.database, self.schema)

    def table(self, name: str) -> str:
        """The full quoted name of a staging table, or of the one beside it that a full load fills."""
        return self.dialect.name(*self.path, placed(name, self.aside))

    def columns(self, table: str) -> Mapping[str, str]:
        """The table's columns with the types that the catalogue names, in their order; empty without the table."""
        import duckdb

        # duckdb_columns() would describe every table of the database each time, at 8 ms; DESCRIBE takes three times as long.
        try:
            found = self.connection.table(self.table(table))
        except duckdb.CatalogException:
            return {}
        return dict(zip(found.columns, map(str, found.types), strict=True))

    def catalogue(self) -> Catalogue:
        """All that is in the schema: tables, views, comments."""
        here = {"database": self.database, "schema": self.schema}
        bound = "WHERE database_name = $database AND schema_name = $schema"
        views = self.fetch(f"SELECT view_name, comment FROM duckdb_views() {bound}", here)
        tables = self.fetch(f"SELECT table_name, comment FROM duckdb_tables() {bound}", here)
        columns = self.fetch(f"SELECT table_name, column_name, data_type, comment FROM duckdb_columns() {bound}", here)
        found: dict[str, dict[str, str]] = {str(name): {} for name, _ in tables}
        comments: dict[tuple[str, str | None], str] = {(str(name), None): str(text) for name, text in tables + views}
        for table, column, kind, text in columns:
            comments[str(table), str(column)] = str(text)
            if str(table) in found:
                found[str(table)][str(column)] = str(kind)
        return Catalogue(found, frozenset(str(name) for name, _ in views), comments)

    def comments_beside(self) -> dict[tuple[str, str], str]:
        """The comments of tables and views in the schemas beside this one, by the schema's end and name."""
        here = {"database": self.database, "start": f"{self.schema}_"}
        bound = "WHERE database_name = $database AND starts_with(schema_name, $start)"
        rows = self.fetch(
            f"SELECT schema_name, view_name, comment FROM duckdb_views() {bound} "
            f"UNION ALL SELECT schema_name, table_name, comment FROM duckdb_tables() {bound}",
            here,
        )
        return {(str(schema)[len(self.schema) + 1 :], str(name)): str(text) for schema, name, text in rows}

    def stage(self, name: str, data: pa.Table) -> str:
        """Let DuckDB see an Arrow table under a name; nothing is copied."""
        self.connection.register(name, data)
        return name

    def stage_rows(self, table: Table, data: pa.Table) -> str:
        """Stage a table's rows."""
        return self.stage(f"rows_{table.name}", data)

    def grow(self, table: str, new: Mapping[str, ColumnType]) -> None:
        """Add columns."""
        for name, column_type in new.items():
            self.execute(add_column(self.dialect, self.table(table), name, column_type))

    def key_by_run(self, table: str) -> None:
        """Nothing to do: no index keeps keys unique here."""

    def ready(self, merge: Merge) -> None:
        """Nothing to do: most merges turn out to need no table of verdicts."""

    def merge(self, merges: Sequence[Merge], values: Parameters) -> WrittenParts:
        """Compare all rows, then write what differs."""
        return new_rows.merged(self, merges, values)

    def begin(self) -> None:
        """Nothing to do: the transaction began with the connection, and DuckDB rolls DDL back with the rest."""

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement to its end."""
        self.connection.execute(sql, dict(parameters or {})).fetchall()

    def fetch(self, sql: str, parameters: Parameters | None = None) -> list[tuple[object, ...]]:
        """Run a query and give its rows."""
        return self.connection.execute(sql, dict(parameters or {})).fetchall()
