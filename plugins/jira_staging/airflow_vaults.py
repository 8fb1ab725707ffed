"""A vault's Airflow connection as access to it: the providers' hooks sign in, so roles and profiles work as people know."""

from collections.abc import Callable
from typing import Any

from jira_staging.records import SecretDefinition
from jira_staging.secret_backends.opening import VaultAccess


def vault_access(definition: SecretDefinition) -> VaultAccess | None:
    """Access by the connection that the definition names; None where it names none: the SDK's default chain signs in."""
    conn_id = definition.vault_conn_id
    if conn_id is None:
        return None
    return VaultAccess(
        described_as=f"connection `{conn_id}`",
        aws_client=_aws_client(conn_id),
    )


def _aws_client(conn_id: str) -> Callable[[str | None], Any]:
    def client(region: str | None) -> Any:
        from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

        return AwsBaseHook(aws_conn_id=conn_id, region_name=region, client_type="secretsmanager").get_conn()

    return client
