"""The SQL that all warehouses share; what differs between them is in `Dialect`.

Names are quoted by one function. Values never stand in SQL: they travel as parameters or as Arrow.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jira_staging.errors import StagingRefused
from jira_staging.tables import ColumnType, Table


@dataclass(frozen=True)
class Dialect:
    """One warehouse's spelling: its column types, its named parameters, and how an incoming JSON text becomes JSON.

    `types` are spelled as the warehouse's own catalogue spells them. `parameter` and `json_value` are patterns with `{}` for
    the name and the value. `upper_case` folds our own names, which are lower case, as a warehouse does whose unquoted names
    are upper case. `bare_tables_in_views` says that a view finds the tables of its own schema by their bare names.
    """

    types: Mapping[ColumnType, str]
    parameter: str
    json_value: str = "{}"
    upper_case: bool = False
    bare_tables_in_views: bool = False

    def name(self, *path: str) -> str:
        """A quoted identifier, or a dotted path of them. Refuses what no identifier can be."""
        if not all(path) or any("\0" in part for part in path):
            raise StagingRefused(f"{'.'.join(path)!r} cannot be a name in a database: it is empty or holds a NUL character.")
        return ".".join('"' + (part.upper() if self.upper_case else part).replace('"', '""') + '"' for part in path)

    def names(self, columns: Iterable[str], alias: str = "") -> str:
        """A comma-separated list of columns, each of the relation called `alias`."""
        return ", ".join(alias + self.name(column) for column in columns)

    def value(self, parameter: str) -> str:
        """The place of a named parameter."""
        return self.parameter.format(parameter)

    def typed(self, parameter: str, column_type: ColumnType) -> str:
        """The place of a named parameter that becomes a column of this type, also when it is null."""
        value = self.value(parameter)
        return self.json_value.format(value) if column_type == "json" else f"CAST({value} AS {self.types[column_type]})"

    def column_type(self, stored: str) -> ColumnType | None:
        """Which of our types a column has, by the name that the warehouse's catalogue gives it; None if none of them."""
        return next((ours for ours, theirs in self.types.items() if theirs == stored), None)


