"""Servers that stand for the clouds, each on a free port of this machine."""

from collections.abc import Iterator
from typing import Any

import pytest

from secret_backends.answering_server import AnsweringServer


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
    import os

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
