"""`jira-staging status`: what was loaded, when, how complete, what was left out and why, as the audit tables have it."""

import argparse
import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jira_staging.command_line.arguments import Parser, add_output, at_least_one
from jira_staging.command_line.destinations import add_destination, open_destination
from jira_staging.command_line.outcomes import Outcome, print_line
from jira_staging.errors import WrongUse
from jira_staging.fingerprints import Fingerprint

if TYPE_CHECKING:
    from jira_staging.staging import Staging

# Enough for some tens of runs of a site with all its tables.
MOST_RUN_ROWS, MOST_REJECTED = 5_000, 10_000
# Ids of what was left out for one reason (the table `_rejected_row` has all), tables that other runs were asked for.
MOST_NAMED = 3
COUNTS = ("read", "inserted", "updated", "unchanged", "deleted", "rejected")
RUN_COLUMNS = (
    *("run_id", "site", "dag_id", "started_at", "finished_at", "status", "mode", "entity", "scope", "message", "checks"),
    *("requests", "retries", "wait_seconds", *(f"rows_{name}" for name in COUNTS)),
)


def add_command(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add `status` to the commands."""
    parser = commands.add_parser("status", help="tell what was loaded, when, how complete, what was left out and why")
    parser.set_defaults(command=run)
    add_destination(parser)
    parser.add_argument("--runs", type=at_least_one, default=5, metavar="N", help="the last N runs (default: 5)")
    add_output(parser)


def run(options: argparse.Namespace) -> Outcome:
    """Read the audit tables; Jira is not asked."""
    staging = open_destination(options)
    if staging.spelling is None:
        raise WrongUse("`status` asks tables. Of files the manifests tell the same: what each run wrote, and how far it came.")
    if not staging.columns("_sync_run"):
        raise WrongUse(
            f"Nothing was ever loaded into the schema `{options.schema}` there: look at `--destination` and `--schema`."
        )
    rows = staging.read("_sync_run", RUN_COLUMNS, newest_by="started_at", limit=MOST_RUN_ROWS).to_pylist()
    by_run: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_run.setdefault(row["run_id"], []).append(row)
    runs = [_run(of_run) for of_run in list(by_run.values())[: options.runs]]
    values = {"runs": runs, "scopes": _scopes(staging), "left_out": _left_out(staging, [told["run_id"] for told in runs])}
    return Outcome(values, lambda: _show(values))


def _run(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """One run, of its rows an entity and scope; it is what the worst of them is."""
    first, states = rows[0], {row["status"] for row in rows}
    return {
        "run_id": first["run_id"],
        "site": first["site"],
        "dag_id": first["dag_id"],
        "started_at": _text(first["started_at"]),
        "finished_at": _text(max((row["finished_at"] for row in rows if row["finished_at"]), default=None)),
        "status": next((state for state in ("failed", "running") if state in states), "success"),
        "modes": sorted({row["mode"] for row in rows}),
        "rows": {name: sum(row[f"rows_{name}"] or 0 for row in rows) for name in COUNTS},
        "entities": _entities(rows),
        "requests": sum(row["requests"] or 0 for row in rows),
        "retries": sum(row["retries"] or 0 for row in rows),
        "wait_seconds": round(sum(row["wait_seconds"] or 0.0 for row in rows), 3),
        "failed_checks": sorted(f"{row['entity']} {row['scope']}: {told}" for row in rows for told in _failed(row["checks"])),
        "messages": _messages(rows),
    }


def _entities(rows: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """What the run did to each table, where it did something."""
    counts = {name: dict.fromkeys(COUNTS, 0) for name in sorted({row["entity"] for row in rows})}
    for row in rows:
        for name in COUNTS:
            counts[row["entity"]][name] += row[f"rows_{name}"] or 0
    return {name: of_table for name, of_table in counts.items() if any(of_table.values())}


def _messages(rows: list[dict[str, Any]]) -> list[str]:
    """Each sentence once, with the tables that it is about; one about all of them stands alone."""
    about: dict[str, set[str]] = {}
    for row in rows:
        if row["message"]:
            about.setdefault(row["message"], set()).add(row["entity"])
    everything = {row["entity"] for row in rows}
    return sorted(text if names == everything else f"{', '.join(sorted(names))}: {text}" for text, names in about.items())


def _failed(checks: str | None) -> list[str]:
    """The failed checks, each with what it found."""
    found = {name: outcome for name, outcome in json.loads(checks or "{}").items() if isinstance(outcome, dict)}
    return [
        f"{name} ({', '.join(f'{what}: {value}' for what, value in outcome.items() if what != 'ok')})"
        for name, outcome in found.items()
        if outcome.get("ok") is False
    ]


def _scopes(staging: "Staging") -> list[dict[str, Any]]:
    """Up to when each scope is complete, by Jira's clock, how many seconds ago that was by ours, and how many issues wait.

    `behind` are the tables that the last run was not asked for, with up to when they are complete.
    """
    columns = ("entity", "scope", "watermark", "fingerprint")
    keys: dict[str, str] = {}
    if staging.columns("project"):
        keys = {f"project:{row['id']}": row["key"] for row in staging.read("project", ("id", "key")).to_pylist()}
    waiting = Counter(staging.read("_sync_sweep", ["scope"])["scope"].to_pylist())
    now, found = datetime.now(UTC), []
    states = [
        state
        for state in staging.read("_sync_state", columns).to_pylist()
        if state["watermark"] and not state["entity"].startswith("_")
    ]
    complete = {(state["entity"], state["scope"]): _moment(state["watermark"]) for state in states}
    behind = {state["scope"]: _behind(state["fingerprint"]) for state in states if state["entity"] == "issue"}
    for entity, scope in sorted({*complete, *(("issue", scope) for scope in waiting)}):
        until = complete.get((entity, scope))
        named = {"entity": entity, "scope": scope, "project": keys.get(scope), "complete_up_to": _text(until)}
        lag = round((now - until).total_seconds()) if until else None
        of_issues = entity == "issue"
        named |= {"lag_seconds": lag, "behind": behind.get(scope, {}) if of_issues else {}}
        found.append(named | {"waiting": waiting[scope] if of_issues else 0})
    return found


def _behind(fingerprint: str) -> dict[str, str | None]:
    return {name: _text(_moment(was.watermark)) for name, was in sorted(Fingerprint.read(fingerprint).behind.items())}


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def _left_out(staging: "Staging", run_ids: list[str]) -> list[dict[str, Any]]:
    """What these runs rejected, counted by reason, with the ids of a few."""
    columns = ("run_id", "entity", "reason", "source_id")
    rejected = staging.read("_rejected_row", columns, {"run_id": run_ids}, limit=MOST_REJECTED).to_pylist() if run_ids else []
    ids: dict[tuple[str, str, str], list[str]] = {}
    for row in rejected:
        ids.setdefault((row["run_id"], row["entity"], row["reason"]), []).append(row["source_id"])
    return [
        {"run_id": run_id, "entity": entity, "reason": reason, "rows": len(found), "such_as": sorted(found)[:MOST_NAMED]}
        for (run_id, entity, reason), found in sorted(ids.items())
    ]


def _show(values: dict[str, Any]) -> None:
    for told in values["runs"]:
        began = datetime.fromisoformat(told["started_at"])
        took = (
            f", took {_span((datetime.fromisoformat(told['finished_at']) - began).total_seconds())}"
            if told["finished_at"]
            else ""
        )
        since = _span((datetime.now(UTC) - began).total_seconds())
        print_line(
            f"{told['started_at']} ({since} ago{took})  {told['status']}  {'+'.join(told['modes'])}  run {told['run_id']}"
        )
        print_line(f"    requests={told['requests']} retries={told['retries']} wait_seconds={told['wait_seconds']}")
        for entity, rows in told["entities"].items():
            print_line(f"    {entity}: {' '.join(f'{name}={number}' for name, number in rows.items() if number)}")
        for sentence in (*told["messages"], *(f"failed check: {name}" for name in told["failed_checks"])):
            print_line(f"    {sentence}")
    for scope in values["scopes"]:
        until = (
            f"complete up to {scope['complete_up_to']}, {_span(scope['lag_seconds'])} ago"
            if scope["complete_up_to"]
            else "never complete"
        )
        print_line(f"{scope['project'] or scope['scope']}  {scope['entity']}  {until}{_rest(scope)}")
    for left in values["left_out"]:
        such = f" (such as {', '.join(left['such_as'])})"
        print_line(f"left out by run {left['run_id']}: {left['rows']} of {left['entity']}{such}: {left['reason']}")


def _rest(scope: dict[str, Any]) -> str:
    """What of a scope is not complete yet: tables that other runs are asked for, and issues that were found."""
    tables: dict[str, list[str]] = {}
    for name, until in scope["behind"].items():
        tables.setdefault(until, []).append(name)
    parts = [f"; {_some(names)} up to {until}" for until, names in sorted(tables.items())]
    if scope["waiting"]:
        parts.append(f"; {scope['waiting']:,} issues were found and wait for the next run")
    return "".join(parts)


def _some(tables: list[str]) -> str:
    """Their names, or how many they are: `--json` has all."""
    return ", ".join(tables) if len(tables) <= MOST_NAMED else f"{len(tables)} tables that it was not asked for"


def _span(seconds: float) -> str:
    """A time as people say it, in its largest unit; Jira's clock may be a little ahead of ours."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        # Up to two of a unit say too little: 47 hours are no day.
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}s"
    return f"{max(0, seconds):.0f} seconds"


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None
