"""Secret definitions: files and their lines, names and their neighbours, and the day on which a token expires."""

from datetime import date
from pathlib import Path

import pytest

from jira_staging.errors import SecretDefinitionMalformed, SecretDefinitionNotFound, WrongUse
from jira_staging.records import SecretDefinition
from jira_staging.secret_definitions import (
    YamlFiles,
    days_left,
    definition_from,
    definitions_folder,
    expiry_warning,
    find_definition,
)
from jira_staging.secret_definitions.entries import KEYS

EXAMPLES = Path(__file__).parents[1] / "include" / "secret_definitions"
INVENTED_TOKEN = "ATATT3xFfGF0invented=12345678"

WHOLE = """\
# Where the token lies.
name: jira-prod
backend: snowflake_schema
secret_name: JIRA_API_TOKEN
secret_key: token
database: PIPELINE
schema: SECRETS
vault_conn_id: snowflake_default
kind: basic_base64
account: bot@example.com
project: finance
description: The nightly sync.
expires_on: 2027-01-31
options:
  mode: reader
  role: JIRA_SYNC
"""
SHORT = "name: {name}\nbackend: environment\nsecret_name: JIRA_API_TOKEN\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("demo", "jira-prod"):
        (tmp_path / f"{name}.yaml").write_text(SHORT.format(name=name))
    return tmp_path


def message_of(text: str, folder: Path) -> str:
    """What is said about a file with this text, with the folder's name cut off."""
    (folder / "broken.yaml").write_text(text)
    with pytest.raises(SecretDefinitionMalformed) as caught:
        YamlFiles(folder).find("broken", "default")
    return str(caught.value).replace(f"{folder}/", "")


def test_a_broken_file_that_is_called_like_a_definition_of_a_project_is_told(folder: Path) -> None:
    (folder / "finance.fin.yaml").write_text("name: fin\nexpires_on: soon\n")
    with pytest.raises(SecretDefinitionMalformed, match=r"finance\.fin\.yaml"):
        YamlFiles(folder).find("fin", "finance")
    assert YamlFiles(folder).find("fin", "marketing") is None


def test_a_file_gives_every_field_of_a_definition(tmp_path: Path) -> None:
    (tmp_path / "any.yml").write_text(WHOLE)
    assert YamlFiles(tmp_path).readable()[0] == (
        SecretDefinition(
            name="jira-prod",
            backend="snowflake_schema",
            secret_name="JIRA_API_TOKEN",
            secret_key="token",
            database="PIPELINE",
            schema="SECRETS",
            vault_conn_id="snowflake_default",
            options={"mode": "reader", "role": "JIRA_SYNC"},
            kind="basic_base64",
            account="bot@example.com",
            project="finance",
            description="The nightly sync.",
            expires_on=date(2027, 1, 31),
            kept_in=str(tmp_path / "any.yml"),
        ),
    )


