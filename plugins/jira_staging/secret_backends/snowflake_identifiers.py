"""Names of Snowflake's objects, checked: they are the only part of a definition that comes into a statement."""

import re
from dataclasses import dataclass

from jira_staging.errors import SecretDefinitionMalformed
from jira_staging.records import SecretDefinition

# Unquoted, a name is in upper case whatever was typed; in double quotes it is as it stands (Snowflake's identifier rules).
PLAIN = r"[A-Za-z_][A-Za-z0-9_$]{0,254}"
IN_QUOTES = r'"[^"\x00-\x1f\x7f]{1,255}"'
IDENTIFIER = re.compile(f"{PLAIN}|{IN_QUOTES}")
DATABASE_AND_SCHEMA = re.compile(rf"({PLAIN}|{IN_QUOTES})\.({PLAIN}|{IN_QUOTES})")
FUNCTION = re.compile(rf"(?:({PLAIN}|{IN_QUOTES})\.({PLAIN}|{IN_QUOTES})\.)?({PLAIN}|{IN_QUOTES})")


@dataclass(frozen=True)
class SecretPlace:
    """Where one SECRET lies, as statements spell it: its schema, itself, and the function that reads it."""

    schema: str
    secret: str
    secret_name: str
    function: str
    words: str

    def function_called(self, name: str) -> str:
        """A function of this name beside the secret."""
        return f"{self.schema}.{name.upper()}"


def secret_place(definition: SecretDefinition) -> SecretPlace:
    """Where a definition's SECRET lies. Its schema is `vault` (`<database>.<schema>`), or `database` and `schema`.

    The reader function is `READ_<secret>` beside the secret, or the option `function` (a name, or `<db>.<schema>.<name>`).
    """
    database, schema = _database_and_schema(definition)
    in_schema = f"{identifier(database, definition)}.{identifier(schema, definition)}"
    secret = identifier(definition.secret_name, definition)
    function = definition.options.get("function")
    return SecretPlace(
        schema=in_schema,
        secret=f"{in_schema}.{secret}",
        secret_name=secret.strip('"'),
        function=_function(function or _reader_of(secret), in_schema, definition),
        words=f"The secret {in_schema}.{secret} of Snowflake",
    )


def identifier(name: str, definition: SecretDefinition) -> str:
    """The name as Snowflake keeps it: in upper case, or in its double quotes as it stands.

    Raises SecretDefinitionMalformed where it is no name. What passes can end no identifier early: a plain name has no quote, a
    quoted one none inside.
    """
    if not IDENTIFIER.fullmatch(name):
        raise SecretDefinitionMalformed(
            f"Secret definition `{definition.name}`: `{name}` is no name of a Snowflake object. A plain name has letters, "
            "digits, `_` and `$`; any other stands in double quotes, as it was created."
        )
    return name if name.startswith('"') else name.upper()


def _reader_of(secret: str) -> str:
    return f'"READ_{secret[1:]}' if secret.startswith('"') else f"READ_{secret}"


def _database_and_schema(definition: SecretDefinition) -> tuple[str, str]:
    if definition.vault and (definition.database or definition.schema):
        raise SecretDefinitionMalformed(
            f"Secret definition `{definition.name}`: say where the secret lies once, by `vault` or by `database` and `schema`."
        )
    if definition.vault:
        if parts := DATABASE_AND_SCHEMA.fullmatch(definition.vault):
            return parts[1], parts[2]
        raise SecretDefinitionMalformed(f"Secret definition `{definition.name}`: its `vault` must be `<database>.<schema>`.")
    if definition.database and definition.schema:
        return definition.database, definition.schema
    raise SecretDefinitionMalformed(
        f"Secret definition `{definition.name}`: the backend `snowflake_schema` needs `database` and `schema` (or `vault: "
        "<database>.<schema>`)."
    )


def _function(function: str, in_schema: str, definition: SecretDefinition) -> str:
    parts = FUNCTION.fullmatch(function)
    if parts is None:
        raise SecretDefinitionMalformed(
            f"Secret definition `{definition.name}`: its option `function` must be a name or `<database>.<schema>.<name>`, "
            "without parentheses."
        )
    if parts[1]:
        in_schema = f"{identifier(parts[1], definition)}.{identifier(parts[2], definition)}"
    return f"{in_schema}.{identifier(parts[3], definition)}"
