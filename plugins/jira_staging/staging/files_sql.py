"""SQL that loads a run's Parquet files into Redshift, Databricks or BigQuery, and merges them as we do ourselves.

`python -m jira_staging.staging.files_sql DIALECT [MANIFEST]` prints it: for the tables that a manifest names, with the columns
of its custom fields, or for all tables. `{folder}` stands for the address of the schema's folder, `{run}` for the run's id, and
tables lie in a schema `jira`.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jira_staging.errors import StagingRefused
from jira_staging.staging.files_manifest import read_manifest
from jira_staging.tables import TABLES, ColumnType, Table

# Columns of our tables, and those of custom fields.
_OURS = re.compile(r"[a-z_][a-z0-9_]*")
OWN_WORK = ("_sync_state", "_sync_sweep")  # what only the next run needs, and the manifest carries


@dataclass(frozen=True)
class FileDialect:
    """How a warehouse spells what differs: types, JSON out of text, and how files become a relation."""

    quote: str
    types: Mapping[ColumnType, str]
    json_value: str
    relation: tuple[str, ...]
    deletes_from: str = "DELETE FROM {target} AS t WHERE {condition}"


_REDSHIFT = FileDialect(
    '"',
    {
        "bigint": "BIGINT",
        "integer": "INTEGER",
        "double": "DOUBLE PRECISION",
        "boolean": "BOOLEAN",
        "text": "VARCHAR(65535)",
        "timestamp": "TIMESTAMPTZ",
        "date": "DATE",
        "json": "SUPER",
    },
    "JSON_PARSE({})",
    (
        "DROP TABLE IF EXISTS {name}",
        "CREATE TEMP TABLE {name} ({columns})",
        "COPY {name} FROM '{place}' IAM_ROLE DEFAULT FORMAT AS PARQUET",
    ),
    "DELETE FROM {target} USING {target} AS t WHERE {same} AND {condition}",
)
_DATABRICKS = FileDialect(
    "`",
    {
        "bigint": "BIGINT",
        "integer": "INT",
        "double": "DOUBLE",
        "boolean": "BOOLEAN",
        "text": "STRING",
        "timestamp": "TIMESTAMP",
        "date": "DATE",
        "json": "VARIANT",
    },
    "PARSE_JSON({})",
    ("CREATE OR REPLACE TEMPORARY VIEW {name} AS SELECT * FROM PARQUET.`{place}`",),
)
_BIGQUERY = FileDialect(
    "`",
    {
        "bigint": "INT64",
        "integer": "INT64",
        "double": "FLOAT64",
        "boolean": "BOOL",
        "text": "STRING",
        "timestamp": "TIMESTAMP",
        "date": "DATE",
        "json": "JSON",
    },
    "PARSE_JSON({}, wide_number_mode => 'round')",
    ("CREATE OR REPLACE EXTERNAL TABLE jira.{name} ({columns}) OPTIONS (format = 'PARQUET', uris = ['{place}*.parquet'])",),
)
DIALECTS = {"redshift": _REDSHIFT, "databricks": _DATABRICKS, "bigquery": _BIGQUERY}


def load_statements(
    dialect_name: str, table: Table, columns: Mapping[str, ColumnType], new: Sequence[str] = ()
) -> Iterator[str]:
    """Make the table or its new columns, read the run's files, take away what is gone, put in what is new or newer."""
    loading = _Loading(DIALECTS[dialect_name], table, columns, "jira." if dialect_name == "bigquery" else "")
    yield loading.create()
    yield from loading.add(new)
    yield from loading.incoming("rows", f"data/{table.name}", columns)
    if table.absent != "keep":
        yield from loading.incoming("owners", f"owners/{table.name}", {"owner": "text"})
        yield loading.remove_gone()
    yield loading.remove_replaced()
    yield loading.insert()