def test_names_are_trimmed_and_a_byte_order_mark_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b'\xef\xbb\xbfname: "  jira(prod)_1 "\nbackend: environment\nsecret_name: X\n')
    assert [definition.name for definition in YamlFiles(tmp_path).readable()[0]] == ["jira(prod)_1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "name: a\nbackend: [\n",
            "broken.yaml, line 3: not valid YAML (expected the node content, but found '<stream end>'). Repair it there.",
        ),
        (INVENTED_TOKEN, "broken.yaml must hold `key: value` lines, beginning with `name:`."),
        ("", "broken.yaml must hold `key: value` lines, beginning with `name:`."),
        ("name: a\nname: b\n", "broken.yaml, line 2: `name` stands here a second time. Remove one."),
        ("name: a\n1: b\n", "broken.yaml, line 2: a key of a definition is a plain word."),
        (
            "name: !!python/object:os.system a\n",
            "broken.yaml, line 1: not valid YAML (could not determine a constructor for the tag that). Repair it there.",
        ),
        (
            "name: broken\nbackend: environment\n",
            "broken.yaml: `secret_name` is missing. A definition needs `name`, `backend`, `secret_name`.",
        ),
        (
            "name: broken\nbackend: environment\nsecret_nam: X\n",
            "broken.yaml, line 3: a definition has no key `secret_nam`. Did you mean `secret_name`? It has "
            + ", ".join(f"`{key}`" for key in KEYS)
            + "; what only one backend knows, like `region` or `version`, stands under `options`.",
        ),
        (
            "name: broken\nbackend: environment\nsecret_name: 123\n",
            "broken.yaml, line 3: `secret_name` must be text, not a number. Put it in quotes.",
        ),
        (
            "name: broken\nbackend: environment\nsecret_name: '  '\n",
            "broken.yaml, line 3: `secret_name` is empty. Fill it in or remove it.",
        ),
        (
            "name: broken\nbackend: environment\nsecret_name: |\n  two\n  lines\n",
            "broken.yaml, line 3: `secret_name` must be one line of at most 2048 characters, without control characters.",
        ),
        (
            "backend: environment\nname: not allowed\nsecret_name: X\n",
            "broken.yaml, line 2: the name of a definition is 1 to 128 letters, digits, `_`, `-`, `(` and `)`. Rename it.",
        ),
        (
            SHORT.format(name="broken") + "project: a/b\n",
            "broken.yaml, line 4: the project of a definition is 1 to 128 letters, digits, `_`, `-`, `(` and `)`. Rename it.",
        ),
        (
            SHORT.format(name="broken") + "kind: api-token\n",
            (
                "broken.yaml, line 4: no such kind. Did you mean `api_token`? It is one of `api_token`, `basic_base64`, "
                "`personal_access_token`, `oauth_client`."
            ),
        ),
        (
            SHORT.format(name="broken") + "expires_on: next year\n",
            "broken.yaml, line 4: `expires_on` must be a day like 2027-01-31.",
        ),
        (
            SHORT.format(name="broken") + "expires_on: 2027-01-31 10:00:00\n",
            "broken.yaml, line 4: `expires_on` must be a day like 2027-01-31.",
        ),
        (
            SHORT.format(name="broken") + f"description: {'x' * 257}\n",
            "broken.yaml, line 4: `description` is longer than 256 characters.",
        ),
        (
            SHORT.format(name="broken") + "options: [region]\n",
            "broken.yaml, line 4: `options` must be names with texts, not a list.",
        ),
        (
            SHORT.format(name="broken") + "options:\n  region: 1\n",
            "broken.yaml, line 4: `options.region` must be text, not a number. Put it in quotes.",
        ),
    ],
)
def test_a_broken_file_is_told_by_file_line_and_repair(text: str, said: str, folder: Path) -> None:
    assert message_of(text, folder) == said


@pytest.mark.parametrize(
    "key", ["value", "token", "password", "secret", "api_token", "secret_value", "client_secret", "api_key"]
)
@pytest.mark.parametrize("indent", ["", "options:\n  "])
def test_a_definition_that_holds_a_secret_is_refused_without_repeating_it(key: str, indent: str, folder: Path) -> None:
    said = message_of(SHORT.format(name="broken") + f"{indent}{key}: invented-value\n", folder)
    assert said == (
        f"broken.yaml, line 4: `{key}` looks like a secret, and a definition says only where a secret lies. Remove the key, "
        "put its value into the vault, and revoke the token if this was ever committed or shared."
    )


@pytest.mark.parametrize("key", ["secret_name", "account", "description"])
def test_an_atlassian_token_in_any_place_is_refused_without_repeating_it(key: str) -> None:
    values: dict[str, object] = {"name": "a", "backend": "environment", "secret_name": "X"}
    with pytest.raises(SecretDefinitionMalformed) as caught:
        definition_from({**values, key: INVENTED_TOKEN}, "the request")
    assert str(caught.value) == (
        f"the request: `{key}` holds an API token itself, and a definition says only where one lies. Put the token into the "
        f"vault, its place there into `{key}`, and revoke the token if this was ever committed or shared."
    )


@pytest.mark.parametrize(
    "text",
    [
        INVENTED_TOKEN,
        f"{INVENTED_TOKEN}: x",
        f"name: *{INVENTED_TOKEN}",
        f"name: !{INVENTED_TOKEN} x",
        f"name: 'a\nx: {INVENTED_TOKEN}",
        f"name: [{INVENTED_TOKEN}",
        f"? [{INVENTED_TOKEN}]\n: x",
    ],
)
def test_a_token_pasted_into_a_file_is_never_repeated(text: str, folder: Path) -> None:
    assert INVENTED_TOKEN not in message_of(text, folder)


