"""A run as a person at a terminal sees it: a bar while it goes on, a table at its end. In a log: plain lines."""

import contextvars
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from jira_staging.records import Report

log = logging.getLogger(__name__)

REFRESH_SECONDS = 0.2
# A line this often is enough to see in a log that a long load is alive.
LINE_EVERY_SECONDS = 15.0


@contextmanager
def progress_shown(report: Report) -> Iterator[None]:
    """Show how far `report` has come, until the block ends."""
    # A terminal that cannot move its cursor would get neither a bar nor lines.
    show = _bar if sys.stderr.isatty() and os.environ.get("TERM") != "dumb" else _lines
    ended = threading.Event()
    lines = contextvars.copy_context()
    thread = threading.Thread(target=lines.run, args=(show, report, ended), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def print_totals(report: Report) -> None:
    """Rows an entity, as a table on standard output."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("entity")
    for name in ("read", "inserted", "updated", "unchanged", "deleted", "rejected"):
        table.add_column(name, justify="right")
    for entity, counts in report.totals().items():
        table.add_row(entity, *(f"{count:,}" if count else "·" for count in counts.values()))
    console = Console()
    console.print(table)
    summary = report.summary()
    for wrong in report.failed_checks:
        # Not as markup: a JQL may hold brackets.
        console.print(f"A check failed. {wrong}", soft_wrap=True, style="red", markup=False)
    until = f"Complete up to {summary['watermark']}." if summary["watermark"] else "No watermark moved."
    console.print(
        f"{summary['requests']} requests, {summary['retries']} sent again, {summary['wait_seconds']} s waited for Jira."
    )
    console.print(f"{until} Run {summary['run_id']}.", soft_wrap=True)


def _bar(report: Report, ended: threading.Event) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("issues"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("issues", total=None)
        while not ended.wait(REFRESH_SECONDS):
            progress.update(task, completed=report.issues_done, total=report.issues_planned or None)


def _lines(report: Report, ended: threading.Event) -> None:
    while not ended.wait(LINE_EVERY_SECONDS):
        log.info("%s of %s issues loaded.", f"{report.issues_done:,}", f"{report.issues_planned:,}")
