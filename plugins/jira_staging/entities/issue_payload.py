"""What is read of an issue's JSON: system fields by structs of their own, custom fields as announced."""

from collections.abc import Collection
from typing import Any, cast

import msgspec

from jira_staging.entities.child_payload import Attachment, EmbeddedComments, EmbeddedWorklogs
from jira_staging.entities.decoding import NULL, Int64
from jira_staging.entities.field_catalogue import FieldCatalogue, column_of
from jira_staging.entities.flattened import attributes
from jira_staging.entities.value_shapes import (
    APPROVALS,
    JSON,
    LIST,
    ORGANIZATIONS,
    PARTICIPANTS,
    REQUEST_TYPE,
    SLA,
    Person,
    shape_of,
)
from jira_staging.tables import GROUPS, TABLES


class Ref(msgspec.Struct, gc=False):
    """Whatever an issue points to by its id."""

    id: Int64


class ParentType(msgspec.Struct, rename="camel", gc=False):
    """The type of the issue above: level 1 is an epic."""

    hierarchy_level: int | None = None


class ParentFields(msgspec.Struct, gc=False):
    """The few fields that Jira shows of the issue above."""

    issuetype: ParentType | None = None


class Parent(msgspec.Struct, gc=False):
    """The issue above."""

    id: Int64
    key: str | None = None
    fields: ParentFields | None = None


class Votes(msgspec.Struct, gc=False):
    """How many voted."""

    votes: Int64 | None = None


class Watches(msgspec.Struct, rename="camel", gc=False):
    """How many watch."""

    watch_count: Int64 | None = None


class LinkType(msgspec.Struct, gc=False):
    """A kind of link, in words from either end."""

    id: Int64
    inward: str | None = None
    outward: str | None = None


class LinkedIssue(msgspec.Struct, gc=False):
    """The other end of a link."""

    id: Int64
    key: str | None = None


class Link(msgspec.Struct, rename="camel", gc=False):
    """A link as one end shows it: Jira gives the other end under one of two names."""

    id: Int64
    type: LinkType
    inward_issue: LinkedIssue | None = None
    outward_issue: LinkedIssue | None = None

    def __post_init__(self) -> None:
        """Raises ValueError, which the decoder reports with its path, for a link that leads nowhere."""
        if self.inward_issue is None and self.outward_issue is None:
            raise ValueError("Expected a link with `inwardIssue` or `outwardIssue`")


class SystemFields(msgspec.Struct, rename="camel", kw_only=True, gc=False):
    """The fields that every site has."""

    project: Ref | None = None
    issuetype: Ref | None = None
    status: Ref | None = None
    priority: Ref | None = None
    resolution: Ref | None = None
    security: Ref | None = None
    parent: Parent | None = None
    assignee: Person | None = None
    reporter: Person | None = None
    creator: Person | None = None
    summary: str | None = None
    description: msgspec.Raw = NULL
    environment: msgspec.Raw = NULL
    created: str | None = None
    updated: str | None = None
    resolutiondate: str | None = None
    statuscategorychangedate: str | None = None
    last_viewed: str | None = None
    duedate: str | None = None
    timeoriginalestimate: Int64 | None = None
    timeestimate: Int64 | None = None
    timespent: Int64 | None = None
    aggregatetimeoriginalestimate: Int64 | None = None
    aggregatetimeestimate: Int64 | None = None
    aggregatetimespent: Int64 | None = None
    workratio: Int64 | None = None
    votes: Votes | None = None
    watches: Watches | None = None
    labels: list[str | None] | None = None
    components: list[Ref | None] | None = None
    fix_versions: list[Ref | None] | None = None
    versions: list[Ref | None] | None = None
    issuelinks: list[Link | None] | None = None
    comment: EmbeddedComments | None = None
    worklog: EmbeddedWorklogs | None = None
    attachment: list[Attachment | None] | None = None


class Issue(msgspec.Struct, gc=False):
    """One issue of a search or bulk fetch; `fields` is the struct that `issue_struct` makes."""

    id: Int64
    key: str | None
    fields: Any


