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

FIELD_CONTEXT = Table(
    name="field_context",
    group="fields",
    meaning="Where a custom field with options has which; only administrators may read it.",
    key=("id",),
    owner="field_id",
    columns=(
        Column("id", "bigint", "Jira's own number", "context.id"),
        Column("field_id", "text", "`field.id`", "field.id"),
        Column("name", "text", "The name", "context.name"),
        Column("is_global", "boolean", "Whether it counts in all projects", "context.isGlobalContext"),
        Column("applies_to_any_issue_type", "boolean", "Whether it counts for all issue types", "context.isAnyIssueType"),
    ),
)
FIELD_OPTION = Table(
    name="field_option",
    group="fields",
    meaning="The options of custom fields; only administrators may read them.",
    key=("id",),
    owner="field_id",
    columns=(
        Column("id", "bigint", "Jira's own number; as text in `issue.customfield_N__option_id`", "option.id"),
        Column("field_id", "text", "`field.id`", "field.id"),
        Column("context_id", "bigint", "`field_context.id`", "context.id"),
        Column("parent_id", "bigint", "The option above it in a cascading field: `field_option.id`", "option.optionId"),
        Column("value", "text", "What people choose", "option.value"),
        Column("is_disabled", "boolean", "Whether it can no longer be chosen", "option.disabled"),
        Column("position", "bigint", "Its place in its context's list, from 0", "position"),
    ),
)
LABEL = Table(
    name="label",
    group="fields",
    meaning="The labels that issues of the site have.",
    key=("label",),
    columns=(Column("label", "text", "The label", "label"),),
)

FIELDS = (FIELD, FIELD_COLUMN, FIELD_CONTEXT, FIELD_OPTION, LABEL)
