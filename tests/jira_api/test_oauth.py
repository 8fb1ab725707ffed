"""An OAuth client's credential becomes an access token, or a sentence that says why not."""

import http.client
import logging
from collections.abc import Iterator

import msgspec
import pytest

from jira_api.clients import VirtualClock, governor
from jira_api.small_server import Given, json, serving
from jira_staging.errors import JiraAnswerUnusable, JiraNotThere, JiraRefusedToken, JiraStagingError, JiraUnavailable, WrongUse
from jira_staging.jira_api.oauth import AuthorizationServer
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.records import GrantedToken, OauthClient
from leak_finding import shown_with_variables
from simulated_jira import Settings, SimulatedJira

CLIENT = OauthClient("client-1", "invented-client-secret", "jira-prod")


@pytest.fixture(scope="module")
def site() -> Iterator[SimulatedJira]:
    with SimulatedJira(issues=1, projects=1, settings=Settings(gateway_prefix="/auth")) as running:
        yield running


def server(url: str, clock: VirtualClock | None = None, **options: object) -> AuthorizationServer:
    settings = ConnectionOptions(**{"authorization_server": url, "most_tries": 3} | options)  # type: ignore[arg-type]
    return AuthorizationServer(settings, governor=governor(clock or VirtualClock()))


def refusal(given: Given) -> tuple[JiraStagingError, str]:
    """The error that an answer leads to, its message with `SERVER` in place of the address."""
    with serving(lambda _r: given) as (url, _), pytest.raises(JiraStagingError) as told:
        server(url).grant(CLIENT)
    return told.value, str(told.value).replace(url, "SERVER")


def test_a_credential_is_sent_as_json_without_any_header_that_signs_in() -> None:
    answered = json({"access_token": "granted", "expires_in": 1800, "token_type": "Bearer", "scope": "read:jira-work"})
    with serving(lambda _r: answered) as (url, seen):
        assert server(url).grant(CLIENT) == GrantedToken("granted", 1800.0)
    (request,) = seen
    assert (request.method, request.path, request.headers.get("Authorization")) == ("POST", "/oauth/token", None)
    assert msgspec.json.decode(request.body) == {
        "client_id": "client-1",
        "client_secret": "invented-client-secret",
        "grant_type": "client_credentials",
    }


def test_an_answer_without_a_lifetime_means_an_hour() -> None:
    with serving(lambda _r: json({"access_token": "granted"})) as (url, _):
        assert server(url).grant(CLIENT).lifetime_seconds == 3600.0


def test_the_simulated_jira_grants_what_its_gateway_takes(site: SimulatedJira) -> None:
    made = site.tokens.add_client(site.account)
    granted = server(site.gateway_url).grant(OauthClient(made.client_id, made.secret, "jira-prod"))
    assert (granted.lifetime_seconds, site.tokens.known(granted.value) is not None) == (3600.0, True)
    with pytest.raises(JiraRefusedToken, match=r"refused the OAuth client of `jira-prod` \(401: Unauthorized\)"):
        server(site.gateway_url).grant(OauthClient(made.client_id, "old", "jira-prod"))


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_credential_says_where_to_make_another(status: int) -> None:
    error, text = refusal(json({"error": "invalid_client", "error_description": "No such client."}, status, Atl_Traceid="abc"))
    assert type(error) is JiraRefusedToken
    assert text == (
        f"The authorization server SERVER refused the OAuth client of `jira-prod` ({status}: No such client.). Check it at "
        "admin.atlassian.com (service accounts, credentials): make a new one where it is gone or expired, and store "
        "`client_id` and `client_secret` where that definition points. Nothing was published after this. (Jira's trace id: abc)"
    )


@pytest.mark.parametrize(
    "given", [Given(404), Given(405, b"no"), Given(403, b"<html><title>Blocked</title>"), Given(302, b"", {"Location": "/x"})]
)
def test_another_server_at_that_address_is_told(given: Given) -> None:
    error, text = refusal(given)
    assert type(error) is JiraNotThere
    assert text.startswith(("No authorization server answers at SERVER (", "SERVER redirects a question to SERVER/x"))


@pytest.mark.parametrize(("given", "kind"), [(Given(503), JiraUnavailable), (Given(200, b"<html>"), JiraAnswerUnusable)])
def test_a_bad_moment_is_tried_again(given: Given, kind: type[JiraStagingError]) -> None:
    answers = [given, given, json({"access_token": "granted"})]
    clock = VirtualClock()
    with serving(lambda _r: answers.pop(0)) as (url, _):
        assert server(url, clock).grant(CLIENT).value == "granted"
    assert clock.waits == [1.0, 2.0]
    error, _ = refusal(given)
    assert (type(error), error.retry) == (kind, True)


def test_a_server_that_is_down_is_told() -> None:
    with pytest.raises(JiraUnavailable) as told:
        server("http://127.0.0.1:1").grant(CLIENT)
    assert str(told.value) == "No answer from http://127.0.0.1:1 to POST /oauth/token: the connection was refused."


def test_it_goes_only_where_the_deployment_may_connect() -> None:
    with pytest.raises(JiraNotThere, match="leads to the private address"):
        server("https://10.0.0.7").grant(CLIENT)
    with pytest.raises(WrongUse, match="The deployment's option `authorization_server` is no address"):
        server("ftp://x")


@pytest.mark.parametrize("given", [json({"access_token": "granted-token"}), Given(401), Given(302), Given(200, b"", length=9)])
def test_nothing_shows_the_credential_or_what_was_granted(
    given: Given, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 2)
    shown = ""
    with caplog.at_level(logging.DEBUG), serving(lambda _r: given) as (url, _):
        granting = server(url)
        try:
            shown += repr(granting.grant(CLIENT))
        except JiraStagingError as error:
            shown += shown_with_variables(error)
    shown += caplog.text + "".join(capfd.readouterr()) + repr((granting, vars(granting), CLIENT))
    assert not [secret for secret in ("invented-client-secret", "granted-token") if secret in shown]
