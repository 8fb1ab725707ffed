"""`--store airflow`: the definitions in Airflow's Variables, its managed vault and its connections to other vaults.

For a shell of the deployment itself (a container of Airflow's, or its virtual environment): it opens Airflow's own database.
"""

import argparse
import os
from getpass import getuser
from typing import TYPE_CHECKING

from jira_staging.errors import SecretBackendUnavailable, WrongUse
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends import SecretBackend, check_definition, open_backend
from jira_staging.secret_definitions.yaml_writing import WritableYamlFiles
from jira_staging.tokens import storable_secret

if TYPE_CHECKING:
    from jira_staging.airflow_stores.writing import WritableVariables


def open_stores(options: argparse.Namespace) -> "tuple[WritableYamlFiles, WritableVariables]":
    """The files that this deployment names, and Airflow's Variables. Raises WrongUse where here is no Airflow."""
    # What the Task SDK looks at to read connections from the database rather than to ask a supervisor, which a shell has not.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    try:
        from sqlalchemy.exc import SQLAlchemyError

        from jira_staging.airflow_stores.deployment import definition_files
        from jira_staging.airflow_stores.writing import WritableVariables
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("airflow", "sqlalchemy"):
            raise
        problem = (
            "`--store airflow` opens Airflow's own database, and Airflow is not installed here. Run it where Airflow runs."
        )
        raise WrongUse(problem) from None
    files = WritableYamlFiles(options.definitions) if options.definitions else definition_files()
    variables = WritableVariables(getuser())
    try:
        variables.names()
    except SQLAlchemyError as error:
        # Without the database's own words, which may hold the address it was opened by.
        problem = f"Airflow's database could not be read ({type(error).__name__})."
    else:
        return files, variables
    raise SecretBackendUnavailable(
        f"{problem} Run this with the settings of the deployment (AIRFLOW_HOME, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN), after "
        "`airflow db migrate`."
    )


def backend_in_airflow(definition: SecretDefinition) -> SecretBackend:
    """The door that a task of this Airflow would take."""
    from jira_staging.airflow_stores.deployment import BACKENDS_HERE
    from jira_staging.airflow_vaults import vault_access

    return open_backend(definition, vault_access(definition), BACKENDS_HERE)


def check_in_airflow(definition: SecretDefinition) -> None:
    """Raise SecretDefinitionMalformed where this deployment has no such backend or the definition does not fit it."""
    from jira_staging.airflow_stores.deployment import BACKENDS_HERE

    check_definition(definition, BACKENDS_HERE)


def managed_place(name: str, project: str) -> str:
    """The connection that is to keep the token of this definition."""
    from jira_staging.airflow_stores.writing import managed_conn_id

    return managed_conn_id(name, project)


def create_managed(definition: SecretDefinition, secret: str, options: argparse.Namespace) -> SecretDefinition:
    """Keep a new definition in Airflow, and its token in Airflow's managed vault."""
    from jira_staging.secret_definitions.writing import refuse_existing

    files, variables = open_stores(options)
    refuse_existing(definition, (files, variables))
    return variables.add(definition, storable_secret(secret, definition))


def rotate_managed(definition: SecretDefinition, secret: str, options: argparse.Namespace) -> SecretDefinition:
    """Store a new token where Airflow is the vault. Raises WrongUse where another vault is, or where a file says so."""
    files, variables = open_stores(options)
    if files.find(definition.name, definition.project):
        raise WrongUse(
            f"The secret definition `{definition.name}` is a file, {definition.kept_in}: its last day is changed there, its "
            "token in the vault that it names."
        )
    return variables.replace_token(definition, storable_secret(secret, definition), definition.expires_on)
