"""How the system's scheduler treats a load: as work of which no part is urgent."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


@contextmanager
def scheduled_as_batch() -> Iterator[None]:
    """Inside, where the system can do so, threads that wake up do not interrupt a running one: this one, and those it starts.

    Nearly all that wake up then wait for Python's lock, and whom they would interrupt holds it. A thread that somebody gave
    another policy keeps that.
    """
    is_changed = hasattr(os, "SCHED_BATCH") and _change(os.SCHED_OTHER, os.SCHED_BATCH)
    try:
        yield
    finally:
        if is_changed:
            _change(os.SCHED_BATCH, os.SCHED_OTHER)


def _change(before: int, after: int) -> bool:
    """Whether this thread's policy was the one, and now is the other."""
    try:
        if os.sched_getscheduler(0) != before:
            return False
        os.sched_setscheduler(0, after, os.sched_param(0))
    except OSError as error:  # a sandbox may forbid it, and all that costs is time
        log.debug("The scheduler's policy stays as it is: %s", error)
        return False
    return True
