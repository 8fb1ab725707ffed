"""The first story: the name of a secret definition becomes a token in hand."""

from jira_staging.tokens.resolving import Exchange, fingerprint, resolve_token, storable_secret
from jira_staging.tokens.sources import ConnectionPassword, VaultTokens

__all__ = ["ConnectionPassword", "Exchange", "VaultTokens", "fingerprint", "resolve_token", "storable_secret"]
