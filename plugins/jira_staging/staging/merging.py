"""One table's part of a batch, and the conditions and values that all warehouses' merges are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jira_staging.records import GoneReason
from jira_staging.staging.sql_building import Dialect
from jira_staging.tables import ColumnType, Table


@dataclass(frozen=True)
class Merge:
    """One table's part of a batch. Relations are given as SQL: `target` the staging table, `incoming` the batch's rows.

    `columns` are those of `incoming` with their types, `existing` all of the target's. `owners` is a relation with the one
    column `owner`: the target's rows of these owners are compared (None: no row; with `whole_table`: every row). Rows that
    are newer in the table stay if it `keeps_newer`; `issues` is then the merge of the same batch's issues: children of issues
    that are newer in the table are held back like these.
    `gone_reason` is what rows get that are not in the batch any more; `row_counts` is how many rows `incoming` has of each part
    of the batch, and `parts` a relation with the columns `issue_id` and `part` (None: all is part 0).
    """

    dialect: Dialect
    table: Table
    target: str
    incoming: str
    columns: Mapping[str, ColumnType]
    existing: Sequence[str]
    owners: str | None = None
    whole_table: bool = False
    issues: "Merge | None" = None
    gone_reason: GoneReason = "missing"
    row_counts: Mapping[int, int] = field(default_factory=dict)
    parts: str | None = None
    keeps_newer: bool = True

    @property
    def row_count(self) -> int:
        """How many rows `incoming` has."""
        return sum(self.row_counts.values())

    @property
    def issue_column(self) -> str | None:
        """The column that says which issue a row belongs to, where the batch has parts."""
        return issue_column(self.table) if self.parts else None

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that the statements have: the instant and the run that changed rows get."""
        return ("now", "run_id") if self.table.house_columns else ()

    @property
    def compares(self) -> bool:
        """Whether rows may turn out to be gone."""
        return self.table.absent != "keep" and (self.whole_table or self.owners is not None)

    @property
    def house(self) -> dict[str, str]:
        """What our own columns get in every row that is written."""
        values = {"_synced_at": "now", "_run_id": "run_id"}
        return {
            column.name: self.dialect.typed(values[column.name], column.type)
            if column.name in values
            else f"CAST(NULL AS {self.dialect.types[column.type]})"
            for column in self.table.house_columns
        }

    @property
    def marks(self) -> dict[str, str]:
        """What our own columns get in a row that is gone and stays."""
        now, run_id = self.dialect.typed("now", "timestamp"), self.dialect.typed("run_id", "text")
        return {"_synced_at": now, "_run_id": run_id, "_deleted_at": now, "_deleted_reason": f"'{self.gone_reason}'"}

    def keeps_known(self, column: str) -> bool:
        """Whether a null leaves the column as it is: not where the whole table is given, which shows all there is to know."""
        return self.table.null_is_unknown and not self.whole_table and column not in self.table.key

    def value(self, column: str, new: str, old: str) -> str:
        """What a column of the batch is to hold, where `new` and `old` are the relations of the new and the stored row."""
        name = self.dialect.name(column)
        given = f"{new}.{name}"
        if self.columns[column] == "json":
            given = self.dialect.json_value.format(given)
        return f"COALESCE({given}, {old}.{name})" if self.keeps_known(column) else given

    def same_key(self, one: str, other: str) -> str:
        """Condition: the rows of these relations have one key."""
        name = self.dialect.name
        return " AND ".join(f"{one}.{name(key)} = {other}.{name(key)}" for key in self.table.key)

    def changed(self, new: str, old: str) -> str | None:
        """Condition: the new row differs from the stored one, or brings it back. None where no column could differ."""
        name = self.dialect.name
        differing = [
            f"{old}.{name(column)} IS DISTINCT FROM {self.value(column, new, old)}"
            for column in self.columns
            if column not in self.table.key
        ]
        if "_deleted_at" in self.house:
            differing.append(f"{old}.{name('_deleted_at')} IS NOT NULL")
        return " OR ".join(differing) or None

    def older(self, new: str, old: str) -> str | None:
        """Condition: the stored row is of a newer version. None where the table has no versions, or they do not count."""
        if self.table.version is None or not self.keeps_newer:
            return None
        version = self.dialect.name(self.table.version)
        return f"{old}.{version} > {new}.{version}"

    def gone(self, old: str, held_back: str | None) -> str:
        """Condition: the stored row is of an owner whose rows are all given, and not among them.

        `held_back` is a relation with the one column `id`: the issues whose stored version is newer.
        """
        name = self.dialect.name
        where = [f"NOT EXISTS (SELECT 1 FROM {self.incoming} AS s WHERE {self.same_key('s', old)})"]
        if not self.whole_table and self.table.owner:
            where.append(f"{old}.{name(self.table.owner)} IN (SELECT owner FROM {self.owners})")
        if self.table.absent == "mark":
            where.append(f"{old}.{name('_deleted_at')} IS NULL")
        if held_back:
            where.append(f"{old}.{name('issue_id')} NOT IN (SELECT id FROM {held_back})")
        return " AND ".join(where)

    def part_of(self, row: str) -> tuple[str, str]:
        """The part of the batch that a row of a relation belongs to, and the join that it takes."""
        if self.issue_column is None:
            return "0", ""
        column = self.dialect.name(self.issue_column)
        return "COALESCE(p.part, 0)", f" LEFT JOIN {self.parts} AS p ON p.issue_id = {row}.{column}"


def issue_column(table: Table) -> str | None:
    """The column of a table that says which issue a row belongs to; None where it belongs to none."""
    return "id" if table.name == "issue" else "issue_id" if table.owner == "issue_id" else None
