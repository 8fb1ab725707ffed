"""Tokens that are masked before anybody has them in hand."""

from collections.abc import Callable

from jira_staging.records import ApiToken, GrantedToken, OauthClient, TokenSource
from jira_staging.tokens.resolving import Exchange


class MaskedTokens:
    """A TokenSource that gives every spelling of its tokens to `mask`: the log's own way to keep a text out of sight."""

    def __init__(self, tokens: TokenSource, mask: Callable[[str], None]) -> None:
        self._tokens = tokens
        self._mask = mask
        self._masked_last: ApiToken | None = None

    def token(self) -> ApiToken:
        """The token, masked from now on."""
        return self._masked(self._tokens.token())

    def renewed(self, refused: ApiToken) -> ApiToken | None:
        """The new token, masked from now on, or None."""
        token = self._tokens.renewed(refused)
        return self._masked(token) if token else None

    def _masked(self, token: ApiToken) -> ApiToken:
        # A client asks before every question, and Airflow sends each mask to another process.
        if token != self._masked_last:
            for spelling in token.spellings():
                self._mask(spelling)
            self._masked_last = token
        return token


def masked_exchange(exchange: Exchange, mask: Callable[[str], None]) -> Exchange:
    """The same exchange, which gives an OAuth client's secret and what it is granted to `mask` before they are used."""

    def exchanged(client: OauthClient) -> GrantedToken:
        mask(client.client_secret)
        granted = exchange(client)
        mask(granted.value)
        return granted

    return exchanged
