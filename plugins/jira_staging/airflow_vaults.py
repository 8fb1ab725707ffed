"""A vault's Airflow connection as access to it: roles, profiles and keys work as people know them from the providers."""

from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowRuntimeError

from jira_staging.airflow_connections import OLD_SNOWFLAKE_PREFIX, SNOWFLAKE_EXTRAS, allowed, listed, reading
from jira_staging.airflow_versions import AirflowException, AirflowNotFoundException, conf
from jira_staging.errors import ConnectionNotFound, SecretBackendUnavailable, WrongUse
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends import VaultAccess

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

# What is taken from a connection's extra, key by key: whoever may edit a connection is trusted less than whoever runs the
# deployment, and an extra that went on whole could switch off certificate checks or load code.
AWS_EXTRAS = frozenset(
    {
        "region_name",
        "profile_name",
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "role_arn",
        "assume_role_method",
        "assume_role_kwargs",
        "endpoint_url",
    }
)
# Of STS's arguments, those that name the session and its limits.
ASSUME_ROLE = frozenset({"RoleSessionName", "ExternalId", "DurationSeconds"})
AZURE_EXTRAS = frozenset({"tenantId", "cloud_environment", "managed_identity_client_id", "workload_identity_tenant_id"})


def vault_access(definition: SecretDefinition) -> VaultAccess:
    """How this deployment reaches the definition's vault: by the connection that it names, else by the SDK's default chain.

    Nothing is looked up before the vault is opened. What goes wrong then is one of our errors, or the vault's SDK's own.
    """
    default_vault = conf.get("jira_staging", "default_vault", fallback=None) or None
    if definition.vault_conn_id is None:
        return VaultAccess("the default credentials of this process", default_vault=default_vault)
    return VaultAccess(
        f"connection `{definition.vault_conn_id}`",
        aws_client=partial(_aws_client, definition),
        azure_credential=partial(_azure_credential, definition),
        snowflake_connection=partial(_snowflake_connection, definition),
        default_vault=default_vault,
    )


def _aws_client(definition: SecretDefinition, region: str | None) -> Any:
    connection = allowed(_connection(definition, "aws"), AWS_EXTRAS)
    extras = connection.extra_dejson
    if extras.get("assume_role_method", "assume_role") != "assume_role":
        raise WrongUse(
            f"The connection `{connection.conn_id}` assumes its role in another way than `assume_role`. Leave `vault_conn_id` "
            "out and let boto3's own chain do it (AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE)."
        )
    if set(extras.get("assume_role_kwargs", {})) - ASSUME_ROLE:
        raise WrongUse(f"The connection `{connection.conn_id}`: of `assume_role_kwargs` only {listed(ASSUME_ROLE)} are taken.")
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

    from jira_staging.secret_backends.aws_secrets_manager import client_config

    hook = reading(AwsBaseHook, connection)
    try:
        return hook(
            aws_conn_id=connection.conn_id, region_name=region, client_type="secretsmanager", config=client_config()
        ).get_conn()
    except (AirflowException, NotImplementedError, TypeError) as error:
        problem = type(error).__name__
    raise _unusable(definition, problem)


def _azure_credential(definition: SecretDefinition) -> "TokenCredential":
    """Of an Azure connection: a service principal, else azure-identity's default chain with the identity that it names."""
    connection = allowed(_connection(definition, "azure"), AZURE_EXTRAS)
    from azure import identity

    extras = connection.extra_dejson
    clouds = {
        "AzurePublicCloud": identity.AzureAuthorityHosts.AZURE_PUBLIC_CLOUD,
        "AzureUSGovernment": identity.AzureAuthorityHosts.AZURE_GOVERNMENT,
        "AzureChinaCloud": identity.AzureAuthorityHosts.AZURE_CHINA,
    }
    cloud = extras.get("cloud_environment") or "AzurePublicCloud"
    if cloud not in clouds:
        raise WrongUse(f"The connection `{connection.conn_id}` names no cloud of Azure's. There are {listed(clouds)}.")
    try:
        if connection.login and connection.password and extras.get("tenantId"):
            return identity.ClientSecretCredential(
                extras["tenantId"], connection.login, connection.password, authority=clouds[cloud]
            )
        # Not the provider's hook: it drops a managed identity's client id that stands alone, and reads as another identity.
        ids = {key: extras.get(key) for key in ("managed_identity_client_id", "workload_identity_tenant_id")}
        return identity.DefaultAzureCredential(authority=clouds[cloud], **{key: value for key, value in ids.items() if value})
    except ValueError as error:
        problem = type(error).__name__
    raise _unusable(definition, problem)


def _snowflake_connection(definition: SecretDefinition) -> Any:
    connection = allowed(_connection(definition, "snowflake"), SNOWFLAKE_EXTRAS, OLD_SNOWFLAKE_PREFIX)
    import requests
    from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook

    hook = reading(SnowflakeHook, connection)
    try:
        return hook(snowflake_conn_id=connection.conn_id).get_conn()
    except requests.RequestException as error:
        problem = type(error).__name__
        unavailable = True
    except (AirflowException, OSError, ValueError, TypeError) as error:
        # A key that is not there, or is none; the words may hold a part of it and are not passed on.
        problem = type(error).__name__
        unavailable = False
    if unavailable:
        raise SecretBackendUnavailable(
            f"Secret definition `{definition.name}`: the token endpoint of the connection `{connection.conn_id}` gave no "
            f"answer ({problem}). Check the network, then try again later."
        )
    raise _unusable(definition, problem)


def _connection(definition: SecretDefinition, conn_type: str) -> Connection:
    """The connection that the definition names. Raises ConnectionNotFound, and WrongUse where it is another kind of door."""
    conn_id = definition.vault_conn_id or ""
    whose = f"Secret definition `{definition.name}`"
    try:
        connection = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise ConnectionNotFound(
            f"{whose} reaches its vault by the Airflow connection `{conn_id}`, which Airflow does not find. Create it in "
            "Airflow's database or its environment (where a secrets backend of Airflow's should have it, its log says what "
            "went wrong), or leave `vault_conn_id` out for the default credentials."
        ) from None
    except AirflowRuntimeError as error:
        raise SecretBackendUnavailable(
            f"{whose}: Airflow could not be asked for the connection `{conn_id}` ({error.error.error.value}). Try again later."
        ) from None
    if connection.conn_type != conn_type:
        raise WrongUse(
            f"{whose}: the connection `{conn_id}` is of type `{connection.conn_type}`, and its backend `{definition.backend}` "
            f"needs one of type `{conn_type}`."
        )
    return connection


def _unusable(definition: SecretDefinition, problem: str) -> WrongUse:
    return WrongUse(
        f"Secret definition `{definition.name}`: the Airflow connection `{definition.vault_conn_id}` cannot be used "
        f"({problem}). Check its fields and its extra."
    )
