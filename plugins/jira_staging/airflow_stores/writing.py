"""Definitions and managed tokens written into Airflow's database: by the API server, or a shell beside it, never by a task."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from airflow.models import Connection, Log, Variable
from airflow.models.crypto import get_fernet
from airflow.utils.session import create_session
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from jira_staging.airflow_stores.deployment import definition_files
from jira_staging.airflow_stores.reading import AirflowVariables
from jira_staging.airflow_stores.variable_texts import (
    INDEX,
    PREFIX,
    definition_in,
    index_text,
    name_and_project,
    variable_key,
    variable_text,
)
from jira_staging.errors import SecretDefinitionExists, SecretDefinitionMalformed, SecretDefinitionNotFound, WrongUse
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends.opening import AIRFLOW
from jira_staging.secret_definitions.writing import full_name

INDEX_DESCRIPTION = "The secret definitions of Jira staging, for the drop-down of a DAG. Written by itself."
# The managed vault: tokens in the passwords of connections whose ids begin so.
MANAGED = "jira_staging."


def managed_conn_id(name: str, project: str) -> str:
    """The connection that keeps this definition's token, if the token is kept in Airflow."""
    return f"{MANAGED}{project}.{name}"


def is_managed(definition: SecretDefinition) -> bool:
    """Whether the definition's token lies in the managed vault."""
    reads = definition.options.get("read", "connection")
    return definition.backend == AIRFLOW and reads == "connection" and definition.secret_name.startswith(MANAGED)


class WritableVariables(AirflowVariables):
    """The definitions in Airflow's Variables, with the right to change them; `by` is who does, for Airflow's audit log.

    Every change first locks the index and then writes it anew from the Variables that are there, in the same transaction: two
    changes at once lose nothing, and an index that somebody spoilt by hand is repaired by the next change.
    """

    def __init__(self, by: str = "") -> None:
        super().__init__(read=_stored_text)
        self._by = by

    def readable(self) -> tuple[tuple[SecretDefinition, ...], tuple[SecretDefinitionMalformed, ...]]:
        """The definitions that can be read, whatever the index says, and what is wrong with the rest."""
        definitions, problems = [], []
        for key, text in _stored_definitions():
            try:
                definitions.append(definition_in(text, key))
            except SecretDefinitionMalformed as problem:
                problems.append(problem)
        return tuple(definitions), tuple(problems)

    def add(self, definition: SecretDefinition, token: str | None = None) -> SecretDefinition:
        """Keep a new definition, and its token in the managed vault where one is given. Raises SecretDefinitionExists."""
        return self.add_all((definition,), {} if token is None else {definition.secret_name: token})[0]

    def add_all(
        self, definitions: Sequence[SecretDefinition], tokens: Mapping[str, str] | None = None
    ) -> tuple[SecretDefinition, ...]:
        """Keep all of these definitions, or none: with the first name that exists, nothing is changed.

        `tokens` are new tokens of the managed vault by their connection's id.
        """
        try:
            with create_session() as session:
                _lock_index(session)
                _refuse_existing(session, definitions)
                for conn_id, token in (tokens or {}).items():
                    _keep_token(session, conn_id, token)
                for definition in definitions:
                    _put(session, definition)
                    self._note(session, "create", definition)
                _write_index(session)
        except IntegrityError:
            # Without the database's own words, which hold the row.
            problem = SecretDefinitionExists(
                f"One of {', '.join(f'`{full_name(definition)}`' for definition in definitions)} was made by somebody else at "
                "the same moment. Look at the list, then try again."
            )
        else:
            return tuple(replace(definition, kept_in=_kept_in(definition)) for definition in definitions)
        raise problem

    def change(self, definition: SecretDefinition, changed: SecretDefinition) -> SecretDefinition:
        """Let `changed` stand under the same name; a managed token that nothing points to any longer goes."""
        with create_session() as session:
            _lock_index(session)
            variable = _variable_of(session, definition)
            variable.set_val(variable_text(changed))
            variable.description = changed.description or None
            session.flush()
            _forget_token(session, definition)
            self._note(session, "change", changed)
        return replace(changed, kept_in=_kept_in(changed))

    def remove(self, definition: SecretDefinition) -> None:
        """Forget a definition; its token in the managed vault goes with the last definition that points to it."""
        with create_session() as session:
            _lock_index(session)
            session.delete(_variable_of(session, definition))
            session.flush()
            _forget_token(session, definition)
            self._note(session, "delete", definition)
            _write_index(session)

    def replace_token(self, definition: SecretDefinition, token: str, expires_on: date | None) -> SecretDefinition:
        """Store a new token of the managed vault, and the day on which it expires. Raises WrongUse for another vault's."""
        if not is_managed(definition):
            raise WrongUse(
                f"The token of secret definition `{full_name(definition)}` lies in `{definition.backend}`. Store it there."
            )
        changed = replace(definition, expires_on=expires_on)
        with create_session() as session:
            _lock_index(session)
            connection = session.scalar(select(Connection).where(Connection.conn_id == definition.secret_name))
            if connection is None:
                _keep_token(session, definition.secret_name, token)
            else:
                _refuse_unencrypted()
                connection.set_password(token)
            _variable_of(session, definition).set_val(variable_text(changed))
            self._note(session, "replace_token", definition)
        return changed

    def _note(self, session: Session, act: str, definition: SecretDefinition) -> None:
        extra = {"definition": full_name(definition), "backend": definition.backend}
        session.add(Log(f"jira_staging.{act}_definition", owner=self._by or None, extra=json.dumps(extra)))


