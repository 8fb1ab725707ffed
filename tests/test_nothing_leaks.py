"""From the vault to Jira's answer, nothing that is printed shows the token, its base64 pair, or a half of either."""

import base64
import http.client
import json as plain_json
import logging
from collections.abc import Callable

import pytest

from jira_api.clients import VirtualClock, governor
from jira_api.small_server import MYSELF, Given, Seen, json, serving
from jira_staging.errors import JiraStagingError
from jira_staging.jira_api.answers import REST, Call
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.records import ApiToken, GrantedToken, SecretDefinition, TokenKind
from jira_staging.secret_backends import open_backend
from jira_staging.tokens import ConnectionPassword, VaultTokens, resolve_token
from leak_finding import leaks, repr_of_all_inside, shown_with_variables
from simulated_jira.settings import CLOUD_ID

VALUE = "ATATT3xFfGF0-invented-for-tests-9c1b27d4e8=5A0F3B21"
ACCOUNT = "bot@acme.example"
PAIR = base64.b64encode(f"{ACCOUNT}:{VALUE}".encode()).decode()
CLIENT_SECRET = "ATOA-invented-client-secret-71c09e55"
TOKEN = ApiToken(VALUE, ACCOUNT, "api_token", "nightly")
CREDENTIAL = ApiToken(CLIENT_SECRET, "client-1", "oauth_client", "nightly")

FIELDS = Call(f"{REST}/field", list, lambda fields: not fields)
SECRETS: dict[TokenKind, str] = {
    "api_token": VALUE,
    "basic_base64": PAIR,
    "personal_access_token": VALUE,
    "oauth_client": plain_json.dumps({"client_id": "client-1", "client_secret": CLIENT_SECRET}),
}


def definition(kind: TokenKind = "api_token", secret_key: str | None = None, account: str | None = ACCOUNT) -> SecretDefinition:
    return SecretDefinition("nightly", "environment", "NIGHTLY_TOKEN", secret_key, kind=kind, account=account)


def tokens_of(kind: TokenKind) -> VaultTokens:
    wanted = definition(kind)
    return VaultTokens(wanted, open_backend(wanted), exchange=lambda _client: GrantedToken(VALUE, 3600.0))


def refused(_request: Seen) -> Given:
    return Given(401, b"no")


def refused_but_the_cloud_id(request: Seen) -> Given:
    return json({"cloudId": CLOUD_ID}) if "tenant_info" in request.path else Given(401, b"no")


def forbidden(request: Seen) -> Given:
    return json(MYSELF) if request.path.endswith("/myself") else json({"errorMessages": ["no"]}, 403)


def to_nobody(request: Seen) -> Given:
    return json(MYSELF if request.path.endswith("/myself") else [], X_AAccountId="" if "field" in request.path else "account-1")


def to_another(request: Seen) -> Given:
    return json(MYSELF) if request.path.endswith("/myself") else json(["x"], X_AAccountId="other")


def no_json(request: Seen) -> Given:
    return json(MYSELF) if request.path.endswith("/myself") else Given(200, b"{]", {"X-AAccountId": "account-1"})


def cut_off(_request: Seen) -> Given:
    return Given(200, b"{", length=99)


def down(_request: Seen) -> Given:
    return Given(503)


def away(_request: Seen) -> Given:
    return Given(302, b"", {"Location": "https://elsewhere.example/x"})


def circles(request: Seen) -> Given:
    return Given(307, b"", {"Location": request.path})


def a_page(_request: Seen) -> Given:
    return Given(200, b"<html><title>Log in</title></html>", {"Content-Type": "text/html"})


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize(
    "answer",
    [
        refused,
        refused_but_the_cloud_id,
        forbidden,
        to_nobody,
        to_another,
        no_json,
        cut_off,
        down,
        away,
        circles,
        a_page,
    ],
)
def test_no_failed_question_shows_the_token(
    answer: Callable[[Seen], Given],
    kind: TokenKind,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """With all debug logging on, and every variable of every frame of every error behind the error."""
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 2)
    monkeypatch.setenv("NIGHTLY_TOKEN", SECRETS[kind])
    with caplog.at_level(logging.DEBUG), serving(answer) as (url, seen):
        options = ConnectionOptions(most_tries=2, gateway=url)
        with JiraClient(url, tokens_of(kind), options, governor=governor(VirtualClock())) as jira:
            with pytest.raises(JiraStagingError) as told:
                jira.ask(FIELDS)
            shown = shown_with_variables(told.value) + repr_of_all_inside((jira, told.value, vars(told.value)))
    assert len(seen) > 0
    assert "GET /rest/api/3/myself" in caplog.text or "/_edge/tenant_info" in caplog.text
    assert leaks(shown + caplog.text + "".join(capfd.readouterr()), [TOKEN, CREDENTIAL]) == []