# Made from more than one place of the payload, so not by following `Column.source`.
COMPUTED = frozenset(("epic_id",))
RICH_TEXTS = frozenset(("description", "environment"))
# Where each list's rows come from; sprints come from the custom fields of that kind.
LIST_FIELDS = {
    "issue_label": "labels",
    "issue_component": "components",
    "issue_fix_version": "fixVersions",
    "issue_affected_version": "versions",
    "issue_link": "issuelinks",
}
# Tables of what hangs on an issue and stands in its own payload, and the field that holds it.
EMBEDDED_FIELDS = {"comment": "comment", "worklog": "worklog", "attachment": "attachment"}
# Tables of what a service desk's request holds, and the type of the custom fields that hold it.
DESK_FIELD_TYPES = {
    "request": REQUEST_TYPE,
    "request_participant": PARTICIPANTS,
    "request_organization": ORGANIZATIONS,
    "sla_cycle": SLA,
    "approval": APPROVALS,
    "approval_approver": APPROVALS,
}
# What replaying a changelog leads to.
HISTORY_SOURCES = ("issue", "issue_label", "issue_component", "issue_fix_version", "issue_affected_version", "issue_sprint")
# By column of `issue`: the attributes that its value is found under, beginning with the field.
SYSTEM_PATHS = {
    column.name: attributes(column.source.removeprefix("fields."))
    for column in TABLES["issue"].columns
    if column.source.startswith("fields.") and column.name not in COMPUTED
}


def issue_struct(catalogue: FieldCatalogue) -> type[Issue]:
    """`Issue` whose `fields` has an attribute a wanted custom field, named like its first column.

    An excluded field of Jira's own is read as absent, also from a payload that has it.
    """
    shapes = dict.fromkeys(catalogue.sprint_fields, LIST)
    shapes |= dict.fromkeys((*catalogue.epic_link_fields, *catalogue.development_fields), JSON)
    for custom_type in DESK_FIELD_TYPES.values():
        shapes |= dict.fromkeys(catalogue.of_type(custom_type), shape_of(None, None, custom_type))
    shapes |= {custom.id: custom.shape for custom in catalogue.custom}
    custom = [
        (column_of(field_id), shape.annotation, msgspec.field(default=shape.default, name=field_id))
        for field_id, shape in shapes.items()
    ]
    # Under a name that no field has.
    hidden = [
        (field.name, field.type, msgspec.field(default=field.default, name=f"-{field.encode_name}"))
        for field in msgspec.structs.fields(SystemFields)
        if catalogue.is_excluded(field.encode_name)
    ]
    fields = msgspec.defstruct("Fields", [*hidden, *custom], bases=(SystemFields,), kw_only=True, gc=False)
    return cast("type[Issue]", msgspec.defstruct("IssueOfSite", [("fields", fields)], bases=(Issue,), gc=False))


def with_sources(entities: Collection[str]) -> frozenset[str]:
    """These tables, and for the history tables those whose values they lead to."""
    sources = () if set(entities).isdisjoint(GROUPS["history"]) else HISTORY_SOURCES
    return frozenset((*entities, *sources))


def fields_to_ask(catalogue: FieldCatalogue, entities: Collection[str]) -> list[str]:
    """The ids of the fields that these tables need, as the `fields` parameter of a search or bulk fetch takes them."""
    asked, entities = {"updated", "project"}, with_sources(entities)
    if "issue" in entities:
        sources = (column.source for column in TABLES["issue"].columns if column.name in SYSTEM_PATHS)
        asked.update(source.split(".")[1] for source in sources)
        asked.update(custom.id for custom in catalogue.custom)
    if "user" in entities:
        asked.update(("assignee", "reporter", "creator"))
    asked.update(catalogue.development_fields if "issue_development" in entities else ())
    for table, custom_type in DESK_FIELD_TYPES.items():
        asked.update(catalogue.of_type(custom_type) if table in entities else ())
    asked.update(field for table, field in (LIST_FIELDS | EMBEDDED_FIELDS).items() if table in entities)
    # An excluded Sprint or Epic Link field has no column, but `issue_sprint` and `epic_id` are made of it.
    needed = catalogue.epic_link_fields if "issue" in entities else ()
    needed += catalogue.sprint_fields if "issue_sprint" in entities else ()
    return sorted({*needed, *(field for field in asked if not catalogue.is_excluded(field))})
