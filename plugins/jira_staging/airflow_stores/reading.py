"""Definitions in Airflow's Variables, read by the Task SDK: in a task, and while a DAG is parsed."""

import logging
from collections.abc import Callable

from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowRuntimeError

from jira_staging.airflow_stores.variable_texts import INDEX, definition_in, names_in, variable_key
from jira_staging.errors import SecretBackendUnavailable, SecretDefinitionMalformed
from jira_staging.records import SecretDefinition

log = logging.getLogger(__name__)


def variable_of_airflow(key: str) -> str | None:
    """A Variable's text, or None where there is no such Variable. Raises SecretBackendUnavailable."""
    try:
        text: str | None = Variable.get(key, default=None)
    except AirflowRuntimeError as error:
        raise SecretBackendUnavailable(
            f"Airflow could not be asked for the Variable `{key}` ({error.error.error.value}). Try again later."
        ) from None
    return text


class AirflowVariables:
    """The definitions that the page, the API and a shell have put into Airflow; every worker sees them.

    `read` gives the text of a Variable: by the Task SDK unless somebody nearer to the database says otherwise.
    """

    def __init__(self, read: Callable[[str], str | None] = variable_of_airflow) -> None:
        self._read = read

    @property
    def place(self) -> str:
        """Where these definitions are, for messages."""
        return "Airflow's Variables"

    def find(self, name: str, project: str) -> SecretDefinition | None:
        """The definition, or None. The index is not needed for it."""
        key = variable_key(name, project)
        text = self._read(key)
        return None if text is None else definition_in(text, key)

    def readable(self) -> tuple[tuple[SecretDefinition, ...], tuple[SecretDefinitionMalformed, ...]]:
        """The definitions that the index names, and what is wrong with those of them that cannot be read.

        One whose Variable somebody deleted by hand is left out, with a warning.
        """
        definitions, problems = [], []
        for name, project in self.names():
            try:
                found = self.find(name, project)
            except SecretDefinitionMalformed as problem:
                problems.append(problem)
                continue
            if found:
                definitions.append(found)
            else:
                log.warning("The Variable `%s` lists `%s` of the project `%s`, which is gone.", INDEX, name, project)
        return tuple(definitions), tuple(problems)

    def names(self) -> tuple[tuple[str, str], ...]:
        """Name and project of every definition, by one question."""
        text = self._read(INDEX)
        return () if text is None else names_in(text)
