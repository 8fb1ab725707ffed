"""The issue, and the lists that its own payload holds."""

from jira_staging.tables.nouns import Column, Table


def _of_issue(name: str, meaning: str, *columns: Column, key: tuple[str, ...], membership: bool = False) -> Table:
    return Table(
        name=name,
        group="issues",
        meaning=meaning,
        key=key,
        columns=columns,
        owner="issue_id",
        absent="delete" if membership else "mark",
    )


_ISSUE_ID = Column("issue_id", "bigint", "The issue: `issue.id`", "id")

ISSUE = Table(
    name="issue",
    group="issues",
    meaning="One row an issue, with its system fields; custom fields follow as `customfield_NNNNN` when first seen not null.",
    key=("id",),
    absent="keep",  # a sweep brings only what changed: an issue that it does not bring is not gone
    version="updated_at",
    columns=(
        Column("id", "bigint", "Jira's own number; stays when an issue moves", "id"),
        Column("key", "text", "The key that people use; changes when the issue moves to another project", "key"),
        Column("project_id", "bigint", "`project.id`", "fields.project.id"),
        Column("issue_type_id", "bigint", "`issue_type.id`", "fields.issuetype.id"),
        Column("status_id", "bigint", "`status.id`", "fields.status.id"),
        Column("priority_id", "bigint", "`priority.id`", "fields.priority.id"),
        Column("resolution_id", "bigint", "`resolution.id`; null while unresolved", "fields.resolution.id"),
        Column("security_level_id", "bigint", "`security_level.id`; null if everybody may see it", "fields.security.id"),
        Column("parent_id", "bigint", "The issue above it: `issue.id`", "fields.parent.id"),
        Column("epic_id", "bigint", "Its epic: `issue.id`", "fields.parent if that is an epic, else the Epic Link field"),
        Column("assignee_id", "text", "`user.id`", "fields.assignee.accountId", person=True),
        Column("reporter_id", "text", "`user.id`", "fields.reporter.accountId", person=True),
        Column("creator_id", "text", "`user.id`", "fields.creator.accountId", person=True),
        Column("summary", "text", "The title", "fields.summary", personal=True),
        Column("description", "text", "The description as Markdown", "fields.description", personal=True),
        Column("environment", "text", "The environment as Markdown", "fields.environment", personal=True),
        Column("created_at", "timestamp", "When it was created", "fields.created"),
        Column("updated_at", "timestamp", "When Jira last changed it", "fields.updated"),
        Column("resolved_at", "timestamp", "When it was resolved", "fields.resolutiondate"),
        Column(
            "status_category_changed_at",
            "timestamp",
            "When its status last moved to another category",
            "fields.statuscategorychangedate",
        ),
        Column("last_viewed_at", "timestamp", "When the account that reads last viewed it", "fields.lastViewed"),
        Column("due_date", "date", "The day it is due", "fields.duedate"),
        Column("original_estimate_seconds", "bigint", "First estimate", "fields.timeoriginalestimate"),
        Column("remaining_estimate_seconds", "bigint", "Estimate of what is left", "fields.timeestimate"),
        Column("time_spent_seconds", "bigint", "Work logged on it", "fields.timespent"),
        Column(
            "aggregate_original_estimate_seconds",
            "bigint",
            "First estimate with its subtasks",
            "fields.aggregatetimeoriginalestimate",
        ),
        Column(
            "aggregate_remaining_estimate_seconds",
            "bigint",
            "What is left with its subtasks",
            "fields.aggregatetimeestimate",
        ),
        Column("aggregate_time_spent_seconds", "bigint", "Work logged with its subtasks", "fields.aggregatetimespent"),
        Column("work_ratio", "bigint", "Time spent in per cent of the estimate; -1 without an estimate", "fields.workratio"),
        Column("votes", "bigint", "How many voted for it", "fields.votes.votes"),
        Column("watchers", "bigint", "How many watch it", "fields.watches.watchCount"),
    ),
)

ISSUE_LABEL = _of_issue(
    "issue_label",
    "The labels that an issue has now.",
    _ISSUE_ID,
    Column("label", "text", "The label as written", "fields.labels[]"),
    key=("issue_id", "label"),
    membership=True,
)
ISSUE_COMPONENT = _of_issue(
    "issue_component",
    "The components that an issue has now.",
    _ISSUE_ID,
    Column("component_id", "bigint", "`component.id`", "fields.components[].id"),
    key=("issue_id", "component_id"),
    membership=True,
)
ISSUE_FIX_VERSION = _of_issue(
    "issue_fix_version",
    "The versions that an issue is to be fixed in.",
    _ISSUE_ID,
    Column("version_id", "bigint", "`version.id`", "fields.fixVersions[].id"),
    key=("issue_id", "version_id"),
    membership=True,
)
ISSUE_AFFECTED_VERSION = _of_issue(
    "issue_affected_version",
    "The versions that an issue affects.",
    _ISSUE_ID,
    Column("version_id", "bigint", "`version.id`", "fields.versions[].id"),
    key=("issue_id", "version_id"),
    membership=True,
)
ISSUE_SPRINT = _of_issue(
    "issue_sprint",
    "The sprints that an issue is or was in, as its Sprint field lists them.",
    _ISSUE_ID,
    Column("sprint_id", "bigint", "`sprint.id`", "the custom field of type gh-sprint, [].id"),
    key=("issue_id", "sprint_id"),
    membership=True,
)
ISSUE_LINK = _of_issue(
    "issue_link",
    "Links between issues, a row for each end that was read.",
    Column("id", "bigint", "The link; the same at both ends", "fields.issuelinks[].id"),
    _ISSUE_ID,
    Column("related_issue_id", "bigint", "The other end: `issue.id`", "fields.issuelinks[].inwardIssue|outwardIssue.id"),
    Column("link_type_id", "bigint", "`issue_link_type.id`", "fields.issuelinks[].type.id"),
    Column("direction", "text", "`inward` or `outward`, seen from `issue_id`", "which of the two Jira gives"),
    Column("relationship", "text", "In words, seen from `issue_id`: `blocks`", "fields.issuelinks[].type.inward|outward"),
    key=("id", "issue_id"),
)
ISSUE_DEVELOPMENT = _of_issue(
    "issue_development",
    "Branches, commits, pull requests, builds and deployments of an issue, a row a kind, as its Development field counted them "
    "when the issue was last read: Jira does not date a new commit as a change of the issue.",
    _ISSUE_ID,
    Column("kind", "text", "`repository` (with commits), `branch`, `pullrequest`, `review`, `build` …", "cachedValue.summary"),
    Column("count", "bigint", "How many; one that two applications tell of counts twice", "overall.count"),
    Column("state", "text", "The state that matters most: `OPEN`, `MERGED`, `DECLINED`; null for most kinds", "overall.state"),
    Column("state_count", "bigint", "How many are in that state", "overall.stateCount"),
    Column("is_open", "boolean", "Whether that state is an open one", "overall.open"),
    Column("last_updated_at", "timestamp", "When the latest of them changed", "overall.lastUpdated"),
    Column("detail", "json", "All that the field says of this kind: by application, failed builds, environments", "the kind"),
    key=("issue_id", "kind"),
    membership=True,
)

ISSUE_FAMILY = (
    ISSUE,
    ISSUE_LABEL,
    ISSUE_COMPONENT,
    ISSUE_FIX_VERSION,
    ISSUE_AFFECTED_VERSION,
    ISSUE_SPRINT,
    ISSUE_LINK,
    ISSUE_DEVELOPMENT,
)
