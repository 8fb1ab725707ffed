"""What a scope was asked for when it was read, and what it remembers from before: JSON in `_sync_state.fingerprint`."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Self

from jira_staging.records import FieldChoice, SyncState
from jira_staging.tables import MADE_OF_ISSUES, TABLES

# What is computed from the sprints' own dates, besides issues.
OF_SPRINTS = frozenset(("issue_sprint_history", "sprint_report"))


@dataclass(frozen=True)
class SprintsSeen:
    """What was known of what sprints' histories and reports are computed from, besides issues.

    `until` is when the youngest change of a sprint or a board was written, in epoch microseconds by our clock; `done` are the
    statuses of the category done.
    """

    until: int = 0
    done: tuple[int, ...] = ()


@dataclass(frozen=True)
class Behind:
    """A table that other runs are asked for: its columns then, and until when it was read (epoch milliseconds)."""

    columns: str
    watermark: int


@dataclass(frozen=True)
class Fingerprint:
    """What a scope was asked for, by the name that it had (`label`).

    `tables` are those that its issues fill, with a digest of their columns: one whose columns changed with a version of ours
    counts as another. `fields` are ids and columns of custom fields. Remembered are tables that the last run was not asked for
    (`behind`), fields that were read at some time and are not any more (`left_out`), and what was known of sprints.
    """

    label: str
    tables: Mapping[str, str]
    fields: frozenset[str] = frozenset()
    choice: FieldChoice = field(default_factory=FieldChoice)
    behind: Mapping[str, Behind] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    sprints: SprintsSeen = SprintsSeen()

    @classmethod
    def of(cls, label: str, entities: Iterable[str], fields: Iterable[str], choice: FieldChoice | None = None) -> Self:
        """What is asked for now. Tables that issues do not fill are lists of the site, which need no beginning."""
        filled = [name for name in entities if _is_filled_by_issues(name)]
        tables = {name: _digest(column.name for column in TABLES[name].columns) for name in filled}
        return cls(label, tables, frozenset(fields), choice or FieldChoice())

    @classmethod
    def read(cls, text: str) -> Self:
        """From what `text` gives."""
        told = json.loads(text)
        included = told.get("include_fields")
        # Where nothing was written down, every sprint counts as changed.
        seen = told.get("sprints") or asdict(SprintsSeen())
        return cls(
            told["label"],
            told["entities"],
            frozenset(told["fields"]),
            FieldChoice(None if included is None else frozenset(included), frozenset(told.get("exclude_fields", ()))),
            {name: Behind(**was) for name, was in told.get("behind", {}).items()},
            frozenset(told["left_out"]),
            SprintsSeen(seen["until"], tuple(seen["done"])),
        )

    @property
    def text(self) -> str:
        """As JSON, the same for the same."""
        included = self.choice.included
        told = {
            "label": self.label,
            "entities": dict(self.tables),
            "fields": sorted(self.fields),
            "include_fields": None if included is None else sorted(included),
            "exclude_fields": sorted(self.choice.excluded),
            "behind": {name: asdict(was) for name, was in self.behind.items()},
            "left_out": sorted(self.left_out),
            "sprints": asdict(self.sprints),
        }
        return json.dumps(told, sort_keys=True)

    def lacks(self, wanted: "Fingerprint") -> tuple[str, ...]:
        """The tables of `wanted` that were never read for this one, or with other columns."""
        had = {name: was.columns for name, was in self.behind.items()} | dict(self.tables)
        return tuple(name for name, columns in wanted.tables.items() if had.get(name) != columns)

    def read_until(self, watermark: int, wanted: "Fingerprint") -> int:
        """Until when all tables of `wanted` were read, of which this one lacks none; its own were until `watermark`."""
        return min([watermark, *(self.behind[name].watermark for name in wanted.tables if name in self.behind)])

    def after(self, last: "Fingerprint", watermark: int | None) -> Self:
        """This one, remembering what `last` left, whose tables were read until `watermark`.

        Without it their rows are not to be relied on: when such a table is asked for again it is loaded from its beginning.
        """
        behind = dict(last.behind)
        if watermark is not None:
            behind |= {name: Behind(columns, watermark) for name, columns in last.tables.items()}
        # A sprint that this run sees to have changed is not looked at again for a table that it leaves out.
        missed = frozenset() if OF_SPRINTS.isdisjoint(self.tables) else OF_SPRINTS
        rest = {name: was for name, was in behind.items() if name not in self.tables and name not in missed}
        sprints = self.sprints if self.sprints != SprintsSeen() else last.sprints
        if "issue" not in self.tables:
            # Nothing was asked of its columns.
            return replace(self, behind=rest, fields=last.fields, left_out=last.left_out, sprints=sprints)
        return replace(self, behind=rest, left_out=(last.fields | last.left_out) - self.fields, sprints=sprints)


def read_by_both(before: str, asked: str) -> str | None:
    """What a load that began as `before` and ends as `asked` has read of all its issues.

    None if `asked` has a table that `before` had not, or the project another key: then everything has to be read anew.
    """
    old, new = Fingerprint.read(before), Fingerprint.read(asked)
    if not old.tables.items() >= new.tables.items() or old.label != new.label:
        return None
    both = replace(new, fields=old.fields & new.fields, choice=old.choice.shared_with(new.choice), sprints=old.sprints)
    return both.after(old, None).text


def seeing(asked: SyncState, sprints: SprintsSeen) -> SyncState:
    """`asked`, of a scope that is read knowing this of sprints."""
    return replace(asked, fingerprint=replace(Fingerprint.read(asked.fingerprint), sprints=sprints).text)


def with_none_behind(state: SyncState) -> SyncState:
    """`state`, of a scope of which something was read into the tables of the last run that no search by time finds again."""
    return replace(state, fingerprint=replace(Fingerprint.read(state.fingerprint), behind={}).text)


def _is_filled_by_issues(table: str) -> bool:
    # The directory does not list everybody: who left, and customers, are known from the issues that they stand in.
    return table in MADE_OF_ISSUES or table in ("_raw_issue", "user")


def _digest(names: Iterable[str]) -> str:
    return hashlib.sha256(",".join(names).encode()).hexdigest()[:8]
