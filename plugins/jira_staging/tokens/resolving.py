"""A definition and a backend become a token."""

import hashlib
import json
from collections.abc import Callable
from typing import Literal

from jira_staging.errors import SecretMalformed, WrongUse
from jira_staging.records import ApiToken, GrantedToken, OauthClient, SecretDefinition
from jira_staging.secret_backends import SecretBackend
from jira_staging.tokens.bare_errors import bare
from jira_staging.tokens.token_texts import checked_token, credential_pair, refuse_account_and_token

# Asks Jira's authorization server for an access token; the room that speaks HTTP provides it.
Exchange = Callable[[OauthClient], GrantedToken]


def resolve_token(
    definition: SecretDefinition, backend: SecretBackend, *, login: str | None = None, exchange: Exchange | None = None
) -> ApiToken:
    """Read the secret that a definition points to, and make a token of it.

    The definition's account wins over `login` (the connection's). Raises the classes of SecretError, and WrongUse where
    nobody says whose the token is.
    """

    def resolved() -> ApiToken:
        secret = backend.fetch(definition)
        if definition.kind == "oauth_client":
            return granted_token(oauth_client(secret, definition), definition, exchange)[0]
        return stored_token(secret, definition, login)

    return bare(resolved)


def stored_token(secret: str, definition: SecretDefinition, login: str | None) -> ApiToken:
    """The token that a vault's answer is, for every kind but `oauth_client`."""
    origin = f"secret definition `{definition.name}`"
    account = (definition.account or login or "").strip() or None
    if definition.kind == "basic_base64":
        return _pair(secret, definition, origin)
    token = checked_token(secret, origin)
    if definition.kind == "personal_access_token":
        return ApiToken(token, account, "personal_access_token", definition.name)
    refuse_account_and_token(token, origin)
    if not account:
        raise WrongUse(
            f"Nobody says whose API token {origin} holds. Write `account: you@example.com` into the definition, or the e-mail "
            "address as the login of the Jira connection (from a shell: `--account`)."
        )
    return ApiToken(token, account, "api_token", definition.name)


def connection_token(
    secret: str, login: str | None, connection: str, kind: Literal["api_token", "personal_access_token"]
) -> ApiToken:
    """The token that a Jira connection's own password is; its `definition` is `connection:<id>`."""
    origin = f"connection `{connection}`"
    if not secret.strip():
        raise WrongUse(
            f"There is no API token: no secret definition is named and the {origin} has no password. Name a definition "
            "(`api_token`), or store the token as the connection's password."
        )
    token, login = checked_token(secret, origin), (login or "").strip() or None
    if kind == "api_token" and not login:
        raise WrongUse(f"Nobody says whose API token the {origin} holds. Write the account's e-mail address as its login.")
    return ApiToken(token, login, kind, f"connection:{connection}")


def oauth_client(secret: str, definition: SecretDefinition) -> OauthClient:
    """The client id and secret in a secret's JSON. Raises SecretMalformed."""
    origin = f"secret definition `{definition.name}`"
    entries = _json(secret)
    texts = entries if isinstance(entries, dict) else {}
    client_id, client_secret = texts.get("client_id"), texts.get("client_secret")
    if not isinstance(client_id, str) or not isinstance(client_secret, str):
        raise SecretMalformed(
            f"What {origin} points to must be JSON with the texts `client_id` and `client_secret`, since its kind is "
            "`oauth_client`. Store it so."
        )
    return OauthClient(checked_token(client_id, origin), checked_token(client_secret, origin), definition.name)


def granted_token(client: OauthClient, definition: SecretDefinition, exchange: Exchange | None) -> tuple[ApiToken, float]:
    """The access token that this client is granted, and for how many seconds it is good."""
    origin = f"secret definition `{definition.name}`"
    if exchange is None:
        raise WrongUse(
            f"The {origin} is of kind `oauth_client`, which is not supported here: its credential must be exchanged."
        )
    granted = exchange(client)
    token = ApiToken(checked_token(granted.value, origin), definition.account, "oauth_client", definition.name)
    return token, granted.lifetime_seconds


def storable_secret(secret: str, definition: SecretDefinition) -> str:
    """A secret as it is to be stored where this definition points. Raises SecretMalformed where a run could not use it."""
    secret = secret.strip()
    if definition.kind == "oauth_client":
        oauth_client(secret, definition)
    else:
        # Whose token it is may be said later, by the connection; here only its form is looked at.
        stored_token(secret, definition, login="anybody")
    return secret


def fingerprint(token: ApiToken) -> str:
    """Twelve hexadecimal digits to compare tokens by, the same on every machine, from which no value can be guessed.

    scrypt, salted with the account: a password of Data Center may be short enough to try out against a quick hash.
    """
    salt = f"jira-staging:{token.account or ''}".encode()
    return hashlib.scrypt(token.value.encode(), salt=salt, n=2**14, r=8, p=1, dklen=6).hex()


def _pair(secret: str, definition: SecretDefinition, origin: str) -> ApiToken:
    account, token = credential_pair(secret, origin)
    if definition.account and definition.account.lower() != account.lower():
        raise WrongUse(
            f"The {origin} says that its account is `{definition.account}`, but the pair that its secret holds is of another "
            "one. Repair or remove `account`."
        )
    return ApiToken(token, account, "basic_base64", definition.name)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
