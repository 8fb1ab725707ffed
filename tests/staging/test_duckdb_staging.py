"""What is DuckDB's own: one process at a time, its files, and what is left when a process is killed."""

import logging
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

import duckdb
import pytest

from jira_staging.errors import StagingRefused, StagingUnavailable
from jira_staging.records import Batch, Report
from jira_staging.staging import duckdb_staging
from jira_staging.staging.duckdb_staging import DuckDBStaging
from jira_staging.tables import TABLES
from staging.invented_rows import SCOPE, a_run, a_state, issue, label, publish, rows_of, values

ROOT = Path(__file__).parents[2]
HOLD = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "read")
print("open", flush=True)
sys.stdin.read()
"""
# Forks once a line of input.
PUBLISHERS = """
import os, sys
import duckdb
from jira_staging.records import Batch, Report
from jira_staging.staging.duckdb_staging import DuckDBStaging
from staging.invented_rows import SCOPE, a_run, a_state, issue, label, rows_of

def publish_forever():
    staging = DuckDBStaging(sys.argv[1], wait_seconds=20)
    report = Report(a_run())
    (state,) = staging.read("_sync_state", ["watermark"], {"entity": ["issue"]})["watermark"].to_pylist() or [-1]
    print(os.getpid(), flush=True)
    while True:
        state += 1
        ids = range(state * 200, state * 200 + 200)
        labels = rows_of("issue_label", *(label(number, "a") for number in ids), owners=ids)
        rows = (rows_of("issue", *map(issue, ids)), labels)
        staging.publish(Batch(SCOPE, rows, swept=ids, states=(a_state(watermark=state),)), report)

