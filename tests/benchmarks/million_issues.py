"""A DuckDB file of a large site, for measuring reports: made by SQL in the real tables, with the real views.

`python tests/benchmarks/million_issues.py FILE [ISSUES]`: a million issues in 20 projects over five years take a minute; then
each chart's seconds are told.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from jira_staging.charts import CHARTS, Selection, as_of, figures
from jira_staging.records import Run
from jira_staging.reporting import keep_views
from jira_staging.staging.duckdb_staging import DuckDBStaging

AS_OF = datetime(2026, 11, 20, 6, tzinfo=UTC)
SAID = {
    "site": "https://large.example",
    "first": "2021-11-20T00:00:00+00:00",
    "as_of": AS_OF.isoformat(),
    "days": 1826,
    "projects": 20,
    "people": 300,
    "sprints": 400,
}


def make(file: Path, issues: int) -> DuckDBStaging:
    """Fill a new file."""
    staging = DuckDBStaging(file)
    staging.prepare(Run("invented", str(SAID["site"]), AS_OF))
    with duckdb.connect(str(file)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for statement in Path(__file__).with_suffix(".sql").read_text().split(";\n"):
            said = {name: value for name, value in {**SAID, "issues": issues}.items() if f"${name}" in statement}
            connection.execute(statement, said)
    keep_views(staging, "Europe/Berlin")
    return staging


def measure(staging: DuckDBStaging) -> None:
    """Ask for each chart once, of all projects and the last 90 days."""
    until = as_of(staging)
    for chart in CHARTS.values():
        begun, cpu = time.monotonic(), time.process_time()
        found = figures(staging, chart, Selection(), until)
        taken, worked = time.monotonic() - begun, time.process_time() - cpu
        print(f"{chart.title:26} {taken:6.2f} s, {worked:6.2f} CPU s, {len(found.rows):5} rows")


if __name__ == "__main__":
    path = Path(sys.argv[1])
    if path.exists():
        measure(DuckDBStaging(path))
    else:
        measure(make(path, int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000))
