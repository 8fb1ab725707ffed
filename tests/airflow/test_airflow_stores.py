"""Definitions and tokens in Airflow itself: read by the Task SDK, written into a real SQLite and a real Postgres."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from airflow import settings
from airflow.models import Connection, Log, Variable
from airflow.models.crypto import get_fernet
from airflow.models.team import Team
from airflow.sdk._shared.secrets_masker import SecretsMasker
from airflow.utils.session import create_session
from api_server import FERNET_KEY
from deployment import Connect
from sqlalchemy import create_engine, select
from sqlalchemy.orm import scoped_session, sessionmaker

from jira_staging.airflow_stores.deployment import BACKENDS_HERE, definition_stores
from jira_staging.airflow_stores.reading import AirflowVariables
from jira_staging.airflow_stores.variable_texts import INDEX, PREFIX, definition_in, variable_key, variable_text
from jira_staging.airflow_stores.writing import WritableVariables, managed_conn_id
from jira_staging.errors import (
    JiraStagingError,
    SecretBackendUnavailable,
    SecretDefinitionExists,
    SecretDefinitionMalformed,
    SecretDefinitionNotFound,
    SecretKeyMissing,
    SecretMalformed,
    SecretNotFound,
    WrongUse,
)
from jira_staging.hooks import definition_names
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends import open_backend
from jira_staging.secret_definitions import find_definition
from secret_backends import vault_definitions
from staging.postgres_server import PostgresServer

TOKEN = "ATATT3xFfGF0invented-token-of-nobody-0123456789=AB12CD34"
WHOLE = SecretDefinition(
    "jira_api_token",
    "snowflake_schema",
    "JIRA_API_TOKEN",
    secret_key="api_token",
    database="PIPELINE",
    schema="SECRETS",
    vault_conn_id="snowflake_prod",
    options={"mode": "reader", "private_key_file": "/keys/jira.p8"},
    kind="personal_access_token",
    account="bot@example.com",
    project="finance",
    description="Über den Zaun",
    expires_on=date(2027, 1, 31),
)


def simple(name: str, project: str = "default", **changes: object) -> SecretDefinition:
    return replace(SecretDefinition(name, "aws_secrets_manager", "prod/jira", project=project), **changes)  # type: ignore[arg-type]


def managed(name: str, project: str = "default") -> SecretDefinition:
    return SecretDefinition(name, "airflow", managed_conn_id(name, project), project=project)


# In a Variable --------------------------------------------------------------------------------------------------------------


def test_a_definition_goes_into_a_variable_and_comes_back_whole() -> None:
    key = variable_key(WHOLE.name, WHOLE.project)
    assert key == "jira_staging.definition.finance.jira_api_token"
    assert definition_in(variable_text(WHOLE), key) == replace(WHOLE, kept_in=f"Airflow's Variable `{key}`")


def test_airflow_masks_nothing_of_what_a_definition_says() -> None:
    names = json.loads(variable_text(WHOLE))
    del names["options"]
    assert [name for name in names if SecretsMasker().should_hide_value_for_key(name)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("jira", "is no JSON object"),
        ('{"name": "other", "backend": "environment", "location": "X"}', "which its key contradicts"),
        ('{"name": "jira", "backend": "environment"}', "`secret_name` is missing"),
        (f'{{"name": "jira", "backend": "environment", "location": "{TOKEN}"}}', "holds an API token itself"),
    ],
)
def test_a_variable_that_somebody_spoilt_is_told_without_its_text(text: str, words: str) -> None:
    with pytest.raises(SecretDefinitionMalformed, match=words) as caught:
        definition_in(text, variable_key("jira", "default"))
    assert str(caught.value).startswith("Airflow's Variable `jira_staging.definition.default.jira`")
    assert TOKEN not in str(caught.value)


# Read by the Task SDK -------------------------------------------------------------------------------------------------------


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch, definitions: Path) -> pytest.MonkeyPatch:
    """Two definitions in Airflow's Variables (by its environment), and an empty folder of files."""
    monkeypatch.setenv(f"AIRFLOW_VAR_{INDEX.upper()}", '["finance/jira_api_token", "nightly"]')
    for definition in (WHOLE, simple("nightly")):
        key = variable_key(definition.name, definition.project)
        monkeypatch.setenv(f"AIRFLOW_VAR_{key.upper()}", variable_text(definition))
    return monkeypatch


