"""Who may: whoever may make, change and delete connections in this Airflow. A definition leads to a credential as one does."""

from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import ConnectionDetails
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends, HTTPException, Request

from jira_staging.web.guards import count


def editor_of_connections(request: Request, user: GetUserDep) -> BaseUser:
    """The user who is signed in, by Airflow's own auth manager: 401 for nobody, 403 without the rights, 429 too often.

    All three rights for every route: reading tells where credentials lie, and Airflow's own route guard, which asks for one
    right, reads a body that a GET does not have.
    """
    count(request, str(user.get_id()))
    manager = get_auth_manager()
    for method in ("POST", "PUT", "DELETE"):
        if not manager.is_authorized_connection(method=method, details=ConnectionDetails(), user=user):
            raise HTTPException(403, "This needs the right to create, edit and delete connections in Airflow.")
    return user


Editor = Annotated[BaseUser, Depends(editor_of_connections)]
