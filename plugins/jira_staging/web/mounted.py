"""The app as Airflow's plugin names it. Every process of Airflow reads plugins; only the API server is ever asked."""

from typing import Any


class MountedApp:
    """Makes the app for the first request, so that a worker never imports it."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._app is None:
            from jira_staging.web.app import create_app
            from jira_staging.web.guards import Guarded

            # Around the whole app, so that an answer to a defect of ours has the headers, too.
            self._app = Guarded(create_app())
        await self._app(scope, receive, send)
