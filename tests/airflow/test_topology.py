"""docker-compose.yaml without Docker: its services as processes, a backfill over two workers, one of which dies."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from moto.server import ThreadedMotoServer
from topology import Topology

from compose_file import PROJECT, ComposeFile, variables_of
from demo.filling_the_vault import fill
from documents import blocks
from jira_staging.jira_api.client import JiraClient
from jira_staging.records import Report, Run, SyncRequest
from jira_staging.staging.postgres_staging import PostgresStaging
from jira_staging.syncing import sync
from jira_staging.tokens import ConnectionPassword
from ports import free_port
from simulated_jira import Settings, SimulatedJira

pytestmark = [pytest.mark.slow, pytest.mark.system, pytest.mark.timeout(600)]
BACKFILL = "/api/v2/dags/jira_backfill_by_project"
VARIABLES = variables_of(PROJECT / "demo.env") | {"WORKER_CONCURRENCY": "2"}
RUN_SECONDS = 240
PROJECTS = 4
# How long every project's changes take to come: longer than its task may start after the first one.
IN_THE_MIDDLE_SECONDS = 20


@pytest.fixture
def jira() -> Iterator[SimulatedJira]:
    """The demo's site, smaller."""
    settings = Settings(custom_fields=20, issue_bytes=3_000)
    with SimulatedJira(400, projects=PROJECTS, seed=11, settings=settings, address=("127.0.0.1", free_port())) as site:
        site.use_token(VARIABLES["DEMO_JIRA_TOKEN"])
        yield site


@pytest.fixture
def vault() -> Iterator[str]:
    """The demo's vault, filled as the demo fills it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    address = f"127.0.0.1:{server.get_host_and_port()[1]}"
    fill(f"http://{address}", VARIABLES["DEMO_JIRA_TOKEN"])
    yield address
    server.stop()


def test_a_backfill_spreads_over_both_workers_and_outlives_one(jira: SimulatedJira, vault: str, tmp_path: Path) -> None:
    addresses = {"demo-jira": urlsplit(jira.url).netloc, "demo-vault": vault}
    with Topology(ComposeFile.read(VARIABLES), tmp_path, addresses) as topology:
        workers = {name: topology.worker(name) for name in ("worker-1", "worker-2")}
        slow = jira.faults.add("slow", "changelog/bulkfetch", seconds=IN_THE_MIDDLE_SECONDS)
        run = begin(topology)
        topology.wait_for(
            lambda: jira.requests.count("issue/bulkfetch", 200) >= PROJECTS, "every project's issues", RUN_SECONDS
        )
        topology.kill(workers["worker-2"])
        jira.faults.remove(slow)
        lost = tasks(topology, run, state="running", hostname="worker-2")
        keys = sorted(str(task["rendered_map_index"]) for task in lost)
        # In the middle: its issues were swept and fetched, and none of them is published.
        assert 0 < len(keys) < PROJECTS
        assert [found for found in swept_and_published(topology) if found[0] in keys] == [(key, 100, 0) for key in keys]
        topology.wait_for(lambda: state_of(topology, run) not in ("queued", "running"), "the run's end", RUN_SECONDS)
        assert state_of(topology, run) == "success"
        again = [task for task in tasks(topology, run) if task["map_index"] in {task["map_index"] for task in lost}]
        assert {(task["try_number"], task["hostname"]) for task in again} == {(2, "worker-1")}
        assert len(tasks(topology, run, task_id="copy_project")) == PROJECTS
        assert [(swept, published) for _key, swept, published in swept_and_published(topology)] == [(0, 100)] * PROJECTS
        compare_with_one_sync(topology, jira)
        # What docs/operations.md asks, Postgres answers, too.
        assert all(topology.staged(question) for question in blocks("sql", "docs/operations.md"))
        assert topology.ask("GET", "/jira-staging/").status_code == 200
        check_health(topology)


def begin(topology: Topology) -> str:
    """Trigger the backfill, and give the run's address."""
    topology.wait_for(lambda: topology.ask("GET", BACKFILL).ok, "the parsed DAG")
    topology.ask("PATCH", BACKFILL, json={"is_paused": False}).raise_for_status()
    triggered = topology.ask("POST", f"{BACKFILL}/dagRuns", json={"logical_date": None, "conf": {"api_token": "demo"}})
    triggered.raise_for_status()
    return f"{BACKFILL}/dagRuns/{triggered.json()['dag_run_id']}"


def state_of(topology: Topology, run: str) -> str:
    return str(topology.ask("GET", run).json()["state"])


def tasks(topology: Topology, run: str, **wanted: str) -> list[dict[str, object]]:
    """The run's tasks, a mapped one each by itself, that are as wanted."""
    found = topology.ask("GET", f"{run}/taskInstances").json()["task_instances"]
    return [task for task in found if all(task[name] == value for name, value in wanted.items())]


def swept_and_published(topology: Topology) -> list[tuple[str, int, int]]:
    """Of each project its key, how many of its issues a run has found and not published, and how many readers see."""
    return topology.staged(
        "SELECT key, (SELECT count(*) FROM jira._sync_sweep WHERE scope = 'project:' || p.id), "
        "(SELECT count(*) FROM jira.issue WHERE project_id = p.id) FROM jira.project AS p ORDER BY key"
    )


def compare_with_one_sync(topology: Topology, jira: SimulatedJira) -> None:
    """Every table, row by row, is what one undisturbed process loads into another schema."""
    address = topology.environment("airflow-worker")["AIRFLOW_CONN_JIRA_STAGING"]
    staging = PostgresStaging(lambda: psycopg.connect(address), "compared", place="the staging database")
    report = Report(Run("compared", jira.url, datetime.now(UTC), "none", "none", -1, 1))
    with JiraClient(jira.url, ConnectionPassword(jira.email, jira.token, connection="none")) as client:
        sync(client, staging, SyncRequest(), report)
    columns = topology.staged(
        "SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) "
        "FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) "
        "WHERE table_schema = 'compared' AND table_type = 'BASE TABLE' AND table_name NOT LIKE '\\_%' "
        "AND column_name NOT IN ('_synced_at', '_run_id') GROUP BY table_name"
    )
    assert len(columns) > 40
    for table, names in columns:
        rows = [f'SELECT {names} FROM {schema}."{table}"' for schema in ("jira", "compared")]
        for here, there in (rows, rows[::-1]):
            assert topology.staged(f"{here} EXCEPT ALL {there}") == [], table
    assert topology.staged("SELECT count(*) FROM jira.issue") == [(len(jira.site.issues),)]


def check_health(topology: Topology) -> None:
    """The compose file's own health checks, of what runs on a port or a queue of its own."""
    for service, name in (("airflow-worker", "worker-1"), ("airflow-dag-processor", ""), ("airflow-triggerer", "")):
        command = topology.compose.healthcheck(service)
        ended = subprocess.run(command, env=topology.environment(service, name), capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"{service}: {ended.stdout}{ended.stderr}"
