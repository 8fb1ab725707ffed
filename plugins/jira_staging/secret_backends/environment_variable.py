"""The environment as a vault: for a laptop or CI, where something else keeps the secret and exports it."""

import os
from difflib import get_close_matches

from jira_staging.errors import SecretDefinitionMalformed, SecretNotFound
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends.opening import VaultAccess
from jira_staging.secret_backends.secret_text import chosen_text

# What a deployment keeps for itself. Otherwise whoever may write a definition and choose a site could send Airflow's
# Fernet key or the worker's cloud credentials to a server of their own, as an API token.
NOT_OURS = ("AIRFLOW_", "AWS_", "AZURE_", "GOOGLE_", "SNOWFLAKE_", "IDENTITY_", "MSI_")


class EnvironmentVariable:
    """Reads the variable that `secret_name` names."""

    def __init__(self, vault_access: VaultAccess | None = None) -> None:
        del vault_access  # The environment asks nobody to sign in.

    def fetch(self, definition: SecretDefinition) -> str:
        """The variable's text, or one key of it where it is JSON."""
        name = definition.secret_name
        if name.upper().startswith(NOT_OURS):
            raise SecretDefinitionMalformed(
                f"Secret definition `{definition.name}`: the environment variable `{name}` belongs to Airflow or to a cloud's "
                "sign-in and is not read as an API token. Export the token under another name, like `JIRA_API_TOKEN`."
            )
        if name not in os.environ:
            nearest = get_close_matches(
                name, [known for known in os.environ if not known.startswith(NOT_OURS)], n=1, cutoff=0.8
            )
            meant = f" Did you mean `{nearest[0]}`?" if nearest else " Export it where this process starts."
            raise SecretNotFound(
                f"The environment of this process has no variable `{name}`, which secret definition `{definition.name}` "
                f"names.{meant}"
            )
        return chosen_text(os.environ[name], definition, f"The environment variable `{name}`")
