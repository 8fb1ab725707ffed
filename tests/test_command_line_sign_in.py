"""Every way to sign in, and every way to write a site, from a shell: `secret-definitions test` against the simulated Jira."""

import base64
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from jira_api.small_server import MYSELF, serving
from jira_api.small_server import json as answered
from jira_staging.command_line import main
from shell_commands import VARIABLE, Shell, demo_shell, one_object
from simulated_jira import Settings, SimulatedJira
from simulated_jira.settings import CLOUD_ID


@pytest.fixture(scope="module")
def jira() -> Iterator[SimulatedJira]:
    with SimulatedJira(5, projects=1, settings=Settings(custom_fields=17, gateway_prefix="/gateway")) as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, jira: SimulatedJira, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Commands run in this process, with a deployment that names the simulated gateway."""
    made = demo_shell(tmp_path, jira)
    monkeypatch.chdir(tmp_path)
    for name, value in made.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("JIRA_STAGING_GATEWAY", jira.gateway_url)
    monkeypatch.setenv("JIRA_STAGING_AUTHORIZATION_SERVER", jira.gateway_url)
    return made


class Signed:
    """What `secret-definitions test --json` said, and with which exit code."""

    def __init__(self, capsys: pytest.CaptureFixture[str], name: str, *connection: str) -> None:
        capsys.readouterr()
        self.code = main(["secret-definitions", "test", name, "--definitions", "defs", "--json", *connection])
        printed = capsys.readouterr()
        self.shown = printed.out + printed.err
        self.told: dict[str, Any] = one_object(printed.out)


def define(shell: Shell, monkeypatch: pytest.MonkeyPatch, kind: str, secret: str, account: str | None = None) -> None:
    monkeypatch.setenv("SIGN_IN_TOKEN", secret)
    own = f"account: {account}\n" if account else ""
    shell.define("mine", f"name: mine\nbackend: environment\nsecret_name: SIGN_IN_TOKEN\nkind: {kind}\n{own}")


def test_every_kind_of_token_signs_in(
    shell: Shell, jira: SimulatedJira, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    oauth = jira.tokens.add_client(jira.account)
    scoped = jira.new_token("scoped").value
    pair = base64.encodebytes(f"{jira.email}:{jira.token}".encode()).decode()
    for kind, secret, account in (
        ("api_token", jira.token, jira.email),
        ("api_token", scoped, jira.email),
        ("basic_base64", pair, None),
        ("basic_base64", base64.b64encode(f"{jira.email}:{scoped}".encode()).decode(), None),
        ("oauth_client", json.dumps({"client_id": oauth.client_id, "client_secret": oauth.secret}), None),
    ):
        define(shell, monkeypatch, kind, secret, account)
        signed = Signed(capsys, "mine", "--site", jira.url, "--verbose")
        assert (signed.code, signed.told["account_id"], signed.told["kind"]) == (0, jira.account.account_id, kind)
        assert not [text for text in (jira.token, scoped, oauth.secret, "eyJSim") if text in signed.shown]


def test_a_personal_access_token_signs_in_to_a_data_center(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with SimulatedJira(1, projects=1, settings=Settings(flavour="data_center", custom_fields=17)) as data_center:
        define(shell, monkeypatch, "personal_access_token", data_center.new_token("personal").value)
        signed = Signed(capsys, "mine", "--site", data_center.url)
    assert (signed.code, signed.told["account_name"]) == (0, data_center.account.name)


def test_a_data_center_is_synced_and_compared_by_the_same_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with SimulatedJira(12, projects=1, settings=Settings(flavour="data_center", custom_fields=17)) as data_center:
        monkeypatch.chdir(tmp_path)
        here = demo_shell(tmp_path, data_center)
        monkeypatch.setenv(VARIABLE, data_center.token)
        assert main([*here.sync("--json", "--entities", "issue,comment")]) == 0
        first = one_object(capsys.readouterr().out)
        data_center.change.delete("PAY-3")
        data_center.clock.advance(3600)
        assert main([*here.sync("--json", "--census", "--entities", "issue,comment")]) == 0
        second = one_object(capsys.readouterr().out)
    assert (first["rows"]["issue"]["inserted"], second["census"]["rows"]["issue"]["deleted"]) == (12, 1)


def test_a_sync_reads_through_the_gateway(
    shell: Shell, jira: SimulatedJira, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    define(shell, monkeypatch, "api_token", jira.new_token("scoped").value)
    jira.requests.clear()
    assert main([*shell.sync("--json", "--entities", "issue", api_token="mine")]) == 0
    told = one_object(capsys.readouterr().out)
    assert (told["definition"], told["site"]) == ("mine", jira.url)
    fetched = [request.target for request in jira.requests if request.route.endswith("/issue/bulkfetch")]
    assert fetched == [f"/gateway/ex/jira/{CLOUD_ID}/rest/api/3/issue/bulkfetch"]


def test_a_wrong_oauth_client_is_told_without_its_secret(
    shell: Shell, jira: SimulatedJira, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = json.dumps({"client_id": "unknown", "client_secret": "invented-client-secret"})
    for secret, said in (
        (unknown, "refused the OAuth client of `mine`"),
        ("invented-client-secret", "must be JSON with the texts `client_id` and `client_secret`"),
    ):
        define(shell, monkeypatch, "oauth_client", secret)
        signed = Signed(capsys, "mine", "--site", jira.url, "--verbose")
        assert (signed.code, said in signed.told["message"], "invented-client-secret" in signed.shown) == (3, True, False)


@pytest.mark.parametrize(
    "written", ["{}/", "{}//", " {} ", "{}/browse/PAY-1", "{}/jira", "{}/secure/Dashboard.jspa?x=1#y", "HTTP{}"]
)
def test_a_site_is_taken_as_people_write_it(
    written: str, shell: Shell, jira: SimulatedJira, capsys: pytest.CaptureFixture[str]
) -> None:
    site = written.format(jira.url) if "HTTP" not in written else jira.url.replace("http", "HTTP")
    signed = Signed(capsys, "demo", "--site", site, "--account", jira.email)
    # A path that is none of Jira's own is a context path, and the simulated site has none.
    expected = (3, None) if site.endswith("/jira") else (0, jira.url)
    assert (signed.code, signed.told.get("site")) == expected


def test_a_site_without_a_scheme_is_reached_by_https(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with serving(lambda _r: answered(MYSELF), tls=context) as (url, _), authority.cert_pem.tempfile() as bundle:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        site = url.replace("http://127.0.0.1", "localhost")
        signed = Signed(capsys, "demo", "--site", f"{site}/", "--account", "a@b.example")
    assert (signed.code, signed.told["site"]) == (0, f"https://{site}")


def test_a_site_without_a_scheme_that_has_plain_http_only_is_told_at_once(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(lambda _r: answered(MYSELF)) as (url, seen):
        site = url.removeprefix("http://")
        signed = Signed(capsys, "demo", "--site", site, "--account", "a@b.example")
    message = (
        f"What answers at https://{site} speaks no TLS: check the address and its port. A Jira that has plain http only is "
        f"written `http://{site}`, and the deployment must list it in `allowed_http_sites` "
        "(from a shell: `JIRA_STAGING_ALLOWED_HTTP_SITES`)."
    )
    assert (signed.code, signed.told["error"], signed.told["message"], seen) == (3, "JiraNotThere", message, [])


@pytest.mark.parametrize(
    ("site", "code", "said"),
    [
        ("http://8.8.8.8", 3, "is plain http, which would show the token"),
        ("https://10.9.8.7/jira/", 3, "leads to the private address 10.9.8.7"),
        ("https://me:secret-word@acme.atlassian.net", 2, "holds a user or a password: remove it"),
        ("ftp://acme.atlassian.net", 2, "A site is reached by https, not by `ftp`"),
        ("https://acme .atlassian.net", 2, "has white space, a backslash or a control character inside"),
        ("https://", 2, "has no readable host"),
    ],
)
def test_a_site_that_cannot_be_meant_is_refused_before_anything_is_sent(
    site: str, code: int, said: str, shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    signed = Signed(capsys, "demo", "--site", site, "--account", "a@b.example")
    assert (signed.code, said in signed.told["message"], "secret-word" in signed.shown) == (code, True, False)
