"""A Snowflake schema as a vault: SECRET objects, which SQL cannot read and a function that is bound to one can.

`mode: reader` selects from a function that an administrator made (include/sql/snowflake/reader.sql): the least privilege.
`mode: temporary_reader` makes such a function for the length of a session. Names alone stand in the statements, never
a value, so none comes into the query history; the value is the result of one SELECT.
"""

import logging
import secrets
from contextlib import closing
from typing import TYPE_CHECKING, Any

from jira_staging.errors import (
    JiraStagingError,
    SecretDefinitionMalformed,
    SecretMalformed,
    SecretNotFound,
    SecretNotUsable,
    WrongUse,
)
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends.opening import VaultAccess
from jira_staging.secret_backends.quiet_logs import unlogged
from jira_staging.secret_backends.secret_text import chosen_text
from jira_staging.secret_backends.snowflake_identifiers import SecretPlace, identifier, secret_place
from jira_staging.secret_backends.snowflake_refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

# What a definition may say about the connection; passwords and keys come from connections.toml or from Airflow.
CONNECTION_OPTIONS = ("connection_name", "account", "user", "authenticator", "private_key_file")
# Signing in takes a second or two; a network that swallows packets is found after these.
LOGIN_SECONDS, NETWORK_SECONDS = 20, 30
# A suspended warehouse starts, and Python in it, within seconds.
STATEMENT_SECONDS = 90

# How Python in Snowflake reads a secret, by the secret's type. SHOW says GENERIC_STRING or, in older accounts, GENERIC.
READERS: "Mapping[str, str]" = {
    "GENERIC_STRING": "_snowflake.get_generic_secret_string('cred')",
    "GENERIC": "_snowflake.get_generic_secret_string('cred')",
    "PASSWORD": "_snowflake.get_username_password('cred').password",
}


class SnowflakeSchema:
    """Reads secrets over a connection of its own: connections.toml, the definition's options, or a deployment's connection."""

    def __init__(self, vault_access: VaultAccess | None = None) -> None:
        self._access = vault_access

    def fetch(self, definition: SecretDefinition) -> str:
        """The secret's text, or one key of it where it is JSON. The connection is closed after it."""
        from snowflake.connector.errors import Error

        mode = definition.options.get("mode", "reader")
        if mode not in ("reader", "temporary_reader"):
            raise SecretDefinitionMalformed(
                f"Secret definition `{definition.name}`: there is no `mode: {mode}`. There are `reader` and `temporary_reader`."
            )
        place = secret_place(definition)
        problem: JiraStagingError | None = None
        try:
            with unlogged("snowflake", "urllib3", "botocore"), closing(self._connection(definition)) as connection:
                _prepare(connection, definition)
                read = _by_reader if mode == "reader" else _by_temporary_reader
                answer = read(connection, definition, place)
        except Error as error:
            problem = refusal(error, definition, place.words)
        if problem:
            # Without the connector's error behind it: a reader function may put the value into its own error's words.
            raise problem
        return chosen_text(answer, definition, place.words)

    def _connection(self, definition: SecretDefinition) -> Any:
        if self._access and self._access.snowflake_connection:
            return self._access.snowflake_connection()
        import snowflake.connector

        given = definition.options
        options: dict[str, Any] = {name: given[name] for name in CONNECTION_OPTIONS if name in given}
        try:
            return snowflake.connector.connect(**options, login_timeout=LOGIN_SECONDS, network_timeout=NETWORK_SECONDS)
        except (OSError, ValueError, TypeError) as error:
            # A key that is not there, or is none; the words may hold a part of it and are not passed on.
            problem = type(error).__name__
        raise WrongUse(
            f"Secret definition `{definition.name}`: the settings of its Snowflake connection cannot be used ({problem}). "
            "Check connections.toml and `private_key_file`."
        )


def _prepare(connection: Any, definition: SecretDefinition) -> None:
    """The definition's role and warehouse, where it names them."""
    for kind in ("role", "warehouse"):
        if name := definition.options.get(kind):
            _run(connection, f"USE {kind.upper()} {identifier(name, definition)}")


def _by_reader(connection: Any, definition: SecretDefinition, place: SecretPlace) -> str:
    return _value(_run(connection, _select(place.function)), definition, place)


def _by_temporary_reader(connection: Any, definition: SecretDefinition, place: SecretPlace) -> str:
    if "integration" not in definition.options:
        raise SecretDefinitionMalformed(
            f"Secret definition `{definition.name}`: `mode: temporary_reader` needs the option `integration`, the external "
            "access integration that allows the secret (include/sql/snowflake/temporary_reader.sql)."
        )
    reader = READERS[_secret_type(connection, definition, place)]
    function = place.function if "function" in definition.options else place.function_called(f"READ_{secrets.token_hex(8)}")
    _run(
        connection,
        f"CREATE OR REPLACE TEMPORARY FUNCTION {function}() RETURNS STRING VOLATILE LANGUAGE PYTHON RUNTIME_VERSION = '3.11' "
        f"HANDLER = 'read' EXTERNAL_ACCESS_INTEGRATIONS = ({identifier(definition.options['integration'], definition)}) "
        f"SECRETS = ('cred' = {place.secret}) AS $$\nimport _snowflake\ndef read():\n    return {reader}\n$$",
    )
    try:
        return _value(_run(connection, _select(function)), definition, place)
    finally:
        _drop(connection, function)


def _secret_type(connection: Any, definition: SecretDefinition, place: SecretPlace) -> str:
    """The type of the SECRET object. Compared by its whole name: in LIKE every `_` would match any character."""
    cursor = connection.cursor()
    cursor.execute(f"SHOW SECRETS IN SCHEMA {place.schema}", timeout=STATEMENT_SECONDS)
    columns = [column[0].lower() for column in cursor.description]
    for row in cursor.fetchall():
        described = dict(zip(columns, row, strict=True))
        if described["name"] == place.secret_name:
            if described["secret_type"] not in READERS:
                raise SecretMalformed(
                    f"{place.words} is of type {described['secret_type']}. Store the API token as GENERIC_STRING or PASSWORD. "
                    f"(Secret definition `{definition.name}`.)"
                )
            return str(described["secret_type"])
    raise SecretNotFound(
        f"{place.words} is not there, or this role may not see it. Check the names (unquoted ones are in upper case), and "
        f"grant READ and USAGE on the secret. (Secret definition `{definition.name}`.)"
    )


def _select(function: str) -> str:
    # Snowflake answers a repeated query from its cache, with the secret as it was before its rotation, unless the query
    # asks for the time.
    return f"SELECT {function}() AS answer, CURRENT_TIMESTAMP() AS read_at"


def _value(row: Any, definition: SecretDefinition, place: SecretPlace) -> str:
    if not row or not isinstance(row[0], str):
        raise SecretNotUsable(
            f"{place.words}: its reader function gave no text. Repair the function. (Secret definition `{definition.name}`.)"
        )
    return row[0]


def _run(connection: Any, statement: str) -> Any:
    """The first row of the statement's answer."""
    cursor = connection.cursor()
    cursor.execute(statement, timeout=STATEMENT_SECONDS)
    return cursor.fetchone()


def _drop(connection: Any, function: str) -> None:
    from snowflake.connector.errors import Error

    try:
        _run(connection, f"DROP FUNCTION IF EXISTS {function}()")
    except Error as error:
        # It goes with its session, which ends now; the value that was read, or the error that is under way, matters more.
        log.warning("Snowflake did not drop the temporary function %s (%s); it ends with the session.", function, error.errno)
