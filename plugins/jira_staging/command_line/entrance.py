"""From the words of a command line to its exit code."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from contextvars import copy_context
from io import TextIOWrapper
from types import FrameType
from typing import NoReturn

from jira_staging import __version__
from jira_staging.command_line import definition_commands, forget, rebuild, report, status, sync
from jira_staging.command_line.arguments import Parser, parsed
from jira_staging.command_line.lean_arrow import lean_arrow
from jira_staging.command_line.log_lines import log_format_in, logged
from jira_staging.command_line.outcomes import Failure, Outcome, Terminated
from jira_staging.errors import JiraStagingError

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Gives its exit code."""
    context = copy_context()
    given = sys.argv[1:] if arguments is None else list(arguments)
    # Looked for in the words themselves, since they hold also where the others cannot be understood.
    as_json, verbose = "--json" in given, "--verbose" in given
    log_format = log_format_in(given)
    with logged(verbose=verbose, log_format=log_format), _ended_by_sigterm():
        ended: Outcome | Failure
        try:
            options = parsed(_parser(), given)
            # Standard output is for what was asked; libraries, Airflow before all, also log to it.
            with redirect_stdout(sys.stderr), lean_arrow():
                ended = context.run(options.command, options)
        except (KeyboardInterrupt, Exception) as error:
            if verbose:
                log.exception("It came from here:")
            ended = Failure.of(error)
        # The last line, too, is one of the run that it began.
        unprinted = _printed(lambda: context.run(ended.tell, as_json=as_json, log_format=log_format))
    return ended.exit_code or unprinted


def _printed(tell: Callable[[], None]) -> int:
    """Print how a command ended, on whatever standard output is. Gives the exit code that this is worth by itself."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A name of Jira's that the terminal has no letters for is no reason to end with an error.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        tell()
        # Not `sys.stdout.flush`: where standard output was closed before, there is none.
        print(end="", flush=True)  # noqa: T201  nothing
    except OSError as error:
        # Else Python tries to print the rest once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            # Whoever reads may leave before the end, as `| head` does.
            return 0
        words = f"Standard output takes no more ({error.strerror}): what was done is done, and how it ended is not told there."
        print(f"jira-staging: {words}", file=sys.stderr)  # noqa: T201  what a shell shows
        return JiraStagingError.exit_code
    return 0


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the block like Ctrl-C; only the main thread may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


def _parser() -> Parser:
    parser = Parser(prog="jira-staging", description="Jira into staging tables.")
    parser.add_argument("--version", action="version", version=f"jira-staging {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    sync.add_command(commands)
    rebuild.add_command(commands)
    forget.add_command(commands)
    report.add_command(commands)
    status.add_command(commands)
    definition_commands.add_commands(commands)
    return parser
