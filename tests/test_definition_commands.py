"""`jira-staging secret-definitions`: what each act shows, writes and refuses, and that no value is ever among it."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jira_staging.command_line import main
from jira_staging.errors import WrongUse
from jira_staging.records import ApiToken, SecretDefinition
from jira_staging.secret_definitions.yaml_writing import WritableYamlFiles
from jira_staging.tokens import fingerprint
from shell_commands import Shell, demo_shell, one_object
from simulated_jira import Settings, SimulatedJira

DEMO = {
    "name": "demo",
    "project": "default",
    "backend": "environment",
    "secret_name": "DEMO_JIRA_TOKEN",
    "kept_in": "defs/demo.yaml",
}
WHOLE = SecretDefinition(
    name="jira-prod",
    backend="snowflake_schema",
    secret_name="no",
    secret_key="0123",
    vault="über",
    database="PIPELINE: #1",
    schema='it\'s "quoted"',
    vault_conn_id="snowflake_default",
    options={"mode": "reader", "role": "yes"},
    kind="basic_base64",
    account="bot@example.com",
    project="finance",
    description="The nightly sync" * 16,
    expires_on=date(2027, 1, 31),
)


@pytest.fixture(scope="module")
def jira() -> Iterator[SimulatedJira]:
    with SimulatedJira(5, projects=1, settings=Settings(custom_fields=17)) as jira:
        yield jira


@pytest.fixture
def shell(tmp_path: Path, jira: SimulatedJira, monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell = demo_shell(tmp_path, jira)
    monkeypatch.chdir(tmp_path)
    for name, value in shell.environment().items():
        monkeypatch.setenv(name, value)
    return shell


@pytest.fixture
def act(shell: Shell, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    """Runs one act with `--json`. Gives its exit code and its object."""

    def act(*words: str) -> tuple[int, dict[str, Any]]:
        exit_code = main(["secret-definitions", *words, "--definitions", "defs", "--json"])
        return exit_code, one_object(capsys.readouterr().out)

    return act


def test_a_list_has_what_can_be_read_and_what_cannot(shell: Shell, act: Callable[..., tuple[int, Any]]) -> None:
    assert act("list") == (0, {"definitions": [DEMO], "problems": []})
    problem = "defs/broken.yaml: `secret_name` is missing. A definition needs `name`, `backend`, `secret_name`."
    shell.define("broken", "name: broken\nbackend: environment\n")
    assert act("list") == (2, {"definitions": [DEMO], "problems": [problem]})
    twin = "The secret definition `demo` stands in 2 files: defs/demo.yaml and defs/twin.yaml. Rename one of them."
    shell.define("twin", "name: demo\nbackend: environment\nsecret_name: X\n")
    exit_code, told = act("list")
    assert exit_code == 2
    assert told["problems"] == [problem, twin]


def test_a_person_reads_a_list_in_columns(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.define("b", "name: jira\nproject: finance\nbackend: aws_secrets_manager\nsecret_name: prod/jira\n")
    assert main(["secret-definitions", "list", "--definitions", "defs"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "NAME          BACKEND              SECRET           KEPT IN",
        "finance/jira  aws_secrets_manager  prod/jira        defs/b.yaml",
        "demo          environment          DEMO_JIRA_TOKEN  defs/demo.yaml",
    ]


def test_an_empty_list_says_where_nothing_is(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["secret-definitions", "list", "--definitions", "no/such/folder"]
    assert main(words) == 0
    assert capsys.readouterr().out == (
        "There is no secret definition in `no/such/folder` (there is no such folder). "
        "`jira-staging secret-definitions create` writes one.\n"
    )
    assert main([*words, "--json"]) == 0
    assert one_object(capsys.readouterr().out) == {"definitions": [], "problems": []}


def test_a_file_is_no_folder_of_definitions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "demo.yaml").write_text("name: demo\nbackend: environment\nsecret_name: X\n")
    assert main(["secret-definitions", "list", "--definitions", str(tmp_path / "demo.yaml")]) == 2
    assert "demo.yaml` is a file. `--definitions` takes the folder" in capsys.readouterr().err


def test_what_is_created_is_shown_and_is_in_a_file(shell: Shell, act: Callable[..., tuple[int, Any]]) -> None:
    created = {
        "name": "jira",
        "project": "finance",
        "backend": "aws_secrets_manager",
        "secret_name": "prod/jira",
        "secret_key": "api_token",
        "options": {"region": "eu-west-1", "version_stage": "AWSCURRENT"},
        "account": "bot@example.com",
        "expires_on": "2027-01-31",
        "kept_in": "defs/finance.jira.yaml",
    }
    words = "create finance/jira --backend aws_secrets_manager --secret-name prod/jira --secret-key api_token"
    words += " --account bot@example.com --expires-on 2027-01-31 --option region=eu-west-1 --option version_stage=AWSCURRENT"
    assert act(*words.split()) == (0, created)
    assert act("show", "finance/jira") == (0, created)
    assert (shell.folder / "defs" / "finance.jira.yaml").read_text() == (
        "name: jira\nbackend: aws_secrets_manager\nsecret_name: prod/jira\nsecret_key: api_token\noptions:\n"
        "  region: eu-west-1\n  version_stage: AWSCURRENT\naccount: bot@example.com\nproject: finance\n"
        "expires_on: '2027-01-31'\n"
    )


def test_a_person_reads_a_definition_in_lines(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.define("aws", "name: aws\nbackend: aws_secrets_manager\nsecret_name: a\noptions: {region: x, version_id: y}\n")
    assert main(["secret-definitions", "show", "aws", "--definitions", "defs"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "name         aws",
        "project      default",
        "backend      aws_secrets_manager",
        "secret_name  a",
        "options      region=x",
        "options      version_id=y",
        "kept_in      defs/aws.yaml",
    ]


def test_a_copy_is_the_reference_under_another_name(act: Callable[..., tuple[int, Any]]) -> None:
    copied = {**DEMO, "name": "jira", "project": "finance", "kept_in": "defs/finance.jira.yaml"}
    assert act("copy", "demo", "finance/jira") == (0, copied)
    assert act("copy", "finance/jira", "demo2") == (0, {**DEMO, "name": "demo2", "kept_in": "defs/demo2.yaml"})
    exit_code, told = act("list")
    assert exit_code == 0
    assert [one["name"] for one in told["definitions"]] == ["demo", "demo2", "jira"]


def test_what_is_deleted_is_gone(shell: Shell, act: Callable[..., tuple[int, Any]]) -> None:
    assert act("copy", "demo", "finance/demo")[0] == 0
    deleted = {"deleted": "demo", "project": "finance", "kept_in": "defs/finance.demo.yaml"}
    assert act("delete", "finance/demo") == (0, deleted)
    assert [path.name for path in (shell.folder / "defs").iterdir()] == ["demo.yaml"]
    exit_code, told = act("delete", "finance/demo")
    assert (exit_code, told["error"]) == (2, "SecretDefinitionNotFound")


def test_a_test_signs_in_and_tells_everything_but_the_token(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["secret-definitions", "test", "demo", *shell.signed_in, "--json"]) == 0
    printed = capsys.readouterr()
    jira = shell.jira
    assert one_object(printed.out) == {
        "definition": "demo",
        "backend": "environment",
        "site": jira.url,
        "door": jira.url,
        "account": jira.email,
        "account_id": jira.account.account_id,
        "account_name": jira.account.name,
        "time_zone": "America/New_York",
        "kind": "api_token",
        "length": len(jira.token),
        "fingerprint": fingerprint(ApiToken(jira.token, jira.email, "api_token", "demo")),
        "expires_on": None,
    }
    half = len(jira.token) // 2
    for piece in (jira.token, jira.token[:half], jira.token[half:]):
        assert piece not in printed.out + printed.err


def test_a_test_warns_of_a_token_that_expires_and_fails_as_a_sync_would(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.define("old", "name: old\nbackend: environment\nsecret_name: DEMO_JIRA_TOKEN\nexpires_on: 2020-01-31\n")
    monkeypatch.setenv("DEMO_JIRA_TOKEN", "ATATT3xInventedAndUsedUp")
    assert main(["secret-definitions", "test", "old", *shell.signed_in]) == 3
    warned, refused = capsys.readouterr().err.splitlines()
    assert "The API token of secret definition `old` expired on 2020-01-31" in warned
    assert refused.startswith(f"jira-staging: Jira refused the token of `old` for {shell.jira.email}")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            "create demo --backend environment --secret-name X",
            "The secret definition `demo` exists already, in defs/demo.yaml. Choose another name, or delete that one first.",
        ),
        (
            "copy demo demo",
            "The secret definition `demo` exists already, in defs/demo.yaml. Choose another name, or delete that one first.",
        ),
        ("create taken --backend environment --secret-name X", "defs/taken.yaml exists already and holds something else."),
        ("create a b --backend environment --secret-name X", "There is a word too many"),
        ("create a.b --backend environment --secret-name X", "`NAME`: the name of a definition is 1 to 128 letters"),
        ("create a/b/c --backend environment --secret-name X", "`NAME`: the project of a definition is 1 to 128 letters"),
        ("copy demo ../demo", "NEW_NAME: the project of a definition is 1 to 128 letters"),
        ("create jira --secret-name X", "The following arguments are required: --backend."),
        ("create jira --backend aws --secret-name X", "Secret definition `jira` (`create`): there is no backend `aws`."),
        (
            "create jira --backend environment --secret-name X --vault Y",
            "Secret definition `jira` (`create`): the backend `environment` has no `vault`. Remove it.",
        ),
        ("create jira --backend environment --secret-name X --option region", "An `--option` is written KEY=VALUE"),
        (
            "create jira --backend environment --secret-name X --option region=x",
            "Secret definition `jira` (`create`): the backend `environment` has no option `region`. It has none:",
        ),
        ("create jira --backend environment --secret-name X --kind tokn", "`--kind`: no such kind."),
        ("create jira --backend environment --secret-name X --expires-on soon", "`--expires-on`: `expires_on` must be a day"),
        (
            "create jira --backend environment --secret-name ATATT3xInventedToken",
            "`--secret-name`: `secret_name` holds an API token itself, and a definition says only where one lies.",
        ),
        (
            "show dmo",
            "No secret definition is called `dmo`. Looked in `defs`, which has `demo`, `something-else`. Did you mean",
        ),
        ("copy dmo x", "No secret definition is called `dmo`."),
        ("test demo", "The following arguments are required: --site."),
    ],
)
def test_wrong_use_is_refused_and_writes_nothing(
    shell: Shell, act: Callable[..., tuple[int, Any]], words: str, sentence: str
) -> None:
    shell.define("taken", "name: something-else\nbackend: environment\nsecret_name: X\n")
    exit_code, told = act(*words.split())
    assert exit_code == 2
    assert told["message"].startswith(sentence), told["message"]
    assert "InventedToken" not in told["message"]
    assert sorted(path.name for path in (shell.folder / "defs").iterdir()) == ["demo.yaml", "taken.yaml"]


def test_a_definition_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    store = WritableYamlFiles(tmp_path / "new" / "folder")
    added = store.add(WHOLE)
    assert {**vars(added), "kept_in": ""} == vars(WHOLE)
    assert store.find("jira-prod", "finance") == added
    assert added.kept_in == str(tmp_path / "new" / "folder" / "finance.jira-prod.yaml")
    store.remove(added)
    assert store.readable() == ((), ())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WrongUse) as caught:
        WritableYamlFiles(tmp_path / "file").add(SecretDefinition("a", "environment", "A"))
    assert str(caught.value) == f"{tmp_path}/file/a.yaml cannot be written: File exists. Choose a folder that is writable."
    with pytest.raises(WrongUse) as caught:
        WritableYamlFiles(tmp_path).remove(SecretDefinition("a", "environment", "A", kept_in=f"{tmp_path}/gone.yaml"))
    assert str(caught.value) == (
        f"{tmp_path}/gone.yaml cannot be deleted: No such file or directory. Repair its folder's permissions."
    )
