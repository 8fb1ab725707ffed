"""The catalogue of fields, and which column of `issue` holds which custom field."""

from jira_staging.tables.nouns import Column, Table

FIELD = Table(
    name="field",
    group="fields",
    meaning="Every field that the account may see, system and custom.",
    key=("id",),
    columns=(
        Column("id", "text", "`summary`, `customfield_10020`: the lasting name", "id"),
        Column("name", "text", "What people call it; not unique, and may be renamed", "name"),
        Column("is_custom", "boolean", "Whether the site added it", "custom"),
        Column("is_array", "boolean", "Whether it holds many values", "schema.type = array"),
        Column("value_type", "text", "Jira's type of its value: `string`, `option`, `array`", "schema.type"),
        Column("item_type", "text", "Jira's type of one item of an array", "schema.items"),
        Column("custom_type", "text", "The kind of custom field, Jira's full key", "schema.custom"),
    ),
)
FIELD_COLUMN = Table(
    name="field_column",
    group="fields",
    meaning="Which column of `issue` holds which custom field; an old column stays when a field changes its type.",
    key=("field_id", "column_name"),
    absent="keep",  # a column is never dropped, so neither is the word of what it held
    columns=(
        Column("field_id", "text", "`field.id`", "id"),
        Column(
            "column_name",
            "text",
            "The column of `issue`, made when the field first has a value",
            "computed from the field's id and type",
        ),
        Column("value_type", "text", "The column's type: double, text, timestamp, date or json", "computed from schema"),
        Column("is_current", "boolean", "Whether new values go there", "computed"),
    ),
)

FIELDS = (FIELD, FIELD_COLUMN)
