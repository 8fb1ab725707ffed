"""Tokens: what a vault holds becomes a header, or a sentence that says what is wrong with it."""

import base64
import json
import logging
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_staging.errors import SecretBackendUnavailable, SecretMalformed, WrongUse
from jira_staging.records import ApiToken, GrantedToken, OauthClient, SecretDefinition, TokenKind
from jira_staging.tokens import ConnectionPassword, VaultTokens, fingerprint, resolve_token

TOKEN = "ATATT3xFfGF0invented_token-of-nobody=1A2B3C4D"
PAIR = base64.b64encode(f"bot@example.com:{TOKEN}".encode()).decode()


class Vault:
    """A SecretBackend of which the test is the vault."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.reads = 0
        self.refusal: Exception | None = None

    def fetch(self, definition: SecretDefinition) -> str:
        assert definition.backend == "environment"
        self.reads += 1
        if self.refusal:
            raise self.refusal
        return self.secret


def definition(kind: TokenKind = "api_token", account: str | None = None) -> SecretDefinition:
    return SecretDefinition("jira-prod", "environment", "JIRA", kind=kind, account=account)


def resolved(secret: str, kind: TokenKind = "api_token", account: str | None = None, login: str | None = None) -> ApiToken:
    return resolve_token(definition(kind, account), Vault(secret), login=login)


def test_an_api_token_goes_as_basic_pair_of_account_and_token() -> None:
    token = resolved(TOKEN, account="bot@example.com")
    assert token == ApiToken(TOKEN, "bot@example.com", "api_token", "jira-prod")
    assert token.authorization == f"Basic {PAIR}"


def test_the_definitions_account_wins_over_the_connections_login() -> None:
    assert resolved(TOKEN, account="bot@example.com", login="person@example.com").account == "bot@example.com"
    assert resolved(TOKEN, login="person@example.com").account == "person@example.com"
    assert resolved(TOKEN, account=" bot@example.com\n").account == "bot@example.com"
    assert resolved(TOKEN, login=" person@example.com ").account == "person@example.com"


def test_an_api_token_without_an_account_says_where_to_put_it() -> None:
    with pytest.raises(WrongUse) as caught:
        resolved(TOKEN)
    assert str(caught.value) == (
        "Nobody says whose API token secret definition `jira-prod` holds. Write `account: you@example.com` into the "
        "definition, or the e-mail address as the login of the Jira connection (from a shell: `--account`)."
    )


@pytest.mark.parametrize(
    "edge", [" ", "\n", "\r\n", "\t", "\u00a0", "\u200b", "\u200d", "\u2060", "\ufeff", " \u00a0\ufeff\r\n"]
)
def test_white_space_at_the_edges_is_removed_with_a_warning(edge: str, caplog: pytest.LogCaptureFixture) -> None:
    assert resolved(f"{edge}{TOKEN}{edge}", account="a").value == TOKEN
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        (
            "WARNING",
            (
                "The token of secret definition `jira-prod` has white space at its edges, which was removed. Store it without "
                "(`echo -n`)."
            ),
        )
    ]


def test_a_clean_token_warns_of_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert resolved(TOKEN, account="a").value == TOKEN
    assert caplog.records == []


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("  \n", "The token of secret definition `jira-prod` is empty. Store one."),
        (
            "ATATT3x two",
            (
                "The token of secret definition `jira-prod` has white space inside, so it is not one token. Store it again, "
                "in one piece."
            ),
        ),
        (
            "ATATT3x\u200btwo",
            (
                "The token of secret definition `jira-prod` has white space inside, so it is not one token. Store it again, "
                "in one piece."
            ),
        ),
        (
            "ATATT3xtw\u00f6",
            (
                "The token of secret definition `jira-prod` has characters outside of ASCII, which no token of Jira has. "
                "Store it again."
            ),
        ),
        (
            "ATATT3x\x00two",
            "The token of secret definition `jira-prod` has control characters inside. Store it again, as plain UTF-8 text.",
        ),
        (
            f"Bearer {TOKEN}",
            (
                "The token of secret definition `jira-prod` begins with the word of a header (`Bearer` or `Basic`). Store "
                "what follows it alone."
            ),
        ),
        (
            f"bot@example.com:{TOKEN}",
            (
                "What secret definition `jira-prod` points to holds `account:token`. Store the token alone, the account in "
                "the definition."
            ),
        ),
        (
            PAIR,
            (
                "What secret definition `jira-prod` points to holds `account:token` in base64. Write `kind: basic_base64` into "
                "the definition, or store the token alone."
            ),
        ),
    ],
)
def test_a_malformed_token_is_told_without_repeating_it(secret: str, said: str) -> None:
    with pytest.raises(SecretMalformed) as caught:
        resolved(secret, account="a")
    assert str(caught.value) == said


@given(st.text())
def test_whatever_a_vault_holds_a_token_is_something_that_a_header_can_carry(secret: str) -> None:
    with suppress(SecretMalformed):
        assert re.fullmatch(r"[!-~]+", resolved(secret, account="a").value)


@given(st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N")), min_size=12))
@pytest.mark.parametrize("kind", ["api_token", "basic_base64"])
def test_no_error_about_a_token_repeats_it(kind: TokenKind, secret: str) -> None:
    with pytest.raises(SecretMalformed) as caught:
        resolved(f"{secret} {secret}", kind=kind, account="a")
    assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "wrap", [lambda pair: pair, lambda pair: "\r\n".join(pair[i : i + 20] for i in range(0, len(pair), 20))]
)
@pytest.mark.parametrize("around", ["{}", "{}\n", "Basic {}", "\ufeff{}"])
def test_a_base64_pair_is_split_into_account_and_token(wrap: Callable[[str], str], around: str) -> None:
    token = resolved(around.format(wrap(PAIR)), kind="basic_base64")
    assert token == ApiToken(TOKEN, "bot@example.com", "basic_base64", "jira-prod")
    assert token.authorization == f"Basic {PAIR}"


def test_a_base64_pair_with_the_newline_of_echo_inside_loses_it(caplog: pytest.LogCaptureFixture) -> None:
    pair = base64.b64encode(f"bot@example.com:{TOKEN}\n".encode()).decode()
    assert resolved(pair, kind="basic_base64").value == TOKEN
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "secret", [TOKEN, "", "bm8gY29sb24=", base64.b64encode(b":token").decode(), base64.b64encode(b"\xff\xfe:x").decode()]
)
def test_what_is_no_base64_pair_is_told(secret: str) -> None:
    with pytest.raises(SecretMalformed) as caught:
        resolved(secret, kind="basic_base64")
    assert str(caught.value) == (
        "What secret definition `jira-prod` points to is not `account:token` in base64, as its kind `basic_base64` says. "
        "Store it so (`echo -n 'account:token' | base64`), or write `kind: api_token` where it is the token alone."
    )


def test_a_base64_pair_of_another_account_is_wrong_use() -> None:
    assert resolved(PAIR, kind="basic_base64", account="Bot@Example.com").account == "bot@example.com"
    with pytest.raises(WrongUse) as caught:
        resolved(PAIR, kind="basic_base64", account="other@example.com")
    assert str(caught.value) == (
        "The secret definition `jira-prod` says that its account is `other@example.com`, but the pair that its secret holds "
        "is of another one. Repair or remove `account`."
    )


def test_a_personal_access_token_goes_as_bearer_and_needs_no_account() -> None:
    token = resolved("MDM0NjY1", kind="personal_access_token")
    assert (token.authorization, token.account) == ("Bearer MDM0NjY1", None)


def test_a_vault_is_read_once_however_many_threads_ask() -> None:
    vault = Vault(TOKEN)
    tokens = VaultTokens(definition(account="a"), vault)
    threads = [threading.Thread(target=tokens.token) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (vault.reads, tokens.token().value) == (1, TOKEN)


def test_a_refused_token_is_renewed_only_if_the_vault_has_another() -> None:
    vault = Vault(TOKEN)
    tokens = VaultTokens(definition(account="a"), vault)
    refused = tokens.token()
    assert tokens.renewed(refused) is None
    vault.secret = "rotated"
    renewed = tokens.renewed(refused)
    assert renewed is not None
    assert (renewed.value, tokens.token(), vault.reads) == ("rotated", renewed, 3)


def test_a_second_thread_with_the_refused_token_gets_the_renewed_one_without_another_read() -> None:
    vault = Vault(TOKEN)
    tokens = VaultTokens(definition(account="a"), vault)
    refused = tokens.token()
    vault.secret = "rotated"
    assert tokens.renewed(refused) == tokens.renewed(refused)
    assert vault.reads == 2


def test_a_vault_that_is_down_is_not_needed_while_a_good_token_is_in_hand() -> None:
    vault = Vault(TOKEN)
    tokens = VaultTokens(definition(account="a"), vault)
    tokens.token()
    vault.refusal = SecretBackendUnavailable("no answer")
    assert tokens.token().value == TOKEN
    with pytest.raises(SecretBackendUnavailable):
        tokens.renewed(tokens.token())


class Server:
    """An authorization server: grants numbered access tokens and remembers to whom."""

    def __init__(self) -> None:
        self.asked: list[OauthClient] = []

    def __call__(self, client: OauthClient) -> GrantedToken:
        self.asked.append(client)
        return GrantedToken(f"access-{len(self.asked)}", 3600.0)


def oauth_secret(client_secret: str = "invented-client-secret") -> str:
    return json.dumps({"client_id": "client", "client_secret": client_secret})


def test_an_oauth_clients_access_token_is_kept_until_a_minute_before_it_expires() -> None:
    now, vault, server = [1000.0], Vault(oauth_secret()), Server()
    tokens = VaultTokens(definition("oauth_client"), vault, exchange=server, clock=lambda: now[0])
    assert tokens.token().authorization == "Bearer access-1"
    now[0] += 3539
    assert tokens.token().value == "access-1"
    now[0] += 1
    assert tokens.token().value == "access-2"
    assert (vault.reads, server.asked) == (1, [OauthClient("client", "invented-client-secret")] * 2)


def test_an_oauth_clients_refused_token_is_granted_anew_but_not_at_once_for_the_same_credential() -> None:
    now, vault, server = [1000.0], Vault(oauth_secret()), Server()
    tokens = VaultTokens(definition("oauth_client"), vault, exchange=server, clock=lambda: now[0])
    refused = tokens.token()
    assert tokens.renewed(refused) is None
    vault.secret = oauth_secret("rotated-client-secret")
    renewed = tokens.renewed(refused)
    assert renewed is not None
    assert renewed.value == "access-2"
    now[0] += 61
    again = tokens.renewed(renewed)
    assert again is not None
    assert again.value == "access-3"


@pytest.mark.parametrize("secret", ["plain", "[]", "{}", '{"client_id": "a"}', '{"client_id": "a", "client_secret": 5}'])
def test_an_oauth_client_without_its_two_texts_is_told(secret: str) -> None:
    with pytest.raises(SecretMalformed) as caught:
        resolve_token(definition("oauth_client"), Vault(secret), exchange=Server())
    assert str(caught.value) == (
        "What secret definition `jira-prod` points to must be JSON with the texts `client_id` and `client_secret`, since its "
        "kind is `oauth_client`. Store it so."
    )


def test_an_oauth_client_where_nothing_can_exchange_it_is_wrong_use() -> None:
    with pytest.raises(WrongUse) as caught:
        resolve_token(definition("oauth_client"), Vault(oauth_secret()))
    assert str(caught.value) == (
        "The secret definition `jira-prod` is of kind `oauth_client`, which is not supported here: its credential must be "
        "exchanged."
    )


def test_a_connections_password_is_a_token_that_is_never_renewed() -> None:
    tokens = ConnectionPassword("bot@example.com", f"{TOKEN}\n", connection="jira_default")
    assert tokens.token() == ApiToken(TOKEN, "bot@example.com", "api_token", "connection:jira_default")
    assert tokens.renewed(tokens.token()) is None
    bearer = ConnectionPassword(None, TOKEN, connection="jira_dc", kind="personal_access_token")
    assert bearer.token().authorization == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("login", "secret", "said"),
    [
        (
            "bot@example.com",
            "",
            (
                "There is no API token: no secret definition is named and the connection `jira_default` has no password. Name "
                "a definition (`api_token`), or store the token as the connection's password."
            ),
        ),
        (
            None,
            TOKEN,
            "Nobody says whose API token the connection `jira_default` holds. Write the account's e-mail address as its login.",
        ),
    ],
)
def test_a_connection_without_login_or_password_is_wrong_use(login: str | None, secret: str, said: str) -> None:
    with pytest.raises(WrongUse) as caught:
        ConnectionPassword(login, secret, connection="jira_default").token()
    assert str(caught.value) == said


def test_a_fingerprint_tells_tokens_apart_and_is_the_same_everywhere() -> None:
    token = ApiToken(TOKEN, "bot@example.com", "api_token", "a")
    assert fingerprint(token) == fingerprint(ApiToken(TOKEN, "bot@example.com", "basic_base64", "b")) == "4190df9e0b01"
    assert fingerprint(ApiToken("other", "bot@example.com", "api_token", "a")) != fingerprint(token)
    assert fingerprint(ApiToken(TOKEN, "other@example.com", "api_token", "a")) != fingerprint(token)


@pytest.mark.parametrize(
    "thing",
    [
        resolved(TOKEN, account="a"),
        VaultTokens(definition(account="a"), Vault(TOKEN)),
        ConnectionPassword("a", TOKEN, connection="jira_default"),
        OauthClient("id", TOKEN),
        GrantedToken(TOKEN, 1.0),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_nothing_that_holds_a_token_shows_it(thing: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    if isinstance(thing, VaultTokens | ConnectionPassword):
        thing.token()
    assert TOKEN not in f"{thing} {thing!r} {[thing]} {caplog.text}"
