"""From a definition's `backend` to the door it names; the file of a vault is imported only when it is opened."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module
from types import MappingProxyType
from typing import Any, Protocol, cast

from jira_staging.errors import SecretDefinitionMalformed
from jira_staging.records import SecretDefinition

log = logging.getLogger(__name__)


class SecretBackend(Protocol):
    """A door to one kind of vault."""

    def fetch(self, definition: SecretDefinition) -> str:
        """The secret's text, asked of the vault anew on every call. Raises the classes of SecretError."""
        ...


@dataclass(frozen=True)
class VaultAccess:
    """How a vault is reached where the SDK's default chain is not meant: what a named connection of the deployment gives.

    `described_as` says where it came from, for messages. `aws_client` takes a region (or None) and gives a boto3 client of
    `secretsmanager`; `azure_credential` gives a credential of azure-identity; `snowflake_connection` gives a new connection,
    which is closed after use; `default_vault` is what `[Default]` stands for. Nothing is opened before it is needed.
    """

    described_as: str
    aws_client: Callable[[str | None], Any] | None = field(default=None, repr=False)
    azure_credential: Callable[[], Any] | None = field(default=None, repr=False)
    snowflake_connection: Callable[[], Any] | None = field(default=None, repr=False)
    default_vault: str | None = None


@dataclass(frozen=True)
class BackendEntry:
    """One row of the table of backends: the class that opens it, and which of a definition's keys and options it knows."""

    module: str
    class_name: str
    keys: frozenset[str]
    options: frozenset[str] = frozenset()
    takes_connection: bool = True


def _keys(*names: str) -> frozenset[str]:
    return frozenset(names)


# A backend that a higher floor adds, where there is an Airflow.
AIRFLOW = "airflow"
# The keys of a definition that only some backends know; the others hold for every backend.
PARTICULAR_KEYS = ("secret_key", "vault", "database", "schema")

BACKENDS: Mapping[str, BackendEntry] = MappingProxyType(
    {
        "aws_secrets_manager": BackendEntry(
            "jira_staging.secret_backends.aws_secrets_manager",
            "AwsSecretsManager",
            keys=_keys("secret_key"),
            options=_keys("region", "version_stage", "version_id"),
        ),
        "azure_key_vault": BackendEntry(
            "jira_staging.secret_backends.azure_key_vault",
            "AzureKeyVault",
            keys=_keys("secret_key", "vault"),
            options=_keys("version", "sign_in", "client_id", "tenant_id"),
        ),
        "snowflake_schema": BackendEntry(
            "jira_staging.secret_backends.snowflake_schema",
            "SnowflakeSchema",
            keys=_keys("secret_key", "vault", "database", "schema"),
            options=_keys(
                "mode",
                "function",
                "integration",
                "role",
                "warehouse",
                "connection_name",
                "account",
                "user",
                "authenticator",
                "private_key_file",
            ),
        ),
        "environment": BackendEntry(
            "jira_staging.secret_backends.environment_variable",
            "EnvironmentVariable",
            keys=_keys("secret_key"),
            takes_connection=False,
        ),
    }
)


def open_backend(
    definition: SecretDefinition, vault_access: VaultAccess | None = None, backends: Mapping[str, BackendEntry] = BACKENDS
) -> SecretBackend:
    """The door that this definition needs; nothing is asked of the vault yet.

    `backends` is the table to choose from: a caller that has more of them passes `BACKENDS | {...}`. Raises
    SecretDefinitionMalformed where the definition does not fit its backend.
    """
    entry = check_definition(definition, backends)
    if definition.vault_conn_id and vault_access is None:
        log.warning(
            "Secret definition `%s` names the Airflow connection `%s`, and here is no Airflow: the SDK's own default "
            "credentials are used.",
            definition.name,
            definition.vault_conn_id,
        )
    backend_class = getattr(import_module(entry.module), entry.class_name)
    return cast("SecretBackend", backend_class(vault_access))


def check_definition(definition: SecretDefinition, backends: Mapping[str, BackendEntry] = BACKENDS) -> BackendEntry:
    """The entry of the definition's backend, once the definition fits it. Raises SecretDefinitionMalformed; opens nothing."""
    where = f"Secret definition `{definition.name}`" + (f" ({definition.kept_in})" if definition.kept_in else "")
    entry = backends.get(definition.backend)
    if entry is None:
        if definition.backend == AIRFLOW:
            raise SecretDefinitionMalformed(
                f"{where}: its secret is kept by Airflow itself, which a shell asks only with `--store airflow`."
            )
        raise SecretDefinitionMalformed(
            f"{where}: there is no backend `{definition.backend}`.{_meant(definition.backend, backends)} There are "
            f"{_listed(backends)}."
        )
    for key in PARTICULAR_KEYS:
        if getattr(definition, key) is not None and key not in entry.keys:
            raise SecretDefinitionMalformed(f"{where}: the backend `{definition.backend}` has no `{key}`. Remove it.")
    if definition.vault_conn_id and not entry.takes_connection:
        raise SecretDefinitionMalformed(f"{where}: the backend `{definition.backend}` needs no `vault_conn_id`. Remove it.")
    for option in definition.options:
        if option not in entry.options:
            known = f"It has {_listed(entry.options)}." if entry.options else "It has none: remove `options`."
            raise SecretDefinitionMalformed(
                f"{where}: the backend `{definition.backend}` has no option `{option}`.{_meant(option, entry.options)} {known}"
            )
    return entry


def _meant(name: str, known: Mapping[str, BackendEntry] | frozenset[str]) -> str:
    nearest = get_close_matches(name.lower(), known, n=1)
    return f" Did you mean `{nearest[0]}`?" if nearest else ""


def _listed(names: Mapping[str, BackendEntry] | frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
