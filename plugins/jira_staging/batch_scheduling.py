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
    if not hasattr(os, "SCHED_BATCH") or os.sched_getscheduler(0) != os.SCHED_OTHER:
        yield
        return
    _choose(os.SCHED_BATCH)
    try:
        yield
    finally:
        _choose(os.SCHED_OTHER)


def _choose(policy: int) -> None:
    try:
        os.sched_setscheduler(0, policy, os.sched_param(0))
    except OSError as error:  # a sandbox may forbid it, and all it costs is time
        log.debug("The scheduler's policy stays as it is: %s", error)
