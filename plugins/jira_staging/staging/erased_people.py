"""People who are to stand in no table any longer: whom Jira has erased, and whom `forget` removed, known by keyed hashes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from jira_staging.records import PersonalFields
from jira_staging.staging.personal_data import keyed_hash

# What Jira Cloud calls everybody whom it has erased; we call all of them so.
FORMER = "Former user"
# Whoever is erased shares these with others, so they are nobody's.
_PLACEHOLDERS = frozenset(("unknown", ""))
FORGOTTEN = "forgotten-"
# Half of a hash of 16 bytes: no two people of a site meet.
_SHOWN = 16


_NO_FIELDS = PersonalFields(frozenset(), frozenset(), {})


@dataclass(frozen=True)
class Replacement:
    """What stands in a person's place: an id (their own one where Jira keeps it), and nothing they wrote if `with_text`."""

    id: str
    with_text: bool = False


@dataclass
class People:
    """Whose values are to be replaced: those of `erased` keep their ids; others are known by the keyed hash of theirs.

    `hashes` says of each hash whether what the person wrote is removed, too. `fields` tells which fields of the site hold
    people, `named` are those whom the tables name. With `believes_all`, whoever Jira calls erased is so, however many at once.
    """

    erased: dict[str, Replacement] = field(default_factory=dict)
    hashes: Mapping[str, bool] = field(default_factory=dict)
    key: bytes | None = field(default=None, repr=False)
    fields: PersonalFields = _NO_FIELDS
    believes_all: bool = False
    named: set[str] = field(default_factory=set)
    _seen: dict[str, Replacement | None] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return bool(self.erased or self.hashes)

    def of(self, person_id: str) -> Replacement | None:
        """What stands in this person's place; None for whoever may stay. Whoever was forgotten is, erased by Jira or not."""
        forgotten_one = self._forgotten(person_id, self.key) if self.key is not None and self.hashes else None
        return forgotten_one or self.erased.get(person_id)

    def erase(self, ids: Iterable[str]) -> None:
        """From now on these, too."""
        self.erased |= {person_id: Replacement(person_id) for person_id in ids}

    def bring_back(self, ids: Iterable[str]) -> None:
        """These were not erased after all."""
        for person_id in self.erased.keys() & set(ids):
            del self.erased[person_id]

    def only(self, ids: Iterable[str]) -> "People":
        """These alone, as Jira leaves them: without a name."""
        return People({person_id: Replacement(person_id) for person_id in ids}, fields=self.fields)

    def _forgotten(self, person_id: str, key: bytes) -> Replacement | None:
        if person_id not in self._seen:
            if len(self._seen) > _REMEMBERED:
                self._seen.clear()
            hashed = person_hash(key, person_id)
            self._seen[person_id] = forgotten(hashed, with_text=self.hashes[hashed]) if hashed in self.hashes else None
        return self._seen[person_id]


# Texts of which we know whether they are somebody's id: as many as fit into a few megabytes.
_REMEMBERED = 50_000


def person_hash(key: bytes, person_id: str) -> str:
    """What remains of whoever was forgotten."""
    return keyed_hash(key, f"person {person_id}")


def forgotten(hashed: str, *, with_text: bool) -> Replacement:
    """What stands in the place of the person with this hash: everywhere the same, so that tables still join."""
    return Replacement(FORGOTTEN + hashed[:_SHOWN], with_text)


def erased_in(users: pa.Table) -> set[str]:
    """The ids of those rows of `user` of which Jira says that they were erased or anonymised."""
    rows = zip(*(users[name].to_pylist() for name in ("id", "name", "is_active")), strict=True)
    return {person_id for person_id, name, is_active in rows if is_erased(person_id, name, is_active)}


def is_erased(person_id: str, name: str | None, is_active: bool | None) -> bool:
    """Whether Jira says that somebody was erased (Cloud) or anonymised (Data Center)."""
    if is_active or person_id in _PLACEHOLDERS or person_id.startswith(FORGOTTEN):
        return False
    return name == FORMER or bool(person_id.startswith("JIRAUSER") and name and _is_alias(name))


def _is_alias(name: str) -> bool:
    """Data Center's `user-2127b`."""
    start, _, rest = name.partition("-")
    return start == "user" and len(rest) == _ALIAS and set(rest) <= set("0123456789abcdef")


_ALIAS = 5