@pytest.mark.parametrize("kind", SECRETS)
def test_no_answered_question_shows_the_token(
    kind: TokenKind,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 2)
    monkeypatch.setenv("NIGHTLY_TOKEN", SECRETS[kind])

    def answer(request: Seen) -> Given:
        return json({"cloudId": CLOUD_ID}) if "tenant_info" in request.path else json(MYSELF)

    tokens = tokens_of(kind)
    caplog.set_level(logging.DEBUG)
    with serving(answer) as (url, seen), JiraClient(url, tokens, ConnectionOptions(gateway=url)) as jira:
        answered = jira.get("/rest/api/3/field")
        shown = repr_of_all_inside((jira, answered, tokens, tokens.token()))
    carried = [request.headers.get("Authorization", "") for request in seen]
    assert any(VALUE in header or PAIR in header for header in carried)
    assert leaks(shown + caplog.text + "".join(capfd.readouterr()), [TOKEN, CREDENTIAL]) == []


HALF = len(VALUE) // 2


@pytest.mark.parametrize(
    ("kind", "secret", "secret_key"),
    [
        ("api_token", f"{VALUE[:HALF]} {VALUE[HALF:]}", None),
        ("api_token", f"Bearer {VALUE}", None),
        ("api_token", f"{VALUE}\x01", None),
        ("api_token", f"{VALUE}\u00e9", None),
        ("api_token", f"{ACCOUNT}:{VALUE}", None),
        ("api_token", PAIR, None),
        ("api_token", plain_json.dumps({"a": VALUE, "b": PAIR}), None),
        ("api_token", plain_json.dumps({"a": VALUE}), "wrong"),
        ("api_token", plain_json.dumps({"a": [VALUE]}), "a"),
        ("basic_base64", VALUE, None),
        ("basic_base64", base64.b64encode(f"other@acme.example:{VALUE}".encode()).decode(), None),
        ("personal_access_token", f"{VALUE}\n{VALUE}", None),
        ("oauth_client", plain_json.dumps({"client_id": VALUE, "client_secret": 5}), None),
        ("oauth_client", f"{CLIENT_SECRET} {VALUE}", None),
    ],
)
def test_no_secret_that_is_none_is_shown(
    kind: TokenKind, secret: str, secret_key: str | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NIGHTLY_TOKEN", secret)
    wanted = definition(kind, secret_key)
    tokens = VaultTokens(wanted, open_backend(wanted), exchange=lambda _client: GrantedToken(VALUE, 1.0))
    asked: list[Callable[[], object]] = [
        tokens.token,
        lambda: tokens.renewed(TOKEN),
        lambda: resolve_token(wanted, open_backend(wanted), exchange=lambda _client: GrantedToken(VALUE, 1.0)),
    ]
    shown = repr_of_all_inside(tokens)
    with caplog.at_level(logging.DEBUG):
        for ask in asked:
            with pytest.raises(JiraStagingError) as told:
                ask()
            shown += shown_with_variables(told.value)
    assert leaks(shown + caplog.text, [TOKEN, CREDENTIAL]) == []


@pytest.mark.parametrize("secret", [f"{VALUE[:HALF]} {VALUE[HALF:]}", f"Basic {PAIR}", f"\n{VALUE}\x01"])
def test_no_connections_password_is_shown(secret: str, caplog: pytest.LogCaptureFixture) -> None:
    tokens = ConnectionPassword(ACCOUNT, secret, connection="jira_default")
    with caplog.at_level(logging.DEBUG), pytest.raises(JiraStagingError) as told:
        tokens.token()
    assert leaks(shown_with_variables(told.value) + repr_of_all_inside(tokens) + caplog.text, [TOKEN]) == []


def test_a_token_that_no_header_can_carry_is_not_shown() -> None:
    class Careless:
        def token(self) -> ApiToken:
            return ApiToken(f"{VALUE}\r\nX-Injected: 1", None, "personal_access_token", "nightly")

        def renewed(self, refused: ApiToken) -> ApiToken | None:
            del refused
            return None

    with serving(refused) as (url, seen), JiraClient(url, Careless()) as jira, pytest.raises(JiraStagingError) as told:
        jira.sign_in()
    assert str(told.value) == "The token of `nightly` holds characters that no HTTP header can carry: store it anew."
    assert (seen, leaks(shown_with_variables(told.value), [TOKEN])) == ([], [])


def test_the_search_for_leaks_finds_one() -> None:
    """Otherwise the tests above would prove nothing."""

    code = compile("def careless(value):\n    raise ValueError(len(value))\n", "/elsewhere/careless.py", "exec")
    namespace: dict[str, Callable[[str], None]] = {}
    exec(code, namespace)
    with pytest.raises(ValueError, match="51") as told:
        namespace["careless"](VALUE)
    assert set(leaks(shown_with_variables(told.value), [TOKEN])) == {VALUE[: len(VALUE) // 2], VALUE[len(VALUE) // 2 :]}
