"""Where this deployment keeps its secret definitions, and which backends they may name."""

import logging
import os
from pathlib import Path

from jira_staging.airflow_stores.reading import AirflowVariables
from jira_staging.airflow_versions import conf
from jira_staging.errors import JiraStagingError
from jira_staging.secret_backends import BACKENDS, BackendEntry
from jira_staging.secret_backends.opening import AIRFLOW
from jira_staging.secret_definitions import DEFAULT_PROJECT, DefinitionStore
from jira_staging.secret_definitions.yaml_files import definitions_folder
from jira_staging.secret_definitions.yaml_writing import WritableYamlFiles

log = logging.getLogger(__name__)

# `airflow` is what stands in Airflow itself: its managed vault, or a Connection or Variable of any secrets backend it has.
BACKENDS_HERE = {
    **BACKENDS,
    AIRFLOW: BackendEntry(
        "jira_staging.airflow_stores.airflow_backend",
        "AirflowItself",
        keys=frozenset({"secret_key"}),
        options=frozenset({"read"}),
        takes_connection=False,
    ),
}


def definition_files() -> WritableYamlFiles:
    """The definitions that are reviewed in git: where the deployment says, else in `include/` beside the DAGs folder."""
    given = conf.get("jira_staging", "definitions_folder", fallback=None) or os.environ.get("JIRA_STAGING_DEFINITIONS")
    beside = Path(conf.get("core", "dags_folder")).expanduser().parent / "include" / "secret_definitions"
    return WritableYamlFiles(definitions_folder(given or (beside if beside.is_dir() else None), os.environ))


def definition_stores() -> tuple[DefinitionStore, ...]:
    """Where a name is looked up, files first."""
    return (definition_files(), AirflowVariables())


def definition_names() -> list[str]:
    """What a DAG's drop-down offers, read when the DAG is parsed: `jira`, or `finance/jira` of another project.

    A file that cannot be read, or Airflow that cannot be asked, costs its names and a warning: the DAG itself does without.
    """
    files, problems = definition_files().survey()
    for problem in problems.values():
        log.warning("The drop-down of secret definitions lacks one: %s", problem)
    names = {(definition.name, definition.project) for definition in files}
    try:
        names.update(AirflowVariables().names())
    except JiraStagingError as problem:
        log.warning("The drop-down of secret definitions has those of files alone: %s", problem)
    return sorted(name if project == DEFAULT_PROJECT else f"{project}/{name}" for name, project in names)
