"""The nouns that travel between the rooms: frozen dataclasses, and `Report`, the one that counts."""

from jira_staging.records.credentials import (
    Account,
    ApiToken,
    GrantedToken,
    OauthClient,
    SecretDefinition,
    TokenKind,
    TokenSource,
)
from jira_staging.records.reports import Changes, Report, Run, SyncMode, Tally
from jira_staging.records.syncs import (
    Batch,
    CensusRequest,
    Checks,
    FullLoad,
    Gone,
    GoneReason,
    LoadStrategy,
    RejectedRow,
    Rows,
    Scope,
    SyncRequest,
    SyncState,
)

__all__ = [
    "Account",
    "ApiToken",
    "Batch",
    "CensusRequest",
    "Changes",
    "Checks",
    "FullLoad",
    "Gone",
    "GoneReason",
    "GrantedToken",
    "LoadStrategy",
    "OauthClient",
    "RejectedRow",
    "Report",
    "Rows",
    "Run",
    "Scope",
    "SecretDefinition",
    "SyncMode",
    "SyncRequest",
    "SyncState",
    "Tally",
    "TokenKind",
    "TokenSource",
]
