"""How a definition stands in an Airflow Variable: its key, and its text in JSON."""

import json

from jira_staging.errors import SecretDefinitionMalformed
from jira_staging.records import SecretDefinition
from jira_staging.secret_definitions import DEFAULT_PROJECT, checked_name, definition_from
from jira_staging.secret_definitions.writing import plain_values

# The Variable that lists all the others, so that a DAG's drop-down costs one question.
INDEX = "jira_staging.definitions"
PREFIX = "jira_staging.definition."
# What Airflow's database has room for.
LONGEST_KEY = 250
# Airflow masks whatever stands under a name with "secret" or "token" in it; a definition holds neither.
PLAIN_NAMES = {"location": "secret_name", "entry": "secret_key"}
MASKED_NAMES = {masked: plain for plain, masked in PLAIN_NAMES.items()}


def variable_key(name: str, project: str) -> str:
    """The key of a definition's Variable. Raises SecretDefinitionMalformed where Airflow has no room for it."""
    key = f"{PREFIX}{project}.{name}"
    if len(key) > LONGEST_KEY:
        raise SecretDefinitionMalformed(
            f"Secret definition `{name}`: its name and its project have together more than {LONGEST_KEY - len(PREFIX) - 1} "
            "characters, the most for which Airflow has room. Choose shorter ones."
        )
    return key


def name_and_project(key: str) -> tuple[str, str] | None:
    """Of which definition this is the Variable; None where it is something else's. No name has a dot."""
    project, dot, name = key.removeprefix(PREFIX).partition(".")
    return (name, project) if key.startswith(PREFIX) and dot and name and "." not in name else None


def variable_text(definition: SecretDefinition) -> str:
    """The definition as JSON."""
    values = plain_values(definition)
    return json.dumps({MASKED_NAMES.get(key, key): value for key, value in values.items()}, ensure_ascii=False)


def definition_in(text: str, key: str) -> SecretDefinition:
    """The definition that the Variable of this key holds. Raises SecretDefinitionMalformed."""
    place = f"Airflow's Variable `{key}`"
    values = _json(text)
    if not isinstance(values, dict):
        raise SecretDefinitionMalformed(f"{place} is no JSON object. Delete it, and create the definition anew.")
    plain: dict[str, object] = {PLAIN_NAMES.get(str(name), str(name)): value for name, value in values.items()}
    definition = definition_from(plain, place)
    if name_and_project(key) != (definition.name, definition.project):
        raise SecretDefinitionMalformed(
            f"{place} holds the definition `{definition.name}` of the project `{definition.project}`, which its key "
            "contradicts. Repair `name` and `project`."
        )
    return definition


def index_text(names: list[tuple[str, str]]) -> str:
    """The index of these definitions (name and project each): a JSON list of `name` and `project/name`."""
    return json.dumps(sorted(name if project == DEFAULT_PROJECT else f"{project}/{name}" for name, project in names))


def names_in(text: str) -> tuple[tuple[str, str], ...]:
    """The definitions (name and project each) that an index lists. Raises SecretDefinitionMalformed."""
    entries = _json(text)
    place = f"Airflow's Variable `{INDEX}`"
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise SecretDefinitionMalformed(f"{place} is no JSON list of names. Delete it: the next definition writes it anew.")
    names = []
    for entry in entries:
        project, _, name = entry.rpartition("/")
        names.append((checked_name(name, place), checked_name(project or DEFAULT_PROJECT, place, "project")))
    return tuple(names)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
