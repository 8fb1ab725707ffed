"""`jira-staging sync`: Jira into staging tables."""

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args
from uuid import uuid4

from jira_staging.command_line.arguments import (
    Parser,
    add_connection,
    add_contents,
    add_definitions,
    add_output,
    at_least_one,
    filled,
    hours,
    names,
)
from jira_staging.command_line.census_options import add_census, census_request
from jira_staging.command_line.destinations import add_destination, open_destination
from jira_staging.command_line.outcomes import Outcome
from jira_staging.records import LoadStrategy, PersonalData
from jira_staging.run_logs import begin_run

if TYPE_CHECKING:
    from jira_staging.records import Report, SyncRequest


# The exit code where everything was loaded, and a check failed that was to fail the run.
CHECK_FAILED = 6


def add_command(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add `sync` to the commands."""
    parser = commands.add_parser("sync", help="copy Jira into staging tables: all of it at first, then what changed")
    parser.set_defaults(command=run)
    add_connection(parser)
    parser.add_argument("--api-token", required=True, metavar="NAME", help="the name of a secret definition, never a token")
    add_definitions(parser)
    add_destination(parser)
    _add_selection(parser)
    parser.add_argument(
        "--load-strategy",
        choices=get_args(LoadStrategy),
        default="merge",
        help="merge what changed (default), or read everything and append it, put it in place of what the tables hold, or load "
        "only tables that were not loaded before",
    )
    parser.add_argument(
        "--no-reporting-views", dest="reporting_views", action="store_false", help="leave the views for reporting as they are"
    )
    parser.add_argument(
        "--reporting-time-zone", type=filled, metavar="ZONE", help="whose days the views show (default: the account's)"
    )
    parser.add_argument("--full", action="store_true", help="read everything again, whatever the watermark says")
    parser.add_argument(
        "--lookback-hours",
        type=hours,
        default=12.0,
        metavar="HOURS",
        help="how far behind the watermark to start (default: 12)",
    )
    parser.add_argument(
        "--raw", action="store_true", help="also keep what Jira answers, with all fields, so that `rebuild` need not ask again"
    )
    _add_personal_data(parser)
    add_census(parser)
    add_output(parser)


def _add_selection(parser: Parser) -> None:
    parser.add_argument("--projects", type=names, default=(), metavar="A,B", help="keys of projects (default: all)")
    parser.add_argument("--components", type=names, default=(), metavar="X,Y", help="only issues with one of these components")
    parser.add_argument("--jql", type=filled, help="only issues that this JQL selects; without ORDER BY")
    add_contents(parser)
    parser.add_argument("--limit", type=at_least_one, metavar="N", help="a sample of at most N issues; no watermark moves")


def _add_personal_data(parser: Parser) -> None:
    parser.add_argument(
        "--personal-data",
        choices=get_args(PersonalData),
        default="keep",
        help="what becomes of names, e-mail addresses and free text: kept (default), hashed, or dropped; as at the first load",
    )
    parser.add_argument(
        "--personal-data-key",
        type=filled,
        metavar="NAME",
        help="the secret definition of the hash's key; also where somebody was forgotten",
    )


def run(options: argparse.Namespace) -> Outcome:
    """Resolve the token, copy, compare where asked, and tell."""
    from jira_staging.census import require_tables, take_census
    from jira_staging.command_line.connecting import definition_stores, expiry_told, open_client, personal_data_key, tokens_of
    from jira_staging.personal_data import protect
    from jira_staging.progress import progress_shown
    from jira_staging.records import Report, Run
    from jira_staging.secret_definitions import find_definition
    from jira_staging.syncing import sync

    definition = find_definition(options.api_token, definition_stores(options))
    staging = open_destination(options)
    protect(staging, options.personal_data, personal_data_key(options))
    request = _request(options)
    census = census_request(options, request)
    if census is not None:
        require_tables(staging)
    reports: list[Report] = []

    def new_report(site: str) -> Report:
        run_id = str(uuid4())
        begin_run(run_id)
        reports.append(Report(Run(run_id, site, datetime.now(UTC))))
        return reports[-1]

    with open_client(options, tokens_of(definition, options)) as jira:
        if not options.census_only:
            with progress_shown(new_report(jira.site)):
                sync(jira, staging, request, reports[-1])
        if census is not None:
            with progress_shown(new_report(jira.site)):
                take_census(jira, staging, census, reports[-1])
    reports[0].notes.extend(expiry_told(definition))
    return _told(definition.name, reports, fails=options.checks == "fail")


def _told(definition: str, reports: "list[Report]", *, fails: bool) -> Outcome:
    """The outcome of a sync, or a census, or of the one after the other."""
    from jira_staging.progress import print_totals

    def show() -> None:
        for report in reports:
            print_totals(report)

    first, *more = [report.summary() for report in reports]
    values = {"definition": definition, **first, **({"census": more[0]} if more else {})}
    failed = fails and any(report.failed_checks for report in reports)
    return Outcome(values, show, CHECK_FAILED if failed else 0)


def _request(options: argparse.Namespace) -> "SyncRequest":
    from jira_staging.records import SyncRequest

    return SyncRequest(
        projects=options.projects,
        components=options.components,
        jql=options.jql,
        entities=options.entities,
        include_fields=options.include_fields,
        exclude_fields=options.exclude_fields,
        limit=options.limit,
        load_strategy=options.load_strategy,
        full=options.full,
        lookback_hours=options.lookback_hours,
        census_follows=options.census,
        raw=options.raw,
        reporting_views=options.reporting_views,
        reporting_time_zone=options.reporting_time_zone,
    )
