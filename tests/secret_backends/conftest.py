"""Servers that stand for the clouds, each on a free port of this machine."""

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from secret_backends.answering_server import AnsweringServer
from secret_backends.key_vault_server import HOST, KeyVaultServer


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """A Secrets Manager (moto) that speaks AWS's HTTP."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Invented credentials and a region, and nothing of the machine's own AWS settings."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "invented")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "invented")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    return monkeypatch


@pytest.fixture
def secrets_manager(moto_url: str, aws_environment: pytest.MonkeyPatch) -> Iterator[Any]:
    """A boto3 client of an empty Secrets Manager, to which the environment points every other client, too."""
    import boto3
    import requests

    aws_environment.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", moto_url)
    yield boto3.session.Session().client("secretsmanager")
    requests.post(f"{moto_url}/moto-api/reset", timeout=5).raise_for_status()


@pytest.fixture
def answering() -> Iterator[AnsweringServer]:
    """A server that gives one answer."""
    with AnsweringServer() as server:
        yield server


@pytest.fixture
def key_vault(tmp_path: Path, answering: AnsweringServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyVaultServer]:
    """An empty Key Vault at its Azure name, and a managed identity (App Service's endpoint) that may read it."""
    for name in [name for name in os.environ if name.startswith(("AZURE_", "MSI_", "IDENTITY_"))]:
        monkeypatch.delenv(name)
    answering.body = json.dumps(
        {
            "access_token": "invented-azure-token",
            "expires_on": str(int(time.time()) + 3600),
            "resource": "x",
            "token_type": "Bearer",
        }
    ).encode()
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{answering.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "invented")
    resolve = socket.getaddrinfo

    def at_home(host: str, *arguments: Any, **more: Any) -> Any:
        return resolve("127.0.0.1" if host == HOST else host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", at_home)
    with KeyVaultServer(tmp_path) as server:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.certificates))
        yield server
