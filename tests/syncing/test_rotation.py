"""Tokens that are replaced, revoked or expire while a run lasts, and vaults that are down: a real run, and Secrets Manager."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from jira_staging.errors import JiraRefusedToken, SecretBackendUnavailable, SecretNotFound
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.oauth import AuthorizationServer
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.jira_api.pace import Pace
from jira_staging.jira_api.pacing import Governor
from jira_staging.records import SecretDefinition, SyncRequest, TokenKind
from jira_staging.secret_backends import open_backend
from jira_staging.syncing import sync
from jira_staging.tokens import VaultTokens
from simulated_jira import SimulatedJira
from simulated_jira.sign_in import OauthClient
from syncing.bench import SMALL, Bench, Flavour, QuickClock, cloud_only, make_batches_small


class Vault:
    """A Secrets Manager (moto) that can be switched off; one secret of it is the test's."""

    def __init__(self) -> None:
        self.name = f"jira-{uuid4()}"
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        self._host, self._port = self._server.get_host_and_port()
        self.url = f"http://{self._host}:{self._port}"
        self._client = boto3.session.Session().client("secretsmanager", endpoint_url=self.url)

    def put(self, secret: str) -> None:
        """What the secret holds from now on."""
        names = [entry["Name"] for entry in self._client.list_secrets()["SecretList"]]
        if self.name in names:
            self._client.put_secret_value(SecretId=self.name, SecretString=secret)
        else:
            self._client.create_secret(Name=self.name, SecretString=secret)

    def delete(self) -> None:
        self._client.delete_secret(SecretId=self.name, ForceDeleteWithoutRecovery=True)

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        """Again, at the same address; what it held is still there."""
        self._server = ThreadedMotoServer(ip_address=self._host, port=self._port, verbose=False)
        self._server.start()


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    """A Secrets Manager to which every AWS client of this process is led."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "invented"),
        ("AWS_SECRET_ACCESS_KEY", "invented"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_CONFIG_FILE", "/nonexistent"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
    ):
        monkeypatch.setenv(name, value)
    running = Vault()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", running.url)
    yield running
    running.stop()


class Nights:
    """Runs that sign in by the vault's secret, as an operator's do: each opens vault and client anew."""

    def __init__(self, jira: SimulatedJira, vault: Vault, path: Path) -> None:
        self.bench = Bench(jira, path)
        self.jira = jira
        self.vault = vault
        self.options = ConnectionOptions(most_at_once=2, gateway=jira.url, authorization_server=jira.url)

    def night(self, kind: TokenKind = "api_token") -> None:
        account = None if kind == "oauth_client" else self.jira.email
        definition = SecretDefinition("nightly", "aws_secrets_manager", self.vault.name, kind=kind, account=account)
        tokens = VaultTokens(
            definition,
            open_backend(definition),
            exchange=AuthorizationServer(self.options).grant,
            clock=lambda: self.jira.clock.now_ms() / 1000,
        )
        clock = QuickClock()
        governor = Governor(Pace(2), clock=clock, wait=clock.wait)
        self.bench.heard.clear()
        with JiraClient(self.jira.url, tokens, self.options, governor=governor) as jira:
            sync(jira, self.bench.staging, SyncRequest(entities=("issue",)), self.bench.new_report())

    def at_batch(self, number: int, act: Callable[[], object]) -> None:
        """Act once, just before this request for issues (counted from 1) is answered."""
        left = [number]

        def before(_asked: int, _path: str) -> None:
            left[0] -= self.bench.heard.fetches
            if not left[0]:
                left[0] = -1
                act()

        self.bench.heard.before = before

    def rotate(self) -> None:
        """As people do it: a new token, stored in the vault, and only then is the old one revoked."""
        old, self.jira.main_token = self.jira.main_token, self.jira.new_token()
        self.vault.put(self.jira.token)
        self.jira.tokens.revoke(old)

    @property
    def missing(self) -> int:
        """How many of the site's issues are not in the table."""
        found = self.bench.query("SELECT id FROM jira.issue") if self.bench.path.exists() else []
        assert len(set(found)) == len(found)
        return len({issue.id for issue in self.jira.site.issues.values()} - {row[0] for row in found})


@pytest.fixture
def nights(vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flavour: Flavour) -> Iterator[Nights]:
    """24 issues in batches of four, and the site's token in the vault. What is under way when it ends asks for no CAPTCHA."""
    make_batches_small(4, 1, monkeypatch.setattr)
    with SimulatedJira(24, projects=1, seed=11, settings=replace(SMALL, flavour=flavour, captcha_after=20)) as jira:
        jira.clock.freeze(jira.site.start_ms)
        vault.put(jira.token)
        yield Nights(jira, vault, tmp_path / "staging.duckdb")


@pytest.mark.parametrize("batch", [1, 4, 6])
def test_a_token_that_is_rotated_during_a_run_costs_nothing(nights: Nights, batch: int) -> None:
    nights.at_batch(batch, nights.rotate)
    nights.night()
    assert nights.missing == 0