def test_definitions_are_found_and_listed(variables: pytest.MonkeyPatch) -> None:
    store = AirflowVariables()
    assert find_definition("finance/jira_api_token", (store,)).secret_name == "JIRA_API_TOKEN"
    assert [definition.name for definition in store.readable()[0]] == ["jira_api_token", "nightly"]
    assert definition_names() == ["finance/jira_api_token", "nightly"]


def test_files_win(variables: pytest.MonkeyPatch, definitions: Path) -> None:
    (definitions / "nightly.yaml").write_text("name: nightly\nbackend: environment\nsecret_name: JIRA_API_TOKEN\n")
    assert find_definition("nightly", definition_stores()).backend == "environment"
    assert definition_names() == ["finance/jira_api_token", "nightly"]


def test_a_name_that_is_nowhere_is_told_with_what_there_is(variables: pytest.MonkeyPatch) -> None:
    with pytest.raises(SecretDefinitionNotFound) as caught:
        find_definition("nigthly", definition_stores())
    assert "Airflow's Variables, which has `finance/jira_api_token`, `nightly`" in str(caught.value)
    assert str(caught.value).endswith("Did you mean `nightly`?")


def test_a_variable_that_was_deleted_by_hand_is_left_out(
    variables: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    variables.delenv(f"AIRFLOW_VAR_{variable_key('nightly', 'default').upper()}")
    assert [definition.name for definition in AirflowVariables().readable()[0]] == ["jira_api_token"]
    assert "lists `nightly` of the project `default`, which is gone" in caplog.text


@pytest.mark.parametrize("index", ["nonsense", '{"a": 1}', '["a b"]', "[1]"])
def test_a_spoilt_index_costs_the_drop_down_its_names_and_no_more(
    variables: pytest.MonkeyPatch, definitions: Path, index: str, caplog: pytest.LogCaptureFixture
) -> None:
    (definitions / "in_git.yaml").write_text("name: in_git\nbackend: environment\nsecret_name: JIRA_API_TOKEN\n")
    (definitions / "broken.yaml").write_text("name: [\n")
    variables.setenv(f"AIRFLOW_VAR_{INDEX.upper()}", index)
    assert definition_names() == ["in_git"]
    assert "has those of files alone: Airflow's Variable `jira_staging.definitions`" in caplog.text
    assert "lacks one:" in caplog.text
    assert find_definition("nightly", definition_stores()).name == "nightly"


# The backend `airflow` ------------------------------------------------------------------------------------------------------


def fetched(secret_name: str, read: str | None = None, **changes: object) -> str:
    wanted = SecretDefinition("jira", "airflow", secret_name, options={"read": read} if read else {}, **changes)  # type: ignore[arg-type]
    return open_backend(wanted, None, BACKENDS_HERE).fetch(wanted)


def test_resolving_is_quick(connect: Connect) -> None:
    connect("jira_managed", conn_type="generic", password=vault_definitions.TOKEN)
    wanted = SecretDefinition("jira", "airflow", "jira_managed", account="bot@example.com")
    vault_definitions.assert_quick(wanted, open_backend(wanted, None, BACKENDS_HERE))


def test_a_token_is_read_from_a_connections_password_or_from_a_variable(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect("jira_of_ours", conn_type="generic", password=TOKEN)
    connect("jira_pair", conn_type="jira", password=json.dumps({"api_token": TOKEN, "owner": "us"}))
    monkeypatch.setenv("AIRFLOW_VAR_JIRA_TOKEN", TOKEN)
    assert fetched("jira_of_ours") == TOKEN
    assert fetched("jira_pair", secret_key="api_token") == TOKEN
    assert fetched("jira_token", "variable") == TOKEN


@pytest.mark.parametrize(
    ("secret_name", "read", "error", "words"),
    [
        ("nowhere", None, SecretNotFound, "Airflow has no connection `nowhere`, which secret definition `jira` names."),
        ("nowhere", "variable", SecretNotFound, "Airflow has no Variable `nowhere`"),
        ("warehouse", None, WrongUse, "is of type `postgres`, so its password is no API token"),
        ("empty", None, SecretMalformed, "The password of Airflow's connection `empty` is empty."),
        ("jira_pair", None, SecretKeyMissing, "holds several keys"),
        ("jira_staging.definitions", "variable", SecretDefinitionMalformed, "holds a definition and no token"),
        ("empty", "file", SecretDefinitionMalformed, "`read` in its options is `connection`"),
    ],
)
def test_what_is_no_token_in_airflow_is_told(
    connect: Connect, secret_name: str, read: str | None, error: type[JiraStagingError], words: str
) -> None:
    connect("warehouse", conn_type="postgres", password=TOKEN)
    connect("empty", conn_type="generic")
    connect("jira_pair", conn_type="jira", password=json.dumps({"api_token": TOKEN, "owner": "us"}))
    with pytest.raises(error) as caught:
        fetched(secret_name, read)
    assert words in str(caught.value)
    assert TOKEN not in str(caught.value)


# Written into Airflow's database -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A real Postgres."""
    with PostgresServer.started() as server:
        yield server.new_database().replace("postgresql://", "postgresql+psycopg2://")


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Airflow's tables of connections, variables and audit rows, empty, in each of two databases."""
    url = f"sqlite:///{tmp_path / 'airflow.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres")
    engine = create_engine(url)
    tables = [model.__table__ for model in (Team, Variable, Connection, Log)]
    Variable.metadata.drop_all(engine, tables)
    Variable.metadata.create_all(engine, tables)
    monkeypatch.setattr(settings, "Session", scoped_session(sessionmaker(engine, expire_on_commit=False)))
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", FERNET_KEY)
    get_fernet.cache_clear()
    yield request.param
    settings.Session.remove()
    engine.dispose()
    get_fernet.cache_clear()


def index() -> list[str]:
    with create_session() as session:
        found = session.scalars(select(Variable).where(Variable.key == INDEX)).one()
        return list(json.loads(found.get_val() or ""))


def test_what_is_written_is_read_back(database: str) -> None:
    store = WritableVariables("somebody")
    assert store.readable() == ((), ())
    kept = store.add(WHOLE)
    assert kept == replace(WHOLE, kept_in="Airflow's Variable `jira_staging.definition.finance.jira_api_token`")
    assert store.find("jira_api_token", "finance") == kept
    assert store.readable() == ((kept,), ())
    assert store.readable() == ((kept,), ())
    assert index() == ["finance/jira_api_token"]
    with pytest.raises(SecretDefinitionExists, match="already: `finance/jira_api_token`"):
        store.add(WHOLE)
    store.remove(kept)
    assert (index(), store.readable()) == ([], ((), ()))
    with pytest.raises(SecretDefinitionNotFound, match="is gone already"):
        store.remove(kept)


def test_writers_at_the_same_moment_lose_nothing(database: str) -> None:
    names = [f"jira_{number:02}" for number in range(24)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: WritableVariables().add(simple(name)), names))
        list(threads.map(lambda name: WritableVariables().remove(simple(name)), names[::3]))
    left = sorted(set(names) - set(names[::3]))
    assert index() == left
    assert [definition.name for definition in WritableVariables().readable()[0]] == left


