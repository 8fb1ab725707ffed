"""What several commands open: the secret definitions, and a client for Jira that is signed in by one of them."""

import argparse
import logging
import os
from datetime import UTC, datetime

from jira_staging.command_line.beside_airflow import backend_in_airflow, check_in_airflow, open_stores
from jira_staging.command_line.log_lines import hide
from jira_staging.errors import WrongUse
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.oauth import AuthorizationServer
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.records import SecretDefinition, TokenSource
from jira_staging.secret_backends import check_definition, open_backend
from jira_staging.secret_definitions import definitions_folder, expiry_warning, find_definition
from jira_staging.secret_definitions.writing import WritableStore
from jira_staging.secret_definitions.yaml_writing import WritableYamlFiles
from jira_staging.tokens import VaultTokens
from jira_staging.tokens.bare_errors import bare
from jira_staging.tokens.masking import MaskedTokens, masked_exchange

log = logging.getLogger(__name__)


def definition_stores(options: argparse.Namespace) -> tuple[WritableStore, ...]:
    """Where definitions are looked up, in this order; new ones go into the last."""
    if options.store == "airflow":
        return open_stores(options)
    folder = definitions_folder(options.definitions, os.environ)
    if folder.is_file():
        raise WrongUse(f"`{folder}` is a file. `--definitions` takes the folder that the secret definitions are in.")
    return (WritableYamlFiles(folder),)


def check(definition: SecretDefinition, options: argparse.Namespace) -> None:
    """Raise SecretDefinitionMalformed where the definition does not fit its backend, or there is no such backend here."""
    if options.store == "airflow":
        check_in_airflow(definition)
    else:
        check_definition(definition)


def expiry_told(definition: SecretDefinition) -> tuple[str, ...]:
    """The warning that the token expires soon, logged and to be reported; nothing where there is nothing to say."""
    warning = expiry_warning(definition, datetime.now(UTC).date())
    if warning is None:
        return ()
    log.warning(warning)
    return (warning,)


def tokens_of(definition: SecretDefinition, options: argparse.Namespace) -> TokenSource:
    """The token that a definition leads to, hidden in everything that is printed; nothing is asked of the vault yet."""
    grant = masked_exchange(AuthorizationServer(_connection(options)).grant, hide)
    backend = backend_in_airflow(definition) if options.store == "airflow" else open_backend(definition)
    return MaskedTokens(VaultTokens(definition, backend, login=options.account, exchange=grant), hide)


def personal_data_key(options: argparse.Namespace) -> str | None:
    """The key of hashes that a secret definition leads to; None where none is named."""
    if not options.personal_data_key:
        return None
    definition = find_definition(options.personal_data_key, definition_stores(options))
    backend = backend_in_airflow(definition) if options.store == "airflow" else open_backend(definition)
    key = bare(lambda: backend.fetch(definition)).strip()
    hide(key)
    return key


def open_client(options: argparse.Namespace, tokens: TokenSource) -> JiraClient:
    """A client for the site, not yet signed in; use it in a `with`."""
    return JiraClient(options.site, tokens, _connection(options))


def _connection(options: argparse.Namespace) -> ConnectionOptions:
    return ConnectionOptions(
        wait_limit_seconds=options.wait_limit,
        allowed_private_sites=_listed("JIRA_STAGING_ALLOWED_PRIVATE_SITES"),
        allowed_http_sites=_listed("JIRA_STAGING_ALLOWED_HTTP_SITES"),
        client_certificate=os.environ.get("JIRA_STAGING_CLIENT_CERTIFICATE", ""),
        gateway=os.environ.get("JIRA_STAGING_GATEWAY") or ConnectionOptions.gateway,
        authorization_server=os.environ.get("JIRA_STAGING_AUTHORIZATION_SERVER") or ConnectionOptions.authorization_server,
    )


def _listed(variable: str) -> tuple[str, ...]:
    return tuple(site.strip() for site in os.environ.get(variable, "").split(",") if site.strip())
