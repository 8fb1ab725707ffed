"""The same simulated Jira read by us and by what a user would pick instead, each in a virtual environment of its own.

`make bench-peers` prints a table and keeps every figure in a JSON file. All write into DuckDB, and of each result the same is
asked: how many issues, changes, comments and worklogs arrived, of how many. What is measured begins with the process and ends
with it; the site runs in a process of its own. CPU seconds are those of all processes together, MB their sum at its peak.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import psutil

HERE = Path(__file__).parent
TESTS = HERE.parents[1]
sys.path.insert(0, str(TESTS))

SEED, PROJECTS, CUSTOM_FIELDS, ISSUE_BYTES = 7, 12, 60, 5_000
NEAR: Mapping[str, float] = {}
# As Jira Cloud answers from afar, and a little for each issue in the answer.
FAR: Mapping[str, float] = {"latency_ms": 100.0, "latency_ms_per_issue": 0.3}
COUNTED = ("issues", "changes", "comments", "worklogs")
SAMPLE_SECONDS = 0.2


@dataclass(frozen=True)
class Contender:
    """One way to load Jira: packages by virtual environment, the words that start it, and what to ask of its result."""

    environments: Mapping[str, Sequence[str]]
    words: Callable[[Mapping[str, Path], Mapping[str, Any], Path], list[str]]
    asked: Mapping[str, str]


def _ours(_places: Mapping[str, Path], site: Mapping[str, Any], database: Path) -> list[str]:
    definitions = database.parent / "definitions"
    definitions.mkdir()
    (definitions / "bench.yaml").write_text("name: bench\nbackend: environment\nsecret_name: BENCH_JIRA\n")
    words = [sys.executable, "-m", "jira_staging", "sync", "--site", site["url"], "--account", site["email"], "--json"]
    return [*words, "--api-token", "bench", "--definitions", str(definitions), "--destination", f"duckdb:{database}"]


def _script(name: str, *environments: str, options: Sequence[str] = ()) -> Callable[..., list[str]]:
    """A script of this folder: its interpreter is the first environment's, the folders of the others are told to it."""

    def words(places: Mapping[str, Path], site: Mapping[str, Any], database: Path) -> list[str]:
        first, *others = (places[name] for name in environments)
        return [str(first / "bin" / "python"), str(HERE / name), json.dumps(site), str(database), *map(str, others), *options]

    return words


_DLT = ("dlt[duckdb,parquet]==1.31.0",)
_OF_DLT = {
    "issues": "SELECT count(*) FROM main_jira.issues",
    "changes": "SELECT count(*) FROM main_jira.issues__changelog__histories__items",
    "comments": "SELECT count(*) FROM main_jira.issues__fields__comment__comments",
    "worklogs": "SELECT count(*) FROM main_jira.issues__fields__worklog__worklogs",
}
CONTENDERS = {
    "ours": Contender(
        {},
        _ours,
        {
            "issues": "SELECT count(*) FROM jira.issue",
            "changes": "SELECT count(*) FROM jira.changelog_item",
            "comments": "SELECT count(*) FROM jira.comment",
            "worklogs": "SELECT count(*) FROM jira.worklog",
        },
    ),
    "by hand": Contender(
        {"by_hand": ("requests==2.32.5", "pandas==3.1.1", "duckdb==1.4.3", "duckdb-engine==0.17.0", "sqlalchemy==2.0.44")},
        _script("by_hand_peer.py", "by_hand"),
        {name: f"SELECT count(*) FROM {name}" for name in COUNTED},
    ),
    "dlt, Parquet": Contender({"dlt": _DLT}, _script("dlt_peer.py", "dlt", options=["parquet"]), _OF_DLT),
    "dlt": Contender({"dlt": _DLT}, _script("dlt_peer.py", "dlt", options=["insert"]), _OF_DLT),
    "Singer": Contender(
        {"singer": (), "tap_jira": ("tap-jira==2.6.0",), "target_duckdb": ("target-duckdb==0.8.0",)},
        _script("singer_peer.py", "singer", "tap_jira", "target_duckdb"),
        {
            "issues": "SELECT count(*) FROM main.issues",
            "changes": "SELECT coalesce(sum(json_array_length(items::JSON)), 0) FROM main.changelogs",
            "comments": "SELECT count(*) FROM main.issue_comments",
            "worklogs": "SELECT count(*) FROM main.worklogs",
        },
    ),
    "Airbyte": Contender(
        {"airbyte": ("airbyte==0.71.3", "pyyaml"), "source_jira": ("airbyte-source-jira==4.0.0",)},
        _script("airbyte_peer.py", "airbyte", "source_jira"),
        {
            "issues": "SELECT count(*) FROM main.issues",
            "changes": "SELECT coalesce(sum(json_array_length(history, '$.items')), 0) FROM "
            "(SELECT unnest(json_extract(changelog, '$.histories[*]')) AS history FROM main.issues)",
            "comments": "SELECT count(*) FROM main.issue_comments",
            "worklogs": "SELECT count(*) FROM main.issue_worklogs",
        },
    ),
}


