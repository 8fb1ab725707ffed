"""How this process treats memory that was freed: given back, since a run frees as much as it takes, batch after batch."""

import ctypes

import pyarrow as pa

# Of glibc's <malloc.h>.
_M_MMAP_THRESHOLD = -3
# Answers, their columns and DuckDB's blocks are larger, and glibc would keep each beside what is smaller and lives longer.
GIVEN_BACK_BYTES = 256 << 10


def give_back() -> None:
    """Have large pieces given back to the system as soon as they are freed, where the system's allocator can."""
    # Arrow's own pool keeps what was freed: 100 MB in a run, for nothing that is quicker.
    pa.set_memory_pool(pa.system_memory_pool())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        # Named once, the threshold stays: else glibc raises it to the largest piece that was ever freed.
        mallopt(_M_MMAP_THRESHOLD, GIVEN_BACK_BYTES)
