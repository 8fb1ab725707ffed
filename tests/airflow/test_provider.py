"""What Airflow learns from the provider entry point: the connection type, its form and Test button, our configuration."""

from collections.abc import Callable

import pytest
from airflow.cli import cli_parser
from airflow.configuration import conf
from airflow.providers_manager import ProvidersManager
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime
from deployment import Connect

from jira_staging.hooks import MOST_AT_ONCE, JiraStagingHook
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.provider_info import get_provider_info
from simulated_jira import SimulatedJira

Airflow = Callable[..., str]


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Airflow:
    """An `airflow` command in this process; gives what it printed. SystemExit where the command ends with an error."""
    # The command sets it for its own process.
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")

    def run(*arguments: str) -> str:
        given = cli_parser.get_parser().parse_args(list(arguments))
        capsys.readouterr()
        given.func(given)
        return capsys.readouterr().out

    return run


def test_airflow_knows_the_connection_type_and_its_hook() -> None:
    hook = ProvidersManagerTaskRuntime().hooks["jira_staging"]
    assert hook is not None
    assert (hook.hook_name, hook.package_name, hook.connection_id_attribute_name) == (
        "Jira (staging)",
        "airflow-provider-jira-staging",
        "jira_conn_id",
    )
    assert hook.connection_testable is True
    assert hook.hook_class_name == f"{JiraStagingHook.__module__}.{JiraStagingHook.__qualname__}"


def test_what_the_entry_point_says_is_what_the_hook_is() -> None:
    (told,) = get_provider_info()["connection-types"]
    assert (told["connection-type"], told["hook-name"]) == (JiraStagingHook.conn_type, JiraStagingHook.hook_name)
    concurrency = told["conn-fields"]["concurrency"]["schema"]
    assert concurrency["default"] == ConnectionOptions.most_at_once
    assert concurrency["maximum"] == MOST_AT_ONCE


def test_the_form_has_our_fields_and_words() -> None:
    manager = ProvidersManager()
    fields = {name: widget for name, widget in manager.connection_form_widgets.items() if "jira_staging" in name}
    assert {widget.field_name for widget in fields.values()} == {"definition", "concurrency"}
    assert {widget.hook_class_name for widget in fields.values()} == {"jira_staging.hooks.JiraStagingHook"}
    behaviour = manager.field_behaviours["jira_staging"]
    assert behaviour["relabeling"]["host"] == "Site"
    assert behaviour["hidden_fields"] == ["schema", "port"]
    assert behaviour["placeholders"]["host"] == "https://your-company.atlassian.net"


def test_airflow_connections_test_signs_in(
    jira: SimulatedJira, connect: Connect, nightly: str, airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", "Enabled")
    connect("jira_default", conn_type="jira_staging", host=jira.url, login=jira.email, extra={"definition": nightly})
    assert "Connection success!" in airflow("connections", "test", "jira_default")
    assert jira.requests.count("GET /rest/api/3/myself", 200) == 1


def test_airflow_connections_test_says_what_is_wrong(
    jira: SimulatedJira,
    connect: Connect,
    nightly: str,
    airflow: Airflow,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", "Enabled")
    connect("jira_default", conn_type="jira_staging", host=jira.url, login=jira.email, extra={"definition": nightly})
    jira.revoke_token()
    with pytest.raises(SystemExit):
        airflow("connections", "test", "jira_default")
    told = " ".join(capsys.readouterr().out.split())
    assert "Connection failed!" in told
    assert "`nightly`" in told
    assert jira.token not in told


def test_our_options_are_described_and_read_as_any_other(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> None:
    ProvidersManager().initialize_providers_configuration()
    options = conf.configuration_description["jira_staging"]["options"]
    assert {"definitions_folder", "allowed_private_sites", "allowed_http_sites", "client_certificate"} <= options.keys()
    assert all(option["description"].endswith(".") for option in options.values())
    monkeypatch.setenv("AIRFLOW__JIRA_STAGING__ALLOWED_HTTP_SITES", "simulator:8080")
    assert airflow("config", "get-value", "jira_staging", "allowed_http_sites") == "simulator:8080\n"
    for option in options:
        assert f"{option} = " in airflow("config", "list", "--section", "jira_staging")
