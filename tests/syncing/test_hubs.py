"""Issues on which thousands of things hang, loaded by a process of its own: whole, and within its memory."""

from pathlib import Path

from shell_commands import demo_shell
from simulated_jira import SimulatedJira
from syncing.bench import SMALL, Bench, cloud_only
from syncing.child_oracle import assert_children_equal_jira

COMMENTS, CHANGES, LINKS, WORKLOGS = 5_000, 10_000, 3_000, 1_000
# What the hub may cost beyond the same site without it. Its changelog alone is 5 MB of JSON, and its links are as many.
MOST_MORE_MB = 150

# The most memory of this process alone: what `getrusage` tells counts the parent that it was forked from.
MEASURED = """
import runpy, sys
try:
    runpy.run_module("jira_staging", run_name="__main__", alter_sys=True)
finally:
    with open("/proc/self/status") as status:
        print(*(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def peak_mb(folder: Path, jira: SimulatedJira) -> int:
    """Load the site into a file in this folder; the most memory that it took."""
    folder.mkdir()
    shell = demo_shell(folder, jira)
    done = shell.run_python("-c", MEASURED, *shell.sync())
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1]) >> 10


@cloud_only("how a Data Center's hubs are read in parts is in tests/syncing/test_data_center.py")
def test_thousands_of_comments_changes_and_links_arrive_whole_and_within_the_memory(tmp_path: Path) -> None:
    with SimulatedJira(60, projects=2, seed=11, settings=SMALL) as jira:
        without = peak_mb(tmp_path / "without", jira)
        jira.change.grow("PAY-1", comments=COMMENTS, histories=CHANGES, links=LINKS, worklogs=WORKLOGS)
        with_hub = peak_mb(tmp_path / "hub", jira)

        bench = Bench(jira, tmp_path / "hub" / "staging.duckdb")
        assert_children_equal_jira(bench)
        hub = jira.site.issue("PAY-1")
        assert hub is not None
        of_hub = f"WHERE issue_id = {hub.id}"
        counts = {
            table: bench.query(f"SELECT count(*) FROM jira.{table} {of_hub}")[0][0]
            for table in ("comment", "changelog_item", "issue_link", "worklog")
        }
        told = jira.change.entries("PAY-1")
        links = {link.id for link in jira.site.links_of(hub)}
        assert counts["comment"] == told["comments"] >= COMMENTS
        assert counts["worklog"] == told["worklogs"] >= WORKLOGS
        assert counts["changelog_item"] >= told["histories"] >= CHANGES
        assert {row["id"] for row in bench.rows("issue_link", f"issue_id = {hub.id}")} == links
        assert len(links) >= LINKS
        checks = bench.query("SELECT checks FROM jira._sync_run WHERE checks LIKE '%children_whole%'")
        bench.release()
    assert checks == []
    print(f"\nat most {without} MB without the hub, {with_hub} MB with it")
    assert with_hub - without < MOST_MORE_MB