def test_of_writers_of_one_name_one_wins(database: str) -> None:
    def add(number: int) -> str | None:
        try:
            return WritableVariables().add(simple("jira", secret_name=f"prod/{number}")).secret_name
        except SecretDefinitionExists:
            return None

    with ThreadPoolExecutor(8) as threads:
        winners = [name for name in threads.map(add, range(8)) if name]
    assert winners == [definition.secret_name for definition in WritableVariables().readable()[0]]
    assert len(winners) == 1


def test_all_or_none_are_copied(database: str) -> None:
    store = WritableVariables()
    store.add(simple("b", "target"))
    with pytest.raises(SecretDefinitionExists, match="`target/b`"):
        store.add_all([simple("a", "target"), simple("b", "target")], {managed_conn_id("a", "target"): TOKEN})
    assert index() == ["target/b"]
    with create_session() as session:
        assert session.scalars(select(Connection)).all() == []


def test_the_next_change_repairs_an_index_that_somebody_spoilt(database: str) -> None:
    store = WritableVariables()
    store.add(simple("first"))
    with create_session() as session:
        session.scalars(select(Variable).where(Variable.key == INDEX)).one().set_val("nonsense")
        session.add(Variable(f"{PREFIX}default.by_hand", variable_text(simple("by_hand"))))
        session.add(Variable(f"{PREFIX}default.broken", "nonsense"))
    with pytest.raises(SecretDefinitionMalformed, match="is no JSON list of names"):
        store.names()
    definitions, problems = store.readable()
    assert [definition.name for definition in definitions] == ["by_hand", "first"]
    assert len(problems) == 1
    assert str(problems[0]).startswith("Airflow's Variable `jira_staging.definition.default.broken` is no JSON object.")
    store.add(simple("second"))
    assert index() == ["broken", "by_hand", "first", "second"]


