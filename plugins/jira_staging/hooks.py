"""Airflow's connections as our doors: the Jira client and the staging database.

A DAG's file is read every half minute and imports this, so whatever only a run needs is imported inside the functions.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from airflow.sdk import BaseHook
from airflow.sdk.log import mask_secret

from jira_staging.airflow_connections import connection_named
from jira_staging.airflow_databases import STAGING_TYPES, open_staging
from jira_staging.airflow_stores.deployment import BACKENDS_HERE, definition_names, definition_stores
from jira_staging.airflow_vaults import vault_access
from jira_staging.airflow_versions import conf
from jira_staging.errors import JiraStagingError, WrongUse
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.records import TokenSource
from jira_staging.rendered_arguments import filled, text_of
from jira_staging.secret_backends import open_backend
from jira_staging.secret_definitions import expiry_warning, find_definition
from jira_staging.tokens import ConnectionPassword, Exchange, VaultTokens
from jira_staging.tokens.bare_errors import bare
from jira_staging.tokens.masking import MaskedTokens, masked_exchange

if TYPE_CHECKING:
    import pandas as pd
    from airflow.sdk import Connection

    from jira_staging.jira_api.client import JiraClient

# The other two are offered here, too: a DAG's Params need the one, the operators the other.
__all__ = ["JiraStagingHook", "definition_names", "forget_people", "open_staging", "personal_data_key"]

log = logging.getLogger(__name__)

# More at once than this and even a large tenant's burst limit is the bound.
MOST_AT_ONCE = 32


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
        # What a run's report should tell about the token that signs in, known once there is a client.
        self.notes: tuple[str, ...] = ()

    @cached_property
    def connection(self) -> Connection:
        """The Airflow connection, looked up once. Raises ConnectionNotFound where there is none."""
        return connection_named(filled(self.jira_conn_id, "jira_conn_id"), "jira_conn_id")

    @property
    def site(self) -> str:
        """The site's address as the connection has it. Raises WrongUse where it has none."""
        connection = self.connection
        if connection.conn_type in STAGING_TYPES:
            raise WrongUse(
                f"The connection `{self.jira_conn_id}` is of type `{connection.conn_type}`, a database for staging tables "
                "(`staging_conn_id`). As `jira_conn_id` name one of type `jira_staging`, whose host is the site."
            )
        if not connection.host:
            raise WrongUse(
                f"The connection `{self.jira_conn_id}` has no site. Write it into the host: `https://your-company.atlassian.net`."
            )
        scheme, _, rest = connection.host.rpartition("://")
        # `https://acme.atlassian.net` in an environment variable is a connection of type `https`.
        scheme = scheme or (connection.conn_type if connection.conn_type in ("http", "https") else "")
        authority, slash, path = rest.partition("/")
        port = f":{connection.port}" if connection.port else ""
        return f"{scheme}://{authority}{port}{slash}{path}" if scheme else f"{authority}{port}{slash}{path}"

    @property
    def definition_name(self) -> str | None:
        """The secret definition that is used, or None for the connection's own password."""
        return text_of(self.api_token) or text_of(_extra(self.connection).get("definition"))

    @property
    def signs_in_by(self) -> str:
        """What signs in, in words for logs and results: a definition's name, or that it is the connection's password."""
        return self.definition_name or "the connection's password"

    def get_conn(self) -> JiraClient:
        """A client for the site, not yet signed in; use it in a `with`."""
        from jira_staging.jira_api.client import JiraClient

        return JiraClient(self.site, MaskedTokens(self._tokens(), mask_secret), _options(self.connection))

    def test_connection(self) -> tuple[bool, str]:
        """Sign in, and say as whom: the Test button."""
        try:
            with self.get_conn() as jira:
                account = jira.sign_in()
        except JiraStagingError as error:
            return False, str(error)
        return (
            True,
            f"Signed in to {self.site} as {account.name} by {self.signs_in_by}. JQL dates are in {account.time_zone}.",
        )

    def project_keys(self) -> list[str]:
        """Keys of the projects that the account sees, in their order."""
        import msgspec

        from jira_staging.jira_api.readings import reading_of

        with self.get_conn() as jira:
            jira.sign_in()
            return [msgspec.json.decode(project)["key"] for page in reading_of(jira).projects(jira) for project in page]

    def get_df(self, jql: str, fields: Sequence[str] | str = ()) -> pd.DataFrame:
        """The issues that a JQL selects, one row each, typed as the staging table `issue` is.

        Whole numbers and truth values are pandas' types that know `NA`, dates are `datetime64`, times too and in UTC.

        :param fields: columns to keep beside `id` and `key`: columns of `issue`, or custom fields by id or name. Default: all.
        """
        if text_of(jql) is None:
            raise WrongUse("`get_df` needs a JQL, such as `project = PAY`; `sync` copies everything.")
        import pandas as pd
        import pyarrow as pa

        from jira_staging.issue_frames import issues_as_table

        with self.get_conn() as jira:
            jira.sign_in()
            table = issues_as_table(jira, jql, (fields,) if isinstance(fields, str) else fields)
        knowing_na = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
        return table.to_pandas(types_mapper=knowing_na.get, date_as_object=False)

    def _tokens(self) -> TokenSource:
        name, connection = self.definition_name, self.connection
        if name is None:
            return ConnectionPassword(connection.login, connection.password or "", connection=self.jira_conn_id)
        definition = find_definition(name, definition_stores())
        if warning := expiry_warning(definition, datetime.now(UTC).date()):
            log.warning(warning)
            self.notes = (warning,)
        backend = open_backend(definition, vault_access(definition), BACKENDS_HERE)
        return VaultTokens(definition, backend, login=connection.login, exchange=_granting(_options(connection)))


