"""Tokens that are masked before anybody has them in hand."""

from collections.abc import Callable

from jira_staging.records import ApiToken, TokenSource


class MaskedTokens:
    """A TokenSource that gives every spelling of its tokens to `mask`: the log's own way to keep a text out of sight."""

    def __init__(self, tokens: TokenSource, mask: Callable[[str], None]) -> None:
        self._tokens = tokens
        self._mask = mask

    def token(self) -> ApiToken:
        """The token, masked from now on."""
        return self._masked(self._tokens.token())

    def renewed(self, refused: ApiToken) -> ApiToken | None:
        """The new token, masked from now on, or None."""
        token = self._tokens.renewed(refused)
        return self._masked(token) if token else None

    def _masked(self, token: ApiToken) -> ApiToken:
        for spelling in token.spellings():
            self._mask(spelling)
        return token
