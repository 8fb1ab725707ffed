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
from pythons import HERE, PROMISED, UV, environment

from demo.airflow_runs import PROJECT, AirflowHome
from documents import blocks, commands
from jira_staging import __version__
from simulated_jira import SimulatedJira

pytestmark = pytest.mark.slow
# The demo's vault is reached by a connection, which needs Airflow's provider; docs/deploying.md says so.
FOR_THE_NIGHT = ["apache-airflow-providers-amazon"]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has what requirements.txt names, in the locked versions, and nothing else."""
    requirements = ["-r", str(PROJECT / "requirements.txt"), "-c", str(PROJECT / "requirements.lock")]
    return environment(HERE, tmp_path_factory.mktemp("fresh") / "venv", "install", *requirements)


def test_the_readmes_steps_lead_to_rows(
    python: Path, make_home: MakeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders copied, requirements installed, a definition written, then the README's own lines."""
    # The packages were not compiled when they were installed: each process is spared what the one before has compiled.
    for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.delenv(name, raising=False)
    without = subprocess.run([str(python), "-c", "import jira_staging"], capture_output=True, cwd=tmp_path, check=False)
    assert without.returncode == 1
    project, database = copied_to(tmp_path / "opt", "dags", "plugins", "include"), tmp_path / "jira_staging.duckdb"
    (definition,) = [block for block in blocks("yaml", "README.md") if "backend: environment" in block]
    (project / "include" / "secret_definitions" / "jira.yaml").write_text(definition)
    home = AirflowHome(make_home({}).folder, {}, project)
    with SimulatedJira(15, projects=1) as jira:
        real = {
            "https://acme.atlassian.net": jira.url,
            "/data/jira_staging.duckdb": str(database),
            "reporting-bot@acme.example": jira.email,
        }
        (project / "include" / "secret_definitions" / "jira.yaml").write_text(
            definition.replace("reporting-bot@acme.example", jira.email)
        )
        environment = home.environment() | {"JIRA_API_TOKEN": jira.token}
        for words in commands("airflow", "README.md", replaced=real):
            command = [str(python.parent / "airflow"), *words[1:]]
            ended = subprocess.run(command, env=environment, cwd=home.folder, capture_output=True, text=True, check=False)
            told = ended.stdout + ended.stderr
            assert ended.returncode == 0, told
    assert "Failed to import plugin" not in told
    assert "Traceback" not in told
    assert jira.token not in told
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM jira.issue").fetchone() == (15,)


def test_a_copy_that_lost_the_dot_file_works_all_the_same(
    python: Path, make_home: MakeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    project = copied_to(tmp_path / "opt", "dags", "plugins", "include")
    (project / "plugins" / ".airflowignore").unlink()
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


def test_what_is_said_to_be_installed_is_enough(
    wheel: Path, make_home: MakeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lines of the documents for pip and uvx, by uv and in the locked versions: a clean Airflow with the wheel loads a
    night, and the command answers without Airflow."""
    for name in ("PYTHONPATH", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    locked = ["-c", str(PROJECT / "requirements.lock")]
    ((*_, with_airflow),) = commands("python -m pip install", "docs/deploying.md", replaced={"dist/": f"{wheel.parent}/"})
    python = environment(HERE, tmp_path / "clean", "install", *locked, with_airflow, *FOR_THE_NIGHT)
    project = copied_to(tmp_path / "opt", "dags", "include")
    (project / "plugins").mkdir()
    FreshNight(tmp_path, python, project, make_home({}, project=project)).load(["plugins", "--output", "json"])
    assert "airflow-provider-jira-staging==" in (tmp_path / "plugins.log").read_text()

    checkout = wheel.parents[1]
    for words in commands("uvx", "README.md", replaced={}):
        told = subprocess.run([*UV, "tool", "run", *words[1:]], cwd=checkout, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        assert "usage: jira-staging" in told.stdout
    ((*_, plain),) = commands("python -m pip install", "README.md", replaced={})
    assert (plain, (checkout / "pyproject.toml").exists()) == (".", True)


@pytest.mark.parametrize("version", PROMISED)
def test_the_command_needs_no_airflow(version: str, wheel: Path, tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    # As `python -m pip install .` of the README does it: the wheel of what a checkout holds.
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


def copied_to(folder: Path, *names: str) -> Path:
    """These folders of the project, as somebody copies them."""
    for name in names:
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def _package(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert found is not None, requirement
    return found[0].lower()
