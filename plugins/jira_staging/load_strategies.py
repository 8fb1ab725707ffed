"""Load strategies: how the tables of a schema are loaded, which is decided by their first load and stays."""

import json
from collections.abc import Sequence
from dataclasses import replace

from jira_staging.errors import WrongUse
from jira_staging.records import FullLoad, LoadStrategy, Report, Run, SyncRequest, SyncState
from jira_staging.staging import Staging
from jira_staging.tables import TABLES

# The scope under which `_sync_state` remembers how a whole table is loaded; tables that `merge` loads have no such row.
_WHOLE_TABLE = "*"
# What remembers where each custom field is kept must outlast every load.
_ALWAYS_MERGED = frozenset({"field_column"})
# What was there before is gone after these.
REPLACING = ("replace", "truncate_insert")
_OWN_THEIR_TABLES = (*REPLACING, "fail_if_exists")


def require_one_task(strategy: LoadStrategy, run: Run) -> None:
    """Refuse mapped tasks that would each take the whole table for its own."""
    if strategy in _OWN_THEIR_TABLES and run.map_index is not None and run.map_index >= 0:
        raise WrongUse(
            f"`{strategy}` loads whole tables, so mapped tasks would each throw away what the others loaded: give all projects "
            "to one task, or load with `merge`, which mapped tasks can share."
        )


def strategies(staging: Staging, site: str, entities: Sequence[str]) -> dict[str, str]:
    """How these tables are loaded, as far as they are loaded by something else than `merge`."""
    where = {"site": [site], "entity": list(entities), "scope": [_WHOLE_TABLE]}
    rows = staging.read("_sync_state", ["entity", "fingerprint"], where).to_pylist()
    return {row["entity"]: json.loads(row["fingerprint"])["load_strategy"] for row in rows}


def require_merged(staging: Staging, site: str, entities: Sequence[str]) -> None:
    """Refuse to merge into tables that another strategy loads: what they hold has no watermark."""
    for table, strategy in strategies(staging, site, entities).items():
        raise _changed(table, strategy, "merge")


def full_load(staging: Staging, site: str, request: SyncRequest, entities: Sequence[str]) -> FullLoad:
    """What a full load of these entities becomes at its end. Refuses tables that another strategy loads."""
    strategy = request.load_strategy
    tables = tuple(name for name in entities if name not in _ALWAYS_MERGED)
    known = strategies(staging, site, tables)
    for table in tables:
        _require_unchanged(table, known.get(table) or _by_rows(staging, table), strategy)
    state = json.dumps({"load_strategy": strategy})
    states = tuple(SyncState(site, table, _WHOLE_TABLE, None, state) for table in tables)
    # Only its first load decides which columns a table has that is to stay as it is.
    return FullLoad(strategy, tables, states, may_grow=strategy != "truncate_insert" or "issue" not in known)


def without_unread(load: FullLoad, report: Report) -> FullLoad:
    """The load without tables of which this account may read nothing: these stay as they are."""
    totals = report.totals()
    unread = {table for table in report.refused if not totals.get(table, {}).get("read")}
    return replace(load, unread=frozenset(unread), states=tuple(state for state in load.states if state.entity not in unread))


def _require_unchanged(table: str, before: str | None, asked: LoadStrategy) -> None:
    if before is None:
        return
    if asked == "fail_if_exists":
        raise WrongUse(
            f"The table `{table}` was loaded before, and `fail_if_exists` loads only what was not: choose another schema "
            "(`staging_schema`) or another load strategy."
        )
    if before != asked:
        raise _changed(table, before, asked)


def _by_rows(staging: Staging, table: str) -> str | None:
    """A table that holds rows, and of which no other strategy is known, was merged."""
    return "merge" if staging.read(table, TABLES[table].key[:1], limit=1).num_rows else None


def _changed(table: str, before: str, asked: str) -> WrongUse:
    return WrongUse(
        f"The table `{table}` is loaded with `{before}`, and a table's load strategy does not change: its rows would be "
        f"neither the one's nor the other's. Go on with `{before}`, or load with `{asked}` into another schema "
        "(`staging_schema`)."
    )
