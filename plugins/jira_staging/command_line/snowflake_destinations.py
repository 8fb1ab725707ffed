"""`--destination snowflake:…`: a connection of connections.toml, or an account by its address; never with a password."""

import argparse
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from jira_staging.errors import WrongUse

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

    from jira_staging.staging import Staging

# What may stand behind the `?`; all else that the connector knows stays in connections.toml.
_SETTINGS = ("warehouse", "role", "authenticator", "private_key_file", "host")
_HOW = "`snowflake:NAME` for a connection of connections.toml, or `snowflake://USER@ACCOUNT/DATABASE?warehouse=…&role=…`"
_SECRETS_FROM = "SNOWFLAKE_PASSWORD, or connections.toml"
# The connector would try for five minutes to sign in at an address that is not there.
_LOGIN_SECONDS = 60


@dataclass(frozen=True)
class _Account:
    """What the connector gets, without a secret, and the account in words."""

    place: str
    settings: dict[str, Any] = field(repr=False)
    transient: bool


def open_snowflake(options: argparse.Namespace) -> "Staging":
    """The staging tables in the database that the destination names; nothing is asked of it yet."""
    account = _account(options.destination)
    try:
        import snowflake.connector  # noqa: F401
    except ImportError as missing:
        raise WrongUse("Snowflake needs its connector: pip install 'airflow-provider-jira-staging[snowflake]'") from missing
    from jira_staging.staging.snowflake_staging import SnowflakeStaging

    return SnowflakeStaging(
        lambda: _connected(account),
        options.schema,
        place=account.place,
        wait_seconds=options.database_wait,
        transient=account.transient,
    )


def _account(destination: str) -> _Account:
    try:
        parts = urlsplit(destination)
        user, password, host, port = parts.username, parts.password, parts.hostname, parts.port
        given = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    except ValueError:
        # Its words repeat the address.
        raise WrongUse(f"The destination is no address in Snowflake: {_HOW}.") from None
    if password is not None or {"password", "token", "passcode", "private_key_file_pwd"} & given.keys():
        raise WrongUse(
            "The destination holds a password, which everybody on this machine can read in the list of processes. Take it out "
            f"(and change it): {_SECRETS_FROM} give it to us."
        )
    transient = given.pop("transient", "false")
    if port or parts.fragment or transient not in ("true", "false") or given.keys() - set(_SETTINGS):
        raise WrongUse(f"The destination is no address in Snowflake: {_HOW}, and `transient=true` for transient tables.")
    if not parts.netloc:
        return _named(parts, given, transient=transient == "true")
    database = unquote(parts.path.strip("/"))
    if not user or not host or not database or "/" in database:
        raise WrongUse(f"The destination is no address in Snowflake: {_HOW}.")
    settings = {"user": unquote(user), "account": host, "database": database, **given}
    return _Account(f"the database {database} in the account {host}", settings, transient == "true")


def _named(parts: SplitResult, given: dict[str, str], *, transient: bool) -> _Account:
    name = unquote(parts.path)
    if not name.strip() or "/" in name or "host" in given:
        raise WrongUse(f"The destination is no address in Snowflake: {_HOW}.")
    return _Account(f"Snowflake's connection {name}", {"connection_name": name, **given}, transient)


def _connected(account: _Account) -> "SnowflakeConnection":
    import os

    import snowflake.connector
    from snowflake.connector.errors import Error

    # connections.toml has its own; SNOWFLAKE_PASSWORD is what the connector's own default connection reads.
    password = None if "connection_name" in account.settings else os.environ.get("SNOWFLAKE_PASSWORD")
    secret = {"password": password} if password else {}
    try:
        return snowflake.connector.connect(**account.settings, **secret, login_timeout=_LOGIN_SECONDS)
    except Error as error:
        if type(error) is not Error:
            raise
        problem = " ".join(str(error.msg).split())
    except (OSError, ValueError, TypeError) as error:
        # A key that is not there, or is none; the words may hold a part of it and are not passed on.
        problem = type(error).__name__
    raise WrongUse(f"The settings of {account.place} cannot be used ({problem}). Check the destination and {_SECRETS_FROM}.")
