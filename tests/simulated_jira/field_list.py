"""The fields of a site, as `GET /rest/api/3/field` lists them."""

from dataclasses import dataclass
from typing import Any

SYSTEM_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"
GREENHOPPER = "com.pyxis.greenhopper.jira:"


@dataclass(eq=False)
class Field:
    """`kind` says how values are invented; `custom` is the type's full key, None for a system field.

    `type` is None for the few system fields without a schema. `project_id` scopes a field to a team-managed project."""

    id: str
    name: str
    kind: str
    type: str | None
    items: str | None = None
    custom: str | None = None
    navigable: bool = True
    project_id: str | None = None

    @property
    def is_custom(self) -> bool:
        return self.id.startswith("customfield_")

    def schema(self) -> dict[str, Any] | None:
        if self.type is None:
            return None
        seen: dict[str, Any] = {"type": self.type}
        if self.items:
            seen["items"] = self.items
        if self.is_custom:
            return seen | {"custom": self.custom, "customId": int(self.id.removeprefix("customfield_"))}
        return seen | {"system": self.id}

    def payload(self) -> dict[str, Any]:
        """One element of `/field`."""
        number = self.id.removeprefix("customfield_")
        clauses = [f"cf[{number}]", self.name] if self.is_custom else CLAUSE_NAMES.get(self.id, [self.id])
        seen: dict[str, Any] = {
            "id": self.id,
            "key": self.id,
            "name": self.name,
            "custom": self.is_custom,
            "orderable": self.is_custom or self.id in ORDERABLE,
            "navigable": self.navigable,
            "searchable": self.type is not None,
            "clauseNames": clauses if self.type is not None else [],
        }
        if (schema := self.schema()) is not None:
            seen["schema"] = schema
        if self.project_id is not None:
            seen["scope"] = {"type": "PROJECT", "project": {"id": self.project_id}}
        return seen


ORDERABLE = {
    "summary",
    "issuetype",
    "priority",
    "labels",
    "assignee",
    "description",
    "duedate",
    "components",
    "fixVersions",
    "versions",
}

CLAUSE_NAMES = {
    "issuetype": ["issuetype", "type"],
    "fixVersions": ["fixVersion"],
    "versions": ["affectedVersion"],
    "components": ["component"],
    "created": ["created", "createdDate"],
    "updated": ["updated", "updatedDate"],
    "resolutiondate": ["resolutiondate", "resolved"],
    "duedate": ["due", "duedate"],
    "issuekey": ["id", "issue", "issuekey", "key"],
    "security": ["level"],
}

_SYSTEM = (
    ("statuscategorychangedate", "Status Category Changed", "datetime", None),
    ("issuetype", "Issue Type", "issuetype", None),
    ("parent", "Parent", None, None),
    ("timespent", "Time Spent", "number", None),
    ("project", "Project", "project", None),
    ("fixVersions", "Fix versions", "array", "version"),
    ("aggregatetimespent", "Σ Time Spent", "number", None),
    ("resolution", "Resolution", "resolution", None),
    ("resolutiondate", "Resolved", "datetime", None),
    ("workratio", "Work Ratio", "number", None),
    ("issuerestriction", "Restrict to", "issuerestriction", None),
    ("watches", "Watchers", "watches", None),
    ("lastViewed", "Last Viewed", "datetime", None),
    ("created", "Created", "datetime", None),
    ("priority", "Priority", "priority", None),
    ("labels", "Labels", "array", "string"),
    ("timeestimate", "Remaining Estimate", "number", None),
    ("aggregatetimeoriginalestimate", "Σ Original Estimate", "number", None),
    ("versions", "Affects versions", "array", "version"),
    ("issuelinks", "Linked Issues", "array", "issuelinks"),
    ("assignee", "Assignee", "user", None),
    ("updated", "Updated", "datetime", None),
    ("status", "Status", "status", None),
    ("components", "Components", "array", "component"),
    ("issuekey", "Key", None, None),
    ("timeoriginalestimate", "Original estimate", "number", None),
    ("description", "Description", "string", None),
    ("timetracking", "Time tracking", "timetracking", None),
    ("security", "Security Level", "securitylevel", None),
    ("attachment", "Attachment", "array", "attachment"),
    ("aggregatetimeestimate", "Σ Remaining Estimate", "number", None),
    ("summary", "Summary", "string", None),
    ("creator", "Creator", "user", None),
    ("subtasks", "Sub-tasks", "array", "issuelinks"),
    ("reporter", "Reporter", "user", None),
    ("aggregateprogress", "Σ Progress", "progress", None),
    ("environment", "Environment", "string", None),
    ("duedate", "Due date", "date", None),
    ("progress", "Progress", "progress", None),
    ("comment", "Comment", "comments-page", None),
    ("votes", "Votes", "votes", None),
    ("worklog", "Log Work", "array", "worklog"),
)
NOT_NAVIGABLE = {"worklog", "timetracking", "issuerestriction", "attachment", "comment"}

