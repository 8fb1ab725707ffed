"""People who stood in the tables and are to stand there no longer: the rows that name them, found and written anew.

What stands in their place is decided as for rows that come in (`people_in_rows`), so both are alike. A table at a time, some
thousand rows in a transaction, `user` last: whoever is there under the old name is the sign that not all is done.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.staging.erased_people import People
from jira_staging.staging.people_in_rows import (
    ADDRESSES,
    OF_PERSON,
    QUERIES,
    SHOWN_NAMES,
    SIDES,
    WRITTEN,
    people_columns,
    rows_without_people,
)
from jira_staging.staging.sessions import Session
from jira_staging.tables import TABLES, ColumnType
from jira_staging.tables.arrow_types import arrow_field

# How many different values of a key's first column are read at once: issues, mostly, with all that hangs on them.
KEYS_AT_ONCE = 500
# Conditions of one question: each looks through every text of a column.
PEOPLE_AT_ONCE = 50
_REJECTED = "_rejected_row"
_MAIL = "notification"


@dataclass(frozen=True)
class Departed:
    """Whom to overwrite: by their ids, what stands in their place, and the addresses they were known by."""

    people: People
    emails: Collection[str] = ()

    @property
    def ids(self) -> list[str]:
        """Their ids as the tables have them."""
        return sorted(self.people.erased)


@dataclass(frozen=True)
class Rewriter:
    """Overwrites in one schema. `read` and `columns` are a staging's own; `transact` does its work in one transaction."""

    read: Callable[..., pa.Table]
    columns: Callable[[str], Mapping[str, ColumnType]]
    reading: Callable[[], AbstractContextManager[Session]]
    transact: Callable[[Callable[[Session], None]], None]

    def overwrite(self, departed: Departed, run_id: str, now: datetime, *, only_count: bool) -> dict[str, int]:
        """Write anew, or only count, every row that names one of these people: how many, by table."""
        counts = {_REJECTED: self._reject(departed, only_count=only_count)}
        versioned = self._versioned()
        names = [name for name, table in TABLES.items() if table.group != "own" and name != "user"]
        for name in [*names, "user"]:
            table = _Table(name, self.columns(name), departed, name in versioned)
            counts[name] = sum(self._table(table, {"now": now, "run_id": run_id}, only_count=only_count))
        return {name: count for name, count in counts.items() if count}

    def _versioned(self) -> set[str]:
        """Tables that hold a row several times, once for each run that loaded it."""
        rows = self.read("_sync_state", ["entity", "fingerprint"], {"scope": ["*"]}).to_pylist()
        return {row["entity"] for row in rows if json.loads(row["fingerprint"]).get("load_strategy") == "append"}

    def _table(self, table: "_Table", values: Mapping[str, object], *, only_count: bool) -> Iterator[int]:
        name, people = table.name, table.departed.people
        keys = self._keys(table) if table.kinds else []
        for start in range(0, len(keys), KEYS_AT_ONCE):
            before = self.read(name, table.needed, {TABLES[name].key[0]: keys[start : start + KEYS_AT_ONCE]})
            after = rows_without_people(name, before, table.kinds, people)
            after = table.without_addresses(after)
            changed = _differing(before, after)
            yield changed.to_pylist().count(True)
            if not only_count and pc.any(changed).as_py():
                self._write(table, before.filter(changed), after.filter(changed), values)

    def _keys(self, table: "_Table") -> list[int | str]:
        found: dict[int | str, None] = {}
        with self.reading() as session:
            for condition, values in table.conditions(session):
                key = session.dialect.name(TABLES[table.name].key[0])
                rows = session.fetch(f"SELECT DISTINCT {key} FROM {session.table(table.name)} WHERE {condition}", values)
                found |= {value: None for (value,) in rows if isinstance(value, int | str)}
        return sorted(found, key=str)

    def _write(self, table: "_Table", before: pa.Table, after: pa.Table, values: Mapping[str, object]) -> None:
        staged, columns = table.staged(before, after)

        def write(session: Session) -> None:
            relation = session.stage(f"departed_{table.name.strip('_')}", staged)
            session.begin()
            if table.replaces_keys(columns):
                session.execute(table.removal(session, relation))
            session.execute(table.update(session, relation, columns), values)

        self.transact(write)

    def _reject(self, departed: Departed, *, only_count: bool) -> int:
        """Rows that could not be loaded, kept to find out why: those that name one of them go."""
        if not self.columns(_REJECTED):
            return 0
        count = 0
        with self.reading() as session:
            places = list(_mentions(session, ("payload", "source_id"), [*departed.ids, *departed.emails]))
            for condition, values in places:
                ((found,),) = session.fetch(f"SELECT count(*) FROM {session.table(_REJECTED)} WHERE {condition}", values)
                count += int(str(found))

        def remove(session: Session) -> None:
            session.begin()
            for condition, values in places:
                session.execute(f"DELETE FROM {session.table(_REJECTED)} WHERE {condition}", values)

        if count and not only_count:
            self.transact(remove)
        return count


