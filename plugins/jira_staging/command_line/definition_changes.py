"""`jira-staging secret-definitions create | copy | delete | rotate`: what changes where definitions are kept."""

import argparse
import sys
from dataclasses import replace
from getpass import getpass

from jira_staging.command_line.arguments import Parser
from jira_staging.command_line.log_lines import hide
from jira_staging.command_line.outcomes import Outcome, told
from jira_staging.errors import WrongUse

# The arguments of `create` that become keys of the definition, with their help.
KEYS = {
    "secret_key": "the key of the token in a secret that is JSON",
    "vault": "the vault's name or URL (Azure Key Vault)",
    "database": "the database of the secret (Snowflake)",
    "schema": "its schema (Snowflake)",
    "vault_conn_id": "the Airflow connection that reaches the vault",
    "kind": "api_token (the default), basic_base64, personal_access_token or oauth_client",
    "account": "whose token it is: an e-mail address",
    "description": "what it is for",
    "expires_on": "the token's last day, like 2027-01-31: no API tells it",
}


def add_keys(parser: Parser) -> None:
    """Add what `create` takes."""
    parser.add_argument("--backend", required=True, help="the kind of vault, like aws_secrets_manager or environment")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--secret-name", help="the secret's name in the vault, never the secret")
    place.add_argument(
        "--secret-stdin",
        action="store_true",
        help="read the token from standard input and keep it in Airflow (`--store airflow --backend airflow`)",
    )
    for key, description in KEYS.items():
        parser.add_argument(f"--{key.replace('_', '-')}", help=description)
    parser.add_argument(
        "--option", action="append", default=[], metavar="KEY=VALUE", help="what only this backend knows, like region=eu-west-1"
    )


def add_rotation(parser: Parser) -> None:
    """Add what `rotate` takes."""
    parser.add_argument("--secret-stdin", action="store_true", required=True, help="read the new token from standard input")
    parser.add_argument("--expires-on", help="the new token's last day; without it none is known")


def create(options: argparse.Namespace) -> Outcome:
    """A new definition of these arguments, checked as every definition is; with `--secret-stdin` also its token."""
    from jira_staging.command_line.connecting import check, definition_stores
    from jira_staging.secret_definitions import definition_from
    from jira_staging.secret_definitions.writing import add_definition, shown_values, split_name

    project, name = split_name(options.name)
    values: dict[str, object] = {"name": name, "project": project}
    values |= {key: getattr(options, key) for key in ("backend", "secret_name", *KEYS)}
    values["options"] = dict(_option(text) for text in options.option)
    if not options.secret_stdin:
        definition = definition_from(values, "`create`", _argument)
        check(definition, options)
        return told(shown_values(add_definition(definition, definition_stores(options))))
    if options.store != "airflow" or options.backend != "airflow" or options.secret_key or options.option:
        raise WrongUse(
            "`--secret-stdin` is for a token that Airflow keeps itself: `--store airflow --backend airflow`, without "
            "`--secret-key` and `--option`. Every other vault's secret is stored there."
        )
    from jira_staging.command_line.beside_airflow import check_in_airflow, create_managed, managed_place

    definition = definition_from({**values, "secret_name": managed_place(name, project)}, "`create`", _argument)
    check_in_airflow(definition)
    return told(shown_values(create_managed(definition, _standard_input(), options)))


def copy(options: argparse.Namespace) -> Outcome:
    """The same definition under another name: a reference is copied, never what it refers to."""
    from jira_staging.command_line.connecting import definition_stores
    from jira_staging.secret_definitions import checked_name, find_definition
    from jira_staging.secret_definitions.writing import add_definition, shown_values, split_name

    stores = definition_stores(options)
    project, name = split_name(options.target)
    source = find_definition(options.name, stores)
    target = replace(
        source, name=checked_name(name, "NEW_NAME"), project=checked_name(project, "NEW_NAME", "project"), kept_in=""
    )
    return told(shown_values(add_definition(target, stores)))


def delete(options: argparse.Namespace) -> Outcome:
    """Forget a definition. A token that Airflow keeps goes with the last definition that points to it."""
    from jira_staging.command_line.connecting import definition_stores
    from jira_staging.secret_definitions import find_definition

    stores = definition_stores(options)
    definition = find_definition(options.name, stores)
    next(store for store in stores if store.find(definition.name, definition.project)).remove(definition)
    return told({"deleted": definition.name, "project": definition.project, "kept_in": definition.kept_in})


def rotate(options: argparse.Namespace) -> Outcome:
    """A new token in Airflow's managed vault; no DAG changes."""
    from jira_staging.command_line.connecting import definition_stores
    from jira_staging.secret_definitions import find_definition
    from jira_staging.secret_definitions.entries import checked_day
    from jira_staging.secret_definitions.writing import shown_values

    definition = find_definition(options.name, definition_stores(options))
    if options.store != "airflow":
        raise WrongUse(
            f"The token of secret definition `{definition.name}` lies in `{definition.backend}`: store the new one there. "
            "One that Airflow keeps is replaced with `--store airflow`."
        )
    from jira_staging.command_line.beside_airflow import rotate_managed

    expires_on = checked_day(options.expires_on, _argument)
    return told(shown_values(rotate_managed(replace(definition, expires_on=expires_on), _standard_input(), options)))


def _standard_input() -> str:
    """What a pipe or a here-document gives; a person at a keyboard types it unseen."""
    secret = getpass("Token: ") if sys.stdin.isatty() else sys.stdin.read()
    hide(secret.strip())
    return secret


def _argument(key: str) -> str:
    """Where a key of a new definition was given, for messages."""
    return "`NAME`" if key in ("name", "project") else f"`--{key.replace('_', '-')}`" if key else "`create`"


def _option(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise WrongUse("An `--option` is written KEY=VALUE, like `--option region=eu-west-1`.")
    return key, value
