"""`python -m demo.filling_the_vault`: the simulated Jira's token into the Secrets Manager of docker-compose.yaml's demo.

DEMO_VAULT is the vault's address, DEMO_JIRA_TOKEN the token. The secret is the one that the definition `demo` names.
"""

import json
import os
from contextlib import suppress

import boto3


def fill(address: str, token: str) -> None:
    """Put the token there, also where an earlier one is."""
    client = boto3.client(
        "secretsmanager",
        region_name="eu-central-1",
        endpoint_url=address,
        aws_access_key_id="demo",
        aws_secret_access_key="demo",
    )
    with suppress(client.exceptions.ResourceExistsException):
        client.create_secret(Name="demo/jira", SecretString="{}")
    client.put_secret_value(SecretId="demo/jira", SecretString=json.dumps({"api_token": token}))


if __name__ == "__main__":
    fill(os.environ["DEMO_VAULT"], os.environ["DEMO_JIRA_TOKEN"])
