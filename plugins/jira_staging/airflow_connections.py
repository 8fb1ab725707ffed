"""What is taken from an Airflow connection, and a provider's hook that reads nothing else."""

import json
import logging
from collections.abc import Iterable
from typing import Any

from airflow.sdk import BaseHook, Connection

from jira_staging.airflow_versions import AirflowNotFoundException
from jira_staging.errors import ConnectionNotFound, WrongUse

log = logging.getLogger(__name__)

# Whoever may edit a connection is trusted less than whoever runs the deployment, and an extra that went on whole could switch
# off certificate checks or load code: so its keys are taken one by one.
SNOWFLAKE_EXTRAS = frozenset(
    {
        "account",
        "region",
        "host",
        "warehouse",
        "database",
        "role",
        "authenticator",
        "private_key_file",
        "private_key_content",
        "workload_identity_provider",
        "grant_type",
        "token_endpoint",
        "refresh_token",
        "scope",
        "proxy_host",
        "proxy_port",
        "proxy_user",
        "proxy_password",
    }
)
# None of DuckDB's own `settings`, nor where extensions come from and whether unsigned ones may: they are native code.
DUCKDB_EXTRAS = frozenset({"database", "motherduck_token", "memory_limit", "threads", "temp_directory"})
POSTGRES_EXTRAS = frozenset(
    {
        "sslmode",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "sslcrl",
        "sslnegotiation",
        "ssl_min_protocol_version",
        "gssencmode",
        "krbsrvname",
        "channel_binding",
        "require_auth",
        "connect_timeout",
        "tcp_user_timeout",
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "target_session_attrs",
        "application_name",
        # How Airflow's hook signs in by the cloud's identity instead of a password.
        "iam",
        "aws_conn_id",
        "azure_conn_id",
    }
)
# Connections from before Airflow 2 write their extras with this in front.
OLD_SNOWFLAKE_PREFIX = "extra__snowflake__"


def connection_named(conn_id: str, argument: str) -> Connection:
    """The connection. Raises ConnectionNotFound where Airflow finds none; `argument` is who names it."""
    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise ConnectionNotFound(
            f"Airflow finds no connection `{conn_id}` (`{argument}`): make it (`airflow connections add {conn_id} …`), or name "
            "one that is there. Where a secrets backend of Airflow's should have it, the log says what went wrong there."
        ) from None


def allowed(connection: Connection, extras: frozenset[str], old_prefix: str = "") -> Connection:
    """The connection with the allowed keys of its extra alone; the others are named in the log."""
    given: object = connection.extra_dejson
    if not isinstance(given, dict):
        raise WrongUse(f"The extra of the connection `{connection.conn_id}` is not a JSON object: repair it.")
    taken = {name: value for key, value in given.items() if (name := key.removeprefix(old_prefix)) in extras}
    ignored = sorted(key for key in given if key.removeprefix(old_prefix) not in extras)
    if ignored:
        log.warning("Of the connection `%s` these extras are not taken: %s.", connection.conn_id, listed(ignored))
    if given.get("verify") is False or str(given.get("insecure_mode", "")).lower() == "true":
        log.warning(
            "The connection `%s` wants certificates NOT to be checked. They are checked all the same: nobody in between reads "
            "what is answered.",
            connection.conn_id,
        )
    return Connection(
        conn_id=connection.conn_id,
        conn_type=connection.conn_type,
        host=connection.host,
        schema=connection.schema,
        login=connection.login,
        password=connection.password,
        port=connection.port,
        extra=json.dumps(taken),
    )


def reading(hook_class: type[BaseHook], connection: Connection) -> Any:
    """The hook's class, reading this connection instead of looking it up itself: it would take every extra."""
    return type(hook_class.__name__, (hook_class,), {"get_connection": classmethod(lambda _class, _conn_id: connection)})


def listed(names: Iterable[str]) -> str:
    """Names in a message, in their order."""
    return ", ".join(f"`{name}`" for name in sorted(names))
