"""Personal data on its way into the tables: left out, or replaced by a keyed hash that is the same wherever the value is."""

import hmac
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.errors import WrongUse
from jira_staging.records import Batch, PersonalData, PersonalFields, RejectedRow, Rows
from jira_staging.tables import TABLES

# Rows of which the field decides: the columns that always hold what the field holds, and those that show people's names.
_BY_FIELD = {
    "changelog_item": (("from_value", "to_value"), ("from_text", "to_text")),
    "issue_field_history": (("value",), ()),
    "issue_multiselect_history": (("value",), ()),
}
# Half of SHA-256: no two values of a site meet, and a column stays readable.
_HASH_BYTES = 16


# A key that is a word can be found by trying.
SHORTEST_KEY = 16


def guard_for(way: PersonalData, key: str | None) -> "PersonalDataGuard | None":
    """What a run writes through, None where it keeps personal data. Raises WrongUse for a hash without a proper key."""
    if way != "hash":
        return PersonalDataGuard() if way == "drop" else None
    if key is None:
        raise WrongUse("personal_data=hash needs `personal_data_key`: the name of a secret definition that leads to the key.")
    return PersonalDataGuard(proper_key(key))


def proper_key(key: str) -> bytes:
    """The key as hashes take it. Raises WrongUse for one that can be guessed."""
    if len(key) < SHORTEST_KEY:
        raise WrongUse(
            f"The key that hides personal data has {len(key)} characters: make a random one of {SHORTEST_KEY} or more."
        )
    return key.encode()


@dataclass(frozen=True)
class PersonalDataGuard:
    """What stands between Jira and the tables where personal data is not kept. Without a key it is dropped, else hashed.

    Hidden are the columns that the tables mark as personal, custom fields that may hold free text, and what the histories of
    such fields hold. Ids of people stay: tables are joined by them. What a rejected row holds is always dropped.
    """

    key: bytes | None = field(default=None, repr=False)
    fields: PersonalFields | None = None

    @property
    def stamp(self) -> str:
        """What later runs must have in common: the way, and which key it was, of which nothing can be learned."""
        return "drop" if self.key is None else f"hash:{key_stamp(self.key)}"

    def shown(self, text: str) -> str | None:
        """What stands in the tables in place of a text."""
        return None if self.key is None else keyed_hash(self.key, text)

    def knowing(self, fields: PersonalFields) -> "PersonalDataGuard":
        """The same guard for a site with these fields."""
        return replace(self, fields=fields)

    def guarded(self, batch: Batch) -> Batch:
        """The batch as it may be written."""
        if not batch.rows and not batch.all_rejected:
            return batch
        if self.fields is None:
            raise ValueError("A guard must know the site's fields before rows are published")
        hiding = _Hiding(self.key, self.fields)
        rows = tuple(replace(rows, data=hiding.table(rows)) for rows in batch.rows)
        beside = tuple(replace(share, rejected=_bare(share.rejected)) for share in batch.beside)
        return replace(batch, rows=rows, rejected=_bare(batch.rejected), beside=beside)


def _bare(rejected: tuple[RejectedRow, ...]) -> tuple[RejectedRow, ...]:
    return tuple(replace(row, payload="") for row in rejected)


@dataclass(frozen=True)
class _Hiding:
    key: bytes | None
    fields: PersonalFields

    def table(self, rows: Rows) -> pa.Table:
        if rows.table in _BY_FIELD:
            return self._by_field(rows.table, rows.data)
        hidden = {column.name for column in TABLES[rows.table].columns if column.personal}
        hidden |= self.fields.columns.keys() if rows.table == "issue" else set()
        return self._hide(rows.table, rows.data, hidden, None)

    def _by_field(self, table: str, data: pa.Table) -> pa.Table:
        values, shown = _BY_FIELD[table]
        ids = data.column("field_id").combine_chunks()
        is_person = pc.is_in(ids, pa.array(sorted(self.fields.people), pa.string()))
        is_text = pc.invert(pc.or_(is_person, pc.is_in(ids, pa.array(sorted(self.fields.harmless), pa.string()))))
        data = self._hide(table, data, {*values, *shown}, is_text)
        return self._hide(table, data, set(shown), is_person)

    def _hide(self, table: str, data: pa.Table, names: set[str], where: pa.Array | None) -> pa.Table:
        kinds = self.fields.columns | {column.name: column.type for column in TABLES[table].columns}
        for place, name in enumerate(data.column_names):
            if name in names:
                column = data.column(place).combine_chunks()
                hidden = self._hidden(column, is_json=kinds[name] == "json")
                kept = hidden if where is None else pc.if_else(where, hidden, column)
                data = data.set_column(place, data.schema.field(place), kept)
        return data

    def _hidden(self, column: pa.Array, *, is_json: bool) -> pa.Array:
        if self.key is None:
            return pa.nulls(len(column), column.type)
        encoded = pc.dictionary_encode(column)
        hashes = [keyed_hash(self.key, str(value)) for value in encoded.dictionary.to_pylist()]
        return pa.array([f'"{value}"' if is_json else value for value in hashes], column.type).take(encoded.indices)


def key_stamp(key: bytes) -> str:
    """Which key it is, for those who have it."""
    return keyed_hash(key, "jira-staging")[:8]


def keyed_hash(key: bytes, text: str) -> str:
    """The same for the same text and key; without the key nobody finds the text by trying."""
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:_HASH_BYTES].hex()
