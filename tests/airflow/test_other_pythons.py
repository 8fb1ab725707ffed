"""Each Python that we promise and this is not: the locked packages, the wheel, its tests, and a night by Airflow."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from deployment import MakeHome
from fresh_nights import FreshNight
from pythons import HERE, PROMISED, classifiers, environment, install

from demo.airflow_runs import PROJECT

OTHERS = [version for version in PROMISED if version != HERE]
# What differs between versions of Python shows there: decoding, threads, sockets, TLS, dates, and the binaries of drivers.
CHOSEN = (
    "tests/jira_api/test_client.py",
    "tests/jira_api/test_signing_in.py",
    "tests/jira_api/test_searching.py",
    "tests/jira_api/test_connecting.py",
    "tests/jira_api/test_pacing.py",
    "tests/entities",
    "tests/test_tokens.py",
    "tests/staging/test_merge_contract.py::test_new_changed_and_equal_rows_are_told_apart[duckdb_file]",
    "tests/syncing/test_loading.py::test_a_full_load_holds_what_jira_holds_row_by_row",
)
# The ones that take seconds for what has nothing to do with Python.
LEFT_OUT = "not replay and not real and not a_null_is"
LEAST = 500


def test_the_versions_that_are_promised_are_the_ones_that_are_tested() -> None:
    assert tuple(classifiers()) == PROMISED


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("version", OTHERS)
def test_the_locked_packages_the_wheel_its_tests_and_a_night(
    version: str, wheel: Path, make_home: MakeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    python = environment(version, tmp_path / "venv", "sync", "--require-hashes", str(PROJECT / "requirements-dev.lock"))
    install(python, "install", "--no-deps", str(wheel))
    # What is tested is the installed package, and not plugins/.
    words = ["-n", "0", "-q", "-o", "pythonpath=tests", "-p", "no:cacheprovider", "-k", LEFT_OUT]
    command = [str(python), "-m", "pytest", *words, *CHOSEN]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=400, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:]
    (passed,) = re.findall(r"(\d+) passed", ended.stdout)
    assert int(passed) > LEAST
    print(f"Python {version}: {ended.stdout.splitlines()[-1]}")
    project = tmp_path / "opt"
    (project / "plugins").mkdir(parents=True)
    for name in ("dags", "include"):
        shutil.copytree(PROJECT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    FreshNight(tmp_path, python, project, make_home({}, project=project)).load()
