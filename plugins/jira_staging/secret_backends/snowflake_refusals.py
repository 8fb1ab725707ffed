"""What Snowflake says instead of a secret, in our words."""

import re
from collections.abc import Container
from typing import TYPE_CHECKING

from jira_staging.errors import (
    JiraStagingError,
    SecretAccessDenied,
    SecretBackendUnavailable,
    SecretError,
    SecretNotFound,
    SecretNotUsable,
    WrongUse,
)
from jira_staging.records import SecretDefinition

if TYPE_CHECKING:
    from snowflake.connector.errors import Error

# Snowflake says the same for what is not there and for what the role may not see.
NOT_THERE = {2003, 2043, 2140, 2141}
# An exception inside of a function's Python; its words are the function's own, and are not passed on.
FAILED_INSIDE = {100183, 100351, 100357}

# What an error's number means and what to do, first match first. Numbers of six digits that begin with 25 and 29 are the
# connector's own (snowflake.connector.errorcode; 290000 and an HTTP status), with 39 the server's about who signs in.
BY_NUMBER: tuple[tuple[Container[int], type[JiraStagingError], str], ...] = (
    (FAILED_INSIDE, SecretNotUsable, "Its reader function failed: is it made for the secret's type? Call it by hand to see."),
    ({509009}, SecretNotUsable, "Trial accounts of Snowflake have no external access, which reading needs: use another vault."),
    ({3001, 3041, 3540}, SecretAccessDenied, "Grant what is missing to the role of this connection."),
    ({606}, WrongUse, "Add `warehouse` to the definition's `options`, or to the connection."),
    ({604, 609, 610, 630}, SecretBackendUnavailable, "Try again later, or with another warehouse."),
    ({290401, 290403}, SecretAccessDenied, "Check the account, its network policy and the proxy."),
    ({290400, 290404, 290405}, WrongUse, "No Snowflake account answers there: check `account`."),
    (range(251001, 251030), WrongUse, "Repair the connection's settings."),
    (range(390100, 390400), SecretAccessDenied, "Check how this process signs in to Snowflake."),
)
# What an error's class means, where its number says nothing. The bare `Error` is what an unknown `connection_name` gives.
BY_CLASS: dict[str, tuple[type[JiraStagingError], str]] = {
    **dict.fromkeys(
        ("ForbiddenError", "RefreshTokenError", "TokenExpiredError"),
        (SecretAccessDenied, "Check how this process signs in to Snowflake."),
    ),
    **dict.fromkeys(
        ("Error", "ConfigSourceError", "ConfigManagerError", "MissingConfigOptionError", "MissingDependencyError"),
        (WrongUse, "Repair the connection's settings (connections.toml, or the definition's `options`)."),
    ),
    **dict.fromkeys(
        (
            "OperationalError",
            "RevocationCheckError",
            "NonRetryableTlsError",
            "InterfaceError",
            "InternalError",
            "HttpError",
            "InternalServerError",
            "ServiceUnavailableError",
            "BadGatewayError",
            "GatewayTimeoutError",
            "RequestTimeoutError",
            "TooManyRequests",
            "OtherHTTPRetryableError",
            "RequestExceedMaxRetryError",
            "PresignedUrlExpiredError",
        ),
        (SecretBackendUnavailable, "Check the network, then try again later."),
    ),
}

# Which grant is missing, by the object of which Snowflake says that it does not exist or is not authorized.
GRANTS = {
    "integration": "Create the external access integration, allow the secret in it, and grant USAGE on it.",
    "secret": "Create the secret, and grant READ and USAGE on it.",
    "function": "Create the reader function (include/sql/snowflake/reader.sql), and grant USAGE on it.",
    "schema": "Check `schema`, and grant USAGE on it.",
    "database": "Check `database`, and grant USAGE on it.",
    "warehouse": "Check `warehouse`, and grant USAGE on it.",
    "role": "Check `role`, and grant it to the user.",
}


def refusal(error: "Error", definition: SecretDefinition, words: str) -> JiraStagingError:
    """Our error for any error of the connector; `words` are the secret and where it lies, as a sentence begins."""
    number = error.errno if isinstance(error.errno, int) else -1
    kind, repair = _meaning(error, number)
    said = f"Snowflake says {number:06d}" if number >= 0 else f"The Snowflake connector says {type(error).__name__}"
    if number not in FAILED_INSIDE:
        said += f": {_said(error)}"
    return kind(f"{words} could not be read. {said.rstrip('.!')}. {repair} (Secret definition `{definition.name}`.)")


def _meaning(error: "Error", number: int) -> tuple[type[JiraStagingError], str]:
    text = str(error.msg or "")
    if number in NOT_THERE or "does not exist or not authorized" in text:
        named = re.search(rf"\b({'|'.join(GRANTS)})\b", text, re.IGNORECASE)
        return SecretNotFound, GRANTS[named[1].lower()] if named else "Check the names and the grants of this role."
    if number == 250001 and type(error).__name__ == "DatabaseError":
        return SecretAccessDenied, "Check the user and how this process signs in to Snowflake."
    for numbers, kind, repair in BY_NUMBER:
        if number in numbers:
            return kind, repair
    return BY_CLASS.get(type(error).__name__, (SecretError, "Check the secret and its reader by hand."))


def _said(error: "Error") -> str:
    """Snowflake's words on one line, without the number that stands before them."""
    # `msg` has the query's id in it where the connector's logger is at INFO, as in Airflow; `raw_msg` never has.
    return re.sub(r"^\d{6}( \(\w{5}\))?:\s*", "", " ".join(str(error.raw_msg or "no more").split()))
