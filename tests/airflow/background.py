"""Processes beside a test, which end with it whatever ends it."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
# A scheduler ends its own children first.
STOP_SECONDS = 30


def started(command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path) -> "subprocess.Popen[bytes]":
    """The command, running in a session of its own, with its output in the file."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  no thread of ours holds a lock that it needs
        )


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End it and what it started: asked first, then not."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _end_with_parent() -> None:
    """Ask Linux to end this process when the tests are killed, and so could not."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
