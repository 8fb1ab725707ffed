"""Finding issues by JQL, a page after the other."""

import base64
import functools
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from simulated_jira.issue import Found
from simulated_jira.jira_site import Site
from simulated_jira.jql_fields import ALIASES, Asker, field_value
from simulated_jira.jql_meaning import Meaning
from simulated_jira.jql_parsing import Query, parse

TOKEN_LIFE_MS = 7 * 86_400_000
KEPT_RESULTS = 16
NATURAL = (("created", False), ("key", False))

_RELATIVE = re.compile(r"[\"' ][-+]?\d+\s*[wdhmMy]|\(\s*\)|Of\w+\(")

OrderKey = Callable[[Found], tuple[Any, ...]]


@dataclass(frozen=True)
class Lag:
    """The search index is `seconds` behind, for the given share of issues; the share `absent` it does not have at all."""

    seconds: float = 0.0
    share: float = 1.0
    absent: float = 0.0

    def lacks(self, issue_id: int) -> bool:
        """Whether an index that is being rebuilt has not come to this issue yet."""
        return issue_id * 2_654_435_761 % 1000 < self.absent * 1000

    def hides(self, issue_id: int) -> bool:
        # By the id, so that the same issues lag in every answer.
        return issue_id * 2_654_435_761 % 1000 < self.share * 1000


@dataclass(frozen=True)
class Search:
    """One question. `fresh` are ids that the index must answer as they are now (`reconcileIssues`)."""

    jql: str
    asker: Asker
    lag: Lag = Lag()
    fresh: frozenset[int] = frozenset()
    with_archived: bool = False

    @functools.cached_property
    def digest(self) -> str:
        return hashlib.sha1(self.jql.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:12]


class Token(msgspec.Struct):
    """What a page token holds: `cursor` is the order key of the last issue shown, or an offset.

    `empty_pages` came so far, so that the token of each is another one."""

    digest: str
    cursor: list[Any]
    offset: int
    made_ms: int
    empty_pages: int = 0

    def text(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode()


def read_token(text: str) -> Token | None:
    """None for anything that no answer gave."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text.encode("ascii")), type=Token)
    except (ValueError, msgspec.DecodeError):
        return None


@dataclass
class Results:
    """All issues that a search found, in order."""

    issues: Sequence[Found]
    keys: list[tuple[OrderKey, bool]] = field(default_factory=list)

    def after(self, cursor: list[Any]) -> int:
        """The position of the first issue behind the one whose order key `cursor` is."""
        low, high = 0, len(self.issues)
        while low < high:
            middle = (low + high) // 2
            if self._is_after(self.issues[middle], cursor):
                high = middle
            else:
                low = middle + 1
        return low

    def _is_after(self, issue: Found, cursor: list[Any]) -> bool:
        for (key, descending), old in zip(self.keys, cursor, strict=True):
            new, before = key(issue), tuple(old)
            if new != before:
                return (new < before) if descending else (new > before)
        return False

    def cursor(self, issue: Found) -> list[Any]:
        return [key(issue) for key, _ in self.keys]


class Index:
    """The search index of a site. Results are kept until the site changes."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._kept: OrderedDict[tuple[Any, ...], Results] = OrderedDict()

    def find(self, search: Search) -> Results:
        """JqlSyntaxError and JqlMeaningError where Jira answers 400."""
        kept = self._kept.get(key := self._key(search))
        if kept is None:
            kept = self._kept[key] = self._find(search)
            if len(self._kept) > KEPT_RESULTS:
                self._kept.popitem(last=False)
        return kept

    def _key(self, search: Search) -> tuple[Any, ...]:
        asker = search.asker
        # What depends on the clock is not kept for long.
        now = asker.now_ms // 1000 if search.lag.seconds or _RELATIVE.search(search.jql) else 0
        return (
            search.jql,
            asker.user,
            asker.time_zone,
            asker.in_minutes,
            asker.lenient,
            now,
            search.lag,
            search.fresh,
            search.with_archived,
            self.site.version,
        )

    def _find(self, search: Search) -> Results:
        query = parse(search.jql)
        meaning = Meaning(self.site, search.asker)
        fits = meaning.fits(query.where)
        order = self._order(meaning, query)
        scope = meaning.projects_of(query.where)
        readable = {
            p.id
            for p in self.site.projects
            if not p.hidden and (p.gone is None or (search.with_archived and p.gone == "archived"))
        }
        readable = readable if scope is None else readable & scope
        archived = search.with_archived
        found = [
            issue
            for issue in self._known(search, readable)
            if issue.project.id in readable
            and not issue.hidden
            and (archived or not issue.archived)
            and fits(issue)
            and not (search.lag.absent and search.lag.lacks(issue.id))
        ]
        keys = [(self._order_key(name), descending) for name, descending in order]
        if order != [*NATURAL, ("key", False)]:
            for order_key, descending in reversed(keys):
                found.sort(key=order_key, reverse=descending)
        return Results(found, keys)

    def _known(self, search: Search, project_ids: set[str]) -> Sequence[Found]:
        """The issues in the order of creation, each as the index has it."""
        if not search.lag.seconds:
            if len(project_ids) == 1:
                only = next(project for project in self.site.projects if project.id in project_ids)
                return sorted(only.issues.values(), key=lambda issue: (issue.created_ms, issue.number))
            return self.site.by_created
        horizon = search.asker.now_ms - search.lag.seconds * 1000
        old: dict[int, Found | None] = {}
        for issue_id, states in self.site.former.items():
            if issue_id not in search.fresh and search.lag.hides(issue_id):
                state = next((state for changed_ms, state in states if changed_ms > horizon), issue_id)
                if not isinstance(state, int):
                    old[issue_id] = state
        known: list[Found] = [seen for issue in self.site.by_created if (seen := old.get(issue.id, issue)) is not None]
        known += [state for issue_id, state in old.items() if state is not None and issue_id not in self.site.issues]
        return sorted(known, key=lambda issue: (issue.created_ms, issue.project.key, issue.number))

    def _order(self, meaning: Meaning, query: Query) -> list[tuple[str, bool]]:
        """Canonical names, with the key last so that no two issues are equal."""
        order = [(self._canonical(meaning, name), descending) for name, descending in query.order]
        if not order:
            # Jira shows the newest first when nobody says otherwise.
            return [("created", True), ("key", True)]
        return (
            [*order, ("key", False)]
            if len(order) != 1 or order[0][0] != "created"
            else [*order, ("key", order[0][1]), ("key", False)]
        )

    def _canonical(self, meaning: Meaning, name: str) -> str:
        lower = ALIASES.get(name.lower(), name).lower()
        if lower in ("created", "updated", "key", "project", "parent", "rank"):
            return lower
        return meaning.fields.named(name)[0].id

    def _order_key(self, name: str) -> OrderKey:
        if name == "created":
            return lambda issue: (issue.created_ms,)
        if name == "updated":
            return lambda issue: (issue.updated_ms,)
        if name == "key":
            return lambda issue: (issue.project.key, issue.number)
        if name == "project":
            return lambda issue: (issue.project.key,)
        field_id = "customfield_10019" if name == "rank" else name
        return lambda issue: _comparable(field_value(self.site, issue, field_id))


def _comparable(value: Any) -> tuple[Any, ...]:
    """Empty values come last in ascending order; numbers stay numbers."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = next((str(value[key]) for key in ("id", "accountId", "name") if key in value), "")
    if value is None:
        return (1, "")
    return (0, value) if isinstance(value, int | float) else (0, str(value).lower())
