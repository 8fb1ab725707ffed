"""The same simulated Jira read by us and by what a user would pick instead, each in a virtual environment of its own.

`make bench` prints a table, keeps every figure in a JSON file and draws them. All write into DuckDB, and of each result the
same is asked: how many issues, changes, comments and worklogs arrived, of how many. What is measured begins with the process
and ends with it; the site runs in a process of its own. CPU seconds are those of all processes together, MB their sum at its
peak.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import psutil

from benchmarks.peers.contenders import CONTENDERS, COUNTED, Contender
from benchmarks.plots import BarChart, draw_bars
from benchmarks.served_site import FAR, NEAR, environment_for, served

HERE = Path(__file__).parent
SAMPLE_SECONDS = 0.2


def environment(name: str, packages: Sequence[str], folder: Path) -> Path:
    """A virtual environment with these packages, made once."""
    place = folder / name
    if not (place / "made").exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, place], check=True)
        if packages:
            subprocess.run(
                [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", place / "bin" / "python", *packages],
                check=True,
            )
        (place / "made").touch()
    return place


def measured(contender: Contender, places: Mapping[str, Path], told: Mapping[str, Any]) -> dict[str, Any]:
    """One run: what it cost, and what arrived."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "loaded.duckdb"
        words = contender.words(places, {name: told[name] for name in ("url", "email", "token")}, database)
        log = Path(folder) / "log"
        with log.open("w") as file:
            began = time.monotonic()
            process = subprocess.Popen(words, stdout=file, stderr=subprocess.STDOUT, env=environment_for(told))
            watch = _Watch(process.pid)
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.monotonic() - began
            peak = watch.end()
        if status:
            raise SystemExit(f"{' '.join(words[:3])} failed: {log.read_text()[-2_000:]}")
        with duckdb.connect(str(database), read_only=True) as connection:
            arrived = {name: connection.execute(sql).fetchall()[0][0] for name, sql in contender.asked.items()}
    return {"wall": seconds, "cpu": used.ru_utime + used.ru_stime, "mb": peak, "arrived": arrived}


class _Watch(threading.Thread):
    """The memory of a process and all its children, looked at five times a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process, self._peak, self._over = psutil.Process(pid), 0, threading.Event()
        self.start()

    def run(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            total = 0
            try:
                for process in (self._process, *self._process.children(recursive=True)):
                    total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            self._peak = max(self._peak, total)

    def end(self) -> int:
        self._over.set()
        self.join()
        return self._peak // 1_000_000


def compared(
    names: Sequence[str], issues: int, latency: Mapping[str, float], tries: Mapping[str, int], folder: Path
) -> Iterator[dict[str, Any]]:
    """All runs against one site, the contenders in turn so that the machine's moods meet all of them."""
    places = {
        place: environment(place, packages, folder)
        for name in names
        for place, packages in CONTENDERS[name].environments.items()
    }
    with served(issues, latency) as site:
        told = site.told()
        for turn in range(max(tries.values())):
            for name in names:
                if turn >= tries[name]:
                    continue
                found = measured(CONTENDERS[name], places, told)
                found["requests"] = site.changed(0)["requests"]
                print(f"{name}: {found}", file=sys.stderr, flush=True)
                yield {
                    "name": name,
                    "issues": issues,
                    "latency_ms": latency.get("latency_ms", 0.0),
                    "holds": told["holds"],
                    **found,
                }


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line a contender, in Markdown: medians, with the smallest and largest of the seconds."""
    lines = [
        "| | wall s | CPU s | ms CPU an issue | MB | requests | issues | changes | comments | worklogs |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(row["name"] for row in rows):
        runs = [row for row in rows if row["name"] == name]
        cpu = median(row["cpu"] for row in runs)
        cells = [name, _spread([row["wall"] for row in runs]), _spread([row["cpu"] for row in runs])]
        cells += [f"{cpu * 1000 / runs[0]['issues']:.2f}", f"{median(row['mb'] for row in runs):,.0f}"]
        cells += [f"{median(row['requests'] for row in runs):,.0f}"]
        cells += [_share(runs[-1]["arrived"][kind], runs[-1]["holds"][kind]) for kind in COUNTED]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _spread(values: Sequence[float]) -> str:
    middle = f"{median(values):,.1f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):,.1f} to {max(values):,.1f})"


def _share(arrived: int, held: int) -> str:
    return "all" if arrived == held else f"{100 * arrived / held:.1f} %"


def charts(rows: Sequence[Mapping[str, Any]], place: str) -> list[BarChart]:
    """Seconds, CPU and memory of each contender, in their order."""
    names = dict.fromkeys(row["name"] for row in rows)

    def middle(figure: str) -> dict[str, float]:
        return {name: median(row[figure] for row in rows if row["name"] == name) for name in names}

    count = rows[0]["issues"]
    an_issue = {name: 1000 * seconds / count for name, seconds in middle("cpu").items()}
    return [
        BarChart(f"{count:,} issues, {place}: time", "s", middle("wall")),
        BarChart("CPU", "ms an issue", an_issue),
        BarChart("memory at its peak", "MB", middle("mb")),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=5_000)
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--once", default="dlt;Airbyte", help="those that are run but once, being slow")
    parser.add_argument("--contenders", default=";".join(CONTENDERS), help="their names, with semicolons between")
    parser.add_argument("--latencies", default="near,far")
    parser.add_argument("--folder", type=Path, default=Path(".venv/peers"), help="where their virtual environments are made")
    parser.add_argument("--keep", type=Path, default=HERE, help="the folder for the figures and the pictures")
    given = parser.parse_args()
    names = given.contenders.split(";")
    tries = {name: 1 if name in given.once.split(";") else given.tries for name in names}
    for place, latency in (("near", NEAR), ("far", FAR)):
        if place in given.latencies.split(","):
            found = list(compared(names, given.issues, latency, tries, given.folder.resolve()))
            print(f"\n{given.issues:,} issues, {place}\n\n{table(found)}", flush=True)
            draw_bars(given.keep / f"{given.issues}_{place}.svg", charts(found, place), ours="Jira staging")
            (given.keep / f"{given.issues}_{place}.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
