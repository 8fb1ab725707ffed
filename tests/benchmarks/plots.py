"""The benchmarks' pictures, as SVG beside the scripts that draw them: lines over time, and bars of contenders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

Points = Sequence[tuple[float, float]]

# Text stays text, and the same figures give the same file.
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "jira-staging", "font.size": 9, "axes.spines.top": False}
MOST_POINTS = 300
OURS, OTHERS = "#1868db", "#8590a2"


@dataclass(frozen=True)
class LineChart:
    """Named lines of (seconds, value) under one title; `unit` is what the values are."""

    title: str
    unit: str
    lines: Mapping[str, Points]


@dataclass(frozen=True)
class BarChart:
    """A figure for each name, least first where it is good: `unit` is what is measured."""

    title: str
    unit: str
    bars: Mapping[str, float]


def draw_lines(file: Path, charts: Sequence[LineChart]) -> None:
    """All charts below each other in one SVG."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 2.3 * len(charts)), layout="constrained")
        for axes, chart in zip(figure.subplots(len(charts), squeeze=False)[:, 0], charts, strict=True):
            for name, line in chart.lines.items():
                axes.plot(*zip(*_thinned(line), strict=True), linewidth=1.2, label=name)
            axes.set_title(chart.title, loc="left")
            axes.set(xlabel="seconds", ylabel=chart.unit, ylim=(0, None))
            axes.legend(frameon=False, fontsize=8)
        figure.savefig(file, metadata={"Date": None})


def draw_bars(file: Path, charts: Sequence[BarChart], ours: str) -> None:
    """All charts beside each other in one SVG, the bar called `ours` in another colour."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.2 * len(charts), 0.5 + 0.36 * len(charts[0].bars)), layout="constrained")
        for axes, chart in zip(figure.subplots(1, len(charts), squeeze=False)[0], charts, strict=True):
            names = list(chart.bars)
            drawn = axes.barh(names, list(chart.bars.values()), color=[OURS if name == ours else OTHERS for name in names])
            axes.bar_label(drawn, [_shown(value) for value in chart.bars.values()], padding=3)
            axes.set_title(f"{chart.title} ({chart.unit})", loc="left")
            axes.set_xlim(right=max(chart.bars.values()) * 1.25)
            axes.xaxis.set_visible(False)
            axes.invert_yaxis()
            axes.spines[["right", "bottom"]].set_visible(False)
        figure.savefig(file, metadata={"Date": None})


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _thinned(line: Points) -> Points:
    """At most `MOST_POINTS` of the line's points, always its last."""
    step = max(1, len(line) // MOST_POINTS)
    return [*line[::step], line[-1]]