@dataclass(frozen=True)
class Merge:
    """One table's part of a batch. Relations are given as SQL: `target` the staging table, `incoming` the batch's rows.

    `columns` are those of `incoming` with their types, `existing` all of the target's. `owners` is a relation with the one
    column `owner`: the target's rows of these owners are compared (None: no row; with `whole_table`: every row). `held_back`
    is a relation with the one column `id`: issues of which the target has a newer version, so their children stay too.
    """

    dialect: Dialect
    table: Table
    target: str
    incoming: str
    columns: Mapping[str, ColumnType]
    existing: Sequence[str]
    owners: str | None = None
    whole_table: bool = False
    held_back: str | None = None

    def shape(self, verdicts: str) -> str:
        """DDL of the empty temporary table that takes `verdicts`."""
        columns = self.dialect.names(self.existing)
        text = self.dialect.types["text"]
        return (
            f"CREATE TEMPORARY TABLE {verdicts} AS "
            f"SELECT {columns}, CAST(NULL AS {text}) AS _verdict FROM {self.target} LIMIT 0"
        )

    def fill(self, verdicts: str) -> str:
        """INSERT of every row of the batch as it would be written, with `_verdict`, and of those that are gone."""
        gone = f"\nUNION ALL\n{self._gone}" if self._compares else ""
        return f"INSERT INTO {verdicts} {self._coming}{gone}"

    def delete(self, verdicts: str) -> str:
        """DELETE of the stored rows that changed or are gone."""
        keys = self.dialect.names(self.table.key)
        replaced = f"SELECT {keys} FROM {verdicts} WHERE _verdict IN ('updated', 'deleted')"
        return f"DELETE FROM {self.target} WHERE ({keys}) IN ({replaced})"

    def insert(self, verdicts: str) -> str:
        """INSERT of the rows that are new, changed or, where the table marks them, gone."""
        written = "'inserted', 'updated', 'deleted'" if self.table.absent == "mark" else "'inserted', 'updated'"
        columns = self.dialect.names(self.existing)
        return f"INSERT INTO {self.target} ({columns}) SELECT {columns} FROM {verdicts} WHERE _verdict IN ({written})"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters of `fill`: the instant and the run that changed rows get."""
        return ("now", "run_id") if self.table.house_columns else ()

    @property
    def _compares(self) -> bool:
        return self.table.absent != "keep" and (self.whole_table or self.owners is not None)

    @property
    def _coming(self) -> str:
        values = ", ".join(f"{self._written(column)} AS {self.dialect.name(column)}" for column in self.existing)
        join = self._same_key("s", "t")
        return (
            f"SELECT {values}, CASE {' '.join(self._cases())} ELSE 'unchanged' END AS _verdict\n"
            f"FROM {self.incoming} AS s LEFT JOIN {self.target} AS t ON {join}"
        )

    def _cases(self) -> list[str]:
        name = self.dialect.name
        cases = [f"WHEN t.{name(self.table.key[0])} IS NULL THEN 'inserted'"]
        if self.table.version:
            version = name(self.table.version)
            cases.append(f"WHEN t.{version} > s.{version} THEN 'held_back'")
        if self.held_back:
            cases.insert(0, f"WHEN s.{name('issue_id')} IN (SELECT id FROM {self.held_back}) THEN 'held_back'")
        changed = [
            f"t.{name(column)} IS DISTINCT FROM {self._written(column)}"
            for column in self.columns
            if column not in self.table.key
        ]
        if self._has("_deleted_at"):
            changed.append(f"t.{name('_deleted_at')} IS NOT NULL")
        return [*cases, f"WHEN {' OR '.join(changed)} THEN 'updated'"] if changed else cases

    @property
    def _gone(self) -> str:
        name = self.dialect.name
        values = ", ".join(f"{self._left_behind(column)} AS {name(column)}" for column in self.existing)
        where = [f"NOT EXISTS (SELECT 1 FROM {self.incoming} AS s WHERE {self._same_key('s', 't')})"]
        if not self.whole_table and self.table.owner:
            where.append(f"t.{name(self.table.owner)} IN (SELECT owner FROM {self.owners})")
        if self.table.absent == "mark":
            where.append(f"t.{name('_deleted_at')} IS NULL")
        if self.held_back:
            where.append(f"t.{name('issue_id')} NOT IN (SELECT id FROM {self.held_back})")
        return f"SELECT {values}, 'deleted' AS _verdict\nFROM {self.target} AS t WHERE {' AND '.join(where)}"

    def _written(self, column: str) -> str:
        """The value that a row of the batch gives this column, in terms of `s` (incoming) and `t` (stored)."""
        name = self.dialect.name(column)
        house = {"_synced_at": "now", "_run_id": "run_id"}
        if self.table.house_columns and column in house:
            return self.dialect.value(house[column])
        if self._has(column) and column in ("_deleted_at", "_deleted_reason"):
            return f"CAST(NULL AS {self.dialect.types[self.table.column(column).type]})"
        if column not in self.columns:
            return f"t.{name}"
        value = self.dialect.json_value.format(f"s.{name}") if self.columns[column] == "json" else f"s.{name}"
        return f"COALESCE({value}, t.{name})" if self.table.null_is_unknown and column not in self.table.key else value

    def _left_behind(self, column: str) -> str:
        """The value that a row keeps or gets when the batch shows that it is gone."""
        marks = {"_synced_at": "now", "_run_id": "run_id", "_deleted_at": "now"}
        if self.table.absent == "mark" and column in marks:
            return self.dialect.value(marks[column])
        if self.table.absent == "mark" and column == "_deleted_reason":
            return "'missing'"
        return f"t.{self.dialect.name(column)}"

    def _same_key(self, one: str, other: str) -> str:
        return " AND ".join(f"{one}.{self.dialect.name(key)} = {other}.{self.dialect.name(key)}" for key in self.table.key)

    def _has(self, column: str) -> bool:
        return any(house.name == column for house in self.table.house_columns)
