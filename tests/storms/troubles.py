"""Everything that Jira and the network are known to do to a client: each by a name, each with what a run may make of it.

The numbers are those of the table in FAULTS.md. A trouble begins when a run is about to begin.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from simulated_jira import SimulatedJira
from syncing.bench import Bench

# Where a passing fault may strike: anywhere, or only at what a run does most.
PLACES = ("", "search/jql", "issue/bulkfetch", "changelog/bulkfetch", "project/search|/field", "myself")
# Half an emoji, and a NUL: no text that a database takes.
ODD_TEXT = b'"half \\ud83d an emoji, a NUL \\u0000 and an end"'


@dataclass
class Night:
    """One run that is about to begin: `bench` runs it, `rng` chooses. `at_request` acts are done while it pages.

    `meanwhile_held` is what the site held before each of them, table by table.
    """

    bench: Bench
    rng: random.Random
    at_request: dict[int, Callable[[], object]] = field(default_factory=dict)
    meanwhile_held: list[Any] = field(default_factory=list)

    @property
    def jira(self) -> SimulatedJira:
        return self.bench.jira

    def some_key(self) -> str:
        return str(self.rng.choice(self.jira.site.by_created).key)

    def meanwhile(self, act: Callable[[], object]) -> None:
        """Something that happens while the run pages."""
        self.at_request[self.rng.randint(3, 16)] = act


@dataclass(frozen=True)
class Trouble:
    """`hides`: what it keeps from this run is found by the next. `stops`: the run says that it cannot go on."""

    number: int
    name: str
    strike: Callable[[Night], object]
    hides: bool = False
    stops: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)


def passing(number: int, kind: str, **options: Any) -> Trouble:
    """A fault that passes: every third to seventh request, or each with a chance, at one kind of request or at all."""

    def strike(night: Night) -> None:
        how: dict[str, Any] = night.rng.choice(({"every": night.rng.randint(3, 7)}, {"share": night.rng.uniform(0.05, 0.3)}))
        night.jira.faults.add(kind, night.rng.choice(PLACES), after=night.rng.randint(0, 3), **how, **options)

    words = "".join(f", {name} {value}" for name, value in options.items() if value is not None)
    return Trouble(number, f"{kind}{words}", strike)


def always(number: int, kind: str, path: str = "", **options: Any) -> Trouble:
    """A habit that every answer has."""
    return Trouble(number, kind, lambda night: night.jira.faults.add(kind, path, **options))


def ending(number: int, kind: str, path: str = "", **options: Any) -> Trouble:
    """A fault that no patience gets past."""
    return Trouble(number, kind, lambda night: night.jira.faults.add(kind, path, **options), stops=True)


def site(number: int, name: str, **settings: Any) -> Trouble:
    """What a site is like."""
    return Trouble(number, name, lambda night: None, settings=settings)


def short_pages(night: Night) -> None:
    night.jira.faults.add("short_pages", size=night.rng.randint(2, 9))


def repeated_token(night: Night) -> None:
    short_pages(night)
    night.jira.faults.add("repeated_token", after=1)


def expired_token(night: Night) -> None:
    short_pages(night)
    night.jira.faults.add("expired_token", after=night.rng.randint(1, 2), times=1)


def shifting_pages(night: Night) -> None:
    """Pages count from the start, and an issue that stood on an earlier one goes away while the run pages."""
    short_pages(night)
    night.jira.faults.add("shifting_pages")
    night.meanwhile(lambda: night.jira.change.edit(night.some_key(), {"summary": "Edited while a run pages"}))


def index_lag(night: Night) -> None:
    night.jira.faults.add("index_lag", seconds=60, share=night.rng.choice((0.5, 1.0)))


def edits_while_paging(night: Night) -> None:
    for number in range(3):
        night.meanwhile(lambda number=number: night.jira.change.edit(night.some_key(), {"summary": f"Meanwhile {number}"}))


def scoped_token(night: Night) -> None:
    """A token that only the gateway takes, at a site that has none."""
    night.bench.tokens.cached = night.bench.tokens.stored = night.jira.new_token("scoped").value


def moves_and_deletions(night: Night) -> None:
    change, keys = night.jira.change, [str(issue.key) for issue in night.jira.site.by_created]
    gone, moved, emptied = night.rng.sample(keys, 3)
    night.meanwhile(lambda: change.move(moved, night.rng.choice(("PAY", "AND"))))
    comment, work = change.comment(emptied, "Soon gone"), change.log_work(emptied, 600)
    night.meanwhile(lambda: (change.delete_comment(comment), change.delete_work(work)))
    change.delete(gone)


def people_change(night: Night) -> None:
    """One hides the e-mail address, another is deactivated."""
    hiding, leaving = night.rng.sample(
        [person.account_id for person in night.jira.site.people[1:] if person.name != "Former user"], 2
    )
    night.jira.change.change_user(hiding, email=None)
    night.jira.change.change_user(leaving, active=False)


def fields_change(night: Night) -> None:
    """Two of one name, and one more while the run pages."""
    change = night.jira.change
    change.add_field("Story Points", "number", {night.some_key(): 8.0}, touch=True)
    night.meanwhile(lambda: change.add_field("Made meanwhile", "text", {night.some_key(): "late"}, touch=True))


def odd_documents(night: Night) -> None:
    """A document 200 levels deep, one of a megabyte, one of characters that are none."""
    change = night.jira.change
    deep = b'{"type":"doc","version":1,"content":[%b{"type":"paragraph","content":[{"type":"text","text":"deep"}]}%b]}'
    level = b'{"type":"blockquote","content":['
    change.put_raw(night.some_key(), "description", deep % (level * 200, b"]}" * 200))
    paragraph = b'{"type":"paragraph","content":[{"type":"text","text":"%b"}]}'
    change.put_raw(
        night.some_key(), "description", b'{"type":"doc","version":1,"content":[%b]}' % (paragraph % (b"long " * 200_000))
    )
    change.put_raw(night.some_key(), "environment", ODD_TEXT)


TROUBLES = (
    Trouble(1, "no token on the last page", short_pages),
    always(1, "null_last_token"),
    Trouble(2, "short pages", short_pages),
    Trouble(3, "empty_page", lambda night: (short_pages(night), night.jira.faults.add("empty_page", "search/jql", every=2))),
    Trouble(4, "repeated_token", repeated_token, stops=True),
    Trouble(5, "expired_token", expired_token),
    Trouble(6, "shifting_pages", shifting_pages, hides=True),
    Trouble(6, "edits while it pages", edits_while_paging, hides=True),
    Trouble(7, "index_lag", index_lag, hides=True),
    site(8, "an account in Auckland", time_zone="Pacific/Auckland"),
    site(8, "the day on which its clocks change", time_zone="America/New_York", clock_start="2026-11-01T05:30:00+00:00"),
    site(9, "a site in Korean", locale="ko_KR"),
    Trouble(9, "localized_messages", lambda night: night.jira.faults.add("localized_messages", language="zh_CN")),
    ending(10, "token_revoked", "search/jql|issue/bulkfetch", times=1),
    # Where the answer is empty, too, it is as good as none.
    replace(passing(10, "no_account_header"), stops=True),
    Trouble(11, "scoped token at the site", scoped_token, stops=True),
    ending(12, "scope_missing", "issue/bulkfetch", times=1),
    passing(13, "rate_limited", retry_after=1),
    passing(13, "rate_limited", retry_after=None),
    passing(13, "gateway_rate_limited"),
    ending(13, "quota_exceeded", "issue/bulkfetch", times=1),
    passing(13, "unavailable", retry_after=3),
    passing(13, "near_limit", remaining=1),
    site(14, "histories beyond what is embedded", embedded_changelog=3, histories=12.0),
    always(15, "numeric_created"),
    Trouble(15, "split_changelogs", lambda night: night.jira.faults.add("split_changelogs", size=night.rng.randint(2, 9))),
    site(16, "comments and worklogs beyond what is embedded", embedded_comments=1, embedded_worklogs=1),
    Trouble(17, "board_without_columns", lambda night: night.jira.faults.add("board_without_columns", every=2)),
    Trouble(18, "moved, deleted, comment and worklog deleted", moves_and_deletions, hides=True),
    Trouble(19, "an e-mail hidden, a person deactivated", people_change),
    Trouble(20, "two fields of one name, one more meanwhile", fields_change, hides=True),
    always(21, "unknown_keys"),
    always(21, "search_warning", "search/jql", type="SOMETHING_TO_KNOW"),
    ending(21, "search_warning", "search/jql"),
    Trouble(22, "documents deep, huge, of no characters", odd_documents),
    passing(23, "truncated_body"),
    passing(23, "connection_reset"),
    passing(23, "invalid_json"),
    always(23, "gzip"),
    # One answer that unpacks to more than is taken: what it was asked for is asked for in halves; one issue has none.
    replace(always(23, "gzip_bomb", "issue/bulkfetch", times=1, size=70_000_000), stops=True),
    passing(24, "html_error", status=502),
    passing(24, "html_error", status=503),
    # In place of the very first answer, a page is taken for a refusal of the token, or for another kind of site.
    replace(passing(24, "html_error", status=403), stops=True),
    replace(passing(24, "html_at_200"), stops=True),
    passing(24, "server_error", status=500),
)
