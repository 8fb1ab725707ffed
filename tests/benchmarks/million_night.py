"""A night of a site with a million issues: 20 projects, 20 boards, 100 custom fields, 0.5 % changed, with the census of ids.

`make bench-night` counts the requests: at most 500, the census of comments, field contexts and administration aside. The site's
ids are as many as it says, its payloads a few templates; what an earlier run loaded is written into the tables by hand.
"""

import argparse
import random
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pyarrow as pa

from jira_staging.tables import DEFAULT_ENTITIES, MADE_OF_ISSUES
from jira_staging.tables.arrow_types import ARROW_TYPES
from simulated_jira import Settings, SimulatedJira, lives
from simulated_jira.jira_site import Site
from syncing.bench import Bench

PROJECTS, SEED, CHANGED, MOST_REQUESTS = 20, 7, 0.005, 500
SETTINGS = Settings(custom_fields=100, issue_bytes=2_000)
DAY = 24 * 3600
# What the simulated site shows of comments and of worklogs with their issue; the default of its settings.
EMBEDDED = 20
ASIDE = re.compile(r"/field/|/permissionscheme|/securityscheme|/issuesecurity|/workflowscheme|/workflows|scheme")


def loaded(folder: Path, issues: int) -> Bench:
    """The site, and tables as a full load of it would have left them, as far as a night looks at them."""
    with SimulatedJira(PROJECTS * 20, projects=PROJECTS, seed=SEED, settings=SETTINGS) as small:
        port = int(small.url.rpartition(":")[2])
        # A day after the last invented change: else the look-back would bring these again.
        small.clock.advance(DAY)
        Bench(small, folder / "night.duckdb").sync()
    bench = Bench(_started(issues, port), folder / "night.duckdb")
    site = bench.jira.site
    of_site = pa.table(
        {
            "id": pa.array(site.issues, pa.int64()),
            "key": pa.array((issue.key for issue in site.issues.values()), pa.string()),
            "project_id": pa.array((int(issue.project.id) for issue in site.issues.values()), pa.int64()),
            "updated_at": pa.array((issue.updated_ms for issue in site.issues.values()), pa.timestamp("ms", "UTC")).cast(
                ARROW_TYPES["timestamp"]
            ),
        }
    )
    with bench.connect() as connection:
        owned = connection.execute(
            "SELECT table_name FROM duckdb_columns() WHERE schema_name = 'jira' AND column_name = 'issue_id' AND NOT internal "
            "AND table_name IN (SELECT table_name FROM duckdb_tables())"
        ).fetchall()
        for (table,) in (*owned, ("issue",)):
            connection.execute(f'DELETE FROM jira."{table}"')
        connection.register("of_site", of_site)
        connection.execute("INSERT INTO jira.issue (id, key, project_id, updated_at) SELECT * FROM of_site")
        for table, entries in _long_lists(site).items():
            connection.register("entries", entries)
            connection.execute(f"INSERT INTO jira.{table} (id, issue_id) SELECT * FROM entries")
    # The small site's boards and groups are called otherwise.
    bench.sync(entities=[name for name in DEFAULT_ENTITIES if name not in MADE_OF_ISSUES])
    return bench


def _long_lists(site: Site) -> dict[str, pa.Table]:
    """The ids of comments and worklogs of which Jira shows a part with their issue, and the issues' ids."""
    found: dict[str, list[tuple[int, int]]] = {"comment": [], "worklog": []}
    for issue in site.issues.values():
        assert issue.template is not None, "nobody has changed anything yet"
        if len(issue.template.remarks) > EMBEDDED:
            found["comment"] += ((entry.id, issue.id) for entry in lives.comments(site, issue))
        if len(issue.template.works) > EMBEDDED:
            found["worklog"] += ((entry.id, issue.id) for entry in lives.worklogs(site, issue))
    columns = {table: zip(*rows, strict=True) for table, rows in found.items()}
    return {table: pa.table(dict(zip(("id", "issue_id"), both, strict=True))) for table, both in columns.items()}


def _started(issues: int, port: int) -> SimulatedJira:
    return SimulatedJira(issues, projects=PROJECTS, seed=SEED, settings=SETTINGS, address=("127.0.0.1", port)).start()


def night(bench: Bench) -> Counter[str]:
    """What a sync and the census of ids ask for after some issues have changed, by kind of request."""
    site = bench.jira.site
    bench.jira.clock.advance(2 * DAY)
    changed = random.Random(SEED).sample(list(site.issues.values()), round(len(site.issues) * CHANGED))
    for issue in changed:
        bench.jira.change.comment(issue.key, "Seen again this morning.")
    bench.jira.clock.advance(120)
    begun, cpu = time.monotonic(), time.process_time()
    report = bench.sync(most_at_once=8)
    asked = [path for path, _ in bench.heard.asked]
    updated = report.tally("issue", bench.scope(site.projects[0].key))
    bench.census(comment_days=0)
    asked += [path for path, _ in bench.heard.asked]
    seconds, worked = time.monotonic() - begun, time.process_time() - cpu
    print(
        f"{len(site.issues):,} issues, {len(changed):,} changed ({updated.rows_updated:,} of the first project written): ",
        end="",
    )
    print(f"{seconds:,.0f} s, {worked:,.0f} CPU s with the simulated site")
    return Counter(re.sub(r"/\d+|customfield_\d+", "/N", path) for path in asked)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = loaded(Path(folder), given.issues)
        asked = night(bench)
        bench.release()
        bench.jira.stop()
    for path, count in asked.most_common(25):
        print(f"{count:6,} {path}")
    counted = sum(count for path, count in asked.items() if not ASIDE.search(path))
    print(f"{counted:,} requests, {asked.total() - counted:,} aside; at most {MOST_REQUESTS} are meant.")
    return 0 if counted <= MOST_REQUESTS else 1


if __name__ == "__main__":
    sys.exit(main())
