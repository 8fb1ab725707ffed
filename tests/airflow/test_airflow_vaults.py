"""A vault's Airflow connection: AWS against moto, Azure against a Key Vault over TLS, Snowflake against fakesnow."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from azure.identity import ClientSecretCredential, DefaultAzureCredential
from deployment import Connect

from jira_staging.airflow_vaults import vault_access
from jira_staging.errors import (
    ConnectionNotFound,
    JiraStagingError,
    SecretAccessDenied,
    SecretBackendUnavailable,
    SecretNotFound,
    WrongUse,
)
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends import open_backend
from secret_backends.conftest import answering, key_vault  # noqa: F401  fixtures
from secret_backends.key_vault_server import KeyVaultServer, StoredSecret

TOKEN = "ATATT3xFfGF0invented-token-of-nobody-0123456789=AB12CD34"
NO_AWS = {"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"}


def fetched(backend: str, secret_name: str, conn_id: str | None = "vault", **changes: Any) -> str:
    """The secret, by a definition that names this connection."""
    wanted = SecretDefinition("jira-prod", backend, secret_name, vault_conn_id=conn_id, **changes)
    return open_backend(wanted, vault_access(wanted)).fetch(wanted)


def refused(error: type[JiraStagingError], backend: str, secret_name: str = "prod/jira", **changes: Any) -> str:
    with pytest.raises(error) as caught:
        fetched(backend, secret_name, **changes)
    assert type(caught.value) is error
    return str(caught.value)


# AWS -------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a Secrets Manager and an STS that hold one secret; nothing of this machine's own AWS settings."""
    import boto3
    from moto.server import ThreadedMotoServer

    for name, value in NO_AWS.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "invented", "aws_secret_access_key": "invented"}
    client = boto3.client("secretsmanager", region_name="eu-west-1", endpoint_url=url, **keys)
    client.create_secret(Name="prod/jira", SecretString=json.dumps({"api_token": TOKEN}))
    yield url
    requests.post(f"{url}/moto-api/reset", timeout=5).raise_for_status()
    server.stop()


def aws(url: str, **extra: object) -> dict[str, object]:
    """An AWS connection to this server."""
    return {
        "conn_type": "aws",
        "login": "invented-key-id",
        "password": "invented-secret-key",
        "extra": {"region_name": "eu-west-1", "endpoint_url": url, **extra},
    }


def test_an_aws_connection_signs_in(moto: str, connect: Connect) -> None:
    connect("vault", **aws(moto))
    assert fetched("aws_secrets_manager", "prod/jira", secret_key="api_token") == TOKEN


def test_the_definitions_region_goes_before_the_connections(moto: str, connect: Connect) -> None:
    connect("vault", **aws(moto))
    assert "in `us-east-1`" in refused(SecretNotFound, "aws_secrets_manager", options={"region": "us-east-1"})


def test_an_aws_connection_assumes_its_role(moto: str, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", moto)
    role = "arn:aws:iam::123456789012:role/reader-of-secrets"
    connect("vault", **aws(moto, role_arn=role, assume_role_kwargs={"RoleSessionName": "jira-staging"}))
    assert fetched("aws_secrets_manager", "prod/jira") == TOKEN
    asked = requests.get(f"{moto}/moto-api/data.json", timeout=5).json()
    roles = [assumed["role_arn"] for assumed in asked["sts"]["AssumedRole"]]
    assert roles == [role]


def test_what_is_not_on_the_list_is_not_taken(moto: str, connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    connect("vault", **aws(moto, verify=False, config_kwargs={"proxies": {"http": "http://127.0.0.1:9"}}, s3_config_file="x"))
    assert fetched("aws_secrets_manager", "prod/jira") == TOKEN
    assert "Of the connection `vault` these extras are not taken: `config_kwargs`, `s3_config_file`, `verify`." in caplog.text
    assert "The connection `vault` wants certificates NOT to be checked. They are checked all the same" in caplog.text
    assert "invented-secret-key" not in caplog.text


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"role_arn": "r", "assume_role_method": "assume_role_with_saml"}, "in another way than `assume_role`"),
        ({"role_arn": "r", "assume_role_kwargs": {"Policy": "{}"}}, "only `DurationSeconds`, `ExternalId`, `RoleSessionName`"),
    ],
)
def test_a_role_is_assumed_in_one_way(moto: str, connect: Connect, extra: dict[str, object], words: str) -> None:
    connect("vault", **aws(moto, **extra))
    assert words in refused(WrongUse, "aws_secrets_manager")


