"""The options of `sync` that compare all ids, and what a failed check does."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args

from jira_staging.command_line.arguments import Parser
from jira_staging.errors import WrongUse
from jira_staging.records import Checks

if TYPE_CHECKING:
    from jira_staging.records import CensusRequest, SyncRequest

DAYS, SHARE = 90, 0.2
# What a census does not choose: it keeps to what was loaded.
_OF_A_SYNC = {
    "entities": (),
    "limit": None,
    "load_strategy": "merge",
    "full": False,
    "raw": False,
    "lookback_hours": 12.0,
    "reporting_time_zone": None,
    "reporting_views": True,
}
_SPELLED = {"reporting_views": "no-reporting-views"}


def add_census(parser: Parser) -> None:
    """Add the census to `sync`."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--census", action="store_true", help="after the sync, compare all ids: mark what is gone, load what came back"
    )
    which.add_argument("--census-only", action="store_true", help="the census without a sync before it")
    parser.add_argument(
        "--census-comments",
        type=_days,
        metavar="DAYS",
        help="compare the comments of issues updated in the last DAYS, or `all` (default: 90)",
    )
    parser.add_argument(
        "--max-missing",
        type=_share,
        metavar="SHARE",
        help="which share of a project that Jira still shows may become `missing` at once (default: 0.2)",
    )
    parser.add_argument(
        "--checks",
        choices=get_args(Checks),
        default="warn",
        help="what a failed check of the loaded tables does: it is told (default), or ends with 6 besides",
    )


def census_request(options: argparse.Namespace, selection: "SyncRequest") -> "CensusRequest | None":
    """What the census is asked for; None where there is none. Raises WrongUse for options that do not go together."""
    from jira_staging.records import CensusRequest

    if not options.census and not options.census_only:
        if options.census_comments is not None or options.max_missing is not None:
            raise WrongUse("`--census-comments` and `--max-missing` belong to a census: add `--census` or `--census-only`.")
        return None
    if options.census_only:
        _refuse(options, _OF_A_SYNC, "a census keeps to the tables and issues that were loaded")
    else:
        _refuse(options, {name: _OF_A_SYNC[name] for name in ("limit", "load_strategy")}, "a census is for merged tables")
    days = DAYS if options.census_comments is None else options.census_comments
    share = SHARE if options.max_missing is None else options.max_missing
    return CensusRequest(selection, None if days < 0 else days, share)


def _refuse(options: argparse.Namespace, defaults: Mapping[str, object], why: str) -> None:
    given = [name for name, default in defaults.items() if getattr(options, name) != default]
    if given:
        words = ", ".join(f"`--{_SPELLED.get(name, name.replace('_', '-'))}`" for name in given)
        raise WrongUse(f"{words} does not go with a census: {why}.")


def _days(text: str) -> int:
    """A number of days; -1 for all."""
    if text == "all":
        return -1
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("give a number of days, or `all`")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("give a share between 0 and 1, such as 0.2")
    return share
