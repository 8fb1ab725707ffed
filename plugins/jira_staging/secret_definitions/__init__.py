"""Secret definitions: from a name to where the token lies, never to the token itself."""

from jira_staging.secret_definitions.entries import checked_name, definition_from
from jira_staging.secret_definitions.expiry import days_left, expiry_warning
from jira_staging.secret_definitions.stores import DEFAULT_PROJECT, DefinitionStore, find_definition
from jira_staging.secret_definitions.yaml_files import YamlFiles, definitions_folder

__all__ = [
    "DEFAULT_PROJECT",
    "DefinitionStore",
    "YamlFiles",
    "checked_name",
    "days_left",
    "definition_from",
    "definitions_folder",
    "expiry_warning",
    "find_definition",
]
