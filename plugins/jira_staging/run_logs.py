"""What each line of a run's log carries as fields: the run's id, and the trace id of the answer of Jira that it tells of.

Both are context variables whose names begin with `structlog_`: structlog, which writes Airflow's task logs, puts every such
variable on each line, also on lines of the standard `logging`, whose own `extra` Airflow does not write. So nothing here needs
structlog. Threads that work for a run are begun in a copy of its context.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

# Airflow's own lines have a `run_id` already: the DAG run's.
RUN_ID: ContextVar[str] = ContextVar("structlog_jira_run_id")
TRACE_ID: ContextVar[str] = ContextVar("structlog_jira_trace_id")
FIELDS = {"jira_run_id": RUN_ID, "jira_trace_id": TRACE_ID}


def begin_run(run_id: str) -> None:
    """Let every line from here on carry this run's id; whoever begins a run does it in a copied context, which ends with it."""
    RUN_ID.set(run_id)


def run_fields() -> dict[str, str]:
    """The fields of a line that is logged just now."""
    return {name: variable.get() for name, variable in FIELDS.items() if variable.get(None)}


class RunLog(logging.LoggerAdapter[logging.Logger]):
    """A module's logger. A line that names an error (or anything else) with Jira's `trace_id` carries that id, too."""

    def __init__(self, name: str) -> None:
        super().__init__(logging.getLogger(name))

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """As every logger's; the line's place is the caller's."""
        trace_id = next((found for arg in args if isinstance(found := getattr(arg, "trace_id", None), str)), None)
        kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 1
        with _told_by(trace_id):
            super().log(level, msg, *args, **kwargs)


@contextmanager
def _told_by(trace_id: str | None) -> Iterator[None]:
    before = TRACE_ID.set(trace_id) if trace_id else None
    try:
        yield
    finally:
        if before:
            TRACE_ID.reset(before)
