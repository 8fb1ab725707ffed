"""The API for secret definitions in a real API server: who may, what it takes and answers, and that nothing holds a token."""

import re
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_server import ApiServer

from demo.airflow_runs import PROJECT, AirflowHome

TOKEN = "ATATT3xFfGF0invented-token-of-nobody-0123456789=AB12CD34"
NEWER_TOKEN = "ATATT3xFfGF0invented-newer-token-of-nobody-6789=EF56"
ROOT = "/jira-staging/v1/projects"
PROBLEM = {"detail", "instance", "status", "title", "type", "violations"}


@pytest.fixture(scope="module")
def server(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """One API server for this file, with one definition that is a file."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "airflow.db").write_bytes((migrated / "airflow.db").read_bytes())
    files = folder / "definitions"
    files.mkdir()
    (files / "in_git.yaml").write_text("name: in_git\nbackend: environment\nsecret_name: JIRA_API_TOKEN\n")
    settings = {"AIRFLOW__JIRA_STAGING__DEFINITIONS_FOLDER": str(files)}
    with ApiServer(AirflowHome(folder, {}), settings) as running:
        yield running


def path(project: str, name: str = "") -> str:
    return f"{ROOT}/{project}/secret-references" + (f"/{name}" if name else "")


def create(server: ApiServer, project: str, name: str, **body: Any) -> dict[str, Any]:
    """A definition made by the API, in a project of the test's own."""
    answer = server.ask("POST", path(project, name), json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def refused(answer: Any, status: int) -> str:
    """The words of an error, which has the shape that Matillion's clients know."""
    problem = answer.json()
    assert answer.status_code == status, answer.text
    assert set(problem) == PROBLEM
    assert problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    return str(problem["detail"])


# Who may ---------------------------------------------------------------------------------------------------------------------


def routes() -> list[tuple[str, str]]:
    """Method and path of everything that the app serves, with names in place of what varies."""
    from fastapi.routing import APIRoute

    from jira_staging.web.app import create_app

    found = []
    for route in create_app().routes:
        assert isinstance(route, APIRoute), f"{route} is none of the API's own routes: is it protected?"
        filled = route.path.replace("{projectId}", "anyone").replace("{secretReferenceName}", "anything")
        filled = filled.replace("{fileName}", "page.css")
        found += [(method, f"/jira-staging{filled}") for method in sorted(route.methods)]
    return found


def test_every_route_needs_the_right_to_edit_connections(server: ApiServer) -> None:
    all_routes = routes()
    assert len(all_routes) == 20
    for method, where in all_routes:
        assert refused(server.ask(method, where, None, json={}), 401) == "Not authenticated"
        for user in ("viewer", "user"):
            said = refused(server.ask(method, where, user, json={}), 403)
            assert said == "This needs the right to create, edit and delete connections in Airflow."
        for user in ("op", "admin"):
            assert server.ask(method, where, user, json={}).status_code in (200, 400, 404)


FORMS = [
    {"data": {"agentType": "AWS", "secretName": "x"}},
    {"data": '{"agentType": "AWS", "secretName": "x"}', "headers": {"Content-Type": "text/plain"}},
    {"data": b'{"agentType": "AWS", "secretName": "x"}'},
    {"files": {"agentType": (None, "AWS"), "secretName": (None, "x")}},
    {"json": {"agentType": "AWS", "secretName": "x"}, "headers": {"Sec-Fetch-Site": "cross-site"}},
    {"json": {"agentType": "AWS", "secretName": "x"}, "headers": {"Sec-Fetch-Site": "same-site"}},
    # Browsers send the user and password of an address by themselves, and Airflow then takes the cookie.
    {"data": b'{"agentType": "AWS", "secretName": "x"}', "auth": ("anybody", "anything")},
]


def test_no_other_sites_page_changes_anything_in_a_users_name(server: ApiServer) -> None:
    changing = [(method, where) for method, where in routes() if method != "GET"]
    assert len(changing) == 6
    for method, where in changing:
        for form in FORMS[-3:] if method == "DELETE" else FORMS:
            foreign = form | {"headers": {"Sec-Fetch-Site": "cross-site"}} if method == "DELETE" else form
            refused(server.ask_by_cookie(method, where, **foreign), 403)
    made, body = path("own_page", "jira"), {"agentType": "AWS", "secretName": "x"}
    by_the_page = {"Sec-Fetch-Site": "same-origin"}
    assert server.ask_by_cookie("POST", made, json=body, headers=by_the_page).status_code == 201
    assert server.ask_by_cookie("DELETE", made, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert server.ask_by_cookie("DELETE", made, headers=by_the_page).status_code == 204


def test_no_answer_lets_a_script_run_or_is_kept(server: ApiServer) -> None:
    for method, where in [*routes(), ("GET", "/jira-staging/nothing"), ("GET", "/jira-staging/openapi.json")]:
        for user in ("admin", "viewer", None):
            answer = server.ask(method, where, user, json={})
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; "), where
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] in ("no-store", "no-cache"), where


def test_a_description_with_a_script_is_given_back_as_text_of_a_json(server: ApiServer) -> None:
    script = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    create(server, "scripts", "jira", agentType="AWS", secretName="x", description=script)
    answer = server.ask("GET", path("scripts", "jira"), headers={"Accept": "text/html"})
    assert (answer.headers["content-type"], answer.json()["description"]) == ("application/json", script)
    unknown = server.ask("GET", "/jira-staging/<script>alert(1)</script>", headers={"Accept": "text/html"})
    assert unknown.status_code == 404
    assert "<script>" not in unknown.text


def test_an_invented_or_foreign_token_is_nobody(server: ApiServer) -> None:
    for authorization in ("Bearer nonsense", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", "Basic YWRtaW46YWRtaW4="):
        answer = server.ask("GET", path("default"), None, headers={"Authorization": authorization})
        assert answer.status_code in (401, 403)


def test_no_page_tells_strangers_which_routes_there_are(server: ApiServer) -> None:
    for page in ("docs", "redoc", "openapi.json"):
        refused(server.ask("GET", f"/jira-staging/{page}", None), 404)


# Create ----------------------------------------------------------------------------------------------------------------------


def test_the_body_that_matillion_documents_makes_a_definition(server: ApiServer) -> None:
    made = create(
        server,
        "documented",
        "jira",
        agentId="3fa85f64-5717-4562-b3fc-2c963f66afa6",
        agentType="AWS",
        secretReferenceType="PASSWORD",
        secretName="aws-secret-name",
        description="My secret reference",
        secretKey="aws-secret-key",
    )
    assert made == {
        "name": "jira",
        "projectId": "documented",
        "description": "My secret reference",
        "secretReferenceType": "PASSWORD",
        "vaultType": "AWS",
        "vaultName": None,
        "vaultSecretName": "aws-secret-name",
        "vaultSecretKey": "aws-secret-key",
        "kind": "api_token",
        "account": None,
        "expiresOn": None,
        "vaultConnectionId": None,
        "options": {},
        "keptIn": "Airflow's Variable `jira_staging.definition.documented.jira`",
        "readOnly": False,
    }
    assert server.ask("GET", path("documented", "jira")).json() == made


@pytest.mark.parametrize(
    ("name", "body", "shown"),
    [
        (
            "azure",
            {"agentType": "Azure", "vaultName": "[Default]", "secretName": "jira-api-token", "options": {"sign_in": "default"}},
            {"vaultType": "Azure", "vaultName": "[Default]", "vaultSecretName": "jira-api-token"},
        ),
        (
            "snowflake",
            {"agentType": "Snowflake", "vaultName": "PIPELINE.SECRETS", "secretName": "JIRA", "vaultConnectionId": "snow"},
            {"vaultType": "Snowflake", "vaultName": "PIPELINE.SECRETS", "vaultConnectionId": "snow"},
        ),
        (
            "connection",
            {"agentType": "Airflow", "secretName": "jira_of_someone", "kind": "personal_access_token"},
            {"vaultType": "Airflow", "vaultSecretName": "jira_of_someone", "kind": "personal_access_token"},
        ),
    ],
)
def test_every_vault_takes_references(server: ApiServer, name: str, body: dict[str, Any], shown: dict[str, Any]) -> None:
    made = create(server, "vaults", name, **body)
    assert {key: made[key] for key in shown} == shown


@pytest.mark.parametrize("agent_type", ["Airflow", "Matillion hosted"])
def test_a_token_given_to_airflow_is_encrypted_and_never_shown_again(server: ApiServer, agent_type: str) -> None:
    name = f"managed_{len(agent_type)}"
    made = create(server, "managed", name, agentType=agent_type, secretValue=f" {TOKEN}\n", account="bot@example.com")
    assert made["vaultSecretName"] == f"jira_staging.managed.{name}"
    shown = [
        server.ask("GET", path("managed", name)).text,
        server.ask("GET", path("managed")).text,
        server.ask("GET", f"/api/v2/connections/jira_staging.managed.{name}").text,
        server.ask("GET", "/api/v2/eventLogs", params={"limit": 1000}).text,
        server.log.read_text(),
    ]
    assert TOKEN not in "".join([str(made), *shown])
    with sqlite3.connect(server.home.folder / "airflow.db") as database:
        kept = database.execute("SELECT password, is_encrypted FROM connection WHERE conn_id LIKE 'jira_staging.managed.%'")
        assert all(encrypted and TOKEN not in password for password, encrypted in kept)
    assert TOKEN.encode() not in (server.home.folder / "airflow.db").read_bytes()


def test_a_name_is_given_once(server: ApiServer) -> None:
    create(server, "once", "jira", agentType="AWS", secretName="first")
    said = refused(server.ask("POST", path("once", "jira"), json={"agentType": "AWS", "secretName": "second"}), 409)
    assert said == (
        "Airflow's Variables hold this definition already: `once/jira`. Choose another name, or delete that one first."
    )
    assert server.ask("GET", path("once", "jira")).json()["vaultSecretName"] == "first"
    create(server, "twice", "jira", agentType="AWS", secretName="second")


def test_the_name_of_a_file_is_taken(server: ApiServer) -> None:
    said = refused(server.ask("POST", path("default", "in_git"), json={"agentType": "AWS", "secretName": "x"}), 409)
    assert "`in_git` exists already, in" in said
    refused(server.ask("DELETE", path("default", "in_git")), 409)
    assert server.ask("GET", path("default", "in_git")).json()["readOnly"] is True


WRONG: list[tuple[dict[str, Any], list[dict[str, str]], str]] = [
    ({}, [{"field": "body.agentType", "message": "Field required"}], ""),
    (
        {"agentType": "Vault", "secretName": "x"},
        [
            {
                "field": "body.agentType",
                "message": "Input should be 'AWS', 'Azure', 'Snowflake', 'Airflow' or 'Matillion hosted'",
            }
        ],
        "",
    ),
    (
        {"agentType": "AWS", "secretName": "x", "token": TOKEN, TOKEN: "x"},
        [
            {"field": "body.token", "message": "Extra inputs are not permitted"},
            {"field": "body.?", "message": "Extra inputs are not permitted"},
        ],
        "",
    ),
    (
        {"agentType": "AWS", "secretName": "x", "description": "d" * 257},
        [{"field": "body.description", "message": "String should have at most 256 characters"}],
        "",
    ),
    ({"agentType": "AWS"}, [], "`secret_name` is missing"),
    ({"agentType": "AWS", "secretName": TOKEN}, [], "holds an API token itself"),
    ({"agentType": "AWS", "secretName": "x", "vaultName": "v"}, [], "the backend `aws_secrets_manager` has no `vault`"),
    ({"agentType": "AWS", "secretName": "x", "secretValue": TOKEN}, [], "is for a token that Airflow keeps itself"),
    ({"agentType": "AWS", "secretName": "x", "options": {"regoin": "x"}}, [], "Did you mean `region`?"),
    ({"agentType": "Snowflake", "secretName": "x"}, [], "needs `database` and `schema`"),
    ({"agentType": "Snowflake", "secretName": "x;--", "vaultName": "A.B"}, [], "is no name of a Snowflake object"),
    ({"agentType": "Airflow", "secretValue": "two words"}, [], "has white space inside"),
    ({"agentType": "Airflow", "secretValue": TOKEN, "kind": "oauth_client"}, [], "must be JSON with the texts"),
    ({"agentType": "Airflow", "secretValue": f"bot@example.com:{TOKEN}"}, [], "holds `account:token`"),
]


@pytest.mark.parametrize(("body", "violations", "words"), WRONG)
def test_a_wrong_body_is_refused_without_being_repeated(
    server: ApiServer, body: dict[str, Any], violations: list[dict[str, str]], words: str
) -> None:
    answer = server.ask("POST", path("wrong", "jira"), json=body)
    assert words in refused(answer, 400)
    assert answer.json()["violations"] == violations
    assert TOKEN not in answer.text
    assert "two words" not in answer.text
    assert server.ask("GET", path("wrong")).json()["total"] == 0


def test_a_body_that_is_no_json_or_too_large_is_refused(server: ApiServer) -> None:
    as_json = {"content-type": "application/json"}
    refused(server.ask("POST", path("wrong", "jira"), data=b"{", headers=as_json), 400)
    refused(server.ask("POST", path("wrong", "jira"), data=b'{"agentType": "AWS", "secretName": "x"}'), 400)
    said = "The body is larger than 65536 bytes."
    assert refused(server.ask("POST", path("wrong", "jira"), data=b" " * 70_000, headers=as_json), 413) == said
    in_pieces = server.ask("POST", path("wrong", "jira"), data=iter([b" " * 40_000] * 2), headers=as_json)
    assert refused(in_pieces, 413) == said


def test_a_name_that_is_none_is_refused(server: ApiServer) -> None:
    for name in ("a.b", "a%20b", "%2e%2e", "x" * 129):
        answer = server.ask("POST", path("names", name), json={"agentType": "AWS", "secretName": "x"})
        assert answer.status_code in (400, 404), name
    too_long = server.ask("POST", path("p" * 128, "n" * 128), json={"agentType": "AWS", "secretName": "x"})
    assert "the most for which Airflow has room" in refused(too_long, 400)


# List, copy, delete, rotate --------------------------------------------------------------------------------------------------


def test_a_list_is_paged_and_filtered(server: ApiServer) -> None:
    for number in range(3):
        create(server, "listed", f"aws_{number}", agentType="AWS", secretName="x")
    create(server, "listed", "azure", agentType="Azure", vaultName="acme-vault", secretName="x")

    def listed(**params: Any) -> tuple[int, list[str]]:
        answer = server.ask("GET", path("listed"), params=params).json()
        assert set(answer) == {"page", "size", "total", "results", "problems"}
        return answer["total"], [reference["name"] for reference in answer["results"]]

    assert listed() == (4, ["aws_0", "aws_1", "aws_2", "azure"])
    assert listed(page=1, size=3) == (4, ["azure"])
    assert listed(page=9) == (4, [])
    assert listed(providers="Azure") == (1, ["azure"])
    assert listed(providers=["Azure", "AWS"], size=1) == (4, ["aws_0"])
    assert listed(secretReferenceTypes="PASSWORD")[0] == 4
    assert listed(secretReferenceTypes="SSH_KEY") == (0, [])
    for wrong in ({"page": -1}, {"size": 0}, {"size": 1001}, {"providers": "Vault"}):
        refused(server.ask("GET", path("listed"), params=wrong), 400)


def test_copying_moves_references_and_never_values(server: ApiServer) -> None:
    create(server, "source", "aws", agentType="AWS", secretName="prod/jira", account="bot@example.com")
    create(server, "source", "managed", agentType="Airflow", secretValue=TOKEN)
    wanted = {"sourceProjectId": "source", "secretReferenceNames": ["aws", "managed"]}
    copied = server.ask("POST", path("target"), json=wanted)
    assert copied.status_code == 201
    assert [(one["projectId"], one["name"], one["vaultSecretName"]) for one in copied.json()] == [
        ("target", "aws", "prod/jira"),
        ("target", "managed", "jira_staging.source.managed"),
    ]
    assert server.ask("GET", "/api/v2/connections/jira_staging.target.managed").status_code == 404
    # A second time: all or none.
    create(server, "source", "third", agentType="AWS", secretName="x")
    again = server.ask("POST", path("target"), json={**wanted, "secretReferenceNames": ["third", "aws"]})
    assert "`target/aws`" in refused(again, 409)
    refused(server.ask("GET", path("target", "third")), 404)
    missing = server.ask("POST", path("target"), json={**wanted, "secretReferenceNames": ["thrid"]})
    assert "Did you mean `third`?" in refused(missing, 404)


def test_a_token_in_airflow_is_deleted_with_the_last_definition_that_points_to_it(server: ApiServer) -> None:
    create(server, "mother", "jira", agentType="Airflow", secretValue=TOKEN)
    copy = {"sourceProjectId": "mother", "secretReferenceNames": ["jira"]}
    assert server.ask("POST", path("child"), json=copy).status_code == 201
    connection = "/api/v2/connections/jira_staging.mother.jira"
    assert server.ask("DELETE", path("mother", "jira")).status_code == 204
    assert server.ask("GET", connection).status_code == 200
    assert server.ask("DELETE", path("child", "jira")).status_code == 204
    assert server.ask("GET", connection).status_code == 404
    refused(server.ask("DELETE", path("child", "jira")), 404)


def test_a_new_token_is_stored_without_touching_anything_else(server: ApiServer) -> None:
    create(server, "rotated", "jira", agentType="Airflow", secretValue=TOKEN, expiresOn="2026-12-01")
    new = {"secretValue": NEWER_TOKEN, "expiresOn": "2027-12-01"}
    answer = server.ask("PUT", f"{path('rotated', 'jira')}/secret-value", json=new)
    assert (answer.status_code, answer.text) == (204, "")
    assert server.ask("GET", path("rotated", "jira")).json()["expiresOn"] == "2027-12-01"
    create(server, "rotated", "aws", agentType="AWS", secretName="prod/jira")
    elsewhere = server.ask("PUT", f"{path('rotated', 'aws')}/secret-value", json=new)
    assert "lies in `aws_secrets_manager`" in refused(elsewhere, 400)
    read = subprocess.run(
        [server.home.python, "-c", READ_BACK], env=server.environment(), capture_output=True, text=True, timeout=120, check=True
    )
    assert read.stdout.strip().splitlines()[-1] == NEWER_TOKEN


# As a process of Airflow's reads it, with the Fernet key.
READ_BACK = """
import os
os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
from airflow.sdk import BaseHook
print(BaseHook.get_connection("jira_staging.rotated.jira").password)
"""


def test_who_did_what_stands_in_airflows_audit_log(server: ApiServer) -> None:
    create(server, "audited", "jira", agentType="Airflow", secretValue=TOKEN)
    server.ask("DELETE", path("audited", "jira"), "op")
    events = server.ask("GET", "/api/v2/eventLogs", params={"limit": 1000}).json()["event_logs"]
    ours = [(event["event"], event["owner"], event["extra"]) for event in events if "audited/jira" in (event["extra"] or "")]
    assert ours == [
        ("jira_staging.create_definition", "admin", '{"definition": "audited/jira", "backend": "airflow"}'),
        ("jira_staging.delete_definition", "op", '{"definition": "audited/jira", "backend": "airflow"}'),
    ]


# The drop-down ---------------------------------------------------------------------------------------------------------------


def test_a_new_definition_is_in_the_dags_drop_down_at_the_next_parse(server: ApiServer) -> None:
    create(server, "default", "jira_api_token_of_the_drop_down", agentType="AWS", secretName="x")
    create(server, "shown", "jira", agentType="AWS", secretName="x")
    parsed = subprocess.run(
        [server.home.python, "-m", "airflow", "dag-processor", "--num-runs", "1"],
        env=server.environment() | {"AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags")},
        cwd=server.home.folder,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    details = server.ask("GET", "/api/v2/dags/jira_nightly_sync/details")
    assert details.status_code == 200, parsed.stdout[-3000:] + parsed.stderr[-3000:]
    offered = details.json()["params"]["api_token"]["schema"]["examples"]
    assert {"in_git", "jira_api_token_of_the_drop_down", "shown/jira"} <= set(offered)
    assert all(re.fullmatch(r"([\w()-]+/)?[\w()-]+", name) for name in offered)


def test_no_log_of_the_server_holds_a_token(server: ApiServer) -> None:
    written = b"".join(file.read_bytes() for file in server.home.folder.rglob("*") if file.is_file())
    assert TOKEN.encode() not in written
    assert NEWER_TOKEN.encode() not in written


def test_a_user_who_asks_without_end_is_told_to_wait(server: ApiServer) -> None:
    """The last test: this user's minute is spent. Everybody else is answered."""
    statuses = [server.ask("PUT", path("rate", "nothing"), "op", json={}).status_code for _ in range(140)]
    assert set(statuses) == {400, 429}
    told = server.ask("PUT", path("rate", "nothing"), "op", json={})
    assert refused(told, 429) == "These are more than 120 requests within a minute."
    assert 1 <= int(told.headers["retry-after"]) <= 61
    assert server.ask("GET", path("rate")).status_code == 200
