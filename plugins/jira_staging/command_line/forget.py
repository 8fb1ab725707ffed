"""`jira-staging forget`: people leave the staging tables for good, and every later load forgets them again."""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

from jira_staging.command_line.arguments import Parser, add_definitions, add_output, filled
from jira_staging.command_line.destinations import add_destination, open_destination
from jira_staging.command_line.outcomes import Outcome, print_line


def add_command(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add `forget` to the commands."""
    parser = commands.add_parser("forget", help="remove people from the tables for good, history and kept answers included")
    parser.set_defaults(command=run)
    add_destination(parser)
    parser.add_argument(
        "--account-id",
        type=filled,
        action="append",
        required=True,
        metavar="ID",
        help="whom, as the column `user.id` has it; may be given several times",
    )
    parser.add_argument(
        "--personal-data-key",
        type=filled,
        required=True,
        metavar="NAME",
        help="the secret definition of the key of the hashes that stay; every later sync of this schema is given it too",
    )
    parser.add_argument(
        "--with-text", action="store_true", help="also remove their comments' and worklogs' texts and file names"
    )
    parser.add_argument("--dry-run", action="store_true", help="only count the rows that name them")
    add_definitions(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> Outcome:
    """Forget, or count, and tell; no id is repeated."""
    from jira_staging.command_line.connecting import personal_data_key
    from jira_staging.forgetting import ForgetRequest, count_rows_of, forget, ids_of, loaded_site
    from jira_staging.records import Report, Run
    from jira_staging.staging.personal_data import proper_key

    key = proper_key(personal_data_key(options) or "")
    staging = open_destination(options)
    request = ForgetRequest(ids_of(options.account_id), key, options.with_text)
    report = Report(Run(str(uuid4()), loaded_site(staging), datetime.now(UTC)))
    done = (count_rows_of if options.dry_run else forget)(staging, request, report)
    values = {
        "run_id": None if options.dry_run else report.run.run_id,
        "dry_run": options.dry_run,
        "people": len(request.person_ids),
        "not_found": done.not_found,
        "rows": done.rows,
    }
    return Outcome(values, lambda: _show(done.rows, values))


def _show(rows: Mapping[str, int], values: Mapping[str, object]) -> None:
    for table, count in rows.items():
        print_line(f"{table.ljust(max(map(len, rows)))}  {count:>9,}")
    if values["not_found"]:
        print_line(
            f"The table `user` does not have {values['not_found']} of these ids, forgotten or not: look at their spelling."
        )
    if values["dry_run"]:
        print_line(f"{sum(rows.values()):,} rows name them; nothing was written.")
    else:
        print_line(f"{sum(rows.values()):,} rows overwritten. Give `--personal-data-key` to every later sync of this schema.")
