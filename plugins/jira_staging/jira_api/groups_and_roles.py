"""Groups and their members, roles and who plays them in a project."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import msgspec

from jira_staging.jira_api.answers import REST, Call
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import Lists, OwnedLists, Owner, joined, of_each
from jira_staging.jira_api.paging import Items, array, known, pages

# The largest pages that Jira gives.
ITEMS_PER_PAGE = 50


class _Group(msgspec.Struct, rename="camel"):
    group_id: str


class _Project(msgspec.Struct):
    id: int


class _Scope(msgspec.Struct):
    project: _Project | None = None


class _Role(msgspec.Struct):
    id: int
    scope: _Scope | None = None

    def is_of(self, project: Owner) -> bool:
        """Whether the project has the role: roles of other team-managed projects are listed too."""
        return self.scope is None or self.scope.project is None or self.scope.project.id == project


class _Actors(msgspec.Struct):
    actors: Items = []


def groups(jira: JiraClient) -> Iterator[Items]:
    """All groups; needs the permission to browse users."""
    return pages(jira, f"{REST}/group/bulk", {}, page_size=ITEMS_PER_PAGE)


def groups_by_id(listed_groups: Iterable[Items]) -> dict[Owner, msgspec.Raw]:
    """These groups by their ids."""
    return {known(group, _Group).group_id: group for group in chain.from_iterable(listed_groups)}


def roles(jira: JiraClient) -> Items:
    """All roles, those of single projects too."""
    return array(jira, f"{REST}/role")


def group_members(jira: JiraClient, listed_groups: Iterable[Items]) -> Iterator[OwnedLists]:
    """The members of each of these groups, deactivated ones too (`group_member`)."""
    return of_each(jira, groups_by_id(listed_groups), _members)


def _members(jira: JiraClient, group: Owner) -> Lists:
    params = {"groupId": group, "includeInactiveUsers": "true"}
    found = chain.from_iterable(pages(jira, f"{REST}/group/member", params, page_size=ITEMS_PER_PAGE))
    return {"group_member": [joined(group={"groupId": group}, user=user) for user in found]}


def role_requests(listed_roles: Items, project_ids: Sequence[int]) -> dict[int, int]:
    """How many requests the actors of each project take: one a role that the project has."""
    listed = [known(role, _Role) for role in listed_roles]
    return {project: sum(role.is_of(project) for role in listed) for project in project_ids}


def role_actors(jira: JiraClient, listed_roles: Items, project_ids: Sequence[int]) -> Iterator[OwnedLists]:
    """Who plays which of these roles in each project (`role_actor`)."""
    listed = [known(role, _Role) for role in listed_roles]

    def actors(client: JiraClient, project: Owner) -> Lists:
        found: Items = []
        for role in listed:
            if role.is_of(project):
                path = f"{REST}/project/{project}/role/{role.id}"
                told = client.ask(Call(path, _Actors, lambda told: not told.actors))
                found += [joined(role={"id": role.id}, project={"id": project}, actor=actor) for actor in told.actors]
        return {"role_actor": found}

    return of_each(jira, project_ids, actors)
