"""What travels: the fields of Matillion's secret-reference API, and those that only we have (`kind`, `account`, ...)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic.alias_generators import to_camel

from jira_staging.airflow_stores.deployment import BACKENDS_HERE
from jira_staging.airflow_stores.writing import managed_conn_id
from jira_staging.errors import SecretDefinitionMalformed
from jira_staging.records import SecretDefinition, TokenKind
from jira_staging.secret_backends import check_definition
from jira_staging.secret_backends.snowflake_identifiers import secret_place
from jira_staging.secret_definitions import definition_from

VaultType = Literal["AWS", "Azure", "Snowflake", "Airflow", "Environment"]
VAULT_TYPES: dict[str, VaultType] = {
    "aws_secrets_manager": "AWS",
    "azure_key_vault": "Azure",
    "snowflake_schema": "Snowflake",
    "airflow": "Airflow",
    "environment": "Environment",
}
# `Matillion hosted` is what scripts written for Matillion say where the vault is the product's own.
BACKENDS_BY_TYPE = {
    "AWS": "aws_secrets_manager",
    "Azure": "azure_key_vault",
    "Snowflake": "snowflake_schema",
    "Airflow": "airflow",
    "Matillion hosted": "airflow",
}

# Matillion's rule, and what keeps a path from leading anywhere else.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_()-]{1,128}$")]
# What AWS keeps in one secret.
LONGEST_TOKEN = 65_536


class SentBody(BaseModel):
    """What somebody sends."""

    # A field that is not known is refused rather than dropped: it may be a misspelt one. No error repeats what was sent.
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, alias_generator=to_camel)


class NewSecretReference(SentBody):
    """A definition to be kept in Airflow. `secretValue` is for Airflow's managed vault alone, and is never given back."""

    agent_type: Literal["AWS", "Azure", "Snowflake", "Airflow", "Matillion hosted"]
    secret_reference_type: Literal["PASSWORD"] = "PASSWORD"  # noqa: S105  the only type there is
    agent_id: str | None = Field(default=None, max_length=64)
    secret_name: str | None = None
    secret_key: str | None = None
    vault_name: str | None = None
    description: str | None = Field(default=None, max_length=256)
    secret_value: SecretStr | None = Field(default=None, min_length=1, max_length=LONGEST_TOKEN)
    kind: TokenKind = "api_token"
    account: str | None = None
    expires_on: date | None = None
    vault_connection_id: str | None = None
    options: dict[str, str] = Field(default_factory=dict, max_length=16)

    def definition(self, project: str, name: str) -> SecretDefinition:
        """The checked definition. Raises SecretDefinitionMalformed."""
        backend = BACKENDS_BY_TYPE[self.agent_type]
        if self.secret_value and (backend != "airflow" or self.secret_name or self.secret_key or self.options):
            raise SecretDefinitionMalformed(
                "`secretValue` is for a token that Airflow keeps itself (`agentType: Airflow`, without `secretName`, "
                "`secretKey` and `options`). Every other vault's secret is stored there, and only its place is written here."
            )
        values: dict[str, object] = {
            "name": name,
            "project": project,
            "backend": backend,
            "secret_name": managed_conn_id(name, project) if self.secret_value else self.secret_name,
            "secret_key": self.secret_key,
            "vault": self.vault_name,
            "vault_conn_id": self.vault_connection_id,
            "kind": self.kind,
            "account": self.account,
            "description": self.description or None,
            "expires_on": self.expires_on,
            "options": self.options or None,
        }
        definition = definition_from({key: value for key, value in values.items() if value is not None}, "The request")
        check_definition(definition, BACKENDS_HERE)
        if backend == "snowflake_schema":
            secret_place(definition)
        return definition


class CopiedSecretReferences(SentBody):
    """Which definitions of another project are wanted here, too. What is copied are references, never values."""

    source_project_id: Name
    secret_reference_names: list[Name] = Field(min_length=1, max_length=200)


class NewSecretValue(SentBody):
    """A new token for the managed vault, and its last day: the old one's day does not hold for it."""

    secret_value: SecretStr = Field(min_length=1, max_length=LONGEST_TOKEN)
    expires_on: date | None = None


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class SecretReference(_Answer):
    """A definition as the API shows it."""

    name: str
    project_id: str
    description: str
    secret_reference_type: Literal["PASSWORD"] = "PASSWORD"  # noqa: S105  the only type there is
    vault_type: VaultType
    vault_name: str | None
    vault_secret_name: str
    vault_secret_key: str | None
    kind: TokenKind
    account: str | None
    expires_on: date | None
    vault_connection_id: str | None
    options: dict[str, str]
    kept_in: str
    read_only: bool

    @classmethod
    def of(cls, definition: SecretDefinition, *, read_only: bool) -> "SecretReference":
        """What a definition says."""
        in_snowflake = f"{definition.database}.{definition.schema}" if definition.database else None
        return cls(
            name=definition.name,
            project_id=definition.project,
            description=definition.description,
            vault_type=VAULT_TYPES[definition.backend],
            vault_name=definition.vault or in_snowflake,
            vault_secret_name=definition.secret_name,
            vault_secret_key=definition.secret_key,
            kind=definition.kind,
            account=definition.account,
            expires_on=definition.expires_on,
            vault_connection_id=definition.vault_conn_id,
            options=dict(definition.options),
            kept_in=definition.kept_in,
            read_only=read_only,
        )


class SecretReferences(_Answer):
    """One page of a project's definitions; `problems`: what is kept but cannot be read."""

    page: int
    size: int
    total: int
    results: list[SecretReference]
    problems: list[str] = Field(default_factory=list)
