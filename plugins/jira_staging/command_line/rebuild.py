"""`jira-staging rebuild`: staging tables made anew from the payloads that `sync --raw` kept, without asking Jira."""

import argparse
from datetime import UTC, datetime
from uuid import uuid4

from jira_staging.command_line.arguments import Parser, add_contents, add_output
from jira_staging.command_line.destinations import add_destination, open_destination
from jira_staging.command_line.outcomes import Outcome
from jira_staging.run_logs import begin_run


def add_command(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add `rebuild` to the commands."""
    parser = commands.add_parser("rebuild", help="make tables anew from what `sync --raw` kept, without asking Jira")
    parser.set_defaults(command=run)
    add_destination(parser)
    add_contents(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> Outcome:
    """Rebuild, and tell."""
    from jira_staging.progress import print_totals, progress_shown
    from jira_staging.rebuilding import rebuild, site_of_kept
    from jira_staging.records import Report, Run, SyncRequest

    staging = open_destination(options)
    request = SyncRequest(
        entities=options.entities, include_fields=options.include_fields, exclude_fields=options.exclude_fields
    )
    run_id = str(uuid4())
    begin_run(run_id)
    report = Report(Run(run_id, site_of_kept(staging), datetime.now(UTC)))
    with progress_shown(report):
        rebuild(staging, request, report)
    return Outcome(report.summary(), lambda: print_totals(report))
