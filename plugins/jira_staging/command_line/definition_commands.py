"""`jira-staging secret-definitions list | show | test`, and the table of all its acts: names and places, never a value."""

import argparse
from typing import TYPE_CHECKING

from jira_staging.command_line.arguments import Parser, add_connection, add_definitions, add_output
from jira_staging.command_line.definition_changes import add_keys, add_rotation, copy, create, delete, rotate
from jira_staging.command_line.outcomes import Outcome, print_line, told

if TYPE_CHECKING:
    from jira_staging.errors import SecretDefinitionMalformed
    from jira_staging.records import SecretDefinition

NAME_HELP = "its name, or PROJECT/NAME"


def add_commands(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add `secret-definitions` to the commands."""
    group = commands.add_parser("secret-definitions", help="list, show, create, copy, delete, rotate, test")
    acts = group.add_subparsers(required=True, metavar="act")
    for name, act, description in (
        ("list", list_all, "list the definitions, and what is wrong with files that hold none"),
        ("show", show, "show what a definition says"),
        ("create", create, "write a new definition"),
        ("copy", copy, "copy a definition under another name or into another project; the secret stays where it is"),
        ("delete", delete, "delete a definition; the secret stays where it is, unless Airflow keeps it for this one alone"),
        ("rotate", rotate, "store a new token where Airflow keeps it; of other vaults, their own tools do"),
        ("test", test, "read the secret, sign in to Jira with it, and tell as whom"),
    ):
        parser = acts.add_parser(name, help=description)
        parser.set_defaults(command=act)
        if name != "list":
            parser.add_argument("name", metavar="NAME", help=NAME_HELP)
        if name == "create":
            add_keys(parser)
        elif name == "copy":
            parser.add_argument("target", metavar="NEW_NAME", help=NAME_HELP)
        elif name == "rotate":
            add_rotation(parser)
        elif name == "test":
            add_connection(parser)
        add_definitions(parser)
        add_output(parser)


def list_all(options: argparse.Namespace) -> Outcome:
    """Every definition of every store."""
    from jira_staging.command_line.connecting import definition_stores
    from jira_staging.secret_definitions.writing import full_name, shown_values

    definitions: list[SecretDefinition] = []
    problems: list[SecretDefinitionMalformed] = []
    stores = definition_stores(options)
    for store in stores:
        found, unreadable = store.readable()
        definitions.extend(found)
        problems.extend(unreadable)

    def shown() -> None:
        if not definitions and not problems:
            places = " or in ".join(store.place for store in stores)
            print_line(f"There is no secret definition in {places}. `jira-staging secret-definitions create` writes one.")
            return
        rows = [("NAME", "BACKEND", "SECRET", "KEPT IN")]
        rows += [(full_name(found), found.backend, found.secret_name, found.kept_in) for found in definitions]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for row in rows:
            print_line("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]))
        for problem in problems:
            print_line(f"Not read: {problem}")

    values = {"definitions": [shown_values(found) for found in definitions], "problems": [str(problem) for problem in problems]}
    return Outcome(values, shown, problems[0].exit_code if problems else 0)


def show(options: argparse.Namespace) -> Outcome:
    """One definition."""
    from jira_staging.command_line.connecting import definition_stores
    from jira_staging.secret_definitions import find_definition
    from jira_staging.secret_definitions.writing import shown_values

    return told(shown_values(find_definition(options.name, definition_stores(options))))


def test(options: argparse.Namespace) -> Outcome:
    """Read the secret and sign in with it. Tells the token's kind, length and fingerprint, never the token."""
    from jira_staging.command_line.connecting import definition_stores, expiry_told, open_client, tokens_of
    from jira_staging.secret_definitions import find_definition
    from jira_staging.secret_definitions.writing import full_name
    from jira_staging.tokens import fingerprint

    definition = find_definition(options.name, definition_stores(options))
    tokens = tokens_of(definition, options)
    expiry_told(definition)
    with open_client(options, tokens) as jira:
        account = jira.sign_in()
        token = tokens.token()
        values: dict[str, object] = {
            "definition": full_name(definition),
            "backend": definition.backend,
            "site": jira.site,
            "door": jira.door,
            "account": token.account,
            "account_id": account.account_id,
            "account_name": account.name,
            "time_zone": account.time_zone,
            "kind": token.kind,
            "length": len(token.value),
            "fingerprint": fingerprint(token),
            "expires_on": definition.expires_on.isoformat() if definition.expires_on else None,
        }
    return told(values)
