"""What the documents say is so: arguments, commands, targets, files, and every block of code."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from jira_staging.command_line.entrance import _parser
from jira_staging.secret_backends import BACKENDS, check_definition
from jira_staging.secret_definitions.yaml_files import read_definition
from simulated_jira import SimulatedJira
from syncing.bench import SMALL, Bench

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text()
DOCUMENTS = [path for path in sorted(PROJECT.glob("*.md")) if path.name != "DATA_DICTIONARY.md"]
OPERATORS = ast.parse((PROJECT / "plugins" / "jira_staging" / "operators.py").read_text())

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def blocks(language: str) -> list[str]:
    """The README's blocks of code in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def operator_arguments() -> dict[str, ast.expr | None]:
    """Every argument of every operator, with its default as it is written."""
    found: dict[str, ast.expr | None] = {}
    for node in ast.walk(OPERATORS):
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            found |= {
                argument.arg: default for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            }
    return found


def explained_arguments() -> dict[str, str]:
    """The rows of the README's tables of operator arguments: what stands beside each name."""
    # Further down, tables of other things begin with such names too.
    told = README[README.index("## The operator") : README.index("## Where the tables can be")]
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|(.*)\|$", told, re.MULTILINE)
    return {name: text for names, text in rows for name in re.findall(r"`(\w+)`", names)}


def test_every_argument_of_the_operators_is_explained_and_every_explained_one_exists() -> None:
    assert operator_arguments().keys() == explained_arguments().keys()


def test_the_defaults_are_the_ones_that_the_readme_names() -> None:
    for name, default in operator_arguments().items():
        if isinstance(default, ast.Constant) and default.value is not None:
            assert explained_arguments()[name].rstrip().endswith(f"`{default.value}`"), name


@every_document
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^\$ )make ([a-z-]+)", document.read_text(), re.MULTILINE))
    assert named <= targets


@every_document
def test_every_file_that_is_linked_exists(document: Path) -> None:
    linked = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text())
    assert [name for name in linked if not (PROJECT / name).exists()] == []


def test_python_blocks_are_python() -> None:
    assert blocks("python")
    for block in blocks("python"):
        ast.parse(block)


def test_yaml_blocks_are_secret_definitions(tmp_path: Path) -> None:
    assert blocks("yaml")
    for number, block in enumerate(blocks("yaml")):
        file = tmp_path / f"{number}.yaml"
        file.write_text(block)
        check_definition(read_definition(file))


def test_every_backend_is_named() -> None:
    assert [name for name in BACKENDS if f"`{name}`" not in README] == []


def test_sql_blocks_answer_over_loaded_tables(tmp_path: Path) -> None:
    with SimulatedJira(12, projects=1, settings=SMALL) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb")
        bench.sync(reporting_views=True)
    bench.release()
    statements = [*blocks("sql"), *re.findall(r"`(SELECT [^`]+)`", README)]
    assert statements
    for statement in statements:
        assert bench.query(statement), statement


def test_shell_blocks_are_commands_that_are_understood() -> None:
    lines = [line for block in blocks("console") for line in block.replace("\\\n", " ").splitlines()]
    ours = [shlex.split(line.removeprefix("$ "), comments=True) for line in lines if line.startswith("$ jira-staging ")]
    assert ours
    for _name, *words in ours:
        _parser().parse_args(words)
