"""Our vaults as a secrets backend of Airflow's: one chain over AWS, Azure and Snowflake, where Airflow itself takes only one.

[workers]
secrets_backend = jira_staging.airflow_secrets.VaultChain
secrets_backend_kwargs = {"vaults": [
    {"backend": "snowflake_schema", "vault": "PIPELINE.SECRETS", "connections": "AIRFLOW_CONN_{id}", "only": "crm_.*"},
    {"backend": "aws_secrets_manager", "connections": "airflow/connections/{id}", "variables": "airflow/variables/{id}"}]}
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Literal

from airflow.secrets import BaseSecretsBackend

from jira_staging.airflow_vaults import vault_access
from jira_staging.errors import JiraStagingError, SecretDefinitionMalformed, SecretNotFound, WrongUse
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends import SecretBackend, check_definition, open_backend
from jira_staging.secret_definitions import definition_from

log = logging.getLogger(__name__)

Sought = Literal["connections", "variables", "config"]
SOUGHT: tuple[Sought, ...] = ("connections", "variables", "config")
BACKENDS_OF_A_CHAIN = ("aws_secrets_manager", "azure_key_vault", "snowflake_schema")

# True while a vault is asked: a connection that is looked up meanwhile is the one by which that vault is reached.
_asking: ContextVar[bool] = ContextVar("_asking", default=False)


@dataclass(frozen=True)
class Vault:
    """One vault of the chain: where it is, how it spells what is sought, and for which ids it is asked at all."""

    place: SecretDefinition
    spellings: Mapping[Sought, str]
    only: re.Pattern[str] | None
    backend: SecretBackend

    def has_place_for(self, sought: Sought, wanted: str) -> bool:
        """Whether this vault is to be asked."""
        return sought in self.spellings and (self.only is None or bool(self.only.fullmatch(wanted)))

    def secret(self, sought: Sought, wanted: str) -> str:
        """The secret's text. Raises the classes of SecretError."""
        name = _spelled(self.place.backend, self.spellings[sought].replace("{id}", wanted))
        return self.backend.fetch(replace(self.place, secret_name=name))


class VaultChain(BaseSecretsBackend):
    """Looks connections, variables and configuration up in these vaults, in this order.

    None means that no vault has it. A vault that refuses or does not answer ends the search with an error, logged in full:
    Airflow itself only says "isn't defined" then, and a vault further down might hold another value of that name.

    :param vaults: what each vault is: `backend` and its place as in a secret definition, and at least one of `connections`,
        `variables` and `config`, the secret's name there with `{id}` in it; `only`: a regular expression for the ids.
    """

    def __init__(self, vaults: Sequence[Mapping[str, Any]] = (), **unknown: Any) -> None:
        super().__init__()
        if unknown or not vaults:
            raise WrongUse("The settings of VaultChain (`secrets_backend_kwargs`) are one list of `vaults`, at least one.")
        self._vaults = tuple(_vault(number, settings) for number, settings in enumerate(vaults, start=1))

    def get_conn_value(self, conn_id: str, team_name: str | None = None) -> str | None:
        """The connection as a URI or JSON, or None."""
        return self._sought("connections", conn_id, team_name)

    def get_variable(self, key: str, team_name: str | None = None) -> str | None:
        """The Variable's text, or None."""
        return self._sought("variables", key, team_name)

    def get_config(self, key: str) -> str | None:
        """A value of the configuration, or None."""
        return self._sought("config", key, None)

    def _sought(self, sought: Sought, wanted: str, team_name: str | None) -> str | None:
        if _asking.get():
            log.debug("%s `%s` leads to a vault itself, so it is left to Airflow's other places.", sought, wanted)
            return None
        if team_name:
            # Airflow's own backends spell a team as `<team>--<id>`.
            wanted = f"{team_name}--{wanted}"
        with _while_asking():
            for vault in self._vaults:
                if not vault.has_place_for(sought, wanted):
                    continue
                try:
                    return vault.secret(sought, wanted)
                except SecretNotFound:
                    log.debug("%s has nothing of `%s` among its %s.", vault.place.name, wanted, sought)
                except JiraStagingError as error:
                    log.warning("%s could not be asked for `%s` (%s). %s", vault.place.name, wanted, sought, error)
                    raise
        return None


@contextmanager
def _while_asking() -> Iterator[None]:
    before = _asking.set(True)
    try:
        yield
    finally:
        _asking.reset(before)


def _vault(number: int, settings: Mapping[str, Any]) -> Vault:
    """One entry of the settings, checked. Raises SecretDefinitionMalformed."""
    where = f"`secrets_backend_kwargs`, vault {number}"
    if not isinstance(settings, Mapping) or settings.get("backend") not in BACKENDS_OF_A_CHAIN:
        raise SecretDefinitionMalformed(f"{where}: its `backend` is one of {', '.join(BACKENDS_OF_A_CHAIN)}.")
    spellings: dict[Sought, str] = {sought: settings[sought] for sought in SOUGHT if sought in settings}
    if not spellings or not all(isinstance(text, str) and "{id}" in text for text in spellings.values()):
        raise SecretDefinitionMalformed(
            f"{where}: it needs `connections`, `variables` or `config`, each the name of a secret with `{{id}}` in it."
        )
    rest = {key: value for key, value in settings.items() if key not in (*SOUGHT, "only")}
    # `oauth_client` is the kind whose secret is taken as it stands: a connection is a URI, or JSON of which all is wanted.
    fixed = {"name": f"vault-{number}-of-the-chain", "secret_name": "unnamed", "kind": "oauth_client"}
    place = definition_from(rest | fixed, where)
    check_definition(place)
    return Vault(place, spellings, _pattern(settings.get("only"), where), open_backend(place, vault_access(place)))


def _pattern(only: object, where: str) -> re.Pattern[str] | None:
    if only is None:
        return None
    try:
        return re.compile(str(only))
    except re.error:
        problem = SecretDefinitionMalformed(f"{where}: `only` is no regular expression.")
    raise problem


def _spelled(backend: str, name: str) -> str:
    """The name as this vault allows it: hyphens alone in Azure, underscores alone in Snowflake."""
    if backend == "azure_key_vault":
        return re.sub(r"[^0-9A-Za-z-]", "-", name)
    if backend == "snowflake_schema":
        return re.sub(r"[^0-9A-Za-z_$]", "_", name)
    return name
