"""The SQL that all warehouses share; what differs between them is in `Dialect`.

Names are quoted by one function. Values never stand in SQL: they travel as parameters or as Arrow.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from jira_staging.errors import StagingRefused
from jira_staging.tables import ColumnType


def placed(table: str, aside: Collection[str]) -> str:
    """The name under which a table lies: beside the real one while a full load fills it."""
    return aside_name(table) if table in aside else table


def aside_name(table: str) -> str:
    """The table in which a full load gathers what becomes the real one's rows."""
    return f"_aside_{table}"


@dataclass(frozen=True)
class Dialect:
    """One warehouse's spelling: its column types, its named parameters, and how an incoming JSON text becomes JSON.

    - `types` are spelled as the warehouse's own catalogue spells them.
    - `parameter` and `json_value` are patterns with `{}` for the name and the value.
    - `upper_case` folds our own names, which are lower case, as a warehouse does whose unquoted names are upper case.
    - `bare_tables_in_views`: a view finds the tables of its own schema by their bare names.
    - `percent` is how a per cent sign is written beside parameters.
    - `longest_name` is in bytes, where a longer name would be cut off without a word.
    - `enforces_keys`: the tables are made with primary keys.
    - `lasting_table` and `passing_table` are kinds of tables; the latter is cheap because it need not survive a crash.
    - `comments_inline`: columns get their comments where they are made, since each statement is a round trip.
    - `stages_for_nothing`: rows are read where they lie, so they may be staged at any time.
    - `replaced_view` is said of a view that takes another one's place.
    """

    types: Mapping[ColumnType, str]
    parameter: str
    json_value: str = "{}"
    upper_case: bool = False
    bare_tables_in_views: bool = False
    percent: str = "%"
    longest_name: int | None = None
    enforces_keys: bool = False
    lasting_table: str = "TABLE"
    passing_table: str = "TABLE"
    comments_inline: bool = False
    stages_for_nothing: bool = False
    replaced_view: str = ""

    def name(self, *path: str) -> str:
        """A quoted identifier, or a dotted path of them. Refuses what no identifier can be."""
        return ".".join(self.kept_name(part.upper() if self.upper_case else part) for part in path)

    def kept_name(self, name: str) -> str:
        """A quoted identifier kept exactly as it is: display names, which no dialect folds."""
        if not name or "\0" in name:
            raise StagingRefused(f"{name!r} cannot be a name in a database: it is empty or holds a NUL character.")
        if self.longest_name is not None and len(name.encode()) > self.longest_name:
            raise StagingRefused(f"{name!r} is too long for a name in this database: at most {self.longest_name} bytes.")
        return self._escaped('"', name)

    def text(self, text: str) -> str:
        """A literal. For comments, which take no parameters, and for queries that people copy; no text comes from outside."""
        return self._escaped("'", text)

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

    def _escaped(self, quote: str, text: str) -> str:
        return quote + text.replace(quote, quote * 2).replace("%", self.percent) + quote
