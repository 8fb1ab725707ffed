"""The log of a command: plain lines or JSON on standard error, in which no token is ever readable."""

import json
import logging
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal

from jira_staging.run_logs import run_fields

LogFormat = Literal["text", "json"]

# How Atlassian's API tokens begin. People paste them where a name is asked for, and messages repeat names.
PASTED_TOKEN = re.compile(r"AT(AT|ST|CT)T3[\w=+/.-]+")
# Shorter than any token of Jira's; masking less would riddle the log with stars.
SHORTEST_MASKED = 8

_hidden: set[str] = set()


def hide(text: str) -> None:
    """Show stars in place of this text from now on, wherever this program prints it."""
    if len(text) >= SHORTEST_MASKED:
        _hidden.add(text)


def masked(text: str) -> str:
    """The text without what is to be hidden, and without what looks like an API token."""
    # The longest first, so that a part of it does not spoil it.
    for secret in sorted(_hidden, key=len, reverse=True):
        text = text.replace(secret, "***")
    return PASTED_TOKEN.sub("***", text)


class _Lines(logging.Handler):
    # Standard error is looked up for each line: a progress bar puts itself in its place to keep lines above it.
    def emit(self, record: logging.LogRecord) -> None:
        print(masked(self.format(record)), file=sys.stderr)  # noqa: T201  this is the log


class _JsonFormatter(logging.Formatter):
    """One JSON object a line, with the names that Airflow's task logs have."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            # Here, where no quote in it is escaped yet.
            "event": masked(record.getMessage()),
            "logger": record.name,
            **run_fields(),
        }
        if record.exc_info:
            fields["exception"] = masked(self.formatException(record.exc_info))
        return json.dumps(fields)


def log_format_in(words: Sequence[str]) -> LogFormat:
    """The format that these words of a command line ask for; a wrong one is refused where they are understood."""
    asked = [word.removeprefix("--log-format=") for word in words if word.startswith("--log-format=")]
    asked += [after for word, after in pairwise(words) if word == "--log-format"]
    return "json" if asked[-1:] == ["json"] else "text"


@contextmanager
def logged(*, verbose: bool, log_format: LogFormat = "text") -> Iterator[None]:
    """Log to standard error while the block runs: what this program does, and warnings of its libraries."""
    handler = _Lines()
    plain = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S")
    handler.setFormatter(_JsonFormatter() if log_format == "json" else plain)
    root, ours = logging.getLogger(), logging.getLogger("jira_staging")
    levels = root.level, ours.level
    root.addHandler(handler)
    root.setLevel(logging.INFO if verbose else logging.WARNING)
    ours.setLevel(logging.DEBUG if verbose else logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(levels[0])
        ours.setLevel(levels[1])
