"""Signed in, or stop: a token that dies, a token that is replaced, and answers that do not say to whom."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from jira_api.clients import Vault, client, token
from jira_api.small_server import MYSELF, Given, Seen, json, serving
from jira_staging.errors import JiraNotPermitted, JiraRefusedToken
from jira_staging.jira_api.answers import REST, Call, JiraHasNone
from jira_staging.jira_api.refusals import token_refused
from jira_staging.records import ApiToken
from simulated_jira import SimulatedJira

ISSUES = Call(f"{REST}/search/jql", dict, lambda told: not told["issues"], body={"jql": "project is not empty"})
SOME = {"issues": [{"id": "1"}], "isLast": True}
NONE = {"issues": [], "isLast": True}
REMEDY = (
    "Check whose it is (`account`); tokens expire: create one at id.atlassian.com (Security, API tokens) and "
    "store it where the definition `jira-prod` points. "
    "Nothing was published after this."
)


def answering(good: set[str], answer: Callable[[Seen], Given]) -> Callable[[Seen], Given]:
    """A Jira that accepts these token values; others get 401 from `/myself`, and 200 with no issues from a search."""
    accepted = {token(value).authorization for value in good}

    def answered(request: Seen) -> Given:
        is_accepted = request.headers["Authorization"] in accepted
        if request.path.endswith("/myself"):
            plain = Given(401, b"Client must be authenticated to access this resource.", {"Content-Type": "text/html"})
            return json(MYSELF) if is_accepted else plain
        return answer(request) if is_accepted else json(NONE, X_AAccountId="")

    return answered


def test_a_refused_token_says_whose_where_and_what_to_do() -> None:
    with serving(answering(set(), lambda _r: json(SOME))) as (url, seen), client(url) as jira:
        with pytest.raises(JiraRefusedToken) as refused:
            jira.sign_in()
        assert str(refused.value) == (
            f"Jira refused the token of `jira-prod` for bot@acme.example at {url} (401: Client must be "
            f"authenticated to access this "
            f"resource.). {REMEDY}"
        )
        assert len(seen) == 1


def test_a_refusal_is_remembered_so_that_wrong_attempts_do_not_lock_the_account() -> None:
    vault = Vault()
    with serving(answering(set(), lambda _r: json(SOME))) as (url, seen), client(url, vault) as jira:
        for _ in range(3):
            with pytest.raises(JiraRefusedToken):
                jira.ask(ISSUES)
        assert (len(seen), vault.readings) == (1, 1)


def test_a_stale_cached_token_is_read_anew_once() -> None:
    vault = Vault(token("old"), stored=token("new"))
    with serving(answering({"new"}, lambda _r: json(SOME))) as (url, seen), client(url, vault) as jira:
        assert jira.ask(ISSUES) == SOME
        assert ([request.path for request in seen], vault.readings) == (
            ["/rest/api/3/myself", "/rest/api/3/myself", "/rest/api/3/search/jql"],
            1,
        )


@pytest.mark.parametrize("reason", ["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "OK, AUTHENTICATED_FAILED"])
@pytest.mark.parametrize("status", [200, 400, 403, 404, 500])
def test_jiras_sign_in_filter_stops_whatever_the_status(reason: str, status: int) -> None:
    given = json(SOME, status, X_Seraph_LoginReason=reason)
    good = answering({"secret-value-1"}, lambda _r: given)
    with serving(good) as (url, _), client(url) as jira, pytest.raises(JiraRefusedToken, match=f"{status}, {reason}"):
        jira.ask(ISSUES)


def test_a_locked_account_is_told_to_solve_the_captcha() -> None:
    given = json({}, 403, X_Seraph_LoginReason="AUTHENTICATION_DENIED", Atl_Traceid="abc")
    with serving(lambda _r: given) as (url, _), client(url) as jira, pytest.raises(JiraRefusedToken) as refused:
        jira.sign_in()
    assert str(refused.value) == (
        f"Jira refused the token of `jira-prod` for bot@acme.example at {url} (403, AUTHENTICATION_DENIED: "
        f"too many wrong attempts, "
        f"so sign in once by browser and solve the CAPTCHA). {REMEDY} (Jira's trace id: abc)"
    )


def test_an_empty_answer_that_names_nobody_never_counts() -> None:
    good = answering({"secret-value-1"}, lambda _r: json(NONE, X_AAccountId=""))
    with serving(good) as (url, seen), client(url) as jira, pytest.raises(JiraRefusedToken) as refused:
        jira.ask(ISSUES)
    assert f"(200 with nothing in it, and without saying to whom). {REMEDY}" in str(refused.value)
    assert len(seen) == 2


def test_an_answer_that_names_nobody_counts_after_myself_succeeds_again() -> None:
    good = answering({"secret-value-1"}, lambda _r: json(SOME, X_AAccountId=""))
    with serving(good) as (url, seen), client(url) as jira:
        assert jira.ask(ISSUES) == SOME
        assert [request.path.rpartition("/")[2] for request in seen] == ["myself", "jql", "myself"]
        assert jira.ask(ISSUES) == SOME
        assert [request.path.rpartition("/")[2] for request in seen][3:] == ["jql", "myself"]


def test_an_answer_that_names_nobody_does_not_count_once_the_token_is_dead() -> None:
    alive = [True]

    def answer(request: Seen) -> Given:
        if request.path.endswith("/myself"):
            return json(MYSELF) if alive[0] else Given(401, b"no")
        alive[0] = False
        return json(SOME, X_AAccountId="")

    with serving(answer) as (url, _), client(url) as jira, pytest.raises(JiraRefusedToken, match="401: no"):
        jira.ask(ISSUES)


def test_an_answer_to_another_account_stops() -> None:
    good = answering({"secret-value-1"}, lambda _r: json(SOME, X_AAccountId="somebody-else"))
    to_another = "200 to another account than the one that signed in"
    with serving(good) as (url, _), client(url) as jira, pytest.raises(JiraRefusedToken, match=to_another):
        jira.ask(ISSUES)


@pytest.mark.parametrize(("status", "error"), [(401, JiraNotPermitted), (403, JiraNotPermitted), (404, JiraHasNone)])
def test_a_refusal_that_names_nobody_means_something_only_while_the_token_is_good(status: int, error: type[Exception]) -> None:
    alive = [True]

    def answer(request: Seen) -> Given:
        if request.path.endswith("/myself"):
            return json(MYSELF) if alive[0] else Given(401, b"no")
        return json({"errorMessages": ["No."]}, status, X_AAccountId="")

    with serving(answer) as (url, _), client(url) as jira:
        with pytest.raises(error):
            jira.ask(ISSUES)
        alive[0] = False
        with pytest.raises(JiraRefusedToken):
            jira.ask(ISSUES)


def test_without_the_header_the_accounts_id_itself_is_what_answers_must_name() -> None:
    def answer(request: Seen) -> Given:
        return json(MYSELF, X_AAccountId="") if request.path.endswith("/myself") else json(SOME)

    with serving(answer) as (url, seen), client(url) as jira:
        assert jira.ask(ISSUES) == SOME
        assert len(seen) == 2


def test_a_token_without_the_scope_for_myself_is_told_so() -> None:
    given = json({"code": 401, "message": "Unauthorized; scope does not match"}, 401, X_AAccountId="")
    with (
        serving(lambda _r: given) as (url, _),
        client(url) as jira,
        pytest.raises(JiraNotPermitted, match="/rest/api/3/myself"),
    ):
        jira.sign_in()


def test_a_token_rotated_during_the_run_is_read_anew_and_the_question_repeated() -> None:
    good = {"secret-value-1"}
    vault = Vault(stored=token("secret-value-2"))

    def answer(request: Seen) -> Given:
        return answering(good, lambda _r: json(SOME))(request)

    with serving(answer) as (url, _), client(url, vault) as jira:
        jira.ask(ISSUES)
        good.clear()
        good.add("secret-value-2")
        assert jira.ask(ISSUES) == SOME
        assert vault.readings == 1


def test_many_threads_renew_a_token_once() -> None:
    good = {"secret-value-1"}
    vault = Vault(stored=token("secret-value-2"))
    introductions: list[str] = []

    def answer(request: Seen) -> Given:
        if request.path.endswith("/myself"):
            introductions.append(request.headers["Authorization"])
        return answering(good, lambda _r: json(SOME))(request)

    with serving(answer) as (url, _), client(url, vault, most_at_once=8) as jira:
        jira.ask(ISSUES)
        good.clear()
        good.add("secret-value-2")
        start = threading.Barrier(8)

        def ask(_number: int) -> object:
            start.wait()
            return jira.ask(ISSUES)

        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(ask, range(8))) == [SOME] * 8
    assert vault.readings == 1
    assert introductions == [token("secret-value-1").authorization, token("secret-value-2").authorization]


def test_a_vault_that_always_has_a_new_token_does_not_keep_a_refused_account_asking() -> None:
    class Mint(Vault):
        def renewed(self, refused: ApiToken) -> ApiToken | None:
            self.readings += 1
            return token(f"minted-{self.readings}")

    vault = Mint()
    with serving(answering(set(), lambda _r: json(SOME))) as (url, seen), client(url, vault) as jira:
        with pytest.raises(JiraRefusedToken):
            jira.sign_in()
        assert (len(seen), vault.readings) == (2, 1)


def test_a_replacement_of_another_account_stops_the_run() -> None:
    good = {"secret-value-1"}

    def answer(request: Seen) -> Given:
        given = answering(good, lambda _r: json(SOME))(request)
        if request.headers["Authorization"] == token("other").authorization:
            named = {"accountId": "account-2", "displayName": "Bob", "timeZone": "UTC"}
            return json(named, X_AAccountId="account-2")
        return given

    with serving(answer) as (url, _), client(url, Vault(stored=token("other"))) as jira:
        jira.ask(ISSUES)
        good.clear()
        with pytest.raises(JiraRefusedToken) as refused:
            jira.ask(ISSUES)
    assert str(refused.value) == (
        "The token of `jira-prod` was replaced during the run by one of another account (Bob instead of "
        "Ada), which may see other "
        "issues. Nothing was published after this; run it again."
    )


class TestTheSimulatedJira:
    """The same against a Jira that behaves as the real one was measured to."""

    def vault(self, site: SimulatedJira) -> Vault:
        return Vault(ApiToken(site.token, site.email, "api_token", "jira-prod"))

    def test_a_good_token_signs_in(self) -> None:
        with SimulatedJira(issues=5) as site, client(site.url, self.vault(site)) as jira:
            account = jira.sign_in()
            assert (account.account_id, account.time_zone) == (site.account.account_id, "America/New_York")

    def test_a_token_that_dies_between_two_questions_is_noticed_although_the_search_answers_200(self) -> None:
        with SimulatedJira(issues=5) as site, client(site.url, self.vault(site)) as jira:
            assert jira.ask(ISSUES)["issues"]
            site.revoke_token()
            with pytest.raises(JiraRefusedToken, match="AUTHENTICATED_FAILED"):
                jira.ask(ISSUES)

    def test_a_rotated_token_goes_on(self) -> None:
        with SimulatedJira(issues=5) as site:
            vault = self.vault(site)
            with client(site.url, vault) as jira:
                jira.sign_in()
                vault.stored = ApiToken(site.rotate_token(), site.email, "api_token", "jira-prod")
                assert jira.ask(ISSUES)["issues"]

    def test_a_proxy_that_strips_the_account_costs_a_question_each(self) -> None:
        with SimulatedJira(issues=5) as site, client(site.url, self.vault(site)) as jira:
            site.faults.add("no_account_header", path="/search/jql")
            assert jira.ask(ISSUES)["issues"]
            assert jira.traffic.requests == 3


def test_neither_the_client_nor_its_parts_show_the_token() -> None:
    secret = token()
    with serving(answering({"secret-value-1"}, lambda _r: json(SOME))) as (url, _), client(url) as jira:
        answer = jira.get("/rest/api/3/field")
        shown = " ".join(
            repr(thing) for thing in (jira, answer, jira.sign_in(), *vars(jira).values(), *vars(jira._sign_in).values())
        )
    assert not [spelling for spelling in secret.spellings() if spelling in shown]
    assert msgspec.json.decode(answer.content) == SOME


def test_a_password_of_a_connection_is_stored_there_and_no_definition_is_made_up() -> None:
    refused = token_refused(ApiToken("secret", "me@acme.example", "api_token", "connection:jira_default"), ("the site",), None)
    assert "store it as the password of the connection `jira_default`. Nothing" in str(refused)
    assert "definition" not in str(refused)
