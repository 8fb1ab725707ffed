"""What a whole sync costs: from a simulated Jira into a DuckDB file, as `jira-staging sync` does it, in a process of its own.

`make bench-ours` prints a table: a first load without and with latency, then nightly runs into what was loaded. What arrived is
compared with what the site has: issues, changes, comments, worklogs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.plots import LineChart, draw_lines
from benchmarks.served_site import FAR, ISSUE_BYTES, NEAR, environment_for, served

# Of all issues, those that somebody comments on before a nightly run.
CHANGED = 0.005
COUNTED = {"issues": "issue", "changes": "changelog_item", "comments": "comment", "worklogs": "worklog"}
# Of the last run of each name.
CURVES: dict[str, list[tuple[float, float]]] = {}
TITLES = ("run", "issues", "wall s", "CPU s", "ms CPU an issue", "RSS MB", "requests", "rows", "arrived of the site's")


def measured(name: str, told: Mapping[str, Any], database: Path, issues: int) -> dict[str, Any]:
    """One run of the command line: what it cost, and what is in the tables after it."""
    definitions = database.with_name("definitions")
    definitions.mkdir(exist_ok=True)
    (definitions / "bench.yaml").write_text("name: bench\nbackend: environment\nsecret_name: BENCH_JIRA\n")
    words = [sys.executable, "-m", "jira_staging", "sync", "--site", told["url"], "--account", told["email"], "--json"]
    words += ["--api-token", "bench", "--definitions", str(definitions), "--destination", f"duckdb:{database}"]
    with (database.parent / "log").open("w+") as log:
        began = time.monotonic()
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True, env=environment_for(told))
        assert process.stdout is not None
        with resident(process.pid) as curve:
            printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        if status:
            raise SystemExit(f"The sync failed: {printed}{log.seek(0) or log.read()}")
    CURVES[name] = curve
    report = json.loads(printed)
    cpu = used.ru_utime + used.ru_stime
    rows = sum(counts["inserted"] + counts["updated"] for counts in report["rows"].values())
    cost = (seconds, cpu, cpu * 1000 / issues, used.ru_maxrss // 1024, report["requests"], rows)
    return dict(zip(TITLES, (name, issues, *cost, arrived(database, told["holds"])), strict=True))


@contextmanager
def resident(pid: int) -> Iterator[list[tuple[float, float]]]:
    """Seconds and MB of memory of a process, twice a second as long as the block lasts."""
    curve: list[tuple[float, float]] = []
    ended, began, page = threading.Event(), time.monotonic(), os.sysconf("SC_PAGE_SIZE")

    def watch() -> None:
        while not ended.wait(0.5):
            with suppress(OSError):  # it has just ended
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                curve.append((time.monotonic() - began, pages * page / 2**20))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield curve
    finally:
        ended.set()
        watcher.join()


def arrived(database: Path, holds: Mapping[str, int]) -> str:
    """What the tables hold of what the site holds."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        found = {
            kind: connection.execute(f"SELECT count(*) FROM jira.{table} WHERE _deleted_at IS NULL").fetchall()[0][0]
            for kind, table in COUNTED.items()
        }
    return "everything" if found == holds else ", ".join(f"{kind} {found[kind]:,}/{holds[kind]:,}" for kind in holds)


def full(
    name: str, issues: int, latency: Mapping[str, float], *, nights: int = 0, issue_bytes: int = ISSUE_BYTES
) -> Iterator[dict[str, Any]]:
    """A first load into a new file, and nightly runs after it."""
    with tempfile.TemporaryDirectory() as folder, served(issues, latency, issue_bytes) as site:
        database = Path(folder) / "bench.duckdb"
        yield measured(name, site.told(), database, issues)
        for _ in range(nights):
            yield measured("a night later", site.changed(max(1, int(issues * CHANGED))), database, issues)


def printed(rows: list[dict[str, Any]]) -> None:
    """A line a kind of run: the median of its figures."""
    print(" | ".join(TITLES))
    for name in dict.fromkeys(row["run"] for row in rows):
        same = [row for row in rows if row["run"] == name]
        figures = {title: _middle([row[title] for row in same]) for title in TITLES}
        print(" | ".join(f"{value:,.2f}" if isinstance(value, float) else str(value) for value in figures.values()))


def _middle(values: list[Any]) -> Any:
    return values[-1] if isinstance(values[0], str) else median(values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=20_000)
    parser.add_argument("--issue-bytes", type=int, default=ISSUE_BYTES)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--nights", type=int, default=1)
    parser.add_argument("--near", action="store_true", help="without latency only")
    parser.add_argument("--curve", type=Path, help="draw memory over time into this SVG")
    given = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for _ in range(given.repeat):
        rows += full("full, no latency", given.issues, NEAR, nights=given.nights, issue_bytes=given.issue_bytes)
        rows += [] if given.near else full("full, 100 ms away", given.issues, FAR, issue_bytes=given.issue_bytes)
    printed(rows)
    if given.curve:
        charts = [LineChart(f"{name}: {given.issues:,} issues", "MB", {"RSS": curve}) for name, curve in CURVES.items()]
        draw_lines(given.curve, charts)


if __name__ == "__main__":
    main()
