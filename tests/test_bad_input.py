"""Bad input: each is refused in one sentence that says what to do, and what was loaded before is as it was."""

import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest

from demo.vault import secrets_manager
from jira_staging.command_line import main
from jira_staging.tables import ENTITIES, GROUPS
from shell_commands import Shell, demo_shell
from simulated_jira import Settings, SimulatedJira

AWS = "name: aws\nbackend: aws_secrets_manager\nsecret_name: prod/jira\nsecret_key: {key}\noptions:\n  region: eu-central-1\n"
TRACE_ID = re.compile(r" \(Jira's trace id: \w+\)")


@pytest.fixture(scope="module")
def jira() -> Iterator[SimulatedJira]:
    with SimulatedJira(20, projects=2, settings=Settings(custom_fields=17)) as jira:
        yield jira


@pytest.fixture(scope="module")
def loaded(jira: SimulatedJira, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file that a good run has filled."""
    shell = demo_shell(tmp_path_factory.mktemp("loaded"), jira)
    done = shell.run(*shell.sync())
    assert done.returncode == 0, done.stderr
    return shell.folder / "staging.duckdb"


@pytest.fixture
def shell(tmp_path: Path, jira: SimulatedJira, loaded: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    shutil.copy(loaded, tmp_path / "staging.duckdb")
    shell = demo_shell(
        tmp_path, jira, AWS_ACCESS_KEY_ID="AKIAINVENTED", AWS_SECRET_ACCESS_KEY="invented", AWS_EC2_METADATA_DISABLED="true"
    )
    shell.define("prod", "name: prod\nbackend: environment\nsecret_name: DEMO_JIRA_TOKEN\n")
    monkeypatch.chdir(tmp_path)
    for name, value in shell.environment().items():
        monkeypatch.setenv(name, value)
    for name in ("JIRA_STAGING_ALLOWED_HTTP_SITES", "JIRA_STAGING_ALLOWED_PRIVATE_SITES"):
        monkeypatch.delenv(name, raising=False)
    return shell


@pytest.fixture
def refused(shell: Shell, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a sync that is to be refused. Gives its exit code and its last line, with nothing loaded or lost meanwhile."""

    def refused(*words: str, **names: str) -> tuple[int, str]:
        before = what_is_loaded(shell.folder / "staging.duckdb")
        exit_code = main(shell.sync(*words, **names))
        printed = capsys.readouterr()
        assert what_is_loaded(shell.folder / "staging.duckdb") == before
        assert printed.out == ""
        assert shell.jira.token not in printed.err
        *_, last = printed.err.splitlines()
        return exit_code, TRACE_ID.sub("", last.removeprefix("jira-staging: "))

    return refused


def what_is_loaded(database: Path) -> tuple[list[tuple[object, ...]], ...]:
    """The issues, and how far each scope was read. When what takes turns was read may move: lists of the site come first."""
    with duckdb.connect(str(database), read_only=True) as connection:
        issues = connection.execute("SELECT id, key, updated_at, _deleted_at FROM jira.issue ORDER BY id").fetchall()
        lasting = "entity NOT IN ('role_actor', 'board', 'board_project', 'group_member')"
        states = connection.execute(f"SELECT * FROM jira._sync_state WHERE {lasting} ORDER BY ALL").fetchall()
    assert issues
    assert states
    return issues, states


@pytest.mark.parametrize(
    ("api_token", "definition", "sentence"),
    [
        (
            "prd",
            None,
            "No secret definition is called `prd`. Looked in `defs`, which has `demo`, `prod`. Did you mean `prod`?",
        ),
        (
            "broken",
            "name: broken\nbackend: [environment\nsecret_name: X\n",
            "defs/broken.yaml, line 3: not valid YAML (expected ',' or ']', but got ':'). Repair it there.",
        ),
        (
            "short",
            "name: short\nbackend: environment\n",
            "defs/short.yaml: `secret_name` is missing. A definition needs `name`, `backend`, `secret_name`.",
        ),
        (
            "unknown",
            "name: unknown\nbackend: aws_secret_manager\nsecret_name: X\n",
            (
                "Secret definition `unknown` (defs/unknown.yaml): there is no backend `aws_secret_manager`. Did you mean "
                "`aws_secrets_manager`? There are `aws_secrets_manager`, `azure_key_vault`, `environment`, `snowflake_schema`."
            ),
        ),
        (
            "value",
            "name: value\nbackend: environment\nsecret_name: X\ntoken: ATATT3xInvented\n",
            (
                "defs/value.yaml, line 4: `token` looks like a secret, and a definition says only where a secret lies. "
                "Remove the "
                "key, put its value into the vault, and revoke the token if this was ever committed or shared."
            ),
        ),
    ],
)
def test_a_wrong_definition(
    refused: Callable[..., tuple[int, str]], shell: Shell, api_token: str, definition: str | None, sentence: str
) -> None:
    if definition:
        shell.define(api_token, definition)
    assert refused(api_token=api_token) == (2, sentence)


def test_a_vault_that_nobody_answers_for(
    refused: Callable[..., tuple[int, str]], shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    shell.define("aws", AWS.format(key="api_token"))
    assert refused(api_token="aws") == (
        4,
        (
            "The secret `prod/jira` of AWS Secrets Manager in `eu-central-1`: no answer. boto3 says "
            "EndpointConnectionError: Could "
            'not connect to the endpoint URL: "http://127.0.0.1:1/". Check the network, then try again. (Secret '
            "definition `aws`.)"
        ),
    )


def test_a_vault_that_takes_the_call_and_never_answers(
    refused: Callable[..., tuple[int, str]], shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of the 15 seconds for which each of three tries waits, so that the test need not.
    monkeypatch.setattr("jira_staging.secret_backends.aws_secrets_manager.READ_SECONDS", 0.3)
    shell.define("aws", AWS.format(key="api_token"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        began = time.monotonic()
        assert refused(api_token="aws") == (
            4,
            (
                "The secret `prod/jira` of AWS Secrets Manager in `eu-central-1`: no answer. boto3 says ReadTimeoutError: Read "
                f'timeout on endpoint URL: "{endpoint}/". Check the network, then try again. (Secret definition `aws`.)'
            ),
        )
    assert time.monotonic() - began < 20


def test_a_key_that_the_secret_does_not_have(
    refused: Callable[..., tuple[int, str]], shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.define("aws", AWS.format(key="tokn"))
    with secrets_manager({"prod/jira": {"api_token": shell.jira.token, "owner": "data platform"}}) as connection:
        extra = connection["extra"]
        assert isinstance(extra, dict)
        monkeypatch.setenv("AWS_ENDPOINT_URL", extra["endpoint_url"])
        assert refused(api_token="aws") == (
            3,
            (
                "The secret `prod/jira` of AWS Secrets Manager in `eu-central-1` has no key `tokn` (it has "
                "`api_token`, `owner`). "
                "Did you mean `secret_key: api_token`? (Secret definition `aws`.)"
            ),
        )


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (
            ["--projects", "AND,PAI"],
            2,
            (
                "The account sees no project `PAI`. Did you mean `PAY`? It sees 2: AND, PAY. Check the key, or let the account "
                "browse the project."
            ),
        ),
        (
            ["--jql", "projectt = PAY"],
            3,
            (
                "Jira at {site} refused the question POST /rest/api/3/search/jql (400: Field 'projectt' does not exist "
                "or you do "
                "not have permission to view it.)."
            ),
        ),
        (
            ["--jql", "project = AND ORDER BY key"],
            2,
            "The JQL brings its own ORDER BY: remove it; a sweep needs its own order (ORDER BY created ASC, key ASC).",
        ),
    ],
)
def test_a_question_that_jira_cannot_answer(
    refused: Callable[..., tuple[int, str]], shell: Shell, words: list[str], exit_code: int, sentence: str
) -> None:
    assert refused(*words) == (exit_code, sentence.format(site=shell.jira.url))


def test_an_unknown_entity(refused: Callable[..., tuple[int, str]]) -> None:
    exit_code, sentence = refused("--entities", "isue")
    assert exit_code == 2
    known, groups = ", ".join(ENTITIES), ", ".join(GROUPS)
    assert sentence == f"No entity is called `isue`. Did you mean `issue`? Entities: {known}; groups: {groups}."


class Web(BaseHTTPRequestHandler):
    """A web server that is no Jira: a page everywhere, and 404 with a page below `/gone`."""

    def do_GET(self) -> None:
        page = b"<html><head><title>Welcome to nginx!</title></head><body></body></html>"
        self.send_response(404 if self.path.startswith("/gone") else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Nothing: what is printed is what is tested."""


@contextmanager
def web_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("path", "status"), [("", 200), ("/gone", 404)])
def test_a_site_that_is_not_jira(refused: Callable[..., tuple[int, str]], path: str, status: int) -> None:
    with web_server() as site:
        assert refused("--site", f"{site}{path}") == (
            3,
            (
                f"No Jira answers at {site}{path} ({status} on /rest/api/3/myself: an HTML page titled `Welcome to "
                f"nginx!`). Check "
                "its address; a site that was renamed, closed or suspended answers like this too."
            ),
        )


@pytest.mark.parametrize(
    ("site", "exit_code", "sentence"),
    [
        (
            "http://93.184.215.14",
            3,
            (
                "The site http://93.184.215.14 is plain http, which would show the token to everyone on the way: write "
                "https, or "
                "have the deployment list `93.184.215.14` in `allowed_http_sites` "
                "(from a shell: `JIRA_STAGING_ALLOWED_HTTP_SITES`)."
            ),
        ),
        (
            "https://10.1.2.3/jira/",
            3,
            (
                "The site https://10.1.2.3/jira leads to the private address 10.1.2.3, and this deployment connects to "
                "public hosts "
                "only. If your Jira lives there, have the deployment list `10.1.2.3` in `allowed_private_sites` "
                "(from a shell: `JIRA_STAGING_ALLOWED_PRIVATE_SITES`)."
            ),
        ),
        (
            "https://me:secret@acme.atlassian.net",
            2,
            "The site's address holds a user or a password: remove it; the token comes from the secret definition.",
        ),
        ("", 2, "No site: give the address of your Jira, like `https://acme.atlassian.net`."),
    ],
)
def test_a_site_that_is_not_connected_to(
    refused: Callable[..., tuple[int, str]], site: str, exit_code: int, sentence: str
) -> None:
    assert refused("--site", site) == (exit_code, sentence)


def test_a_private_address_is_connected_to_where_the_deployment_lists_it(
    refused: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA_STAGING_ALLOWED_PRIVATE_SITES", "jira.example.com, fd00::1")
    exit_code, sentence = refused("--site", "https://[fd00::1]", "--wait-limit", "0")
    # Nobody lives there, either.
    assert exit_code == 4
    assert "No answer from https://[fd00::1]" in sentence


@pytest.mark.parametrize(
    ("destination", "exit_code", "sentence"),
    [
        (
            "staging.duckdb",
            2,
            (
                "`staging.duckdb:…` is no destination. Write `duckdb:PATH`, like `duckdb:jira_staging.duckdb`, "
                "`postgresql://USER@HOST/DATABASE`, `snowflake:NAME`, `snowflake://USER@ACCOUNT/DATABASE` or `files:FOLDER`."
            ),
        ),
        (
            "duckdb:",
            2,
            (
                "`duckdb:…` is no destination. Write `duckdb:PATH`, like `duckdb:jira_staging.duckdb`, "
                "`postgresql://USER@HOST/DATABASE`, `snowflake:NAME`, `snowflake://USER@ACCOUNT/DATABASE` or `files:FOLDER`."
            ),
        ),
        (
            "duckdb:gone/x.duckdb",
            5,
            (
                "The DuckDB file {folder}/gone/x.duckdb cannot be used: IO Error: Cannot open file "
                '"{folder}/gone/x.duckdb": No such '
                "file or directory. Name a DuckDB file in a folder that is writable."
            ),
        ),
        (
            "duckdb:defs",
            5,
            (
                'The DuckDB file {folder}/defs cannot be used: IO Error: Could not read from file "{folder}/defs": Is '
                "a directory. "
                "Name a DuckDB file in a folder that is writable."
            ),
        ),
        ("duckdb::memory:", 5, "Staging tables need a DuckDB file: one in memory is gone when its connection closes."),
    ],
)
def test_a_destination_that_cannot_be_written(
    refused: Callable[..., tuple[int, str]], shell: Shell, destination: str, exit_code: int, sentence: str
) -> None:
    assert refused(destination=destination) == (exit_code, sentence.format(folder=shell.folder))


def test_a_file_that_another_process_has_open(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    holding = "import duckdb, sys; held = duckdb.connect('staging.duckdb'); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holding], cwd=shell.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert main(shell.sync("--database-wait", "0.2")) == 5
        *_, last = capsys.readouterr().err.splitlines()
        assert re.fullmatch(
            rf"jira-staging: The DuckDB file {shell.folder}/staging\.duckdb is held by \S+ \(PID {holder.pid}\)( by user "
            rf"\w+)?; "
            r"waited 0\.2 s\. DuckDB lets one process write, and no other read meanwhile: close that program, open the "
            r"file there "
            r"only for a query, or run again later\.",
            last,
        )
        # It is let go while the next run waits for it.
        threading.Timer(0.5, holder.communicate).start()
        assert main(shell.sync("--database-wait", "60", "--entities", "project")) == 0
    assert what_is_loaded(shell.folder / "staging.duckdb")


def test_a_file_named_like_the_schema_works_and_says_so(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shell.sync(destination="duckdb:jira.duckdb")) == 0
    warned = (
        f"The DuckDB file {shell.folder}/jira.duckdb is named like the schema jira, so DuckDB refuses jira.issue as ambiguous. "
        "Give the file or the schema another name, or write jira.jira.issue."
    )
    assert warned in capsys.readouterr().err
    with duckdb.connect(str(shell.folder / "jira.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM jira.jira.issue").fetchall() == [(20,)]


def test_a_token_that_jira_refuses(
    refused: Callable[..., tuple[int, str]], shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_JIRA_TOKEN", "ATATT3xInventedAndUsedUp")
    assert refused() == (
        3,
        (
            f"Jira refused the token of `demo` for {shell.jira.email} at {shell.jira.url} (401, AUTHENTICATED_FAILED). Check "
            "whose it is (`account`); tokens expire: create one at id.atlassian.com (Security, API tokens) and "
            "store it where the definition `demo` points. Nothing was published after this."
        ),
    )
