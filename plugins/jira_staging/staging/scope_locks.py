"""Locks on scopes of a schema, as files that the operating system unlocks when their process ends, however it ends."""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jira_staging.errors import StagingRefused, StagingUnavailable
from jira_staging.staging.protocol import WHOLE_SCHEMA

_PAUSE_SECONDS = 0.05
# Each lock is an open file, and a process may often have no more than 1,024 (on a Mac 256): a run that loads more scopes than
# this locks the whole schema instead.
MOST_LOCKS = 100


@dataclass(frozen=True)
class ScopeLocks:
    """The locks of one schema: files beside `database`, one a scope in use, named by a hash since a scope may hold anything.

    Every run also holds the schema's own lock: shared with the others, or alone for a full load.
    """

    database: Path
    schema: str

    @contextmanager
    def held(self, scopes: Iterable[str], wait_seconds: float) -> Iterator[None]:
        """Hold the scopes, in one order for all runs, so that two runs never wait for each other in a circle."""
        deadline = time.monotonic() + wait_seconds
        asked = sorted(set(scopes))
        if len(asked) > MOST_LOCKS:
            asked = [WHOLE_SCHEMA]
        with ExitStack() as stack:
            stack.enter_context(self._locked(WHOLE_SCHEMA, deadline, shared=WHOLE_SCHEMA not in asked))
            for scope in asked:
                if scope != WHOLE_SCHEMA:
                    stack.enter_context(self._locked(scope, deadline, shared=False))
            yield

    def _file(self, scope: str) -> Path:
        mark = hashlib.sha256(f"{self.schema}\0{scope}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return self.database.with_name(f"{self.database.name}.{mark}.lock")

    @contextmanager
    def _locked(self, scope: str, deadline: float, *, shared: bool) -> Iterator[None]:
        path = self._file(scope)
        while (handle := _taken(path, shared=shared)) is None:
            if time.monotonic() >= deadline:
                raise StagingUnavailable(self._who_holds(scope, path))
            time.sleep(_PAUSE_SECONDS)
        try:
            if not shared:
                self._sign(handle, scope)
            yield
        finally:
            _released(handle, path)

    def _sign(self, handle: int, scope: str) -> None:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"pid": os.getpid(), "since": since, "schema": self.schema, "scope": scope}).encode(), 0)

    def _who_holds(self, scope: str, path: Path) -> str:
        wanted = f"schema {self.schema}" if scope == WHOLE_SCHEMA else f"scope {scope} of schema {self.schema}"
        holders = self._holders(path, anyone=scope == WHOLE_SCHEMA) or ["another process"]
        return (
            f"The {wanted} in {self.database} is being loaded by {', '.join(holders)}. "
            "Wait for that run to end, or stop it; its lock ends with its process."
        )

    def _holders(self, path: Path, *, anyone: bool) -> list[str]:
        """Who signed the file; for the whole schema, who signed any of its locks."""
        paths = sorted(self.database.parent.glob(f"{_escaped(self.database.name)}.*.lock")) if anyone else [path]
        signatures = [signature for path in paths if (signature := _signature(path))]
        return [f"process {s['pid']} since {s['since']}" for s in signatures if s["schema"] == self.schema]


def _taken(path: Path, *, shared: bool) -> int | None:
    """A handle on the locked file; None while somebody else holds it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StagingRefused(
            f"The lock file {path} cannot be written ({error.strerror}): "
            "the folder of the DuckDB file must exist and be writable."
        ) from error
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        # Whoever held it before may have removed the file between our open and our lock: then ours locks nothing.
        if os.path.samestat(os.fstat(handle), os.stat(path)):  # noqa: PTH116 - compared with fstat
            return handle
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(handle)
    return None


def _released(handle: int, path: Path) -> None:
    """Remove the file unless others share it, then let go."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), os.stat(path)):  # noqa: PTH116 - compared with fstat
            path.unlink()
    except (BlockingIOError, FileNotFoundError):
        return  # the last who shares it removes it
    finally:
        os.close(handle)


def _signature(path: Path) -> dict[str, object] | None:
    """Who holds the file alone; None if nobody does, or not long enough to have signed it."""
    try:
        with path.open("rb") as file:
            return None if _is_free(file.fileno()) else dict(json.loads(file.read()))
    except (FileNotFoundError, ValueError):
        return None


def _is_free(handle: int) -> bool:
    """Whether nobody holds the file alone: a killed process leaves its signed file behind, but not its lock."""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
