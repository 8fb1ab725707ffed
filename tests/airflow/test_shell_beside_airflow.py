"""`jira-staging … --store airflow`: definitions and tokens of an Airflow, from a shell beside it, in a migrated database."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from api_server import FERNET_KEY
from deployment import MakeHome

from demo.airflow_runs import AirflowHome
from shell_commands import PLUGINS
from simulated_jira import SimulatedJira

# Runs several commands in one process, since Airflow takes seconds to start: gives each one's exit code, object and log, and at
# last what Airflow keeps then.
COMMANDS = """
import contextlib, io, json, sys
from jira_staging.command_line import main
told = []
for words, given in json.load(sys.stdin):
    sys.stdin, out, log = io.StringIO(given), io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(log):
        code = main(["secret-definitions", *words.split(), "--json"])
    told.append([code, json.loads(out.getvalue()), log.getvalue()])

from airflow.models import Connection, Variable
from airflow.utils.session import create_session
from sqlalchemy import inspect, select
kept = {}
with create_session() as session:
    if inspect(session.get_bind()).has_table("connection"):
        connections = list(session.scalars(select(Connection)))
        kept = {
            "tokens": {one.conn_id: one.password for one in connections},
            "stored": [one._password for one in connections],
            "variables": sorted(session.scalars(select(Variable.key))),
        }
print(json.dumps([told, kept]))
"""
# One command's exit code, its object, its log.
Told = tuple[int, dict[str, Any], str]


@dataclass(frozen=True)
class Beside:
    """A shell of a deployment with an empty folder of files."""

    home: AirflowHome
    settings: Mapping[str, str]

    def acts(self, *commands: tuple[str, str]) -> tuple[list[Told], dict[str, Any]]:
        """What these commands told (each is words and its standard input), and what Airflow keeps after them."""
        given = json.dumps([(f"{words} --store airflow", text) for words, text in commands])
        told, kept = json.loads(self._python(given).splitlines()[-1])
        return [(code, answer, log) for code, answer, log in told], kept

    def _python(self, given: str) -> str:
        ended = subprocess.run(
            [sys.executable, "-c", COMMANDS],
            input=given,
            env={**self.home.environment(), "PYTHONPATH": str(PLUGINS), "NO_PROXY": "127.0.0.1", **self.settings},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


@pytest.fixture
def beside(make_home: MakeHome, tmp_path: Path) -> Beside:
    (tmp_path / "files").mkdir()
    folder = {"AIRFLOW__JIRA_STAGING__DEFINITIONS_FOLDER": str(tmp_path / "files")}
    return Beside(make_home({}), {"AIRFLOW__CORE__FERNET_KEY": FERNET_KEY, **folder})


def test_a_token_is_kept_tested_rotated_and_deleted_from_a_shell(beside: Beside, jira: SimulatedJira, tmp_path: Path) -> None:
    old = jira.token
    signing_in = f"--site {jira.url} --account {jira.email}"
    told, kept = beside.acts(
        ("create jira --backend airflow --secret-stdin --expires-on 2031-01-31", f"{old}\n"),
        ("create jira --backend airflow --secret-stdin", old),
        (f"test jira {signing_in}", ""),
        ("copy jira finance/jira", ""),
        ("list", ""),
    )
    codes = [code for code, _, _ in told]
    definition = {
        "name": "jira",
        "project": "default",
        "backend": "airflow",
        "secret_name": "jira_staging.default.jira",
        "expires_on": "2031-01-31",
        "kept_in": "Airflow's Variable `jira_staging.definition.default.jira`",
    }
    elsewhere = {**definition, "project": "finance", "kept_in": "Airflow's Variable `jira_staging.definition.finance.jira`"}
    assert codes == [0, 2, 0, 0, 0], told
    assert told[0][1] == definition
    assert told[1][1]["error"] == "SecretDefinitionExists"
    signed = told[2][1]
    assert (signed["account"], signed["door"], signed["length"]) == (jira.email, jira.url, len(old))
    assert told[3][1] == elsewhere
    assert told[4][1] == {"definitions": [definition, elsewhere], "problems": []}

    assert kept["tokens"] == {"jira_staging.default.jira": old}
    assert old not in kept["stored"][0]
    assert kept["variables"] == [
        "jira_staging.definition.default.jira",
        "jira_staging.definition.finance.jira",
        "jira_staging.definitions",
    ]

    new = jira.rotate_token()
    (tmp_path / "files" / "third.yaml").write_text("name: third\nbackend: airflow\nsecret_name: jira_staging.default.jira\n")
    after, kept = beside.acts(
        (f"test jira {signing_in}", ""),
        ("rotate jira --secret-stdin --expires-on 2032-02-29", new),
        ("rotate third --secret-stdin", new),
        (f"test finance/jira {signing_in}", ""),
        ("delete jira", ""),
        ("delete finance/jira", ""),
    )
    assert [code for code, _, _ in after] == [3, 0, 2, 0, 0, 0], after
    assert after[1][1]["expires_on"] == "2032-02-29"
    assert after[3][1]["fingerprint"] != signed["fingerprint"]
    # A file still points to the token.
    assert kept["tokens"] == {"jira_staging.default.jira": new}
    (tmp_path / "files" / "third.yaml").unlink()
    end, kept = beside.acts(("create jira --backend airflow --secret-name jira_staging.default.jira", ""), ("delete jira", ""))
    assert kept["tokens"] == {}
    everything = json.dumps([told, after, end])
    assert old not in everything
    assert new not in everything


def test_a_shell_of_no_deployment_is_told_what_is_missing(tmp_path: Path, beside: Beside) -> None:
    empty = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/empty.db"}
    ((code, told, _),), _ = Beside(beside.home, {**beside.settings, **empty}).acts(("list", ""))
    assert (code, told["message"]) == (
        4,
        (
            "Airflow's database could not be read (OperationalError). Run this with the settings of the deployment "
            "(AIRFLOW_HOME, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN), after `airflow db migrate`."
        ),
    )


def test_another_fernet_key_is_told_as_what_it_is(beside: Beside) -> None:
    ((code, _, _),), _ = beside.acts(("create jira --backend environment --secret-name X", ""))
    assert code == 0
    other = Beside(beside.home, {**beside.settings, "AIRFLOW__CORE__FERNET_KEY": FERNET_KEY.replace("aW", "bW")})
    ((code, told, _),), _ = other.acts(("list", ""))
    assert (code, told["message"]) == (
        2,
        (
            "Airflow's Variable `jira_staging.definitions` cannot be decrypted here: another `[core] fernet_key` wrote "
            "it. Run this with the deployment's own."
        ),
    )


def test_a_token_goes_to_standard_input_only_where_airflow_keeps_it(beside: Beside) -> None:
    told, kept = beside.acts(
        ("create jira --backend aws_secrets_manager --secret-stdin", "x"),
        ("create jira --backend airflow --secret-stdin", "two words"),
        ("create jira --backend airflow", ""),
    )
    assert [(code, answer["message"][:44]) for code, answer, _ in told] == [
        (2, "`--secret-stdin` is for a token that Airflow"),
        (3, "The token of secret definition `jira` has wh"),
        (2, "One of the arguments --secret-name --secret-"),
    ]
    assert kept == {"tokens": {}, "stored": [], "variables": []}
