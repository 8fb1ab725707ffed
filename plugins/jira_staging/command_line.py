"""The same stories from a shell, without Airflow: `jira-staging sync`."""

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from jira_staging.errors import JiraStagingError, WrongUse

if TYPE_CHECKING:
    from jira_staging.jira_api.client import JiraClient
    from jira_staging.records import Report, SyncRequest
    from jira_staging.staging import Staging

EXIT_CODES = """exit codes: 0 done; 2 wrong use or a wrong definition; 3 Jira or a vault refused; 4 no answer in time, try again
later; 5 the staging database refused"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Gives its exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(asctime)s %(levelname)-7s %(message)s",
        datefmt="%H:%M:%S",
        stream=sys.stderr,
    )
    try:
        options.command(options)
    except JiraStagingError as error:
        return _failed(options, error)
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jira-staging", description="Jira into staging tables.", epilog=EXIT_CODES)
    commands = parser.add_subparsers(required=True, metavar="command")
    sync = commands.add_parser(
        "sync", help="copy Jira into staging tables: all of it at first, then what changed", epilog=EXIT_CODES
    )
    sync.set_defaults(command=_sync)
    sync.add_argument("--site", required=True, metavar="URL", help="https://your-company.atlassian.net")
    sync.add_argument("--account", metavar="EMAIL", help="whose API token it is, unless the definition says so")
    sync.add_argument("--api-token", required=True, metavar="NAME", help="the name of a secret definition, never a token")
    sync.add_argument(
        "--definitions", metavar="DIR", help="folder of the secret definitions (default: include/secret_definitions)"
    )
    sync.add_argument("--destination", required=True, metavar="duckdb:PATH", help="where the staging tables are")
    sync.add_argument("--schema", default="jira", help="their schema (default: jira)")
    sync.add_argument("--projects", type=_names, default=(), metavar="A,B", help="keys of projects (default: all)")
    sync.add_argument("--components", type=_names, default=(), metavar="X,Y", help="only issues with one of these components")
    sync.add_argument("--jql", help="only issues that this JQL selects; without ORDER BY")
    sync.add_argument("--entities", type=_names, default=(), metavar="T,U", help="tables or groups of tables (default: all)")
    sync.add_argument(
        "--include-fields", type=_names, default=(), metavar="F,G", help="custom fields by id or name (default: all)"
    )
    sync.add_argument("--exclude-fields", type=_names, default=(), metavar="F,G", help="fields to leave out")
    sync.add_argument("--limit", type=int, metavar="N", help="a sample of at most N issues; no watermark moves")
    sync.add_argument("--full", action="store_true", help="read everything again, whatever the watermark says")
    sync.add_argument("--lookback-hours", type=float, default=12.0, help="how far behind the watermark to start (default: 12)")
    sync.add_argument(
        "--wait-limit", type=float, default=900.0, metavar="SECONDS", help="how long to wait for Jira (default: 900)"
    )
    sync.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    sync.add_argument("--verbose", action="store_true", help="log more, and show where an error came from")
    return parser


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _sync(options: argparse.Namespace) -> None:
    from jira_staging.progress import progress_shown
    from jira_staging.records import Report, Run
    from jira_staging.syncing import sync

    staging = _staging(options.destination, options.schema)
    with _client(options) as jira:
        report = Report(Run(str(uuid4()), jira.site, datetime.now(UTC)))
        with progress_shown(report):
            sync(jira, staging, _request(options), report)
    _print(options, report)


def _request(options: argparse.Namespace) -> "SyncRequest":
    from jira_staging.records import SyncRequest

    if options.limit is not None and options.limit < 1:
        raise WrongUse("`--limit` is a number of issues, at least 1.")
    return SyncRequest(
        projects=options.projects,
        components=options.components,
        jql=options.jql,
        entities=options.entities,
        include_fields=options.include_fields,
        exclude_fields=options.exclude_fields,
        limit=options.limit,
        full=options.full,
        lookback_hours=options.lookback_hours,
    )


def _client(options: argparse.Namespace) -> "JiraClient":
    from jira_staging.jira_api.client import JiraClient
    from jira_staging.jira_api.options import ConnectionOptions
    from jira_staging.secret_backends import open_backend
    from jira_staging.secret_definitions import YamlFiles, definitions_folder, expiry_warning, find_definition
    from jira_staging.tokens import VaultTokens

    definition = find_definition(options.api_token, [YamlFiles(definitions_folder(options.definitions, os.environ))])
    if warning := expiry_warning(definition, datetime.now(UTC).date()):
        logging.getLogger(__name__).warning(warning)
    tokens = VaultTokens(definition, open_backend(definition), login=options.account)
    connection = ConnectionOptions(
        wait_limit_seconds=options.wait_limit,
        allowed_private_sites=_names(os.environ.get("JIRA_STAGING_ALLOWED_PRIVATE_SITES", "")),
        allowed_http_sites=_names(os.environ.get("JIRA_STAGING_ALLOWED_HTTP_SITES", "")),
    )
    return JiraClient(options.site, tokens, connection)


def _staging(destination: str, schema: str) -> "Staging":
    from jira_staging.staging.duckdb_staging import DuckDBStaging

    kind, _, path = destination.partition(":")
    if kind != "duckdb" or not path:
        raise WrongUse(f"`{destination}` is no destination. Write `duckdb:PATH`, like `duckdb:jira_staging.duckdb`.")
    return DuckDBStaging(path, schema=schema)


def _print(options: argparse.Namespace, report: "Report") -> None:
    summary = {"definition": options.api_token, **report.summary()}
    if options.json:
        print(json.dumps(summary))  # noqa: T201  what a shell asked for
        return
    from jira_staging.progress import print_totals

    print_totals(report)


def _failed(options: argparse.Namespace, error: JiraStagingError) -> int:
    if options.verbose:
        logging.getLogger(__name__).error("It came from here:", exc_info=error)
    if options.json:
        print(json.dumps({"error": type(error).__name__, "message": str(error), "retry": error.retry}))  # noqa: T201
    print(f"jira-staging: {error}", file=sys.stderr)  # noqa: T201
    return error.exit_code
