"""Definitions as YAML files, one a file, reviewed in git; at run time they are only read."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import yaml

from jira_staging.errors import SecretDefinitionMalformed
from jira_staging.records import SecretDefinition
from jira_staging.secret_definitions.entries import definition_from

# A definition is a dozen short lines; what is larger is another file, put here by mistake.
LARGEST_FILE = 100_000
# What PyYAML quotes: one character or the name of a mark, which it looked for; else something that it found, to its last quote.
QUOTED = re.compile(r"'(\\?.|<[a-z ]+>)'|'.*'", re.DOTALL)


def definitions_folder(given: str | Path | None, environ: Mapping[str, str]) -> Path:
    """The folder of the definitions: the one given, else the one that the environment names, else the first that exists.

    Looked for beside `plugins/` (how this project is laid out), in `$AIRFLOW_HOME` and in the working directory. Where none
    exists, the first place is returned, so that messages can name it.
    """
    if given or environ.get("JIRA_STAGING_DEFINITIONS"):
        return Path(given or environ["JIRA_STAGING_DEFINITIONS"]).expanduser()
    plugins = Path(__file__).resolve().parents[2]
    homes = [plugins.parent] if plugins.name == "plugins" else []
    if environ.get("AIRFLOW_HOME"):
        homes.append(Path(environ["AIRFLOW_HOME"]).expanduser())
    homes.append(Path.cwd())
    folders = [home / "include" / "secret_definitions" for home in homes]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


class YamlFiles:
    """The definitions in one folder (`*.yaml` and `*.yml`; not in folders inside it)."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    @property
    def place(self) -> str:
        """Where these definitions are, for messages."""
        return f"`{self.folder}`" if self.folder.is_dir() else f"`{self.folder}` (there is no such folder)"

    def find(self, name: str, project: str) -> SecretDefinition | None:
        """The definition, or None. Another file that cannot be read does not matter, unless it is called like this one."""
        definitions, broken = self.survey()
        if error := twins(definitions).get((name, project)):
            raise error
        for definition in definitions:
            if (definition.name, definition.project) == (name, project):
                return definition
        for path, error in broken.items():
            if path.stem in (name, f"{project}.{name}"):
                raise error
        return None

    def readable(self) -> tuple[tuple[SecretDefinition, ...], tuple[SecretDefinitionMalformed, ...]]:
        """The definitions that can be read, by file name, and what is wrong with the other files."""
        definitions, broken = self.survey()
        return definitions, (*broken.values(), *twins(definitions).values())

    def survey(self) -> tuple[tuple[SecretDefinition, ...], dict[Path, SecretDefinitionMalformed]]:
        """The definitions that can be read, and what is wrong with each of the other files."""
        definitions, broken = [], {}
        for path in sorted((*self.folder.glob("*.yaml"), *self.folder.glob("*.yml"))):
            try:
                definitions.append(read_definition(path))
            except SecretDefinitionMalformed as error:
                broken[path] = error
        return tuple(definitions), broken


def read_definition(path: Path) -> SecretDefinition:
    """The definition in this file. Raises SecretDefinitionMalformed with the file and the line."""
    values, lines = _values_and_lines(_content(path), path)
    return definition_from(values, str(path), lambda key: f"{path}, line {lines[key]}" if key in lines else str(path))


def _content(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise SecretDefinitionMalformed(f"{path} is larger than {LARGEST_FILE} bytes, so no secret definition. Move it.")
        # Editors on Windows begin a file with a byte order mark.
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SecretDefinitionMalformed(f"{path} cannot be read: {error.strerror}. Repair its permissions.") from error
    except UnicodeDecodeError:
        # The original error carries the whole file, and a broken file may hold anything.
        problem = f"{path} is not UTF-8 text. Save it as UTF-8."
    raise SecretDefinitionMalformed(problem)


def _values_and_lines(content: str, path: Path) -> tuple[dict[str, object], dict[str, int]]:
    """The mapping in a YAML text, and the line on which each key stands (counted from 1)."""
    loader = yaml.SafeLoader(content)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise SecretDefinitionMalformed(f"{path} must hold `key: value` lines, beginning with `name:`.")
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise SecretDefinitionMalformed(
                    f"{path}, line {key.start_mark.line + 1}: a key of a definition is a plain word."
                )
        lines = {key.value: key.start_mark.line + 1 for key, _value in node.value}
        for name, times in Counter(key.value for key, _value in node.value).items():
            if times > 1:
                raise SecretDefinitionMalformed(f"{path}, line {lines[name]}: `{name}` stands here a second time. Remove one.")
        return {key.value: _constructed(loader, value, f"{path}, line {lines[key.value]}") for key, value in node.value}, lines
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = _malformed(error, path)
    finally:
        loader.dispose()
    raise problem


def _constructed(loader: yaml.SafeLoader, node: yaml.Node, place: str) -> object:
    try:
        return loader.construct_object(node, deep=True)
    except ValueError:
        # PyYAML's words repeat the value.
        problem = f"{place}: it has the form of a day, a time or a number, and is none. Correct it, or put it in quotes."
    raise SecretDefinitionMalformed(problem)


def _malformed(error: Exception, path: Path) -> SecretDefinitionMalformed:
    """What is wrong with a YAML text, without any of the text: a file that is not YAML may be a pasted token."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = f"{path}, line {mark.line + 1}" if mark else str(path)
    words = getattr(error, "problem", None) or "a value has the wrong form"
    words = QUOTED.sub(lambda quoted: quoted[0] if quoted[1] else "that", words)
    return SecretDefinitionMalformed(f"{place}: not valid YAML ({words}). Repair it there.")


def twins(definitions: tuple[SecretDefinition, ...]) -> dict[tuple[str, str], SecretDefinitionMalformed]:
    """An error for every name that two files of one project have."""
    files: dict[tuple[str, str], list[str]] = {}
    for definition in definitions:
        files.setdefault((definition.name, definition.project), []).append(definition.kept_in)
    return {
        (name, project): SecretDefinitionMalformed(
            f"The secret definition `{name}` stands in {len(paths)} files: {' and '.join(paths)}. Rename one of them."
        )
        for (name, project), paths in files.items()
        if len(paths) > 1
    }
