"""What the columns of `issue` are called in the view `issue_named`: custom fields by the names that people know."""

from collections.abc import Iterator, Mapping, Sequence

from jira_staging.entities.field_catalogue import OPTION_ID, FieldCatalogue, FieldColumn, column_of
from jira_staging.tables import TABLES


def display_names(
    catalogue: FieldCatalogue,
    existing: Sequence[str],
    byte_limit: int,
    *,
    last_names: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """By column of `issue`, in the order of `existing`: its name in the view.

    System columns keep their names. No two names are equal, in whatever case, after they are cut to `byte_limit` bytes of
    UTF-8 (63 in Postgres, 255 in Snowflake), and none is another column's own. Among fields of one name the oldest has it bare
    and the others their number behind it, so that a new field never renames an old one's column. `last_names` (by field id)
    names the fields that Jira no longer has.
    """
    system = {column.name for column in TABLES["issue"].all_columns}
    owners = {column.column_name: column for column in (*catalogue.stored, *catalogue.columns)}
    labels = dict(last_names or {}) | {field.id: field.name or field.id for field in catalogue.fields}
    # Fields that have no column yet take part, so that the column that they get one day renames no other.
    custom = {*owners, *existing, *(column_of(field.id) for field in catalogue.fields if field.custom)} - system
    taken = {column.casefold() for column in (*system, *custom)}
    names: dict[str, str] = {}
    for column in sorted(custom, key=lambda column: _age(column, owners.get(column))):
        candidates = _candidates(column, owners.get(column), labels, byte_limit)
        names[column] = next((name for name in candidates if name == column or name.casefold() not in taken), column)
        taken.add(names[column].casefold())
    return {column: names.get(column, column) for column in existing}


def _age(column: str, owner: FieldColumn | None) -> tuple[bool, int, str, str]:
    """Current columns before old ones, the oldest field first, a field's own column before the one beside it."""
    field_id = owner.field_id if owner else column
    digits = "".join(character for character in field_id if character in "0123456789")
    return (owner is None or not owner.is_current, int(digits or 0), field_id, column)


def _candidates(column: str, owner: FieldColumn | None, labels: Mapping[str, str], byte_limit: int) -> Iterator[str]:
    field_id = owner.field_id if owner else column
    label = " ".join(labels.get(field_id, column).replace("\0", " ").split()) or column
    kind = " option id" if column.endswith(OPTION_ID) else ""
    number = field_id.removeprefix("customfield_")
    yield _cut(label, kind, byte_limit)
    if owner and not owner.is_current:
        yield _cut(label, f"{kind} ({owner.value_type})", byte_limit)
    yield _cut(label, f"{kind} ({number})", byte_limit)
    yield _cut(label, f"{kind} ({column.removeprefix('customfield_')})", byte_limit)


def _cut(label: str, suffix: str, byte_limit: int) -> str:
    """The label with the suffix, cut at a whole character so that both fit."""
    room = byte_limit - len(suffix.encode())
    return label.encode("utf-8", "replace")[:room].decode("utf-8", "ignore").rstrip() + suffix
