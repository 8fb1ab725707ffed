"""What the page tells about loaded tables: the runs as `_sync_run` has them, how fresh each scope is, and sample rows."""

import json
from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Depends, Query

from jira_staging.airflow_databases import open_staging
from jira_staging.errors import WrongUse
from jira_staging.staging import Staging
from jira_staging.tables import TABLES, Table
from jira_staging.tables.dictionary import HEADINGS
from jira_staging.web.access import Editor
from jira_staging.web.dag_tasks import destinations, our_tasks, running_tasks

router = APIRouter(prefix="/v1/page")

# Some thirty runs of a site with all its tables; the tables themselves hold them all.
MOST_RUN_ROWS = 2_000
MOST_SCOPES = 1_000
MOST_REJECTED = 200
SAMPLE_ROWS = 5
LONGEST_TEXT = 80
RUN_COLUMNS = tuple(column.name for column in TABLES["_sync_run"].columns)


def staging_of(
    user: Editor,
    connection_id: Annotated[str, Query(alias="connectionId", max_length=250)],
    schema: Annotated[str, Query(max_length=128)],
) -> Staging:
    """The destination, to be read alone. Only what a DAG writes to is opened, whatever else there is a connection to."""
    if (connection_id, schema) not in destinations(our_tasks(user)):
        raise WrongUse(f"No DAG that you may see loads Jira into `{schema}` of the connection `{connection_id}`.")
    return open_staging(connection_id, schema, read_only=True)


Opened = Annotated[Staging, Depends(staging_of)]


@router.get("/destinations")
def list_destinations(user: Editor) -> list[dict[str, Any]]:
    """Where the DAGs load to, by connection and schema."""
    found = destinations(our_tasks(user))
    return [{"connectionId": conn_id, "schema": schema, "dags": dags} for (conn_id, schema), dags in sorted(found.items())]


@router.get("/runs")
def list_runs(staging: Opened) -> dict[str, Any]:
    """The newest runs, each with a row an entity and scope; how far each scope was read; what is left of stored sweeps."""
    if not staging.columns("_sync_run"):
        return {"runs": [], "scopes": [], "left": {}}
    rows = staging.read("_sync_run", RUN_COLUMNS, newest_by="started_at", limit=MOST_RUN_ROWS).to_pylist()
    states = staging.read("_sync_state", ("site", "entity", "scope", "watermark", "updated_at"), limit=MOST_SCOPES).to_pylist()
    labels = _labels_of_scopes(staging)
    runs: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        row["checks"] = json.loads(row["checks"] or "{}")
        row["label"] = labels.get(row["scope"], row["scope"])
        runs.setdefault(row["run_id"], []).append(row)
    return {
        "left": _left(staging) if any(row["status"] == "running" for row in rows) else {},
        "runs": [
            {"run_id": run_id, "rows": sorted(of_run, key=lambda row: (row["entity"], row["label"]))}
            for run_id, of_run in runs.items()
        ],
        "scopes": [
            state | {"label": labels.get(state["scope"], state["scope"])}
            for state in states
            if state["watermark"] and not state["entity"].startswith("_")
        ],
    }


@router.get("/rejected")
def list_rejected(staging: Opened, run_id: Annotated[str, Query(alias="runId", max_length=64)]) -> list[dict[str, Any]]:
    """What a run could not take, and why; never what Jira sent."""
    columns = ("entity", "source_id", "reason", "rejected_at")
    return staging.read("_rejected_row", columns, {"run_id": [run_id]}, limit=MOST_REJECTED).to_pylist()


@router.get("/tables")
def list_tables() -> list[dict[str, Any]]:
    """The data dictionary."""
    return [_described(table) for table in TABLES.values()]


@router.get("/sample")
def show_sample(staging: Opened, table: Annotated[str, Query(max_length=128)]) -> dict[str, Any]:
    """The first rows by key of a table, without its personal columns and without custom fields, which may be personal too."""
    if table not in TABLES:
        raise WrongUse(f"There is no staging table `{table[:80]}`.")
    present = staging.columns(table)
    personal = [column.name for column in TABLES[table].all_columns if column.personal]
    columns = [column.name for column in TABLES[table].all_columns if not column.personal and column.name in present]
    if not columns:
        return {"columns": [], "hidden": personal, "rows": []}
    rows: pa.Table = staging.read(table, columns, limit=SAMPLE_ROWS)
    return {
        "columns": columns,
        "hidden": personal,
        "rows": [[_short(value) for value in row.values()] for row in rows.to_pylist()],
    }


@router.get("/running")
def list_running(user: Editor) -> list[dict[str, Any]]:
    """Our tasks that run now, as Airflow knows it: while a run writes to a DuckDB file, nobody can read it there."""
    tasks = our_tasks(user)
    places = {(task.dag_id, task.task_id): (task.staging_conn_id, task.staging_schema) for task in tasks}
    return [
        {
            "dagId": running.dag_id,
            "taskId": running.task_id,
            "runId": running.run_id,
            "mapIndex": running.map_index,
            "tryNumber": running.try_number,
            "startedAt": running.started_at,
            "connectionId": places[running.dag_id, running.task_id][0],
            "schema": places[running.dag_id, running.task_id][1],
        }
        for running in running_tasks(tasks)
    ]


def _left(staging: Staging) -> dict[str, int]:
    """How many issues each scope's stored sweep still has to fetch."""
    if staging.spelling is None:
        return {}
    sweep = staging.spelling.dialect.name(staging.spelling.schema, "_sync_sweep")
    return {
        str(scope): int(str(issues)) for scope, issues in staging.answer(f"SELECT scope, count(*) FROM {sweep} GROUP BY scope")
    }


def _labels_of_scopes(staging: Staging) -> dict[str, str]:
    if not staging.columns("project"):
        return {}
    return {f"project:{row['id']}": row["key"] for row in staging.read("project", ("id", "key")).to_pylist()}


def _described(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "group": HEADINGS[table.group],
        "meaning": table.meaning,
        "onRequest": table.on_request,
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "meaning": column.meaning,
                "source": column.source,
                "personal": column.personal,
                "key": column.name in table.key,
            }
            for column in table.all_columns
        ],
    }


def _short(value: object) -> str | None:
    """A cell as text: a sample shows what a column looks like, not all that it holds."""
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
