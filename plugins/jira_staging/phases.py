"""What a run is doing, as spans of OpenTelemetry: sync, sweep, fetch, flatten, publish, check, census.

Only the API is used, where it is installed (Airflow brings it): what collects spans, and where they go, is the deployment's to
configure. Without that, or without the API, a phase costs some microseconds. A span holds counts, the site and the run's id;
of an error the class, and the words where they are ours, which hold no row and no secret.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from jira_staging.errors import JiraStagingError

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

NAME = "jira_staging"


@cache
def _tracer() -> "Tracer | None":
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    # Follows the process's provider, also one that is set later.
    return trace.get_tracer(NAME)


@contextmanager
def phase(name: str) -> Iterator[None]:
    """A span around the block, or as a decorator around each call of a function: the child of what goes on around it."""
    tracer = _tracer()
    if tracer is None:
        yield
        return
    # An exception as OpenTelemetry records it has its message, and a database's may hold a row.
    with tracer.start_as_current_span(f"{NAME}.{name}", record_exception=False, set_status_on_exception=False) as span:
        try:
            yield
        except BaseException as error:
            _tell(span, error)
            raise


def note(**facts: str | float) -> None:
    """Put facts on the span of the phase that goes on: counts, and names of things, never of people."""
    if _tracer() is not None:
        from opentelemetry import trace

        trace.get_current_span().set_attributes({f"{NAME}.{name}": fact for name, fact in facts.items()})


def _tell(span: "Span", error: BaseException) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", type(error).__name__)
    span.set_status(Status(StatusCode.ERROR, str(error) if isinstance(error, JiraStagingError) else type(error).__name__))
