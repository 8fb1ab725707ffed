"""Which door a token gets in at: the site's own, or Cloud's gateway for scoped tokens, service accounts and OAuth clients."""

import base64
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jira_api.clients import Vault, VirtualClock, client
from jira_api.small_server import MYSELF, Given, Seen, json, serving
from jira_staging.errors import JiraNotPermitted, JiraNotThere, JiraRefusedToken, JiraUnavailable, WrongUse
from jira_staging.jira_api.answers import REST, Call
from jira_staging.jira_api.client import JiraClient
from jira_staging.records import ApiToken, TokenKind
from simulated_jira import Settings, SimulatedJira
from simulated_jira.settings import CLOUD_ID

FIELDS = Call(f"{REST}/field", list, lambda fields: not fields)
USERS = Call(f"{REST}/users/search", list, lambda users: not users)
FOUND_ON_DATA_CENTER = Call(f"{REST}/search", dict, lambda told: not told["issues"], body={"jql": "", "fields": ["key"]})
ISSUES = Call(f"{REST}/search/jql", dict, lambda told: not told["issues"], body={"jql": "project is not empty"})

SERVICE_ACCOUNT = "reader@serviceaccount.atlassian.com"
PLAIN_401 = Given(401, b"Client must be authenticated to access this resource.", {"Content-Type": "text/html"})
REMEDY = (
    "Check whose it is (`account`); tokens expire: create one at id.atlassian.com (Security, API tokens) and "
    "store it where the definition `jira-prod` points. Nothing was published after this."
)


@pytest.fixture(scope="module")
def site() -> Iterator[SimulatedJira]:
    with SimulatedJira(issues=5, projects=1, settings=Settings(gateway_prefix="/gateway")) as running:
        yield running


@pytest.fixture(autouse=True)
def _as_it_was(site: SimulatedJira) -> Iterator[None]:
    site.requests.clear()
    yield
    site.faults.clear()


def gateway(site: SimulatedJira) -> str:
    """The same server by another name, so that the gateway is another host than the site."""
    return site.gateway_url.replace("127.0.0.1", "localhost")


def signing_in(site: SimulatedJira, value: str, kind: TokenKind = "api_token", account: str | None = None) -> JiraClient:
    vault = Vault(ApiToken(value, account or site.email, kind, "jira-prod"))
    return client(site.url, vault, gateway=gateway(site))


def asked(site: SimulatedJira) -> list[tuple[str, int]]:
    """What came over the wire: targets without their queries, and what was answered."""
    return [(request.target.partition("?")[0], request.status) for request in site.requests]


THROUGH = f"/gateway/ex/jira/{CLOUD_ID}"


