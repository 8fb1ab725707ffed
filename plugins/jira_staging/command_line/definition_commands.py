"""`jira-staging secret-definitions list | show | create | copy | delete | test`: names and places, never a value."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from jira_staging.command_line.arguments import Parser, add_connection, add_definitions, add_output
from jira_staging.command_line.outcomes import Outcome, print_line

if TYPE_CHECKING:
    from jira_staging.errors import SecretDefinitionMalformed
    from jira_staging.records import SecretDefinition

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
NAME_HELP = "its name, or PROJECT/NAME"


def add_commands(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add `secret-definitions` to the commands."""
    group = commands.add_parser("secret-definitions", help="list, show, create, copy, delete or test secret definitions")
    acts = group.add_subparsers(required=True, metavar="act")
    for name, act, description in (
        ("list", list_all, "list the definitions, and what is wrong with files that hold none"),
        ("show", show, "show what a definition says"),
        ("create", create, "write a new definition"),
        ("copy", copy, "copy a definition under another name or into another project; the secret stays where it is"),
        ("delete", delete, "delete a definition; the secret stays where it is"),
        ("test", test, "read the secret, sign in to Jira with it, and tell as whom"),
    ):
        parser = acts.add_parser(name, help=description)
        parser.set_defaults(command=act)
        if name != "list":
            parser.add_argument("name", metavar="NAME", help=NAME_HELP)
        if name == "create":
            _add_keys(parser)
        elif name == "copy":
            parser.add_argument("target", metavar="NEW_NAME", help=NAME_HELP)
        elif name == "test":
            add_connection(parser)
        add_definitions(parser)
        add_output(parser)


def _add_keys(parser: Parser) -> None:
    parser.add_argument("--backend", required=True, help="the kind of vault, like aws_secrets_manager or environment")
    parser.add_argument("--secret-name", required=True, help="the secret's name in the vault, never the secret")
    for key, description in KEYS.items():
        parser.add_argument(f"--{key.replace('_', '-')}", help=description)
    parser.add_argument(
        "--option", action="append", default=[], metavar="KEY=VALUE", help="what only this backend knows, like region=eu-west-1"
    )


def list_all(options: argparse.Namespace) -> Outcome:
    """Every definition of every store."""
    from jira_staging.command_line.connecting import definition_stores
    from jira_staging.secret_definitions.writing import full_name

    definitions: list[SecretDefinition] = []
    problems: list[SecretDefinitionMalformed] = []
    for store in definition_stores(options):
        found, unreadable = store.readable()
        definitions.extend(found)
        problems.extend(unreadable)

    def shown() -> None:
        rows = [("NAME", "BACKEND", "SECRET", "KEPT IN")]
        rows += [(full_name(found), found.backend, found.secret_name, found.kept_in) for found in definitions]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for row in rows:
            print_line("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]))
        for problem in problems:
            print_line(f"Not read: {problem}")

    values = {"definitions": [_values(found) for found in definitions], "problems": [str(problem) for problem in problems]}
    return Outcome(values, shown, problems[0].exit_code if problems else 0)


def show(options: argparse.Namespace) -> Outcome:
    """One definition."""
    from jira_staging.command_line.connecting import definition_stores
    from jira_staging.secret_definitions import find_definition

    return _told(_values(find_definition(options.name, definition_stores(options))))


def create(options: argparse.Namespace) -> Outcome:
    """A new definition of these arguments, checked as every definition is."""
    from jira_staging.command_line.connecting import definition_stores
    from jira_staging.secret_backends import check_definition
    from jira_staging.secret_definitions import definition_from
    from jira_staging.secret_definitions.writing import add_definition, split_name

    project, name = split_name(options.name)
    values: dict[str, object] = {"name": name, "project": project}
    values |= {key: getattr(options, key) for key in ("backend", "secret_name", *KEYS)}
    values["options"] = dict(_option(text) for text in options.option)
    definition = definition_from(values, "`create`", _argument)
    check_definition(definition)
    return _told(_values(add_definition(definition, definition_stores(options))))


def copy(options: argparse.Namespace) -> Outcome:
    """The same definition under another name: a reference is copied, never what it refers to."""
    from jira_staging.command_line.connecting import definition_stores
    from jira_staging.secret_definitions import checked_name, find_definition
    from jira_staging.secret_definitions.writing import add_definition, split_name

    stores = definition_stores(options)
    project, name = split_name(options.target)
    source = find_definition(options.name, stores)
    target = replace(
        source, name=checked_name(name, "NEW_NAME"), project=checked_name(project, "NEW_NAME", "project"), kept_in=""
    )
    return _told(_values(add_definition(target, stores)))


def delete(options: argparse.Namespace) -> Outcome:
    """Forget a definition."""
    from jira_staging.command_line.connecting import definition_stores
    from jira_staging.secret_definitions import find_definition

    stores = definition_stores(options)
    definition = find_definition(options.name, stores)
    next(store for store in stores if store.find(definition.name, definition.project)).remove(definition)
    return _told({"deleted": definition.name, "project": definition.project, "kept_in": definition.kept_in})


def test(options: argparse.Namespace) -> Outcome:
    """Read the secret and sign in with it. Tells the token's kind, length and fingerprint, never the token."""
    from jira_staging.command_line.connecting import definition_stores, open_client, tokens_of
    from jira_staging.secret_definitions import find_definition
    from jira_staging.secret_definitions.writing import full_name
    from jira_staging.tokens import fingerprint

    definition = find_definition(options.name, definition_stores(options))
    tokens = tokens_of(definition, options)
    with open_client(options, tokens) as jira:
        account = jira.sign_in()
        token = tokens.token()
        values: dict[str, object] = {
            "definition": full_name(definition),
            "backend": definition.backend,
            "site": jira.site,
            "account": token.account,
            "account_id": account.account_id,
            "account_name": account.name,
            "time_zone": account.time_zone,
            "kind": token.kind,
            "length": len(token.value),
            "fingerprint": fingerprint(token),
            "expires_on": definition.expires_on.isoformat() if definition.expires_on else None,
        }
    return _told(values)


def _argument(key: str) -> str:
    """Where a key of a new definition was given, for messages."""
    return "`NAME`" if key in ("name", "project") else f"`--{key.replace('_', '-')}`" if key else "`create`"


def _option(text: str) -> tuple[str, str]:
    from jira_staging.errors import WrongUse

    key, equals, value = text.partition("=")
    if not equals:
        raise WrongUse("An `--option` is written KEY=VALUE, like `--option region=eu-west-1`.")
    return key, value


def _values(definition: "SecretDefinition") -> dict[str, object]:
    from jira_staging.secret_definitions.writing import plain_values

    return {"name": definition.name, "project": definition.project, **plain_values(definition), "kept_in": definition.kept_in}


def _told(values: dict[str, object]) -> Outcome:
    """The values, a person shown them one a line."""

    def shown() -> None:
        width = max(map(len, values))
        for key, value in values.items():
            texts = [f"{name}={text}" for name, text in value.items()] if isinstance(value, dict) else [value]
            for text in texts:
                print_line(f"{key.ljust(width)}  {'-' if text is None else text}")

    return Outcome(values, shown)
