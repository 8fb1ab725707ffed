"""Our vaults as Airflow's secrets backend: asked by Airflow's own lookup, against moto, a Key Vault over TLS and fakesnow."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from airflow.sdk import BaseHook, Variable
from airflow.sdk.configuration import clear_secrets_backends_cache
from airflow.sdk.exceptions import AirflowNotFoundException
from deployment import Connect

from jira_staging.airflow_secrets import VaultChain
from jira_staging.errors import JiraStagingError, SecretBackendUnavailable, SecretDefinitionMalformed, WrongUse
from secret_backends.conftest import answering, key_vault  # noqa: F401  fixtures
from secret_backends.key_vault_server import KeyVaultServer, StoredSecret

PASSWORD = "invented-password-of-a-database"
AS_JSON = json.dumps({"conn_type": "postgres", "host": "db.corp.example", "login": "etl", "password": PASSWORD})
AS_URI = f"postgres://etl:{PASSWORD}@db.corp.example/jira"

Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Make a chain of these vaults the workers' secrets backend, as a deployment does."""

    def install(*vaults: dict[str, Any]) -> None:
        monkeypatch.setenv("AIRFLOW__WORKERS__SECRETS_BACKEND", "jira_staging.airflow_secrets.VaultChain")
        monkeypatch.setenv("AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS", json.dumps({"vaults": vaults}))
        clear_secrets_backends_cache()

    yield install
    clear_secrets_backends_cache()


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of a Secrets Manager, to which the environment points every other client, too."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    for name, value in {
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": url,
        "AWS_ACCESS_KEY_ID": "invented",
        "AWS_SECRET_ACCESS_KEY": "invented",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    yield boto3.session.Session().client("secretsmanager")
    requests.post(f"{url}/moto-api/reset", timeout=5).raise_for_status()
    server.stop()


AWS = {
    "backend": "aws_secrets_manager",
    "connections": "airflow/connections/{id}",
    "variables": "airflow/variables/{id}",
    "config": "airflow/config/{id}",
}


def test_airflow_finds_connections_variables_and_configuration_in_a_vault(moto: Any, install: Install) -> None:
    moto.create_secret(Name="airflow/connections/as_json", SecretString=AS_JSON)
    moto.create_secret(Name="airflow/connections/as_uri", SecretString=AS_URI)
    moto.create_secret(Name="airflow/variables/greeting", SecretString=json.dumps({"only": "one key"}))
    moto.create_secret(Name="airflow/config/fernet_key", SecretString="invented-key")
    install(AWS)
    for conn_id in ("as_json", "as_uri"):
        found = BaseHook.get_connection(conn_id)
        assert (found.conn_type, found.host, found.login, found.password) == ("postgres", "db.corp.example", "etl", PASSWORD)
    assert Variable.get("greeting", deserialize_json=True) == {"only": "one key"}
    assert VaultChain([AWS]).get_config("fernet_key") == "invented-key"


