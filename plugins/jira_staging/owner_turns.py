"""What groups and boards own takes a request or more of each, so they take turns: a night reads some, a week all of them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from jira_staging.jira_api.owned_lists import Owner
from jira_staging.records import SyncState
from jira_staging.staging import Staging
from jira_staging.tables import TABLES

# Each is read at least in every seventh run that reads such lists. So few as ten are all read, every time.
NIGHTS = 7
FEWEST = 10
# The scope under which `_sync_state` remembers, in one row for each reading, when every owner was read.
_SITE = "site"


@dataclass(frozen=True)
class Turn:
    """Of the owners that Jira lists, those that are `due`; `gone` are those that were read once and are listed no longer.

    `marks` say what Jira's list and our tables are for each owner; `before` is what is remembered: by owner its mark and when
    it was read.
    """

    site: str
    owner: str
    entity: str
    due: frozenset[Owner]
    gone: tuple[str, ...]
    marks: Mapping[Owner, str] = field(repr=False)
    before: Mapping[str, tuple[str, int]] = field(repr=False)

    @property
    def waiting(self) -> int:
        """How many owners wait for their turn, and keep their rows."""
        return len(self.marks) - len(self.due)

    def gone_from(self, table: str) -> list[Owner]:
        """The owners that are gone, as the table spells them."""
        named = TABLES[table]
        is_number = named.owner is not None and named.column(named.owner).type == "bigint"
        return [int(owner) if is_number else owner for owner in self.gone]

    def state(self, complete: Iterable[Owner], read_at: int) -> SyncState:
        """What says that these owners' lists were read at this time (epoch milliseconds by Jira's clock).

        Those that were due and could not be read are due again, beside the others, and take nobody's turn.
        """
        remembered = {owner: list(known) for owner, known in self.before.items() if owner not in self.gone}
        remembered |= {str(owner): ["", read_at] for owner in self.due}
        remembered |= {str(owner): [self.marks[owner], read_at] for owner in complete}
        return SyncState(self.site, self.entity, _SITE, None, json.dumps(remembered, sort_keys=True))


@dataclass(frozen=True)
class OwnerTurns:
    """Whose turn it is. `owner` is what they are, `tables` those asked for that reading one fills; `full`: all are due."""

    staging: Staging
    site: str
    owner: str
    tables: tuple[str, ...]
    full: bool = False

    def turn(self, listed: Mapping[Owner, msgspec.Raw], *, is_all: bool) -> Turn:
        """Of these owners, with what Jira's list says of each. `is_all`: there are no others.

        Due is who was never read, who is listed otherwise than when it was read, and of the others a seventh, the longest
        unread.
        """
        entity = self.tables[0]
        where = {"site": [self.site], "entity": [entity], "scope": [_SITE]}
        told = self.staging.read("_sync_state", ["fingerprint"], where)["fingerprint"].to_pylist()
        before = {owner: (str(mark), int(at)) for owner, (mark, at) in json.loads(told[0]).items()} if told else {}
        marks = {owner: self._mark(payload) for owner, payload in listed.items()}
        same = [owner for owner, mark in marks.items() if before.get(str(owner), ("", 0))[0] == mark]
        same.sort(key=lambda owner: (before[str(owner)][1], str(owner)))
        read_again = len(same) if self.full else max(FEWEST, -(-len(marks) // NIGHTS))
        due = frozenset((*(marks.keys() - set(same)), *same[:read_again]))
        gone = sorted(set(before) - {str(owner) for owner in listed}) if is_all else ()
        return Turn(self.site, self.owner, entity, due, tuple(gone), marks, before)

    def _mark(self, payload: msgspec.Raw) -> str:
        # A table that was not asked for then, or has another column since, makes all of them be read anew.
        shape = ";".join(f"{name}:{','.join(column.name for column in TABLES[name].columns)}" for name in self.tables)
        return hashlib.sha256(shape.encode() + bytes(payload)).hexdigest()[:16]
