"""Processes of a test's own, forked from a server that has imported everything once: each is there within milliseconds."""

import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from typing import Any

_CONTEXT = multiprocessing.get_context("forkserver")
# One server for all tests of this process. What it cannot import, each child would import by itself: for seconds, in silence.
_OURS = ["staging.warehouses", "staging.killed_story", "syncing.killed_child"]
_CONTEXT.set_forkserver_preload(["pytest", "duckdb", "psycopg", "pyarrow.compute", "pyarrow.parquet", "pyadf", *_OURS])


def started(target: Callable[..., object], *arguments: Any) -> ForkServerProcess:
    """A process that has just begun with a function of a module."""
    _start_server()
    child = _CONTEXT.Process(target=target, args=arguments)
    child.start()
    return child


def _start_server() -> None:
    """Start it where it finds our modules: Python 3.11 forgets to give it the path that pytest made."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    try:
        forkserver.ensure_running()
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before
