"""What Key Vault and azure-identity say instead of a secret, in our words."""

import json
from typing import TYPE_CHECKING

from jira_staging.errors import (
    JiraStagingError,
    SecretAccessDenied,
    SecretBackendUnavailable,
    SecretError,
    SecretNotFound,
    SecretNotUsable,
)
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends.quiet_logs import unlogged

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError, HttpResponseError
    from azure.keyvault.secrets import SecretClient

# The inner code of a 403 tells four repairs apart.
FORBIDDEN = {
    "SecretDisabled": "It is disabled. Enable it, or store a new version.",
    "ForbiddenByRbac": "Give this identity the role `Key Vault Secrets User` on the vault; a new role takes some minutes "
    "to hold.",
    "ForbiddenByPolicy": "Give this identity the permission Get for secrets in the vault's access policies.",
    "AccessDenied": "Give this identity the permission Get for secrets in the vault's access policies.",
    "ForbiddenByFirewall": "The vault's firewall refuses this network. Allow the address, or use a private endpoint.",
    "ForbiddenByConnection": "The vault takes no connections from public networks. Use a private endpoint.",
}
# Older answers have no inner code; their words differ.
FORBIDDEN_WORDS = {
    "disabled secret": "SecretDisabled",
    "not authorized to perform action": "ForbiddenByRbac",
    "secrets get permission": "ForbiddenByPolicy",
    "client address is not authorized": "ForbiddenByFirewall",
    "public network access is disabled": "ForbiddenByConnection",
}


def refusal(error: "HttpResponseError", client: "SecretClient", definition: SecretDefinition, place: str) -> JiraStagingError:
    """Our error for an answer that is no secret. A missing secret is looked for among the deleted ones."""
    from azure.core.exceptions import ClientAuthenticationError, DecodeError, ResourceNotFoundError

    whose = f"(Secret definition `{definition.name}`.)"
    if isinstance(error, DecodeError):
        return unreadable(definition, place)
    status, said = error.status_code or 0, _said(error)
    if isinstance(error, ClientAuthenticationError) or status == 401:
        return SecretAccessDenied(
            f"{place}: this process cannot sign in to Azure. Azure says: {said} Give it an identity (`sign_in`, the "
            f"environment, or the Airflow connection of `vault_conn_id`). {whose}"
        )
    if isinstance(error, ResourceNotFoundError) or status == 404:
        return _missing(client, definition, place)
    if status == 403:
        code = _inner_code(error)
        kind = SecretNotUsable if code == "SecretDisabled" else SecretAccessDenied
        repair = FORBIDDEN.get(code, "Allow this identity to read the vault's secrets.")
        return kind(f"{place} may not be read. Azure says {code}: {said} {repair} {whose}")
    if status in (408, 429) or status >= 500:
        return SecretBackendUnavailable(f"{place} could not be read now. Azure says {status}: {said} Try again later. {whose}")
    return SecretError(f"{place} was not given. Azure says {status}: {said} {whose}")


def unreadable(definition: SecretDefinition, place: str) -> JiraStagingError:
    """Our error where the answer came, but cut off or changed on its way."""
    return SecretBackendUnavailable(
        f"{place}: the answer cannot be read; something between here and Azure changed it. "
        f"(Secret definition `{definition.name}`.)"
    )


def no_answer(error: "AzureError", definition: SecretDefinition, place: str) -> JiraStagingError:
    """Our error where there was no answer: no such host, no connection, a time-out, or an answer cut off."""
    return SecretBackendUnavailable(
        f"{place}: no answer ({type(error).__name__}: {_first_line(str(error))}) Check the vault's name and the network, then "
        f"try again. (Secret definition `{definition.name}`.)"
    )


def _missing(client: "SecretClient", definition: SecretDefinition, place: str) -> JiraStagingError:
    """Azure answers 404 for a secret that is deleted and can be recovered, too; asking for it needs another permission."""
    from azure.core.exceptions import AzureError

    whose = f"(Secret definition `{definition.name}`.)"
    try:
        with unlogged("azure", "msal", "requests", "urllib3"):
            deleted = client.get_deleted_secret(definition.secret_name)
    except (AzureError, ValueError):
        return SecretNotFound(
            f"{place} is not there. Check the names; if it was deleted lately, `az keyvault secret recover` may bring it "
            f"back. {whose}"
        )
    until = f" until {deleted.scheduled_purge_date:%Y-%m-%d}" if deleted.scheduled_purge_date else ""
    return SecretNotUsable(
        f"{place} was deleted and can be recovered{until}: `az keyvault secret recover`, or name another secret. {whose}"
    )


def _inner_code(error: "HttpResponseError") -> str:
    """The innermost code of Key Vault's error body, or the code that the words of an older answer stand for."""
    code, node = "Forbidden", _error_body(error)
    while isinstance(node, dict):
        code = str(node.get("code") or code)
        node = node.get("innererror")
    if code not in FORBIDDEN:
        code = next((known for words, known in FORBIDDEN_WORDS.items() if words in str(error).lower()), code)
    return code


def _error_body(error: "HttpResponseError") -> object:
    if error.response is None:
        return None
    try:
        body = json.loads(error.response.text())
    except ValueError:
        return None
    return body.get("error") if isinstance(body, dict) else None


def _said(error: "HttpResponseError") -> str:
    """Azure's first line: what follows repeats it, or lists every way to sign in that was tried."""
    body = _error_body(error)
    said = body.get("message") if isinstance(body, dict) else None
    return _first_line(str(said or error.message))


def _first_line(text: str) -> str:
    line = text.strip().splitlines()[0].strip() if text.strip() else "nothing"
    return line if line.endswith(".") else f"{line}."