def test_a_managed_token_is_encrypted_replaced_and_deleted(database: str) -> None:
    store = WritableVariables("somebody")
    store.add(managed("jira"), TOKEN)
    changed = store.replace_token(managed("jira"), f"{TOKEN}-newer", date(2027, 1, 31))
    assert changed.expires_on == date(2027, 1, 31)
    assert store.readable()[0][0].expires_on == date(2027, 1, 31)
    with create_session() as session:
        kept = session.scalars(select(Connection)).one()
        assert (kept.conn_id, kept.conn_type, kept.is_encrypted) == ("jira_staging.default.jira", "generic", True)
        assert kept.get_password() == f"{TOKEN}-newer"
        assert TOKEN not in str(kept._password)
        written = [(row.event, row.owner, row.extra) for row in session.scalars(select(Log).order_by(Log.id))]
    assert [event for event, _owner, _extra in written] == [
        "jira_staging.create_definition",
        "jira_staging.replace_token_definition",
    ]
    assert TOKEN not in str(written)
    store.remove(managed("jira"))
    with create_session() as session:
        assert session.scalars(select(Connection)).all() == []
    with pytest.raises(WrongUse, match="lies in `aws_secrets_manager`"):
        store.replace_token(simple("aws"), TOKEN, None)


def test_a_connection_that_is_there_is_not_overwritten(database: str) -> None:
    with create_session() as session:
        session.add(Connection("jira_staging.default.jira", "generic", password="somebody's"))
    with pytest.raises(SecretDefinitionExists, match="which would keep the token, exists already"):
        WritableVariables().add(managed("jira"), TOKEN)
    assert WritableVariables().readable() == ((), ())


def test_without_a_fernet_key_no_token_is_taken(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "")
    get_fernet.cache_clear()
    with pytest.raises(WrongUse, match="has no Fernet key, so a token would lie in its database in clear"):
        WritableVariables().add(managed("jira"), TOKEN)
    assert WritableVariables().readable() == ((), ())


def test_airflow_that_does_not_answer_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import Variable as SdkVariable
    from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
    from airflow.sdk.execution_time.comms import ErrorResponse

    def no_answer(key: str, default: object) -> str:
        raise AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR))

    # No process of Airflow's can be made to fail so on demand.
    monkeypatch.setattr(SdkVariable, "get", no_answer)
    with pytest.raises(SecretBackendUnavailable, match=r"could not be asked for the Variable .* \(API_SERVER_ERROR\)"):
        AirflowVariables().find("jira", "default")
