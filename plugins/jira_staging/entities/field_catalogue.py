"""The fields of a site: which of them are wanted, and which column of `issue` each custom field fills."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache

import msgspec
import pyarrow as pa

from jira_staging.entities.decoding import PayloadDecoder
from jira_staging.entities.flattened import Flattened, newest, values_at
from jira_staging.entities.value_shapes import DEVELOPMENT, EPIC_LINK, OPTION, SPRINT, Shape, shape_of
from jira_staging.errors import WrongUse
from jira_staging.records import FieldChoice, Rows
from jira_staging.tables import TABLES
from jira_staging.tables.arrow_types import arrow_schema
from jira_staging.tables.nouns import ColumnType

OPTION_ID = "__option_id"
# Without them a row has no place, and nothing says which of two versions is newer.
INDISPENSABLE = frozenset(("project", "issuetype", "status", "created", "updated"))


class FieldSchema(msgspec.Struct):
    """What Jira announces of a field's values."""

    type: str | None = None
    items: str | None = None
    custom: str | None = None


class Field(msgspec.Struct):
    """One entry of `/field`."""

    id: str
    name: str | None = None
    custom: bool | None = None
    schema: FieldSchema | None = None

    @property
    def custom_type(self) -> str | None:
        """Jira's full key of the kind of custom field."""
        return self.schema.custom if self.schema else None


@dataclass(frozen=True)
class FieldColumn:
    """A row of the staging table `field_column`."""

    field_id: str
    column_name: str
    value_type: ColumnType
    is_current: bool


@dataclass(frozen=True)
class CustomField:
    """A custom field that is wanted, and the columns its values go to."""

    id: str
    name: str
    shape: Shape
    column: str
    option_column: str | None = None

    @property
    def columns(self) -> tuple[FieldColumn, ...]:
        """Its current columns as rows of `field_column`."""
        main = FieldColumn(self.id, self.column, self.shape.column, is_current=True)
        if self.option_column is None:
            return (main,)
        return (main, FieldColumn(self.id, self.option_column, "text", is_current=True))


class FieldCatalogue:
    """What `/field` says, the columns that earlier runs made (`stored`), and which fields are wanted.

    `include` narrows the custom fields, `exclude` leaves out any field; both take ids or names, in any case. Raises WrongUse,
    which calls what was given by its argument's name (`included_by`), for a field that the site does not have, and
    JiraAnswerUnusable if `payload` is not a JSON list.
    """

    def __init__(
        self,
        payload: bytes,
        *,
        stored: Iterable[FieldColumn] = (),
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        included_by: str = "include_fields",
    ) -> None:
        decoded = PayloadDecoder(Field, "field").decode([payload])
        self.fields = tuple(newest(decoded.payloads, key=lambda field: field.id))
        self.rejected = tuple(decoded.rejected)
        self.stored = tuple(stored)
        included, excluded = self._named(included_by, include), self._named("exclude_fields", exclude)
        self.choice = FieldChoice(included if include else None, excluded)
        if needed := sorted(excluded & INDISPENSABLE):
            raise WrongUse(
                f"exclude_fields names {', '.join(needed)}: no issue can be staged without. Take it out of the list."
            )
        self.custom = tuple(
            self._custom_field(field)
            for field in self.fields
            if field.custom and field.id not in excluded and (not include or field.id in included)
        )
        wanted = {custom.id for custom in self.custom}
        self.unwanted = excluded.union(field.id for field in self.fields if field.custom and field.id not in wanted)
        self.sprint_fields = self.of_type(SPRINT)
        self.epic_link_fields = self.of_type(EPIC_LINK)
        self.development_fields = tuple(field.id for field in self.fields if field.custom_type in DEVELOPMENT)

    def of_type(self, custom_type: str) -> tuple[str, ...]:
        """The ids of the custom fields of this type (Jira's full key), wanted as columns or not."""
        return tuple(field.id for field in self.fields if field.custom_type == custom_type)

    def is_excluded(self, field_id: str) -> bool:
        """Whether nothing of this field is wanted."""
        return field_id in self.choice.excluded

    @property
    def columns(self) -> tuple[FieldColumn, ...]:
        """Every column that a custom field has or had, the ones that new values no longer go to included."""
        current = {column.column_name: column for custom in self.custom for column in custom.columns}
        old = (replace(column, is_current=False) for column in self.stored if column.column_name not in current)
        return (*current.values(), *old)

    @property
    def emptied_columns(self) -> tuple[FieldColumn, ...]:
        """Columns in which an issue that is read now has nothing: their field vanished, or has values of another type.

        What was loaded of a field that is left out stays as it is.
        """
        return tuple(column for column in self.columns if not column.is_current and column.field_id not in self.unwanted)

    def flatten(self) -> Flattened:
        """The rows of `field` (all that Jira named) and `field_column`."""
        types = values_at(self.fields, ("schema", "type"))
        field = {
            "id": values_at(self.fields, ("id",)),
            "name": values_at(self.fields, ("name",)),
            "is_custom": values_at(self.fields, ("custom",)),
            "is_array": [None if value_type is None else value_type == "array" for value_type in types],
            "value_type": types,
            "item_type": values_at(self.fields, ("schema", "items")),
            "custom_type": values_at(self.fields, ("schema", "custom")),
        }
        columns = self.columns
        field_column = {name: values_at(columns, (name,)) for name in ("field_id", "column_name", "value_type", "is_current")}
        rows = (
            Rows("field", pa.table(field, arrow_schema(TABLES["field"])), owners=None),
            Rows("field_column", pa.table(field_column, arrow_schema(TABLES["field_column"]))),
        )
        return Flattened(rows, self.rejected)

    def _custom_field(self, field: Field) -> CustomField:
        schema = field.schema or FieldSchema()
        shape = shape_of(schema.type, schema.items, schema.custom)
        plain = column_of(field.id)
        earlier = {
            column.value_type: column.column_name
            for column in self.stored
            if column.field_id == field.id and not column.column_name.endswith(OPTION_ID)
        }
        column = earlier.get(shape.column) or (f"{plain}__{shape.column}" if earlier else plain)
        return CustomField(field.id, field.name or field.id, shape, column, plain + OPTION_ID if shape is OPTION else None)

    def _named(self, argument: str, names: Sequence[str]) -> frozenset[str]:
        ids: dict[str, set[str]] = {}
        for field in self.fields:
            for spelling in (field.id, field.name or field.id):
                ids.setdefault(spelling.casefold(), set()).add(field.id)
        for name in names:
            if name.casefold() not in ids:
                near = get_close_matches(name.casefold(), ids, n=1)
                hint = f" Did you mean {' or '.join(sorted(ids[near[0]]))}?" if near else ""
                raise WrongUse(f"{argument} names `{name}`, but the site has no field of that id or name.{hint}")
        return frozenset(field_id for name in names for field_id in ids[name.casefold()])


@cache
def column_of(field_id: str) -> str:
    """The column of `issue` that a custom field's id gives: `customfield_10024` as it is."""
    return re.sub(r"\W", "_", field_id, flags=re.ASCII).lower()
