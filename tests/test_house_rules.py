"""The house has its floors, and nobody reaches upstairs."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "plugins" / "jira_staging"
FLOORS = (
    {"batch_scheduling", "errors", "freed_memory", "run_logs"},
    {"records", "tables", "json_decoders", "json_mending", "phases"},
    {"secret_definitions", "secret_backends", "jira_api", "entities", "staging", "fingerprints", "rendered_arguments"},
    {"bulk_questions", "known_entries", "planning", "portions", "reporting", "run_frames"},
    {
        "charts",
        "child_checks",
        "flat_issues",
        "history_loading",
        "issue_portions",
        "load_strategies",
        "owner_turns",
        "personal_data",
        "role_turns",
        "renamed_projects",
        "run_checks",
        "scope_members",
        "scope_searches",
        "site_lists",
        "desk_lists",
        "working_behind",
    },
    {"issue_publishing", "listed_projects", "site_tables", "sprint_changes", "unlisted_people"},
    {"issue_loading", "issue_frames", "desk_loading", "scheme_loading"},
    {"site_loading", "sweeping", "worklog_changes"},
    {"changed_issues"},
    {"tokens", "syncing", "census", "rebuilding", "forgetting"},
    {"airflow_versions"},
    {"airflow_connections"},
    {"airflow_vaults", "airflow_stores", "airflow_databases", "airflow_lineage", "lasting_errors"},
    {"hooks", "airflow_secrets"},
    {"task_runs", "operator_links"},
    {"operators", "web", "progress"},
    {"command_line"},
    {"__main__"},
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
KNOWS_AIRFLOW = {
    "airflow_connections",
    "airflow_versions",
    "airflow_vaults",
    "airflow_stores",
    "airflow_databases",
    "airflow_lineage",
    "airflow_secrets",
    "hooks",
    "task_runs",
    "operator_links",
    "operators",
    "web",
}
# Plain data that Airflow reads without importing the rooms; it imports nothing.
OUTSIDE = {"__init__", "provider_info"}
MODULES = [path for path in sorted(HOUSE.rglob("*.py")) if path.relative_to(HOUSE).parts[0].removesuffix(".py") not in OUTSIDE]
FORBIDDEN_STEMS = {"utils", "helpers", "common", "base", "manager"}
LONGEST_MODULE, LONGEST_FUNCTION, MOST_PARAMETERS = 300, 45, 8

every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))


def _room_of(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def _imported_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "import by full name: Airflow may load this file outside its package"
            assert node.module is not None
            if node.module == "jira_staging":
                yield from (f"jira_staging.{alias.name}" for alias in node.names)
            else:
                yield node.module


@every_module
def test_a_room_uses_only_what_is_below_it(path: Path) -> None:
    room = _room_of(path)
    for name in _imported_names(path):
        top, _, rest = name.partition(".")
        if top == "airflow":
            assert room in KNOWS_AIRFLOW, f"{path.name} imports {name}"
        if top == "jira_staging" and rest:
            other = rest.split(".")[0]
            assert other == room or FLOOR_OF.get(other, -1) < FLOOR_OF[room], f"{path.name} imports {name}"


@cache
def _taken_names() -> frozenset[str]:
    return frozenset(sys.stdlib_module_names | packages_distributions().keys() - {"jira_staging"})


@every_module
def test_no_module_has_a_name_that_is_taken_or_says_nothing(path: Path) -> None:
    """Airflow imports plugin files under their bare name, replacing any module of that name."""
    assert path.stem in {"__init__", "__main__"} or path.stem not in _taken_names() | FORBIDDEN_STEMS


@every_module
def test_modules_and_functions_keep_to_their_size(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= LONGEST_MODULE
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            parameters = len(node.args.args) + len(node.args.kwonlyargs)
            assert lines <= LONGEST_FUNCTION, f"{node.name}: {lines} lines"
            assert parameters <= MOST_PARAMETERS or node.name == "__init__", f"{node.name}: {parameters} parameters"


RUNS_WHAT_IT_READS = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}


@every_module
def test_nothing_is_read_in_a_way_that_could_run_it(path: Path) -> None:
    """No pickle; YAML by the safe loader alone; no text that becomes code or a shell's command."""
    assert RUNS_WHAT_IT_READS.isdisjoint(name.partition(".")[0] for name in _imported_names(path))
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"eval", "exec", "compile", "os.system", "yaml.load", "yaml.load_all", "yaml.unsafe_load"}
            assert not any(keyword.arg == "shell" for keyword in node.keywords), called
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "yaml" and node.attr.endswith("Loader"):
            assert node.attr in {"SafeLoader", "CSafeLoader"}


def test_the_package_itself_imports_nothing() -> None:
    tree = ast.parse((HOUSE / "__init__.py").read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_airflow_is_told_to_leave_the_package_alone() -> None:
    lines = (HOUSE.parent / ".airflowignore").read_text().splitlines()
    assert "jira_staging/" in lines


def test_the_picture_of_the_house_shows_every_room_on_its_floor() -> None:
    text = (HOUSE.parents[1] / "CONTRIBUTING.md").read_text()
    shown = {
        int(floor): set(re.findall(r"`(\w+)`", rooms)) for floor, rooms in re.findall(r"^\| (\d+) \| ([^|]+) \|", text, re.M)
    }
    assert [shown[floor] for floor in range(len(FLOORS))] == list(FLOORS)
    first_with_airflow = min(FLOOR_OF[room] for room in KNOWS_AIRFLOW)
    assert f"Floors 0 to {first_with_airflow - 1} never import Airflow." in text
