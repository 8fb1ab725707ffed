"""Doors to the vaults: what a secret definition points to, as text. One file a vault, which alone imports its SDK."""

from jira_staging.secret_backends.opening import (
    BACKENDS,
    BackendEntry,
    SecretBackend,
    VaultAccess,
    check_definition,
    open_backend,
)

__all__ = ["BACKENDS", "BackendEntry", "SecretBackend", "VaultAccess", "check_definition", "open_backend"]
