"""Views in schemas beside the staging tables: what one is, how each warehouse spells it, and how they are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from jira_staging.errors import StagingRefused
from jira_staging.staging.sessions import Session
from jira_staging.staging.sql_building import Dialect
from jira_staging.tables import TABLES, Column, ColumnType

# Stands in the comment of every view of ours, before the digest of what it was made from.
_STAMP = "jira-staging view "


@dataclass(frozen=True)
class View:
    """One view: `query` gives its columns by their names; `schema` is what stands behind the staging schema's name."""

    schema: str
    name: str
    meaning: str
    columns: tuple[Column, ...]
    query: str


@dataclass(frozen=True)
class Spelling:
    """How the queries of views are written for one warehouse and one schema of staging tables.

    `local_pattern` turns an instant into the wall clock of a time zone, `moment_pattern` epoch milliseconds into an instant,
    `json_pattern` is the text at a path of names in a JSON value, `days_pattern` the day so many days after another. `zone` is
    the site's time zone.
    `versioned` says that tables keep every run's rows, of which only the last run's count.
    """

    dialect: Dialect
    schema: str
    local_pattern: str
    moment_pattern: str
    json_pattern: str
    days_pattern: str = "({0} + CAST({1} AS integer))"
    zone: str = "UTC"
    versioned: bool = False

    def rows(self, table: str, more: Sequence[str] = ()) -> str:
        """The rows of a staging table that count, to stand behind FROM: none of what is gone. `more` are columns that it
        has beside ours: custom fields."""
        may_go = any(column.name == "_deleted_at" for column in TABLES[table].all_columns)
        return self._selected(table, ["_deleted_at IS NULL"] if may_go else [], more)

    def rows_ever(self, table: str) -> str:
        """The rows of a staging table, those of what is gone among them."""
        return self._selected(table, [])

    def view(self, schema: str, name: str) -> str:
        """The full name of another view of ours."""
        return self.dialect.name(f"{self.schema}_{schema}", name)

    def local(self, instant: str) -> str:
        """The wall clock in the site's zone."""
        return self.local_pattern.format(instant, zone=self.zone)

    def local_date(self, instant: str) -> str:
        """The day in the site's zone."""
        return f"CAST({self.local(instant)} AS date)"

    def utc(self, instant: str) -> str:
        """The wall clock in UTC."""
        return self.local_pattern.format(instant, zone="UTC")

    def utc_date(self, instant: str) -> str:
        """The day in UTC."""
        return f"CAST({self.utc(instant)} AS date)"

    def days_after(self, date: str, days: str) -> str:
        """The day so many days after another."""
        return f"CAST({self.days_pattern.format(date, days)} AS date)"

    def cast(self, expression: str, column_type: ColumnType) -> str:
        """The value as the warehouse's type."""
        return f"CAST({expression} AS {self.dialect.types[column_type]})"

    def column(self, name: str) -> str:
        """A column of a table, quoted: for those that are not ours to name."""
        return self.dialect.name(name)

    def moment(self, milliseconds: str) -> str:
        """An instant from epoch milliseconds."""
        return self.moment_pattern.format(milliseconds)

    def json_text(self, value: str, *path: str) -> str:
        """The text at a path in a JSON value; null where there is none."""
        return self.json_pattern.format(value, keys=",".join(path), dots=".".join(path))

    def statement(self, view: View) -> str:
        """DDL that makes the view or replaces it."""
        shown = ", ".join(
            f"{self.cast('q.' + self.dialect.name(column.name), column.type)} AS {self.dialect.name(column.name)}"
            for column in view.columns
        )
        name = self.view(view.schema, view.name)
        return f"CREATE OR REPLACE VIEW {name} {self.dialect.replaced_view}AS SELECT {shown} FROM ({view.query}) AS q"

    def _selected(self, table: str, tests: list[str], more: Sequence[str] = ()) -> str:
        name = self.dialect.name
        own = TABLES[table].group == "own"
        if self.versioned and not own:
            tests.append(f"_run_id = ({self._last_run(table)})")
        where = f" WHERE {' AND '.join(tests)}" if tests else ""
        columns = self.dialect.names([*(column.name for column in TABLES[table].all_columns), *more])
        return f"(SELECT {columns} FROM {name(self.schema, table)}{where})"

    def _last_run(self, table: str) -> str:
        runs = self.dialect.name(self.schema, "_sync_run")
        mine = f"FROM {runs} WHERE entity = '{table}' AND status = 'success'"
        return f"SELECT max(run_id) {mine} AND finished_at = (SELECT max(finished_at) {mine})"


def out_of_date(spelling: Spelling, views: Sequence[View], found: Mapping[tuple[str, str], str]) -> list[View]:
    """The views that are missing or were made from something else; `found` are the comments of what is there, by schema's
    end and name. Refuses a view or table that has one of our names and is not ours."""
    changed = []
    for view in views:
        there = found.get((view.schema, view.name))
        if there is not None and _STAMP not in there:
            raise StagingRefused(
                f"{spelling.schema}_{view.schema}.{view.name} is not ours, so the reporting views were left as they are. "
                "Rename it, or load with reporting_views=False."
            )
        if there is None or not there.endswith(_stamp(spelling, view)):
            changed.append(view)
    return changed


def make(session: Session, spelling: Spelling, views: Sequence[View]) -> None:
    """Make these views, or make them anew, with their comments."""
    for view in views:
        session.execute(spelling.statement(view))
        session.execute(f"COMMENT ON VIEW {spelling.view(view.schema, view.name)} IS {_comment(spelling, view)}")


def _comment(spelling: Spelling, view: View) -> str:
    return spelling.dialect.text(f"{view.meaning} {_stamp(spelling, view)}")


def _stamp(spelling: Spelling, view: View) -> str:
    return _STAMP + sha256(f"{view.meaning}{spelling.statement(view)}".encode()).hexdigest()[:16]
