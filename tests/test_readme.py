"""What the documents say is so: arguments, commands, targets, files, and every block of code."""

import ast
import json
import re
import shlex
import tomllib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from compose_file import COMPOSE_FILE
from documents import DOCUMENTS, PROJECT, anchors, blocks
from jira_staging import __version__
from jira_staging.command_line.entrance import _parser
from jira_staging.secret_backends import BACKENDS, check_definition
from jira_staging.secret_definitions.yaml_files import read_definition
from simulated_jira import SimulatedJira
from syncing.bench import SMALL, Bench

TOLD = "\n".join(document.read_text() for document in DOCUMENTS)
OPERATORS = sorted((PROJECT / "plugins" / "jira_staging" / "operators").glob("*.py"))

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def operator_arguments() -> dict[str, ast.expr | None]:
    """Every argument of every operator, with its default as it is written."""
    found: dict[str, ast.expr | None] = {}
    for node in (node for path in OPERATORS for node in ast.walk(ast.parse(path.read_text()))):
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            found |= {
                argument.arg: default for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            }
    return found


def explained_arguments() -> dict[str, str]:
    """The rows of the tables of operator arguments: what stands beside each name."""
    told = (PROJECT / "docs" / "operators.md").read_text()
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|(.*)\|$", told, re.MULTILINE)
    return {name: text for names, text in rows for name in re.findall(r"`(\w+)`", names)}


def test_every_argument_of_the_operators_is_explained_and_every_explained_one_exists() -> None:
    assert operator_arguments().keys() == explained_arguments().keys()


def test_the_defaults_are_the_ones_that_the_documents_name() -> None:
    for name, default in operator_arguments().items():
        if isinstance(default, ast.Constant) and default.value is not None:
            assert explained_arguments()[name].rstrip().endswith(f"`{default.value}`"), name


@every_document
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^\$ )make ([a-z-]+)", document.read_text(), re.MULTILINE))
    assert named <= targets


@every_document
def test_every_file_and_title_that_is_linked_exists(document: Path) -> None:
    for name, _, title in re.findall(r"\]\((?!https?://)([^)#]*)(#([^)]+))?\)", document.read_text()):
        linked = (document.parent / name).resolve() if name else document
        assert linked.exists(), name
        assert not title or title in anchors(linked), f"{name}#{title}"


def test_every_page_is_named_in_the_readme() -> None:
    readme = (PROJECT / "README.md").read_text()
    assert [path.name for path in PROJECT.glob("docs/*.md") if f"](docs/{path.name})" not in readme] == []


def test_python_blocks_are_python_and_json_blocks_json() -> None:
    for block in blocks("python"):
        ast.parse(block)
    for block in blocks("json"):
        json.loads(block)


def test_yaml_blocks_are_secret_definitions(tmp_path: Path) -> None:
    assert blocks("yaml")
    for number, block in enumerate(blocks("yaml")):
        file = tmp_path / f"{number}.yaml"
        file.write_text(block)
        check_definition(read_definition(file))


def test_every_backend_is_named() -> None:
    assert [name for name in BACKENDS if f"`{name}`" not in TOLD] == []


def test_sql_blocks_answer_over_loaded_tables(tmp_path: Path) -> None:
    with SimulatedJira(12, projects=1, settings=SMALL) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb")
        bench.sync(reporting_views=True)
    bench.release()
    statements = [*blocks("sql"), *re.findall(r"`(SELECT [^`]+)`", TOLD)]
    assert statements
    for statement in statements:
        assert bench.query(statement), statement


def test_every_command_is_one_that_is_understood() -> None:
    lines = [line for block in blocks("console") for line in block.replace("\\\n", " ").splitlines() if line.startswith("$ ")]
    # In the text, `a | b` stands for a choice.
    lines += [line for line in re.findall(r"`(jira-staging [^`]+)`", TOLD) if " --" in line and "|" not in line]
    commands = [shlex.split(line.removeprefix("$ "), comments=True) for line in lines]
    assert {words[0] for words in commands} == set(UNDERSTOOD)
    for name, *words in commands:
        UNDERSTOOD[name](words)


def _compose(words: list[str]) -> None:
    services = yaml.safe_load(COMPOSE_FILE.read_text())["services"].values()
    profiles = {name for service in services for name in service.get("profiles", [])}
    given = dict(pairwise(words))
    assert words[0] == "compose"
    assert (PROJECT / given.get("--env-file", "demo.env")).exists()
    assert given.get("--profile", "demo") in profiles


def _copied(words: list[str]) -> None:
    assert (PROJECT / words[0]).exists()


def _pip(words: list[str]) -> None:
    assert words[:2] == ["-m", "pip"]
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for word in words[3:]:
        named = re.fullmatch(r"dist/airflow_provider_jira_staging-(.*)-py3-none-any\.whl\[(.*)\]", word)
        assert named is None or (named[1] == __version__ and set(named[2].split(",")) <= extras.keys())


UNDERSTOOD: dict[str, Callable[[list[str]], object]] = {
    "jira-staging": lambda words: _parser().parse_args(words),
    "make": lambda words: words,  # which targets exist is asked of every document
    "airflow": lambda words: words,  # what they are is asked of Airflow, in tests/airflow/test_dags_to_copy.py
    "docker": _compose,
    "cp": _copied,
    "python": _pip,
}