class TestScopedTokens:
    def test_the_gateway_is_found_by_itself_and_kept(self, site: SimulatedJira) -> None:
        scoped = site.new_token("scoped", scopes=frozenset({"read:jira-work", "read:jira-user"}))
        with signing_in(site, scoped.value) as jira:
            assert jira.sign_in().account_id == site.account.account_id
            assert len(jira.ask(ISSUES)["issues"]) == 5
            assert jira.ask(FIELDS)
        assert asked(site) == [
            ("/rest/api/3/myself", 401),
            ("/_edge/tenant_info", 200),
            (f"{THROUGH}/rest/api/3/myself", 200),
            (f"{THROUGH}/rest/api/3/search/jql", 200),
            (f"{THROUGH}/rest/api/3/field", 200),
        ]

    def test_a_service_account_goes_to_the_gateway_at_once(self, site: SimulatedJira) -> None:
        account_id = site.change.add_user("Reader", SERVICE_ACCOUNT)
        scoped = site.new_token("scoped", account_id=account_id)
        with signing_in(site, scoped.value, account=SERVICE_ACCOUNT) as jira:
            assert jira.sign_in().name == "Reader"
        assert asked(site) == [("/_edge/tenant_info", 200), (f"{THROUGH}/rest/api/3/myself", 200)]

    def test_a_service_account_that_only_the_site_knows_gets_in_there(self, site: SimulatedJira) -> None:
        account_id = site.change.add_user("Old reader", f"old-{SERVICE_ACCOUNT}")
        classic = site.new_token(account_id=account_id)
        with signing_in(site, classic.value, account=f"old-{SERVICE_ACCOUNT}") as jira:
            assert jira.sign_in().name == "Old reader"

    def test_a_classic_token_costs_no_request_more(self, site: SimulatedJira) -> None:
        with signing_in(site, site.token) as jira:
            jira.ask(FIELDS)
        assert asked(site) == [("/rest/api/3/myself", 200), ("/rest/api/3/field", 200)]

    def test_a_site_that_is_written_as_the_gateways_address_needs_no_finding(self, site: SimulatedJira) -> None:
        scoped = site.new_token("scoped")
        vault = Vault(ApiToken(scoped.value, site.email, "api_token", "jira-prod"))
        address = f"{gateway(site)}/ex/jira/{CLOUD_ID}"
        with client(f"{address}/rest/api/3/", vault, gateway=gateway(site)) as jira:
            assert (jira.site, jira.sign_in().account_id) == (address, site.account.account_id)
        assert asked(site) == [(f"{THROUGH}/rest/api/3/myself", 200)]

    def test_which_door_opened_is_logged(self, site: SimulatedJira, caplog: pytest.LogCaptureFixture) -> None:
        scoped = site.new_token("scoped")
        with caplog.at_level(logging.INFO, "jira_staging"), signing_in(site, scoped.value) as jira:
            jira.sign_in()
            jira.sign_in()
        assert caplog.messages == [
            f"Signed in to {site.url} through {gateway(site)}/ex/jira/{CLOUD_ID} with the token of `jira-prod`."
        ]

    def test_rotated_from_classic_to_scoped_during_a_run_and_back(self, site: SimulatedJira) -> None:
        first, scoped, last = site.new_token(), site.new_token("scoped"), site.new_token()
        vault = Vault(ApiToken(first.value, site.email, "api_token", "jira-prod"))
        with client(site.url, vault, gateway=gateway(site)) as jira:
            assert jira.ask(ISSUES)["issues"]
            for old, new in ((first, scoped), (scoped, last)):
                vault.stored = ApiToken(new.value, site.email, "api_token", "jira-prod")
                site.tokens.revoke(old)
                assert jira.ask(ISSUES)["issues"]
        assert vault.readings == 2