@dataclass(frozen=True)
class _Table:
    """One table: where people may stand in it, and how what changed is written."""

    name: str
    kinds: Mapping[str, ColumnType]
    departed: Departed
    is_versioned: bool

    @property
    def exact(self) -> list[str]:
        """Columns that hold an id and nothing else."""
        named = {column.name for column in TABLES[self.name].columns if column.person}
        named |= {name for name in self._in_fields if self.kinds[name] == "text"}
        return [name for name in self.kinds if name in named]

    @property
    def loose(self) -> list[str]:
        """Columns in which an id stands among other things."""
        named = {name for side in SIDES.get(self.name, ()) for name in side if name} | set(QUERIES.get(self.name, ()))
        return [name for name, kind in self.kinds.items() if kind == "json" or name in named]

    @property
    def needed(self) -> list[str]:
        """What is read of a row: its key, and all that may change or decides it."""
        told = {name for _, name in SIDES.get(self.name, ()) if name} | {"field_id", "is_active", *self.house}
        for given in (OF_PERSON, ADDRESSES, WRITTEN):
            told |= set(given[self.name][1]) if self.name in given else set()
        told |= set(SHOWN_NAMES.get(self.name, ()))
        wanted = {*TABLES[self.name].key, *self.exact, *self.loose, *told}
        return [name for name in self.kinds if name in wanted]

    @property
    def house(self) -> tuple[str, ...]:
        """What tells versions of a row apart."""
        return ("_run_id",) if "_run_id" in self.kinds else ()

    @property
    def _in_fields(self) -> set[str]:
        return people_columns(self.kinds, self.departed.people.fields) if self.name == "issue" else set()

    def conditions(self, session: Session) -> Iterator[tuple[str, dict[str, object]]]:
        """Conditions, with their parameters, that no row which names one of the people fails; others may pass."""
        yield from _mentions(session, self.loose, self.departed.ids, self.exact)
        if self.name == _MAIL:
            yield from _mentions(session, ("recipient",), list(self.departed.emails))

    def without_addresses(self, rows: pa.Table) -> pa.Table:
        """Without e-mail addresses that stand alone."""
        if self.name != _MAIL or not self.departed.emails:
            return rows
        place = rows.column_names.index("recipient")
        is_theirs = pc.is_in(pc.utf8_lower(rows["recipient"]), pa.array([one.lower() for one in self.departed.emails]))
        return rows.set_column(place, "recipient", pc.if_else(is_theirs, pa.scalar(None, pa.string()), rows["recipient"]))

    def staged(self, before: pa.Table, after: pa.Table) -> tuple[pa.Table, list[str]]:
        """The columns that changed, beside the keys that the rows have now (`old_…`), and the former's names."""
        changed = [name for name in after.column_names if not after[name].equals(before[name])]
        keys = [*TABLES[self.name].key, *self.house]
        fields = [arrow_field(f"old_{name}", self.kinds[name]) for name in keys]
        fields += [arrow_field(name, self.kinds[name]) for name in changed]
        arrays = [*(before[name] for name in keys), *(after[name] for name in changed)]
        return pa.table(arrays, schema=pa.schema(fields)), changed

    def replaces_keys(self, columns: Sequence[str]) -> bool:
        """Whether a row may get a key that another one has: one that was forgotten before, and came back."""
        return not self.is_versioned and not set(columns).isdisjoint(TABLES[self.name].key)

    def removal(self, session: Session, relation: str) -> str:
        """DELETE of rows that have the key which another one gets."""
        name, keys = session.dialect.name, TABLES[self.name].key
        target = session.table(self.name)
        new = [f"s.{name(key)}" if key in self._replaced else f"s.{name(f'old_{key}')}" for key in keys]
        same = " AND ".join(f"{target}.{name(key)} = {value}" for key, value in zip(keys, new, strict=True))
        moved = " OR ".join(f"s.{name(key)} <> s.{name(f'old_{key}')}" for key in self._replaced)
        return f"DELETE FROM {target} WHERE EXISTS (SELECT 1 FROM {relation} AS s WHERE {same} AND ({moved}))"

    @property
    def _replaced(self) -> list[str]:
        return [key for key in TABLES[self.name].key if key in self.exact]

    def update(self, session: Session, relation: str, columns: Sequence[str]) -> str:
        """UPDATE of the rows with these columns."""
        name, dialect = session.dialect.name, session.dialect
        values = {one: f"s.{name(one)}" for one in columns}
        values |= {one: dialect.json_value.format(value) for one, value in values.items() if self.kinds[one] == "json"}
        if self.house:
            values["_synced_at"] = dialect.typed("now", "timestamp")
        if self.house and not self.is_versioned:
            values["_run_id"] = dialect.typed("run_id", "text")
        sets = ", ".join(f"{name(one)} = {value}" for one, value in values.items())
        same = " AND ".join(f"t.{name(one)} = s.{name(f'old_{one}')}" for one in (*TABLES[self.name].key, *self.house))
        return f"UPDATE {session.table(self.name)} AS t SET {sets} FROM {relation} AS s WHERE {same}"


