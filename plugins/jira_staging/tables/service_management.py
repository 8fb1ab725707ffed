"""Jira Service Management: service desks and their customers, and what requests hold beside their issue."""

from typing import Literal

from jira_staging.tables.nouns import Column, Table

_ISSUE_ID = Column("issue_id", "bigint", "The issue: `issue.id`", "the issue that it was read with")
_DESK_ID = Column("service_desk_id", "bigint", "`service_desk.id`", "serviceDesk.id")


def _of_site(
    name: str, meaning: str, key: tuple[str, ...], *columns: Column, owner: str | None = None, membership: bool = False
) -> Table:
    absent: Literal["delete", "mark"] = "delete" if membership else "mark"
    told = f"{meaning} Loaded only where it is asked for."
    return Table(name, "service_management", told, key, columns, owner=owner, absent=absent, on_request=True)


def _of_issue(
    name: str, meaning: str, key: tuple[str, ...], *columns: Column, membership: bool = False, on_request: bool = True
) -> Table:
    absent: Literal["delete", "mark"] = "delete" if membership else "mark"
    told = f"{meaning} Loaded only where it is asked for." if on_request else meaning
    return Table(name, "service_management", told, key, columns, "issue_id", absent, on_request=on_request)


SERVICE_DESK = _of_site(
    "service_desk",
    "The service desks that the account may see: projects with a portal for customers.",
    ("id",),
    Column("id", "bigint", "Jira's own number", "id"),
    Column("project_id", "bigint", "`project.id`", "projectId"),
    Column("name", "text", "The name, which is its project's", "projectName"),
)
REQUEST_TYPE = _of_site(
    "request_type",
    "What customers can ask for, hidden ones too: a request a service desk.",
    ("id",),
    Column("id", "bigint", "Jira's own number", "id"),
    Column("service_desk_id", "bigint", "`service_desk.id`", "serviceDeskId"),
    Column("issue_type_id", "bigint", "What such a request becomes: `issue_type.id`", "issueTypeId"),
    Column("name", "text", "The name", "name"),
    Column("description", "text", "What customers read of it", "description"),
    Column("help_text", "text", "What helps them to fill it in", "helpText"),
    Column("restriction", "text", "`OPEN` or `RESTRICTED`: whether only some customers see it", "restrictionStatus"),
    owner="service_desk_id",
)
ORGANIZATION = _of_site(
    "organization",
    "Organizations of customers.",
    ("id",),
    Column("id", "bigint", "Jira's own number", "id"),
    Column("uuid", "text", "Its id in the directory of groups", "uuid"),
    Column("name", "text", "The name", "name"),
    Column("is_scim_managed", "boolean", "Whether another directory decides who is in it; old ones do not tell", "scimManaged"),
    Column("created_at", "timestamp", "When it was made; old ones do not tell", "created.iso8601"),
)
ORGANIZATION_MEMBER = _of_site(
    "organization_member",
    "Which customers are in which organization: a request for each fifty, so where organizations are many, a run reads those "
    "whose turn it is (`_sync_state` says when each was read), and `full` reads all.",
    ("organization_id", "user_id"),
    Column("organization_id", "bigint", "`organization.id`", "organization.id"),
    Column("user_id", "text", "`user.id`", "user.accountId", person=True),
    owner="organization_id",
    membership=True,
)
SERVICE_DESK_ORGANIZATION = _of_site(
    "service_desk_organization",
    "The organizations of a service desk.",
    ("service_desk_id", "organization_id"),
    _DESK_ID,
    Column("organization_id", "bigint", "`organization.id`", "organization.id"),
    owner="service_desk_id",
    membership=True,
)
SERVICE_DESK_CUSTOMER = _of_site(
    "service_desk_customer",
    "The customers of a service desk: a request for each fifty, by an interface that Atlassian calls experimental. Who "
    "they are is in `user`, where that is asked for too.",
    ("service_desk_id", "user_id"),
    _DESK_ID,
    Column("user_id", "text", "`user.id`", "user.accountId", person=True),
    owner="service_desk_id",
    membership=True,
)
REQUEST = _of_issue(
    "request",
    "Issues that customers see on a portal, and as what: from the field of the type "
    "`vp-origin`, and `/request/{id}` where that does not tell.",
    ("issue_id",),
    _ISSUE_ID,
    Column("request_type_id", "bigint", "`request_type.id`", "requestType.id"),
    Column("service_desk_id", "bigint", "`service_desk.id`", "requestType.serviceDeskId"),
    Column("portal_status", "text", "What the portal calls its status", "currentStatus.status"),
    Column("portal_status_category", "text", "`UNDEFINED`, `NEW`, `INDETERMINATE` or `DONE`", "currentStatus.statusCategory"),
    Column("portal_status_at", "timestamp", "Since when", "currentStatus.statusDate"),
    Column("portal_url", "text", "Its page for customers", "_links.web"),
)
REQUEST_PARTICIPANT = _of_issue(
    "request_participant",
    "Whom a request is shared with: from the field of the type `sd-request-participants`.",
    ("issue_id", "user_id"),
    _ISSUE_ID,
    Column("user_id", "text", "`user.id`", "accountId", person=True),
    membership=True,
)
REQUEST_ORGANIZATION = _of_issue(
    "request_organization",
    "The organizations that a request is shared with: from the field of the type `sd-customer-organizations`.",
    ("issue_id", "organization_id"),
    _ISSUE_ID,
    Column("organization_id", "bigint", "`organization.id`", "id"),
    membership=True,
)
SLA_CYCLE = _of_issue(
    "sla_cycle",
    "Measured SLAs of requests, a row a cycle, as Jira told them when the issue was last read: from the fields of the type "
    "`sd-sla-field`, and `/request/{id}/sla` where these do not tell.",
    ("issue_id", "sla_id", "position"),
    _ISSUE_ID,
    Column("sla_id", "bigint", "Jira's own number of the SLA, one a project", "id"),
    Column("position", "bigint", "Its place among the SLA's cycles, from 0; one that goes on is the last", "by `startTime`"),
    Column("field_id", "text", "The field that holds it: `field.id`", "the field"),
    Column("name", "text", "What the SLA is called", "name"),
    Column("is_ongoing", "boolean", "Whether it is still being measured", "`ongoingCycle` or `completedCycles[]`"),
    Column("is_paused", "boolean", "Whether its clock stands still; false once it ended", "paused"),
    Column("is_breached", "boolean", "Whether its goal was missed", "breached"),
    Column("is_within_calendar_hours", "boolean", "Whether it is working time now; null once it ended", "withinCalendarHours"),
    Column("started_at", "timestamp", "When measuring began", "startTime"),
    Column("stopped_at", "timestamp", "When it ended; null while it goes on", "stopTime"),
    Column("breach_at", "timestamp", "When it was or would be missed; null while it is paused", "breachTime"),
    Column("goal_seconds", "bigint", "How long it may take, by the SLA's own calendar", "goalDuration"),
    Column("elapsed_seconds", "bigint", "How long it took until it was read, by that calendar", "elapsedTime"),
    Column("remaining_seconds", "bigint", "What was left then; negative beyond the goal", "remainingTime"),
    # Reports on service levels are made of it, and it costs no request.
    on_request=False,
)
APPROVAL = _of_issue(
    "approval",
    "Approvals that requests needed: from the field of the type `sd-approvals`, and `/request/{id}/approval` where that "
    "does not tell.",
    ("issue_id", "id"),
    Column("id", "bigint", "Jira's own number", "id"),
    _ISSUE_ID,
    Column("name", "text", "What is to be approved", "name"),
    Column("final_decision", "text", "`approved`, `declined` or `pending`", "finalDecision"),
    Column("created_at", "timestamp", "When it was asked for", "createdDate"),
    Column("completed_at", "timestamp", "When it was decided; null while it is pending", "completedDate"),
)
APPROVAL_APPROVER = _of_issue(
    "approval_approver",
    "Who is to approve, and what each said.",
    ("issue_id", "approval_id", "user_id"),
    _ISSUE_ID,
    Column("approval_id", "bigint", "`approval.id`", "id"),
    Column("user_id", "text", "`user.id`", "approvers[].approver.accountId", person=True),
    Column("decision", "text", "`approved`, `declined` or `pending`", "approvers[].approverDecision"),
    membership=True,
)

SERVICE_MANAGEMENT = (
    SERVICE_DESK,
    REQUEST_TYPE,
    ORGANIZATION,
    ORGANIZATION_MEMBER,
    SERVICE_DESK_ORGANIZATION,
    SERVICE_DESK_CUSTOMER,
    REQUEST,
    REQUEST_PARTICIPANT,
    REQUEST_ORGANIZATION,
    SLA_CYCLE,
    APPROVAL,
    APPROVAL_APPROVER,
)
