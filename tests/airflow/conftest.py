"""Airflow in a home of its own, set before anything imports it; connections and definitions as a deployment gives them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from deployment import SMALL, Connect, MakeHome
from filelock import FileLock

from demo.airflow_runs import PROJECT, AirflowHome
from documents import commands
from jira_staging import __version__
from simulated_jira import SimulatedJira

HOME = Path(tempfile.mkdtemp(prefix="airflow_home_"))
for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
    del os.environ[name]
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME / 'airflow.db'}",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder imports Airflow."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.airflow)


def pytest_sessionfinish() -> None:
    """Airflow wrote its configuration there when it was imported."""
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def _nothing_masked_yet() -> None:
    from airflow.sdk._shared.secrets_masker import reset_secrets_masker

    reset_secrets_masker()


@pytest.fixture
def jira() -> Iterator[SimulatedJira]:
    """40 issues in two projects."""
    with SimulatedJira(40, projects=2, seed=3, settings=SMALL) as site:
        yield site


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Connections by environment."""

    def connect(name: str, **connection: object) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection))

    return connect


@pytest.fixture
def definitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of secret definitions that this deployment names."""
    folder = tmp_path / "definitions"
    folder.mkdir()
    monkeypatch.setenv("AIRFLOW__JIRA_STAGING__DEFINITIONS_FOLDER", str(folder))
    return folder


@pytest.fixture
def nightly(definitions: Path, jira: SimulatedJira, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a definition whose token the simulated site accepts."""
    (definitions / "nightly.yaml").write_text("name: nightly\nbackend: environment\nsecret_name: NIGHTLY_JIRA_TOKEN\n")
    monkeypatch.setenv("NIGHTLY_JIRA_TOKEN", jira.token)
    return "nightly"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the line of docs/deploying.md in `dist` of what a checkout holds."""
    checkout = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, checkout)
    shutil.copytree(PROJECT / "plugins", checkout / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    for words in commands("python -m pip wheel", replaced={}):
        # The build's own packages are here already.
        command = [sys.executable, *words[1:], "--no-build-isolation", "--disable-pip-version-check"]
        subprocess.run(command, check=True, capture_output=True, timeout=120, cwd=checkout)
    return checkout / "dist" / f"airflow_provider_jira_staging-{__version__}-py3-none-any.whl"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Airflow's own database, migrated once for all workers of the session."""
    shared = tmp_path_factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else tmp_path_factory.getbasetemp()
    home = AirflowHome(shared / "airflow_template", {})
    with FileLock(shared / "airflow_template.lock"):
        home.prepare()
    return home.folder


@pytest.fixture
def make_home(migrated: Path, tmp_path: Path) -> MakeHome:
    """Airflow homes with a copy of the migrated database."""

    def make(connections: Mapping[str, Mapping[str, object]], *, project: Path = PROJECT) -> AirflowHome:
        folder = tmp_path / "airflow"
        folder.mkdir()
        for name in ("airflow.db", "migrated"):
            shutil.copy(migrated / name, folder)
        return AirflowHome(folder, connections, project=project)

    return make
