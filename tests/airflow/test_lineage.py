"""What a DAG's run tells an OpenLineage backend, by the provider's own file transport."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from deployment import Connect, MakeHome

from demo.airflow_runs import AirflowHome, failure
from jira_staging.airflow_lineage import lineage_of
from jira_staging.records import Changes, Report, Run
from simulated_jira import SimulatedJira
from staging.invented_rows import NOON
from staging.postgres_server import PostgresServer


@dataclass(frozen=True)
class Listened:
    """Airflow homes whose OpenLineage provider writes events into a file."""

    home: AirflowHome
    events: Path

    def run(self, dag_id: str, params: dict[str, object]) -> list[dict[str, Any]]:
        """Run a DAG; gives the events of the end of its tasks, whether they succeeded or failed."""
        transport = {"type": "file", "log_file_path": str(self.events), "append": True}
        log = self.home.folder / "run.log"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OPENLINEAGE__TRANSPORT", json.dumps(transport))
            self.home.run_dag(dag_id, params, log)
        assert "non-valid metadata" not in log.read_text(), failure(log)
        events = [json.loads(line) for line in self.events.read_text().splitlines()]
        return [event for event in events if event["eventType"] in ("COMPLETE", "FAIL") and "." in event["job"]["name"]]


def test_a_run_names_the_site_the_tables_their_columns_and_rows(
    jira: SimulatedJira, nightly: str, make_home: MakeHome, tmp_path: Path, definitions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "staging.duckdb"
    home = make_home(
        {
            "jira_default": {"conn_type": "jira_staging", "host": jira.url, "login": jira.email, "password": jira.token},
            "jira_staging": {"conn_type": "duckdb", "host": str(database)},
        }
    )
    folder = tmp_path / "dags_of_lineage"
    folder.mkdir()
    (folder / "lineage.py").write_text(
        "from airflow.sdk import DAG\n"
        "from jira_staging.operators import JiraCensusOperator, JiraToStagingOperator\n"
        "with DAG('lineage'):\n"
        "    copied = JiraToStagingOperator(task_id='copy', entities=['issue', 'issue_label'])\n"
        "    compared = JiraCensusOperator(task_id='compare')\n"
        "    copied >> compared >> JiraToStagingOperator(task_id='misspelt', entities=['isue'])\n"
    )
    monkeypatch.setattr(AirflowHome, "environment", _with_dags(folder))
    event, of_census, of_failure = Listened(home, tmp_path / "events.jsonl").run("lineage", {})
    assert [(one["job"]["name"], one["eventType"]) for one in (event, of_census, of_failure)] == [
        ("lineage.copy", "COMPLETE"),
        ("lineage.compare", "COMPLETE"),
        ("lineage.misspelt", "FAIL"),
    ]
    assert [(one["namespace"], one["name"]) for one in of_census["inputs"]] == [(jira.url, "jira")]
    assert of_failure["outputs"] == []
    assert [(one["namespace"], one["name"]) for one in event["inputs"]] == [(jira.url, "jira")]
    outputs = {one["name"]: one for one in event["outputs"]}
    assert outputs.keys() == {"jira.issue", "jira.issue_label", "jira.field_column"}
    issue = outputs["jira.issue"]
    assert issue["namespace"] == f"duckdb://{database}"
    assert issue["outputFacets"]["outputStatistics"]["rowCount"] == 40
    columns = {one["name"]: one["type"] for one in issue["facets"]["schema"]["fields"]}
    assert columns["id"] == "bigint"
    assert columns["updated_at"] == "timestamp"
    assert any(name.startswith("customfield_") for name in columns)


def _with_dags(folder: Path) -> Any:
    before = AirflowHome.environment

    def environment(home: AirflowHome) -> dict[str, str]:
        return before(home) | {"AIRFLOW__CORE__DAGS_FOLDER": str(folder)}

    return environment


def test_a_postgres_table_is_named_as_openlineage_names_it(connect: Connect, postgres_server: PostgresServer) -> None:
    import psycopg

    from jira_staging.staging.postgres_staging import PostgresStaging

    address = postgres_server.new_database()
    staging = PostgresStaging(lambda: psycopg.connect(address), "jira")
    report = Report(Run("run-1", "https://example.atlassian.net", NOON))
    staging.prepare(report.run)
    report.tally("issue", "project:1").add(3, Changes(inserted=2, updated=1))
    connect("warehouse", conn_type="postgres", host="db.example", schema="analytics", login="clerk")
    lineage = lineage_of(report, staging, "warehouse", "jira")
    assert lineage is not None
    (output,) = lineage.outputs
    assert (output.namespace, output.name) == ("postgres://db.example:5432", "analytics.jira.issue")
