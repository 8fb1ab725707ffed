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

if TYPE_CHECKING:
    from jira_staging.staging import Staging

# Enough for some tens of runs of a site with all its tables.
MOST_RUN_ROWS, MOST_REJECTED = 5_000, 10_000
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
        "requests": sum(row["requests"] or 0 for row in rows),
        "retries": sum(row["retries"] or 0 for row in rows),
        "wait_seconds": round(sum(row["wait_seconds"] or 0.0 for row in rows), 3),
        "failed_checks": sorted(f"{row['entity']} {row['scope']}: {name}" for row in rows for name in _failed(row["checks"])),
        "messages": sorted({row["message"] for row in rows if row["message"]}),
    }


def _failed(checks: str | None) -> list[str]:
    found = json.loads(checks or "{}")
    return [name for name, outcome in found.items() if isinstance(outcome, dict) and outcome.get("ok") is False]


def _scopes(staging: "Staging") -> list[dict[str, Any]]:
    """Up to when each scope is complete, by Jira's clock, and how many seconds ago that was by ours."""
    columns = ("entity", "scope", "watermark", "updated_at")
    keys: dict[str, str] = {}
    if staging.columns("project"):
        keys = {f"project:{row['id']}": row["key"] for row in staging.read("project", ("id", "key")).to_pylist()}
    now = datetime.now(UTC)
    found = []
    for state in staging.read("_sync_state", columns).to_pylist():
        if state["watermark"] and not state["entity"].startswith("_"):
            until = datetime.fromtimestamp(state["watermark"] / 1000, tz=UTC)
            named = {"entity": state["entity"], "scope": state["scope"], "project": keys.get(state["scope"])}
            found.append(named | {"complete_up_to": _text(until), "lag_seconds": round((now - until).total_seconds())})
    return found


def _left_out(staging: "Staging", run_ids: list[str]) -> list[dict[str, Any]]:
    """What these runs rejected, counted by reason."""
    columns = ("run_id", "entity", "reason")
    rejected = staging.read("_rejected_row", columns, {"run_id": run_ids}, limit=MOST_REJECTED).to_pylist() if run_ids else []
    counted = Counter((row["run_id"], row["entity"], row["reason"]) for row in rejected)
    return [
        {"run_id": run_id, "entity": entity, "reason": reason, "rows": rows}
        for (run_id, entity, reason), rows in sorted(counted.items())
    ]


def _show(values: dict[str, Any]) -> None:
    for told in values["runs"]:
        rows = " ".join(f"{name}={number}" for name, number in told["rows"].items())
        print_line(f"{told['started_at']}  {told['status']}  {'+'.join(told['modes'])}  run {told['run_id']}  {rows}")
        print_line(f"    requests={told['requests']} retries={told['retries']} wait_seconds={told['wait_seconds']}")
        for sentence in (*told["messages"], *(f"failed check: {name}" for name in told["failed_checks"])):
            print_line(f"    {sentence}")
    for scope in values["scopes"]:
        name = scope["project"] or scope["scope"]
        print_line(f"{name}  {scope['entity']}  complete up to {scope['complete_up_to']}, {scope['lag_seconds']} s ago")
    for left in values["left_out"]:
        print_line(f"left out by run {left['run_id']}: {left['rows']} of {left['entity']}: {left['reason']}")


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None