while sys.stdin.readline():
    child = os.fork()
    if not child:
        publish_forever()
    print(os.WTERMSIG(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


@pytest.fixture
def staging(path: Path) -> DuckDBStaging:
    prepared = DuckDBStaging(path, wait_seconds=20)
    prepared.prepare(a_run())
    return prepared


def _python(code: str, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT / 'tests'}"} | variables
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


@contextmanager
def _held(path: Path, how: str = "write") -> "Iterator[subprocess.Popen[str]]":
    """Another process that has the file open until its input ends."""
    process = _python(HOLD, str(path), how)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    yield process
    if process.poll() is None:
        process.communicate("")


@dataclass(frozen=True)
class Publishers:
    """Processes that publish batch after batch, one at a time."""

    parent: "subprocess.Popen[str]"

    def begin(self) -> int:
        """Start one; gives its process id when it is about to publish."""
        assert self.parent.stdin is not None
        self.parent.stdin.write("\n")
        self.parent.stdin.flush()
        return self._answer()

    def kill(self, process: int) -> None:
        """Kill it, wherever it is."""
        os.kill(process, signal.SIGKILL)
        self.wait()

    def wait(self) -> None:
        """Until it was killed."""
        assert self._answer() == signal.SIGKILL

    def _answer(self) -> int:
        assert self.parent.stdout is not None
        return int(self.parent.stdout.readline())


@contextmanager
def _publishers(path: Path) -> Iterator[Publishers]:
    process = _python(PUBLISHERS, str(path))
    yield Publishers(process)
    process.communicate("")


@pytest.mark.parametrize("how", ["read", "write"])
def test_a_file_that_another_process_has_open_is_waited_for(staging: DuckDBStaging, path: Path, how: str) -> None:
    with _held(path, how) as process:
        release = Timer(0.3, process.communicate, [""])
        release.start()
        assert publish(staging, rows_of("issue", issue(1))) == {"issue": (1, 1, 0, 0, 0)}
        release.join()


def test_after_the_bound_the_message_names_the_process(staging: DuckDBStaging, path: Path) -> None:
    impatient = DuckDBStaging(path, wait_seconds=0.3)
    with _held(path) as process:
        began = time.monotonic()
        for attempt in (lambda: publish(impatient, rows_of("issue", issue(1))), lambda: impatient.read("issue", ["id"])):
            with pytest.raises(StagingUnavailable) as refusal:
                attempt()
            assert f"{path} is held by " in str(refusal.value)
            assert f"(PID {process.pid})" in str(refusal.value)
            assert "waited 0.3 s" in str(refusal.value)
        assert 0.6 <= time.monotonic() - began < 5
    assert refusal.value.retry
    assert values(staging, "issue", "id") == []


def test_a_long_wait_is_told_once_while_it_lasts(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jira_staging.staging.duckdb_file.SILENT_SECONDS", 0.1)
    with _held(path) as process, caplog.at_level(logging.INFO, "jira_staging"), pytest.raises(StagingUnavailable):
        publish(DuckDBStaging(path, wait_seconds=0.4), rows_of("issue", issue(1)))
    (line,) = [line for line in caplog.messages if "Waiting for" in line]
    assert line.startswith(f"Waiting for the DuckDB file {path}, which ")
    assert f"(PID {process.pid})" in line


def test_two_can_read_at_once(staging: DuckDBStaging, path: Path) -> None:
    with _held(path, "read"):
        assert values(DuckDBStaging(path, wait_seconds=0), "issue", "id") == []


def test_a_reader_in_another_process_gets_its_answer_between_two_batches(staging: DuckDBStaging, path: Path) -> None:
    with _publishers(path) as publishers:
        writer = publishers.begin()
        seen = [len(values(staging, "issue", "id")) for _ in range(5)]
        publishers.kill(writer)
    assert all(count % 200 == 0 for count in seen)
    assert seen == sorted(seen)


def test_the_file_is_free_when_nothing_is_done_with_it(staging: DuckDBStaging, path: Path) -> None:
    publish(staging, rows_of("issue", issue(1)))
    staging.read("issue", ["id"])
    with _held(path) as process:
        assert process.poll() is None


def _whole_batches(staging: DuckDBStaging) -> int:
    """How many batches are in the tables; every one of them with all that belongs to it."""
    states = [number for (number,) in values(staging, "_sync_state", "watermark", entity=["issue"])]
    batches = states[0] + 1 if states else 0
    ids = [(number,) for number in range(batches * 200)]
    assert values(staging, "issue", "id") == ids
    assert values(staging, "issue_label", "issue_id") == ids
    assert len(values(staging, "_sync_sweep", "issue_id")) == 10_000 - batches * 200
    return batches


@pytest.mark.slow
def test_a_process_killed_at_any_moment_leaves_only_whole_batches(staging: DuckDBStaging, path: Path) -> None:
    staging.store_sweep(SCOPE, range(10_000), 5, a_state(entity="_sync_sweep"))
    moments = random.Random(5)
    found = [0]
    with _publishers(path) as publishers:
        for _ in range(8):
            writer = publishers.begin()
            time.sleep(moments.uniform(0.05, 0.4))
            publishers.kill(writer)
            found.append(_whole_batches(staging))
        # On a busy machine all of them may have died before their first batch: then one more lives until it has published.
        deadline = time.monotonic() + 120
        while found[-1] == 0 and time.monotonic() < deadline:
            writer = publishers.begin()
            time.sleep(5)
            publishers.kill(writer)
            found.append(_whole_batches(staging))
    assert found == sorted(found)
    assert found[-1] > 0


def test_a_failed_batch_leaves_no_column(staging: DuckDBStaging) -> None:
    with pytest.raises(StagingRefused):
        publish(staging, rows_of("issue", issue(1, customfield_1="{not json"), custom={"customfield_1": "json"}))
    assert "customfield_1" not in staging.columns("issue")


def test_a_finished_run_leaves_one_file(staging: DuckDBStaging, path: Path) -> None:
    report = Report(a_run())
    with staging.locked([SCOPE], 1):
        staging.publish(Batch(SCOPE, (rows_of("issue", issue(1)),)), report)
        staging.finish(report)
    assert list(path.parent.iterdir()) == [path]


def test_tables_columns_and_views_say_what_they_are(staging: DuckDBStaging, path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        tables = dict(connection.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
        columns = connection.execute(
            "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'issue' ORDER BY column_index"
        ).fetchall()
    assert tables == {name: table.meaning for name, table in TABLES.items()}
    assert columns == [(column.name, column.meaning) for column in TABLES["issue"].all_columns]


def test_a_changed_meaning_reaches_the_comments_of_an_older_schema(staging: DuckDBStaging, path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("COMMENT ON TABLE jira.issue IS 'old words'")
        connection.execute("COMMENT ON COLUMN jira.issue.id IS NULL")
    staging.prepare(a_run())
    with duckdb.connect(str(path)) as connection:
        comments = connection.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'issue'").fetchall()
    assert comments == [(TABLES["issue"].meaning,)]


def test_json_is_json_and_times_are_times_with_a_zone(staging: DuckDBStaging, path: Path) -> None:
    rows = rows_of("issue", issue(1, customfield_1='{"parent": "a"}'), custom={"customfield_1": "json"})
    publish(staging, rows)
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        answer = connection.execute("SELECT customfield_1->>'parent', CAST(updated_at AS VARCHAR) FROM jira.issue").fetchall()
    assert answer == [("a", "2024-05-01 12:00:00+00")]


def test_times_are_read_in_utc_wherever_the_machine_stands(staging: DuckDBStaging, path: Path) -> None:
    publish(staging, rows_of("issue", issue(1)))
    code = """
import sys
from jira_staging.staging.duckdb_staging import DuckDBStaging
print(DuckDBStaging(sys.argv[1]).read("issue", ["updated_at"])["updated_at"].type)
"""
    answer, _ = _python(code, str(path), TZ="America/New_York").communicate(timeout=60)
    assert answer == "timestamp[us, tz=UTC]\n"


@pytest.mark.parametrize("stem", ["jira", "JIRA", "temp", "system", "main", "select", 'a"b', "x" * 200])
def test_a_file_may_have_any_name(tmp_path: Path, stem: str, caplog: pytest.LogCaptureFixture) -> None:
    staging = DuckDBStaging(tmp_path / f"{stem}.duckdb")
    with caplog.at_level(logging.WARNING):
        staging.prepare(a_run())
    warned = [record.getMessage() for record in caplog.records]
    assert [("Give the file or the schema another name" in text) for text in warned] == (
        [True] if stem.lower() == "jira" else []
    )
    publish(staging, rows_of("issue", issue(1)), rows_of("user", {"id": "a"}))
    publish(staging, rows_of("issue", issue(1, votes=1)), rows_of("user", {"id": "b"}))
    staging.create_issue_named({"id": "Issue"})
    assert values(staging, "issue", "id", "votes") == [(1, 1)]


def test_views_outlive_a_renamed_file_and_tables_of_the_same_name(staging: DuckDBStaging, path: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute('CREATE TABLE main.issue (other INTEGER); CREATE TABLE main."user" (other INTEGER)')
    staging.prepare(a_run())
    publish(staging, rows_of("issue", issue(1)), rows_of("user", {"id": "a"}))
    staging.create_issue_named({"id": "Issue"})
    staging.finish(Report(a_run()))
    path.rename(tmp_path / "renamed.duckdb")
    with duckdb.connect(str(tmp_path / "renamed.duckdb")) as connection:
        assert connection.execute('SELECT "Issue", u.id FROM jira.issue_named, jira.jira_user AS u').fetchall() == [(1, "a")]
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{tmp_path / 'renamed.duckdb'}' AS other")
        assert connection.execute("SELECT id FROM other.jira.jira_user").fetchall() == [("a",)]


def test_a_connection_that_somebody_else_makes_is_used_for_everything(path: Path) -> None:
    made: list[duckdb.DuckDBPyConnection] = []

    def connect() -> duckdb.DuckDBPyConnection:
        made.append(duckdb.connect(str(path)))
        return made[-1]

    staging = DuckDBStaging(path, connect=connect)
    staging.prepare(a_run())
    publish(staging, rows_of("issue", issue(1)))
    assert values(staging, "issue", "id") == [(1,)]
    assert len(made) == 3
    for connection in made:
        with pytest.raises(duckdb.ConnectionException):
            connection.execute("SELECT 1")


def test_a_link_to_the_file_has_the_locks_of_the_file(staging: DuckDBStaging, path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.duckdb"
    link.symlink_to(path)
    with (
        staging.locked([SCOPE], 0),
        pytest.raises(StagingUnavailable, match="is being loaded by process"),
        DuckDBStaging(link).locked([SCOPE], 0),
    ):
        pass


def test_what_is_no_usable_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.duckdb").write_text("hello" * 1000)
    (tmp_path / "empty.duckdb").touch()
    for path, words in (
        (tmp_path / "text.duckdb", "not a valid DuckDB database file"),
        (tmp_path / "empty.duckdb", "not a valid DuckDB database file"),
        (tmp_path, "Is a directory"),
        (tmp_path / "nowhere" / "x.duckdb", "No such file or directory"),
        (tmp_path / "text.duckdb" / "x.duckdb", "Not a directory"),
        (tmp_path / ("x" * 300), "File name too long"),
        (Path("/proc/warehouse.duckdb"), "No such file or directory"),
    ):
        with pytest.raises(StagingRefused) as refusal:
            DuckDBStaging(path).prepare(a_run())
        assert f"The DuckDB file {path.resolve()} cannot be used" in str(refusal.value)
        assert words in str(refusal.value)
        assert refusal.value.__cause__ is None
    with pytest.raises(StagingRefused, match="in memory"):
        DuckDBStaging(":memory:").prepare(a_run())


def test_a_file_that_may_not_be_written_is_refused() -> None:
    code = """
import os, sys
import duckdb
from jira_staging.errors import StagingRefused
from jira_staging.staging.duckdb_staging import DuckDBStaging
from staging.invented_rows import a_run
if os.getuid() == 0:
    os.setuid(65534)  # nothing is unwritable to root
for path in sys.argv[1:]:
    try:
        DuckDBStaging(path).prepare(a_run())
    except StagingRefused as refusal:
        print(refusal)
"""
    # Not pytest's own folder: that one may only be entered by who runs the tests.
    with TemporaryDirectory() as folder:
        path = Path(folder, "warehouse.duckdb")
        DuckDBStaging(path).prepare(a_run())
        path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
        Path(folder).chmod(0o555)
        answer, _ = _python(code, str(path), str(path.with_name("new.duckdb"))).communicate(timeout=60)
        Path(folder).chmod(0o755)
    assert answer.count("cannot be used") == answer.count("Permission denied") == 2


def test_a_full_disk_leaves_the_last_batch_whole_and_may_be_tried_again(staging: DuckDBStaging, path: Path) -> None:
    code = """
import random, resource, signal, sys
from jira_staging.errors import StagingUnavailable
from jira_staging.staging.duckdb_staging import DuckDBStaging
from staging.invented_rows import issue, publish, rows_of
staging = DuckDBStaging(sys.argv[1])
publish(staging, rows_of("issue", issue(1)))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))
rows = rows_of("issue", *(issue(n, summary=random.randbytes(10_000).hex()) for n in range(2, 1000)))
try:
    publish(staging, rows)
except StagingUnavailable as refusal:
    print(refusal)
"""
    answer, _ = _python(code, str(path)).communicate(timeout=60)
    assert "DuckDB could not finish its work on" in answer
    assert "free space" in answer
    assert values(staging, "issue", "id") == [(1,)]
    assert publish(staging, rows_of("issue", issue(2))) == {"issue": (1, 1, 0, 0, 0)}


def test_a_look_at_the_tables_leaves_the_memory_bound_as_it_was(path: Path) -> None:
    made: list[duckdb.DuckDBPyConnection] = []

    def connect() -> duckdb.DuckDBPyConnection:
        made.append(duckdb.connect(str(path), config={"memory_limit": "1GiB"}))
        return made[-1]

    staging = DuckDBStaging(path, connect=connect)
    with staging.working():
        staging.prepare(a_run())
        publish(staging, rows_of("issue", issue(1)))
        staging.inspect(["issue"])
        assert made[-1].execute("SELECT current_setting('memory_limit')").fetchall() == [("1.0 GiB",)]


def test_keys_that_stand_twice_are_found_among_some_rows_at_a_time(
    staging: DuckDBStaging, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb_staging, "INSPECTED_ROWS", 3)
    publish(
        staging,
        rows_of("issue", *(issue(one, project_id=10_000) for one in range(20))),
        rows_of("issue_label", *(label(1, word) for word in "abcdefgh")),
    )
    with duckdb.connect(str(path)) as connection:
        for table, key in (("issue", "id IN (4, 11)"), ("issue_label", "label = 'c'")):
            connection.execute(f"INSERT INTO jira.{table} SELECT * FROM jira.{table} WHERE {key}")
    with staging.working():
        told = staging.inspect(["issue", "issue_label"])
    assert told is not None
    assert told.duplicates == {"issue": 2, "issue_label": 1}
    assert told.issues == {"project:10000": 22}
