"""The versions of Python that we promise, where this machine has them, and environments of them."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from demo.airflow_runs import PROJECT

UV = [sys.executable, "-m", "uv"]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PROMISED = ("3.11", "3.12", "3.13")
# pyenv's own commands answer for the chosen version alone, so its folders are looked into.
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"


def interpreter(version: str) -> str:
    """Where this Python is. Skips the test, and says so, on a machine that does not have it: none is fetched."""
    if version == HERE:
        return sys.executable
    folders = [str(folder) for folder in sorted(PYENV.glob(f"{version}.*/bin"))]
    command = [*UV, "python", "find", "--system", "--no-python-downloads", version]
    path = os.pathsep.join([*folders, os.environ["PATH"]])
    found = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.skip(f"This machine has no Python {version} (looked on PATH and in {PYENV}).")
    return found.stdout.strip()


def environment(version: str, folder: Path, command: str, *wanted: str) -> Path:
    """Make an environment of this Python with what is wanted, by uv's `sync` or `install`. Gives its interpreter."""
    make = [*UV, "venv", "--quiet", "--python", interpreter(version), str(folder)]
    subprocess.run(make, check=True, timeout=60)
    python = folder / "bin" / "python"
    install(python, command, *wanted)
    return python


def install(python: Path, command: str, *wanted: str) -> None:
    """By uv's `sync` or `install`, into an environment that is there. Fails with uv's words."""
    words = [*UV, "pip", command, "--quiet", "--python", str(python), *wanted]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stderr


def classifiers() -> Sequence[str]:
    """The versions that pyproject.toml names."""
    lines = (PROJECT / "pyproject.toml").read_text().splitlines()
    return [line.split(" :: ")[-1].strip('", ') for line in lines if "Programming Language :: Python :: 3." in line]
