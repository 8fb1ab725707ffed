"""Workflows, and which project uses which workflows, issue types and priorities.

JiraNotPermitted means that this account may not read one of them: for the caller to report.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from jira_staging.jira_api.answers import REST, Call
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.issues import batched
from jira_staging.jira_api.owned_lists import Lists, OwnedLists, Owner, joined, of_each
from jira_staging.jira_api.paging import Items, known, pages

# The largest pages that Jira gives.
ITEMS_PER_PAGE = 50

# Each id is a parameter of a GET, and Jira takes a hundred of them.
PROJECTS_PER_REQUEST = 100

NULL = msgspec.Raw(b"null")


class _Scheme(msgspec.Struct, rename="camel"):
    id: int | None = None
    issue_type_mappings: dict[str, str] | None = None


class _PriorityScheme(msgspec.Struct):
    id: int


class _SchemeOfProjects(msgspec.Struct, rename="camel"):
    project_ids: list[int] = []
    workflow_scheme: msgspec.Raw = NULL
    issue_type_scheme: msgspec.Raw = NULL


class _SchemesOfProjects(msgspec.Struct):
    values: list[_SchemeOfProjects] = []


class _Reference(msgspec.Struct, rename="camel"):
    status_reference: str


class _Status(msgspec.Struct, rename="camel"):
    id: int
    status_reference: str


class _Workflow(msgspec.Struct):
    id: str
    statuses: list[_Reference] = []


class _WorkflowPage(msgspec.Struct, rename="camel"):
    values: Items = []
    statuses: list[_Status] = []
    is_last: bool | None = None


def workflows(jira: JiraClient) -> Iterator[OwnedLists]:
    """Each workflow (`workflow`) with its statuses (`workflow_status`), which a page names once for all its workflows."""
    start, page = 0, _WorkflowPage(is_last=False)
    while not page.is_last:
        params = {"startAt": start, "maxResults": ITEMS_PER_PAGE}
        page = jira.ask(Call(f"{REST}/workflows/search", _WorkflowPage, lambda told: not told.values, params=params))
        ids = {status.status_reference: status.id for status in page.statuses}
        for item in page.values:
            workflow = known(item, _Workflow)
            statuses = [
                joined(workflow={"id": workflow.id}, status={"id": ids.get(status.status_reference)}, position=position)
                for position, status in enumerate(workflow.statuses)
            ]
            yield OwnedLists(workflow.id, {"workflow": [joined(workflow=item)], "workflow_status": statuses})
        start += len(page.values)
        if not page.values:
            return


def workflow_schemes(jira: JiraClient) -> Iterator[OwnedLists]:
    """Each scheme (`workflow_scheme`) with the workflows that it names for issue types (`workflow_scheme_issue_type`)."""
    for item in chain.from_iterable(pages(jira, f"{REST}/workflowscheme", {}, page_size=ITEMS_PER_PAGE)):
        scheme = known(item, _Scheme)
        if scheme.id is None:  # the site's default, which stands for all projects that have no scheme
            continue
        named = [
            joined(scheme={"id": scheme.id}, issueType={"id": issue_type}, workflow={"name": name})
            for issue_type, name in (scheme.issue_type_mappings or {}).items()
        ]
        yield OwnedLists(scheme.id, {"workflow_scheme": [joined(scheme=item)], "workflow_scheme_issue_type": named})


def workflow_scheme_projects(jira: JiraClient, project_ids: Iterable[int]) -> Iterator[Items]:
    """Which of these projects has which workflow scheme; those with the site's default, which has no id, are left out."""
    for batch in batched(project_ids, PROJECTS_PER_REQUEST):
        params = {"projectId": batch}
        call = Call(f"{REST}/workflowscheme/project", _SchemesOfProjects, lambda told: not told.values, params=params)
        yield [
            joined(scheme={"id": scheme_id}, project={"id": project_id})
            for told in jira.ask(call).values
            if (scheme_id := known(told.workflow_scheme, _Scheme).id) is not None
            for project_id in told.project_ids
        ]


def issue_type_schemes(jira: JiraClient) -> Iterator[Items]:
    return pages(jira, f"{REST}/issuetypescheme", {}, page_size=ITEMS_PER_PAGE)


def issue_type_scheme_items(jira: JiraClient) -> Iterator[Items]:
    """The issue types of all schemes."""
    return pages(jira, f"{REST}/issuetypescheme/mapping", {}, page_size=ITEMS_PER_PAGE)


def issue_type_scheme_projects(jira: JiraClient, project_ids: Iterable[int]) -> Iterator[Items]:
    """Which of these projects has which issue type scheme."""
    for batch in batched(project_ids, PROJECTS_PER_REQUEST):
        for items in pages(jira, f"{REST}/issuetypescheme/project", {"projectId": batch}, page_size=ITEMS_PER_PAGE):
            yield [
                joined(scheme=told.issue_type_scheme, project={"id": project_id})
                for told in (known(item, _SchemeOfProjects) for item in items)
                for project_id in told.project_ids
            ]


def priority_schemes(jira: JiraClient) -> Iterator[Items]:
    return pages(jira, f"{REST}/priorityscheme", {}, page_size=ITEMS_PER_PAGE)


def members_of_priority_schemes(jira: JiraClient) -> Iterator[OwnedLists]:
    """The priorities (`priority_scheme_item`) and projects (`priority_scheme_project`) of each priority scheme."""
    listed = [known(item, _PriorityScheme).id for item in chain.from_iterable(priority_schemes(jira))]
    return of_each(jira, listed, _members)


def _members(jira: JiraClient, scheme: Owner) -> Lists:
    path = f"{REST}/priorityscheme/{scheme}"
    priorities = chain.from_iterable(pages(jira, f"{path}/priorities", {}, page_size=ITEMS_PER_PAGE))
    projects = chain.from_iterable(pages(jira, f"{path}/projects", {}, page_size=ITEMS_PER_PAGE))
    return {
        "priority_scheme_item": [joined(scheme={"id": scheme}, priority=priority) for priority in priorities],
        "priority_scheme_project": [joined(scheme={"id": scheme}, project=project) for project in projects],
    }