def _mentions(
    session: Session, loose: Sequence[str], texts: Sequence[str], exact: Sequence[str] = ()
) -> Iterator[tuple[str, dict[str, object]]]:
    dialect, text = session.dialect, session.dialect.types["text"]
    for start in range(0, len(texts), PEOPLE_AT_ONCE) if loose or exact else ():
        some = list(enumerate(texts[start : start + PEOPLE_AT_ONCE]))
        conditions, values = [], dict[str, object]()
        if exact:
            values |= {f"is_{number}": one for number, one in some}
            listed = ", ".join(dialect.value(f"is_{number}") for number, _ in some)
            conditions += [f"{dialect.name(column)} IN ({listed})" for column in exact]
        if loose:
            # A sign that stands for any letter finds too much, which is read and left as it is.
            values |= {f"has_{number}": f"%{one}%".replace("\\", "_") for number, one in some}
            conditions += [
                f"CAST({dialect.name(column)} AS {text}) LIKE {dialect.value(f'has_{number}')}"
                for column in loose
                for number, _ in some
            ]
        yield " OR ".join(conditions), values


def _differing(before: pa.Table, after: pa.Table) -> pa.ChunkedArray:
    """Which rows differ."""
    differing = pa.chunked_array([pa.repeat(pa.scalar(value=False), before.num_rows)])
    for name in before.column_names:
        same = pc.fill_null(pc.equal(before[name], after[name]), fill_value=False)
        both_null = pc.and_(pc.is_null(before[name]), pc.is_null(after[name]))
        differing = pc.or_(differing, pc.invert(pc.or_(same, both_null)))
    return differing
