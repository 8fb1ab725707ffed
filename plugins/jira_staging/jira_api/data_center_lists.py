"""What a Data Center has besides issues, where it has it elsewhere than Cloud or in another shape: given in Cloud's."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from urllib.parse import quote

import msgspec

from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api.answers import REST, Call, JiraHasNone
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.directory import PROJECT_DETAILS, USERS_PER_PAGE, ProjectState
from jira_staging.jira_api.groups_and_roles import ITEMS_PER_PAGE
from jira_staging.jira_api.in_order import in_order
from jira_staging.jira_api.owned_lists import Lists, OwnedLists, Owner, joined, of_each
from jira_staging.jira_api.paging import Items, array, array_pages, known, pages

# It finds groups for a list to choose from, and gives no pages: more than any company has.
MOST_GROUPS = 100_000
# Characters of their names in one address, of which servers and proxies take 8 KB.
LONGEST_EXCLUDED = 5_000


class _Project(msgspec.Struct):
    id: int
    archived: bool = False


class _Role(msgspec.Struct):
    id: int


class _Actor(msgspec.Struct):
    type: str = ""
    name: str | None = None


class _Actors(msgspec.Struct):
    actors: list[_Actor] = []


class _Person(msgspec.Struct):
    name: str
    key: str


class _Group(msgspec.Struct):
    name: str


class _Groups(msgspec.Struct):
    groups: list[_Group] = []
    total: int = 0


def projects(jira: JiraClient, states: Iterable[ProjectState] = ("live",)) -> Iterator[Items]:
    """The projects that the account sees, live or archived; there is no bin. All come in one answer."""
    params = {"expand": PROJECT_DETAILS, "includeArchived": "true"}
    found = jira.ask(Call(f"{REST}/project", Items, lambda items: not items, params=params))
    wanted = [item for item in found if ("archived" if known(item, _Project).archived else "live") in set(states)]
    if wanted:
        yield wanted


def components(jira: JiraClient, project_ids: Iterable[int]) -> Iterator[Items]:
    """The components of these projects, a project at a time."""
    return in_order(jira, (partial(array, path=f"{REST}/project/{project_id}/components") for project_id in project_ids))


def users(jira: JiraClient) -> Iterator[Items]:
    """Everybody whose name the search finds by a dot, which it takes for all; those who left too."""
    params = {"username": ".", "includeInactive": "true"}
    return array_pages(jira, f"{REST}/user/search", params, page_size=USERS_PER_PAGE)


def groups(jira: JiraClient) -> Items:
    """All groups. Their names are their only ids.

    Jira gives as many as its administrator allows (`jira.ajax.autocomplete.limit`, at first 20), then others where these are
    to be left out. Raises JiraNotPermitted where they are more than can be named.
    """
    names: dict[str, None] = {}
    while True:
        params = {"query": "", "maxResults": MOST_GROUPS, "exclude": list(names)}
        told = jira.ask(Call(f"{REST}/groups/picker", _Groups, lambda told: not told.groups, params=params))
        new = [group.name for group in told.groups if group.name not in names]
        names |= dict.fromkeys(new)
        if told.total <= len(told.groups):
            return [joined(groupId=name, name=name) for name in names]
        if not new or len(quote("".join(names))) > LONGEST_EXCLUDED:
            raise JiraNotPermitted(
                f"Jira at {jira.site} lists {len(told.groups):,} groups at a time, and has more than {len(names):,}. Raise "
                "`jira.ajax.autocomplete.limit` in its jira-config.properties, or leave these entities out."
            )


def group_members(jira: JiraClient, listed: Iterable[Items]) -> Iterator[OwnedLists]:
    """The members of each of these groups, deactivated ones too (`group_member`)."""
    return of_each(jira, [known(group, _Group).name for group in chain.from_iterable(listed)], _members)


def _members(jira: JiraClient, group: Owner) -> Lists:
    params = {"groupname": group, "includeInactiveUsers": "true"}
    found = chain.from_iterable(pages(jira, f"{REST}/group/member", params, page_size=ITEMS_PER_PAGE))
    return {"group_member": [joined(group={"groupId": group}, user=user) for user in found]}


def _key_of(jira: JiraClient, name: str) -> str:
    """The key of a user by the name; the name of one who is not there."""
    try:
        return jira.ask(Call(f"{REST}/user", _Person, lambda _: False, params={"username": name})).key
    except JiraHasNone:
        return name


def role_actors(jira: JiraClient, roles: Items, people: Iterable[Items], project_ids: Sequence[int]) -> Iterator[OwnedLists]:
    """Who plays which of these roles in each project (`role_actor`). A role names people by their user names: `people` tells
    the keys that last. Whom the directory does not list is asked for; one who is not there any more goes by the name."""
    keys = {person.name: person.key for person in (known(item, _Person) for item in chain.from_iterable(people))}
    listed = [known(role, _Role).id for role in roles]

    def actors(client: JiraClient, project: Owner) -> Lists:
        found: Items = []
        for role in listed:
            told = client.ask(Call(f"{REST}/project/{project}/role/{role}", _Actors, lambda told: not told.actors))
            for actor in told.actors:
                name = actor.name
                if name and "user" in actor.type:
                    name = keys[name] = keys.get(name) or _key_of(client, name)
                named = {"type": actor.type, "name": name}
                found.append(joined(role={"id": role}, project={"id": project}, actor=named))
        return {"role_actor": found}

    return of_each(jira, project_ids, actors)
