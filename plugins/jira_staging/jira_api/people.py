"""People by their ids: those whom the directory does not list."""

from collections.abc import Sequence

import msgspec

from jira_staging.jira_api.answers import REST, Call
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import Lists, Owner, of_each
from jira_staging.jira_api.paging import Items, known, pages

# Each id is a parameter of a GET, and has up to 128 characters.
PEOPLE_PER_REQUEST = 40
# Of one run: whoever is not known is asked for alone, and a Data Center tells of one at a time.
ASKED_ALONE = 200


class _Person(msgspec.Struct, rename="camel"):
    account_id: str


def people_of(jira: JiraClient, ids: Sequence[str]) -> tuple[Items, list[str]]:
    """What Jira says of people, and the ids of those whom it does not know: a 404 to a question for them alone.

    Of more than `ASKED_ALONE` whom it does not know at once, the others are left for the next time.
    """
    told = [] if jira.is_data_center else _by_account_ids(jira, ids)
    answered = {known(item, _Person).account_id for item in told}
    rest = [one for one in ids if one not in answered][:ASKED_ALONE]
    unknown: list[str] = []
    for lists in of_each(jira, rest, _alone):
        told += lists.lists.get("user", [])
        unknown += [str(lists.owner)] if lists.refusal else []
    return told, unknown


def _by_account_ids(jira: JiraClient, ids: Sequence[str]) -> Items:
    found: Items = []
    for start in range(0, len(ids), PEOPLE_PER_REQUEST):
        asked = {"accountId": list(ids[start : start + PEOPLE_PER_REQUEST])}
        for page in pages(jira, f"{REST}/user/bulk", asked, page_size=PEOPLE_PER_REQUEST):
            found += page
    return found


def _alone(jira: JiraClient, person_id: Owner) -> Lists:
    name = "key" if jira.is_data_center else "accountId"
    call = Call(f"{REST}/user", msgspec.Raw, lambda _: False, params={name: str(person_id)})
    return {"user": [msgspec.Raw(bytes(jira.ask(call)))]}