def test_a_vault_that_is_down_is_unavailable_within_seconds(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NO_AWS.items():
        monkeypatch.setenv(name, value)
    connect("vault", **aws("http://127.0.0.1:9"))
    assert "no answer" in refused(SecretBackendUnavailable, "aws_secrets_manager")


def test_a_profile_that_is_not_there_is_a_refusal(moto: str, connect: Connect) -> None:
    connect("vault", conn_type="aws", extra={"profile_name": "nobody", "region_name": "eu-west-1"})
    assert "cannot sign in to AWS" in refused(SecretAccessDenied, "aws_secrets_manager")


# Azure -----------------------------------------------------------------------------------------------------------------------


def test_an_azure_connection_without_a_principal_is_the_default_chain(
    key_vault: KeyVaultServer,  # noqa: F811  the fixture
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key_vault.secrets["jira-api-token"] = StoredSecret(TOKEN)
    monkeypatch.setenv("AIRFLOW__JIRA_STAGING__DEFAULT_VAULT", key_vault.url)
    connect("vault", conn_type="azure", extra={"managed_identity_client_id": "invented"})
    assert fetched("azure_key_vault", "jira-api-token", vault="[Default]") == TOKEN
    assert fetched("azure_key_vault", "jira-api-token", None) == TOKEN


def test_an_azure_connections_principal_signs_in(connect: Connect) -> None:
    wanted = SecretDefinition("jira", "azure_key_vault", "x", vault_conn_id="vault")
    credential = vault_access(wanted).azure_credential
    assert credential is not None
    connect("vault", conn_type="azure", login="client", password="invented", extra={"tenantId": "tenant"})
    assert type(credential()) is ClientSecretCredential
    connect("vault", conn_type="azure", login="client", extra={"cloud_environment": "AzureUSGovernment"})
    assert type(credential()) is DefaultAzureCredential
    connect("vault", conn_type="azure", extra={"cloud_environment": "Elsewhere"})
    with pytest.raises(WrongUse, match=r"names no cloud of Azure's\. There are `AzureChinaCloud`, `AzurePublicCloud`"):
        credential()
    connect("vault", conn_type="azure", login="client", password="invented", extra={"tenantId": "no tenant!"})
    with pytest.raises(WrongUse, match=r"cannot be used \(ValueError\)"):
        credential()


# Snowflake -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def snowflake_account() -> Iterator[None]:
    """An account in this process, whose reader is a function in SQL: fakesnow knows no SECRET objects."""
    import fakesnow
    import snowflake.connector

    with fakesnow.patch():
        connection = snowflake.connector.connect(database="PIPELINE", schema="SECRETS")
        connection.cursor().execute(f"CREATE FUNCTION PIPELINE.SECRETS.READ_JIRA() RETURNS STRING AS '{TOKEN}'")
        yield


SNOWFLAKE = {"conn_type": "snowflake", "login": "bot", "password": "invented", "schema": "SECRETS"}


@pytest.mark.usefixtures("snowflake_account")
def test_a_snowflake_connection_signs_in(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    connect("vault", **SNOWFLAKE, extra={"account": "acme", "extra__snowflake__database": "PIPELINE", "insecure_mode": "true"})
    assert fetched("snowflake_schema", "JIRA", vault="PIPELINE.SECRETS") == TOKEN
    assert "these extras are not taken: `insecure_mode`" in caplog.text
    assert "They are checked all the same" in caplog.text
    refused(SecretNotFound, "snowflake_schema", "OTHER", vault="PIPELINE.SECRETS")


@pytest.mark.parametrize(
    ("extra", "error", "words"),
    [
        ({"private_key_file": "/nonexistent.p8"}, WrongUse, "the Airflow connection `vault` cannot be used (ValueError)"),
        ({"private_key_content": "bm9uc2Vuc2U="}, WrongUse, "the Airflow connection `vault` cannot be used (ValueError)"),
        (
            {"authenticator": "oauth", "grant_type": "client_credentials", "token_endpoint": "http://127.0.0.1:9/"},
            SecretBackendUnavailable,
            "the token endpoint of the connection `vault` gave no answer (ConnectionError)",
        ),
    ],
)
def test_a_snowflake_connection_that_cannot_be_used_is_told(
    connect: Connect, extra: dict[str, object], error: type[JiraStagingError], words: str
) -> None:
    connect("vault", **SNOWFLAKE, extra={"account": "acme", **extra})
    said = refused(error, "snowflake_schema", "JIRA", vault="PIPELINE.SECRETS")
    assert words in said
    assert "bm9uc2Vuc2U" not in said


# Any connection --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("backend", "conn_type", "more"),
    [
        ("aws_secrets_manager", "aws", {}),
        ("azure_key_vault", "azure", {"vault": "acme-vault"}),
        ("snowflake_schema", "snowflake", {"vault": "PIPELINE.SECRETS"}),
    ],
)
def test_a_connection_that_is_missing_or_another_is_named(
    connect: Connect, backend: str, conn_type: str, more: dict[str, Any]
) -> None:
    said = refused(ConnectionNotFound, backend, "JIRA", **more)
    assert said.startswith(
        "Secret definition `jira-prod` reaches its vault by the Airflow connection `vault`, which Airflow does not find."
    )
    connect("vault", conn_type="postgres", password="invented")
    assert refused(WrongUse, backend, "JIRA", **more) == (
        f"Secret definition `jira-prod`: the connection `vault` is of type `postgres`, and its backend `{backend}` needs one "
        f"of type `{conn_type}`."
    )


def test_an_extra_that_is_no_object_is_told(connect: Connect) -> None:
    connect("vault", conn_type="aws", extra="[1]")
    assert refused(WrongUse, "aws_secrets_manager") == "The extra of the connection `vault` is not a JSON object: repair it."
