"""A Data Center's workflows, and which project uses which scheme, given in Cloud's shapes.

Its API tells much of it a project or a scheme at a time. JiraNotPermitted means that this account may not read it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from jira_staging.jira_api.answers import REST, Call, JiraHasNone
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.in_order import in_order
from jira_staging.jira_api.owned_lists import Lists, OwnedLists, Owner, joined, of_each
from jira_staging.jira_api.paging import Items, array, known


class Named(msgspec.Struct, kw_only=True):
    """What most lists tell of each item."""

    id: int
    name: str = ""
    description: str | None = None


class _SecurityScheme(Named, rename="camel"):
    default_security_level_id: int | None = None
    levels: list[Named] = []


class _SecuritySchemes(msgspec.Struct, rename="camel"):
    issue_security_schemes: Items = []


class _Workflow(msgspec.Struct):
    name: str
    description: str | None = None


class _WorkflowScheme(msgspec.Struct, rename="camel"):
    id: int | None = None
    issue_type_mappings: dict[str, str] | None = None


class _IssueTypeScheme(Named, rename="camel"):
    default_issue_type: Named | None = None
    issue_types: list[Named] = []


class _IssueTypeSchemes(msgspec.Struct):
    schemes: Items = []


class _Project(msgspec.Struct):
    id: int


@dataclass(frozen=True)
class SchemesOfProjects:
    """Which scheme each of some projects has, and the schemes themselves where nothing else lists them."""

    projects: list[OwnedLists] = field(repr=False)
    schemes: list[OwnedLists] = field(repr=False)


def security_schemes(jira: JiraClient) -> Iterator[OwnedLists]:
    """Each scheme (`security_scheme`) with its levels (`security_level`), a request a scheme."""
    call = Call(f"{REST}/issuesecurityschemes", _SecuritySchemes, lambda told: not told.issue_security_schemes)
    return of_each(jira, [known(item, Named).id for item in jira.ask(call).issue_security_schemes], _security_scheme)


def _security_scheme(jira: JiraClient, scheme_id: Owner) -> Lists:
    told = jira.ask(Call(f"{REST}/issuesecurityschemes/{scheme_id}", msgspec.Raw, lambda _: False))
    scheme = known(told, _SecurityScheme)
    default = scheme.default_security_level_id
    levels = [joined(**plain(level), issueSecuritySchemeId=scheme.id, isDefault=level.id == default) for level in scheme.levels]
    return {"security_scheme": [joined(**plain(scheme), defaultLevel=default)], "security_level": levels}


def workflows(jira: JiraClient) -> Items:
    """All workflows. They have no id but their name, and do not tell their statuses."""
    listed = [known(item, _Workflow) for item in array(jira, f"{REST}/workflow")]
    return [joined(workflow={"id": one.name, "name": one.name, "description": one.description}) for one in listed]


def workflow_schemes(jira: JiraClient, project_ids: Sequence[int]) -> SchemesOfProjects:
    """The workflow schemes of these projects, a request a project: nothing lists them. The site's default has no id."""
    told = _of_projects(jira, project_ids, "workflowscheme")
    schemes: dict[int, OwnedLists] = {}
    for item in told.values():
        scheme = known(item, _WorkflowScheme)
        if scheme.id is not None and scheme.id not in schemes:
            named = [
                joined(scheme={"id": scheme.id}, issueType={"id": issue_type}, workflow={"name": name})
                for issue_type, name in (scheme.issue_type_mappings or {}).items()
            ]
            lists = {"workflow_scheme": [joined(scheme=item)], "workflow_scheme_issue_type": named}
            schemes[scheme.id] = OwnedLists(scheme.id, lists)
    return SchemesOfProjects(_memberships("workflow_scheme_project", project_ids, told), list(schemes.values()))


