"""Projects and what belongs to them."""

from jira_staging.tables.nouns import Column, Table

PROJECT = Table(
    name="project",
    group="projects",
    meaning="The projects that the account may see.",
    key=("id",),
    columns=(
        Column("id", "bigint", "Jira's own number", "id"),
        Column("key", "text", "The prefix of its issues' keys; may be renamed", "key"),
        Column("name", "text", "The name", "name"),
        Column("description", "text", "What it is for", "description", personal=True),
        Column("type_key", "text", "`project_type.key`: software, service_desk, business", "projectTypeKey"),
        Column("style", "text", "`classic` (company-managed) or `next-gen` (team-managed)", "style"),
        Column("category_id", "bigint", "`project_category.id`", "projectCategory.id"),
        Column("lead_id", "text", "`user.id`", "lead.accountId", person=True),
        Column("url", "text", "A link that its people set", "url"),
        Column("is_private", "boolean", "Whether only its members see it", "isPrivate"),
        Column("is_archived", "boolean", "Whether it is archived; its issues then leave every search", "archived"),
        Column("archived_at", "timestamp", "When it was archived", "archivedDate"),
        Column("is_deleted", "boolean", "Whether it lies in the bin, from where it can be restored", "deleted"),
        Column("deleted_at", "timestamp", "When it was put into the bin", "deletedDate"),
    ),
)
PROJECT_CATEGORY = Table(
    name="project_category",
    group="projects",
    meaning="The categories that projects are sorted into.",
    key=("id",),
    columns=(
        Column("id", "bigint", "Jira's own number", "id"),
        Column("name", "text", "The name", "name"),
        Column("description", "text", "What belongs there", "description"),
    ),
)
PROJECT_TYPE = Table(
    name="project_type",
    group="projects",
    meaning="The kinds of project that the site has.",
    key=("key",),
    columns=(
        Column("key", "text", "`software`, `service_desk`, `business`", "key"),
        Column("name", "text", "As Jira's pages call it", "formattedKey"),
    ),
)
COMPONENT = Table(
    name="component",
    group="projects",
    meaning="The components of the projects that were read.",
    key=("id",),
    owner="project_id",
    columns=(
        Column("id", "bigint", "Jira's own number", "id"),
        Column("project_id", "bigint", "`project.id`", "projectId"),
        Column("name", "text", "The name", "name"),
        Column("description", "text", "What it is", "description", personal=True),
        Column("lead_id", "text", "`user.id`", "lead.accountId", person=True),
        Column("assignee_type", "text", "Who gets its new issues", "assigneeType"),
    ),
)
VERSION = Table(
    name="version",
    group="projects",
    meaning="The versions (releases) of the projects that were read.",
    key=("id",),
    owner="project_id",
    columns=(
        Column("id", "bigint", "Jira's own number", "id"),
        Column("project_id", "bigint", "`project.id`", "projectId"),
        Column("name", "text", "The name", "name"),
        Column("description", "text", "What it brings", "description", personal=True),
        Column("is_archived", "boolean", "Whether it is put away", "archived"),
        Column("is_released", "boolean", "Whether it is out", "released"),
        Column("is_overdue", "boolean", "Whether its day passed without a release", "overdue"),
        Column("start_date", "date", "When work on it starts", "startDate"),
        Column("release_date", "date", "When it is or was to be out", "releaseDate"),
    ),
)

PROJECT_FAMILY = (PROJECT, PROJECT_CATEGORY, PROJECT_TYPE, COMPONENT, VERSION)
