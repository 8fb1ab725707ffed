"""The ways to sign in, and the ways to write a site, through the hook and Airflow's own configuration."""

import base64
import json
from pathlib import Path

import pytest
from airflow.sdk._shared.secrets_masker import redact
from deployment import SMALL, Connect

from jira_staging.hooks import JiraStagingHook
from simulated_jira import SimulatedJira


@pytest.fixture
def own(definitions: Path, jira: SimulatedJira, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> "Own":
    """A connection to the site, and a deployment that names the simulated gateway."""
    connect("jira_default", conn_type="jira_staging", host=jira.url, login=jira.email)
    monkeypatch.setenv("AIRFLOW__JIRA_STAGING__GATEWAY", jira.gateway_url)
    monkeypatch.setenv("AIRFLOW__JIRA_STAGING__AUTHORIZATION_SERVER", jira.gateway_url)
    return Own(definitions, monkeypatch)


class Own:
    """The definition `own`, whose secret a test chooses."""

    def __init__(self, definitions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.definitions = definitions
        self.monkeypatch = monkeypatch

    def hook(self, kind: str, secret: str) -> JiraStagingHook:
        self.monkeypatch.setenv("OWN_JIRA_TOKEN", secret)
        (self.definitions / "own.yaml").write_text(
            f"name: own\nbackend: environment\nsecret_name: OWN_JIRA_TOKEN\nkind: {kind}\n"
        )
        return JiraStagingHook(api_token="own")


def test_a_scoped_token_signs_in_through_the_gateway(jira: SimulatedJira, own: Own) -> None:
    hook = own.hook("api_token", jira.new_token("scoped").value)
    assert hook.test_connection() == (
        True,
        f"Signed in to {jira.url} as Data Loader by own. JQL dates are in America/New_York.",
    )


def test_a_base64_pair_signs_in_and_is_masked(jira: SimulatedJira, own: Own) -> None:
    pair = base64.b64encode(f"{jira.email}:{jira.token}".encode()).decode()
    assert own.hook("basic_base64", f"{pair}\n").test_connection()[0] is True
    assert redact(f"{pair} {jira.token}") == "*** ***"


def test_an_oauth_client_signs_in_and_all_of_it_is_masked(jira: SimulatedJira, own: Own) -> None:
    made = jira.tokens.add_client(jira.account)
    hook = own.hook("oauth_client", json.dumps({"client_id": made.client_id, "client_secret": made.secret}))
    with hook.get_conn() as client:
        assert client.sign_in().account_id == jira.account.account_id
    granted = [token.value for token in jira.tokens.of(jira.account) if token.kind == "oauth"]
    assert redact(f"{made.client_id}: {made.secret} became {granted[0]}") == f"{made.client_id}: *** became ***"


def test_an_oauth_client_that_is_refused_is_told_by_the_test_button(jira: SimulatedJira, own: Own) -> None:
    hook = own.hook("oauth_client", json.dumps({"client_id": "gone", "client_secret": "invented-client-secret"}))
    worked, message = hook.test_connection()
    assert (worked, "invented-client-secret" in message) == (False, False)
    assert (
        f"{jira.gateway_url} refused the OAuth client of `own` (401: Unauthorized). Check it at admin.atlassian.com" in message
    )


def test_a_deployment_that_names_no_gateway_has_atlassians(connect: Connect) -> None:
    connect("jira_default", conn_type="jira_staging", host="acme.atlassian.net", login="a", password="b")
    with JiraStagingHook().get_conn() as client:
        assert (client.options.gateway, client.options.authorization_server) == (
            "https://api.atlassian.com",
            "https://auth.atlassian.com",
        )


def test_a_connection_cannot_name_a_gateway(jira: SimulatedJira, connect: Connect, own: Own) -> None:
    elsewhere = {"gateway": "https://evil.example", "authorization_server": "https://evil.example", "verify": False}
    connect("jira_default", conn_type="jira_staging", host=jira.url, login=jira.email, extra=elsewhere)
    with own.hook("api_token", jira.token).get_conn() as client:
        options = client.options
    assert (options.gateway, options.authorization_server, options.verify) == (jira.gateway_url, jira.gateway_url, True)


def test_a_personal_access_token_signs_in_to_a_data_center(
    definitions: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    with SimulatedJira(1, projects=1, settings=replace(SMALL, flavour="data_center")) as data_center:
        connect("jira_default", conn_type="jira_staging", host=data_center.url)
        hook = Own(definitions, monkeypatch).hook("personal_access_token", data_center.new_token("personal").value)
        assert hook.test_connection()[0] is True


@pytest.mark.parametrize("written", ["{}/", "{}/browse/PAY-1", " {}", "{}/secure/Dashboard.jspa"])
def test_a_connections_host_is_taken_as_people_write_it(
    written: str, jira: SimulatedJira, connect: Connect, nightly: str
) -> None:
    connect("jira_default", conn_type="jira_staging", host=written.format(jira.url), login=jira.email)
    with JiraStagingHook(api_token=nightly).get_conn() as client:
        assert (client.site, client.sign_in().account_id) == (jira.url, jira.account.account_id)


def test_a_host_without_a_scheme_means_https(connect: Connect) -> None:
    connect("jira_default", conn_type="jira_staging", host="acme.atlassian.net/jira/your-work", login="a", password="b")
    with JiraStagingHook().get_conn() as client:
        assert client.site == "https://acme.atlassian.net"


def test_a_site_in_plain_http_is_refused(connect: Connect) -> None:
    connect("jira_default", conn_type="jira_staging", host="http://8.8.8.8", login="a", password="b")
    worked, message = JiraStagingHook().test_connection()
    assert worked is False
    assert message.startswith("The site http://8.8.8.8 is plain http, which would show the token to everyone on the way")