def test_a_file_that_is_not_utf8_or_not_readable_is_told(folder: Path) -> None:
    (folder / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    (folder / "large.yaml").write_bytes(b"#" * 100_001)
    _, broken = YamlFiles(folder).survey()
    assert [str(error).replace(f"{folder}/", "") for error in broken.values()] == [
        "large.yaml is larger than 100000 bytes, so no secret definition. Move it.",
        "latin.yaml is not UTF-8 text. Save it as UTF-8.",
    ]


def test_a_day_that_no_calendar_has_is_told_by_its_line(folder: Path) -> None:
    assert message_of("name: x\nexpires_on: 2027-02-30\n", folder) == (
        "broken.yaml, line 2: it has the form of a day, a time or a number, and is none. Correct it, or put it in quotes."
    )


def test_a_deeply_nested_file_is_refused(folder: Path) -> None:
    assert message_of("[" * 50_000, folder) == "broken.yaml: not valid YAML (a value has the wrong form). Repair it there."


def test_two_files_with_one_name_are_refused_by_both_names(folder: Path) -> None:
    (folder / "other.yaml").write_text(SHORT.format(name="demo"))
    said = f"The secret definition `demo` stands in 2 files: {folder}/demo.yaml and {folder}/other.yaml. Rename one of them."
    with pytest.raises(SecretDefinitionMalformed) as caught:
        YamlFiles(folder).find("demo", "default")
    assert str(caught.value) == said
    assert [str(problem) for problem in YamlFiles(folder).readable()[1]] == [said]
    (folder / "other.yaml").write_text(SHORT.format(name="demo") + "project: finance\n")
    assert [(found.project, found.name) for found in YamlFiles(folder).readable()[0]] == [
        ("default", "demo"),
        ("default", "jira-prod"),
        ("finance", "demo"),
    ]


def test_another_broken_file_does_not_stop_a_run(folder: Path) -> None:
    (folder / "broken.yaml").write_text("name: [")
    assert YamlFiles(folder).find("demo", "default") is not None


def test_an_unknown_name_tells_where_it_was_looked_for_and_the_nearest(folder: Path) -> None:
    with pytest.raises(SecretDefinitionNotFound) as caught:
        find_definition("jira-prd", [YamlFiles(folder)])
    assert str(caught.value) == (
        f"No secret definition is called `jira-prd`. Looked in `{folder}`, which has `demo`, `jira-prod`. Did you mean "
        "`jira-prod`?"
    )


def test_an_unknown_name_tells_of_files_that_cannot_be_read(folder: Path) -> None:
    (folder / "zz.yaml").write_text("nam: x\n")
    with pytest.raises(SecretDefinitionNotFound) as caught:
        find_definition("other", [YamlFiles(folder)])
    assert (
        f"Looked in `{folder}`, which has `demo`, `jira-prod`, and cannot be read: {folder}/zz.yaml, line 1: a definition "
        "has no key `nam`." in str(caught.value)
    )


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretDefinitionNotFound) as caught:
        find_definition("demo", [YamlFiles(tmp_path / "gone")])
    assert str(caught.value) == (
        f"No secret definition is called `demo`. Looked in `{tmp_path}/gone` (there is no such folder), which has none. Add "
        "one, or use a name that exists."
    )


@pytest.mark.parametrize(
    ("name", "error"), [("", WrongUse), ("a b", SecretDefinitionMalformed), ("a/b/c", SecretDefinitionMalformed)]
)
def test_a_name_that_cannot_be_one_is_wrong_use(name: str, error: type[Exception], folder: Path) -> None:
    with pytest.raises(error):
        find_definition(name, [YamlFiles(folder)])


class Kept:
    """A second store, as Airflow's Variables are one."""

    place = "Airflow's Variables"

    def __init__(self, *definitions: SecretDefinition) -> None:
        self.definitions = definitions

    def find(self, name: str, project: str) -> SecretDefinition | None:
        return next((one for one in self.definitions if (one.name, one.project) == (name, project)), None)

    def readable(self) -> tuple[tuple[SecretDefinition, ...], tuple[SecretDefinitionMalformed, ...]]:
        return self.definitions, ()


