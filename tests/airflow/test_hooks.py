"""The hook against the simulated Jira, with connections as Airflow gives them."""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from airflow.sdk._shared.secrets_masker import redact
from deployment import Connect

from jira_staging.errors import ConnectionNotFound, JiraRefusedToken, SecretDefinitionNotFound, WrongUse
from jira_staging.hooks import JiraStagingHook, definition_names, open_staging
from jira_staging.jira_api.options import ConnectionOptions
from simulated_jira import SimulatedJira


def connect_to(jira: SimulatedJira, connect: Connect, **more: object) -> None:
    connect("jira_default", **({"conn_type": "jira_staging", "host": jira.url, "login": jira.email} | more))


def fields_of(jira: SimulatedJira, key: str) -> dict[str, Any]:
    """What Jira itself says of an issue."""
    answer = requests.get(f"{jira.url}/rest/api/3/issue/{key}", auth=(jira.email, jira.token), timeout=5)
    fields: dict[str, Any] = answer.json()["fields"]
    return fields


# Signing in -------------------------------------------------------------------------------------------------------------


def test_the_client_signs_in_with_the_token_of_the_definition(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    connect_to(jira, connect)
    with JiraStagingHook(api_token=nightly).get_conn() as client:
        assert client.sign_in().account_id == jira.account.account_id
    assert [(entry.route, entry.account) for entry in jira.requests] == [("GET /rest/api/3/myself", jira.account.account_id)]


def test_the_definition_may_stand_in_the_connections_extra(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    connect_to(jira, connect, password="no-token-at-all", extra={"definition": nightly})
    hook = JiraStagingHook()
    assert (hook.signs_in_by, hook.test_connection()[0]) == (nightly, True)


def test_the_operators_definition_goes_before_the_connections(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    connect_to(jira, connect, extra={"definition": "there-is-none-of-this-name"})
    hook = JiraStagingHook(api_token=nightly)
    assert (hook.signs_in_by, hook.test_connection()[0]) == (nightly, True)


@pytest.mark.parametrize("conn_type", ["jira_staging", "jira"])
def test_without_a_definition_the_connections_own_password_signs_in(
    jira: SimulatedJira, connect: Connect, conn_type: str
) -> None:
    connect_to(jira, connect, conn_type=conn_type, password=jira.token)
    assert JiraStagingHook().test_connection() == (
        True,
        f"Signed in to {jira.url} as Data Loader by the connection's password. JQL dates are in America/New_York.",
    )


def test_a_definitions_account_wins_over_the_connections_login(
    jira: SimulatedJira, connect: Connect, definitions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTLY_JIRA_TOKEN", jira.token)
    (definitions / "own.yaml").write_text(
        f"name: own\nbackend: environment\nsecret_name: NIGHTLY_JIRA_TOKEN\naccount: {jira.email}\n"
    )
    connect_to(jira, connect, login="somebody.else@example.com")
    assert JiraStagingHook(api_token="own").test_connection()[0] is True


def test_a_token_is_masked_in_every_spelling_before_it_is_sent(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    connect_to(jira, connect)
    pair = base64.b64encode(f"{jira.email}:{jira.token}".encode()).decode()
    assert redact(f"{jira.token} {pair}") == f"{jira.token} {pair}"
    with JiraStagingHook(api_token=nightly).get_conn() as client:
        client.sign_in()
    assert redact(f"token {jira.token}, header Basic {pair}") == "token ***, header Basic ***"
    assert redact(f"signed in by {nightly}") == "signed in by nightly"


def test_a_renewed_token_is_masked_too(
    jira: SimulatedJira, connect: Connect, nightly: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect_to(jira, connect)
    with JiraStagingHook(api_token=nightly).get_conn() as client:
        client.sign_in()
        monkeypatch.setenv("NIGHTLY_JIRA_TOKEN", jira.rotate_token())
        client.get("/rest/api/3/field")
    assert redact(f"the new one is {jira.token}") == "the new one is ***"


# The Test button ---------------------------------------------------------------------------------------------------------


def test_a_refused_token_is_told_by_the_test_button_without_the_token(
    jira: SimulatedJira, connect: Connect, nightly: str
) -> None:
    connect_to(jira, connect)
    jira.revoke_token()
    worked, message = JiraStagingHook(api_token=nightly).test_connection()
    assert worked is False
    assert "`nightly`" in message
    assert jira.token not in message


def test_an_unknown_definition_is_told_with_the_ones_that_exist(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    connect_to(jira, connect)
    worked, message = JiraStagingHook(api_token="nihgtly").test_connection()
    assert worked is False
    assert message.startswith("No secret definition is called `nihgtly`. Looked in ")
    assert "which has `nightly`" in message
    assert message.endswith("Did you mean `nightly`?")
    with pytest.raises(SecretDefinitionNotFound):
        JiraStagingHook(api_token="nihgtly").get_conn()


def test_a_connection_without_a_site_says_where_to_write_it(connect: Connect, nightly: str) -> None:
    connect("jira_default", conn_type="jira_staging", login="someone@example.com")
    message = "The connection `jira_default` has no site. Write it into the host: `https://your-company.atlassian.net`."
    assert JiraStagingHook(api_token=nightly).test_connection() == (False, message)
    with pytest.raises(WrongUse, match="has no site"):
        JiraStagingHook(api_token=nightly).get_conn()


def test_a_staging_database_is_not_taken_for_a_site(connect: Connect) -> None:
    connect("jira_default", conn_type="duckdb", host="/data/jira.duckdb")
    with pytest.raises(WrongUse, match="`jira_default` is of type `duckdb`, a database for staging tables"):
        JiraStagingHook().get_conn()


def test_a_connection_that_nobody_defined_is_told(nightly: str) -> None:
    is_fine, words = JiraStagingHook("nowhere", nightly).test_connection()
    assert not is_fine
    assert words.startswith(
        "Airflow finds no connection `nowhere` (`jira_conn_id`): make it (`airflow connections add nowhere …`)"
    )
    with pytest.raises(ConnectionNotFound, match="nowhere"):
        JiraStagingHook("nowhere", nightly).get_conn()


def test_an_address_where_no_jira_answers_is_told(connect: Connect, nightly: str) -> None:
    connect("jira_default", conn_type="jira_staging", host="http://10.0.0.1", login="someone@example.com")
    worked, message = JiraStagingHook(api_token=nightly).test_connection()
    assert worked is False
    assert "10.0.0.1" in message


@pytest.mark.parametrize(
    ("connection", "site"),
    [
        ({"host": "https://acme.atlassian.net"}, "https://acme.atlassian.net"),
        ({"host": "acme.atlassian.net"}, "acme.atlassian.net"),
        ({"host": "jira.acme.example", "port": 8443}, "jira.acme.example:8443"),
        ({"host": "https://jira.acme.example/jira", "port": 8443}, "https://jira.acme.example:8443/jira"),
        ({"conn_type": "https", "host": "acme.atlassian.net"}, "https://acme.atlassian.net"),
        ({"conn_type": "http", "host": "127.0.0.1", "port": 8080}, "http://127.0.0.1:8080"),
        ({"conn_type": "jira", "host": "acme.atlassian.net"}, "acme.atlassian.net"),
    ],
)
def test_a_site_is_read_from_host_port_and_type(connect: Connect, connection: dict[str, object], site: str) -> None:
    connect("jira_default", **({"conn_type": "jira_staging"} | connection))
    assert JiraStagingHook().site == site


def test_a_connection_may_be_an_address_in_the_environment(
    jira: SimulatedJira, nightly: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = jira.email.replace("@", "%40")
    monkeypatch.setenv("AIRFLOW_CONN_JIRA_DEFAULT", jira.url.replace("://", f"://{login}@"))
    assert JiraStagingHook(api_token=nightly).test_connection()[0] is True


# What else a connection says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "at_once"),
    [(None, ConnectionOptions.most_at_once), ("", ConnectionOptions.most_at_once), (3, 3), ("3", 3), (32, 32)],
)
def test_a_connection_may_bound_the_requests_at_once(
    jira: SimulatedJira, connect: Connect, nightly: str, given: object, at_once: int
) -> None:
    connect_to(jira, connect, extra={"concurrency": given})
    assert JiraStagingHook(api_token=nightly).get_conn().options.most_at_once == at_once


@pytest.mark.parametrize("given", ["many", -1, 33, 1.5, True])
def test_requests_at_once_that_are_no_small_number_are_refused(
    jira: SimulatedJira, connect: Connect, nightly: str, given: object
) -> None:
    connect_to(jira, connect, extra={"concurrency": given})
    with pytest.raises(WrongUse, match=r"`jira_default` has `.+` for its requests at once .* a number from 1 to 32"):
        JiraStagingHook(api_token=nightly).get_conn()


@pytest.mark.parametrize("extra", ['{"definition": "nightly"', '["nightly"]', "nightly"])
def test_an_extra_that_is_no_json_object_is_refused(jira: SimulatedJira, connect: Connect, extra: str) -> None:
    connect_to(jira, connect, extra=extra, password=jira.token)
    with pytest.raises(WrongUse, match="extra of the connection `jira_default` is not a JSON object"):
        JiraStagingHook().get_conn()


def test_only_the_deployment_allows_private_sites_never_the_connection(
    connect: Connect, nightly: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect("jira_default", conn_type="jira_staging", host="https://10.0.0.1", extra={"allowed_private_sites": "10.0.0.1"})
    assert JiraStagingHook(api_token=nightly).get_conn().options.allowed_private_sites == ()
    monkeypatch.setenv("AIRFLOW__JIRA_STAGING__ALLOWED_PRIVATE_SITES", "10.0.0.1, jira.corp.example:8443")
    monkeypatch.setenv("AIRFLOW__JIRA_STAGING__CLIENT_CERTIFICATE", "/certs/jira.pem")
    monkeypatch.setenv("AIRFLOW__JIRA_STAGING__ALLOWED_HTTP_SITES", "simulator")
    options = JiraStagingHook(api_token=nightly).get_conn().options
    assert options.allowed_private_sites == ("10.0.0.1", "jira.corp.example:8443")
    assert options.client_certificate == "/certs/jira.pem"
    assert options.allowed_http_sites == ("simulator",)


def test_a_token_near_its_last_day_is_warned_of(
    jira: SimulatedJira, connect: Connect, nightly: str, definitions: Path, caplog: pytest.LogCaptureFixture
) -> None:
    connect_to(jira, connect)
    with (definitions / "nightly.yaml").open("a") as file:
        file.write("expires_on: 2020-01-31\n")
    JiraStagingHook(api_token=nightly).get_conn()
    (warning,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert warning.startswith("The API token of secret definition `nightly` expired on 2020-01-31, as its definition says:")


def test_the_drop_down_offers_what_can_be_read_and_a_broken_file_breaks_no_dag(definitions: Path) -> None:
    assert definition_names() == []
    (definitions / "b.yaml").write_text("name: beta\nbackend: environment\nsecret_name: B\n")
    (definitions / "a.yml").write_text("name: alpha\nproject: finance\nbackend: environment\nsecret_name: A\n")
    (definitions / "broken.yaml").write_text("name: [")
    (definitions / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    assert definition_names() == ["beta", "finance/alpha"]


# Frames ------------------------------------------------------------------------------------------------------------------


def test_a_frame_has_the_asked_fields_typed_as_the_staging_table(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    connect_to(jira, connect)
    fields = ["summary", "created_at", "due_date", "parent_id", "Story Points", "customfield_10020"]
    frame = JiraStagingHook(api_token=nightly).get_df("project = PAY", fields)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "id": "Int64",
        "key": "str",
        "summary": "str",
        "created_at": "datetime64[us, UTC]",
        "due_date": "datetime64[ms]",
        "parent_id": "Int64",
        "Story Points": "float64",
        "Sprint": "str",
    }
    keys = [f"PAY-{number}" for number in range(1, 21)]
    assert list(frame["key"]) == keys
    points = next(field.id for field in jira.site.fields if field.name == "Story Points")
    without_na = frame.astype(object).where(frame.notna(), None)
    for row in without_na.to_dict("records"):
        fields_there = fields_of(jira, row["key"])
        parent, due, sprints = (fields_there.get(name) for name in ("parent", "duedate", "customfield_10020"))
        row["Sprint"] = row["Sprint"] and json.loads(row["Sprint"])
        assert row == {
            "id": 10_000 + keys.index(row["key"]) + 1,
            "key": row["key"],
            "summary": fields_there["summary"],
            "created_at": datetime.fromisoformat(fields_there["created"]),
            "due_date": datetime.fromisoformat(due) if due else None,
            "parent_id": int(parent["id"]) if parent else None,
            "Story Points": fields_there[points],
            "Sprint": sprints,
        }


def test_a_frame_without_fields_has_all_of_them_under_their_names(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    connect_to(jira, connect)
    frame = JiraStagingHook(api_token=nightly).get_df("key = AND-3")
    assert len(frame) == 1
    custom = {field.name for field in jira.site.fields if field.custom}
    assert custom <= set(frame.columns)
    assert {"id", "key", "project_id", "status_id", "description", "watchers"} <= set(frame.columns)


def test_only_the_fields_that_a_frame_needs_are_asked_for(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    connect_to(jira, connect)
    hook, sent = JiraStagingHook(api_token=nightly), {}
    for fields in ((), ("summary", "epic_id")):
        jira.requests.clear()
        frame = hook.get_df("project = PAY", fields)
        sent[fields] = sum(told.bytes_sent for told in jira.requests if told.route.endswith("/issue/bulkfetch"))
        assert frame["summary"].notna().all()
        assert frame["epic_id"].notna().any()
    assert sent["summary", "epic_id"] < sent[()] / 4


def test_one_field_may_stand_alone(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    connect_to(jira, connect)
    frame = JiraStagingHook(api_token=nightly).get_df("key = AND-3", "Story Points")
    assert list(frame.columns) == ["id", "key", "Story Points"]


def test_a_frame_of_no_issues_has_the_same_types(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    connect_to(jira, connect)
    hook = JiraStagingHook(api_token=nightly)
    for fields in ((), ("summary", "due_date", "Story Points")):
        some, none = hook.get_df("project = PAY", fields), hook.get_df("project = PAY AND summary ~ nowhere", fields)
        assert len(none) == 0
        assert some.dtypes.to_dict() == none.dtypes.to_dict()


def test_a_field_that_the_site_does_not_have_is_refused(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    connect_to(jira, connect)
    with pytest.raises(WrongUse, match=r"`Story Pints`, but the site has no field of that id or name\. Did you mean"):
        JiraStagingHook(api_token=nightly).get_df("project = PAY", ["Story Pints"])
    with pytest.raises(WrongUse, match="`Labels` is a field of the site, but no column of `issue` and no custom field"):
        JiraStagingHook(api_token=nightly).get_df("project = PAY", ["Labels"])


def test_a_dead_token_gives_no_empty_frame(jira: SimulatedJira, connect: Connect, nightly: str) -> None:
    connect_to(jira, connect)
    jira.revoke_token()
    with pytest.raises(JiraRefusedToken):
        JiraStagingHook(api_token=nightly).get_df("project = PAY")


@pytest.mark.parametrize("jql", [None, " "])
def test_a_frame_needs_a_jql(jira: SimulatedJira, connect: Connect, nightly: str, jql: Any) -> None:
    connect_to(jira, connect)
    with pytest.raises(WrongUse, match="`get_df` needs a JQL"):
        JiraStagingHook(api_token=nightly).get_df(jql)


# The staging database ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [None, "", " ", "None"])
def test_a_staging_database_without_a_name_is_wrong_use(nothing: Any) -> None:
    with pytest.raises(WrongUse, match="`staging_conn_id` is empty"):
        open_staging(nothing, "jira")
    with pytest.raises(WrongUse, match="`staging_schema` is empty"):
        open_staging("jira_staging", nothing)


def test_an_object_store_behind_a_connection_that_nobody_defined_is_told() -> None:
    with pytest.raises(ConnectionNotFound, match="nobodys_store"):
        open_staging("s3://nobodys_store@bucket/jira", "jira")


def test_a_connection_of_another_type_cannot_hold_staging_tables(connect: Connect) -> None:
    connect("jira_staging", conn_type="mysql", host="db.acme.example")
    with pytest.raises(WrongUse, match="`jira_staging` is of type `mysql`, which cannot hold staging tables"):
        open_staging("jira_staging", "jira")
