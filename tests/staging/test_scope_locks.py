"""Locks on scopes: who waits for whom, and what is left of a lock whose process was killed."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread, Timer

import pytest

from jira_staging.errors import StagingRefused, StagingUnavailable
from jira_staging.staging import WHOLE_SCHEMA
from jira_staging.staging.scope_locks import ScopeLocks

HOLD = """
import sys, time
from pathlib import Path
from jira_staging.staging.scope_locks import ScopeLocks
with ScopeLocks(Path(sys.argv[1]), sys.argv[2]).held(sys.argv[3:], 5):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "warehouse [1].duckdb"


def _holder(database: Path, *scopes: str, schema: str = "jira") -> "subprocess.Popen[str]":
    """Another process that holds the scopes until its input ends."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "plugins")}
    command = [sys.executable, "-c", HOLD, str(database), schema, *scopes]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def _end(process: "subprocess.Popen[str]") -> None:
    process.communicate("")
    assert process.returncode == 0


def test_locks_are_private_files_beside_the_database_and_are_removed(database: Path) -> None:
    with ScopeLocks(database, "jira").held(["project:1", "project:2", "project:1"], 0):
        files = sorted(database.parent.iterdir())
        assert len(files) == 3
        assert all(re.fullmatch(re.escape(database.name) + r"\.[0-9a-f]{16}\.lock", file.name) for file in files)
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
        assert sorted(json.loads(file.read_text())["scope"] for file in files if file.read_text()) == ["project:1", "project:2"]
    assert list(database.parent.iterdir()) == []


def test_locks_are_removed_when_the_run_fails(database: Path) -> None:
    with pytest.raises(ZeroDivisionError), ScopeLocks(database, "jira").held(["project:1"], 0):
        _ = 1 / 0
    assert list(database.parent.iterdir()) == []


def test_different_scopes_and_schemas_are_held_side_by_side(database: Path) -> None:
    process = _holder(database, "project:1")
    with ScopeLocks(database, "jira").held(["project:2"], 0), ScopeLocks(database, "other").held(["project:1"], 0):
        _end(process)
    assert list(database.parent.iterdir()) == []


def test_the_same_scope_is_refused_after_the_bound_naming_its_holder(database: Path) -> None:
    process = _holder(database, "project:1")
    began = time.monotonic()
    with pytest.raises(StagingUnavailable) as refusal, ScopeLocks(database, "jira").held(["project:0", "project:1"], 0.3):
        pass
    assert 0.3 <= time.monotonic() - began < 3
    assert re.fullmatch(
        rf"The scope project:1 of schema jira in .*warehouse \[1\]\.duckdb is being loaded by process {process.pid} since "
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00\. Wait for that run to end, or stop it; its lock ends with its process\.",
        str(refusal.value),
    )
    _end(process)
    assert list(database.parent.iterdir()) == []


def test_the_same_scope_waits_within_the_bound(database: Path) -> None:
    process = _holder(database, "project:1")
    release = Timer(0.3, _end, [process])
    release.start()
    with ScopeLocks(database, "jira").held(["project:1"], 10):
        release.join()
    assert list(database.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("held", "asked"), [("project:1", WHOLE_SCHEMA), (WHOLE_SCHEMA, "project:1"), (WHOLE_SCHEMA, WHOLE_SCHEMA)]
)
def test_a_full_load_has_the_schema_for_itself(database: Path, held: str, asked: str) -> None:
    process = _holder(database, held)
    refused = rf"The schema jira in .* is being loaded by process {process.pid} since"
    with pytest.raises(StagingUnavailable, match=refused), ScopeLocks(database, "jira").held([asked], 0.1):
        pass
    with ScopeLocks(database, "other").held([asked], 0):
        _end(process)
    assert list(database.parent.iterdir()) == []


def test_a_killed_process_holds_nothing(database: Path) -> None:
    process = _holder(database, "project:1", "project:2")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert len(list(database.parent.iterdir())) == 3
    with ScopeLocks(database, "jira").held([WHOLE_SCHEMA], 0):
        pass
    with ScopeLocks(database, "jira").held(["project:1", "project:2"], 0):
        pass
    assert list(database.parent.iterdir()) == []


def test_a_dead_process_is_not_named_as_holder(database: Path) -> None:
    dead = _holder(database, "project:1")
    dead.send_signal(signal.SIGKILL)
    dead.communicate()
    alive = _holder(database, "project:2")
    with pytest.raises(StagingUnavailable) as refusal, ScopeLocks(database, "jira").held([WHOLE_SCHEMA], 0):
        pass
    assert f"process {alive.pid} since" in str(refusal.value)
    assert f"process {dead.pid} since" not in str(refusal.value)
    _end(alive)


def test_one_at_a_time_however_many_come_and_go(database: Path) -> None:
    inside: list[int] = []
    seen: list[int] = []

    def come_and_go() -> None:
        for _ in range(20):
            with ScopeLocks(database, "jira").held(["project:1"], 60):
                inside.append(1)
                seen.append(len(inside))
                inside.pop()

    threads = [Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 80
    assert list(database.parent.iterdir()) == []


def test_a_lock_file_that_its_last_holder_removed_meanwhile_locks_nothing(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, removed = fcntl.flock, []

    def remove_then_lock(handle: int, how: int) -> None:
        if not removed:
            removed.extend(database.parent.iterdir())
            removed[0].unlink()
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", remove_then_lock)
    with ScopeLocks(database, "jira").held(["project:1"], 5):
        assert len(removed) == 1
        assert removed[0].exists()


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(StagingRefused, match="the folder of the DuckDB file must exist and be writable"),
        ScopeLocks(tmp_path / "nowhere" / "x.duckdb", "jira").held(["project:1"], 0),
    ):
        pass


def test_scopes_may_hold_anything(database: Path) -> None:
    with ScopeLocks(database, "jira").held(["../../etc", "\0", "x" * 5000, "😀", "\ud800"], 0):
        assert len(list(database.parent.iterdir())) == 6


def test_more_scopes_than_files_may_be_open_lock_the_whole_schema(database: Path) -> None:
    locks, many = ScopeLocks(database, "jira"), [f"project:{number}" for number in range(5_000)]
    with locks.held(many, 0):
        assert len(list(database.parent.iterdir())) == 1
        with pytest.raises(StagingUnavailable, match="The schema jira"), locks.held(["project:7"], 0):
            pytest.fail("it is held")
    with locks.held(["project:7"], 0), pytest.raises(StagingUnavailable, match="The schema jira"), locks.held(many, 0):
        pytest.fail("one of them is held")
