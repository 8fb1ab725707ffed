"""Where custom fields have which options; only administrators may read it."""

from collections.abc import Iterator
from itertools import chain

import msgspec

from jira_staging.errors import JiraRefusedQuery
from jira_staging.jira_api.answers import REST, JiraHasNone
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import Lists, OwnedLists, Owner, joined, of_each
from jira_staging.jira_api.paging import Items, known, pages

# The largest pages that Jira gives.
CONTEXTS_PER_PAGE = 50
OPTIONS_PER_PAGE = 100

WITH_OPTIONS = ("option", "option-with-child")


class _Schema(msgspec.Struct):
    type: str | None = None
    items: str | None = None


class _Field(msgspec.Struct, rename={"is_custom": "custom"}):
    id: str
    is_custom: bool = False
    schema: _Schema | None = None

    @property
    def has_options(self) -> bool:
        return self.is_custom and self.schema is not None and not {self.schema.type, self.schema.items}.isdisjoint(WITH_OPTIONS)


class _Context(msgspec.Struct):
    id: int


def contexts_and_options(jira: JiraClient, fields: Items) -> Iterator[OwnedLists]:
    """The contexts (`field_context`) and options (`field_option`) of each of these fields that is custom and has options."""
    # Fields that apps made look alike and have their options elsewhere: Jira answers 400 or 404.
    return of_each(jira, fields_with_options(fields), _of_field, (JiraHasNone, JiraRefusedQuery))


def fields_with_options(fields: Items) -> list[str]:
    """The ids of those of these fields that are custom and have options."""
    return [field.id for field in (known(item, _Field) for item in fields) if field.has_options]


def _of_field(jira: JiraClient, field: Owner) -> Lists:
    path = f"{REST}/field/{field}/context"
    contexts = list(chain.from_iterable(pages(jira, path, {}, page_size=CONTEXTS_PER_PAGE)))
    options = []
    for context in contexts:
        context_id = known(context, _Context).id
        found = chain.from_iterable(pages(jira, f"{path}/{context_id}/option", {}, page_size=OPTIONS_PER_PAGE))
        options += [
            joined(field={"id": field}, context={"id": context_id}, position=position, option=option)
            for position, option in enumerate(found)
        ]
    return {
        "field_context": [joined(field={"id": field}, context=context) for context in contexts],
        "field_option": options,
    }
