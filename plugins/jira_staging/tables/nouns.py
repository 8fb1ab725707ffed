"""What a staging table is made of: `Column` and `Table`, and the columns that every table of a kind has."""

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["bigint", "integer", "double", "boolean", "text", "timestamp", "date", "json"]
Group = Literal[
    "issues",
    "history",
    "people",
    "projects",
    "workflow",
    "fields",
    "agile",
    "service_management",
    "administration",
    "raw",
    "own",
]


@dataclass(frozen=True)
class Column:
    """One column: `source` is where Jira gives it (a path in the payload, or how it is computed).

    `timestamp` is with time zone, in UTC; `json` is jsonb in Postgres and VARIANT in Snowflake. `personal` marks names, e-mail
    addresses and free text; `person` that it holds a `user.id`, or may.
    """

    name: str
    type: ColumnType
    meaning: str
    source: str
    personal: bool = False
    person: bool = False


@dataclass(frozen=True)
class Table:
    """One staging table, its primary key, and what becomes of rows that Jira no longer gives.

    `owner` is the column whose values bound that comparison (`issue_id`: the rows of the issues just read; None: the whole
    table). `absent` says what happens to rows that are gone: `mark` sets `_deleted_at` and `_deleted_reason`, `delete`
    removes them (memberships), `keep` leaves them; `replace` removes what was computed anew and marks the rows of issues that
    are gone. `version` names the column that keeps an older row from replacing a newer one. `null_is_unknown` says that a null
    in a new row does not replace what the table knows: such rows come from places that show only a part. `on_request` says that
    it costs at least a request an issue, or is of use to administrators alone: it is loaded only where it is asked for by its
    name or its group.
    """

    name: str
    group: Group
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    owner: str | None = None
    absent: Literal["mark", "delete", "replace", "keep"] = "mark"
    version: str | None = None
    null_is_unknown: bool = False
    on_request: bool = False

    @property
    def house_columns(self) -> tuple[Column, ...]:
        """The columns that we add: when and by which run the row last changed here, and since when it is gone."""
        if self.group == "own":
            return ()
        return SYNC_COLUMNS if self.absent == "delete" else SYNC_COLUMNS + DELETION_COLUMNS

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Every column in the order of the table."""
        return self.columns + self.house_columns

    def column(self, name: str) -> Column:
        """The column of this name. Raises KeyError."""
        for column in self.all_columns:
            if column.name == name:
                return column
        raise KeyError(name)


SYNC_COLUMNS = (
    Column("_synced_at", "timestamp", "When the row last changed here", "our clock"),
    Column("_run_id", "text", "The run that last changed it: `_sync_run.run_id`", "our own UUID"),
)
DELETION_COLUMNS = (
    Column("_deleted_at", "timestamp", "When we found that Jira no longer has it; null while it has", "our clock"),
    Column("_deleted_reason", "text", "Why it is gone: what Jira said, or `missing` where Jira does not tell", "computed"),
)


def in_turns(owners: str) -> str:
    """What is said of a table whose rows are read of some owners a run."""
    return (
        f" Where there are more than ten {owners}, a run reads those whose turn it is, each at least in every seventh run; a "
        "new or renamed one at once (`_sync_state` says when each was read), and `full` reads all."
    )
