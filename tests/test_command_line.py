"""The command line as a shell, a scheduler and a person at a terminal meet it."""

import base64
import logging
import os
import pty
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from jira_staging.command_line import log_lines, main
from shell_commands import Shell, demo_shell, one_object
from simulated_jira import Settings, SimulatedJira

ISSUES = 20
LOG_LINE = re.compile(r"\d\d:\d\d:\d\d (INFO|WARNING) +\S.*")
# Whoever runs the tests in the background has Ctrl-C ignored, and so has every process from there.
STOPPABLE = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
STOPPED = "jira-staging: Stopped by {}. A sync keeps what it has published; run it again, and it goes on from there."
# Slow to import, or not installed where only the command is.
HEAVY = ("duckdb", "pyarrow", "pandas", "numpy", "boto3", "botocore", "airflow", "requests", "rich", "yaml", "msgspec")


@pytest.fixture(scope="module")
def jira() -> Iterator[SimulatedJira]:
    with SimulatedJira(ISSUES, projects=2, settings=Settings(custom_fields=17)) as jira:
        yield jira


@pytest.fixture
def shell(tmp_path: Path, jira: SimulatedJira) -> Shell:
    return demo_shell(tmp_path, jira)


@pytest.fixture
def here(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The same shell for commands that run in this process."""
    monkeypatch.chdir(shell.folder)
    for name, value in shell.environment().items():
        monkeypatch.setenv(name, value)
    return shell


def issue_ids(database: Path, schema: str = "jira") -> list[int]:
    name = schema.replace('"', '""')
    with duckdb.connect(str(database), read_only=True) as connection:
        ((catalogue,),) = connection.execute("SELECT current_database()").fetchall()
        rows = connection.execute(f'SELECT id FROM "{catalogue}"."{name}".issue ORDER BY id').fetchall()
    return [row[0] for row in rows]


def test_a_sync_in_a_log_is_plain_lines_and_one_object(shell: Shell) -> None:
    done = shell.run(*shell.sync("--json"))
    assert done.returncode == 0
    told = one_object(done.stdout)
    assert told["definition"] == "demo"
    assert told["rows"]["issue"]["inserted"] == ISSUES
    assert all(LOG_LINE.fullmatch(line) for line in done.stderr.splitlines()), done.stderr
    assert issue_ids(shell.folder / "staging.duckdb") == sorted(shell.jira.site.issues)


def test_without_json_a_person_reads_a_table(shell: Shell) -> None:
    done = shell.run(*shell.sync("--entities", "project"))
    assert done.returncode == 0
    lines = [re.sub(" +", " ", line.strip()) for line in done.stdout.splitlines()]
    assert lines[0] == "entity read inserted updated unchanged deleted rejected"
    assert "project 2 2 · · · ·" in lines
    assert lines[-1].startswith("No watermark moved. Run ")


@pytest.mark.parametrize(
    ("words", "exit_code", "kind", "retry"),
    [
        (["--entities", "isue"], 2, "WrongUse", False),
        (["--api-token", "dmo"], 2, "SecretDefinitionNotFound", False),
        (["--api-token", "wrong"], 3, "JiraRefusedToken", False),
        (["--api-token", "unset"], 3, "SecretNotFound", False),
        (["--site", "http://127.0.0.1:1", "--wait-limit", "0"], 4, "JiraUnavailable", True),
        (["--destination", "duckdb:no/such/folder/x.duckdb"], 5, "StagingRefused", False),
    ],
)
def test_an_exit_code_says_what_to_do_next(shell: Shell, words: list[str], exit_code: int, kind: str, retry: bool) -> None:
    shell.define("wrong", "name: wrong\nbackend: environment\nsecret_name: USED_UP\n")
    shell.define("unset", "name: unset\nbackend: environment\nsecret_name: NO_SUCH_VARIABLE\n")
    done = demo_shell(shell.folder, shell.jira, USED_UP="ATATT3xInventedAndUsedUp").run(*shell.sync("--json", *words))
    assert done.returncode == exit_code
    told = one_object(done.stdout)
    assert (told["error"], told["exit_code"], told["retry"]) == (kind, exit_code, retry)
    assert done.stderr.splitlines()[-1] == f"jira-staging: {told['message']}"


def test_a_defect_ends_with_1_and_shows_its_place_but_no_row_unless_asked(
    here: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(f"a row, and {here.jira.token}")

    monkeypatch.setattr("jira_staging.syncing.sync", broken)
    assert main(here.sync("--json")) == 1
    printed = capsys.readouterr()
    assert one_object(printed.out)["error"] == "Defect"
    assert "a row" not in printed.out + printed.err
    assert main(here.sync("--verbose")) == 1
    printed = capsys.readouterr()
    assert "Traceback" in printed.err
    assert "ValueError: a row, and ***" in printed.err


def test_a_missing_extra_is_named(shell: Shell) -> None:
    shell.define("aws", "name: aws\nbackend: aws_secrets_manager\nsecret_name: prod/jira\n")
    script = f"""
        import sys
        sys.modules["boto3"] = sys.modules["botocore"] = sys.modules["botocore.exceptions"] = None
        from jira_staging.command_line import main
        sys.exit(main({shell.sync("--json", api_token="aws")!r}))
    """
    done = shell.run_python("-c", textwrap.dedent(script))
    assert done.returncode == 2
    assert one_object(done.stdout) == {
        "error": "PackageMissing",
        "message": "The Python package `botocore` is not installed here. What a vault needs comes with an extra: "
        "`airflow-provider-jira-staging[aws]`, `[azure]` or `[snowflake]`.",
        "retry": False,
        "exit_code": 2,
    }


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["sync", "--help"], ["secret-definitions", "create", "--help"]])
def test_the_module_is_the_command(shell: Shell, words: list[str]) -> None:
    command = Path(sys.executable).with_name("jira-staging")
    installed = subprocess.run([command, *words], env=shell.environment(), capture_output=True, text=True, check=True)
    module = shell.run(*words)
    assert (installed.stdout, installed.stderr) == (module.stdout, module.stderr)
    assert installed.stdout


@pytest.mark.parametrize("words", ["--help", "sync --help", "secret-definitions --help", "secret-definitions test --help"])
def test_help_imports_nothing_heavy(shell: Shell, words: str) -> None:
    script = f"""
        import sys
        from jira_staging.command_line import main
        try:
            main({words.split()!r})
        except SystemExit as end:
            print(end.code, [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
    """
    done = shell.run_python("-c", textwrap.dedent(script))
    assert done.stderr == "0 []\n"
    assert "130 stopped by Ctrl-C" in " ".join(done.stdout.split())


def test_a_sync_imports_neither_pandas_nor_numpy(tmp_path: Path) -> None:
    with SimulatedJira(1, projects=1, settings=Settings(custom_fields=0)) as jira:
        shell = demo_shell(tmp_path, jira)
        script = f"""
            import sys
            from jira_staging.command_line import main
            print(main({shell.sync("--json")!r}), {{"numpy", "pandas"}} & sys.modules.keys(), file=sys.stderr)
        """
        done = shell.run_python("-c", textwrap.dedent(script))
    assert done.stderr.splitlines()[-1] == "0 set()"


def test_help_comes_at_once(shell: Shell) -> None:
    # Of the processor's time, since the machine may be busy with something else.
    before = os.times()
    assert shell.run("--help").returncode == 0
    after = os.times()
    assert after.children_user - before.children_user + after.children_system - before.children_system < 0.3


def test_a_terminal_shows_a_bar_and_log_lines_above_it(tmp_path: Path) -> None:
    with SimulatedJira(ISSUES, settings=Settings(custom_fields=17, latency_ms=60)) as jira:
        shell = demo_shell(tmp_path, jira, TERM="xterm-256color", COLUMNS="100")
        master, slave = pty.openpty()
        command = [sys.executable, "-m", "jira_staging", *shell.sync("--entities", "issue")]
        with subprocess.Popen(command, env=shell.environment(), cwd=tmp_path, stdout=subprocess.PIPE, stderr=slave) as process:
            os.close(slave)
            shown = b""
            # A terminal whose other end was closed is an OSError.
            with suppress(OSError):
                while chunk := os.read(master, 65_536):
                    shown += chunk
            assert process.stdout is not None
            table = process.stdout.read().decode()
        os.close(master)
    assert process.returncode == 0
    text = shown.decode()
    assert "\x1b[" in text
    assert re.search("issues.*━━━━", text)
    assert "Signed in to" in text
    assert "\x1b" not in table
    assert table.startswith("entity")


@pytest.mark.parametrize("is_accepted", [True, False])
def test_no_token_is_printed_whatever_is_logged(shell: Shell, is_accepted: bool) -> None:
    """Everything at DEBUG, http.client's own prints on, and nothing masked on its way out."""
    token = f"a-token-that-looks-like-none-{is_accepted}-0123456789"
    if is_accepted:
        shell.jira.tokens.add(shell.jira.account, value=token)
    words = shell.sync("--verbose", "--entities", "project")
    script = f"""
        import http.client, logging, sys
        from jira_staging.command_line import log_lines, main, outcomes
        http.client.HTTPConnection.debuglevel = 1
        for name in ("urllib3", "requests", "botocore", "jira_staging"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        log_lines.masked = outcomes.masked = str
        sys.exit(main({words!r}))
    """
    done = demo_shell(shell.folder, shell.jira, DEMO_JIRA_TOKEN=token).run_python("-c", textwrap.dedent(script))
    printed = done.stdout + done.stderr
    assert done.returncode == (0 if is_accepted else 3), printed
    assert ("Traceback" in printed) is not is_accepted
    assert "GET /rest/api/3/myself" in printed
    pair = base64.b64encode(f"{shell.jira.email}:{token}".encode()).decode()
    for secret in (token, pair):
        half = len(secret) // 2
        for piece in (secret, secret[:half], secret[half:]):
            assert piece not in printed


def test_what_is_hidden_is_stars_in_every_line_and_so_is_a_pasted_token(
    here: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    log_lines.hide("a-token-that-looks-like-none")
    assert log_lines.masked("x a-token-that-looks-like-none y ATATT3xFfGF0a_b-c=1A2B3C4D.") == "x *** y ***"
    with log_lines.logged(verbose=False):
        logging.getLogger("any").warning("It is %s.", "a-token-that-looks-like-none")
    assert capsys.readouterr().err.endswith("WARNING It is ***.\n")
    assert main(here.sync(api_token=here.jira.token)) == 2
    assert capsys.readouterr().err == (
        "jira-staging: The API token's secret definition: this is an API token itself, and the name of a secret definition is "
        "meant. Put the token into a vault, write a definition that says where it lies, and revoke this token if others could "
        "see it.\n"
    )


@pytest.mark.parametrize(
    ("sent", "by", "exit_code"), [(signal.SIGINT, "Ctrl-C", 130), (signal.SIGTERM, "SIGTERM", 143)], ids=["ctrl-c", "sigterm"]
)
def test_a_run_that_is_stopped_says_so_writes_it_down_and_is_completed_by_the_next(
    tmp_path: Path, sent: signal.Signals, by: str, exit_code: int
) -> None:
    database = tmp_path / "staging.duckdb"
    with SimulatedJira(150, projects=3, settings=Settings(custom_fields=17)) as jira:
        shell = demo_shell(tmp_path, jira)
        jira.faults.add("slow", path="bulkfetch", after=1, seconds=30.0)
        words = [sys.executable, "-m", "jira_staging", *shell.sync("--json")]
        with subprocess.Popen(
            [sys.executable, "-c", STOPPABLE, *words],
            env=shell.environment(),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            while jira.requests.count("bulkfetch") < 2 and process.poll() is None:
                time.sleep(0.02)
            began = time.monotonic()
            process.send_signal(sent)
            out, err = process.communicate(timeout=60)
        assert time.monotonic() - began < 10
        stopped = STOPPED.format(by)
        assert process.returncode == exit_code
        assert one_object(out) == {"error": "Interrupted", "message": stopped[14:], "retry": True, "exit_code": exit_code}
        assert err.splitlines()[-1] == stopped
        assert "Traceback" not in err
        assert len(issue_ids(database)) < 150
        with duckdb.connect(database, read_only=True) as connection:
            assert connection.execute("SELECT DISTINCT status FROM staging.jira._sync_run").fetchall() == [("failed",)]
        jira.faults.clear()
        assert shell.run(*shell.sync()).returncode == 0
        assert issue_ids(database) == sorted(jira.site.issues)


def test_it_runs_where_airflow_is_not_installed(shell: Shell) -> None:
    script = f"""
        import sys
        class NoAirflow:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] == "airflow":
                    raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
        sys.meta_path.insert(0, NoAirflow())
        from jira_staging.command_line import main
        sys.exit(main({shell.sync("--json")!r}))
    """
    done = shell.run_python("-c", textwrap.dedent(script))
    assert done.returncode == 0, done.stderr
    assert one_object(done.stdout)["rows"]["issue"]["inserted"] == ISSUES


@pytest.mark.parametrize(
    ("destination", "schema", "path"),
    [
        ("duckdb:a folder/my tables.duckdb", "jira", "a folder/my tables.duckdb"),
        ("duckdb:~/home.duckdb", "jira", "home.duckdb"),
        ("duckdb:colon:inside.db", 'the "best" schema', "colon:inside.db"),
        ("duckdb:./x/../y.duckdb", "Jira; DROP SCHEMA main", "y.duckdb"),
    ],
)
def test_a_destination_is_a_path_and_a_schema_any_name(
    here: Shell, monkeypatch: pytest.MonkeyPatch, destination: str, schema: str, path: str
) -> None:
    monkeypatch.setenv("HOME", str(here.folder))
    (here.folder / "a folder").mkdir()
    (here.folder / "x").mkdir()
    assert main(here.sync("--schema", schema, "--entities", "issue", destination=destination)) == 0
    assert issue_ids(here.folder / path, schema) == sorted(here.jira.site.issues)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "The following arguments are required: command. See `jira-staging --help`."),
        (
            ["sync", "--token=abc123", "--limit", "5"],
            "The following arguments are required: --site, --api-token, --destination.",
        ),
        (["secret-definitions", "list", "--token=abc123"], "There is no option `--token` here. See `jira-staging --help`."),
        (["secret-definitions", "list", "--verb"], "There is no option `--verb` here. See `jira-staging --help`."),
        (["secret-definitions", "list", "abc123"], "There is a word too many: names are separated by commas."),
        (["sync", "--projects", ","], "Argument --projects: give at least one name, or leave the option out."),
        (["sync", "--jql", " "], "Argument --jql: it is empty: fill it in, or leave the option out."),
        (["sync", "--limit", "0"], "Argument --limit: give a whole number that is 1 or more."),
        (["sync", "--lookback-hours", "nan"], "Argument --lookback-hours: give a number that is 0 or more."),
        (["sync", "--lookback-hours", "1e308"], "Argument --lookback-hours: give 87,600 hours (ten years) at most"),
        (["sync", "--wait-limit", "soon"], "Argument --wait-limit: give a number that is 0 or more."),
    ],
)
def test_words_that_make_no_command_are_wrong_use_and_no_value_is_repeated(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--json"]) == 2
    printed = capsys.readouterr()
    told = one_object(printed.out)
    assert told["error"] == "WrongUse"
    assert told["message"].startswith(sentence)
    assert printed.err == f"jira-staging: {told['message']}\n"
    assert "abc123" not in printed.out + printed.err


def test_a_command_leaves_the_log_as_it_was(here: Shell) -> None:
    root, ours = logging.getLogger(), logging.getLogger("jira_staging")
    before = (list(root.handlers), root.level, ours.level)
    assert main(["secret-definitions", "list", "--definitions", "defs", "--verbose"]) == 0
    assert (list(root.handlers), root.level, ours.level) == before


def test_personal_data_is_hidden_from_a_shell_too(tmp_path: Path, jira: SimulatedJira) -> None:
    shell = demo_shell(tmp_path, jira, PRIVACY_KEY="as long as a key has to be")
    shell.define("privacy", "name: privacy\nbackend: environment\nsecret_name: PRIVACY_KEY\n")
    words = shell.sync("--entities", "user", "--json", "--personal-data", "hash")
    without = shell.run(*words)
    assert (without.returncode, "needs `personal_data_key`" in without.stdout) == (2, True)
    done = shell.run(*words, "--personal-data-key", "privacy")
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(shell.folder / "staging.duckdb"), read_only=True) as connection:
        names = connection.execute("SELECT name FROM jira.user WHERE name IS NOT NULL").fetchall()
    assert names
    assert all(re.fullmatch("[0-9a-f]{32}", name) for (name,) in names)
    assert "as long as a key" not in done.stdout + done.stderr


@pytest.mark.parametrize("words", [("list",), ("list", "--json")], ids=" ".join)
def test_whoever_reads_may_leave_before_the_end(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("name: one\nbackend: environment\nsecret_name: ONE\n")
    command = [sys.executable, "-m", "jira_staging", "secret-definitions", *words, "--definitions", str(tmp_path)]
    read, write = os.pipe()
    os.close(read)  # as `| head` does, only sooner
    ended = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("words", [(), ("--json",)], ids=["lines", "json"])
def test_an_output_that_takes_no_more_is_told_in_words(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("name: one\nbackend: environment\nsecret_name: ONE\n")
    listed = f"{sys.executable} -m jira_staging secret-definitions list {' '.join(words)} --definitions {tmp_path}"
    command = f"ulimit -f 0; {listed} > {tmp_path / 'listed'}"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == (
        "jira-staging: Standard output takes no more (File too large): what was done is done, and how it ended is not "
        "told there.\n"
    )


@pytest.mark.parametrize("closing", ["exec >&-;", ""], ids=["closed", "latin-1"])
def test_an_output_that_is_closed_or_has_few_letters_ends_nothing(closing: str, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("name: one\nbackend: environment\nsecret_name: Łódź\n", encoding="utf-8")
    command = f"{closing} {sys.executable} -m jira_staging secret-definitions show one --definitions {tmp_path}"
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    ended = subprocess.run(["bash", "-c", command], capture_output=True, env=environment, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert closing or b"\\u0141\xf3d\\u017a" in ended.stdout
