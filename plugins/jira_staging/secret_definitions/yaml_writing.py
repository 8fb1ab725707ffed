"""Definitions written as YAML files: by the commands of a shell, to be reviewed and committed."""

from pathlib import Path

import yaml

from jira_staging.errors import SecretDefinitionExists, WrongUse
from jira_staging.records import SecretDefinition
from jira_staging.secret_definitions.stores import DEFAULT_PROJECT
from jira_staging.secret_definitions.writing import plain_values
from jira_staging.secret_definitions.yaml_files import YamlFiles, read_definition

# Wider than any value, so that none is folded over lines.
WIDTH = 10_000


class WritableYamlFiles(YamlFiles):
    """A folder of definitions in which files may be made and deleted."""

    def add(self, definition: SecretDefinition) -> SecretDefinition:
        """Write a file for it. Raises SecretDefinitionExists where there is one, WrongUse where none can be made."""
        path = self.folder / file_name(definition)
        content = yaml.safe_dump(plain_values(definition), sort_keys=False, allow_unicode=True, width=WIDTH)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(content)
        except OSError as error:
            if isinstance(error, FileExistsError) and path.exists():
                problem = f"{path} exists already and holds something else. Move it, or choose another name."
                raise SecretDefinitionExists(problem) from error
            raise WrongUse(f"{path} cannot be written: {error.strerror}. Choose a folder that is writable.") from error
        return read_definition(path)

    def remove(self, definition: SecretDefinition) -> None:
        """Delete its file."""
        path = Path(definition.kept_in)
        try:
            path.unlink()
        except OSError as error:
            raise WrongUse(f"{path} cannot be deleted: {error.strerror}. Repair its folder's permissions.") from error


def file_name(definition: SecretDefinition) -> str:
    """`jira.yaml`, or `finance.jira.yaml` in the project `finance`: no name of a definition has a dot."""
    project = "" if definition.project == DEFAULT_PROJECT else f"{definition.project}."
    return f"{project}{definition.name}.yaml"