class TestRefused:
    def test_a_token_that_no_door_takes_is_told_with_both(self, site: SimulatedJira) -> None:
        with signing_in(site, "dead") as jira, pytest.raises(JiraRefusedToken) as refused:
            jira.sign_in()
        through = f"{site.url} through {gateway(site)}/ex/jira/{CLOUD_ID}"
        assert str(refused.value).startswith(
            f"Jira refused the token of `jira-prod` for {site.email} at {site.url} (401, AUTHENTICATED_FAILED) and at "
            f"{through} (401: Unauthorized). {REMEDY} (Jira's trace id: "
        )
        assert len(asked(site)) == 3

    def test_a_scoped_token_revoked_during_a_run_stops_it(self, site: SimulatedJira) -> None:
        scoped = site.new_token("scoped")
        with signing_in(site, scoped.value) as jira:
            jira.sign_in()
            site.tokens.revoke(scoped)
            with pytest.raises(JiraRefusedToken, match="through http://localhost") as refused:
                jira.ask(ISSUES)
        assert refused.value.retry is False

    @pytest.mark.parametrize(("scopes", "call"), [({"read:jira-work"}, FIELDS), ({"read:jira-user"}, FIELDS)])
    def test_a_missing_scope_is_no_refused_token(self, site: SimulatedJira, scopes: set[str], call: Call[object]) -> None:
        scoped = site.new_token("scoped", scopes=frozenset(scopes))
        with signing_in(site, scoped.value) as jira, pytest.raises(JiraNotPermitted) as refused:
            jira.ask(call)
        path = "/rest/api/3/myself" if "read:jira-work" in scopes else "/rest/api/3/field"
        assert str(refused.value).partition(" (Jira's trace id")[0] == (
            f"{site.email}, signed in at {site.url} through {gateway(site)}/ex/jira/{CLOUD_ID} with the token of `jira-prod`, "
            f"may not read {path} (401: Unauthorized; scope does not match). The token is good, but lacks a scope. Make one "
            "that has `read:jira-work` and `read:jira-user`, too, or leave this entity out."
        )

    def test_a_scope_that_is_missing_for_one_entity_leaves_the_others_readable(self, site: SimulatedJira) -> None:
        scoped = site.new_token("scoped")
        site.faults.add("scope_missing", path="/users/search")
        with signing_in(site, scoped.value) as jira:
            with pytest.raises(JiraNotPermitted):
                jira.ask(USERS)
            assert jira.ask(FIELDS)

    def test_a_429_of_the_gateway_is_waited_out_although_it_names_no_time(self, site: SimulatedJira) -> None:
        scoped = site.new_token("scoped")
        fault = site.faults.add("gateway_rate_limited", path="/myself", after=1, times=2)
        vault = Vault(ApiToken(scoped.value, site.email, "api_token", "jira-prod"))
        clock = VirtualClock()
        with client(site.url, vault, clock=clock, gateway=gateway(site)) as jira:
            assert jira.sign_in().account_id == site.account.account_id
        assert (fault.fired, clock.waits) == (2, [5.0, 10.0])

    def test_a_gateway_that_is_down_may_come_back(self, site: SimulatedJira) -> None:
        scoped = site.new_token("scoped")
        vault = Vault(ApiToken(scoped.value, site.email, "api_token", "jira-prod"))
        down = "http://127.0.0.1:1"
        with client(site.url, vault, gateway=down, most_tries=2) as jira:
            for _ in range(2):
                with pytest.raises(JiraUnavailable) as told:
                    jira.sign_in()
                assert str(told.value) == (
                    f"The token of `jira-prod` was not let in at {site.url} (401, AUTHENTICATED_FAILED), and whether another "
                    f"door takes it could not be found out: No answer from {down}/ex/jira/{CLOUD_ID} to GET /rest/api/3/"
                    "myself: the connection was refused."
                )

    def test_a_gateway_that_may_not_be_reached_leaves_the_sites_refusal(self, site: SimulatedJira) -> None:
        vault = Vault(ApiToken("dead", site.email, "api_token", "jira-prod"))
        with client(site.url, vault, gateway="http://10.1.2.3") as jira, pytest.raises(JiraRefusedToken) as told:
            jira.sign_in()
        assert str(told.value).startswith(f"Jira refused the token of `jira-prod` for {site.email} at {site.url} (401, AUTH")
        assert str(told.value).endswith(
            f"The other door, for scoped tokens, could not be asked: The site http://10.1.2.3/ex/jira/{CLOUD_ID} leads to the "
            "private address 10.1.2.3, and this deployment connects to public hosts only. If your Jira lives there, have the "
            "deployment list `10.1.2.3` in `allowed_private_sites` "
            "(from a shell: `JIRA_STAGING_ALLOWED_PRIVATE_SITES`)."
        )

    def test_a_gateway_that_is_no_address_is_told_by_its_options_name(self) -> None:
        with pytest.raises(WrongUse) as told:
            client("acme.atlassian.net", gateway="ftp://x")
        assert str(told.value) == (
            "The deployment's option `gateway` is no address of a service. A site is reached by https, not by `ftp`: write it "
            "like `https://acme.atlassian.net`."
        )