@dataclass(frozen=True)
class _Loading:
    dialect: FileDialect
    table: Table
    columns: Mapping[str, ColumnType]
    prefix: str

    def create(self) -> str:
        return f"CREATE TABLE IF NOT EXISTS {self._target()} ({self._typed(self.columns, in_files=False)})"

    def add(self, columns: Iterable[str]) -> Iterator[str]:
        for name in columns:
            yield f"ALTER TABLE {self._target()} ADD COLUMN {self._typed({name: self.columns[name]}, in_files=False)}"

    def incoming(self, kind: str, place: str, columns: Mapping[str, ColumnType]) -> Iterator[str]:
        for statement in self.dialect.relation:
            yield statement.format(
                name=self._named(kind), columns=self._typed(columns, in_files=True), place="{folder}/" + place + "/run={run}/"
            )

    def remove_gone(self) -> str:
        """Rows of owners whose rows are all here, and which are not among them; an owner of null stands for everybody."""
        owners = f"{self.prefix}{self._named('owners')}"
        whole = f"EXISTS (SELECT 1 FROM {owners} WHERE owner IS NULL)"
        if self.table.owner:
            text = self.dialect.types["text"].partition("(")[0]
            owned = f"CAST(t.{self._name(self.table.owner)} AS {text}) IN (SELECT owner FROM {owners} WHERE owner IS NOT NULL)"
            whole = f"({whole} OR {owned})"
        return self._delete(f"{whole} AND NOT EXISTS (SELECT 1 FROM {self._rows()} AS s WHERE {self._same_key()})")

    def remove_replaced(self) -> str:
        """Rows of which the files have one that is not older."""
        version = self.table.version
        newer = f" AND NOT COALESCE(t.{self._name(version)} > s.{self._name(version)}, FALSE)" if version else ""
        return self._delete(f"EXISTS (SELECT 1 FROM {self._rows()} AS s WHERE {self._same_key()}{newer})")

    def insert(self) -> str:
        """The newest row of each key whose table has none, after those that it replaces were taken away."""
        names = ", ".join(map(self._name, self.columns))
        values = ", ".join(
            self.dialect.json_value.format(f"s.{self._name(name)}") if kind == "json" else f"s.{self._name(name)}"
            for name, kind in self.columns.items()
        )
        key = ", ".join(f"r.{self._name(name)}" for name in self.table.key)
        newest = [self.table.version] if self.table.version else []
        newest += ["_synced_at"] if "_synced_at" in self.columns else []
        order = ", ".join(f"r.{self._name(name)} DESC" for name in newest) or key
        numbered = f"SELECT r.*, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY {order}) AS row_of_key FROM {self._rows()} AS r"
        return (
            f"INSERT INTO {self._target()} ({names}) SELECT {values} FROM ({numbered}) AS s "
            f"WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM {self._target()} AS t WHERE {self._same_key()})"
        )

    def _delete(self, condition: str) -> str:
        same = " AND ".join(f"{self._target()}.{self._name(name)} = t.{self._name(name)}" for name in self.table.key)
        return self.dialect.deletes_from.format(target=self._target(), same=same, condition=condition)

    def _same_key(self) -> str:
        return " AND ".join(f"s.{self._name(name)} = t.{self._name(name)}" for name in self.table.key)

    def _typed(self, columns: Mapping[str, ColumnType], *, in_files: bool) -> str:
        # Files hold JSON as text.
        kinds = {name: "text" if in_files and kind == "json" else kind for name, kind in columns.items()}
        return ", ".join(f"{self._name(name)} {self.dialect.types[kind]}" for name, kind in kinds.items())

    def _target(self) -> str:
        return f"jira.{self._name(self.table.name)}"

    def _rows(self) -> str:
        return f"{self.prefix}{self._named('rows')}"

    def _named(self, kind: str) -> str:
        return self._name(f"run_{kind}_{self.table.name}")

    def _name(self, name: str) -> str:
        # A manifest lies where others may write, and may name any column.
        if not _OURS.fullmatch(name):
            raise StagingRefused(f"{name[:80]!r} is no column of ours, so no SQL is made of it. Look who wrote this manifest.")
        quote = self.dialect.quote
        return f"{quote}{name}{quote}"


def script(
    dialect_name: str, tables: Mapping[str, Mapping[str, ColumnType]], new: Mapping[str, Sequence[str]] | None = None
) -> str:
    """All statements for these tables and their columns, with a semicolon each.

    `new` names, by table, the columns that a table which earlier runs made does not have yet.
    """
    lines = [
        f"-- Loads one run's files into {dialect_name}: put the folder's address for {{folder}} and the run's id for {{run}}.",
        "-- Run the manifests in their order, the oldest first, and of each only the tables that it names.",
        "-- Made by `python -m jira_staging.staging.files_sql`; parsed by sqlglot, and never run on the warehouse itself.",
    ]
    for name, columns in tables.items():
        lines.append(f"\n-- {name}")
        statements = load_statements(dialect_name, TABLES[name], columns, (new or {}).get(name, ()))
        lines += [f"{statement};" for statement in statements]
    return "\n".join(lines) + "\n"


def all_tables() -> dict[str, dict[str, ColumnType]]:
    """Every table that a run may write, with the columns that every site has."""
    return {
        name: {column.name: column.type for column in table.all_columns}
        for name, table in TABLES.items()
        if name not in OWN_WORK
    }


def main(words: list[str]) -> str:
    """The script for a dialect, and for a manifest if there is one: the older ones beside it tell which columns are new."""
    if len(words) < 2:
        return script(words[0], all_tables())
    path = Path(words[1])
    manifest = read_manifest(path, path.read_bytes())
    known: dict[str, set[str]] = {}
    for older in sorted(path.parent.glob("*.json")):
        if older.name < path.name:
            for name, told in read_manifest(older, older.read_bytes()).tables.items():
                known.setdefault(name, set()).update(told.columns)
    tables = {name: told.columns for name, told in manifest.tables.items()}
    new = {name: [column for column in tables[name] if column not in known[name]] for name in tables if name in known}
    return script(words[0], tables, new)


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]))
