"""Parquet files in an object store, by Airflow's ObjectStoragePath and a connection: S3 by moto, Azure's blobs by Azurite."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import boto3
import pytest
from azure.storage.blob import BlobServiceClient
from azurite import ACCOUNT, KEY, azurite
from deployment import Connect
from moto.server import ThreadedMotoServer
from test_operators import context

from jira_staging.operators import JiraToStagingOperator
from simulated_jira import SimulatedJira


@dataclass(frozen=True)
class Store:
    """An empty bucket or container: what Airflow calls it, and what is in it."""

    url: str
    contents: Callable[[], Mapping[str, bytes]]


@pytest.fixture
def s3(connect: Connect) -> Iterator[Store]:
    """A bucket of moto's server, and the connection `lake_keys` to it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    _host, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **keys)
    client.create_bucket(Bucket="lake")
    extra = json.dumps({"endpoint_url": url, "region_name": "us-east-1"})
    connect("lake_keys", conn_type="aws", login="testing", password="testing", extra=extra)

    def contents() -> Mapping[str, bytes]:
        names = [found["Key"] for found in client.list_objects_v2(Bucket="lake")["Contents"]]
        return {name: client.get_object(Bucket="lake", Key=name)["Body"].read() for name in names}

    yield Store("s3://lake_keys@lake/staged", contents)
    server.stop()


@pytest.fixture
def azure(connect: Connect) -> Iterator[Store]:
    """A container of Azurite's, and the connection `lake_keys` to it."""
    with azurite() as url:
        told = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={url}/{ACCOUNT};"
        container = BlobServiceClient.from_connection_string(told).create_container("lake")
        connect("lake_keys", conn_type="adls", extra=json.dumps({"connection_string": told}))
        names = container.list_blob_names
        yield Store(
            "abfs://lake_keys@lake/staged",
            lambda: {name: container.download_blob(name).readall() for name in names()},
        )


@pytest.mark.parametrize("kind", ["s3", pytest.param("azure", marks=pytest.mark.system)])
def test_runs_write_into_a_bucket_and_go_on_from_its_manifests(
    kind: str, jira: SimulatedJira, connect: Connect, nightly: str, request: pytest.FixtureRequest
) -> None:
    store: Store = request.getfixturevalue(kind)
    connect("jira_default", conn_type="jira_staging", host=jira.url, login=jira.email)

    def run() -> dict[str, int]:
        task = JiraToStagingOperator(
            task_id="copy", api_token=nightly, staging_conn_id=store.url, entities=["issue", "comment"]
        )
        told: dict[str, int] = task.execute(context())["rows"].get("issue", {})
        return told

    assert run()["inserted"] == 40
    jira.clock.advance(3 * 24 * 3600)
    jira.change.edit("PAY-1", {"summary": "Rewritten"})
    # Those that were updated within the look-back are read once more.
    again = run()["inserted"]
    assert 1 <= again < 10
    held = store.contents()
    manifests = [json.loads(content) for name, content in held.items() if name.endswith(".json")]
    assert [told["tables"]["issue"]["rows"] for told in manifests] == [40, again]
    for told in manifests:
        assert {f"staged/jira/{place}" for place in told["tables"]["issue"]["files"]} <= held.keys()
