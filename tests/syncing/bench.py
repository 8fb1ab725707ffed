"""A simulated site, a DuckDB file beside it, and runs from the one into the other."""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import duckdb
import msgspec
import pytest

from jira_staging import bulk_questions, issue_loading
from jira_staging.census import take_census
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.jira_api.pace import Pace
from jira_staging.jira_api.pacing import Governor
from jira_staging.records import ApiToken, CensusRequest, Report, Run, SyncRequest, SyncState
from jira_staging.staging import Staging
from jira_staging.staging.duckdb_staging import DuckDBStaging
from jira_staging.staging.personal_data import PersonalDataGuard
from jira_staging.syncing import sync
from simulated_jira import Settings, SimulatedJira
from simulated_jira.exchange import Answer, Request

# Quick to load; `RICH` has every kind of custom field that the simulation knows, and names that collide.
SMALL = Settings(custom_fields=17, issue_bytes=3_000)
RICH = Settings(custom_fields=55, issue_bytes=6_000)
Flavour = Literal["cloud", "data_center"]
# For tests that show what both kinds of Jira must do.
both_flavours = pytest.mark.parametrize("flavour", ["cloud", "data_center"], indirect=True)
# For tests of what only one kind of Jira has, with the reason: `@cloud_only("Data Center has no bin")`. The former are left out
# where all tests are run against the other kind, the latter always have theirs.
cloud_only = pytest.mark.cloud_only
data_center_only = pytest.mark.data_center_only
HOUR = 3_600_000
BULKFETCH = "POST /rest/api/3/issue/bulkfetch"
SEARCH = "POST /rest/api/3/search/jql"
SEARCH_OF_DATA_CENTER = "POST /rest/api/2/search"
# Where a fault hits what a run does, whichever Jira it asks: Data Center finds issues by ids with a search, too.
FETCH = r'issue/bulkfetch|"id in \('
SWEEP = r'search/jql|/search\n.*\n(?!.*"maxResults":0,).*"jql":"(?!id in)'
COUNT = r'approximate-count|/search\n.*\n.*"maxResults":0'


@dataclass
class Tokens:
    """A TokenSource whose vault holds whatever the simulated site accepts at the moment, or what a test puts there."""

    jira: SimulatedJira
    cached: str = ""
    stored: str | None = None

    def token(self) -> ApiToken:
        return self._token(self.cached or self.jira.token)

    def renewed(self, refused: ApiToken) -> ApiToken | None:
        now = self.jira.token if self.stored is None else self.stored
        return None if now == refused.value else self._token(now)

    def _token(self, value: str) -> ApiToken:
        return ApiToken(value, self.jira.email, "api_token", "nightly")


class QuickClock:
    """Seconds that pass only when somebody waits, so that nobody waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float, _cancelled: threading.Event) -> None:
        with self._lock:
            # At least so much that the next look at the clock sees it: a smaller wait is lost in rounding, and repeated.
            self.now += max(seconds, 0.001)


def client(url: str, tokens: Any, *, most_at_once: int = 4, wait_limit_seconds: float = 600.0) -> JiraClient:
    """A client that is as patient as any, without losing time over it."""
    options = ConnectionOptions(most_at_once=most_at_once, wait_limit_seconds=wait_limit_seconds)
    clock = QuickClock()
    governor = Governor(Pace(most_at_once), clock=clock, wait=clock.wait)
    return JiraClient(url, tokens, options, governor=governor)


class Listener:
    """What a client asked the simulated site: bodies too, which its own log does not keep. `before` sees each one first."""

    def __init__(self, jira: SimulatedJira) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.before: Any = None
        self._answer = jira.service.answer
        jira.service.answer = self._heard  # type: ignore[method-assign]

    def _heard(self, request: Request) -> Answer:
        body = msgspec.json.decode(request.body) if request.body else None
        path = request.target.partition("?")[0]
        self.asked.append((f"{request.method} {path}", body))
        if self.before is not None:
            self.before(len(self.asked), path)
        return self._answer(request)

    def clear(self) -> None:
        self.asked.clear()

    def count(self, path: str) -> int:
        return sum(asked.endswith(path) for asked, _ in self.asked)

    @property
    def fetches(self) -> bool:
        """Whether what was asked last is for issues by their ids, through Cloud's gateway or not."""
        asked, body = self.asked[-1]
        return asked.endswith("/issue/bulkfetch") or (asked == SEARCH_OF_DATA_CENTER and body["jql"].startswith("id in ("))

    @property
    def fetched_ids(self) -> Counter[int]:
        """How often each issue was asked for in bulk with its fields."""
        found: Counter[int] = Counter()
        for asked, body in self.asked:
            if asked == BULKFETCH and body["fields"] not in (["key"], ["project", "updated"]):
                found.update(map(int, body["issueIdsOrKeys"]))
            elif asked == SEARCH_OF_DATA_CENTER and body["jql"].startswith("id in (") and len(body["fields"]) > 3:
                found.update(map(int, re.findall(r"\d+", body["jql"])))
        return found

    @property
    def searches(self) -> list[str]:
        """The JQL of each search, one for all its pages, without its order and with the milliseconds left out."""
        first_pages = [body["jql"] for asked, body in self.asked if asked == SEARCH and "nextPageToken" not in body]
        return [re.sub(r"\d{12,}", "…", jql).removesuffix(" ORDER BY created ASC, key ASC") for jql in first_pages]

    @property
    def swept(self) -> list[str]:
        """The JQL of each search for ids, whichever Jira was asked, without its order and bounds that leave out nothing."""
        found = []
        for asked, body in self.asked:
            if asked in (SEARCH, SEARCH_OF_DATA_CENTER) and body.get("fields") in (["key"], ["updated"]):
                jql = re.sub(r' AND created >= "1970-01-02"| ORDER BY .*', "", body["jql"])
                found.append(re.sub(r'(?<=updated >= )("[^"]+"|\d+)', "…", jql))
        return found

    @property
    def counts(self) -> int:
        """How often issues were counted."""
        return sum(
            asked.endswith("/search/approximate-count") or (asked == SEARCH_OF_DATA_CENTER and body["maxResults"] == 0)
            for asked, body in self.asked
        )