def test_files_win_and_other_stores_are_asked_in_turn(folder: Path) -> None:
    kept = Kept(SecretDefinition("demo", "airflow", "x"), SecretDefinition("page-made", "airflow", "y"))
    stores = [YamlFiles(folder), kept]
    assert find_definition("demo", stores).backend == "environment"
    assert find_definition(" page-made ", stores).backend == "airflow"
    with pytest.raises(SecretDefinitionNotFound) as caught:
        find_definition("pagemade", stores)
    assert str(caught.value) == (
        f"No secret definition is called `pagemade`. Looked in `{folder}`, which has `demo`, `jira-prod`; in Airflow's "
        "Variables, which has `demo`, `page-made`. Did you mean `page-made`?"
    )


def test_a_project_is_a_namespace_and_may_stand_before_the_name(folder: Path) -> None:
    (folder / "other.yaml").write_text(SHORT.format(name="demo") + "project: finance\n")
    stores = [YamlFiles(folder)]
    assert find_definition("demo", stores).project == "default"
    assert find_definition("finance/demo", stores) == find_definition("demo", stores, project="finance")
    with pytest.raises(SecretDefinitionNotFound) as caught:
        find_definition("dem", stores, project="finance")
    assert str(caught.value) == (
        f"No secret definition is called `dem` in the project `finance`. Looked in `{folder}`, which has `default/demo`, "
        "`default/jira-prod`, `demo`. Did you mean `demo`?"
    )


def test_the_folder_is_the_given_one_then_the_environments_then_the_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert definitions_folder(tmp_path, {"JIRA_STAGING_DEFINITIONS": "/elsewhere"}) == tmp_path
    assert definitions_folder(None, {"JIRA_STAGING_DEFINITIONS": "/elsewhere"}) == Path("/elsewhere")
    assert definitions_folder(None, {"AIRFLOW_HOME": str(tmp_path)}) == EXAMPLES
    monkeypatch.setattr(
        "jira_staging.secret_definitions.yaml_files.__file__", "/site-packages/jira_staging/secret_definitions/y.py"
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home" / "include" / "secret_definitions").mkdir(parents=True)
    assert definitions_folder(None, {"AIRFLOW_HOME": str(tmp_path / "home")}) == tmp_path / "home/include/secret_definitions"
    assert definitions_folder(None, {}) == tmp_path / "include" / "secret_definitions"


def test_the_examples_are_definitions_of_every_vault_and_named_like_their_files() -> None:
    definitions = [one for one in YamlFiles(EXAMPLES).readable()[0] if one.name.startswith("example-")]
    assert {one.backend for one in definitions} == {"aws_secrets_manager", "azure_key_vault", "environment", "snowflake_schema"}
    assert [one.name for one in definitions] == [Path(one.kept_in).stem for one in definitions]


@pytest.mark.parametrize(
    ("today", "left", "said"),
    [
        (date(2026, 12, 31), 31, None),
        (date(2027, 1, 1), 30, "expires in 30 days (2027-01-31): plan to make a new one."),
        (date(2027, 1, 17), 14, "expires in 14 days (2027-01-31): make a new one this week."),
        (date(2027, 1, 28), 3, "expires in 3 days (2027-01-31): make a new one now, or the next runs will be refused."),
        (date(2027, 1, 30), 1, "expires tomorrow (2027-01-31): make a new one now, or the next runs will be refused."),
        (date(2027, 1, 31), 0, "expires today (2027-01-31): make a new one now, or the next runs will be refused."),
        (
            date(2027, 2, 1),
            -1,
            "expired on 2027-01-31, as its definition says: make a new one, store it in the vault and change `expires_on`.",
        ),
    ],
)
def test_a_token_that_expires_is_told_more_urgently_by_the_day(today: date, left: int, said: str | None) -> None:
    definition = SecretDefinition("jira", "environment", "X", expires_on=date(2027, 1, 31))
    assert days_left(definition, today) == left
    assert expiry_warning(definition, today) == (said and f"The API token of secret definition `jira` {said}")


def test_a_definition_without_a_last_day_says_nothing() -> None:
    definition = SecretDefinition("jira", "environment", "X")
    assert (days_left(definition, date(2027, 1, 1)), expiry_warning(definition, date(2027, 1, 1))) == (None, None)
