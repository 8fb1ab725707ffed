"""What the documents say is so: arguments, commands, targets, files, and every block of code."""

import ast
import json
import re
import shlex
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from compose_file import ComposeFile, MissingVariable, variables_of
from documents import DOCUMENTS, PROJECT, anchors, blocks, commands, lines
from jira_staging.command_line.entrance import _parser
from jira_staging.secret_backends import BACKENDS, check_definition
from jira_staging.secret_definitions.yaml_files import read_definition
from shell_commands import demo_shell
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


def test_every_line_of_a_shell_is_executed_by_a_test_or_named_as_one_that_is_not() -> None:
    tests = "\n".join(path.read_text() for path in (PROJECT / "tests").rglob("test_*.py"))
    for line in lines():
        (known,) = [beginning for beginning in EXECUTED_BY | NOT_EXECUTED if line.startswith(f"{beginning} ")]
        assert known in NOT_EXECUTED or f"def {EXECUTED_BY[known]}(" in tests, line


def test_every_kind_of_block_is_executed_by_a_test_or_named_as_one_that_is_not() -> None:
    kinds = set(re.findall(r"^```(\w+)$", TOLD, re.MULTILINE))
    assert kinds == {"console", "python", "sql", "yaml", "json"}
    # `json`: AWS alone can say whether a policy is right, and none is at hand.
    assert [json.loads(block)["Version"] for block in blocks("json")] == ["2012-10-17"]


def test_the_commands_of_a_shell_do_what_they_say(tmp_path: Path) -> None:
    """From the README's definition to a report, in the order of the documents."""
    with SimulatedJira(12, projects=2, settings=SMALL) as jira:
        shell, real = demo_shell(tmp_path, jira, JIRA_API_TOKEN=jira.token), {SITE: jira.url, ACCOUNT: jira.email}
        (tmp_path / "include" / "secret_definitions").mkdir(parents=True)
        (definition,) = [block for block in blocks("yaml", "README.md") if "backend: environment" in block]
        (tmp_path / "include" / "secret_definitions" / "jira.yaml").write_text(definition.replace(ACCOUNT, jira.email))
        (sync,) = commands("jira-staging", "README.md", replaced=real)
        assert commands("jira-staging", "docs/operators.md", replaced=real) == [sync]
        # docs/tables.md tells of `--raw` before it rebuilds.
        for words in ([*sync, "--raw"], *commands("jira-staging", *AFTER_A_SYNC, replaced=real)):
            ended = shell.run(*words[1:])
            assert ended.returncode == 0, f"{words}: {ended.stdout}{ended.stderr}"
    assert "PAY" in (tmp_path / "report.html").read_text()
    with duckdb.connect(str(tmp_path / "jira_staging.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM jira.issue").fetchone() == (12,)


def test_the_commands_in_the_text_are_ones_that_are_understood() -> None:
    # In the text, `a | b` stands for a choice.
    found = [line for line in re.findall(r"`(jira-staging [^`]+)`", TOLD) if " --" in line and "|" not in line]
    assert found
    for line in found:
        _parser().parse_args(shlex.split(line)[1:])


def test_the_env_file_is_copied_and_then_named_as_what_must_be_filled_in(tmp_path: Path) -> None:
    shutil.copy(PROJECT / ".env.example", tmp_path)
    for words in commands("cp", replaced={}):
        subprocess.run(words, cwd=tmp_path, check=True)
    with pytest.raises(MissingVariable):
        ComposeFile.read(variables_of(tmp_path / ".env"))


def test_the_commands_for_docker_name_files_profiles_and_options_that_are_there() -> None:
    """By the compose file as compose reads it: every variable is filled in, and each service of the profile has an image."""
    for _docker, compose, *words in commands("docker", replaced={}):
        given = dict(pairwise(words))
        # Without an env file it is .env, in which a person has filled in what .env.example names.
        filled = dict.fromkeys(variables_of(PROJECT / ".env.example"), "x")
        file = ComposeFile.read(variables_of(PROJECT / given["--env-file"]) if "--env-file" in given else filled)
        profiles = {name for service in file.services.values() for name in service.get("profiles", [])}
        assert (compose, {given.get("--profile", "demo")} <= profiles) == ("compose", True)
        assert words[words.index("up") + 1 :] in (["--build"], ["--build", "--detach"])
        assert all("image" in service for service in file.services.values())
        built = {service["build"] for service in file.services.values() if "build" in service}
        assert built == {"."}
        assert (PROJECT / "Dockerfile").exists()


# What the documents invent, and what the tests put there. Addresses and accounts are the simulated site's.
SITE, ACCOUNT = "https://acme.atlassian.net", "reporting-bot@acme.example"
AFTER_A_SYNC = ("docs/operations.md", "docs/reporting.md", "docs/tables.md")
EXECUTED_BY = {
    "jira-staging": "test_the_commands_of_a_shell_do_what_they_say",
    "airflow": "test_the_readmes_steps_lead_to_rows",
    "python -m pip wheel": "test_the_wheel_holds_the_package_its_types_and_its_entry_points",
    "python -m pip install": "test_what_is_said_to_be_installed_is_enough",
    "uvx": "test_what_is_said_to_be_installed_is_enough",
    "cp": "test_the_env_file_is_copied_and_then_named_as_what_must_be_filled_in",
}
NOT_EXECUTED = {
    "docker": "no Docker where this is built: the lines are held to the compose file, whose services run in test_topology.py",
    "make demo": "the nightly DAG over 2,000 issues, half a minute: test_dags.py runs it over fewer, test_demo.py the rest",
    "make test": "it is what runs this",
}
