"""All charts in one HTML file that asks nothing of anybody: the library, the style and the figures stand in it."""

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

from jira_staging.charts.asking import Selection
from jira_staging.charts.figures import CHARTS, AsOf, as_of, figures
from jira_staging.staging import Staging

PARTS = Path(__file__).parent / "page"
LIBRARY = PARTS / "chart-4.6.1.min.js"
# Each after those that it uses.
MODULES = ("dom.js", "drawings.js", "chart_card.js", "static_report.js")
_IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) )", re.MULTILINE)
# What could end a script, begin a comment in it, or break a line in an old reader, as JSON's own escapes.
_UNSAFE = {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def static_report(staging: Staging, selection: Selection) -> str:
    """The whole file, with the figures of the chosen projects and period."""
    until = as_of(staging)
    told = [
        {"name": chart.name, "title": chart.title, "meaning": chart.meaning, "empty": chart.empty}
        | {"figures": figures(staging, chart, selection, until).told()}
        for chart in CHARTS.values()
    ]
    return _page(_data(staging, selection, until, told))


def _data(staging: Staging, selection: Selection, until: AsOf, charts: list[dict[str, Any]]) -> dict[str, Any]:
    sites = staging.read("_sync_run", ("site",), newest_by="started_at", limit=1).to_pylist()
    period = charts[0]["figures"]
    return {
        "site": sites[0]["site"] if sites else None,
        "projects": list(selection.projects),
        "first": period["first"],
        "last": period["last"],
        "as_of": until.moment,
        "zone": until.zone,
        "charts": charts,
    }


def _page(data: dict[str, Any]) -> str:
    script, style, library = as_one_script(), (PARTS / "page.css").read_text(), LIBRARY.read_text()
    policy = (
        f"default-src 'none'; script-src {_digest(library)} {_digest(script)}; style-src {_digest(style)}; "
        "img-src blob: data:; base-uri 'none'; form-action 'none'"
    )
    licence = html.escape((PARTS / "chart-LICENSE.md").read_text())
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>Jira report</title>\n'
        f"<style>{style}</style>\n</head>\n<body>\n<header><h1>Jira report</h1></header>\n<main><p>Drawing…</p></main>\n"
        "<noscript><p>This report draws with JavaScript, which is switched off here.</p></noscript>\n"
        f'<script type="application/json" id="figures">{embedded(data)}</script>\n'
        f'<script>{library}</script>\n<script type="module">{script}</script>\n'
        f"<footer><details><summary>Licence of Chart.js, which draws</summary><pre>{licence}</pre></details></footer>\n"
        "</body>\n</html>\n"
    )


def embedded(data: object) -> str:
    """JSON that may stand inside a script element: whatever a name in it says, it ends no element."""
    return "".join(_UNSAFE.get(character, character) for character in json.dumps(data, ensure_ascii=False))


def as_one_script() -> str:
    """The modules as one: they share their names, and none imports anything else."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", (PARTS / name).read_text())) for name in MODULES)


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
