"""How this process treats memory that was freed: given back, since a run frees as much as it takes, batch after batch."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

# Of glibc's <malloc.h>.
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
# Answers, their columns and DuckDB's blocks are larger, and glibc would keep each beside what is smaller and lives longer.
GIVEN_BACK_BYTES = 256 << 10
ARENAS = 2


def give_back() -> None:
    """Have large pieces given back to the system as soon as they are freed, where the system's allocator can."""
    # Arrow's own pool keeps what was freed: 100 MB in a run, for nothing that is quicker.
    pa.set_memory_pool(pa.system_memory_pool())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        # Named once, the threshold stays: else glibc raises it to the largest piece that was ever freed.
        mallopt(_M_MMAP_THRESHOLD, GIVEN_BACK_BYTES)
        # Else each thread that waits for an answer keeps what it freed for itself.
        mallopt(_M_ARENA_MAX, ARENAS)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Payloads become a million small objects and no circles: looking for circles among them took a tenth of a sync's CPU.

    Inside, `collect_young` is to be called from time to time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def collect_young() -> None:
    """Free the circles that answers and errors left since this was called last, where little else is to be looked through."""
    gc.collect(1)
