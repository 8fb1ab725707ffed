"""A first load and a night of one simulated site, as Cloud and as Data Center: requests, seconds, rows, rows that differ.

`.venv/bin/python tests/benchmarks/both_flavours.py` prints the table of the README. The simulated Jira shares the process, so
the seconds are its own too.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[2] / "plugins")]

from jira_staging.tables import DEFAULT_ENTITIES  # noqa: E402 - the paths above lead to it
from simulated_jira import Settings, SimulatedJira  # noqa: E402
from syncing.bench import Bench  # noqa: E402
from syncing.both import Both  # noqa: E402

SITE = Settings(custom_fields=39, issue_bytes=6_000)


@contextmanager
def benches(issues: int) -> Iterator[Both]:
    """The same site of six projects, twice."""
    with tempfile.TemporaryDirectory() as folder:
        made = {}
        for flavour in ("cloud", "data_center"):
            jira = SimulatedJira(issues, projects=6, seed=11, settings=replace(SITE, flavour=flavour)).start()
            jira.clock.freeze(jira.site.start_ms)
            made[flavour] = Bench(jira, Path(folder) / f"{flavour}.duckdb", entities=DEFAULT_ENTITIES)
        yield Both(made)
        for bench in made.values():
            bench.release()
            bench.jira.stop()


def measured(name: str, both: Both) -> None:
    """One run of each flavour, as rows of the table."""
    for flavour, bench in (("Cloud", both.cloud), ("Data Center", both.data_center)):
        began = time.perf_counter()
        report = bench.sync()
        seconds = time.perf_counter() - began
        totals = report.totals().values()
        rows = sum(counts["inserted"] + counts["updated"] for counts in totals)
        print(f"| {name} | {flavour} | {len(bench.heard.asked):,} | {seconds:.1f} | {rows:,} |", flush=True)
    both.assert_same()


def main() -> None:
    """Print the table; an assertion fails where rows differ that should not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=2_000)
    issues = parser.parse_args().issues
    print("| run | Jira | requests | seconds | rows written |\n|---|---|---|---|---|")
    with benches(issues) as both:
        measured(f"first load, {issues:,} issues", both)
        for bench in (both.cloud, both.data_center):
            bench.jira.clock.advance(24 * 3_600)
            for number in range(issues // 200):
                bench.jira.change.edit(f"PAY-{number + 3}", {"summary": f"Edited {number}"})
            bench.jira.clock.advance(120)
        measured(f"a night, {issues // 200} changed", both)
    print("\nNo row differs beyond what `tests/syncing/told_by_data_center.py` names.")


if __name__ == "__main__":
    main()