class TestOtherKinds:
    def test_a_base64_pair_gets_in_like_its_token(self, site: SimulatedJira) -> None:
        with signing_in(site, site.token, "basic_base64") as jira:
            assert jira.ask(FIELDS)

    def test_an_access_token_of_an_oauth_client_goes_to_the_gateway_only(self, site: SimulatedJira) -> None:
        granted = site.tokens.add(site.account, "oauth")
        with signing_in(site, granted.value, "oauth_client") as jira:
            assert jira.ask(FIELDS)
        assert [target for target, _ in asked(site)] == [
            "/_edge/tenant_info",
            f"{THROUGH}/rest/api/3/myself",
            f"{THROUGH}/rest/api/3/field",
        ]

    def test_a_refused_access_token_names_the_gateway_alone(self, site: SimulatedJira) -> None:
        with signing_in(site, "dead", "oauth_client") as jira, pytest.raises(JiraRefusedToken) as refused:
            jira.sign_in()
        assert str(refused.value).partition(" (Jira's")[0] == (
            f"Jira refused the token of `jira-prod` for {site.email} at {site.url} through {gateway(site)}/ex/jira/{CLOUD_ID} "
            "(401: Unauthorized). Check the service account's OAuth client and its scopes at admin.atlassian.com and "
            "store it where the definition `jira-prod` points. Nothing was published after this."
        )

    def test_a_personal_access_token_on_cloud_is_told_what_cloud_takes(self, site: SimulatedJira) -> None:
        with signing_in(site, "personal", "personal_access_token") as jira, pytest.raises(JiraRefusedToken) as refused:
            jira.sign_in()
        assert "Cloud has no personal access tokens: create an API token at id.atlassian.com, write `kind: api_token`" in str(
            refused.value
        )
        assert asked(site) == [("/rest/api/3/myself", 403)]

    def test_a_personal_access_token_on_data_center(self) -> None:
        with SimulatedJira(issues=5, projects=1, settings=Settings(flavour="data_center")) as site:
            token = site.new_token("personal")
            with signing_in(site, token.value, "personal_access_token") as jira:
                assert (jira.is_data_center, jira.sign_in().account_id) == (True, site.account.account_id)
                assert jira.ask(FIELDS)
                assert len(jira.ask(FOUND_ON_DATA_CENTER)["issues"]) == 5
                assert asked(site) == [
                    ("/rest/api/3/myself", 404),
                    ("/rest/api/2/serverInfo", 200),
                    ("/rest/api/2/myself", 200),
                    ("/rest/api/2/field", 200),
                    ("/rest/api/2/search", 200),
                ]
                site.tokens.revoke(token)
                with pytest.raises(JiraRefusedToken, match="create one in Jira"):
                    jira.ask(FOUND_ON_DATA_CENTER)

    def test_a_user_and_password_on_data_center_and_the_captcha_after_wrong_ones(self) -> None:
        with SimulatedJira(issues=5, projects=1, settings=Settings(flavour="data_center")) as site:
            with signing_in(site, site.token, "api_token") as jira:
                assert (jira.is_data_center, jira.sign_in().name) == (True, site.account.name)
            for _ in range(3):
                with signing_in(site, "wrong", "api_token") as jira, pytest.raises(JiraRefusedToken) as wrong:
                    jira.sign_in()
                assert f"{site.url}, a Data Center (401" in str(wrong.value)
                assert "Check the user name and the password" in str(wrong.value)
            with signing_in(site, site.token, "api_token") as jira, pytest.raises(JiraRefusedToken) as refused:
                jira.sign_in()
        assert (
            "403, AUTHENTICATION_DENIED, CAPTCHA_CHALLENGE: too many wrong attempts, so sign in once by browser and solve the "
            "CAPTCHA" in str(refused.value)
        )


class TestDataCentersAnswers:
    """What a Data Center says that Cloud does not."""

    def test_a_user_is_known_by_its_key_and_named_by_its_own_header(self) -> None:
        def answer(request: Seen) -> Given:
            told = {"key": "JIRAUSER10100", "name": "ada", "displayName": "Ada", "timeZone": "UTC"}
            return json(told if request.path.endswith("/myself") else [], X_AAccountId="", X_AUSERNAME="ada")

        with serving(answer) as (url, seen), client(url, self.vault()) as jira:
            assert (jira.sign_in().account_id, jira.ask(FIELDS)) == ("JIRAUSER10100", [])
        assert len(seen) == 2

    def test_an_answer_to_anonymous_names_nobody(self) -> None:
        def answer(request: Seen) -> Given:
            told: object = {"key": "JIRAUSER10100"} if request.path.endswith("/myself") else []
            return json(told, X_AAccountId="", X_AUSERNAME="ada" if told else "anonymous")

        with serving(answer) as (url, _), client(url, self.vault()) as jira, pytest.raises(JiraRefusedToken, match="to whom"):
            jira.ask(FIELDS)

    def test_an_oauth_client_is_for_cloud_only(self) -> None:
        vault = Vault(ApiToken("granted", None, "oauth_client", "jira-prod"))
        for stranger in (Given(404), Given(302, b"", {"Location": "https://login.acme.example/"}), json({"cloudId": "../x"})):
            with serving(lambda _r, given=stranger: given) as (url, seen), client(url, vault, gateway=url) as jira:  # type: ignore[misc]
                with pytest.raises(JiraNotThere) as told:
                    jira.sign_in()
                assert str(told.value) == (
                    f"{url} is no Jira Cloud, which has https and tells its cloud id at /_edge/tenant_info, and the OAuth "
                    "client of `jira-prod` gets in nowhere else. Check the site, or use another kind of token."
                )
                assert [request.headers.get("Authorization") for request in seen] == [None]

    def vault(self) -> Vault:
        return Vault(ApiToken("personal", None, "personal_access_token", "jira-prod"))


