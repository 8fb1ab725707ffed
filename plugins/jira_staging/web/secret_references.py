"""Secret definitions over HTTP, by the paths and fields of Matillion's secret-reference API."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from jira_staging.airflow_stores.deployment import definition_files
from jira_staging.airflow_stores.writing import WritableVariables
from jira_staging.errors import SecretDefinitionExists, SecretDefinitionMalformed, WrongUse
from jira_staging.records import SecretDefinition
from jira_staging.secret_definitions import find_definition
from jira_staging.secret_definitions.writing import full_name, refuse_existing
from jira_staging.tokens import storable_secret
from jira_staging.web.access import Editor
from jira_staging.web.bodies import (
    VAULT_TYPES,
    CopiedSecretReferences,
    Name,
    NewSecretReference,
    NewSecretValue,
    SecretReference,
    SecretReferences,
    VaultType,
)

router = APIRouter(prefix="/v1/projects/{projectId}/secret-references")

ProjectId = Annotated[Name, Path(alias="projectId")]
ReferenceName = Annotated[Name, Path(alias="secretReferenceName")]
Types = Annotated[list[str] | None, Query(alias="secretReferenceTypes")]
Page = Annotated[int, Query(ge=0, le=1_000_000)]
Size = Annotated[int, Query(ge=1, le=1000)]


@router.post("/{secretReferenceName}", status_code=201)
def create_secret_reference(
    project_id: ProjectId, secret_reference_name: ReferenceName, body: NewSecretReference, user: Editor
) -> SecretReference:
    """Keep a new definition in Airflow, and its token where Airflow is its vault."""
    definition = body.definition(project_id, secret_reference_name)
    token = storable_secret(body.secret_value.get_secret_value(), definition) if body.secret_value else None
    _refuse_names_of_files((definition,))
    return SecretReference.of(WritableVariables(user.get_name()).add(definition, token), read_only=False)


@router.post("", status_code=201)
def copy_secret_references(project_id: ProjectId, body: CopiedSecretReferences, user: Editor) -> list[SecretReference]:
    """Copy definitions of another project into this one: all of them, or none."""
    store = WritableVariables(user.get_name())
    stores = (definition_files(), store)
    names = dict.fromkeys(body.secret_reference_names)
    found = [find_definition(name, stores, body.source_project_id) for name in names]
    copies = [replace(definition, project=project_id) for definition in found]
    _refuse_names_of_files(copies)
    return [SecretReference.of(copied, read_only=False) for copied in store.add_all(copies)]


@router.get("")
def list_secret_references(
    project_id: ProjectId,
    page: Page = 0,
    size: Size = 100,
    secret_reference_types: Types = None,
    providers: Annotated[list[VaultType] | None, Query()] = None,
) -> SecretReferences:
    """A page of the project's definitions by name, those in files and those in Airflow. There is only the type PASSWORD."""
    files, broken = definition_files().readable()
    stored, unreadable = WritableVariables().readable()
    # A file hides what Airflow keeps under the same name, as it does for a run.
    hidden = {(definition.name, definition.project) for definition in files}
    references = [SecretReference.of(definition, read_only=True) for definition in files if _is_known(definition)]
    references += [
        SecretReference.of(definition, read_only=False)
        for definition in stored
        if _is_known(definition) and (definition.name, definition.project) not in hidden
    ]
    chosen = [
        reference
        for reference in sorted(references, key=lambda reference: reference.name)
        if reference.project_id == project_id
        and (not secret_reference_types or reference.secret_reference_type in secret_reference_types)
        and (not providers or reference.vault_type in providers)
    ]
    return SecretReferences(
        page=page,
        size=size,
        total=len(chosen),
        results=chosen[page * size : (page + 1) * size],
        problems=[str(problem) for problem in (*broken, *unreadable)],
    )


@router.get("/{secretReferenceName}")
def get_secret_reference(project_id: ProjectId, secret_reference_name: ReferenceName) -> SecretReference:
    """One definition."""
    definition, in_file = _found(project_id, secret_reference_name)
    return SecretReference.of(_known(definition), read_only=in_file)


@router.put("/{secretReferenceName}")
def change_secret_reference(
    project_id: ProjectId, secret_reference_name: ReferenceName, body: NewSecretReference, user: Editor
) -> SecretReference:
    """Let a definition say something else under the same name; a managed token is replaced by `secret-value` alone."""
    if body.secret_value:
        raise WrongUse("A new token of a definition is stored by a PUT of its `secret-value`: leave `secretValue` out.")
    changed = body.definition(project_id, secret_reference_name)
    kept = WritableVariables(user.get_name()).change(_changeable(project_id, secret_reference_name), changed)
    return SecretReference.of(kept, read_only=False)


@router.delete("/{secretReferenceName}", status_code=204)
def delete_secret_reference(project_id: ProjectId, secret_reference_name: ReferenceName, user: Editor) -> Response:
    """Forget a definition. A token that Airflow keeps goes with the last definition that points to it."""
    WritableVariables(user.get_name()).remove(_changeable(project_id, secret_reference_name))
    return Response(status_code=204)


@router.put("/{secretReferenceName}/secret-value", status_code=204)
def replace_secret_value(
    project_id: ProjectId, secret_reference_name: ReferenceName, body: NewSecretValue, user: Editor
) -> Response:
    """Store a new token where Airflow is the vault: rotation without touching a DAG."""
    definition = _changeable(project_id, secret_reference_name)
    value = storable_secret(body.secret_value.get_secret_value(), definition)
    WritableVariables(user.get_name()).replace_token(definition, value, body.expires_on)
    return Response(status_code=204)


def _found(project: str, name: str) -> tuple[SecretDefinition, bool]:
    """The definition, and whether it is a file. Raises SecretDefinitionNotFound."""
    files = definition_files()
    definition = find_definition(name, (files, WritableVariables()), project)
    return definition, files.find(name, project) is not None


def _changeable(project: str, name: str) -> SecretDefinition:
    definition, in_file = _found(project, name)
    if in_file:
        raise SecretDefinitionExists(
            f"The secret definition `{full_name(definition)}` is a file, {definition.kept_in}: it is changed where files are "
            "reviewed."
        )
    return definition


def _refuse_names_of_files(definitions: Sequence[SecretDefinition]) -> None:
    files = (definition_files(),)
    for definition in definitions:
        refuse_existing(definition, files)


def _is_known(definition: SecretDefinition) -> bool:
    return definition.backend in VAULT_TYPES


def _known(definition: SecretDefinition) -> SecretDefinition:
    if not _is_known(definition):
        raise SecretDefinitionMalformed(
            f"Secret definition `{definition.name}` ({definition.kept_in}): there is no backend `{definition.backend}`."
        )
    return definition
