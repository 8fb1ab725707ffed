"""People in JSON that is kept as Jira gave it: whoever is to be replaced has nothing there but an id and the common name."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.json_mending import mended
from jira_staging.staging.erased_people import FORMER, People, Replacement

# All texts of JSON, whole, so that no quote within one is taken for the beginning of another.
_TEXTS = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"')
# Changelogs give many people as `[id, id]`.
_BETWEEN = re.compile(r"[\[\](),\s]+")
# Of Cloud's ids, by its API's own word; a user's name in Data Center may have spaces, a key has none.
_LONGEST = 128
_FEW = 20
# What a person wrote, beside who it was.
_WRITTEN = ("body", "renderedBody", "comment", "filename")
_SIDES = (("tmpFromAccountId", "from", "fromString"), ("tmpToAccountId", "to", "toString"))
_NAMES = ("text", "name", "displayName")


def without_people(text: str, people: People, *, any_id: bool = False, unreadable: str = "{}") -> str:
    """The JSON without these people; the very same text where none of them stands in it.

    `any_id` says that any text may be an id; else a Data Center's old ids, which are words, count only where a person stands.
    Of JSON that nobody can read and that names one of them, `unreadable` stays.
    """
    if not names_any(text, people):
        return text
    try:
        found = msgspec.json.decode(mended(text.encode("utf-8", "surrogatepass")))
        without = _Walk(people, any_id).value(found)
    except (msgspec.MsgspecError, RecursionError):
        return unreadable
    return text if without == found else msgspec.json.encode(without).decode()


def may_be_json(values: pa.Array) -> pa.Array:
    """Which of many texts may be JSON that holds more than one value; null ones never are."""
    is_begun = pc.or_(pc.starts_with(values, "{"), pc.starts_with(values, "["))
    return pc.fill_null(is_begun, fill_value=False)


def names_any(text: str, people: People) -> bool:
    """Whether an id of one of these people is a text of this JSON, or in a list that is."""
    # A site has some former users for ever, and most texts name none of them.
    if not people.hashes and len(people.erased) <= _FEW and not any(person_id in text for person_id in people.erased):
        return False
    return any(people.of(one) for found in set(_TEXTS.findall(text)) for one in ids_in(found))


def ids_in(value: str) -> Iterator[str]:
    """The ids that a changelog's value may name: itself, or what it lists."""
    if value.startswith("["):
        yield from filter(None, _BETWEEN.split(value))
    elif len(value) <= _LONGEST and not any(map(str.isspace, value)):
        yield value


def may_name(values: pa.Array, people: People) -> pa.Array:
    """Which of many values may name one of these people, so that `ids_in` has to look at them; null values never do."""
    if people.hashes:
        # A character has at most four bytes.
        is_one = pc.less_equal(pc.binary_length(values), 4 * _LONGEST)
    else:
        is_one = pc.is_in(values, pa.array(people.erased, pa.string()))
    return pc.fill_null(pc.or_(is_one, pc.starts_with(values, "[")), fill_value=False)


def replaced_ids(value: str, people: People) -> str:
    """The value with other ids in it."""
    for person_id in set(ids_in(value)):
        if replacement := people.of(person_id):
            value = re.sub(rf"(?<![\w:-]){re.escape(person_id)}(?![\w:-])", replacement.id, value)
    return value


def replaced_names(value: str, shown: str | None, people: People) -> str | None:
    """What a changelog shows beside this value, whose names stand in the order of its ids."""
    if shown is None or people.of(value):
        return None if shown is None else FORMER
    ids = [part for part in _BETWEEN.split(value) if part]
    names = shown.split(", ")
    if len(ids) != len(names):
        # A comma in somebody's name: which one is whose cannot be told.
        return ", ".join([FORMER] * len(ids))
    return ", ".join(FORMER if people.of(person_id) else name for person_id, name in zip(ids, names, strict=True))


def is_lasting(person_id: str) -> bool:
    """Whether it can be nothing but an id: Data Center's oldest ones are words."""
    return len(person_id) >= _SHORTEST or person_id.startswith("JIRAUSER")


# Cloud's ids have 24 characters or more.
_SHORTEST = 20


def _is_bare(given: dict[str, Any], person: Replacement) -> bool:
    """Whether Jira itself has left nothing of a person."""
    return given.get("displayName") == FORMER and person.id in given.values() and not given.get("emailAddress")


class _Walk:
    def __init__(self, people: People, any_id: bool) -> None:
        self._people = people
        self._any_id = any_id

    def value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, str) and (self._any_id or is_lasting(value)):
            replacement = self._people.of(value)
            return replacement.id if replacement else value
        return value

    def _object(self, given: dict[str, Any]) -> dict[str, Any]:
        if (person := self._person(given)) and not _is_bare(given, person):
            key = "accountId" if "accountId" in given else "key"
            return {key: person.id, "displayName": FORMER, "active": False}
        seen = {name: self.value(part) for name, part in given.items()}
        if "fromString" in given or "toString" in given:
            self._change(given, seen)
        if (named := self._of(given.get("id"))) and "fields" not in given:
            # A mention, or an object of the audit log.
            seen["id"] = named.id
            seen |= {name: f"@{FORMER}" if name == "text" else FORMER for name in _NAMES if name in given}
        author = given.get("author")
        if isinstance(author, dict) and (writer := self._person(author)) and writer.with_text:
            seen |= dict.fromkeys(name for name in _WRITTEN if name in given)
        return seen

    def _change(self, given: dict[str, Any], seen: dict[str, Any]) -> None:
        for account, value, shown in _SIDES:
            held = given.get(account) or given.get(value)
            if isinstance(held, str) and any(self._people.of(person_id) for person_id in ids_in(held)):
                after = replaced_ids(held, self._people)
                seen |= {name: after for name in (account, value) if given.get(name)}
                seen[shown] = replaced_names(held, given.get(shown), self._people)

    def _person(self, given: dict[str, Any]) -> Replacement | None:
        if "accountId" in given:
            return self._of(given["accountId"])
        return self._of(given.get("key")) if "displayName" in given else None

    def _of(self, person_id: object) -> Replacement | None:
        return self._people.of(person_id) if isinstance(person_id, str) else None
