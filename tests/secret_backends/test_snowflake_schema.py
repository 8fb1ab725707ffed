"""Snowflake: the real connector against fakesnow where that knows how, and recorded statements for SECRET objects.

fakesnow runs the connection, USE and a reader function in SQL; it has no SECRET objects and no functions in Python.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
import snowflake.connector.errors
from snowflake.connector.errors import DatabaseError, Error, InterfaceError, OperationalError, ProgrammingError

from jira_staging.errors import (
    JiraStagingError,
    SecretAccessDenied,
    SecretBackendUnavailable,
    SecretDefinitionMalformed,
    SecretError,
    SecretKeyMissing,
    SecretMalformed,
    SecretNotFound,
    SecretNotUsable,
    WrongUse,
)
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends import VaultAccess, open_backend
from jira_staging.secret_backends.snowflake_identifiers import secret_place
from jira_staging.secret_backends.snowflake_refusals import refusal
from secret_backends.vault_definitions import TOKEN, assert_quick, definition, everything_logged, traceback_of
from staging.fakesnow_requests import served

SQL = Path(__file__).parents[2] / "include" / "sql" / "snowflake"
PLACE = "The secret PIPELINE.SECRETS.JIRA_API_TOKEN of Snowflake"
WHOSE = "(Secret definition `jira-prod`.)"


def of_snowflake(secret_name: str = "JIRA_API_TOKEN", **changes: Any) -> SecretDefinition:
    where = {} if "vault" in changes else {"database": "PIPELINE", "schema": "SECRETS"}
    return definition("snowflake_schema", secret_name, **{**where, **changes})


class Recorded:
    """A connection of Snowflake that remembers its statements and answers by their beginning."""

    def __init__(self, answers: dict[str, Any], columns: tuple[str, ...] = ("created_on", "name", "secret_type")) -> None:
        self.answers = answers
        self.columns = columns
        self.statements: list[str] = []
        self.closed = 0

    def cursor(self) -> "Recorded":
        return self

    def execute(self, statement: str, timeout: int) -> None:
        assert timeout == 90
        self.statements.append(re.sub(r"READ_[0-9A-F]{16}\b", "READ_<RANDOM>", statement))
        self.rows = next((rows for start, rows in self.answers.items() if statement.startswith(start)), [("done",)])
        if isinstance(self.rows, Exception):
            raise self.rows

    @property
    def description(self) -> list[tuple[str]]:
        return [(column,) for column in self.columns]

    def fetchone(self) -> Any:
        return self.rows[0] if self.rows else None

    def fetchall(self) -> Any:
        return self.rows

    def close(self) -> None:
        self.closed += 1


def fetched(wanted: SecretDefinition, connection: Recorded) -> str:
    access = VaultAccess("connection `snowflake_prod`", snowflake_connection=lambda: connection)
    return open_backend(wanted, access).fetch(wanted)


def refused(error: type[JiraStagingError], wanted: SecretDefinition, connection: Recorded) -> str:
    with pytest.raises(error) as caught:
        fetched(wanted, connection)
    assert type(caught.value) is error
    assert TOKEN not in traceback_of(caught.value)
    return str(caught.value)


def test_a_reader_is_selected_from_with_the_role_and_warehouse_of_the_definition() -> None:
    connection = Recorded({"SELECT": [(TOKEN, "now")]})
    assert fetched(of_snowflake(options={"role": "jira_sync", "warehouse": '"Load WH"'}), connection) == TOKEN
    assert connection.statements == [
        "USE ROLE JIRA_SYNC",
        'USE WAREHOUSE "Load WH"',
        "SELECT PIPELINE.SECRETS.READ_JIRA_API_TOKEN() AS answer, CURRENT_TIMESTAMP() AS read_at",
    ]
    assert connection.closed == 1


@pytest.mark.parametrize("secret_type", ["GENERIC_STRING", "GENERIC", "PASSWORD"])
def test_a_temporary_reader_is_made_selected_from_and_dropped(secret_type: str) -> None:
    connection = Recorded(
        {
            "SHOW": [("2026", "JIRAXAPIXTOKEN", "OAUTH2"), ("2026", "JIRA_API_TOKEN", secret_type)],
            "SELECT": [(TOKEN, "now")],
        }
    )
    wanted = of_snowflake(options={"mode": "temporary_reader", "integration": "SECRET_READER"})
    assert fetched(wanted, connection) == TOKEN
    reads = {
        "PASSWORD": "_snowflake.get_username_password('cred').password",
    }.get(secret_type, "_snowflake.get_generic_secret_string('cred')")
    assert connection.statements == [
        "SHOW SECRETS IN SCHEMA PIPELINE.SECRETS",
        (
            "CREATE OR REPLACE TEMPORARY FUNCTION PIPELINE.SECRETS.READ_<RANDOM>() RETURNS STRING VOLATILE LANGUAGE PYTHON "
            "RUNTIME_VERSION = '3.11' HANDLER = 'read' EXTERNAL_ACCESS_INTEGRATIONS = (SECRET_READER) SECRETS = ('cred' = "
            f"PIPELINE.SECRETS.JIRA_API_TOKEN) AS $$\nimport _snowflake\ndef read():\n    return {reads}\n$$"
        ),
        "SELECT PIPELINE.SECRETS.READ_<RANDOM>() AS answer, CURRENT_TIMESTAMP() AS read_at",
        "DROP FUNCTION IF EXISTS PIPELINE.SECRETS.READ_<RANDOM>()",
    ]
    assert connection.closed == 1


def test_a_temporary_reader_may_lie_elsewhere() -> None:
    connection = Recorded({"SHOW": [("2026", "JIRA_API_TOKEN", "GENERIC_STRING")], "SELECT": [(TOKEN, "now")]})
    options = {"mode": "temporary_reader", "integration": "X", "function": "work.public.my_reader"}
    assert fetched(of_snowflake(options=options), connection) == TOKEN
    assert connection.statements[-1] == "DROP FUNCTION IF EXISTS WORK.PUBLIC.MY_READER()"


def test_a_temporary_reader_is_dropped_after_a_failure_and_a_failing_drop_does_not_hide_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    denied = ProgrammingError(msg="Insufficient privileges to operate on warehouse", errno=3001, sqlstate="42501")
    connection = Recorded(
        {
            "SHOW": [("2026", "JIRA_API_TOKEN", "GENERIC_STRING")],
            "SELECT": denied,
            "DROP": OperationalError(msg="gone", errno=250003),
        }
    )
    wanted = of_snowflake(options={"mode": "temporary_reader", "integration": "X"})
    assert refused(SecretAccessDenied, wanted, connection).startswith(
        f"{PLACE} could not be read. Snowflake says 003001: Insufficient"
    )
    assert connection.statements[-1].startswith("DROP FUNCTION")
    assert re.sub(r"READ_[0-9A-F]{16}", "READ_X", caplog.messages[-1]) == (
        "Snowflake did not drop the temporary function PIPELINE.SECRETS.READ_X (250003); it ends with the session."
    )


def test_a_secret_that_is_missing_or_of_another_type_is_told() -> None:
    wanted = of_snowflake(options={"mode": "temporary_reader", "integration": "X"})
    others = Recorded({"SHOW": [("2026", "JIRAXAPIXTOKEN", "GENERIC_STRING")]})
    assert refused(SecretNotFound, wanted, others) == (
        f"{PLACE} is not there, or this role may not see it. Check the names (unquoted ones are in upper case), and grant "
        f"READ and USAGE on the secret. {WHOSE}"
    )
    assert refused(SecretMalformed, wanted, Recorded({"SHOW": [("2026", "JIRA_API_TOKEN", "OAUTH2")]})) == (
        f"{PLACE} is of type OAUTH2. Store the API token as GENERIC_STRING or PASSWORD. {WHOSE}"
    )


@pytest.mark.parametrize("rows", [[], [(None, "now")], [(5, "now")]])
def test_a_reader_that_gives_no_text_is_told(rows: list[Any]) -> None:
    assert refused(SecretNotUsable, of_snowflake(), Recorded({"SELECT": rows})) == (
        f"{PLACE}: its reader function gave no text. Repair the function. {WHOSE}"
    )


def test_a_key_of_a_json_secret_is_the_token() -> None:
    connection = Recorded({"SELECT": [(f'{{"token": "{TOKEN}", "email": "a"}}', "now")]})
    assert fetched(of_snowflake(secret_key="token"), connection) == TOKEN
    assert refused(SecretKeyMissing, of_snowflake(), connection) == (
        f"{PLACE} holds several keys (it has `token`, `email`). Say in secret definition `jira-prod` which one: `secret_key: "
        "…`."
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"options": {"mode": "direct"}}, "there is no `mode: direct`. There are `reader` and `temporary_reader`."),
        (
            {"options": {"mode": "temporary_reader"}},
            (
                "`mode: temporary_reader` needs the option `integration`, the external access integration that allows the "
                "secret (include/sql/snowflake/temporary_reader.sql)."
            ),
        ),
        ({"vault": "PIPELINE"}, "its `vault` must be `<database>.<schema>`."),
        (
            {"vault": "A.B", "database": "A"},
            "say where the secret lies once, by `vault` or by `database` and `schema`.",
        ),
        (
            {"database": None},
            "the backend `snowflake_schema` needs `database` and `schema` (or `vault: <database>.<schema>`).",
        ),
        (
            {"options": {"function": "read()"}},
            "its option `function` must be a name or `<database>.<schema>.<name>`, without parentheses.",
        ),
    ],
)
def test_a_definition_that_does_not_fit_is_told(changes: dict[str, Any], said: str) -> None:
    assert refused(SecretDefinitionMalformed, of_snowflake(**changes), Recorded({})) == f"Secret definition `jira-prod`: {said}"


@pytest.mark.parametrize("name", ["a b", "a;DROP TABLE x", 'a"b', '"a"b"', "a.b", "1a", "a-b", "a'b", "a)", "ä", '""', "a\n"])
@pytest.mark.parametrize("place", ["secret_name", "database", "schema", "role", "warehouse", "integration"])
def test_no_name_leaves_its_place_in_a_statement(name: str, place: str) -> None:
    changes = (
        {place: name} if place in ("database", "schema") else {"options": {"mode": "temporary_reader", "integration": "X"}}
    )
    if place in ("role", "warehouse", "integration"):
        changes["options"] = {"mode": "temporary_reader", "integration": "X", place: name}
    wanted = of_snowflake(name if place == "secret_name" else "JIRA_API_TOKEN", **changes)
    connection = Recorded({"SHOW": [("2026", "JIRA_API_TOKEN", "GENERIC_STRING")], "SELECT": [(TOKEN, "now")]})
    assert refused(SecretDefinitionMalformed, wanted, connection).startswith(
        f"Secret definition `jira-prod`: `{name}` is no name of a Snowflake object."
    )
    assert not any(name in statement for statement in connection.statements)


@pytest.mark.parametrize(
    ("changes", "schema", "secret", "function"),
    [
        ({"vault": "pipeline.secrets"}, "PIPELINE.SECRETS", "PIPELINE.SECRETS.TOKEN", "PIPELINE.SECRETS.READ_TOKEN"),
        ({"vault": '"My.Db".secrets'}, '"My.Db".SECRETS', '"My.Db".SECRETS.TOKEN', '"My.Db".SECRETS.READ_TOKEN'),
        (
            {"secret_name": '"jira-token"'},
            "PIPELINE.SECRETS",
            'PIPELINE.SECRETS."jira-token"',
            'PIPELINE.SECRETS."READ_jira-token"',
        ),
        ({"options": {"function": "get_it"}}, "PIPELINE.SECRETS", "PIPELINE.SECRETS.TOKEN", "PIPELINE.SECRETS.GET_IT"),
        ({"options": {"function": 'a.b."c"'}}, "PIPELINE.SECRETS", "PIPELINE.SECRETS.TOKEN", 'A.B."c"'),
    ],
)
def test_names_are_spelt_as_snowflake_keeps_them(changes: dict[str, Any], schema: str, secret: str, function: str) -> None:
    place = secret_place(of_snowflake(**{"secret_name": "token", **changes}))
    assert (place.schema, place.secret, place.function) == (schema, secret, function)


def snowflake_error(kind: type[Error], errno: int, text: str) -> Error:
    return kind(msg=text, errno=errno, sqlstate="42000")


@pytest.mark.parametrize(
    ("error", "ours", "said"),
    [
        (
            snowflake_error(
                ProgrammingError, 2003, "SQL compilation error:\nIntegration 'X' does not exist or not authorized."
            ),
            SecretNotFound,
            (
                "Snowflake says 002003: SQL compilation error: Integration 'X' does not exist or not authorized. Create the "
                "external access integration, allow the secret in it, and grant USAGE on it."
            ),
        ),
        (
            snowflake_error(
                ProgrammingError, 2140, "SQL compilation error:\nUnknown function PIPELINE.SECRETS.READ_JIRA_API_TOKEN"
            ),
            SecretNotFound,
            "Create the reader function (include/sql/snowflake/reader.sql), and grant USAGE on it.",
        ),
        (
            snowflake_error(ProgrammingError, 2043, "Object does not exist, or operation cannot be performed."),
            SecretNotFound,
            "Check the names and the grants of this role.",
        ),
        (
            snowflake_error(ProgrammingError, 3001, "SQL access control error:\nInsufficient privileges to operate on schema"),
            SecretAccessDenied,
            "Grant what is missing to the role of this connection.",
        ),
        (
            snowflake_error(ProgrammingError, 509009, "External access is not supported for trial accounts."),
            SecretNotUsable,
            "Trial accounts of Snowflake have no external access, which reading needs: use another vault.",
        ),
        (
            snowflake_error(ProgrammingError, 606, "No active warehouse selected in the current session."),
            WrongUse,
            "Add `warehouse` to the definition's `options`, or to the connection.",
        ),
        (
            snowflake_error(ProgrammingError, 630, "Statement reached its statement timeout"),
            SecretBackendUnavailable,
            "Try again later, or with another warehouse.",
        ),
        (
            snowflake_error(DatabaseError, 250001, "Incorrect username or password was specified."),
            SecretAccessDenied,
            "Check the user and how this process signs in to Snowflake.",
        ),
        (
            snowflake_error(OperationalError, 250001, "Could not connect to Snowflake backend."),
            SecretBackendUnavailable,
            "Check the network, then try again later.",
        ),
        (
            snowflake_error(ProgrammingError, 251001, "Account must be specified"),
            WrongUse,
            "Repair the connection's settings.",
        ),
        (
            snowflake_error(InterfaceError, 290404, "404 Not Found: post acme.snowflakecomputing.com"),
            WrongUse,
            "No Snowflake account answers there: check `account`.",
        ),
        (
            snowflake_error(InterfaceError, 290403, "403 Forbidden"),
            SecretAccessDenied,
            "Check the account, its network policy and the proxy.",
        ),
        (
            snowflake_error(DatabaseError, 390144, "JWT token is invalid."),
            SecretAccessDenied,
            "Check how this process signs in to Snowflake.",
        ),
        (
            snowflake_error(ProgrammingError, 1003, "syntax error"),
            SecretError,
            "Check the secret and its reader by hand.",
        ),
    ],
)
def test_every_number_of_snowflake_becomes_the_error_of_its_repair(error: Error, ours: type[SecretError], said: str) -> None:
    told = refused(ours, of_snowflake(), Recorded({"SELECT": error}))
    assert told.startswith(f"{PLACE} could not be read. Snowflake says {error.errno:06d}: ")
    assert told.endswith(f"{said} {WHOSE}")


def test_what_a_reader_function_says_in_its_own_words_is_not_passed_on() -> None:
    error = snowflake_error(
        ProgrammingError, 100357, f"Python Interpreter Error: ValueError: {TOKEN} in function READ with handler read"
    )
    assert refused(SecretNotUsable, of_snowflake(), Recorded({"SELECT": error})) == (
        f"{PLACE} could not be read. Snowflake says 100357. Its reader function failed: is it made for the secret's type? "
        f"Call it by hand to see. {WHOSE}"
    )


CONNECTOR_ERRORS = [
    kind for kind in vars(snowflake.connector.errors).values() if isinstance(kind, type) and issubclass(kind, Error)
]
RETRIED = {
    "BadGatewayError",
    "GatewayTimeoutError",
    "HttpError",
    "InterfaceError",
    "InternalError",
    "InternalServerError",
    "NonRetryableTlsError",
    "OperationalError",
    "OtherHTTPRetryableError",
    "PresignedUrlExpiredError",
    "RequestExceedMaxRetryError",
    "RequestTimeoutError",
    "RevocationCheckError",
    "ServiceUnavailableError",
    "TooManyRequests",
}


@pytest.mark.parametrize("kind", CONNECTOR_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_the_connector_becomes_one_of_ours(kind: type[Error]) -> None:
    error = kind.__new__(kind)
    error.msg = error.raw_msg = "Snowflake's own words"
    error.errno = -1
    ours = refusal(error, of_snowflake(), PLACE)
    assert isinstance(ours, SecretError | WrongUse)
    assert ours.retry is (kind.__name__ in RETRIED)
    assert f"The Snowflake connector says {kind.__name__}: Snowflake's own words." in str(ours)


@pytest.fixture(scope="module")
def fake_snowflake() -> Iterator[dict[str, Any]]:
    """Connection arguments of a fakesnow server whose PIPELINE.SECRETS has READ_JIRA_API_TOKEN, as a function in SQL."""
    with served() as arguments:
        connection = snowflake.connector.connect(**arguments, database="PIPELINE", schema="SECRETS")
        # fakesnow makes the function, and then cannot describe what it did.
        with connection, pytest.raises(ProgrammingError, match="syntax error"):
            connection.cursor().execute(f"CREATE FUNCTION PIPELINE.SECRETS.READ_JIRA_API_TOKEN() RETURNS STRING AS '{TOKEN}'")
        yield arguments


def over(arguments: dict[str, Any]) -> VaultAccess:
    return VaultAccess("fakesnow", snowflake_connection=lambda: snowflake.connector.connect(**arguments))


def test_the_real_connector_reads_a_secret_and_tells_a_missing_reader(fake_snowflake: dict[str, Any]) -> None:
    wanted = of_snowflake(options={"role": "JIRA_SYNC", "warehouse": "COMPUTE_WH"})
    backend = open_backend(wanted, over(fake_snowflake))
    assert backend.fetch(wanted) == TOKEN
    with pytest.raises(SecretNotFound) as caught:
        backend.fetch(of_snowflake("OTHER"))
    # fakesnow's server answers with its own error's text; where logging is on, a missing query's id stands in that.
    assert str(caught.value).replace("002003: None: ", "002003: ") == (
        "The secret PIPELINE.SECRETS.OTHER of Snowflake could not be read. Snowflake says 002003: Catalog Error: Scalar "
        "Function with name read_other does not exist. Create the reader function (include/sql/snowflake/reader.sql), and "
        f"grant USAGE on it. {WHOSE}"
    )


def test_the_connection_comes_from_the_connectors_own_settings_where_none_is_given(
    fake_snowflake: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = [f"{name} = {value!r}" for name, value in fake_snowflake.items() if isinstance(value, str | int)]
    # The text of connections.toml, as the connector takes it from the environment.
    monkeypatch.setenv("SNOWFLAKE_CONNECTIONS", "\n".join(["[staging]", *settings]))
    wanted = of_snowflake(options={"connection_name": "staging"})
    assert open_backend(wanted).fetch(wanted) == TOKEN


def test_an_unknown_connection_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_CONNECTIONS", "[other]\nuser = 'x'\n")
    wanted = of_snowflake(options={"connection_name": "staging"})
    with pytest.raises(WrongUse) as caught:
        open_backend(wanted).fetch(wanted)
    assert str(caught.value) == (
        f"{PLACE} could not be read. The Snowflake connector says Error: Invalid connection_name 'staging', known ones are "
        f"['other']. Repair the connection's settings (connections.toml, or the definition's `options`). {WHOSE}"
    )


def test_a_key_file_that_is_not_there_is_told() -> None:
    wanted = of_snowflake(options={"account": "acme", "user": "bot", "private_key_file": "/nonexistent/key.p8"})
    with pytest.raises(WrongUse) as caught:
        open_backend(wanted).fetch(wanted)
    assert str(caught.value) == (
        "Secret definition `jira-prod`: the settings of its Snowflake connection cannot be used (FileNotFoundError). Check "
        "connections.toml and `private_key_file`."
    )


def test_no_log_holds_the_value(fake_snowflake: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    wanted = of_snowflake()
    backend = open_backend(wanted, over(fake_snowflake))
    everything_logged(caplog, "snowflake", "urllib3", "botocore", "jira_staging")
    caplog.clear()
    assert backend.fetch(wanted) == TOKEN
    ours = [record for record in caplog.records if not record.name.startswith(("fakesnow", "uvicorn"))]
    assert not [record for record in ours if TOKEN in f"{record.getMessage()} {record.args!r}"]
    assert TOKEN not in repr(backend)


def test_resolving_is_quick(fake_snowflake: dict[str, Any]) -> None:
    wanted = of_snowflake(account="bot@example.com")
    assert_quick(wanted, open_backend(wanted, over(fake_snowflake)))


def test_the_sql_that_an_administrator_runs_makes_what_the_backend_asks_for() -> None:
    place = secret_place(of_snowflake())
    reader, temporary, rotation = ((SQL / f"{name}.sql").read_text() for name in ("reader", "temporary_reader", "rotation"))
    assert f"CREATE SECRET {place.secret}\n" in reader
    assert f"CREATE OR REPLACE SECURE FUNCTION {place.function}()\n" in reader
    assert f"GRANT USAGE ON FUNCTION {place.function}() TO ROLE JIRA_SYNC;" in reader
    assert f"GRANT READ, USAGE ON SECRET {place.secret} TO ROLE JIRA_SYNC;" in temporary
    assert f"ALTER SECRET {place.secret} SET\n" in rotation
    assert not re.search(r"^CREATE OR REPLACE SECRET", reader + temporary + rotation, re.MULTILINE)
