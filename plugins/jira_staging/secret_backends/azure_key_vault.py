"""Azure Key Vault: a secret by its vault, name and, where wanted, version."""

import os
import re
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jira_staging.errors import JiraStagingError, SecretDefinitionMalformed, SecretMalformed, SecretNotUsable, WrongUse
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends.azure_refusals import no_answer, refusal, unreadable
from jira_staging.secret_backends.opening import VaultAccess
from jira_staging.secret_backends.quiet_logs import unlogged
from jira_staging.secret_backends.secret_text import chosen_text

if TYPE_CHECKING:
    from azure.keyvault.secrets import KeyVaultSecret, SecretClient, SecretProperties

# What a definition writes for the vault of the deployment (Matillion's spelling), and where the deployment names it.
DEFAULT_VAULT = "[Default]"
DEFAULT_VAULT_VARIABLE = "JIRA_STAGING_DEFAULT_VAULT"
# Azure's own rules for names.
VAULT_NAME = re.compile(r"[A-Za-z](?!.*--)[0-9A-Za-z-]{1,22}[0-9A-Za-z]")
SECRET_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")
# Azure's public, Chinese and US government clouds. Another host is the deployment's to name, as its default vault: whoever
# may write a definition must not choose which hosts a worker calls.
VAULT_HOSTS = (".vault.azure.net", ".vault.azure.cn", ".vault.usgovcloudapi.net")

SIGN_INS = ("default", "environment", "managed_identity", "workload_identity")
# A vault answers in milliseconds: a network that swallows packets is found after seconds.
CONNECT_SECONDS, READ_SECONDS = 5, 15
# azure-core's ten retries take minutes; longer outages are the task's retries.
RETRIES = 2


class AzureKeyVault:
    """Reads secrets by azure-identity's default chain, the way that `sign_in` names, or a connection's credential."""

    def __init__(self, vault_access: VaultAccess | None = None) -> None:
        self._access = vault_access
        self._clients: dict[tuple[str, ...], SecretClient] = {}
        self._opening = threading.Lock()

    def fetch(self, definition: SecretDefinition) -> str:
        """The secret's text, or one key of it where it is JSON."""
        if not SECRET_NAME.fullmatch(definition.secret_name):
            raise SecretDefinitionMalformed(
                f"Secret definition `{definition.name}`: `{definition.secret_name}` cannot be a secret of Azure Key Vault. "
                "Its names have 1 to 127 letters, digits and hyphens: put `-` for `_` and `/`."
            )
        vault_url = self._vault_url(definition)
        place = _place(definition, vault_url)
        secret = _asked(self._client(vault_url, definition), definition, place)
        if isinstance(secret, JiraStagingError):
            raise secret
        _check_properties(secret.properties, place)
        if secret.value is None:
            raise SecretMalformed(f"{place} has no value. Store the API token in it.")
        return chosen_text(secret.value, definition, place)

    def _vault_url(self, definition: SecretDefinition) -> str:
        vault = definition.vault or DEFAULT_VAULT
        if vault.lower() == DEFAULT_VAULT.lower():
            configured = (self._access.default_vault if self._access else None) or os.environ.get(DEFAULT_VAULT_VARIABLE)
            if not configured:
                raise WrongUse(
                    f"Secret definition `{definition.name}` lies in the default vault, and this deployment names none. Set "
                    f"`[jira_staging] default_vault` or {DEFAULT_VAULT_VARIABLE}, or write `vault` into the definition."
                )
            return _checked_url(configured, definition, any_host=True)
        return _checked_url(vault, definition, any_host=False)

    def _client(self, vault_url: str, definition: SecretDefinition) -> "SecretClient":
        options = definition.options
        key = (vault_url, *(options.get(option, "") for option in ("sign_in", "client_id", "tenant_id")))
        with self._opening:
            if key not in self._clients:
                self._clients[key] = self._new_client(vault_url, definition)
            return self._clients[key]

    def _new_client(self, vault_url: str, definition: SecretDefinition) -> "SecretClient":
        from azure.keyvault.secrets import SecretClient

        given = self._access.azure_credential if self._access else None
        return SecretClient(
            vault_url,
            given() if given else _credential(definition),
            connection_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retry_total=RETRIES,
        )


