"""The DAGs and blocks of code that people copy, run by `dag.test()`: many sites out of a file, and TaskFlow with the hook."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from airflow.sdk.exceptions import AirflowFailException
from deployment import Connect, MakeHome

from demo.airflow_runs import PROJECT, AirflowHome, failure
from documents import blocks
from jira_staging.errors import JiraRefusedToken, JiraUnavailable
from jira_staging.hooks import JiraStagingHook
from jira_staging.lasting_errors import failing_for_good
from simulated_jira import SimulatedJira

# The address is nowhere: whoever connects while a DAG is parsed fails.
NO_NETWORK = """
import socket, sys, time
def refuse(*_): raise AssertionError("a DAG's file connects to something")
socket.socket.connect = refuse
from airflow.dag_processing.dagbag import DagBag
DagBag(sys.argv[1])
for file in sys.argv[2:]:
    before = time.process_time()
    bag = DagBag(file)
    assert not bag.import_errors, bag.import_errors
    print(time.process_time() - before, sorted(bag.dags), file)
"""
PLAIN = """
import pendulum
from airflow.sdk import DAG, Param, dag, task
with DAG("plain", start_date=pendulum.datetime(2026, 1, 1)):
    pass
"""


@pytest.fixture
def copied(tmp_path: Path, nightly: str, definitions: Path) -> Path:
    """dags/, plugins/ and include/ in another folder, with two sites and their definition."""
    project = tmp_path / "company"
    for name in ("dags", "plugins", "include"):
        shutil.copytree(PROJECT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(definitions / "nightly.yaml", project / "include" / "secret_definitions")
    sites = yaml.safe_load((PROJECT / "include" / "example-sites.yaml").read_text())
    for site in sites:
        site |= {"api_token": nightly, "staging_schema": f"of_{site['site']}"}
    sites[1]["arguments"] = {"projects": ["PAY"], "exclude_fields": ["Story Points"]}
    (project / "include" / "sites.yaml").write_text(yaml.safe_dump(sites))
    return project


def home_of(make_home: MakeHome, project: Path, jira: SimulatedJira) -> AirflowHome:
    site = {"conn_type": "jira_staging", "host": jira.url, "login": jira.email}
    staging = {"conn_type": "duckdb", "host": str(project / "staging.duckdb")}
    connections = {"jira_default": site, "jira_acme": site, "jira_umbrella": site, "jira_staging": staging}
    return make_home(connections, project=project)


def test_each_dag_is_parsed_within_a_second_and_asks_nobody(copied: Path, tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text(PLAIN)
    files = sorted(str(path) for path in (copied / "dags").glob("*.py"))
    command = [sys.executable, "-c", NO_NETWORK, str(tmp_path / "plain.py"), *files]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    told = [line.split(" ", 1) for line in ended.stdout.splitlines() if line.endswith(".py")]
    assert len(told) == len(files)
    assert [line for line in told if float(line[0]) >= 1.0] == []
    assert "['jira_nightly_sync_acme', 'jira_nightly_sync_umbrella']" in ended.stdout


def test_the_readmes_dag_copies_jira_by_the_readmes_definition(
    copied: Path, make_home: MakeHome, jira: SimulatedJira, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (dag,) = blocks("python", "README.md")
    (definition,) = (block for block in blocks("yaml", "README.md") if "backend: environment" in block)
    (copied / "dags" / "from_the_readme.py").write_text(dag.replace('"OPS"', '"AND"'))
    definition = definition.replace("reporting-bot@acme.example", jira.email)
    (copied / "include" / "secret_definitions" / "jira.yaml").write_text(definition)
    monkeypatch.setenv("JIRA_API_TOKEN", jira.token)
    home, log = home_of(make_home, copied, jira), tmp_path / "readme.log"
    assert home.run_dag("jira", {}, log), failure(log)
    with duckdb.connect(str(copied / "staging.duckdb"), read_only=True) as connection:
        loaded = connection.execute("SELECT key FROM jira.issue").fetchall()
    chosen = sorted((issue.key,) for issue in jira.site.issues.values() if issue.key.startswith(("PAY-", "AND-")))
    assert chosen
    assert sorted(loaded) == chosen


def test_a_file_of_sites_is_a_dag_a_site(copied: Path, make_home: MakeHome, jira: SimulatedJira, tmp_path: Path) -> None:
    home, log = home_of(make_home, copied, jira), tmp_path / "sites.log"
    assert home.run_dag("jira_nightly_sync_umbrella", {}, log), failure(log)
    with duckdb.connect(str(copied / "staging.duckdb"), read_only=True) as connection:
        loaded = connection.execute("SELECT key FROM of_umbrella.issue ORDER BY id").fetchall()
    assert loaded == sorted(
        ((issue.key,) for issue in jira.site.issues.values() if issue.key.startswith("PAY-")),
        key=lambda row: int(row[0].rpartition("-")[2]),
    )


def test_a_taskflow_task_hands_on_counts_alone(copied: Path, make_home: MakeHome, jira: SimulatedJira, tmp_path: Path) -> None:
    home, log = home_of(make_home, copied, jira), tmp_path / "overdue.log"
    assert home.run_dag("jira_overdue_issues", {"api_token": "nightly"}, log), failure(log)
    with closing(sqlite3.connect(home.folder / "airflow.db")) as connection:
        told = connection.execute("SELECT value FROM xcom WHERE task_id = 'count_by_assignee'").fetchall()
    ((text,),) = told
    counts = json.loads(text)
    assert sum(counts.values()) > 0
    assert all(f"{who}: {count} overdue" in log.read_text() for who, count in counts.items())


def test_what_another_try_would_find_again_fails_a_taskflow_task_at_once(
    copied: Path, make_home: MakeHome, jira: SimulatedJira, tmp_path: Path
) -> None:
    """The DAG has two retries; what would be more JQL is refused before anything is asked."""
    home, log = home_of(make_home, copied, jira), tmp_path / "overdue.log"
    assert not home.run_dag("jira_overdue_issues", {"api_token": "nightly", "projects": "PAY) OR (project = AND"}, log)
    assert "is not a project's key" in log.read_text()
    with closing(sqlite3.connect(home.folder / "airflow.db")) as connection:
        told = connection.execute("SELECT state, try_number FROM task_instance WHERE task_id = 'count_by_assignee'").fetchall()
    assert told == [("failed", 1)]
    assert jira.requests.count("search") == 0


def test_errors_that_may_pass_and_those_of_others_stay_what_they_are() -> None:
    @failing_for_good()
    def task(error: Exception) -> None:
        raise error

    for error in (JiraUnavailable("Later."), ValueError("Whose?")):
        with pytest.raises(type(error)):
            task(error)
    with pytest.raises(AirflowFailException, match="Renew it"):
        task(JiraRefusedToken("Renew it."))


def test_the_documents_task_flow_block_works(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    connect("jira_default", conn_type="jira_staging", host=jira.url, login=jira.email)
    (block,) = blocks("python", "docs/migrating.md")
    names: dict[str, Any] = {}
    exec(block.replace('api_token="jira"', f'api_token="{nightly}"'), names)
    expected = len(JiraStagingHook(api_token=nightly).get_df("project = PAY AND type = Bug"))
    assert names["open_bugs"].function() == expected > 0
