"""A folder in which `jira-staging` is run against a simulated Jira, as a person or a scheduler runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulated_jira import SimulatedJira

PLUGINS = Path(__file__).parents[1] / "plugins"
LONGEST_RUN_SECONDS = 120
# The environment variable that the definition `demo` names.
VARIABLE = "DEMO_JIRA_TOKEN"


@dataclass(frozen=True)
class Shell:
    """A working directory with the secret definition `demo` in `defs`, whose token is in the environment."""

    folder: Path
    jira: SimulatedJira
    variables: Mapping[str, str] = field(default_factory=dict)

    def define(self, name: str, text: str) -> None:
        """Write a definition, or something that is none."""
        (self.folder / "defs").mkdir(exist_ok=True)
        (self.folder / "defs" / f"{name}.yaml").write_text(text)

    @property
    def signed_in(self) -> list[str]:
        """The arguments that say which Jira, and as whom."""
        return ["--site", self.jira.url, "--account", self.jira.email, "--definitions", "defs"]

    def sync(self, *words: str, api_token: str = "demo", destination: str = "duckdb:staging.duckdb") -> list[str]:
        """The words of a sync."""
        return ["sync", *self.signed_in, "--api-token", api_token, "--destination", destination, *words]

    def environment(self) -> dict[str, str]:
        """The variables of a process that runs in this folder."""
        ours = {VARIABLE: self.jira.token, "PYTHONPATH": str(PLUGINS), "NO_PROXY": "127.0.0.1,localhost"}
        return {**os.environ, **ours, **self.variables}

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in a process of its own, its output in pipes."""
        return self.run_python("-m", "jira_staging", *words)

    def run_python(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run Python in a process of its own."""
        return subprocess.run(
            [sys.executable, *words],
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=LONGEST_RUN_SECONDS,
            check=False,
        )


def demo_shell(folder: Path, jira: SimulatedJira, **variables: str) -> Shell:
    """A shell in this folder with the definition `demo`."""
    shell = Shell(folder, jira, variables)
    shell.define("demo", f"name: demo\nbackend: environment\nsecret_name: {VARIABLE}\n")
    return shell


def one_object(output: str) -> dict[str, Any]:
    """What a program reads from standard output under `--json`: one object on one line, and nothing else."""
    assert output.endswith("\n")
    assert output.count("\n") == 1
    told = json.loads(output)
    assert isinstance(told, dict)
    return told