@cloud_only("tokens with scopes are Cloud's")
def test_a_scoped_token_is_rotated_likewise(nights: Nights) -> None:
    first = nights.jira.new_token("scoped")
    nights.vault.put(first.value)

    def rotate() -> None:
        nights.vault.put(nights.jira.new_token("scoped").value)
        nights.jira.tokens.revoke(first)

    nights.at_batch(4, rotate)
    nights.night()
    assert nights.missing == 0


def test_a_token_that_is_revoked_and_not_replaced_stops_the_run_at_once_and_loses_nothing(nights: Nights) -> None:
    nights.at_batch(4, nights.jira.revoke_token)

    with pytest.raises(JiraRefusedToken) as refused:
        nights.night()

    assert (refused.value.retry, refused.value.exit_code) == (False, 3)
    assert "create one at id.atlassian.com (Security, API tokens) and store it where the definition `nightly` points" in str(
        refused.value
    )
    assert nights.missing > 0
    nights.rotate()
    nights.night()
    assert nights.missing == 0


def test_a_vault_that_is_down_at_the_start_is_retried_and_jira_is_not_asked(nights: Nights) -> None:
    nights.vault.stop()

    with pytest.raises(SecretBackendUnavailable) as down:
        nights.night()

    assert (down.value.retry, nights.bench.heard.asked, nights.bench.path.exists()) == (True, [], False)
    nights.vault.start()
    nights.night()
    assert nights.missing == 0


def test_a_vault_that_goes_down_is_not_needed_while_the_token_is_good(nights: Nights) -> None:
    nights.at_batch(1, nights.vault.stop)
    nights.night()
    assert nights.missing == 0


def test_a_token_that_is_refused_while_the_vault_is_down_is_told_with_both(nights: Nights) -> None:
    def refused() -> None:
        nights.vault.stop()
        nights.jira.revoke_token()

    nights.at_batch(4, refused)

    with pytest.raises(SecretBackendUnavailable) as told:
        nights.night()

    said = str(told.value)
    assert said.startswith(f"Jira refused the token of `nightly` for {nights.jira.email} at {nights.jira.url} (")
    assert f"Whether its vault holds a newer one could not be found out: The secret `{nights.vault.name}`" in said
    assert (told.value.retry, nights.missing > 0) == (True, True)
    nights.vault.start()
    nights.rotate()
    nights.night()
    assert nights.missing == 0


def test_a_token_that_is_refused_and_gone_from_the_vault_is_told_with_both(nights: Nights) -> None:
    def gone() -> None:
        nights.vault.delete()
        nights.jira.revoke_token()

    nights.at_batch(4, gone)

    with pytest.raises(SecretNotFound, match=r"Jira refused the token of `nightly` .* is not there") as told:
        nights.night()

    assert told.value.retry is False


@cloud_only("OAuth clients are Cloud's")
class TestOauthClients:
    """Access tokens that live for an hour, in runs that last longer."""

    @pytest.fixture
    def client(self, nights: Nights) -> OauthClient:
        made = nights.jira.tokens.add_client(nights.jira.account)
        self.store(nights, made)
        return made

    def store(self, nights: Nights, client: OauthClient) -> None:
        nights.vault.put(json.dumps({"client_id": client.client_id, "client_secret": client.secret}))

    def grants(self, nights: Nights) -> int:
        return nights.bench.heard.count("/oauth/token")

    def test_a_token_is_granted_once_and_kept(self, nights: Nights, client: OauthClient) -> None:
        nights.night("oauth_client")
        assert (self.grants(nights), nights.missing) == (1, 0)

    def test_one_that_is_about_to_expire_is_renewed_before_and_without_the_vault(
        self, nights: Nights, client: OauthClient
    ) -> None:
        def nearly_expired() -> None:
            nights.jira.clock.advance(3600 - 30)
            nights.vault.stop()

        nights.at_batch(3, nearly_expired)
        nights.night("oauth_client")
        assert (self.grants(nights), nights.missing) == (2, 0)

    def test_one_that_is_refused_while_a_question_is_under_way_is_renewed(self, nights: Nights, client: OauthClient) -> None:
        nights.at_batch(3, lambda: nights.jira.clock.advance(3601))
        nights.night("oauth_client")
        assert (self.grants(nights), nights.missing) == (2, 0)

    def test_a_client_that_is_replaced_in_the_vault_goes_on(self, nights: Nights, client: OauthClient) -> None:
        def replaced() -> None:
            nights.jira.tokens._clients.pop(client.client_id)
            self.store(nights, nights.jira.tokens.add_client(nights.jira.account))
            nights.jira.clock.advance(3600 - 30)

        nights.at_batch(3, replaced)
        nights.night("oauth_client")
        assert nights.missing == 0

    def test_a_client_that_is_gone_stops_the_run(self, nights: Nights, client: OauthClient) -> None:
        def gone() -> None:
            nights.jira.tokens._clients.pop(client.client_id)
            nights.jira.clock.advance(3600 - 30)

        nights.at_batch(3, gone)
        with pytest.raises(JiraRefusedToken, match=r"refused the OAuth client of `nightly` \(401: Unauthorized\)"):
            nights.night("oauth_client")
        assert self.grants(nights) <= 3