def serve(issues: int, latency: Mapping[str, float]) -> None:
    """Be the site: tell where it is and what it holds, then after each line how many requests came since the last one."""
    from simulated_jira import Settings, SimulatedJira, lives

    settings = Settings(custom_fields=CUSTOM_FIELDS, issue_bytes=ISSUE_BYTES, **latency)
    with SimulatedJira(issues, projects=PROJECTS, seed=SEED, settings=settings) as jira:
        there = list(jira.site.issues.values())
        holds = {
            "issues": len(there),
            "changes": sum(len(json.loads(history.items)) for one in there for history in lives.histories(jira.site, one)),
            "comments": sum(len(lives.comments(jira.site, one)) for one in there),
            "worklogs": sum(len(lives.worklogs(jira.site, one)) for one in there),
        }
        print(json.dumps({"url": jira.url, "email": jira.email, "token": jira.token, "holds": holds}), flush=True)
        for _ in sys.stdin:
            print(len(jira.requests), flush=True)
            jira.requests.clear()


@contextmanager
def site(issues: int, latency: Mapping[str, float]) -> "Iterator[subprocess.Popen[str]]":
    """The site's process."""
    words = [sys.executable, __file__, "--serve", json.dumps(latency), "--issues", str(issues)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def environment(name: str, packages: Sequence[str], folder: Path) -> Path:
    """A virtual environment with these packages, made once."""
    place = folder / name
    if not (place / "made").exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, place], check=True)
        if packages:
            subprocess.run([uv, "pip", "install", "--quiet", "--python", place / "bin" / "python", *packages], check=True)
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
            process = subprocess.Popen(
                words, stdout=file, stderr=subprocess.STDOUT, env=os.environ | {"BENCH_JIRA": told["token"]}
            )
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
    with site(issues, latency) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        for turn in range(max(tries.values())):
            for name in names:
                if turn >= tries[name]:
                    continue
                found = measured(CONTENDERS[name], places, told)
                process.stdin.write("\n")
                process.stdin.flush()
                found["requests"] = int(process.stdout.readline())
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=5_000)
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--once", default="dlt,Airbyte", help="those that are run but once, being slow")
    parser.add_argument("--contenders", default=";".join(CONTENDERS), help="their names, with semicolons between")
    parser.add_argument("--latencies", default="near,far")
    parser.add_argument("--folder", type=Path, default=Path(".venv/peers"), help="where their virtual environments are made")
    parser.add_argument("--keep", type=Path, default=Path("peers.json"))
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.issues, json.loads(given.serve))
        return
    names = given.contenders.split(";")
    tries = {name: 1 if name in given.once.split(",") else given.tries for name in names}
    rows: list[dict[str, Any]] = []
    for place in given.latencies.split(","):
        latency = {"near": NEAR, "far": FAR}[place]
        found = list(compared(names, given.issues, latency, tries, given.folder.resolve()))
        rows += found
        print(f"\n{given.issues:,} issues, {place}\n\n{table(found)}", flush=True)
        given.keep.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