# The fields that a Jira Software site has from the start: id, name, kind, type, items, key of the type.
_SOFTWARE = (
    (
        "10000",
        "Development",
        "development",
        "any",
        None,
        "com.atlassian.jira.plugins.jira-development-integration-plugin:devsummarycf",
    ),
    ("10001", "Team", "team", "team", None, "com.atlassian.teams:rm-teams-custom-field-team"),
    ("10011", "Epic Name", "epic_name", "string", None, GREENHOPPER + "gh-epic-label"),
    ("10012", "Epic Status", "epic_status", "option", None, GREENHOPPER + "gh-epic-status"),
    ("10013", "Epic Color", "epic_color", "string", None, GREENHOPPER + "gh-epic-color"),
    ("10014", "Epic Link", "epic_link", "any", None, GREENHOPPER + "gh-epic-link"),
    ("10015", "Start date", "date", "date", None, SYSTEM_TYPES + "datepicker"),
    ("10016", "Story point estimate", "estimate", "number", None, GREENHOPPER + "jsw-story-points"),
    ("10017", "Issue color", "epic_color", "string", None, GREENHOPPER + "jsw-issue-color"),
    ("10018", "Parent Link", "parent_link", "any", None, "com.atlassian.jpo:jpo-custom-field-parent"),
    ("10019", "Rank", "rank", "any", None, GREENHOPPER + "gh-lexo-rank"),
    ("10020", "Sprint", "sprint", "array", "json", GREENHOPPER + "gh-sprint"),
    ("10021", "Flagged", "multi_select", "array", "option", SYSTEM_TYPES + "multicheckboxes"),
    ("10022", "Target start", "datetime", "datetime", None, SYSTEM_TYPES + "datetime"),
    ("10023", "[CHART] Time in Status", "time_in_status", "any", None, "com.atlassian.jira.ext.charting:timeinstatus"),
    ("10024", "Story Points", "number", "number", None, SYSTEM_TYPES + "float"),
    (
        "10025",
        "Vulnerability",
        "vulnerability",
        "any",
        None,
        "com.atlassian.jira.plugins.jira-development-integration-plugin:vulnerabilitycf",
    ),
)
EPIC_LINK, SPRINT, RANK, STORY_POINTS = (
    "customfield_10014",
    "customfield_10020",
    "customfield_10019",
    "customfield_10024",
)

# Every other kind, in turn, fills a site up to the wished number of custom fields: name, kind, type, items, key of the type.
_KINDS = (
    ("Customer", "text", "string", None, SYSTEM_TYPES + "textfield"),
    ("Severity", "select", "option", None, SYSTEM_TYPES + "select"),
    ("Cost", "number", "number", None, SYSTEM_TYPES + "float"),
    ("Go-live", "date", "date", None, SYSTEM_TYPES + "datepicker"),
    ("Acceptance criteria", "rich_text", "string", None, SYSTEM_TYPES + "textarea"),
    ("Platforms", "multi_select", "array", "option", SYSTEM_TYPES + "multiselect"),
    ("Reviewer", "user", "user", None, SYSTEM_TYPES + "userpicker"),
    ("Region", "cascading", "option-with-child", None, SYSTEM_TYPES + "cascadingselect"),
    ("Incident start", "datetime", "datetime", None, SYSTEM_TYPES + "datetime"),
    ("Runbook", "url", "string", None, SYSTEM_TYPES + "url"),
    ("Approvers", "multi_user", "array", "user", SYSTEM_TYPES + "multiuserpicker"),
    ("Owning group", "group", "group", None, SYSTEM_TYPES + "grouppicker"),
    ("Tags", "labels", "array", "string", SYSTEM_TYPES + "labels"),
    ("Found in", "version", "version", None, SYSTEM_TYPES + "version"),
    ("Targets", "multi_version", "array", "version", SYSTEM_TYPES + "multiversion"),
    ("App data", "app_json", "any", None, "com.example.roadmap__roadmap-field"),
    ("Risk", "radio", "option", None, SYSTEM_TYPES + "radiobuttons"),
    ("Groups", "multi_group", "array", "group", SYSTEM_TYPES + "multigrouppicker"),
    ("Related project", "project", "project", None, SYSTEM_TYPES + "project"),
    ("External id", "readonly", "string", None, SYSTEM_TYPES + "readonlyfield"),
    ("Time to resolution", "sla", "sd-servicelevelagreement", None, "com.atlassian.servicedesk:sd-sla-field"),
    ("Assets", "assets", "array", "cmdb-object-field", "com.atlassian.jira.plugins.cmdb:cmdb-object-cftype"),
)
LONG_NAME = "What did the customer tell us when we asked for the reason of the escalation in the weekly call " * 2 + "(理由)"
# Names that collide: with each other, with a system field, with a column after cleaning, with nothing but patience.
_AWKWARD_NAMES = (
    "Severity",
    "Status",
    "Summary",
    "issue id",
    "Story points",
    LONG_NAME,
    LONG_NAME + "!",
    "成本 (€)",
    'Quote " name',
    "Key",
    "  ",
    "severity",
)


def system_fields() -> list[Field]:
    return [Field(id_, name, id_, type_, items, navigable=id_ not in NOT_NAVIGABLE) for id_, name, type_, items in _SYSTEM]


def custom_fields(count: int) -> list[Field]:
    """Jira Software's own fields, then `count` less those of every kind; names repeat and collide as on real sites."""
    fields = [
        Field(f"customfield_{id_}", name, kind, type_, items, custom) for id_, name, kind, type_, items, custom in _SOFTWARE
    ]
    for number in range(max(0, count - len(fields))):
        name, kind, type_, items, custom = _KINDS[number % len(_KINDS)]
        turn = number // len(_KINDS)
        if turn:
            name = f"{name} {turn + 1}"
        if number >= len(_KINDS) and number - len(_KINDS) < len(_AWKWARD_NAMES):
            name = _AWKWARD_NAMES[number - len(_KINDS)]
        fields.append(Field(f"customfield_{10030 + number}", name, kind, type_, items, custom))
    return fields[: max(count, len(_SOFTWARE))]


def team_fields(project_ids: list[str]) -> list[Field]:
    """One field for each team-managed project: all of one name, which other fields have too."""
    kind, type_, items, custom = "select", "option", None, SYSTEM_TYPES + "select"
    return [
        Field(f"customfield_{10900 + n}", "Severity", kind, type_, items, custom, project_id=project_id)
        for n, project_id in enumerate(project_ids)
    ]
