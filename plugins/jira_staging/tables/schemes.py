"""Workflows, and the schemes that say which project uses which workflows, issue types and security levels."""

from jira_staging.tables.nouns import Column, Group, Table

_ID = Column("id", "bigint", "Jira's own number", "id")
_NAME = Column("name", "text", "The name", "name")
_DESCRIPTION = Column("description", "text", "What it is for", "description")
_ADMINISTRATORS = "Only administrators may read it."


def _members(group: Group, name: str, meaning: str, *columns: Column, owner: str | None = None) -> Table:
    key = tuple(column.name for column in columns[:2])
    return Table(name, group, meaning, key, columns, owner=owner, absent="delete")


WORKFLOW = Table(
    name="workflow",
    group="workflow",
    meaning="The workflows that the account may see: administrators all, others those of the projects that they administer.",
    key=("id",),
    columns=(
        Column("id", "text", "Jira's own id, lasting", "workflow.id"),
        Column("name", "text", "The name; schemes refer to it", "workflow.name"),
        Column("description", "text", "What it is for", "workflow.description"),
        Column("project_id", "bigint", "The team-managed project it belongs to; null: the site's", "workflow.scope.project.id"),
        Column("created_at", "timestamp", "When it was made", "workflow.created"),
        Column("updated_at", "timestamp", "When it was last changed", "workflow.updated"),
    ),
)
WORKFLOW_STATUS = _members(
    "workflow",
    "workflow_status",
    "The statuses of a workflow.",
    Column("workflow_id", "text", "`workflow.id`", "workflow.id"),
    Column("status_id", "bigint", "`status.id`", "status.id"),
    Column("position", "bigint", "Its place in Jira's list, from 0", "position"),
    owner="workflow_id",
)
WORKFLOW_SCHEME = Table(
    name="workflow_scheme",
    group="workflow",
    meaning=f"Which workflow which issue type has. {_ADMINISTRATORS}",
    key=("id",),
    columns=(
        Column("id", "bigint", "Jira's own number", "scheme.id"),
        Column("name", "text", "The name", "scheme.name"),
        Column("description", "text", "What it is for", "scheme.description"),
        Column(
            "default_workflow",
            "text",
            "`workflow.name` for the issue types that it does not name",
            "scheme.defaultWorkflow",
        ),
    ),
)
WORKFLOW_SCHEME_ISSUE_TYPE = _members(
    "workflow",
    "workflow_scheme_issue_type",
    f"The issue types that have another workflow than their scheme's default. {_ADMINISTRATORS}",
    Column("scheme_id", "bigint", "`workflow_scheme.id`", "scheme.id"),
    Column("issue_type_id", "bigint", "`issue_type.id`", "issueType.id"),
    Column("workflow_name", "text", "`workflow.name`", "workflow.name"),
    owner="scheme_id",
)
WORKFLOW_SCHEME_PROJECT = _members(
    "workflow",
    "workflow_scheme_project",
    "The workflow scheme of each company-managed project that was read; one without a row has the site's default scheme, which "
    f"has no id. {_ADMINISTRATORS}",
    Column("scheme_id", "bigint", "`workflow_scheme.id`", "scheme.id"),
    Column("project_id", "bigint", "`project.id`", "project.id"),
    owner="project_id",
)
ISSUE_TYPE_SCHEME = Table(
    name="issue_type_scheme",
    group="projects",
    meaning=f"Which issue types a project has. {_ADMINISTRATORS}",
    key=("id",),
    columns=(
        _ID,
        _NAME,
        _DESCRIPTION,
        Column("is_default", "boolean", "Whether new projects get it", "isDefault"),
        Column("default_issue_type_id", "bigint", "What is offered first: `issue_type.id`", "defaultIssueTypeId"),
    ),
)
ISSUE_TYPE_SCHEME_ITEM = _members(
    "projects",
    "issue_type_scheme_item",
    f"The issue types of a scheme. {_ADMINISTRATORS}",
    Column("scheme_id", "bigint", "`issue_type_scheme.id`", "issueTypeSchemeId"),
    Column("issue_type_id", "bigint", "`issue_type.id`", "issueTypeId"),
)
ISSUE_TYPE_SCHEME_PROJECT = _members(
    "projects",
    "issue_type_scheme_project",
    f"The issue type scheme of each company-managed project that was read. {_ADMINISTRATORS}",
    Column("scheme_id", "bigint", "`issue_type_scheme.id`", "scheme.id"),
    Column("project_id", "bigint", "`project.id`", "project.id"),
    owner="project_id",
)
SECURITY_SCHEME = Table(
    name="security_scheme",
    group="projects",
    meaning=f"Which security levels the issues of a project can have. {_ADMINISTRATORS}",
    key=("id",),
    columns=(
        _ID,
        _NAME,
        _DESCRIPTION,
        Column("default_level_id", "bigint", "What new issues get: `security_level.id`", "defaultLevel"),
    ),
)
SECURITY_LEVEL = Table(
    name="security_level",
    group="projects",
    meaning=f"The levels that `issue.security_level_id` names. {_ADMINISTRATORS}",
    key=("id",),
    columns=(
        _ID,
        Column("scheme_id", "bigint", "`security_scheme.id`", "issueSecuritySchemeId"),
        _NAME,
        _DESCRIPTION,
        Column("is_default", "boolean", "Whether its scheme's new issues get it", "isDefault"),
    ),
)
SECURITY_SCHEME_PROJECT = _members(
    "projects",
    "security_scheme_project",
    f"The security scheme of each company-managed project that has one. {_ADMINISTRATORS}",
    Column("scheme_id", "bigint", "`security_scheme.id`", "issueSecuritySchemeId"),
    Column("project_id", "bigint", "`project.id`", "projectId"),
    owner="project_id",
)

SCHEMES = (
    WORKFLOW,
    WORKFLOW_STATUS,
    WORKFLOW_SCHEME,
    WORKFLOW_SCHEME_ISSUE_TYPE,
    WORKFLOW_SCHEME_PROJECT,
    ISSUE_TYPE_SCHEME,
    ISSUE_TYPE_SCHEME_ITEM,
    ISSUE_TYPE_SCHEME_PROJECT,
    SECURITY_SCHEME,
    SECURITY_LEVEL,
    SECURITY_SCHEME_PROJECT,
)
