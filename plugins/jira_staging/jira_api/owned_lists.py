"""Lists that belong to something, a board's sprints or a group's members: a question or two an owner, many owners at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from jira_staging.errors import JiraError, JiraRefusedQuery
from jira_staging.jira_api.answers import JiraHasNone
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.in_order import in_order
from jira_staging.jira_api.paging import Items

Owner = int | str
# By the name of the staging table that they fill.
Lists = Mapping[str, Items]


@dataclass(frozen=True)
class OwnedLists:
    """What was read of one owner. With a `refusal`, and where it `waits`, the lists hold only what is known without asking."""

    owner: Owner
    lists: Lists = field(repr=False)
    refusal: JiraError | None = None
    waits: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether the owner has nothing beyond these lists. One that cannot have such a list (400, 422) has none."""
        return not self.waits and (self.refusal is None or isinstance(self.refusal, JiraRefusedQuery))


def of_each(
    jira: JiraClient,
    owners: Iterable[Owner],
    read: Callable[[JiraClient, Owner], Lists],
    passing: tuple[type[JiraError], ...] = (JiraHasNone,),
) -> Iterator[OwnedLists]:
    """What `read` gives for each owner, in their order. Refusals of the kinds in `passing` concern one owner alone.

    401 and 403 concern all owners: JiraNotPermitted ends the reading.
    """

    def act(owner: Owner) -> Callable[[JiraClient], OwnedLists]:
        def ask(client: JiraClient) -> OwnedLists:
            try:
                return OwnedLists(owner, read(client, owner))
            except passing as refusal:
                return OwnedLists(owner, {}, refusal)

        return ask

    return in_order(jira, map(act, owners))


def joined(**parts: object) -> msgspec.Raw:
    """One item from an owner and what it owns: `{"board": {"id": 1}, "project": {…}}`."""
    return msgspec.Raw(msgspec.json.encode(parts))
