"""Our operators in the DAGs as Airflow stores them: what a definition is used by, and where runs write to."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.models import Connection
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import select

# By name: the operators themselves are none of this room's business.
OPERATORS_PACKAGE = "jira_staging.operators"
DEFAULT_DESTINATION = ("jira_staging", "jira")
OF_A_PARAM = re.compile(r"\{\{\s*params\.(\w+)\s*\}\}")
# The types of connections that can lead to Jira.
JIRA_TYPES = ("jira_staging", "jira")


@dataclass(frozen=True)
class OurTask:
    """A task of a DAG with one of our operators; of a template, what its Param gives by default. None: not known yet."""

    dag_id: str
    task_id: str
    api_token: str | None
    jira_conn_id: str | None
    staging_conn_id: str | None
    staging_schema: str | None


def our_tasks(user: BaseUser) -> list[OurTask]:
    """Our tasks in those DAGs that the user may see, as the DAGs were last parsed."""
    visible = get_auth_manager().get_authorized_dag_ids(user=user)
    found: list[OurTask] = []
    for serialized in SerializedDagModel.get_latest_serialized_dags(dag_ids=sorted(visible)):
        dag = (serialized.data or {}).get("dag", {})
        found += _tasks_in(serialized.dag_id, dag)
    return sorted(found, key=lambda task: (task.dag_id, task.task_id))


def destinations(tasks: list[OurTask]) -> dict[tuple[str, str], list[str]]:
    """Staging connection and schema of each place that is written to, with the DAGs that do."""
    places: dict[tuple[str, str], list[str]] = {}
    for task in tasks:
        if task.staging_conn_id and task.staging_schema:
            dags = places.setdefault((task.staging_conn_id, task.staging_schema), [])
            if task.dag_id not in dags:
                dags.append(task.dag_id)
    return places


@dataclass(frozen=True)
class RunningTask:
    """A task of ours that runs now, as Airflow knows it."""

    dag_id: str
    task_id: str
    run_id: str
    map_index: int
    try_number: int
    started_at: datetime | None


def running_tasks(tasks: list[OurTask]) -> list[RunningTask]:
    """Which of these tasks run now, the latest first: Airflow knows it while the tables cannot be read."""
    ours = {(task.dag_id, task.task_id) for task in tasks}
    found = (
        select(TaskInstance)
        .where(TaskInstance.state == "running", TaskInstance.dag_id.in_({dag_id for dag_id, _ in ours}))
        .order_by(TaskInstance.start_date.desc())
    )
    with create_session() as session:
        return [
            RunningTask(each.dag_id, each.task_id, each.run_id, each.map_index, each.try_number, each.start_date)
            for each in session.scalars(found)
            if (each.dag_id, each.task_id) in ours
        ]


@dataclass(frozen=True)
class JiraConnection:
    """A connection in Airflow's database that leads to a Jira site, and the definition that it names itself."""

    conn_id: str
    definition: str | None


def jira_connections() -> list[JiraConnection]:
    """The connections of a type for Jira, by id. Those of the environment or a secrets backend cannot be listed."""
    with create_session() as session:
        found = session.scalars(select(Connection).where(Connection.conn_type.in_(JIRA_TYPES)).order_by(Connection.conn_id))
        return [JiraConnection(each.conn_id, _named(each.extra_dejson)) for each in found]


def _named(extra: object) -> str | None:
    name = extra.get("definition") if isinstance(extra, Mapping) else None
    return str(name) if name else None


def _tasks_in(dag_id: str, dag: Mapping[str, Any]) -> Iterator[OurTask]:
    for entry in dag.get("tasks", ()):
        task = entry.get("__var", {})
        if not f"{task.get('_task_module')}.".startswith(f"{OPERATORS_PACKAGE}."):
            continue
        # What a mapped task does not say, its operator's defaults do.
        given = {"jira_conn_id": "jira_default", "staging_conn_id": "jira_staging", "staging_schema": "jira"}
        given |= {**task, **task.get("partial_kwargs", {})}
        defaults = {name: param.get("default") for name, param in task.get("params", ())}
        yield OurTask(
            dag_id,
            task["task_id"],
            *(_said(given.get(name), defaults) for name in ("api_token", "jira_conn_id", "staging_conn_id", "staging_schema")),
        )


def _said(value: object, defaults: Mapping[str, Any]) -> str | None:
    """The text, or the default of the one Param that it is; None for any other template."""
    if not isinstance(value, str):
        return None
    if named := OF_A_PARAM.fullmatch(value):
        default = defaults.get(named[1])
        return default if isinstance(default, str) and default else None
    return None if "{{" in value else value