def security_schemes_of(jira: JiraClient, project_ids: Sequence[int]) -> SchemesOfProjects:
    """The security scheme of each of these projects that has one (`security_scheme_project`), a request a project."""
    told = _of_projects(jira, project_ids, "issuesecuritylevelscheme")
    return SchemesOfProjects(_memberships("security_scheme_project", project_ids, told), [])


def notification_schemes_of(jira: JiraClient, project_ids: Sequence[int]) -> SchemesOfProjects:
    """The notification scheme of each of these projects that has one (`notification_scheme_project`), a request a project."""
    told = _of_projects(jira, project_ids, "notificationscheme")
    return SchemesOfProjects(_memberships("notification_scheme_project", project_ids, told), [])


def _of_projects(jira: JiraClient, project_ids: Iterable[int], what: str) -> dict[int, msgspec.Raw]:
    """The scheme of each project that has one."""

    def asking(project_id: int) -> Callable[[JiraClient], tuple[int, msgspec.Raw | None]]:
        def ask(client: JiraClient) -> tuple[int, msgspec.Raw | None]:
            call = Call(f"{REST}/project/{project_id}/{what}", msgspec.Raw, lambda _: False)
            try:
                return project_id, client.ask(call)
            except JiraHasNone:
                # The project is there, so it is the scheme that is not.
                return project_id, None

        return ask

    return {project_id: told for project_id, told in in_order(jira, map(asking, project_ids)) if told is not None}


def _memberships(table: str, project_ids: Iterable[int], told: dict[int, msgspec.Raw]) -> list[OwnedLists]:
    ids = {project_id: known(item, _WorkflowScheme).id for project_id, item in told.items()}
    return [OwnedLists(project, {table: _membership(project, ids.get(project))}) for project in project_ids]


def _membership(project_id: int, scheme_id: int | None) -> Items:
    """In both of Cloud's spellings: that of its lists, and that of its answers about single projects."""
    if scheme_id is None:
        return []
    listed = {"issueSecuritySchemeId": scheme_id, "notificationSchemeId": scheme_id, "projectId": project_id}
    return [joined(scheme={"id": scheme_id}, project={"id": project_id}, **listed)]


def issue_type_schemes(jira: JiraClient) -> Iterator[OwnedLists]:
    """Each scheme (`issue_type_scheme`) with its issue types (`issue_type_scheme_item`); all come in one answer."""
    for scheme in _issue_type_schemes(jira):
        default = scheme.default_issue_type.id if scheme.default_issue_type else None
        items = [joined(issueTypeSchemeId=scheme.id, issueTypeId=kind.id) for kind in scheme.issue_types]
        listed = joined(**plain(scheme), defaultIssueTypeId=default)
        yield OwnedLists(scheme.id, {"issue_type_scheme": [listed], "issue_type_scheme_item": items})


def _issue_type_schemes(jira: JiraClient) -> list[_IssueTypeScheme]:
    params = {"expand": "schemes.issueTypes,schemes.defaultIssueType"}
    told = jira.ask(Call(f"{REST}/issuetypescheme", _IssueTypeSchemes, lambda told: not told.schemes, params=params))
    return [known(item, _IssueTypeScheme) for item in told.schemes]


def issue_type_scheme_projects(jira: JiraClient, project_ids: Sequence[int]) -> Iterator[Items]:
    """Which of these projects has which issue type scheme, a request a scheme."""
    schemes = [scheme.id for scheme in _issue_type_schemes(jira)]
    wanted = set(project_ids)

    def asking(scheme_id: int) -> Callable[[JiraClient], Items]:
        def ask(client: JiraClient) -> Items:
            found = [known(item, _Project).id for item in array(client, f"{REST}/issuetypescheme/{scheme_id}/associations")]
            return [joined(scheme={"id": scheme_id}, project={"id": project}) for project in found if project in wanted]

        return ask

    return in_order(jira, map(asking, schemes))


def plain(one: Named) -> dict[str, object]:
    """The same for one of Cloud's items."""
    return {"id": one.id, "name": one.name, "description": one.description}
