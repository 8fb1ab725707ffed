"""What a command ends with, told to a person in lines or to a program as one JSON object."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jira_staging.command_line.log_lines import LogFormat, masked
from jira_staging.errors import JiraStagingError, WrongUse
from jira_staging.run_logs import RunLog

log = RunLog(__name__)

# The exit codes of a shell's own commands when they are stopped: 128 and the number of SIGINT or SIGTERM.
INTERRUPTED, TERMINATED = 130, 143


class Terminated(KeyboardInterrupt):
    """SIGTERM, as a scheduler or a container stops a process: it ends like Ctrl-C, with all that is to be written down."""


@dataclass(frozen=True)
class Outcome:
    """What a command found: plain JSON values, and how a person is shown them."""

    values: Mapping[str, object]
    show: Callable[[], None]
    exit_code: int = 0

    def tell(self, *, as_json: bool, log_format: LogFormat = "text") -> None:
        """Print it on standard output."""
        del log_format  # there is nothing to log
        if as_json:
            print_line(json.dumps(self.values))
        else:
            self.show()


@dataclass(frozen=True)
class Failure:
    """Why a command ended early: the error's class and words."""

    kind: str
    message: str
    exit_code: int
    retry: bool = False
    # Of the answer of Jira that it tells of, for the log.
    trace_id: str | None = None

    def __str__(self) -> str:
        return self.message

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """The failure that an error is. Only our own errors are known to hold no row, so only their words are told."""
        if isinstance(error, JiraStagingError):
            trace_id = getattr(error, "trace_id", None)
            return cls(type(error).__name__, str(error), error.exit_code, error.retry, trace_id)
        if isinstance(error, KeyboardInterrupt):
            by, code = ("SIGTERM", TERMINATED) if isinstance(error, Terminated) else ("Ctrl-C", INTERRUPTED)
            words = f"Stopped by {by}. A sync keeps what it has published; run it again, and it goes on from there."
            return cls("Interrupted", words, code, retry=True)
        if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("jira_staging"):
            words = (
                f"The Python package `{error.name.partition('.')[0]}` is not installed here. What a vault needs comes with an "
                "extra: `airflow-provider-jira-staging[aws]`, `[azure]` or `[snowflake]`."
            )
            return cls("PackageMissing", words, WrongUse.exit_code)
        words = f"{type(error).__name__}: this is a defect of this program. Run it with `--verbose`, and report what it shows."
        return cls("Defect", words, JiraStagingError.exit_code)

    def tell(self, *, as_json: bool, log_format: LogFormat = "text") -> None:
        """Print it on standard error, in the log's format, and on standard output as JSON."""
        if as_json:
            told = {"error": self.kind, "message": self.message, "retry": self.retry, "exit_code": self.exit_code}
            print_line(json.dumps(told))
        if log_format == "json":
            log.error("%s", self)
        else:
            print(masked(f"jira-staging: {self.message}"), file=sys.stderr)  # noqa: T201  what a shell shows


def told(values: Mapping[str, object]) -> Outcome:
    """The values, a person shown them one a line."""

    def shown() -> None:
        width = max(map(len, values))
        for key, value in values.items():
            texts = [f"{name}={text}" for name, text in value.items()] if isinstance(value, dict) else [value]
            for text in texts:
                print_line(f"{key.ljust(width)}  {'-' if text is None else text}")

    return Outcome(values, shown)


def print_line(text: str = "") -> None:
    """Print a line on standard output, without any token."""
    print(masked(text))  # noqa: T201  what a shell asked for