def _asked(client: "SecretClient", definition: SecretDefinition, place: str) -> "KeyVaultSecret | JiraStagingError":
    """The vault's answer, or our error for it, raised without the SDK's behind it: its text may hold the answer."""
    from azure.core.exceptions import AzureError, DeserializationError, HttpResponseError

    try:
        with unlogged("azure", "msal", "requests", "urllib3"):
            return client.get_secret(definition.secret_name, definition.options.get("version"))
    except HttpResponseError as error:
        return refusal(error, client, definition, place)
    except DeserializationError:
        return unreadable(definition, place)
    except AzureError as error:
        return no_answer(error, definition, place)
    except ValueError:
        # The challenge names another vault's resource; the SDK keeps its credential to itself.
        return WrongUse(
            f"{place}: what answers there is not this Key Vault, so no credential was sent. Check `vault` in secret definition "
            f"`{definition.name}`."
        )


def _credential(definition: SecretDefinition) -> Any:
    """The credential that `sign_in` names; a client's secret comes from the environment (AZURE_CLIENT_SECRET) alone."""
    from azure import identity

    sign_in = definition.options.get("sign_in", "default")
    client_id, tenant_id = definition.options.get("client_id"), definition.options.get("tenant_id")
    try:
        if sign_in == "default":
            ids = {"managed_identity_client_id": client_id, "workload_identity_tenant_id": tenant_id}
            return identity.DefaultAzureCredential(**{name: value for name, value in ids.items() if value})
        if sign_in == "environment":
            return identity.EnvironmentCredential()
        if sign_in == "managed_identity":
            return identity.ManagedIdentityCredential(client_id=client_id)
        if sign_in == "workload_identity":
            return identity.WorkloadIdentityCredential(client_id=client_id, tenant_id=tenant_id)
    except ValueError as error:
        raise WrongUse(f"Secret definition `{definition.name}`, option `sign_in`: azure-identity says: {error}") from error
    raise SecretDefinitionMalformed(
        f"Secret definition `{definition.name}`: there is no `sign_in: {sign_in}`. There are {', '.join(SIGN_INS)}."
    )


def _checked_url(vault: str, definition: SecretDefinition, *, any_host: bool) -> str:
    """The vault's URL, of a name or a URL. `any_host` holds for the deployment's own configuration."""
    if VAULT_NAME.fullmatch(vault):
        return f"https://{vault.lower()}.vault.azure.net"
    parts = urlsplit(vault)
    is_url = parts.scheme == "https" and parts.hostname and not parts.username and parts.path in ("", "/") and not parts.query
    if not is_url:
        raise SecretDefinitionMalformed(
            f"Secret definition `{definition.name}`: `{vault}` is neither the name of a Key Vault (3 to 24 letters, digits and "
            "hyphens) nor its URL (like https://acme.vault.azure.net)."
        )
    if not any_host and not str(parts.hostname).endswith(VAULT_HOSTS):
        raise SecretDefinitionMalformed(
            f"Secret definition `{definition.name}`: `{parts.hostname}` is no host of Azure Key Vault. A vault elsewhere is "
            f"named by the deployment (`[jira_staging] default_vault` or {DEFAULT_VAULT_VARIABLE}), and by `vault: "
            f"'{DEFAULT_VAULT}'` here."
        )
    return f"https://{parts.netloc}"


def _place(definition: SecretDefinition, vault_url: str) -> str:
    """The secret and where it was looked for, as a sentence begins."""
    version = f", version `{definition.options['version']}`," if "version" in definition.options else ""
    return f"The secret `{definition.secret_name}`{version} of the Key Vault {vault_url}"


def _check_properties(properties: "SecretProperties", place: str) -> None:
    """Raise SecretNotUsable where Key Vault hands out a secret that its owner meant nobody to use: it tells, and gives it."""
    now = datetime.now(UTC)
    if properties.enabled is False:
        raise SecretNotUsable(f"{place} is disabled. Enable it, or store a new version.")
    if properties.not_before and properties.not_before > now:
        raise SecretNotUsable(
            f"{place} is not valid before {properties.not_before:%Y-%m-%d %H:%M} UTC. Change its activation date."
        )
    if properties.expires_on and properties.expires_on <= now:
        raise SecretNotUsable(
            f"{place} expired on {properties.expires_on:%Y-%m-%d %H:%M} UTC. Make a new API token and store it as a new "
            "version."
        )
