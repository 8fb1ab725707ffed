"""Parquet files in an object store, through Airflow's ObjectStoragePath and a connection: S3 as moto's server has it."""

import json
from collections.abc import Iterator

import boto3
import pytest
from deployment import Connect
from moto.server import ThreadedMotoServer
from test_operators import context

from jira_staging.operators import JiraToStagingOperator
from simulated_jira import SimulatedJira


@pytest.fixture
def s3(connect: Connect) -> Iterator[str]:
    """The address of a server that has an empty bucket `lake`, and a connection `lake_keys` to it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    _host, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    boto3.client("s3", endpoint_url=url, region_name="us-east-1", **keys).create_bucket(Bucket="lake")
    extra = json.dumps({"endpoint_url": url, "region_name": "us-east-1"})
    connect("lake_keys", conn_type="aws", login="testing", password="testing", extra=extra)
    yield url
    server.stop()


def test_runs_write_into_a_bucket_and_go_on_from_its_manifests(
    jira: SimulatedJira, connect: Connect, nightly: str, s3: str
) -> None:
    connect("jira_default", conn_type="jira_staging", host=jira.url, login=jira.email)

    def run() -> dict[str, int]:
        place = "s3://lake_keys@lake/staged"
        task = JiraToStagingOperator(task_id="copy", api_token=nightly, staging_conn_id=place, entities=["issue", "comment"])
        told: dict[str, int] = task.execute(context())["rows"].get("issue", {})
        return told

    assert run()["inserted"] == 40
    jira.clock.advance(3 * 24 * 3600)
    jira.change.edit("PAY-1", {"summary": "Rewritten"})
    # Those that were updated within the look-back are read once more.
    again = run()["inserted"]
    assert 1 <= again < 10
    client = boto3.client(
        "s3", endpoint_url=s3, region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    keys = [found["Key"] for found in client.list_objects_v2(Bucket="lake")["Contents"]]
    manifests = [json.loads(client.get_object(Bucket="lake", Key=key)["Body"].read()) for key in keys if key.endswith(".json")]
    assert [told["tables"]["issue"]["rows"] for told in manifests] == [40, again]
    for told in manifests:
        assert {f"staged/jira/{place}" for place in told["tables"]["issue"]["files"]} <= set(keys)