def test_the_first_vault_that_has_it_wins_and_none_means_that_no_vault_has_it(
    moto: Any,
    key_vault: KeyVaultServer,  # noqa: F811  the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRFLOW__JIRA_STAGING__DEFAULT_VAULT", key_vault.url)
    azure = {"backend": "azure_key_vault", "vault": "[Default]", "connections": "airflow-connections-{id}"}
    chain = VaultChain([azure, AWS])
    moto.create_secret(Name="airflow/connections/db_of_us", SecretString=AS_URI)
    assert chain.get_conn_value("db_of_us") == AS_URI
    key_vault.secrets["airflow-connections-db-of-us"] = StoredSecret(AS_JSON)
    assert chain.get_conn_value("db_of_us") == AS_JSON
    assert chain.get_conn_value("nowhere") is None
    assert chain.get_variable("nowhere") is None
    assert chain.get_config("nowhere") is None
    # In Azure only connections were said to be.
    assert not [path for path, _who in key_vault.asked if "variables" in path]


def test_a_vault_is_asked_only_for_what_it_is_meant_for(
    key_vault: KeyVaultServer,  # noqa: F811  the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRFLOW__JIRA_STAGING__DEFAULT_VAULT", key_vault.url)
    azure = {"backend": "azure_key_vault", "connections": "{id}", "only": "crm_.*"}
    key_vault.secrets["crm-db"] = key_vault.secrets["db"] = StoredSecret(AS_URI)
    chain = VaultChain([azure])
    assert chain.get_conn_value("db") is None
    assert chain.get_conn_value("crm_db") == AS_URI
    assert {path.strip("/") for path, _who in key_vault.asked} == {"secrets/crm-db"}


def test_a_schema_of_snowflake_holds_connections_too(connect: Connect, install: Install) -> None:
    import fakesnow
    import snowflake.connector

    connect("snowflake_vault", conn_type="snowflake", login="bot", password="invented", extra={"account": "acme"})
    place = {"backend": "snowflake_schema", "vault": "PIPELINE.SECRETS", "vault_conn_id": "snowflake_vault"}
    with fakesnow.patch():
        connection = snowflake.connector.connect(database="PIPELINE", schema="SECRETS")
        connection.cursor().execute(f"CREATE FUNCTION PIPELINE.SECRETS.READ_AIRFLOW_CONN_CRM_DB() RETURNS STRING AS '{AS_URI}'")
        install({**place, "connections": "AIRFLOW_CONN_{id}"})
        # The connection by which the vault is reached is itself looked up while the vault is asked: it comes from elsewhere.
        assert BaseHook.get_connection("crm-db").password == PASSWORD
        with pytest.raises(AirflowNotFoundException):
            BaseHook.get_connection("nowhere")


def test_a_vault_reached_by_a_connection_that_only_it_could_have_is_told_and_not_asked_for_ever(
    moto: Any, install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    moto.create_secret(Name="airflow/connections/aws_vault", SecretString=AS_URI)
    install({**AWS, "vault_conn_id": "aws_vault"})
    with pytest.raises(AirflowNotFoundException, match="The conn_id `db` isn't defined"):
        BaseHook.get_connection("db")
    told = [record.getMessage() for record in caplog.records if record.name == "jira_staging.airflow_secrets"]
    assert len(told) == 1
    assert told[0] == (
        "vault-1-of-the-chain could not be asked for `db` (connections). Secret definition `vault-1-of-the-chain` reaches its "
        "vault by the Airflow connection `aws_vault`, which Airflow does not find. Create it in Airflow's database or its "
        "environment (where a secrets backend of Airflow's should have it, its log says what went wrong), or leave "
        "`vault_conn_id` out for the default credentials."
    )


def test_a_vault_that_does_not_answer_ends_the_search_and_is_told(
    moto: Any, install: Install, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    moto.create_secret(Name="airflow/connections/db", SecretString=AS_URI)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:9")
    chain = VaultChain([AWS])
    with pytest.raises(SecretBackendUnavailable):
        chain.get_conn_value("db")
    assert "vault-1-of-the-chain could not be asked for `db` (connections). The secret `airflow/connections/db`" in caplog.text
    # Airflow goes on to its other places then; the guard is open again.
    install(AWS)
    monkeypatch.setenv("AIRFLOW_CONN_DB", AS_URI)
    assert BaseHook.get_connection("db").password == PASSWORD
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({}, WrongUse, "are one list of `vaults`, at least one"),
        ({"vaults": [AWS], "connections_prefix": "x"}, WrongUse, "are one list of `vaults`"),
        (
            {"vaults": ["aws"]},
            SecretDefinitionMalformed,
            "vault 1: its `backend` is one of aws_secrets_manager, azure_key_vault",
        ),
        ({"vaults": [AWS, {**AWS, "backend": "environment"}]}, SecretDefinitionMalformed, "vault 2: its `backend`"),
        ({"vaults": [{"backend": "aws_secrets_manager"}]}, SecretDefinitionMalformed, "it needs `connections`, `variables`"),
        ({"vaults": [{**AWS, "config": "fixed"}]}, SecretDefinitionMalformed, "with `{id}` in it"),
        ({"vaults": [{**AWS, "only": "("}]}, SecretDefinitionMalformed, "`only` is no regular expression"),
        ({"vaults": [{**AWS, "regoin": "x"}]}, SecretDefinitionMalformed, "has no key `regoin`"),
        ({"vaults": [{**AWS, "options": {"regoin": "x"}}]}, SecretDefinitionMalformed, "Did you mean `region`?"),
        ({"vaults": [{**AWS, "token": "x"}]}, SecretDefinitionMalformed, "looks like a secret"),
    ],
)
def test_wrong_settings_are_told_when_airflow_starts(
    settings: dict[str, Any], error: type[JiraStagingError], words: str
) -> None:
    with pytest.raises(error) as caught:
        VaultChain(**settings)
    assert words in str(caught.value)
