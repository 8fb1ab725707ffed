"""What more worker processes bring: `jira-staging sync` over different projects of one site into one Postgres.

`python tests/benchmarks/scale_out.py` prints a line each for 1, 2 and 4 processes. All else is the same each time: the site in
a process of its own, 100 ms away, its projects divided among the processes, and an empty database.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg
import requests

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.sync_cost import FAR, site
from staging.postgres_server import PostgresServer

PROCESSES = (1, 2, 4)


def shares(told: Mapping[str, str], processes: int) -> list[list[str]]:
    """The site's projects divided, so that each share has about as many issues: the largest first, each to who has least."""
    address, signed_in = f"{told['url']}/rest/api/3/project/search?expand=insight", (told["email"], told["token"])
    listed = requests.get(address, auth=signed_in, timeout=60).json()["values"]
    sizes = {project["key"]: project["insight"]["totalIssueCount"] for project in listed}
    divided: list[list[str]] = [[] for _ in range(processes)]
    for key in sorted(sizes, key=lambda key: -sizes[key]):
        min(divided, key=lambda share: sum(sizes[key] for key in share)).append(key)
    return divided


def started(told: Mapping[str, str], projects: Sequence[str], destination: str, folder: Path) -> "subprocess.Popen[bytes]":
    """One process with its share of the projects."""
    words = [
        sys.executable,
        "-m",
        "jira_staging",
        "sync",
        "--site",
        told["url"],
        "--account",
        told["email"],
        "--api-token",
        "bench",
    ]
    words += ["--definitions", str(folder), "--destination", destination, "--projects", ",".join(projects), "--json"]
    # Each would make the same views at its end.
    words += ["--no-reporting-views"]
    environment = os.environ | {"BENCH_JIRA": told["token"]}
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, env=environment)


def measured(processes: int, told: Mapping[str, str], server: PostgresServer, folder: Path) -> str:
    """One load by so many processes: what it took, in words."""
    destination = server.new_database()
    before, began = _cpu_seconds(), time.monotonic()
    running = [started(told, share, destination, folder) for share in shares(told, processes)]
    failed = [process.args for process in running if process.wait()]
    seconds = time.monotonic() - began
    if failed:
        raise SystemExit(f"A sync failed: {failed}")
    with psycopg.connect(destination) as connection:
        ((issues, size),) = connection.execute(
            "SELECT count(*), pg_database_size(current_database()) FROM jira.issue"
        ).fetchall()
    cpu = _cpu_seconds() - before
    return f"{processes} | {seconds:.1f} | {issues / seconds:,.0f} | {cpu:.1f} | {issues:,} | {size / 1e6:.0f}"


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=8_000)
    given = parser.parse_args()
    print("processes | wall s | issues a second | CPU s of the syncs | issues | MB in Postgres")
    with tempfile.TemporaryDirectory() as name, PostgresServer.started() as server:
        folder = Path(name)
        (folder / "bench.yaml").write_text("name: bench\nbackend: environment\nsecret_name: BENCH_JIRA\n")
        for processes in PROCESSES:
            with site(given.issues, FAR) as serving:
                assert serving.stdout is not None
                print(measured(processes, json.loads(serving.stdout.readline()), server, folder), flush=True)


if __name__ == "__main__":
    main()
