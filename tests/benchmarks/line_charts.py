"""Lines over time as SVG, small enough to be kept beside the benchmark that they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT, MARGIN, ROW = 900, 190, 50, 250
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd")
MOST_POINTS = 600


@dataclass(frozen=True)
class LineChart:
    """Named lines of (seconds, value) under one title; `unit` is what the values are."""

    title: str
    unit: str
    lines: Mapping[str, Points]

    def svg(self, top: int) -> str:
        """The chart, beginning `top` pixels down."""
        points = [point for line in self.lines.values() for point in line]
        last, most = max(at for at, _ in points) or 1.0, max(value for _, value in points) * 1.05 or 1.0
        drawn = [f'<text x="{MARGIN}" y="{top + 16}" class="title">{escape(self.title)}</text>']
        for share in (0.0, 0.5, 1.0):
            y = top + 30 + HEIGHT * (1 - share)
            drawn.append(f'<line x1="{MARGIN}" x2="{MARGIN + WIDTH}" y1="{y:.0f}" y2="{y:.0f}" class="grid"/>')
            drawn.append(f'<text x="{MARGIN - 6}" y="{y + 4:.0f}" class="value">{most * share:,.0f}</text>')
            drawn.append(
                f'<text x="{MARGIN + WIDTH * share:.0f}" y="{top + HEIGHT + 46}" class="time">{last * share:,.0f} s</text>'
            )
        for number, (name, line) in enumerate(self.lines.items()):
            path = " ".join(
                f"{MARGIN + WIDTH * at / last:.1f},{top + 30 + HEIGHT * (1 - value / most):.1f}" for at, value in thinned(line)
            )
            drawn.append(f'<polyline points="{path}" stroke="{COLOURS[number % len(COLOURS)]}"/>')
            drawn.append(
                f'<text x="{MARGIN + WIDTH - 8}" y="{top + 44 + 16 * number}" class="name" '
                f'fill="{COLOURS[number % len(COLOURS)]}">{escape(name)} ({escape(self.unit)})</text>'
            )
        return "\n".join(drawn)


def thinned(line: Points) -> Points:
    """At most `MOST_POINTS` of the line's points, always its last."""
    step = max(1, len(line) // MOST_POINTS)
    return [*line[::step], line[-1]]


def write(file: Path, charts: Sequence[LineChart]) -> None:
    """All charts below each other in one SVG."""
    body = "\n".join(chart.svg(10 + ROW * number) for number, chart in enumerate(charts))
    height = ROW * len(charts) + 10
    style = (
        ".title{font-weight:bold}.grid{stroke:#ccc}.value,.name{text-anchor:end}.time{text-anchor:middle}"
        "polyline{fill:none;stroke-width:1.5}text{font:12px sans-serif}"
    )
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + 2 * MARGIN} {height}">\n<style>{style}</style>\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )
