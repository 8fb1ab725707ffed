"""The nouns that travel between the rooms: frozen dataclasses, and `Report`, the one that counts."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal, Protocol

import pyarrow as pa

TokenKind = Literal["api_token", "basic_base64", "personal_access_token", "oauth_client"]
LoadStrategy = Literal["merge", "append", "replace", "truncate_insert", "fail_if_exists"]
SyncMode = Literal["full", "incremental", "backfill", "census"]


@dataclass(frozen=True)
class SecretDefinition:
    """Where an API token lies: a name, a backend and the place in it; never the value.

    `expires_on` is what a person wrote down: no API of Atlassian's tells when a token expires. `kept_in` says where the
    definition itself was found (a file's path, or a store's name), for messages.
    """

    name: str
    backend: str
    secret_name: str
    secret_key: str | None = None
    vault: str | None = None
    database: str | None = None
    schema: str | None = None
    vault_conn_id: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    kind: TokenKind = "api_token"
    account: str | None = None
    project: str = "default"
    description: str = ""
    expires_on: date | None = None
    kept_in: str = ""


@dataclass(frozen=True)
class ApiToken:
    """A token in hand. Its value has no repr and is shown by nothing but `authorization`."""

    value: str = field(repr=False)
    account: str | None
    kind: TokenKind
    definition: str

    @property
    def authorization(self) -> str:
        """The value of the Authorization header for this kind of token."""
        if self.kind in ("personal_access_token", "oauth_client"):
            return f"Bearer {self.value}"
        return f"Basic {self.basic_pair}"

    @property
    def basic_pair(self) -> str:
        """`account:value` in base64, as the Basic scheme sends it."""
        return base64.b64encode(f"{self.account}:{self.value}".encode()).decode("ascii")

    def spellings(self) -> tuple[str, ...]:
        """Every text that must be masked wherever it appears: the value, and the pair it is sent as."""
        return (self.value, self.basic_pair) if self.account else (self.value,)


@dataclass(frozen=True)
class OauthClient:
    """The credential of an OAuth client (grant `client_credentials`), as a secret of kind `oauth_client` holds it."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class GrantedToken:
    """What an OAuth client's credential was exchanged for: an access token, and for how many seconds it is good."""

    value: str = field(repr=False)
    lifetime_seconds: float


class TokenSource(Protocol):
    """Where a client gets its token, now and once more after a refusal."""

    def token(self) -> ApiToken:
        """The token, from the cache where it is still good."""
        ...

    def renewed(self, refused: ApiToken) -> ApiToken | None:
        """Read the vault past the cache: the new token, or None if it still holds the refused one."""
        ...


@dataclass(frozen=True)
class Account:
    """Who is signed in, as `/myself` told it. `time_zone` is what JQL reads date literals in."""

    account_id: str
    name: str
    time_zone: str


@dataclass(frozen=True)
class SyncRequest:
    """What one run is asked to copy. Empty `projects` means all that the account sees; `entities` are table names.

    `lookback_hours` is how far behind the watermark a sweep starts, since Jira's search index lags; `limit` makes a
    sample run, which neither reads nor moves a watermark.
    """

    projects: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    jql: str | None = None
    entities: tuple[str, ...] = ()
    include_fields: tuple[str, ...] = ()
    exclude_fields: tuple[str, ...] = ()
    limit: int | None = None
    load_strategy: LoadStrategy = "merge"
    full: bool = False
    lookback_hours: float = 12.0


@dataclass(frozen=True)
class Run:
    """One attempt at a sync: its id, and where in Airflow it came from (all None from a shell)."""

    run_id: str
    site: str
    started_at: datetime
    dag_id: str | None = None
    airflow_run_id: str | None = None
    map_index: int | None = None
    try_number: int | None = None


@dataclass(frozen=True)
class Scope:
    """What has a watermark of its own: one project (by key), or one JQL (by its hash).

    `name` is what the tables hold: `project:<id>` or `jql:<hash>`. A project's scope goes by its id, so a renamed key keeps its
    watermark. `jql` restricts a search to the scope; `label` is what people read.
    """

    name: str
    label: str
    jql: str
    project_id: int | None = None


