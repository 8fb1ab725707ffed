"""Issues: from the JSON of a bulk fetch to the rows of the issue family."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from jira_staging.entities.arrow_columns import all_null, arrow_column
from jira_staging.entities.decoding import Decoded, PayloadDecoder
from jira_staging.entities.development import development_rows
from jira_staging.entities.field_catalogue import CustomField, FieldCatalogue, column_of
from jira_staging.entities.flattened import Flattened, newest, values_at
from jira_staging.entities.issue_lists import IssueBatch, list_rows
from jira_staging.entities.issue_payload import LIST_FIELDS, RICH_TEXTS, SYSTEM_PATHS, Issue, issue_struct
from jira_staging.entities.rich_text import readable
from jira_staging.entities.value_shapes import OPTION, RICH_TEXT, USER, USERS, Person
from jira_staging.records import Rows
from jira_staging.tables import TABLES, ColumnType
from jira_staging.tables.arrow_types import arrow_field, columns_schema

LIST_TABLES = (*LIST_FIELDS, "issue_sprint")
EPIC_LEVEL = 1
# What an issue shows of a person. It has no locale, so that column is left as the directory of users wrote it.
_PERSON_COLUMNS = {
    "id": "account_id",
    "name": "display_name",
    "email": "email_address",
    "account_type": "account_type",
    "is_active": "active",
    "time_zone": "time_zone",
}


def _nobody_knows(_keys: Sequence[str]) -> Mapping[str, int]:
    return {}


class IssueFlattener:
    """Makes rows of the asked-for tables of the issue family, and of the people who stand in the issues.

    `seen_columns` are the columns that the staging table `issue` already has: a custom field's column is given from the first
    batch on in which it is not null. `ids_of_keys` looks up issue ids for keys that only an Epic Link names.
    """

    def __init__(
        self,
        catalogue: FieldCatalogue,
        entities: Collection[str],
        *,
        seen_columns: Iterable[str] = (),
        ids_of_keys: Callable[[Sequence[str]], Mapping[str, int]] = _nobody_knows,
    ) -> None:
        self._catalogue = catalogue
        self._entities = frozenset(entities)
        self._seen = set(seen_columns)
        self._ids_of_keys = ids_of_keys
        self._decoder: PayloadDecoder[Issue] = PayloadDecoder(issue_struct(catalogue), "issue")
        self._epics: dict[str, int] = {}
        self._sighted: set[str] = set()

    def flatten(self, pages: Sequence[bytes | msgspec.Raw]) -> Flattened:
        """Rows for the issues of these pages, each the JSON array `issues` of an answer.

        Raises JiraAnswerUnusable for a page that is no JSON array; a payload that does not fit costs a rejected row.
        """
        return self.flatten_batch(self.decode(pages))

    def decode(self, pages: Sequence[bytes | msgspec.Raw]) -> IssueBatch:
        """The issues of these pages, each the JSON array `issues` of an answer. Raises JiraAnswerUnusable for what is none."""
        return _batch(self._decoder.decode(pages))

    def flatten_batch(self, batch: IssueBatch, people: Iterable[Person | None] = ()) -> Flattened:
        """Rows for decoded issues; `people` are those who stand in what hangs on them."""
        flattening = _Flattening(batch)
        rows: list[Rows] = []
        if "issue" in self._entities:
            rows.append(Rows("issue", self._issues(flattening)))
        lists = (list_rows(table, batch, self._catalogue) for table in LIST_TABLES if table in self._entities)
        rows += [found for found in lists if found is not None]
        if "issue_development" in self._entities and (found_counts := development_rows(batch, self._catalogue)):
            rows.append(found_counts)
        if "user" in self._entities and (found_people := self._people(batch, people)):
            rows.append(Rows("user", _people_table(found_people)))
        return Flattened(
            rows=tuple(rows),
            rejected=tuple(newest(batch.rejected, key=lambda row: (row.entity, row.source_id))),
            issue_ids=tuple(batch.ids),
            unresolved_keys=flattening.unresolved,
            plain_documents=flattening.plain_documents,
        )

    def _issues(self, flattening: "_Flattening") -> pa.Table:
        batch = flattening.batch
        for column in TABLES["issue"].columns:
            if column.name in SYSTEM_PATHS:
                path = SYSTEM_PATHS[column.name]
                is_rich = column.name in RICH_TEXTS
                values = batch.raw_values(path[0]) if is_rich else batch.values(*path)
                flattening.add(column.name, column.type, values, column.source.split(".")[1], rich=is_rich)
            elif column.name == "epic_id":
                flattening.add(column.name, column.type, self._epic_ids(flattening), "epic")
            else:
                flattening.add(column.name, column.type, values_at(batch.issues, (column.name,)), column.name)
        for custom in self._catalogue.custom:
            self._add_custom(custom, flattening)
        for old in self._catalogue.emptied_columns:
            if old.column_name in self._seen:
                flattening.add(old.column_name, old.value_type, [None] * len(batch.ids), old.field_id)
        return flattening.table()

    def _add_custom(self, custom: CustomField, flattening: "_Flattening") -> None:
        shape, name = custom.shape, column_of(custom.id)
        batch = flattening.batch
        values: Sequence[Any] = batch.raw_values(name) if shape.payload is msgspec.Raw else batch.values(name)
        if custom.column not in self._seen and all_null(values):
            return
        flat = [None if value is None else shape.flatten(value) for value in values] if shape.flatten else values
        flattening.add(custom.column, shape.column, flat, custom.id, rich=shape is RICH_TEXT)
        self._seen.add(custom.column)
        if shape is OPTION and custom.option_column is not None:
            ids = [None if option is None or option.id is None else str(option.id) for option in values]
            flattening.add(custom.option_column, "text", ids, custom.id)

    def _epic_ids(self, flattening: "_Flattening") -> list[int | None]:
        batch = flattening.batch
        parents = batch.values("parent")
        epic_ids = list(map(_epic_above, parents))
        links = {row: key for row, key in _epic_links(batch, self._catalogue).items() if epic_ids[row] is None}
        if not links:
            return epic_ids
        known = {parent.key: parent.id for parent in parents if parent is not None}
        known |= {issue.key: issue.id for issue in batch.issues}
        if unknown := sorted({key for key in links.values() if key not in known and key not in self._epics}):
            self._epics.update(self._ids_of_keys(unknown))
        for row, key in links.items():
            epic_ids[row] = known.get(key, self._epics.get(key))
            if epic_ids[row] is None:
                flattening.unresolved[batch.ids[row]] = key
        return epic_ids

    def _people(self, batch: IssueBatch, others: Iterable[Person | None]) -> list[Person]:
        found: dict[str, Person] = {}
        _note(others, found)
        names = ["assignee", "reporter", "creator"]
        names += [column_of(custom.id) for custom in self._catalogue.custom if custom.shape is USER]
        for name in names:
            _note(batch.values(name), found)
        for custom in self._catalogue.custom:
            if custom.shape is USERS:
                for people in batch.values(column_of(custom.id)):
                    _note(people or (), found)
        new = {account_id: person for account_id, person in found.items() if account_id not in self._sighted}
        self._sighted.update(new)
        return list(new.values())


class _Flattening:
    """The columns of `issue` for one batch, while they are made."""

    def __init__(self, batch: IssueBatch) -> None:
        self.batch = batch
        self._arrow_fields: list[pa.Field] = []
        self._arrays: list[pa.Array] = []
        self.unresolved: dict[int, str] = {}
        self.plain_documents = 0

    def add(self, name: str, kind: ColumnType, values: Sequence[Any], field_id: str, *, rich: bool = False) -> None:
        """One column; what does not become a value is rejected under the field's id."""
        reject = self.batch.rejecting("issue", field_id)
        if rich:
            texts = readable(values, reject)
            values = texts.texts
            self.plain_documents += texts.plain
        self._arrow_fields.append(arrow_field(name, kind))
        self._arrays.append(arrow_column(kind, values, reject))

    def table(self) -> pa.Table:
        """All columns in the order in which they were added."""
        return pa.Table.from_arrays(self._arrays, schema=pa.schema(self._arrow_fields))


