"""Looking a definition up by its name: in the files first, then wherever else the deployment keeps some."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Protocol

from jira_staging.errors import SecretDefinitionMalformed, SecretDefinitionNotFound, WrongUse
from jira_staging.records import SecretDefinition
from jira_staging.secret_definitions.entries import checked_name

# The project of a definition that names none.
DEFAULT_PROJECT = "default"


class DefinitionStore(Protocol):
    """One place that keeps definitions: a folder of files, or Airflow's Variables."""

    @property
    def place(self) -> str:
        """Where it keeps them, for messages."""
        ...

    def find(self, name: str, project: str) -> SecretDefinition | None:
        """The definition, or None where this store has none of that name."""
        ...

    def readable(self) -> tuple[tuple[SecretDefinition, ...], tuple[SecretDefinitionMalformed, ...]]:
        """The definitions that can be read, and what is wrong with the rest."""
        ...


def find_definition(name: str, stores: Sequence[DefinitionStore], project: str = DEFAULT_PROJECT) -> SecretDefinition:
    """The definition of this name, from the first store that has it; `finance/jira` is `jira` of the project `finance`.

    Raises SecretDefinitionNotFound, which names the stores, what they have and the nearest name.
    """
    wanted_project, _, wanted = name.rpartition("/")
    wanted_project = checked_name(wanted_project or project, "The API token's secret definition", "project")
    if not wanted.strip():
        raise WrongUse("The API token is the name of a secret definition, and it is empty. Give a name, or leave it out.")
    wanted = checked_name(wanted, "The API token's secret definition")
    for store in stores:
        if found := store.find(wanted, wanted_project):
            return found
    raise SecretDefinitionNotFound(_not_found(wanted, wanted_project, stores))


def _not_found(name: str, project: str, stores: Sequence[DefinitionStore]) -> str:
    told: list[str] = []
    known: list[str] = []
    for store in stores:
        definitions, problems = store.readable()
        names = [_full_name(definition, project) for definition in definitions]
        known.extend(names)
        unread = "".join(f", and cannot be read: {str(problem).rstrip('.')}" for problem in problems)
        told.append(f"{store.place}, which has {', '.join(f'`{name}`' for name in sorted(names)) or 'none'}{unread}")
    nearest = get_close_matches(name.lower(), {known_name.lower(): known_name for known_name in known}, n=1)
    meant = next((known_name for known_name in known if nearest and known_name.lower() == nearest[0]), None)
    of_project = "" if project == DEFAULT_PROJECT else f" in the project `{project}`"
    return f"No secret definition is called `{name}`{of_project}. Looked in {'; in '.join(told) or 'no store at all'}." + (
        f" Did you mean `{meant}`?" if meant else " Add one, or use a name that exists."
    )


def _full_name(definition: SecretDefinition, project: str) -> str:
    return definition.name if definition.project == project else f"{definition.project}/{definition.name}"