@dataclass(frozen=True)
class SyncState:
    """How far a scope was read: everything updated before `watermark` (epoch milliseconds by Jira's clock) is in the tables.

    `fingerprint` is JSON of what was asked (entities, fields, JQL): what is new in it is loaded from its beginning.
    """

    site: str
    entity: str
    scope: str
    watermark: int | None
    fingerprint: str


@dataclass(frozen=True)
class Rows:
    """Rows for one staging table, columns as `tables` names them, without the house columns.

    `owners` bounds what the rows are complete for: the values of the table's owner column whose rows are all here (the ids of
    a batch's issues, the ids of the projects read), so that what the table has beyond them is gone. None: the whole table
    is here. An empty tuple: nothing is compared.
    """

    table: str
    data: pa.Table
    owners: Sequence[int | str] | None = ()


@dataclass(frozen=True)
class RejectedRow:
    """A payload, or a part of one, that could not become a row. `payload` is JSON text."""

    entity: str
    source_id: str
    reason: str
    payload: str


@dataclass(frozen=True)
class Batch:
    """What is published in one transaction: rows of one scope, and all that must be true together with them.

    `swept` are the issue ids that leave the stored sweep with it; `state` moves the watermark, with a scope's last batch
    only.
    """

    scope: str
    rows: tuple[Rows, ...]
    rejected: tuple[RejectedRow, ...] = ()
    swept: Sequence[int] = ()
    state: SyncState | None = None


@dataclass(frozen=True)
class Changes:
    """What publishing did to one table, in rows."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0


@dataclass
class Tally:
    """The row of `_sync_run` for one entity and scope, while it is being counted."""

    entity: str
    scope: str
    mode: SyncMode = "full"
    status: Literal["running", "success", "failed"] = "running"
    started_at: datetime | None = None
    finished_at: datetime | None = None
    rows_read: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_unchanged: int = 0
    rows_deleted: int = 0
    rows_rejected: int = 0
    requests: int = 0
    retries: int = 0
    bytes: int = 0
    wait_seconds: float = 0.0
    watermark_from: int | None = None
    watermark_to: int | None = None
    checks: str = "{}"
    message: str = ""

    def add(self, read: int, changes: Changes) -> None:
        """Count one published batch."""
        self.rows_read += read
        self.rows_inserted += changes.inserted
        self.rows_updated += changes.updated
        self.rows_unchanged += changes.unchanged
        self.rows_deleted += changes.deleted


@dataclass
class Report:
    """What a run did, counted while it runs: a `Tally` an entity and scope, and how far it has come."""

    run: Run
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    issues_planned: int = 0
    issues_done: int = 0

    def tally(self, entity: str, scope: str) -> Tally:
        """The tally of this entity and scope, begun when it is first asked for."""
        key = (entity, scope)
        if key not in self.tallies:
            self.tallies[key] = Tally(entity, scope)
        return self.tallies[key]

    def summary(self) -> dict[str, object]:
        """What an operator returns and a shell prints: plain JSON values, rows only where something happened."""
        totals = self.totals()
        watermarks = [tally.watermark_to for tally in self.tallies.values() if tally.watermark_to is not None]
        return {
            "run_id": self.run.run_id,
            "site": self.run.site,
            "rows": {entity: counts for entity, counts in totals.items() if any(counts.values())},
            "requests": sum(tally.requests for tally in self.tallies.values()),
            "retries": sum(tally.retries for tally in self.tallies.values()),
            "wait_seconds": round(sum(tally.wait_seconds for tally in self.tallies.values()), 3),
            "watermark": _iso(min(watermarks)) if watermarks else None,
            "notes": list(self.notes),
        }

    def totals(self) -> dict[str, dict[str, int]]:
        """Rows an entity over all scopes: read, inserted, updated, unchanged, deleted, rejected."""
        totals: dict[str, dict[str, int]] = {}
        for tally in self.tallies.values():
            counts = totals.setdefault(tally.entity, dict.fromkeys(_COUNTS, 0))
            for name in _COUNTS:
                counts[name] += getattr(tally, f"rows_{name}")
        return totals


_COUNTS = ("read", "inserted", "updated", "unchanged", "deleted", "rejected")


def _iso(epoch_milliseconds: int) -> str:
    return datetime.fromtimestamp(epoch_milliseconds / 1000, tz=UTC).isoformat(timespec="milliseconds")