def _batch(decoded: Decoded[Issue]) -> IssueBatch:
    issues = newest(decoded.payloads, key=lambda issue: issue.id)
    damaged = {decoded.payloads[place].id: fields for place, fields in decoded.damaged.items()}
    return IssueBatch(issues, decoded.rejected, damaged)


def _epic_above(parent: Any) -> int | None:
    if parent is None or parent.fields is None or parent.fields.issuetype is None:
        return None
    is_epic = parent.fields.issuetype.hierarchy_level == EPIC_LEVEL
    return parent.id if is_epic else None


def _epic_links(batch: IssueBatch, catalogue: FieldCatalogue) -> dict[int, str]:
    keys: dict[int, str] = {}
    for field_id in catalogue.epic_link_fields:
        reject = batch.rejecting("issue", field_id)
        for row, value in enumerate(batch.raw_values(column_of(field_id))):
            if value is None:
                continue
            try:
                keys[row] = msgspec.json.decode(value, type=str)
            except msgspec.ValidationError:
                reject(row, "Expected the key of an epic", bytes(value).decode())
    return keys


def _note(people: Iterable[Person | None], found: dict[str, Person]) -> None:
    for person in people:
        if person is not None and person.account_id:  # a removed account may be named by an empty text
            found[person.account_id] = person


def _people_table(people: Sequence[Person]) -> pa.Table:
    schema = columns_schema(tuple(TABLES["user"].column(name) for name in _PERSON_COLUMNS))
    return pa.table({name: values_at(people, (attribute,)) for name, attribute in _PERSON_COLUMNS.items()}, schema)
