"""Where a client gets its token: from a vault, remembered and read again after a refusal, or from the connection itself."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Literal

from jira_staging.records import ApiToken, OauthClient, SecretDefinition
from jira_staging.secret_backends import SecretBackend
from jira_staging.tokens.bare_errors import bare
from jira_staging.tokens.resolving import Exchange, connection_token, granted_token, oauth_client, stored_token

# An access token is renewed this long before its last second, so that a request under way does not outlive it. One that lives
# for minutes only keeps most of them.
BEFORE_EXPIRY_SECONDS = 60.0
BEFORE_EXPIRY_SHARE = 0.1
# An access token refused at this age was refused as soon as it was used: a newer one of the same client will be, too.
JUST_GRANTED_SECONDS = 60.0


class VaultTokens:
    """A TokenSource that reads a vault when it is first asked and after a refusal, and remembers in between."""

    def __init__(
        self,
        definition: SecretDefinition,
        backend: SecretBackend,
        *,
        login: str | None = None,
        exchange: Exchange | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.definition = definition
        self._backend = backend
        self._login = login
        self._exchange = exchange
        self._clock = clock
        self._lock = threading.Lock()
        self._token: ApiToken | None = None
        self._client: OauthClient | None = None
        self._granted_at = self._good_until = 0.0

    def __repr__(self) -> str:
        return f"VaultTokens({self.definition.name!r})"

    def token(self) -> ApiToken:
        """The token in hand while it is good; else of the vault, or newly granted to the OAuth client in hand."""
        with self._lock:
            if self._token is None:
                self._token = bare(self._read)
            elif self._client is not None and self._clock() >= self._good_until:
                self._token = bare(partial(self._grant, self._client))
            return self._token

    def renewed(self, refused: ApiToken) -> ApiToken | None:
        """Read the vault past the cache: the new token, or None where it still holds what was refused."""
        with self._lock:
            if self._token is not None and self._token != refused:
                return self._token  # Another thread was refused first and has already read the vault.
            token = bare(self._read_again)
            if token is None or token == refused:
                return None
            self._token = token
            return token

    def _read_again(self) -> ApiToken | None:
        """What the vault holds now; None for an OAuth client that was granted its access token only a moment ago."""
        if self.definition.kind != "oauth_client":
            return self._read()
        client = oauth_client(self._backend.fetch(self.definition), self.definition)
        if client == self._client and self._clock() - self._granted_at < JUST_GRANTED_SECONDS:
            return None
        return self._grant(client)

    def _read(self) -> ApiToken:
        secret = self._backend.fetch(self.definition)
        if self.definition.kind == "oauth_client":
            return self._grant(oauth_client(secret, self.definition))
        return stored_token(secret, self.definition, self._login)

    def _grant(self, client: OauthClient) -> ApiToken:
        token, lifetime = granted_token(client, self.definition, self._exchange)
        self._client = client
        self._granted_at = self._clock()
        self._good_until = self._granted_at + lifetime - min(BEFORE_EXPIRY_SECONDS, BEFORE_EXPIRY_SHARE * lifetime)
        return token


class ConnectionPassword:
    """A TokenSource without a definition: the Jira connection's own login and password, as Airflow people expect."""

    def __init__(
        self,
        login: str | None,
        secret: str,
        *,
        connection: str,
        kind: Literal["api_token", "personal_access_token"] = "api_token",
    ) -> None:
        self._login = login
        self._secret = secret
        self._connection = connection
        self._kind: Literal["api_token", "personal_access_token"] = kind
        self._token: ApiToken | None = None

    def __repr__(self) -> str:
        return f"ConnectionPassword({self._connection!r})"

    def token(self) -> ApiToken:
        """The connection's password as a token."""
        if self._token is None:
            self._token = bare(self._read)
        return self._token

    def _read(self) -> ApiToken:
        return connection_token(self._secret, self._login, self._connection, self._kind)

    def renewed(self, refused: ApiToken) -> ApiToken | None:
        """None: a connection is read once, when the run begins."""
        del refused
        return None