@dataclass
class Bench:
    """Runs of `sync` from a simulated site into a DuckDB file.

    Opening a DuckDB file costs 20 ms of work however small it is, and a run opens it a dozen times: here all connections of
    the test's process share one that stays open, until `release` lets other processes in. `entities` is what a run is asked for
    unless it says otherwise; `guard` hides personal data in all that is written,
    and people who were forgotten are known by `people_key`.
    """

    jira: SimulatedJira
    path: Path
    tokens: Tokens = field(init=False)
    heard: Listener = field(init=False)
    entities: tuple[str, ...] = ()
    guard: PersonalDataGuard | None = None
    people_key: bytes | None = None
    _kept: "duckdb.DuckDBPyConnection | None" = None

    def __post_init__(self) -> None:
        self.tokens = Tokens(self.jira)
        self.heard = Listener(self.jira)

    @property
    def staging(self) -> Staging:
        staging = DuckDBStaging(self.path, wait_seconds=30, connect=self.connect)
        staging.guard = self.guard
        staging.people.key = self.people_key
        return staging

    def connect(self) -> "duckdb.DuckDBPyConnection":
        """One more connection to the file."""
        if self._kept is None:
            self._kept = duckdb.connect(str(self.path))
            # A few dozen rows are written sooner by one thread than by several that have to agree.
            self._kept.execute("SET GLOBAL TimeZone = 'UTC'; SET threads = 1")
        return self._kept.cursor()

    def release(self) -> None:
        """Close the file, with everything in it."""
        if self._kept is not None:
            self._kept.execute("CHECKPOINT")
            self._kept.close()
            self._kept = None

    def new_report(self) -> Report:
        return Report(Run(str(uuid4()), self.jira.url, datetime.now(UTC)))

    @property
    def more_to_sign_in(self) -> int:
        """How many requests it takes, beyond Cloud's one, to find out that this is a Data Center and to sign in there."""
        return 2 if self.jira.service.is_data_center else 0

    def sync(self, report: Report | None = None, *, most_at_once: int = 4, **asked: Any) -> Report:
        """One run; `heard` then holds what it asked. `asked` are the fields of SyncRequest."""
        self.heard.clear()
        report = report or self.new_report()
        asked.setdefault("entities", self.entities)
        with client(self.jira.url, self.tokens, most_at_once=most_at_once) as jira:
            # Making the views for reporting takes a third of a second, of which there are hundreds.
            sync(jira, self.staging, SyncRequest(**{"reporting_views": False} | asked), report)
        return report

    def census(
        self, report: Report | None = None, *, comment_days: int | None = 90, max_missing: float = 0.2, **asked: Any
    ) -> Report:
        """One census; `asked` are the fields of SyncRequest."""
        self.heard.clear()
        report = report or self.new_report()
        request = CensusRequest(SyncRequest(**asked), comment_days, max_missing)
        with client(self.jira.url, self.tokens) as jira:
            take_census(jira, self.staging, request, report)
        return report

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(sql).fetchall()

    def write(self, sql: str) -> None:
        """What somebody else might do to the file."""
        with self.connect() as connection:
            connection.execute(sql)

    def rows(self, table: str, where: str = "true") -> list[dict[str, Any]]:
        """The table's rows as dicts."""
        return self.tables(table, where=where)[table]

    def tables(self, *tables: str, where: str = "true") -> dict[str, list[dict[str, Any]]]:
        """The rows of several tables, by table."""
        found = {}
        with self.connect() as connection:
            for table in tables:
                cursor = connection.execute(f'SELECT * FROM jira."{table}" WHERE {where}')
                names = [column[0] for column in cursor.description or ()]
                found[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return found

    def watermarks(self) -> dict[str, int]:
        """By scope."""
        return dict(self.query("SELECT scope, watermark FROM jira._sync_state WHERE entity = 'issue'"))

    def scope(self, key: str) -> str:
        project = self.jira.site.project(key)
        assert project is not None
        return f"project:{project.id}"


def make_batches_small(issues_per_request: int, batch_bytes: int, change: Callable[[object, str, int], None] = setattr) -> None:
    """Requests and batches so small that a small site has several of each; `change` may be a monkeypatch's `setattr`."""
    change(bulk_questions, "ISSUES_PER_REQUEST", issues_per_request)
    change(issue_loading, "FLATTENED_BYTES", batch_bytes)
    change(issue_loading, "BATCH_BYTES", batch_bytes)


def counts(report: Report, entity: str) -> dict[str, int]:
    """What became of an entity's rows, over all scopes; what is nought is left out."""
    return {name: count for name, count in report.totals().get(entity, {}).items() if count}


def leave_behind(bench: Bench, key: str, ids: list[int], *, mode: str = "incremental") -> None:
    """A stored sweep of a loaded project, as a killed run leaves it: begun when the project was last read."""
    scope = bench.scope(key)
    ((watermark, asked),) = bench.query(
        f"SELECT watermark, fingerprint FROM jira._sync_state WHERE entity = 'issue' AND scope = '{scope}'"
    )
    question = SyncState(bench.jira.url, "_sync_sweep", scope, watermark, json.dumps({"asked": asked, "mode": mode}))
    staging = bench.staging
    staging.prepare(bench.new_report().run)
    staging.store_sweep(scope, ids, watermark, question)