@contextmanager
def both(tenant: Given, given: Given) -> Iterator[tuple[JiraClient, list[Seen], list[Seen]]]:
    """A client of a site that refuses everybody and tells `tenant`, whose gateway answers `given`; what each has seen."""

    def refusing(request: Seen) -> Given:
        return tenant if request.path == "/_edge/tenant_info" else PLAIN_401

    with (
        serving(refusing) as (url, site),
        serving(lambda _r: given) as (gateway_url, through),
        client(url, gateway=gateway_url) as jira,
    ):
        yield jira, site, through


class TestWhereTheTokenGoes:
    """Two servers that show what came: the site and the gateway."""

    def test_the_cloud_id_is_asked_as_nobody_even_where_a_netrc_file_knows_the_site(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "netrc").write_text("default login intruder password other\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        with both(json({"cloudId": CLOUD_ID}), json(MYSELF)) as (jira, site, through):
            assert jira.sign_in().name == "Ada"
        assert [("Authorization" in request.headers, request.path) for request in site] == [
            (True, "/rest/api/3/myself"),
            (False, "/_edge/tenant_info"),
        ]
        pair = base64.b64encode(b"bot@acme.example:secret-value-1").decode()
        assert [(request.headers["Authorization"], request.path) for request in through] == [
            (f"Basic {pair}", f"/ex/jira/{CLOUD_ID}/rest/api/3/myself")
        ]

    @pytest.mark.parametrize("cloud_id", ["", "../../x", f"{CLOUD_ID}/../y", f"{CLOUD_ID}?x", f"{CLOUD_ID}\n", "a" * 36])
    def test_what_is_no_id_is_no_part_of_an_address(self, cloud_id: str) -> None:
        with both(json({"cloudId": cloud_id}), json(MYSELF)) as (jira, _, through):
            with pytest.raises(JiraRefusedToken) as refused:
                jira.sign_in()
            assert str(refused.value).count("Client must be authenticated") == 1
        assert through == []

    def test_a_site_on_plain_http_cannot_send_its_token_to_atlassian(self) -> None:
        vault = Vault(ApiToken("granted", None, "oauth_client", "jira-prod"))
        with serving(lambda _r: json({"cloudId": CLOUD_ID})) as (url, seen), client(url, vault) as jira:
            assert jira.options.gateway == "https://api.atlassian.com"
            with pytest.raises(JiraNotThere, match="is no Jira Cloud"):
                jira.sign_in()
        assert seen == []

    def test_a_redirect_of_the_gateway_takes_the_token_nowhere(self) -> None:
        with serving(lambda _r: json(MYSELF)) as (elsewhere, stolen):
            away = Given(302, b"", {"Location": f"{elsewhere}/rest/api/3/myself"})
            with both(json({"cloudId": CLOUD_ID}), away) as (jira, _, through):
                with pytest.raises(JiraRefusedToken, match="and a token is not sent after them"):
                    jira.sign_in()
                assert len(through) == 1
        assert stolen == []

    def test_an_unknown_cloud_id_leaves_the_sites_refusal(self) -> None:
        unknown = json({"status": 404, "error": "Not Found", "message": "No message available"}, 404, X_AAccountId="")
        with both(json({"cloudId": CLOUD_ID}), unknown) as (jira, _, _), pytest.raises(JiraRefusedToken) as told:
            jira.sign_in()
        assert f"/ex/jira/{CLOUD_ID} (404 on /rest/api/3/myself: No message available)" in str(told.value)

    def test_a_block_page_in_place_of_the_gateway_leaves_the_sites_refusal(self) -> None:
        page = Given(200, b"<html><title>Blocked by your company</title></html>", {"Content-Type": "text/html"})
        with both(json({"cloudId": CLOUD_ID}), page) as (jira, _, _), pytest.raises(JiraRefusedToken) as told:
            jira.sign_in()
        assert "could not be asked: No Jira answers at" in str(told.value)
        assert "Blocked by your company" in str(told.value)

    def test_both_doors_are_closed_with_the_client(self) -> None:
        with both(json({"cloudId": CLOUD_ID}), json(MYSELF)) as (jira, _, _):
            jira.sign_in()
            jira.close()
            with pytest.raises(WrongUse, match="is closed"):
                jira.ask(FIELDS)
            assert jira._doors._gateway is not None
            assert jira._doors._gateway.wire.is_closed
