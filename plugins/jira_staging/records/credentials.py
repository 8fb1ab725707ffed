"""Where a token lies, a token in hand, and whom it signs in."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

TokenKind = Literal["api_token", "basic_base64", "personal_access_token", "oauth_client"]


@dataclass(frozen=True)
class SecretDefinition:
    """Where an API token lies: a name, a backend and the place in it; never the value.

    `expires_on` is what a person wrote down: no API of Atlassian's tells when a token expires. `kept_in` says where the
    definition itself was found (a file's path, or a store's name), for messages.
    """

    name: str
    backend: str
    secret_name: str
    secret_key: str | None = None
    vault: str | None = None
    database: str | None = None
    schema: str | None = None
    vault_conn_id: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    kind: TokenKind = "api_token"
    account: str | None = None
    project: str = "default"
    description: str = ""
    expires_on: date | None = None
    kept_in: str = ""


@dataclass(frozen=True)
class ApiToken:
    """A token in hand. Its value has no repr and is shown by nothing but `authorization`."""

    value: str = field(repr=False)
    account: str | None
    kind: TokenKind
    definition: str

    @property
    def authorization(self) -> str:
        """The value of the Authorization header for this kind of token."""
        if self.kind in ("personal_access_token", "oauth_client"):
            return f"Bearer {self.value}"
        return f"Basic {self.basic_pair}"

    @property
    def basic_pair(self) -> str:
        """`account:value` in base64, as the Basic scheme sends it."""
        return base64.b64encode(f"{self.account}:{self.value}".encode()).decode("ascii")

    def spellings(self) -> tuple[str, ...]:
        """Every text that must be masked wherever it appears: the value, and the pair it is sent as."""
        return (self.value, self.basic_pair) if self.account else (self.value,)


@dataclass(frozen=True)
class OauthClient:
    """The credential of an OAuth client (grant `client_credentials`), as a secret of kind `oauth_client` holds it.

    `definition` names where it was found, for messages.
    """

    client_id: str
    client_secret: str = field(repr=False)
    definition: str = field(default="", compare=False)


@dataclass(frozen=True)
class GrantedToken:
    """What an OAuth client's credential was exchanged for: an access token, and for how many seconds it is good."""

    value: str = field(repr=False)
    lifetime_seconds: float


class TokenSource(Protocol):
    """Where a client gets its token, now and once more after a refusal."""

    def token(self) -> ApiToken:
        """The token, from the cache where it is still good."""
        ...

    def renewed(self, refused: ApiToken) -> ApiToken | None:
        """Read the vault past the cache: the new token, or None if it still holds the refused one."""
        ...


@dataclass(frozen=True)
class Account:
    """Who is signed in, as `/myself` told it. `time_zone` is what JQL reads date literals in."""

    account_id: str
    name: str
    time_zone: str
