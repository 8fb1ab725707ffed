"""What a company installs: `requirements.txt` with the folders dags/, plugins/ and include/ alone; and the wheel."""

import os
import re
import shutil
import subprocess
import zipfile
from configparser import ConfigParser
from pathlib import Path

import duckdb
import pytest
from deployment import MakeHome
from fresh_nights import FreshNight
from pythons import HERE, PROMISED, UV, environment, install

from demo.airflow_runs import PROJECT
from jira_staging import __version__
from simulated_jira import SimulatedJira

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has what requirements.txt names, in the locked versions, and nothing else."""
    requirements = ["-r", str(PROJECT / "requirements.txt"), "-c", str(PROJECT / "requirements.lock")]
    return environment(HERE, tmp_path_factory.mktemp("fresh") / "venv", "install", *requirements)


@pytest.mark.parametrize("ignore_file", [True, False], ids=["with_airflowignore", "without_airflowignore"])
def test_the_three_folders_and_the_requirements_are_enough(
    python: Path, make_home: MakeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, ignore_file: bool
) -> None:
    project = tmp_path / "opt"
    for name in ("dags", "plugins", "include"):
        shutil.copytree(PROJECT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    if not ignore_file:
        (project / "plugins" / ".airflowignore").unlink()
    monkeypatch.delenv("PYTHONPATH", raising=False)
    without = subprocess.run([str(python), "-c", "import jira_staging"], capture_output=True, cwd=tmp_path, check=False)
    assert without.returncode == 1
    told = FreshNight(tmp_path, python, project, make_home({}, project=project)).load()
    assert "Failed to import plugin" not in told
    assert "Traceback" not in told


def test_the_requirements_hold_what_the_wheel_asks_for() -> None:
    """Whoever copies the folders has what whoever installs the wheel with its extras gets."""
    listed = {_package(line) for line in (PROJECT / "requirements.txt").read_text().splitlines() if line[:1].isalpha()}
    project = (PROJECT / "pyproject.toml").read_text()
    dependencies = re.search(r"^dependencies = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    airflow = re.search(r"^airflow = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    assert dependencies is not None
    assert airflow is not None
    asked = {_package(text) for text in re.findall(r'"([^"]+)"', dependencies[1] + airflow[1])}
    assert asked <= listed


def test_the_wheel_holds_the_package_its_types_and_its_entry_points(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = ConfigParser()
        entry_points.read_string(
            archive.read(f"airflow_provider_jira_staging-{__version__}.dist-info/entry_points.txt").decode()
        )
    house = PROJECT / "plugins"
    modules = {str(path.relative_to(house)) for path in (house / "jira_staging").rglob("*.py")}
    assert modules | {"jira_staging/py.typed"} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith(("tests", "dags"))]
    assert dict(entry_points["console_scripts"]) == {"jira-staging": "jira_staging.command_line:main"}
    assert dict(entry_points["airflow.plugins"]) == {"jira_staging": "jira_staging.web.plugin:INSTALLED"}
    assert dict(entry_points["apache_airflow_provider"]) == {"provider_info": "jira_staging.provider_info:get_provider_info"}


def test_the_wheel_alone_is_enough_for_an_airflow_that_has_the_requirements(
    python: Path, wheel: Path, make_home: MakeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the folders' tests: from here on that Python has the package."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    install(python, "install", "--no-deps", str(wheel))
    project = tmp_path / "opt"
    (project / "plugins").mkdir(parents=True)
    for name in ("dags", "include"):
        shutil.copytree(PROJECT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    FreshNight(tmp_path, python, project, make_home({}, project=project)).load(["plugins", "--output", "json"])
    assert "airflow-provider-jira-staging==" in (tmp_path / "plugins.log").read_text()


@pytest.mark.parametrize("version", PROMISED)
def test_the_command_needs_no_airflow(version: str, wheel: Path, tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    environment(version, folder, "install", "-c", str(PROJECT / "requirements.lock"), str(wheel))
    listed = subprocess.run([*UV, "pip", "list", "--python", str(folder)], capture_output=True, text=True, check=True).stdout
    assert "apache-airflow" not in listed
    packages = len(listed.splitlines()) - 2
    print(f"The wheel has {wheel.stat().st_size / 1000:.0f} KB, and {packages} packages come with it.")
    assert packages < 25
    definitions = tmp_path / "definitions"
    definitions.mkdir()
    (definitions / "jira.yaml").write_text("name: jira\nbackend: environment\nsecret_name: WHEEL_JIRA_TOKEN\n")
    with SimulatedJira(15, projects=1) as jira:
        command = [
            str(folder / "bin" / "jira-staging"),
            "sync",
            "--site",
            jira.url,
            "--account",
            jira.email,
            "--api-token",
            "jira",
        ]
        command += ["--definitions", str(definitions), "--destination", f"duckdb:{tmp_path / 'staging.duckdb'}"]
        variables = {"WHEEL_JIRA_TOKEN": jira.token, "PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1"}
        ended = subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    with duckdb.connect(str(tmp_path / "staging.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM jira.issue").fetchone() == (15,)


def _package(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert found is not None, requirement
    return found[0].lower()
