"""`jira-staging report`: the charts of the reporting views in one HTML file."""

import argparse
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from jira_staging.command_line.arguments import Parser, add_output, at_least_one, filled, names
from jira_staging.command_line.destinations import add_destination, open_destination
from jira_staging.command_line.outcomes import Outcome, told
from jira_staging.errors import WrongUse

# As on the page.
DAYS = 90


def add_command(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add `report` to the commands."""
    parser = commands.add_parser("report", help="write the charts of what was loaded into one HTML file")
    parser.set_defaults(command=run)
    add_destination(parser)
    parser.add_argument("--projects", type=names, default=(), metavar="A,B", help="keys of projects (default: all)")
    period = parser.add_mutually_exclusive_group()
    period.add_argument(
        "--days",
        type=at_least_one,
        default=DAYS,
        metavar="N",
        help=f"the last N days that are loaded (default: {DAYS})",
    )
    period.add_argument("--since", type=_day, metavar="DATE", help="from this day on, like 2026-01-31")
    parser.add_argument(
        "--out", type=filled, required=True, metavar="FILE", help="the HTML file; one that is there is replaced"
    )
    add_output(parser)


def run(options: argparse.Namespace) -> Outcome:
    """Ask, draw up and write; the file is there whole or not at all."""
    from jira_staging.charts import Selection
    from jira_staging.charts.writing import write_report

    selection = Selection(options.projects, options.days, options.since)
    written = write_report(open_destination(options), selection, Path(options.out).expanduser())
    return told({"file": str(written.file), "bytes": written.bytes, "complete_up_to": written.as_of, "charts": written.charts})


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise WrongUse("--since takes a day like 2026-01-31.") from None
    if day > datetime.now(UTC).date() + timedelta(days=1):
        raise WrongUse("--since takes a day that has begun.")
    return day
