"""The page "Jira staging" as the API server serves it: its files and headers, and what its tabs are told."""

import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from api_server import ApiServer
from deployment import SMALL

from demo.airflow_runs import PROJECT, AirflowHome
from jira_staging.charts import CHARTS, PAGE_PARTS, Selection, as_of, figures
from jira_staging.jira_api.client import JiraClient
from jira_staging.records import Batch, RejectedRow, Report, Run, SyncRequest
from jira_staging.staging.duckdb_staging import DuckDBStaging
from jira_staging.syncing import sync
from jira_staging.tables import TABLES
from jira_staging.tokens import ConnectionPassword
from jira_staging.web.shell import FILES, LIBRARY, NAMES
from simulated_jira import SimulatedJira

TOKEN = "ATATT3xFfGF0invented-token-of-the-page-0123456789=AB12CD34"
SECRET_PAYLOAD = "what somebody wrote in confidence"
PLACE = {"connectionId": "jira_staging", "schema": "jira"}


class Site:
    """One API server, the simulated site that its connection leads to, and tables of that site."""

    def __init__(self, server: ApiServer, jira: SimulatedJira, database: Path) -> None:
        self.server = server
        self.jira = jira
        self.database = database

    def told(self, path: str, **query: str) -> Any:
        """What the page is told, as JSON."""
        answer = self.server.ask("GET", f"/jira-staging/v1/page/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def definition(self, name: str) -> dict[str, Any]:
        """One definition as the page lists it."""
        return next(each for each in self.told("definitions")["definitions"] if each["name"] == name)


@pytest.fixture(scope="module")
def site(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A loaded file, parsed DAGs, and one definition that is a file."""
    folder, database = tmp_path_factory.mktemp("page"), tmp_path_factory.mktemp("staging") / "loaded.duckdb"
    (folder / "airflow.db").write_bytes((migrated / "airflow.db").read_bytes())
    (folder / "definitions").mkdir()
    soon = datetime.now(UTC).date() + timedelta(days=10)
    (folder / "definitions" / "jira.yaml").write_text(
        f"name: jira\nbackend: environment\nsecret_name: PAGE_JIRA_TOKEN\nexpires_on: {soon}\n"
    )
    with SimulatedJira(40, projects=2, seed=3, settings=SMALL) as jira:
        _load(jira, database)
        connections = {
            "jira_default": {"conn_type": "jira_staging", "host": jira.url, "login": jira.email},
            "jira_staging": {"conn_type": "duckdb", "host": str(database)},
        }
        settings = {"AIRFLOW__JIRA_STAGING__DEFINITIONS_FOLDER": str(folder / "definitions"), "PAGE_JIRA_TOKEN": jira.token}
        with ApiServer(AirflowHome(folder, connections), settings) as server:
            parse = [server.home.python, "-m", "airflow", "dag-processor", "--num-runs", "1"]
            subprocess.run(parse, env=server.environment(), cwd=folder, capture_output=True, timeout=200, check=True)
            yield Site(server, jira, database)


def _load(jira: SimulatedJira, database: Path) -> None:
    """A run of a task's, and one row of it that was rejected."""
    staging = DuckDBStaging(database)
    run = Run("a-run", jira.url, datetime.now(UTC), "jira_nightly_sync", "scheduled__1", -1, 1)
    report = Report(run)
    with JiraClient(jira.url, ConnectionPassword(jira.email, jira.token, connection="jira_default")) as opened:
        sync(opened, staging, SyncRequest(), report)
    rejected = RejectedRow("issue", "10001:customfield_10001", "It is no number.", f'"{SECRET_PAYLOAD}"')
    staging.publish(Batch("site", (), rejected=(rejected,)), report)
    staging.finish(report)


# The files -------------------------------------------------------------------------------------------------------------------


def test_the_page_takes_nothing_from_elsewhere_and_lets_nobody_else_frame_it(site: Site) -> None:
    for path in ("", *(f"page/{name}" for name in NAMES)):
        answer = site.server.ask("GET", f"/jira-staging/{path}")
        assert answer.status_code == 200, path
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
        assert "frame-ancestors 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
    files = [*FILES.iterdir(), *PAGE_PARTS.iterdir()]
    others = ["index.html", "static_report.js", "chart-LICENSE.md"]
    assert sorted(file.name for file in files) == sorted([*NAMES, *others])
    # The library's name changes with its version, so that a browser may keep it.
    assert site.server.ask("GET", f"/jira-staging/page/{LIBRARY}").headers["cache-control"] == "private, max-age=604800"
    written = "".join(file.read_text() for file in files if not file.name.startswith("chart-"))
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", written) == []
    assert "innerHTML" not in written
    assert re.findall(r"\son\w+=|\sstyle=", (FILES / "index.html").read_text()) == []


def test_no_other_file_is_served(site: Site) -> None:
    for name in ("index.html", "..%2Fshell.py", "%2e%2e/shell.py", "shell.py"):
        assert site.server.ask("GET", f"/jira-staging/page/{name}").status_code == 404


def test_a_browser_without_the_right_is_told_so_in_words(site: Site) -> None:
    for user, status, words in ((None, 401, "Sign in to Airflow"), ("viewer", 403, "the right to create, edit and delete")):
        answer = site.server.ask("GET", "/jira-staging/", user, headers={"Accept": "text/html,*/*"})
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")
        assert words in answer.text


def test_airflow_shows_the_page_in_its_navigation(site: Site) -> None:
    plugins = site.server.ask("GET", "/api/v2/plugins").json()["plugins"]
    (view,) = [view for plugin in plugins if plugin["name"] == "jira_staging" for view in plugin["external_views"]]
    assert (view["name"], view["href"], view["url_route"]) == ("Jira staging", "jira-staging/", "jira-staging")


# Secret definitions ----------------------------------------------------------------------------------------------------------


def test_a_definition_is_listed_with_where_it_is_used_and_how_long_its_token_lasts(site: Site) -> None:
    jira = site.definition("jira")
    assert jira["usedBy"] == ["DAG jira_backfill_by_project", "DAG jira_nightly_sync", "DAG jira_weekly_census"]
    assert (jira["readOnly"], jira["managed"], jira["daysLeft"], jira["expiry"]) == (True, False, 10, "hurry")
    assert jira["keptIn"].endswith("jira.yaml")


def test_a_test_signs_in_and_says_as_whom_or_why_not(site: Site) -> None:
    path = "/jira-staging/v1/projects/default/secret-references"
    tested = site.server.ask("POST", f"{path}/jira/test", json={}).json()
    assert tested["signedIn"] is True
    assert tested["message"].startswith(f"Signed in to {site.jira.url} as ")
    site.server.ask("POST", f"{path}/refused", json={"agentType": "Airflow", "secretValue": TOKEN}).raise_for_status()
    refused = site.server.ask("POST", f"{path}/refused/test", json={}).json()
    assert refused["signedIn"] is False
    assert "`refused`" in refused["message"]
    nowhere = site.server.ask("POST", f"{path}/jira/test", json={"connectionId": "no_such_connection"}).json()
    assert nowhere["signedIn"] is False
    assert "no_such_connection" in nowhere["message"]
    assert TOKEN not in f"{refused}{site.server.log.read_text()}"


def test_the_last_test_is_remembered_until_the_definition_changes(site: Site) -> None:
    path = "/jira-staging/v1/projects/default/secret-references/remembered"
    site.server.ask("POST", path, json={"agentType": "Airflow", "secretValue": TOKEN}).raise_for_status()
    assert site.definition("remembered")["lastTest"] is None
    begun = datetime.now(UTC)
    told = site.server.ask("POST", f"{path}/test", json={}).json()
    last = site.definition("remembered")["lastTest"]
    assert (last["signedIn"], last["message"]) == (told["signedIn"], told["message"][:500])
    assert last["signedIn"] is False
    assert abs(datetime.fromisoformat(last["at"]) - begun) < timedelta(minutes=2)
    body = {"agentType": "Airflow", "secretName": "jira_staging.default.remembered", "description": "changed"}
    site.server.ask("PUT", path, json=body).raise_for_status()
    assert site.definition("remembered")["lastTest"] is None
    assert site.server.ask("POST", "/jira-staging/v1/projects/default/secret-references/jira/test", json={}).ok
    assert site.definition("jira")["lastTest"]["signedIn"] is True


def test_a_definition_is_changed_under_its_name_and_keeps_its_token(site: Site) -> None:
    path = "/jira-staging/v1/projects/changed/secret-references/jira"
    site.server.ask("POST", path, json={"agentType": "Airflow", "secretValue": site.jira.token}).raise_for_status()
    body = {
        "agentType": "Airflow",
        "secretName": "jira_staging.changed.jira",
        "description": "changed",
        "expiresOn": "2030-01-31",
    }
    changed = site.server.ask("PUT", path, json=body)
    assert changed.status_code == 200, changed.text
    assert site.server.ask("GET", path).json() == changed.json()
    assert (changed.json()["description"], changed.json()["expiresOn"]) == ("changed", "2030-01-31")
    assert site.server.ask("POST", f"{path}/test", json={}).json()["signedIn"] is True
    assert site.server.ask("PUT", path, json={"agentType": "Airflow", "secretValue": TOKEN}).status_code == 400
    moved = site.server.ask("PUT", path, json={"agentType": "AWS", "secretName": "prod/jira"})
    assert moved.json()["vaultType"] == "AWS"
    assert site.server.ask("GET", "/api/v2/connections/jira_staging.changed.jira").status_code == 404


def test_a_file_and_what_is_not_there_are_not_changed(site: Site) -> None:
    path, body = "/jira-staging/v1/projects/default/secret-references", {"agentType": "AWS", "secretName": "x"}
    assert site.server.ask("PUT", f"{path}/jira", json=body).status_code == 409
    assert site.server.ask("PUT", f"{path}/nothing", json=body).status_code == 404


# Syncs and tables ------------------------------------------------------------------------------------------------------------


def test_the_runs_are_those_of_the_destinations_that_dags_load_into(site: Site) -> None:
    dags = ["jira_backfill_by_project", "jira_nightly_sync", "jira_weekly_census"]
    assert site.told("destinations") == [PLACE | {"dags": dags}]
    told = site.told("runs", **PLACE)
    (run,) = told["runs"]
    assert run["run_id"] == "a-run"
    with duckdb.connect(str(site.database), read_only=True) as connection:
        rows = connection.execute("SELECT entity, scope, rows_inserted, status FROM jira._sync_run").fetchall()
        keys = dict(connection.execute("SELECT 'project:' || id, key FROM jira.project").fetchall())
    assert sorted((row["entity"], row["scope"], row["rows_inserted"], row["status"]) for row in run["rows"]) == sorted(rows)
    assert sum(row["rows_inserted"] for row in run["rows"] if row["entity"] == "issue") == 40
    labels = {scope["scope"]: scope["label"] for scope in told["scopes"]}
    assert labels == {scope: keys[scope] for scope in labels}
    assert len(labels) == 2


def test_a_rejected_row_is_told_with_its_reason_and_without_what_jira_sent(site: Site) -> None:
    answer = site.server.ask("GET", "/jira-staging/v1/page/rejected", params=PLACE | {"runId": "a-run"})
    (row,) = answer.json()
    assert (row["entity"], row["source_id"], row["reason"]) == ("issue", "10001:customfield_10001", "It is no number.")
    assert SECRET_PAYLOAD not in answer.text


def test_only_what_a_dag_loads_into_is_opened(site: Site) -> None:
    for place in ({"connectionId": "jira_default", "schema": "jira"}, {"connectionId": "jira_staging", "schema": "main"}):
        answer = site.server.ask("GET", "/jira-staging/v1/page/runs", params=place)
        assert answer.status_code == 400
        assert "No DAG that you may see loads Jira into" in answer.json()["detail"]


def test_a_file_that_is_being_written_is_said_to_be(site: Site) -> None:
    with duckdb.connect(str(site.database)):
        answer = site.server.ask("GET", "/jira-staging/v1/page/runs", params=PLACE)
    assert answer.status_code == 503
    assert "is held by" in answer.json()["detail"]


# Reports ---------------------------------------------------------------------------------------------------------------------


def chart(site: Site, name: str, **more: str) -> dict[str, Any]:
    told: dict[str, Any] = site.told("chart", name=name, **PLACE, **more)
    return told


def test_the_charts_are_the_figures_of_the_reporting_views(site: Site) -> None:
    assert [each["name"] for each in site.told("charts")] == list(CHARTS)
    keys = [project["key"] for project in site.told("projects", **PLACE)]
    assert len(keys) == 2
    staging = DuckDBStaging(site.database)
    for name, asked in CHARTS.items():
        expected = figures(staging, asked, Selection((keys[0],), days=3650), as_of(staging)).told()
        told = chart(site, name, projects=keys[0], days="3650")
        assert told["problem"] is None
        assert told["figures"] == {**expected, "columns": list(expected["columns"])}
    wrong = site.server.ask("GET", "/jira-staging/v1/page/chart", params=PLACE | {"name": "people", "projects": "A B"})
    assert (wrong.status_code, wrong.json()["detail"][:15]) == (400, "A project's key")


def test_while_a_run_writes_the_last_figures_are_shown_and_the_run_is_named(site: Site) -> None:
    before = chart(site, "people")
    assert before["figures"]["rows"] != []
    run = site.server.ask("POST", "/api/v2/dags/jira_nightly_sync/dagRuns", json={"logical_date": None}).json()["dag_run_id"]
    with closing(sqlite3.connect(site.server.home.folder / "airflow.db")) as connection, connection:
        connection.execute("UPDATE task_instance SET state = 'running' WHERE run_id = ?", (run,))
    try:
        with duckdb.connect(str(site.database)):
            told, never = chart(site, "people"), chart(site, "people", days="17")
        (running,) = site.told("running")
    finally:
        site.server.ask("DELETE", f"/api/v2/dags/jira_nightly_sync/dagRuns/{run}").raise_for_status()
    assert told["figures"] == before["figures"]
    assert never["figures"] is None
    assert "is held by" in told["problem"]
    assert told["writing"] == never["writing"] == {"dagId": "jira_nightly_sync", "runId": run}
    assert (running["dagId"], running["taskId"], running["runId"]) == ("jira_nightly_sync", "copy_jira", run)
    assert {key: running[key] for key in PLACE} == PLACE
    assert site.told("running") == []


def test_what_a_running_runs_sweep_has_left_is_told(site: Site) -> None:
    assert site.told("runs", **PLACE)["left"] == {}
    with duckdb.connect(str(site.database)) as connection:
        connection.execute("UPDATE jira._sync_run SET status = 'running'")
        connection.execute(
            "INSERT INTO jira._sync_sweep (scope, position, issue_id, sweep_started) VALUES ('x', 0, 1, 1), ('x', 1, 2, 1)"
        )
    try:
        assert site.told("runs", **PLACE)["left"] == {"x": 2}
    finally:
        with duckdb.connect(str(site.database)) as connection:
            connection.execute("UPDATE jira._sync_run SET status = 'success'")
            connection.execute("DELETE FROM jira._sync_sweep")


def test_the_dictionary_is_the_tables(site: Site) -> None:
    told = {table["name"]: [column["name"] for column in table["columns"]] for table in site.told("tables")}
    assert told == {name: [column.name for column in table.all_columns] for name, table in TABLES.items()}


def test_no_sample_has_a_personal_column_or_a_custom_field(site: Site) -> None:
    for name, table in TABLES.items():
        sample = site.told("sample", table=name, **PLACE)
        assert sample["hidden"] == [column.name for column in table.all_columns if column.personal]
        assert set(sample["columns"]) == {column.name for column in table.all_columns if not column.personal}, name
    issues = site.told("sample", table="issue", **PLACE)
    assert len(issues["rows"]) == 5
    assert {len(row) for row in issues["rows"]} == {len(issues["columns"])}


def test_the_dags_folder_is_the_projects(site: Site) -> None:
    """What the tests above call the DAGs that use a definition are those that are shipped."""
    shipped = sorted(file.stem for file in (PROJECT / "dags").glob("*.py"))
    assert set(site.definition("jira")["usedBy"]) <= {f"DAG {name}" for name in shipped}
