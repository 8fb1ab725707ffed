"""What the page tells about secret definitions beyond the API: where each is used, how long its token lasts."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field

from jira_staging.airflow_stores.deployment import definition_files
from jira_staging.airflow_stores.last_tests import LastTest, last_tests, note_test
from jira_staging.airflow_stores.writing import WritableVariables, is_managed
from jira_staging.hooks import JiraStagingHook
from jira_staging.records import SecretDefinition
from jira_staging.secret_definitions import find_definition
from jira_staging.secret_definitions.expiry import HURRY, LAST_CALL, PLAN, days_left
from jira_staging.secret_definitions.writing import full_name
from jira_staging.web.access import Editor
from jira_staging.web.bodies import VAULT_TYPES, Name, SecretReference, SentBody
from jira_staging.web.dag_tasks import JiraConnection, OurTask, jira_connections, our_tasks

router = APIRouter()


class TestedBy(SentBody):
    """The Jira connection whose site and account a definition is tried with."""

    connection_id: str = Field(default="jira_default", min_length=1, max_length=250)


@router.get("/v1/page/definitions")
def list_definitions(user: Editor) -> dict[str, Any]:
    """Every definition of every project: those in files, then those in Airflow that no file hides."""
    files, broken = definition_files().readable()
    stored, unreadable = WritableVariables().readable()
    hidden = {(definition.name, definition.project) for definition in files}
    shown = [(definition, True) for definition in files]
    shown += [(definition, False) for definition in stored if (definition.name, definition.project) not in hidden]
    tasks, connections, today = our_tasks(user), jira_connections(), datetime.now(UTC).date()
    tests = last_tests()
    return {
        "definitions": [
            SecretReference.of(definition, read_only=in_file).model_dump(mode="json", by_alias=True)
            | {
                "fullName": full_name(definition),
                "managed": is_managed(definition),
                "usedBy": _used_by(definition, tasks, connections),
                "daysLeft": days_left(definition, today),
                "expiry": expiry_level(definition, today),
                "lastTest": _told_of(tests.get(full_name(definition))),
            }
            for definition, in_file in sorted(shown, key=lambda pair: (pair[0].project, pair[0].name))
            if definition.backend in VAULT_TYPES
        ],
        "problems": [str(problem) for problem in (*broken, *unreadable)],
        "jiraConnections": [connection.conn_id for connection in connections],
    }


@router.post("/v1/projects/{projectId}/secret-references/{secretReferenceName}/test")
def test_definition(
    project_id: Annotated[Name, Path(alias="projectId")],
    secret_reference_name: Annotated[Name, Path(alias="secretReferenceName")],
    body: TestedBy,
    user: Editor,
) -> dict[str, Any]:
    """Read the token, sign in to the connection's site with it and say as whom, or what is wrong; and remember it."""
    definition = find_definition(secret_reference_name, (definition_files(), WritableVariables()), project_id)
    hook = JiraStagingHook(body.connection_id, api_token=full_name(definition))
    signed_in, told = hook.test_connection()
    note_test(definition, told, signed_in=signed_in, by=user.get_name())
    return {"signedIn": signed_in, "message": told}


def _told_of(test: LastTest | None) -> dict[str, Any] | None:
    return None if test is None else {"at": test.tested_at, "signedIn": test.signed_in, "message": test.message}


def expiry_level(definition: SecretDefinition, today: date) -> str:
    """How urgent a new token is: `unknown`, `fine`, `plan`, `hurry`, `last_call` or `expired`."""
    left = days_left(definition, today)
    if left is None:
        return "unknown"
    if left < 0:
        return "expired"
    return next(
        (level for limit, level in ((LAST_CALL, "last_call"), (HURRY, "hurry"), (PLAN, "plan")) if left <= limit), "fine"
    )


def _used_by(definition: SecretDefinition, tasks: list[OurTask], connections: list[JiraConnection]) -> list[str]:
    """The DAGs whose tasks name it, or name a connection that does; and those connections."""
    name = full_name(definition)
    named_by = {connection.conn_id for connection in connections if connection.definition == name}
    dags = [task.dag_id for task in tasks if task.api_token == name or (not task.api_token and task.jira_conn_id in named_by)]
    return [f"DAG {dag_id}" for dag_id in dict.fromkeys(dags)] + [f"connection {conn_id}" for conn_id in sorted(named_by)]
