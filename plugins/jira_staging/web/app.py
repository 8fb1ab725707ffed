"""The app that Airflow's API server mounts, made when it is first asked for something."""

from fastapi import Depends, FastAPI

from jira_staging.web import definitions_tab, loads_tab, reports_tab, secret_references, shell
from jira_staging.web.access import editor_of_connections
from jira_staging.web.problems import BoundedBody, answer_problems


def create_app() -> FastAPI:
    """The app: every route needs an editor of connections, and no page tells strangers which routes there are."""
    app = FastAPI(
        title="Jira staging",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(editor_of_connections)],
    )
    for room in (shell, secret_references, definitions_tab, loads_tab, reports_tab):
        app.include_router(room.router)
    app.add_middleware(BoundedBody)
    answer_problems(app)
    return app
