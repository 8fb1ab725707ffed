"""What a run is asked for, how far it came, and what it publishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    # A DAG's file is read every half minute and comes here for its operator: it must not wait for Arrow each time.
    import pyarrow as pa

LoadStrategy = Literal["merge", "append", "replace", "truncate_insert", "fail_if_exists"]
# What a failed check does: it is told in any case.
Checks = Literal["warn", "fail"]
# What becomes of names, e-mail addresses and free text.
PersonalData = Literal["keep", "hash", "drop"]
GoneReason = Literal["deleted", "archived", "moved_out_of_scope", "out_of_scope", "project_not_visible", "missing"]


@dataclass(frozen=True)
class SyncRequest:
    """What one run is asked to copy. Empty `projects` means all that the account sees; `entities` are table names.

    `lookback_hours` is how far behind the watermark a sweep starts, since Jira's search index lags; `limit` makes a
    sample run, which neither reads nor moves a watermark; `raw` keeps what Jira answers, too. With
    `census_follows`, rows are counted after that. `reporting_views` keeps the views for reporting, whose days are those of
    `reporting_time_zone` (None: the account's).
    """

    projects: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    jql: str | None = None
    entities: tuple[str, ...] = ()
    include_fields: tuple[str, ...] = ()
    exclude_fields: tuple[str, ...] = ()
    limit: int | None = None
    load_strategy: LoadStrategy = "merge"
    full: bool = False
    lookback_hours: float = 12.0
    raw: bool = False
    census_follows: bool = False
    reporting_views: bool = True
    reporting_time_zone: str | None = None


@dataclass(frozen=True)
class FieldChoice:
    """Which fields are wanted, by their ids: of custom fields `included` alone (None for all), and none that is `excluded`."""

    included: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()

    def beyond(self, other: FieldChoice) -> tuple[str, ...]:
        """What this one wants and the other does not."""
        names = sorted(other.excluded - self.excluded)
        if other.included is not None:
            names += ["every other custom field"] if self.included is None else sorted(self.included - other.included)
        return tuple(names)

    def shared_with(self, other: FieldChoice) -> FieldChoice:
        """What both want."""
        narrow = [one.included for one in (self, other) if one.included is not None]
        return FieldChoice(frozenset.intersection(*narrow) if narrow else None, self.excluded | other.excluded)


@dataclass(frozen=True)
class CensusRequest:
    """What a census compares: the projects, components, JQL and fields of `selection`, given as the sync has them.

    `comment_days` is how long ago an issue may have been updated whose comments are compared too, None for any. Of a project
    that Jira still shows, no more than the share `max_missing` of its issues may become `missing` at once.
    """

    selection: SyncRequest = SyncRequest()
    comment_days: int | None = 90
    max_missing: float = 0.2


@dataclass(frozen=True)
class PersonalFields:
    """What a site's fields hold: ids of those that hold people, ids of those that hold neither people nor free text, and the
    columns of `issue` (and their types) that hold free text in custom fields.
    """

    people: frozenset[str]
    harmless: frozenset[str]
    columns: dict[str, str]


@dataclass(frozen=True)
class Scope:
    """What has a watermark of its own: one project (by key), or one JQL (by its hash).

    `name` is what the tables hold: `project:<id>` or `jql:<hash>`. A project's scope goes by its id, so a renamed key keeps its
    watermark. `jql` restricts a search to the scope; `label` is what people read.
    """

    name: str
    label: str
    jql: str
    project_id: int | None = None


@dataclass(frozen=True)
class SyncState:
    """How far a scope was read: everything updated before `watermark` (epoch milliseconds by Jira's clock) is in the tables.

    `fingerprint` is JSON of what was asked (entities, fields, JQL): what is new in it is loaded from its beginning.
    """

    site: str
    entity: str
    scope: str
    watermark: int | None
    fingerprint: str


@dataclass(frozen=True)
class Rows:
    """Rows for one staging table, columns as `tables` names them, without the house columns.

    `owners` bounds what the rows are complete for: the values of the table's owner column whose rows are all here (the ids of
    a batch's issues, the ids of the projects read), so that what the table has beyond them is gone. None: the whole table
    is here. An empty tuple: nothing is compared. `gone_reason` is why such rows are gone: `deleted` only where Jira says so.
    """

    table: str
    data: pa.Table
    owners: Sequence[int | str] | None = ()
    gone_reason: GoneReason = "missing"


@dataclass(frozen=True)
class Gone:
    """Issues that Jira no longer gives, and why: `missing` where Jira does not tell whether they are deleted or hidden.

    Without a reason they are not gone: only the scope has them no longer, and another one does.
    """

    reason: GoneReason | None
    issue_ids: Sequence[int]


@dataclass(frozen=True)
class FullLoad:
    """What becomes of whole tables when all that they are to hold was gathered aside: `append` adds it, all others replace.

    `states` says from now on how the tables are loaded. `may_grow`: `issue` gets the columns that it lacks. `unread` are
    tables of which nothing could be read, so they stay as they are.
    """

    strategy: LoadStrategy
    tables: tuple[str, ...]
    states: tuple[SyncState, ...]
    may_grow: bool = True
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True)
class RejectedRow:
    """A payload, or a part of one, that could not become a row. `payload` is JSON text."""

    entity: str
    source_id: str
    reason: str
    payload: str


@dataclass(frozen=True)
class Share:
    """What one scope has in a batch of several: its issues, by which rows are its own, and what it alone has.

    `swept` are the issue ids that leave the scope's stored sweep.
    """

    scope: str
    issue_ids: Sequence[int] = ()
    rejected: tuple[RejectedRow, ...] = ()
    swept: Sequence[int] = ()


@dataclass(frozen=True)
class Batch:
    """What is published in one transaction: rows of one scope, and all that must be true together with them.

    `swept` are the issue ids that leave the stored sweep with it; `states` moves watermarks, a scope's with its last batch
    only. Among `rows` are also those of the scopes in `beside`, which are projects; what belongs to no issue is counted for
    `scope`. `keeps_newer`: a row that the table has in a newer version stays; otherwise what Jira says now holds.
    """

    scope: str
    rows: tuple[Rows, ...]
    rejected: tuple[RejectedRow, ...] = ()
    swept: Sequence[int] = ()
    states: tuple[SyncState, ...] = ()
    beside: tuple[Share, ...] = ()
    keeps_newer: bool = True

    @property
    def shares(self) -> tuple[Share, ...]:
        """What each scope has in it: the first has what no other one has."""
        return (Share(self.scope, (), self.rejected, self.swept), *self.beside)

    @property
    def all_rejected(self) -> list[RejectedRow]:
        """The rejected rows of all scopes."""
        return [row for share in self.shares for row in share.rejected]