def _kept_in(definition: SecretDefinition) -> str:
    return f"Airflow's Variable `{variable_key(definition.name, definition.project)}`"


def _stored_text(key: str) -> str | None:
    with create_session() as session:
        variable = session.scalar(select(Variable).where(Variable.key == key))
        return None if variable is None else _text_of(variable)


def _text_of(variable: Variable) -> str:
    text = variable.get_val()
    if text is None and variable.is_encrypted:
        raise WrongUse(
            f"Airflow's Variable `{variable.key}` cannot be decrypted here: another `[core] fernet_key` wrote it. Run "
            "this with the deployment's own."
        )
    return text or ""


def _stored_definitions() -> Iterable[tuple[str, str]]:
    """Key and text of every definition's Variable, by key."""
    with create_session() as session:
        return _definition_variables(session)


def _definition_variables(session: Session) -> list[tuple[str, str]]:
    # A prefix in LIKE disregards case in some databases, so it is looked at again.
    found = session.scalars(select(Variable).where(Variable.key.startswith(PREFIX, autoescape=True)).order_by(Variable.key))
    return [(variable.key, _text_of(variable)) for variable in found if name_and_project(variable.key)]


def _lock_index(session: Session) -> None:
    """Let no other change begin before this transaction ends: by the index's row, or in SQLite by its one lock for writing.

    An UPDATE rather than SELECT FOR UPDATE: it is the transaction's first statement in every database, so what is read after
    it is as the change before left it.
    """
    lock = update(Variable).where(Variable.key == INDEX).values(description=INDEX_DESCRIPTION)
    lock = lock.execution_options(synchronize_session=False)
    if session.execute(lock).rowcount:  # type: ignore[attr-defined]
        return
    try:
        with session.begin_nested():
            session.add(Variable(INDEX, "[]", INDEX_DESCRIPTION))
    except IntegrityError:
        session.execute(lock)


def _write_index(session: Session) -> None:
    session.flush()
    keys = session.scalars(select(Variable.key).where(Variable.key.startswith(PREFIX, autoescape=True)))
    names = [found for key in keys if (found := name_and_project(key))]
    index = session.scalars(select(Variable).where(Variable.key == INDEX)).one()
    index.set_val(index_text(names))


def _refuse_existing(session: Session, definitions: Sequence[SecretDefinition]) -> None:
    keys = {variable_key(definition.name, definition.project): definition for definition in definitions}
    existing = session.scalars(select(Variable.key).where(Variable.key.in_(keys))).all()
    if existing:
        names = ", ".join(f"`{full_name(keys[key])}`" for key in sorted(existing) if key in keys)
        raise SecretDefinitionExists(
            f"Airflow's Variables hold this definition already: {names}. Choose another name, or delete that one first."
        )


def _put(session: Session, definition: SecretDefinition) -> None:
    key = variable_key(definition.name, definition.project)
    session.add(Variable(key, variable_text(definition), definition.description or None))


def _variable_of(session: Session, definition: SecretDefinition) -> Variable:
    variable = session.scalar(select(Variable).where(Variable.key == variable_key(definition.name, definition.project)))
    if variable is None:
        raise SecretDefinitionNotFound(f"The secret definition `{full_name(definition)}` is gone already.")
    return variable


def _forget_token(session: Session, definition: SecretDefinition) -> None:
    """Delete the managed token that the definition pointed to, unless another definition does."""
    if is_managed(definition) and not _is_pointed_to(session, definition.secret_name):
        connection = session.scalar(select(Connection).where(Connection.conn_id == definition.secret_name))
        if connection is not None:
            session.delete(connection)


def _keep_token(session: Session, conn_id: str, token: str) -> None:
    _refuse_unencrypted()
    if session.scalar(select(Connection.id).where(Connection.conn_id == conn_id)) is not None:
        raise SecretDefinitionExists(
            f"The connection `{conn_id}`, which would keep the token, exists already. Delete it, or choose another name."
        )
    description = "An API token of Jira staging. Its secret definition says whose; it is written anew, never read back."
    session.add(Connection(conn_id=conn_id, conn_type="generic", password=token, description=description))


def _refuse_unencrypted() -> None:
    if not get_fernet().is_encrypted:
        raise WrongUse(
            "This Airflow has no Fernet key, so a token would lie in its database in clear. Set `[core] fernet_key`, or keep "
            "the token in another vault."
        )


def _is_pointed_to(session: Session, conn_id: str) -> bool:
    """Whether a definition still means this token. What cannot be read may mean it, so then the token is kept."""
    files, broken = definition_files().readable()
    if broken or any(is_managed(definition) and definition.secret_name == conn_id for definition in files):
        return True
    for key, text in _definition_variables(session):
        try:
            definition = definition_in(text, key)
        except SecretDefinitionMalformed:
            if conn_id in text:
                return True
            continue
        if is_managed(definition) and definition.secret_name == conn_id:
            return True
    return False