def personal_data_key(definition_name: str | None) -> str | None:
    """The key of hashes that the secret definition leads to; None where none is named."""
    if definition_name is None:
        return None
    definition = find_definition(definition_name, definition_stores())
    backend = open_backend(definition, vault_access(definition), BACKENDS_HERE)
    key = bare(lambda: backend.fetch(definition)).strip()
    mask_secret(key)
    return key


def forget_people(
    account_ids: Sequence[str],
    *,
    personal_data_key_name: str,
    staging_conn_id: str,
    staging_schema: str = "jira",
    with_text: bool = False,
) -> dict[str, int]:
    """Remove people from the staging tables for good, as `jira-staging forget` does: rows overwritten, by table."""
    from jira_staging.forgetting import ForgetRequest, forget, ids_of, loaded_site
    from jira_staging.records import Report, Run
    from jira_staging.staging.personal_data import proper_key

    key = proper_key(personal_data_key(personal_data_key_name) or "")
    staging = open_staging(staging_conn_id, staging_schema)
    report = Report(Run(str(uuid4()), loaded_site(staging), datetime.now(UTC)))
    return forget(staging, ForgetRequest(ids_of(account_ids), key, with_text), report).rows


def _options(connection: Connection) -> ConnectionOptions:
    # Key by key: whoever may edit a connection is trusted less than whoever writes a DAG.
    concurrency = _extra(connection).get("concurrency")
    return ConnectionOptions(
        most_at_once=_concurrency(concurrency, connection) if concurrency else ConnectionOptions.most_at_once,
        allowed_private_sites=_listed("allowed_private_sites"),
        allowed_http_sites=_listed("allowed_http_sites"),
        wait_limit_seconds=configured_seconds("wait_limit_seconds", ConnectionOptions.wait_limit_seconds),
        run_wait_limit_seconds=configured_seconds("run_wait_limit_seconds", ConnectionOptions.run_wait_limit_seconds),
        client_certificate=_configured("client_certificate"),
        gateway=_configured("gateway") or ConnectionOptions.gateway,
        authorization_server=_configured("authorization_server") or ConnectionOptions.authorization_server,
    )


def _granting(options: ConnectionOptions) -> Exchange:
    from jira_staging.jira_api.oauth import AuthorizationServer

    return masked_exchange(AuthorizationServer(options).grant, mask_secret)


def _concurrency(given: object, connection: Connection) -> int:
    text = str(given).strip()
    if not text.isdecimal() or not 1 <= int(text) <= MOST_AT_ONCE:
        raise WrongUse(
            f"The connection `{connection.conn_id}` has `{text[:20]}` for its requests at once (`concurrency`): it is a number "
            f"from 1 to {MOST_AT_ONCE}."
        )
    return int(text)


def _extra(connection: Connection) -> dict[str, Any]:
    """The connection's extra. To Airflow, one that is no JSON is empty, and so it would name no definition."""
    extra, written = connection.extra_dejson, "".join((connection.extra or "").split())
    if not isinstance(extra, dict) or (not extra and written not in ("", "{}")):
        raise WrongUse(f"The extra of the connection `{connection.conn_id}` is not a JSON object: repair it.")
    return extra


def configured_seconds(option: str, default: float) -> float:
    """Seconds that the deployment's configuration names; WrongUse where it names something else."""
    text = _configured(option)
    if text and not re.fullmatch(r"\d+(\.\d+)?", text):
        raise WrongUse(f"Airflow's configuration has `{text[:20]}` for `[jira_staging] {option}`: it is a number of seconds.")
    return float(text) if text else default


def _listed(option: str) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in _configured(option).split(",") if entry.strip())


def _configured(option: str) -> str:
    return (conf.get("jira_staging", option, fallback=None) or "").strip()
