"""Stores that also take definitions in, whatever they keep them in, and a definition as plain values."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Protocol

from jira_staging.errors import SecretDefinitionExists
from jira_staging.records import SecretDefinition
from jira_staging.secret_definitions.stores import DEFAULT_PROJECT, DefinitionStore

# What a definition of these values need not say.
UNSAID = {"kind": "api_token", "project": DEFAULT_PROJECT, "description": "", "options": {}}


class WritableStore(DefinitionStore, Protocol):
    """A store that the definitions commands, the page and the API may change."""

    def add(self, definition: SecretDefinition) -> SecretDefinition:
        """Keep a new definition. Gives it as it is kept, with `kept_in`. Raises SecretDefinitionExists."""
        ...

    def remove(self, definition: SecretDefinition) -> None:
        """Forget a definition that this store gave."""
        ...


def add_definition(definition: SecretDefinition, stores: Sequence[WritableStore]) -> SecretDefinition:
    """Keep a new definition in the last store, unless one of them has its name already: it would hide the other."""
    refuse_existing(definition, stores)
    return stores[-1].add(definition)


def refuse_existing(definition: SecretDefinition, stores: Sequence[DefinitionStore]) -> None:
    """Raise SecretDefinitionExists where a store has a definition of this name."""
    for store in stores:
        if found := store.find(definition.name, definition.project):
            raise SecretDefinitionExists(
                f"The secret definition `{full_name(found)}` exists already, in {found.kept_in}. Choose another name, or "
                "delete that one first."
            )


def full_name(definition: SecretDefinition) -> str:
    """The name by which it is found from anywhere: `finance/jira`, or `jira` in the project of those that name none."""
    return definition.name if definition.project == DEFAULT_PROJECT else f"{definition.project}/{definition.name}"


def split_name(name: str) -> tuple[str, str]:
    """Project and name, the other way round: `finance/jira` is `jira` in the project `finance`."""
    project, _, short = name.rpartition("/")
    return project or DEFAULT_PROJECT, short


def plain_values(definition: SecretDefinition) -> dict[str, object]:
    """What a definition says, as values of YAML or JSON (a day as text), without what goes without saying."""
    values: dict[str, object] = {}
    for item in fields(definition):
        value = getattr(definition, item.name)
        if value is not None and item.name != "kept_in" and value != UNSAID.get(item.name):
            values[item.name] = value.isoformat() if isinstance(value, date) else value
    return values


def shown_values(definition: SecretDefinition) -> dict[str, object]:
    """What a definition says, for people: with its project and where it is kept."""
    return {"name": definition.name, "project": definition.project, **plain_values(definition), "kept_in": definition.kept_in}
