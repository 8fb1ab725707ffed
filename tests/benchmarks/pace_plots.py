"""Draws how many requests the governor lets be under way over time, in virtual time: half a second of work.

`PYTHONPATH=tests python tests/benchmarks/pace_plots.py [FILE]`, or `make bench-pace`.
"""

import sys
from pathlib import Path

from benchmarks.plots import LineChart, draw_lines
from jira_api.pace_simulation import SimulatedLimit, simulate
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.jira_api.pace import Pace

SECONDS = 60.0
AT_ONCE = ConnectionOptions.most_at_once


def charts() -> list[LineChart]:
    """Jira far away and unbounded, with the limit of one core, shared by two runs, in trouble, and where it queues."""
    return [
        _chart("One run, Jira takes 100 requests a second", [AT_ONCE], SimulatedLimit(100, 350)),
        _chart("One run, Jira takes 8 requests a second (bucket of 28)", [AT_ONCE], SimulatedLimit(8, 28)),
        _chart("Two runs share 20 requests a second (bucket of 70)", [AT_ONCE] * 2, SimulatedLimit(20, 70)),
        _chart("Jira answers 503 from 10 to 15 s", [AT_ONCE], SimulatedLimit(100, 350), trouble=(10.0, 15.0)),
        _chart("More than 8 at once queue", [40], SimulatedLimit(1000, 3500, busy=8)),
    ]


def _chart(title: str, widths: list[int], limit: SimulatedLimit, *, trouble: tuple[float, float] = (-1.0, -1.0)) -> LineChart:
    outcome = simulate([Pace(width) for width in widths], limit, SECONDS, trouble=trouble)
    told = []
    for run in range(len(widths)):
        granted, refused = len(outcome.granted[run]), len(outcome.refused[run])
        told.append(f"run {run + 1}: {outcome.rate(run, 5, SECONDS):.1f} requests/s, {refused} of {granted + refused} refused")
    lines = {told[run]: limits for run, limits in enumerate(outcome.limits)}
    return LineChart(title, "requests at once", lines)


if __name__ == "__main__":
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("pace.svg")
    draw_lines(file, charts())
    for chart in charts():
        print(chart.title, *chart.lines, sep="\n  ")
