"""A local AWS Secrets Manager (moto's server), and the connection by which Airflow's AWS hook reaches it."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import boto3
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"


@contextmanager
def secrets_manager(secrets: dict[str, dict[str, str]]) -> Iterator[dict[str, object]]:
    """Serve these secrets (name to JSON) on a free port of this machine; gives an Airflow connection to it."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    with redirect_stdout(io.StringIO()):
        server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "demo-key-id", "aws_secret_access_key": "demo-secret-key"}
    client = boto3.client("secretsmanager", region_name=REGION, endpoint_url=endpoint, **keys)
    for name, entries in secrets.items():
        client.create_secret(Name=name, SecretString=json.dumps(entries))
    try:
        yield {
            "conn_type": "aws",
            "login": keys["aws_access_key_id"],
            "password": keys["aws_secret_access_key"],
            "extra": {"region_name": REGION, "endpoint_url": endpoint},
        }
    finally:
        # moto keeps what it holds for as long as the process lives, not the server.
        for name in secrets:
            client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        server.stop()
