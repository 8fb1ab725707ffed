"""People in the rows of staging tables: what stands in the place of those who are to be in no table any longer."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.records import Batch, PersonalFields, RejectedRow, Rows
from jira_staging.staging.arrow_rows import column_types
from jira_staging.staging.erased_people import FORMER, People
from jira_staging.staging.people_in_json import (
    ids_in,
    is_lasting,
    may_be_json,
    may_name,
    names_any,
    replaced_ids,
    replaced_names,
    without_people,
)
from jira_staging.tables import TABLES, ColumnType

# Who wrote what: removed where what a person wrote is to go, too.
WRITTEN = {
    "comment": ("author_id", ("body",)),
    "worklog": ("author_id", ("comment",)),
    "attachment": ("author_id", ("file_name",)),
}
# Values that may be people, and what is shown of them. Fields of no known kind have their JSON there.
SIDES = {
    "changelog_item": (("from_value", "from_text"), ("to_value", "to_text")),
    "issue_field_history": (("value", None),),
    "issue_multiselect_history": (("value", None),),
}
# What a row says of the person that another column of it names.
OF_PERSON = {
    "user": ("id", ("email", "time_zone", "locale")),
    "audit_record": ("object_id", ("description", "changed_values")),
}
SHOWN_NAMES = {"user": ("id", "name"), "audit_record": ("object_id", "object_name")}
ADDRESSES = {"audit_record": ("author_id", ("remote_address",))}
# Queries, which name people by their ids.
QUERIES = {"filter": ("jql",)}
_ID = re.compile(r"qm:[\w:-]+|\d+:[0-9a-fA-F-]{36}|\b[0-9a-f]{24}\b|JIRAUSER\d+")


def batch_without_people(batch: Batch, people: People) -> Batch:
    """The batch as it may be written."""
    if not people:
        return batch
    rows = tuple(replace(rows, data=_incoming(rows, people)) for rows in batch.rows)
    beside = tuple(replace(share, rejected=_rejected(share.rejected, people)) for share in batch.beside)
    return replace(batch, rows=rows, rejected=_rejected(batch.rejected, people), beside=beside)


def rows_without_people(table: str, data: pa.Table, kinds: Mapping[str, ColumnType], people: People) -> pa.Table:
    """Rows of a table, all or some of its columns, whose types are `kinds`, without these people; others stay as they are."""
    return _Rewriting(table, data, kinds, people).rewritten()


def people_columns(kinds: Mapping[str, ColumnType], fields: PersonalFields) -> set[str]:
    """The columns of `issue` that hold people in custom fields."""
    return {name for name in kinds if name.partition("__")[0] in fields.people and not name.endswith("_id")}


def _incoming(rows: Rows, people: People) -> pa.Table:
    if TABLES[rows.table].group == "own":
        return rows.data
    return rows_without_people(rows.table, rows.data, column_types(rows.data), people)


def _rejected(rejected: tuple[RejectedRow, ...], people: People) -> tuple[RejectedRow, ...]:
    """Rejected rows; of those that name one of these people, only the reason stays."""
    found = []
    for row in rejected:
        owner, slash, part = row.source_id.partition("/")
        person = people.of(owner)
        named = person is not None or names_any(row.payload, people)
        source_id = row.source_id if person is None else person.id + slash + part
        found.append(replace(row, source_id=source_id, payload="") if named else row)
    return tuple(found)


@dataclass
class _Rewriting:
    table: str
    data: pa.Table
    kinds: Mapping[str, ColumnType]
    people: People

    def rewritten(self) -> pa.Table:
        before = self.data
        self._drop(before)
        for value, shown in SIDES.get(self.table, ()):
            self._sides(before, value, shown)
            self._json_among_texts(value)
            self._json_among_texts(shown)
        # Last, since who stands in a row decides what else of it goes.
        for column in TABLES[self.table].columns:
            if column.person:
                self._map(column.name, self._new_id)
        for name in QUERIES.get(self.table, ()):
            self._map(name, self._query)
        in_fields = people_columns(self.kinds, self.people.fields) if self.table == "issue" else set[str]()
        for name, kind in self.kinds.items():
            if kind == "json":
                self._map(name, self._json(any_id=name in in_fields))
            elif name in in_fields:
                self._map(name, self._new_id)
        return self.data

    def _drop(self, before: pa.Table) -> None:
        """Null what a row says of the person it names; the name becomes the common one."""
        for owner, columns in (place for given in (OF_PERSON, ADDRESSES) if (place := given.get(self.table))):
            self._where(before, owner, columns, None)
        if self.table in SHOWN_NAMES:
            owner, name = SHOWN_NAMES[self.table]
            self._where(before, owner, (name,), FORMER)
        if self.table == "user":
            self._where(before, "id", ("is_active",), value=False)
        if self.table in WRITTEN:
            owner, columns = WRITTEN[self.table]
            self._where(before, owner, columns, None, only_with_text=True)

    def _where(
        self, before: pa.Table, owner: str, columns: tuple[str, ...], value: object, *, only_with_text: bool = False
    ) -> None:
        if owner not in before.column_names:
            return
        of = self.people.of
        hit = [
            one
            for one in pc.unique(before[owner]).to_pylist()
            if one and (who := of(one)) and (who.with_text or not only_with_text)
        ]
        if not hit:
            return
        is_hit = pc.is_in(before[owner], pa.array(hit, pa.string()))
        for name in columns:
            if name in before.column_names:
                column = self.data[name]
                # An empty text is how Jira says that there is nothing.
                is_said = pc.fill_null(pc.not_equal(column, ""), fill_value=False) if value is None else is_hit
                self._set(name, pc.if_else(pc.and_(is_hit, is_said), pa.scalar(value, column.type), column))

    def _sides(self, before: pa.Table, value: str, shown: str | None) -> None:
        """Replace ids in a value that may be people, and the names shown beside it."""
        if value not in before.column_names:
            return
        names = [value] if shown is None or shown not in before.column_names else [value, shown]
        changed: dict[str, list[pa.Array]] = {name: [] for name in names}
        is_changed = False
        # Part by part: most parts have nobody, and whole texts are among the values.
        for part in before.select([*names, "field_id"]).to_batches():
            rows = self._rows_that_name(part, value)
            is_changed = is_changed or bool(rows)
            for name in names:
                changed[name].append(self._other_sides(part, rows, value, name) if rows else part[name])
        for name in names if is_changed else ():
            self._set(name, pa.chunked_array(changed[name], pa.string()))

    def _json_among_texts(self, name: str | None) -> None:
        """Replace people in those texts of a column that are JSON."""
        if name is None or name not in self.data.column_names:
            return
        texts = self.data[name].combine_chunks()
        is_json = may_be_json(texts)
        before = texts.filter(is_json).to_pylist()
        # What cannot be read is a text that somebody wrote.
        after = [without_people(text, self.people, unreadable=text) for text in before]
        if after != before:
            self._set(name, pa.chunked_array([pc.replace_with_mask(texts, is_json, pa.array(after, pa.string()))]))

    def _rows_that_name(self, part: pa.RecordBatch, value: str) -> list[int]:
        """The rows whose value names one of these people; a text of another field may look like an id of theirs."""
        rows = pc.indices_nonzero(may_name(part[value], self.people))
        values, fields = part[value].take(rows).to_pylist(), part["field_id"].take(rows).to_pylist()
        named = {one: [person_id for person_id in ids_in(one) if self.people.of(person_id)] for one in set(values)}
        holds_people = set(self.people.fields.people)
        return [
            row
            for row, one, field in zip(rows.to_pylist(), values, fields, strict=True)
            if named[one] and (field in holds_people or any(map(is_lasting, named[one])))
        ]

    def _other_sides(self, part: pa.RecordBatch, rows: list[int], value: str, name: str) -> pa.Array:
        """The column of values, or of what is shown of them, with other values in these rows."""
        taken = pa.array(rows, pa.int64())
        values, shown = part[value].take(taken).to_pylist(), part[name].take(taken).to_pylist()
        others: list[str | None] = [replaced_ids(one, self.people) for one in values]
        if name != value:
            others = [replaced_names(one, told, self.people) for one, told in zip(values, shown, strict=True)]
        is_other = pc.is_in(pa.array(range(part.num_rows), pa.int64()), taken)
        return pc.replace_with_mask(part[name], is_other, pa.array(others, pa.string()))

    def _map(self, name: str, rule: Callable[[str], str]) -> None:
        """Put every value of a column through a rule."""
        if name not in self.data.column_names:
            return
        encoded = self.data[name].combine_chunks().dictionary_encode()
        before = encoded.dictionary.to_pylist()
        after = [rule(one) for one in before]
        if after != before:
            self._set(name, pa.chunked_array([pa.array(after, pa.string()).take(encoded.indices)]))

    def _set(self, name: str, column: pa.ChunkedArray) -> None:
        place = self.data.column_names.index(name)
        self.data = self.data.set_column(place, self.data.schema.field(place), column)

    def _new_id(self, person_id: str) -> str:
        replacement = self.people.of(person_id)
        return replacement.id if replacement else person_id

    def _query(self, jql: str) -> str:
        return _ID.sub(lambda found: self._new_id(found[0]), jql)

    def _json(self, *, any_id: bool) -> Callable[[str], str]:
        return lambda text: without_people(text, self.people, any_id=any_id)
