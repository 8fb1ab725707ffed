"""docker-compose.yaml, its env files and the Dockerfile: by the specification, by a linter, and what they may not hold."""

import json
import re
import subprocess
import sys
from base64 import urlsafe_b64decode
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from compose_file import COMPOSE_FILE, PROJECT, VARIABLE, ComposeFile, MissingVariable, variables_of
from jira_staging.secret_definitions.yaml_files import read_definition

DEMO = variables_of(PROJECT / "demo.env")
EXAMPLE = variables_of(PROJECT / ".env.example")
OF_THE_DEMO = {"demo-jira", "demo-secret", "demo-vault"}
INVENTED = {name: f"invented{number}" for number, name in enumerate(EXAMPLE)}


@pytest.fixture(scope="module")
def demo() -> ComposeFile:
    return ComposeFile.read(DEMO)


@pytest.fixture(scope="module")
def production() -> ComposeFile:
    return ComposeFile.read(INVENTED)


def test_the_file_is_one_by_the_compose_specification(demo: ComposeFile, production: ComposeFile) -> None:
    schema = json.loads(files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text())
    for content in (demo.content, production.content, yaml.safe_load(COMPOSE_FILE.read_text())):
        jsonschema.validate(content, schema)


def test_every_secret_must_be_given_and_is_named_where_it_is_missing() -> None:
    needed = {found["name"] for found in VARIABLE.finditer(COMPOSE_FILE.read_text()) if found["kind"] == "?"}
    assert {name for name in EXAMPLE if name.endswith(("PASSWORD", "SECRET", "KEY"))} <= needed
    for name in needed:
        with pytest.raises(MissingVariable, match=name):
            ComposeFile.read({**INVENTED, name: ""})


def test_the_example_gives_no_secret_and_names_every_variable_but_the_demos() -> None:
    used = {found["name"] for found in VARIABLE.finditer(COMPOSE_FILE.read_text()) if found["name"]}
    assert {name for name in used if not name.startswith("DEMO_")} == set(EXAMPLE)
    assert used <= DEMO.keys() | {"JIRA_POOL_SLOTS", "WORKER_CONCURRENCY"}
    assert {name for name, value in EXAMPLE.items() if value} == {"JIRA_SITE", "JIRA_POOL_SLOTS", "WORKER_CONCURRENCY"}
    assert ".env" in (PROJECT / ".gitignore").read_text().splitlines()


def test_the_demo_and_its_words_are_in_its_profile_alone(demo: ComposeFile, production: ComposeFile) -> None:
    assert {name for name, service in production.services.items() if "profiles" in service} == OF_THE_DEMO
    written = COMPOSE_FILE.read_text()
    for name, value in DEMO.items():
        if name.endswith(("PASSWORD", "SECRET", "KEY", "TOKEN")):
            assert value not in written, name
    sites = "AIRFLOW__JIRA_STAGING__ALLOWED_HTTP_SITES"
    assert demo.environment("airflow-worker")[sites] == "demo-jira:8090"
    assert ComposeFile.read(EXAMPLE | INVENTED | {"ALLOWED_HTTP_SITES": ""}).environment("airflow-worker")[sites] == ""
    assert ComposeFile.read(EXAMPLE | INVENTED).environment("airflow-worker")["AIRFLOW_CONN_AWS_DEMO"] == ""


def test_its_connections_are_what_airflow_reads(production: ComposeFile, demo: ComposeFile) -> None:
    for file in (production, demo):
        given = file.environment("airflow-worker")
        jira = json.loads(given["AIRFLOW_CONN_JIRA_DEFAULT"])
        assert jira.keys() == {"conn_type", "host", "login"}
        assert re.fullmatch(r"postgres://staging:[\w-]+@staging/staging", given["AIRFLOW_CONN_JIRA_STAGING"])
    vault = json.loads(demo.environment("airflow-worker")["AIRFLOW_CONN_AWS_DEMO"])
    assert vault["extra"]["endpoint_url"] == "http://demo-vault:5000"
    definition = read_definition(PROJECT / "include" / "secret_definitions" / "demo.yaml")
    assert definition.vault_conn_id == "aws_demo"


def test_the_keys_are_what_airflow_needs() -> None:
    assert len(urlsafe_b64decode(DEMO["FERNET_KEY"])) == 32
    assert len(DEMO["JWT_SECRET"]) >= 32


def test_every_service_that_stays_is_watched_and_pinned(production: ComposeFile) -> None:
    for name, service in production.services.items():
        tag = service["image"].partition(":")[2]
        assert re.match(r"\d", tag), f"{name} runs an image without a version"
        if service.get("restart") != "no":
            assert service["healthcheck"]["test"], name
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), f"{name} is open to other machines"
    assert production.services["airflow-worker"]["deploy"] == {"replicas": 2}


def test_include_is_mounted_and_everything_is_read_only_but_the_logs(production: ComposeFile) -> None:
    mounted = production.services["airflow-worker"]["volumes"]
    assert "./include:/opt/airflow/include:ro" in mounted
    assert [volume for volume in mounted if not volume.endswith(":ro")] == ["logs:/opt/airflow/logs"]


def test_the_dockerfile_passes_its_linter() -> None:
    ended = subprocess.run(
        [str(Path(sys.executable).parent / "hadolint"), "--no-color", str(PROJECT / "Dockerfile")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "")


def test_the_image_is_pinned_holds_no_secret_and_is_nobodys_root() -> None:
    written = (PROJECT / "Dockerfile").read_text()
    instructions = re.findall(r"^([A-Z]+) (.*)$", written, re.MULTILINE)
    assert [value for name, value in instructions if name == "USER"][-1:] == ["50000"]
    locked = re.search(r"^apache-airflow==(\S+)", (PROJECT / "requirements-image.lock").read_text(), re.MULTILINE)
    assert locked is not None
    assert f"apache/airflow:slim-{locked[1]}-python3.12" in written
    assert f"jira-staging-airflow:{locked[1]}" in COMPOSE_FILE.read_text()
    assert not [value for name, value in instructions if name == "ENV"]
    assert not re.search(r"password|token|secret", "".join(value for _name, value in instructions), re.IGNORECASE)


def test_what_the_image_copies_is_let_through_to_the_builder() -> None:
    let_through = {line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        word.split("/")[0]
        for line in re.findall(r"^COPY (?:--\S+ )?(.*) \S+$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
        for word in line.split()
    }
    assert copied == let_through
