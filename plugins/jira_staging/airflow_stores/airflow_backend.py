"""The backend `airflow`: a Connection or Variable, through whatever secrets backend the deployment has."""

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowRuntimeError

from jira_staging.airflow_stores.reading import variable_of_airflow
from jira_staging.airflow_stores.variable_texts import INDEX, PREFIX
from jira_staging.airflow_versions import AirflowNotFoundException
from jira_staging.errors import SecretBackendUnavailable, SecretDefinitionMalformed, SecretMalformed, SecretNotFound, WrongUse
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends import VaultAccess
from jira_staging.secret_backends.secret_text import chosen_text

# Types under which people keep a token for a web service. What signs in to a database or a cloud is not read as an API token:
# otherwise whoever may write a definition and choose a site could send it to a server of their own.
TYPES = ("jira_staging", "jira", "http", "https", "generic")
# Airflow hides what its own secrets backends answered, so neither can we tell "not there" from "did not answer".
HIDDEN = "If one of Airflow's secrets backends should have it, Airflow's log (level DEBUG) says why it did not give it."


class AirflowItself:
    """Reads the password of the connection that `secret_name` names, or with `read: variable` the Variable."""

    def __init__(self, vault_access: VaultAccess | None = None) -> None:
        del vault_access  # Airflow knows who asks.

    def fetch(self, definition: SecretDefinition) -> str:
        """The text, or one key of it where it is JSON."""
        read = definition.options.get("read", "connection")
        if read == "variable":
            return self._variable(definition)
        if read == "connection":
            return self._password(definition)
        raise SecretDefinitionMalformed(
            f"Secret definition `{definition.name}`: `read` in its options is `connection` (the default) or `variable`."
        )

    def _password(self, definition: SecretDefinition) -> str:
        conn_id = definition.secret_name
        try:
            connection = BaseHook.get_connection(conn_id)
        except AirflowNotFoundException:
            raise SecretNotFound(
                f"Airflow has no connection `{conn_id}`, which secret definition `{definition.name}` names. Create it, or "
                f"store the token anew. {HIDDEN}"
            ) from None
        except AirflowRuntimeError as error:
            raise SecretBackendUnavailable(
                f"Airflow could not be asked for the connection `{conn_id}` ({error.error.error.value}). Try again later. "
                f"(Secret definition `{definition.name}`.)"
            ) from None
        if connection.conn_type not in TYPES:
            raise WrongUse(
                f"The connection `{conn_id}` is of type `{connection.conn_type}`, so its password is no API token of Jira's. "
                f"Keep the token in one of type `generic`. (Secret definition `{definition.name}`.)"
            )
        where = f"The password of Airflow's connection `{conn_id}`"
        if not connection.password:
            raise SecretMalformed(f"{where} is empty. Store the API token in it. (Secret definition `{definition.name}`.)")
        return chosen_text(connection.password, definition, where)

    def _variable(self, definition: SecretDefinition) -> str:
        key = definition.secret_name
        if key == INDEX or key.startswith(PREFIX):
            raise SecretDefinitionMalformed(
                f"Secret definition `{definition.name}` names the Variable `{key}`, which holds a definition and no token."
            )
        text = variable_of_airflow(key)
        if text is None:
            raise SecretNotFound(
                f"Airflow has no Variable `{key}`, which secret definition `{definition.name}` names. Create it. {HIDDEN}"
            )
        return chosen_text(text, definition, f"Airflow's Variable `{key}`")
