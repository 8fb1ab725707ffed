"""From a definition's backend to its door, and what a secret's text means."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from jira_staging.errors import SecretDefinitionMalformed, SecretError, SecretKeyMissing, SecretMalformed, SecretNotFound
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends import BACKENDS, BackendEntry, VaultAccess, check_definition, open_backend
from jira_staging.secret_backends.quiet_logs import unlogged
from jira_staging.secret_backends.secret_text import chosen_text
from secret_backends.vault_definitions import TOKEN, assert_quick, definition

PLUGINS = str(Path(__file__).parents[2] / "plugins")


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_every_backend_of_the_table_opens_without_asking_anything(backend: str) -> None:
    assert callable(open_backend(definition(backend)).fetch)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            definition("aws_secret_manager"),
            (
                "there is no backend `aws_secret_manager`. Did you mean `aws_secrets_manager`? There are "
                "`aws_secrets_manager`, `azure_key_vault`, `environment`, `snowflake_schema`."
            ),
        ),
        (definition("airflow"), "its secret is kept by Airflow itself, which a shell asks only with `--store airflow`."),
        (definition("environment", vault="x"), "the backend `environment` has no `vault`. Remove it."),
        (definition("aws_secrets_manager", database="x"), "the backend `aws_secrets_manager` has no `database`. Remove it."),
        (definition("environment", vault_conn_id="x"), "the backend `environment` needs no `vault_conn_id`. Remove it."),
        (
            definition("aws_secrets_manager", options={"regoin": "eu-west-1"}),
            (
                "the backend `aws_secrets_manager` has no option `regoin`. Did you mean `region`? It has `region`, "
                "`version_id`, `version_stage`."
            ),
        ),
        (
            definition("environment", options={"region": "eu-west-1"}),
            "the backend `environment` has no option `region`. It has none: remove `options`.",
        ),
    ],
)
def test_a_definition_that_does_not_fit_its_backend_is_told(wrong: SecretDefinition, said: str) -> None:
    with pytest.raises(SecretDefinitionMalformed) as caught:
        open_backend(wrong)
    assert str(caught.value) == f"Secret definition `jira-prod`: {said}"


def test_the_file_of_a_misfit_is_named() -> None:
    with pytest.raises(
        SecretDefinitionMalformed, match=r"Secret definition `jira-prod` \(include/x.yaml\): there is no backend"
    ):
        check_definition(definition("nothing", kept_in="include/x.yaml"))


class Shelf:
    """A backend that a higher floor adds."""

    def __init__(self, vault_access: VaultAccess | None) -> None:
        self.vault_access = vault_access

    def fetch(self, definition: SecretDefinition) -> str:
        return f"{definition.secret_name} of {self.vault_access and self.vault_access.described_as}"


def test_a_caller_adds_backends_of_its_own_without_changing_the_table() -> None:
    backends = {**BACKENDS, "shelf": BackendEntry(__name__, "Shelf", keys=frozenset())}
    shelf = open_backend(definition("shelf"), VaultAccess("connection `x`"), backends)
    assert shelf.fetch(definition("shelf")) == "prod/jira of connection `x`"
    assert "shelf" not in BACKENDS


def test_a_named_connection_where_no_airflow_is_warns(caplog: pytest.LogCaptureFixture) -> None:
    open_backend(definition("aws_secrets_manager", vault_conn_id="aws_prod"))
    assert [record.getMessage() for record in caplog.records] == [
        (
            "Secret definition `jira-prod` names the Airflow connection `aws_prod`, and here is no Airflow: the SDK's own "
            "default credentials are used."
        )
    ]


@pytest.mark.parametrize("answer", [TOKEN, "12345", '"in quotes"', "true", "null", "[1]", "{not json", "  token\n"])
def test_what_is_no_json_object_is_the_secret_itself(answer: str) -> None:
    assert chosen_text(answer, definition("environment"), "The secret") == answer


@pytest.mark.parametrize("key", [None, "api_token"])
def test_one_key_of_a_json_object_needs_no_naming(key: str | None) -> None:
    assert chosen_text(json.dumps({"api_token": TOKEN}), definition("environment", secret_key=key), "The secret") == TOKEN


def test_an_oauth_clients_object_is_the_secret_itself() -> None:
    whole = json.dumps({"client_id": "a", "client_secret": "b"})
    assert chosen_text(whole, definition("environment", kind="oauth_client"), "The secret") == whole
    inside = definition("environment", kind="oauth_client", secret_key="jira")
    assert chosen_text(f'{{"jira": {whole}, "x": 1}}', inside, "The secret") == whole


@pytest.mark.parametrize(
    ("answer", "key", "error", "said"),
    [
        (
            f'{{"token": "{TOKEN}", "email": "a"}}',
            None,
            SecretKeyMissing,
            (
                "The secret holds several keys (it has `token`, `email`). Say in secret definition `jira-prod` which one: "
                "`secret_key: …`."
            ),
        ),
        (
            f'{{"token": "{TOKEN}", "email": "a"}}',
            "tokn",
            SecretKeyMissing,
            (
                "The secret has no key `tokn` (it has `token`, `email`). Did you mean `secret_key: token`? (Secret definition "
                "`jira-prod`.)"
            ),
        ),
        (
            f'{{"x": "{TOKEN}"}}',
            "api_token",
            SecretKeyMissing,
            "The secret has no key `api_token` (it has `x`). Set `secret_key` to one of them. (Secret definition `jira-prod`.)",
        ),
        (
            TOKEN,
            "api_token",
            SecretKeyMissing,
            ("The secret is plain text, so it has no key `api_token`. Remove `secret_key` from secret definition `jira-prod`."),
        ),
        (
            f'{{"api_token": "{TOKEN}"',
            "api_token",
            SecretMalformed,
            "The secret begins like JSON and is no JSON object: it is a list, or was cut off. Store it again, whole.",
        ),
        (
            f'["{TOKEN}"]',
            "api_token",
            SecretMalformed,
            "The secret begins like JSON and is no JSON object: it is a list, or was cut off. Store it again, whole.",
        ),
        (" ", "api_token", SecretMalformed, "The secret is empty. Store the JSON object with the API token in it."),
        ("{}", None, SecretKeyMissing, "The secret is a JSON object without keys. Store the API token in it."),
        (" \n", None, SecretMalformed, "The secret is empty. Store the API token in it."),
        ('{"a": ""}', None, SecretMalformed, "The secret has under `a` an empty text. Store the API token there."),
        ('{"a": 5}', None, SecretMalformed, "The secret has under `a` no text. Store the API token there, in quotes."),
    ],
)
def test_a_secret_without_the_wanted_text_is_told_by_its_keys_alone(
    answer: str, key: str | None, error: type[SecretError], said: str
) -> None:
    with pytest.raises(error) as caught:
        chosen_text(answer, definition("environment", secret_key=key), "The secret")
    assert str(caught.value) == said


def test_the_environment_gives_a_variable_plain_or_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_API_TOKEN", TOKEN)
    wanted = definition("environment", "JIRA_API_TOKEN")
    assert open_backend(wanted).fetch(wanted) == TOKEN
    monkeypatch.setenv("JIRA_API_TOKEN", json.dumps({"token": TOKEN}))
    assert open_backend(wanted).fetch(wanted) == TOKEN


def test_a_missing_variable_is_told_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = definition("environment", "JIRA_API_TOKN")
    monkeypatch.delenv("JIRA_API_TOKEN", raising=False)
    said = "The environment of this process has no variable `JIRA_API_TOKN`, which secret definition `jira-prod` names."
    with pytest.raises(SecretNotFound) as caught:
        open_backend(wanted).fetch(wanted)
    assert str(caught.value) == f"{said} Export it where this process starts."
    monkeypatch.setenv("JIRA_API_TOKEN", TOKEN)
    with pytest.raises(SecretNotFound) as caught:
        open_backend(wanted).fetch(wanted)
    assert str(caught.value) == f"{said} Did you mean `JIRA_API_TOKEN`?"


def test_an_empty_variable_is_malformed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_API_TOKEN", "")
    wanted = definition("environment", "JIRA_API_TOKEN")
    with pytest.raises(SecretMalformed) as caught:
        open_backend(wanted).fetch(wanted)
    assert str(caught.value) == "The environment variable `JIRA_API_TOKEN` is empty. Store the API token in it."


@pytest.mark.parametrize("name", ["AIRFLOW__CORE__FERNET_KEY", "AWS_SECRET_ACCESS_KEY", "azure_client_secret"])
def test_what_belongs_to_the_deployment_is_not_read_as_a_token(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, TOKEN)
    wanted = definition("environment", name)
    with pytest.raises(SecretDefinitionMalformed) as caught:
        open_backend(wanted).fetch(wanted)
    assert str(caught.value) == (
        f"Secret definition `jira-prod`: the environment variable `{name}` belongs to Airflow or to a cloud's sign-in and is "
        "not read as an API token. Export the token under another name, like `JIRA_API_TOKEN`."
    )


def test_loggers_are_silent_below_warning_in_the_reading_thread_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sdk, other = logging.getLogger("pretended_sdk.parsers"), logging.getLogger("pretended_sdk_of_others")
    with unlogged("pretended_sdk"):
        sdk.debug("hidden")
        sdk.warning("kept")
        other.debug("kept, too")
    sdk.debug("kept again")
    assert caplog.messages == ["kept", "kept, too", "kept again"]


def test_no_sdk_is_imported_by_the_table_or_a_door() -> None:
    program = (
        "import sys\nfrom jira_staging.secret_backends import *\nfrom jira_staging.records import SecretDefinition\nfor name "
        "in BACKENDS:\n    open_backend(SecretDefinition('a', name, 'b'))\n"
        "print(sorted({'boto3', 'botocore', 'azure.core', 'snowflake.connector', 'requests'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": PLUGINS}
    )
    assert ran.stdout == "[]\n"


def test_resolving_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_API_TOKEN", TOKEN)
    wanted = definition("environment", "JIRA_API_TOKEN", account="bot@example.com")
    assert_quick(wanted, open_backend(wanted))
