"""Airflow's connections as our doors: the Jira client and the staging database."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.configuration import conf
from airflow.sdk.log import mask_secret

from jira_staging.airflow_vaults import vault_access
from jira_staging.errors import JiraStagingError, WrongUse
from jira_staging.issue_frames import issues_as_table
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.records import ApiToken, SecretDefinition, TokenSource
from jira_staging.secret_backends import open_backend
from jira_staging.secret_definitions import DefinitionStore, YamlFiles, definitions_folder, expiry_warning, find_definition
from jira_staging.staging import Staging
from jira_staging.staging.duckdb_staging import DuckDBStaging
from jira_staging.tokens import ConnectionPassword, VaultTokens

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    from airflow.sdk import Connection

log = logging.getLogger(__name__)


def definition_stores() -> tuple[DefinitionStore, ...]:
    """Where this deployment keeps its secret definitions, files first."""
    folder = conf.get("jira_staging", "definitions_folder", fallback=None)
    return (YamlFiles(definitions_folder(folder, os.environ)),)


def definition_names() -> list[str]:
    """The names that a DAG's drop-down offers, read when the DAG is parsed."""
    return sorted(definition.name for store in definition_stores() for definition in store.list())


class MaskedTokens:
    """A TokenSource whose tokens Airflow masks, in every spelling, before anybody has them in hand."""

    def __init__(self, tokens: TokenSource) -> None:
        self._tokens = tokens

    def token(self) -> ApiToken:
        """The token, masked from now on."""
        return _masked(self._tokens.token())

    def renewed(self, refused: ApiToken) -> ApiToken | None:
        """The new token, masked from now on, or None."""
        token = self._tokens.renewed(refused)
        return _masked(token) if token else None


def _masked(token: ApiToken) -> ApiToken:
    for spelling in token.spellings():
        mask_secret(spelling)
    return token


class JiraStagingHook(BaseHook):
    """A Jira site, signed in by the secret that a secret definition names.

    :param jira_conn_id: the connection: its host is the site, its login the account. A connection of type `jira` works too.
    :param api_token: the name of a secret definition. Without it the connection's own `definition` is used, and without that
        the connection's password.
    """

    conn_name_attr = "jira_conn_id"
    default_conn_name = "jira_default"
    conn_type = "jira_staging"
    hook_name = "Jira (staging)"

    def __init__(self, jira_conn_id: str = default_conn_name, api_token: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.jira_conn_id = jira_conn_id
        self.api_token = api_token

    def get_conn(self) -> JiraClient:
        """A client for the site, not yet signed in; use it in a `with`."""
        connection = self.get_connection(self.jira_conn_id)
        return JiraClient(self.site(connection), MaskedTokens(self._tokens(connection)), _options(connection))

    def site(self, connection: Connection | None = None) -> str:
        """The site's address as the connection has it. Raises WrongUse where it has none."""
        connection = connection or self.get_connection(self.jira_conn_id)
        if not connection.host:
            raise WrongUse(
                f"The connection `{self.jira_conn_id}` has no site. Write it into the host: `https://your-company.atlassian.net`."
            )
        if "://" in connection.host or connection.conn_type not in ("http", "https"):
            return connection.host if connection.port is None else f"{connection.host}:{connection.port}"
        return f"{connection.conn_type}://{connection.host}"

    def definition_name(self, connection: Connection | None = None) -> str | None:
        """The secret definition that is used, or None for the connection's own password."""
        connection = connection or self.get_connection(self.jira_conn_id)
        name: str | None = self.api_token or connection.extra_dejson.get("definition")
        return name or None

    def test_connection(self) -> tuple[bool, str]:
        """Sign in, and say as whom: the Test button."""
        try:
            with self.get_conn() as jira:
                account = jira.sign_in()
        except JiraStagingError as error:
            return False, str(error)
        used = self.definition_name() or "the connection's password"
        return True, f"Signed in to {self.site()} as {account.name} with {used}. Dates in JQL are read in {account.time_zone}."

    def get_df(self, jql: str, fields: Sequence[str] = ()) -> pd.DataFrame:
        """The issues that a JQL selects, one row each, typed as the staging table `issue` is.

        :param fields: columns to keep beside `id` and `key`: columns of `issue`, or custom fields by id or name. Default: all.
        """
        with self.get_conn() as jira:
            jira.sign_in()
            return issues_as_table(jira, jql, fields).to_pandas()

    def _tokens(self, connection: Connection) -> TokenSource:
        name = self.definition_name(connection)
        if name is None:
            return ConnectionPassword(connection.login, connection.password or "", connection=self.jira_conn_id)
        definition = find_definition(name, definition_stores())
        warn_of_expiry(definition)
        backend = open_backend(definition, vault_access(definition))
        return VaultTokens(definition, backend, login=connection.login)


def warn_of_expiry(definition: SecretDefinition) -> None:
    """One line in the task's log where a token's last day is near."""
    if warning := expiry_warning(definition, datetime.now(UTC).date()):
        log.warning(warning)


def open_staging(staging_conn_id: str, schema: str) -> Staging:
    """The staging database behind an Airflow connection. Raises WrongUse for a type of connection that cannot hold one."""
    connection = BaseHook.get_connection(staging_conn_id)
    if connection.conn_type != "duckdb":
        raise WrongUse(
            f"The connection `{staging_conn_id}` is of type `{connection.conn_type}`, which cannot hold staging tables. "
            "Use a connection of type `duckdb`."
        )
    from airflow.providers.duckdb.hooks.duckdb import DuckDBHook

    hook = DuckDBHook(duckdb_conn_id=staging_conn_id)
    database, config = hook.get_database(), hook.get_connect_config()

    def connect() -> duckdb.DuckDBPyConnection:
        import duckdb

        # As the hook connects, without its line in the log: the file is opened for each batch, which would bury the run.
        return duckdb.connect(database, config=config)

    return DuckDBStaging(database, schema=schema, connect=connect)


def _options(connection: Connection) -> ConnectionOptions:
    # Key by key: whoever may edit a connection is trusted less than whoever writes a DAG.
    concurrency = connection.extra_dejson.get("concurrency")
    return ConnectionOptions(
        most_at_once=int(concurrency) if concurrency else ConnectionOptions.most_at_once,
        allowed_private_sites=_listed("allowed_private_sites"),
        allowed_http_sites=_listed("allowed_http_sites"),
    )


def _listed(option: str) -> tuple[str, ...]:
    text = conf.get("jira_staging", option, fallback=None) or ""
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())
