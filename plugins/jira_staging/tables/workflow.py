"""What an issue can be: its type, status, priority, resolution, and how it can be linked."""

from jira_staging.tables.nouns import Column, Table

_ID = Column("id", "bigint", "Jira's own number", "id")
_NAME = Column("name", "text", "The name, in the language of the account that reads", "name")
_DESCRIPTION = Column("description", "text", "What it means", "description")
_PROJECT_ID = Column("project_id", "bigint", "The team-managed project it belongs to; null: the site's", "scope.project.id")

ISSUE_TYPE = Table(
    name="issue_type",
    group="workflow",
    meaning="Kinds of issue.",
    key=("id",),
    columns=(
        _ID,
        _NAME,
        _DESCRIPTION,
        Column("is_subtask", "boolean", "Whether it lives below another issue", "subtask"),
        Column(
            "hierarchy_level",
            "bigint",
            "-1 subtask, 0 standard, 1 epic, above that as the site defines",
            "hierarchyLevel",
        ),
        _PROJECT_ID,
    ),
)
STATUS = Table(
    name="status",
    group="workflow",
    meaning="The statuses of all workflows.",
    key=("id",),
    columns=(
        _ID,
        _NAME,
        _DESCRIPTION,
        Column("category_id", "bigint", "`status_category.id`", "statusCategory.id"),
        _PROJECT_ID,
    ),
)
STATUS_CATEGORY = Table(
    name="status_category",
    group="workflow",
    meaning="To do, in progress, done: compare `key`, since names are translated.",
    key=("id",),
    columns=(
        _ID,
        Column("key", "text", "`new`, `indeterminate`, `done` or `undefined`, in every language", "key"),
        _NAME,
        Column("color_name", "text", "The colour of its lozenge", "colorName"),
    ),
)
PRIORITY = Table(
    name="priority",
    group="workflow",
    meaning="Priorities; `position` counts from 0, most urgent first.",
    key=("id",),
    columns=(
        _ID,
        _NAME,
        _DESCRIPTION,
        Column("color", "text", "As #RRGGBB", "statusColor"),
        Column("position", "bigint", "Its place in Jira's list, from 0", "order of the answer"),
    ),
)
RESOLUTION = Table(
    name="resolution",
    group="workflow",
    meaning="How an issue can end.",
    key=("id",),
    columns=(_ID, _NAME, _DESCRIPTION),
)
ISSUE_LINK_TYPE = Table(
    name="issue_link_type",
    group="workflow",
    meaning="Kinds of link between issues.",
    key=("id",),
    columns=(
        _ID,
        _NAME,
        Column("inward", "text", "In words, from the target: `is blocked by`", "inward"),
        Column("outward", "text", "In words, from the source: `blocks`", "outward"),
    ),
)

WORKFLOW = (ISSUE_TYPE, STATUS, STATUS_CATEGORY, PRIORITY, RESOLUTION, ISSUE_LINK_TYPE)
