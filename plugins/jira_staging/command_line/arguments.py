"""What the commands' arguments share, and how a wrong one is refused: as WrongUse, so that `--json` holds for it, too."""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from jira_staging.errors import WrongUse

EXIT_CODES = (
    "exit codes: 0 done; 1 a defect of this program, or an output that takes no more; 2 wrong use or a wrong definition; "
    "3 Jira or a vault refused; "
    "4 no answer in time, try again later; 5 the staging database refused; "
    "6 loaded, but a check failed (--checks fail); 130 stopped by Ctrl-C, 143 by SIGTERM"
)


TEN_YEARS = 87_600


class Parser(argparse.ArgumentParser):
    """Raises WrongUse where argparse would leave the process."""

    def __init__(self, **settings: Any) -> None:
        # An abbreviation in a script would change its meaning with the next option that begins alike.
        super().__init__(**{"allow_abbrev": False, "epilog": EXIT_CODES, **settings})

    def error(self, message: str) -> NoReturn:
        raise WrongUse(f"{message[:1].upper()}{message[1:]}. See `{self.prog} --help`.")


def parsed(parser: Parser, given: Sequence[str]) -> argparse.Namespace:
    """The options in these words. Raises WrongUse."""
    options, unknown = parser.parse_known_args(given)
    if unknown:
        # Only names are repeated: what stands behind one may be a token, put there by mistake.
        names = ", ".join(f"`{word.partition('=')[0]}`" for word in unknown if word.startswith("-"))
        parser.error(f"there is no option {names} here" if names else "there is a word too many: names are separated by commas")
    return options


def add_connection(parser: Parser) -> None:
    """Which Jira, as whom, and where the secret definitions are."""
    parser.add_argument(
        "--site",
        required=True,
        metavar="URL",
        help="https://your-company.atlassian.net; plain http and private addresses only where "
        "$JIRA_STAGING_ALLOWED_HTTP_SITES and $JIRA_STAGING_ALLOWED_PRIVATE_SITES list the host",
    )
    parser.add_argument("--account", metavar="EMAIL", help="whose API token it is, unless the definition says so")
    parser.add_argument(
        "--wait-limit",
        type=seconds,
        default=900.0,
        metavar="SECONDS",
        help="how long one question may wait for Jira and be repeated (default: 900)",
    )


def add_definitions(parser: Parser) -> None:
    """Where the secret definitions are."""
    parser.add_argument(
        "--store",
        choices=("files", "airflow"),
        default="files",
        help="`airflow`: also those in the Variables of the Airflow that this shell belongs to (default: files alone)",
    )
    parser.add_argument(
        "--definitions",
        metavar="DIR",
        help="folder of the secret definitions (default: $JIRA_STAGING_DEFINITIONS, then include/secret_definitions)",
    )


def add_contents(parser: Parser) -> None:
    """Which tables are made, and of which fields."""
    parser.add_argument(
        "--entities",
        type=names,
        default=(),
        metavar="T,U",
        help="tables or groups of tables (default: all but the costly ones)",
    )
    parser.add_argument(
        "--include-fields", type=names, default=(), metavar="F,G", help="custom fields by id or name (default: all)"
    )
    parser.add_argument("--exclude-fields", type=names, default=(), metavar="F,G", help="fields to leave out")


def add_output(parser: Parser) -> None:
    """How a command tells what it did."""
    parser.add_argument("--json", action="store_true", help="print one JSON object, also where the command fails")
    parser.add_argument(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help="how the log on standard error is written: `json` is one object a line, with the run's id and Jira's trace id",
    )
    parser.add_argument("--verbose", action="store_true", help="log more, and show where an error came from")


def names(text: str) -> tuple[str, ...]:
    """Names separated by commas. At least one: an empty variable of a script must not come to mean everything."""
    found = tuple(name.strip() for name in text.split(",") if name.strip())
    if not found:
        raise argparse.ArgumentTypeError("give at least one name, or leave the option out")
    return found


def filled(text: str) -> str:
    """A text that is not blank."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty: fill it in, or leave the option out")
    return text


def hours(text: str) -> float:
    """A number of hours: 0 or more, and ten years at most."""
    if (number := seconds(text)) > TEN_YEARS:
        raise argparse.ArgumentTypeError(f"give {TEN_YEARS:,} hours (ten years) at most; `--full` reads everything again")
    return number


def seconds(text: str) -> float:
    """A number of seconds: 0 or more."""
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError("give a number that is 0 or more")
    return number


def at_least_one(text: str) -> int:
    """A number of things to load."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("give a whole number that is 1 or more")
    return int(text)
