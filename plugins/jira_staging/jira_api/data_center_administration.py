"""What administrators set up on a Data Center: priority schemes, screens, dashboards, options of fields; in Cloud's shapes.

JiraNotPermitted means that this account may not read one of them: for the caller to report.
"""

from collections.abc import Callable, Iterator
from itertools import chain

import msgspec

from jira_staging.errors import JiraRefusedQuery
from jira_staging.jira_api import administration
from jira_staging.jira_api.answers import REST, Call, JiraHasNone
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.data_center_lists import projects
from jira_staging.jira_api.data_center_schemes import Named, plain
from jira_staging.jira_api.field_options import fields_with_options
from jira_staging.jira_api.in_order import in_order
from jira_staging.jira_api.owned_lists import Lists, OwnedLists, Owner, joined, of_each
from jira_staging.jira_api.paging import Items, array, known

# The most that it gives of priority schemes and options; of dashboards it may give fewer.
ITEMS_PER_PAGE = 1_000


class _PriorityScheme(Named, rename="camel"):
    default_option_id: int | None = None
    default_scheme: bool | None = None
    option_ids: list[int] = msgspec.field(default_factory=list)
    project_keys: list[str] = msgspec.field(default_factory=list)


class _PrioritySchemes(msgspec.Struct):
    schemes: Items = []
    total: int = 0


class _Dashboards(msgspec.Struct):
    dashboards: Items = []
    total: int = 0


class _Project(msgspec.Struct):
    id: int
    key: str = ""


class _Option(msgspec.Struct, rename="camel"):
    id: int
    value: str | None = None
    disabled: bool | None = None
    children_ids: list[int] = []


class _Options(msgspec.Struct):
    options: Items = []
    total: int = 0


def priority_schemes(jira: JiraClient) -> Iterator[Items]:
    """All priority schemes, page by page."""
    for scheme in _priority_schemes(jira):
        yield [joined(**plain(scheme), isDefault=scheme.default_scheme, defaultPriorityId=scheme.default_option_id)]


def members_of_priority_schemes(jira: JiraClient) -> Iterator[OwnedLists]:
    """The priorities (`priority_scheme_item`) and projects (`priority_scheme_project`) of each priority scheme."""
    ids = {project.key: project.id for items in projects(jira) for project in (known(item, _Project) for item in items)}
    for scheme in _priority_schemes(jira):
        own = {"id": scheme.id}
        has = [ids[key] for key in scheme.project_keys if key in ids]
        yield OwnedLists(
            scheme.id,
            {
                "priority_scheme_item": [joined(scheme=own, priority={"id": one}) for one in scheme.option_ids],
                "priority_scheme_project": [joined(scheme=own, project={"id": one}) for one in has],
            },
        )


def _priority_schemes(jira: JiraClient) -> Iterator[_PriorityScheme]:
    start, total = 0, 1
    while start < total:
        params = {"startAt": start, "maxResults": ITEMS_PER_PAGE, "expand": "schemes.projectKeys"}
        page = jira.ask(Call(f"{REST}/priorityschemes", _PrioritySchemes, lambda told: not told.schemes, params=params))
        yield from (known(item, _PriorityScheme) for item in page.schemes)
        start += len(page.schemes)
        total = page.total if page.schemes else 0


def dashboards(jira: JiraClient) -> Iterator[Items]:
    """The dashboards that the account sees: name and address, since no list tells whose they are."""
    start, total = 0, 1
    while start < total:
        params = {"startAt": start, "maxResults": ITEMS_PER_PAGE}
        page = jira.ask(Call(f"{REST}/dashboard", _Dashboards, lambda told: not told.dashboards, params=params))
        yield page.dashboards
        start += len(page.dashboards)
        total = page.total if page.dashboards else 0


def screen_tabs(jira: JiraClient) -> Iterator[Items]:
    """The tabs of all screens, a request a screen."""

    def asking(screen_id: int) -> Callable[[JiraClient], Items]:
        def ask(client: JiraClient) -> Items:
            tabs = [known(item, Named) for item in array(client, f"{REST}/screens/{screen_id}/tabs")]
            return [joined(tabId=tab.id, screenId=screen_id, tabName=tab.name) for tab in tabs]

        return ask

    return in_order(jira, [asking(known(item, Named).id) for item in chain.from_iterable(administration.screens(jira))])


def screen_fields(jira: JiraClient) -> Iterator[OwnedLists]:
    """The fields on each tab (`screen_field`), a request a tab."""
    return administration.fields_of_tabs(jira, screen_tabs(jira))


def field_options(jira: JiraClient, fields: Items) -> Iterator[OwnedLists]:
    """The options (`field_option`) of each of these fields that is custom and has options, in whatever context."""
    # Fields that apps made look alike and have their options elsewhere.
    return of_each(jira, fields_with_options(fields), _options, (JiraHasNone, JiraRefusedQuery))


def _options(jira: JiraClient, field: Owner) -> Lists:
    found: list[_Option] = []
    page, total = 1, 1
    while len(found) < total:
        params = {"page": page, "maxResults": ITEMS_PER_PAGE, "useAllContexts": "true"}
        path = f"{REST}/customFields/{str(field).removeprefix('customfield_')}/options"
        told = jira.ask(Call(path, _Options, lambda told: not told.options, params=params))
        found += [known(item, _Option) for item in told.options]
        page += 1
        total = told.total if told.options else 0
    above = {child: option.id for option in found for child in option.children_ids}
    rows = [{"id": one.id, "value": one.value, "disabled": one.disabled, "optionId": above.get(one.id)} for one in found]
    return {"field_option": [joined(field={"id": field}, position=place, option=row) for place, row in enumerate(rows)]}
