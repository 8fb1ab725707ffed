"""What is read of a site becomes rows: lists that fill a table, lists that something owns, and what may not be read."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from jira_staging.entities.flattened import Flattened
from jira_staging.entities.site_wide import flatten_site_wide
from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.in_order import in_order
from jira_staging.jira_api.owned_lists import OwnedLists, Owner
from jira_staging.jira_api.paging import Items
from jira_staging.owner_turns import OwnerTurns, Turn
from jira_staging.records import Batch, Report, SyncState
from jira_staging.role_turns import RoleTurns
from jira_staging.run_logs import RunLog
from jira_staging.site_lists import TableReading
from jira_staging.tables import SITE_SCOPE, TABLES

log = RunLog(__name__)

# Tables with a row of each owner, also of those whose turn it is not.
LISTED = ("board",)


@dataclass
class SiteTables:
    """Takes in lists for the asked-for tables that belong to no issue, until they are published together.

    Without `turns` everything is read of all owners, and it is not remembered when; `states` is what is to be remembered.
    """

    jira: JiraClient
    entities: Collection[str]
    report: Report
    turns: RoleTurns | None = None
    states: tuple[SyncState, ...] = ()
    _read: list[Flattened] = field(default_factory=list)
    _refusals: dict[str, JiraNotPermitted] = field(default_factory=dict)

    @cached_property
    def read_at(self) -> int:
        """When these lists are read, in epoch milliseconds by Jira's clock: asked for once, since it takes a request."""
        return self.jira.now()

    def batch(self) -> Batch:
        """All that was taken in."""
        # Which column holds which field must be known to later runs, asked for or not.
        wanted = {*self.entities, "field_column"}
        rows = tuple(rows for flattened in self._read for rows in flattened.rows if rows.table in wanted)
        rejected = tuple(row for flattened in self._read for row in flattened.rejected)
        return Batch(SITE_SCOPE, rows, rejected, states=self.states)

    def read_all(self, readings: Iterable[TableReading[Any]]) -> None:
        """Fetch what is asked for, several at once, and take it in, one after the other."""
        wanted = [reading for reading in readings if not set(self.entities).isdisjoint(reading.tables)]
        with closing(in_order(self.jira, [reading.act for reading in wanted])) as results:
            for reading, result in zip(wanted, results, strict=True):
                if isinstance(result, JiraNotPermitted):
                    self.note_refused(reading.tables, result)
                else:
                    reading.take(result)

    def note_refused(self, tables: Sequence[str], refusal: JiraNotPermitted) -> None:
        """Leave these tables as they are, since the account may not read them."""
        wanted = [name for name in tables if name in self.entities]
        self._refusals |= dict.fromkeys(wanted, refusal)
        self.leave(wanted, f"not permitted: {refusal}")

    def leave(self, names: Sequence[str], why: str) -> None:
        """Leave these tables as they are."""
        self.report.refused.update(names)
        for name in names:
            self.report.tally(name, SITE_SCOPE).message = why

    def tell_refusals(self) -> None:
        """One note for all tables that this account may not read: without administrator's rights they are many."""
        if not self._refusals:
            return
        names, refusal = ", ".join(self._refusals), next(iter(self._refusals.values()))
        left = "its table was left as it is" if len(self._refusals) == 1 else "their tables were left as they are"
        self.report.notes.append(f"{names}: not permitted, so {left}. {refusal}")
        log.warning("%s: not permitted to this account, so %s: %s", names, left, refusal)

    def list_of(
        self, name: str, fetch: Callable[[], Iterable[Items]], owners: Sequence[int] | None
    ) -> TableReading[list[Items]]:
        """A list that fills one table."""

        def take(pages: list[Items]) -> None:
            self.add(name, flatten_site_wide(name, [json_array(page) for page in pages], owners=owners))

        return TableReading([name], lambda: list(fetch()), take)

    def owned_by(
        self, tables: Sequence[str], fetch: Callable[[], Iterable[OwnedLists]], *, is_all: bool, turn: Turn | None = None
    ) -> TableReading[list[OwnedLists]]:
        """What is read of each owner. `is_all`: there are no other owners, so what is not there is gone.

        With a `turn`, only of those that are due: the others keep their rows, and those that are gone do not.
        """

        def take(told: list[OwnedLists]) -> None:
            self._note_refusals(tables, told)
            complete = [lists.owner for lists in told if lists.is_complete]
            is_known = is_all and all(lists.is_complete or lists.waits for lists in told)
            is_whole = is_known and not (turn and turn.waiting)
            for name in tables:
                pages = [json_array(lists.lists.get(name, [])) for lists in told]
                owners = [*complete, *(turn.gone_from(name) if turn else ())] if TABLES[name].owner else ()
                is_listed = is_known and name in LISTED
                self.add(name, flatten_site_wide(name, pages, owners=None if is_whole or is_listed else owners))
            if turn:
                self._note_turn(tables, turn, complete)

        return TableReading(tables, lambda: list(fetch()), take)

    def turn_of(self, owner: str, tables: Sequence[str], listed: Mapping[Owner, msgspec.Raw], *, is_all: bool) -> Turn | None:
        """Whose turn it is among these owners, with what Jira's list says of each; None where all of them are read."""
        asked = tuple(name for name in tables if name in self.entities)
        if self.turns is None or not asked:
            return None
        return OwnerTurns(self.turns.staging, self.turns.site, owner, asked, self.turns.full).turn(listed, is_all=is_all)

    def wait_for_turns(self, table: str, owners: str, due: int, count: int) -> None:
        """Say how many owners of a table's rows wait for their turn, and keep their rows."""
        if count > due:
            tally = self.report.tally(table, SITE_SCOPE)
            tally.message = f"{tally.message} {count - due:,} of {count:,} {owners} wait for their turn.".lstrip()

    def add(self, name: str, flattened: Flattened) -> None:
        """Take in rows, and count what they cost."""
        self.report.count_traffic(self.report.tally(name, SITE_SCOPE), astuple(self.jira.traffic))
        self._read.append(flattened)

    def _note_turn(self, tables: Sequence[str], turn: Turn, complete: Sequence[Owner]) -> None:
        """Remember who was read, and say how many were not."""
        self.states += (turn.state(complete, self.read_at),)
        for name in tables:
            if name in self.entities:
                self.wait_for_turns(name, f"{turn.owner}s", len(turn.due), len(turn.marks))

    def _note_refusals(self, tables: Sequence[str], told: Sequence[OwnedLists]) -> None:
        """Say in `_sync_run` which owners have no such list, and in the report too which could not be read."""
        wanted = [name for name in tables if name in self.entities]
        refused = [lists for lists in told if lists.refusal]
        if not refused:
            return
        for name in wanted:
            self.report.tally(
                name, SITE_SCOPE
            ).message = f"{len(refused)} of {len(told)} have none, such as: {refused[0].refusal}"
        unread = [lists for lists in refused if not lists.is_complete]
        if unread:
            note = f"{', '.join(wanted)}: {len(unread)} of {len(told)} could not be read."
            self.report.notes.append(f"{note} {unread[0].refusal}")
            log.warning("%s %s", note, unread[0].refusal)


def json_array(items: Items) -> bytes:
    """The items as one JSON array."""
    return b"[" + b",".join(bytes(item) for item in items) + b"]"
