"""The client against a few lines of server: what is asked again, what is refused, and in which words."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from jira_api.clients import Vault, VirtualClock, client, token
from jira_api.small_server import MYSELF, Given, Seen, json, serving, signed_in
from jira_staging.errors import (
    JiraAnswerUnusable,
    JiraError,
    JiraNotPermitted,
    JiraNotThere,
    JiraRefusedQuery,
    JiraRefusedToken,
    JiraStagingError,
    JiraUnavailable,
    SecretMalformed,
)
from jira_staging.jira_api.answers import REST, Call, JiraHasNone, Traffic
from jira_staging.records import Account, ApiToken

PAGE = b"<!DOCTYPE html><html><head><title>Sign\n in</title></head><body>Welcome</body></html>"
HTML = {"Content-Type": "text/html"}


class _Count(msgspec.Struct):
    count: int


COUNT = Call(f"{REST}/count", _Count, lambda told: told.count == 0)


def in_turn(*answers: Given) -> Callable[[Seen], Given]:
    """Each answer once, the last one from then on."""
    rest = list(answers)
    return signed_in(lambda _request: rest.pop(0) if len(rest) > 1 else rest[0])


def refusal(*answers: Given, **options: object) -> tuple[JiraError, str]:
    """The error that a question ends in, with the site's own address replaced in its text."""
    with serving(in_turn(*answers)) as (url, _), client(url, **options) as jira, pytest.raises(JiraError) as refused:
        jira.ask(COUNT)
    return refused.value, str(refused.value).replace(url, "SITE")


def test_a_client_sends_nothing_before_it_is_asked() -> None:
    with serving(signed_in(lambda _request: json({}))) as (url, seen), client(url):
        assert seen == []


def test_signing_in_asks_who_the_token_is() -> None:
    with serving(signed_in(lambda _request: json({}))) as (url, seen), client(url + "/") as jira:
        assert jira.sign_in() == Account("account-1", "Ada", "Europe/Berlin")
        assert [(request.method, request.path) for request in seen] == [("GET", "/rest/api/3/myself")]
        assert seen[0].headers["Authorization"] == token().authorization
        assert jira.site == url


def test_get_and_post_give_the_answer_as_it_came() -> None:
    def answer(request: Seen) -> Given:
        return json({"path": request.path, "body": request.body.decode()}, Atl_Traceid="abc")

    with serving(signed_in(answer)) as (url, seen), client(url) as jira:
        got = jira.get("/rest/api/3/field", {"id": [1, 2], "q": "a b"})
        posted = jira.post("/rest/api/3/search/jql", {"jql": "project = A"})
    assert (got.status, got.trace_id, got.account_id) == (200, "abc", "account-1")
    assert msgspec.json.decode(got.content) == {"path": "/rest/api/3/field?id=1&id=2&q=a+b", "body": ""}
    assert posted.read(dict) == {"path": "/rest/api/3/search/jql", "body": '{"jql":"project = A"}'}
    assert [request.path for request in seen].count("/rest/api/3/myself") == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Given(503, PAGE, HTML), id="503"),
        pytest.param(Given(502, b""), id="502"),
        pytest.param(Given(504, b"", HTML), id="504"),
        pytest.param(Given(500, b'{"message":"oops"}'), id="500"),
        pytest.param(json({"count": 7}, 429), id="429"),
        pytest.param(Given(200, b'{"count": 7}', length=500), id="truncated"),
        pytest.param(Given(200, b'{"count": 7'), id="invalid JSON"),
        pytest.param(Given(200, b""), id="nothing"),
        pytest.param(Given(200, PAGE, HTML), id="HTML"),
        pytest.param(Given(200, b'{"other": 7}'), id="another shape"),
        pytest.param(Given(200, b"not gzip", {"Content-Encoding": "gzip"}), id="damaged gzip"),
    ],
)
def test_what_may_pass_is_asked_again(fault: Given) -> None:
    clock = VirtualClock()
    with serving(in_turn(fault, fault, json({"count": 7}))) as (url, seen), client(url, clock=clock) as jira:
        assert jira.ask(COUNT) == _Count(7)
        assert (len(seen), jira.traffic.requests, jira.traffic.retries, len(clock.waits)) == (4, 4, 2, 2)


def test_traffic_between_two_moments_is_their_difference() -> None:
    clock = VirtualClock()
    with serving(in_turn(Given(503), json({"count": 7}))) as (url, _), client(url, clock=clock) as jira:
        jira.sign_in()
        before = jira.traffic
        jira.ask(COUNT)
        assert jira.traffic - before == Traffic(requests=2, retries=1, bytes=len(b'{"count":7}'), wait_seconds=1.0)


def test_a_site_in_trouble_is_reported_after_the_tries() -> None:
    error, text = refusal(Given(503, PAGE, HTML | {"Atl-Traceid": "abc"}), most_tries=3)
    assert (type(error), error.trace_id) == (JiraUnavailable, "abc")
    assert text == (
        "Jira at SITE could not answer GET /rest/api/3/count (503: an HTML page titled `Sign in`). Run it again later. "
        "(Jira's trace id: abc)"
    )


def test_a_spent_quota_is_reported_at_once_with_the_wait_that_jira_names() -> None:
    quota = Given(429, b"", {"Retry-After": "1847", "RateLimit-Reason": "jira-quota-tenant-based"})
    error, text = refusal(quota, chance=0.0)
    assert isinstance(error, JiraUnavailable)
    assert error.wait_seconds == 1847.0
    assert text == (
        "GET SITE/rest/api/3/count: Jira needs 1,847 seconds before it is asked again (429 jira-quota-tenant-based), and this "
        "run may wait 120 more for it. Run it again later, or raise the wait limits."
    )


def test_a_quota_within_the_limit_is_waited_for() -> None:
    clock = VirtualClock()
    quota = Given(429, b"", {"Retry-After": "60", "RateLimit-Reason": "jira-quota-tenant-based"})
    with serving(in_turn(quota, json({"count": 7}))) as (url, _), client(url, clock=clock, chance=0.0) as jira:
        assert jira.ask(COUNT) == _Count(7)
    assert clock.waits == [60.0]


def test_an_unusable_answer_is_reported_after_the_tries() -> None:
    error, text = refusal(Given(200, PAGE, HTML), most_tries=2)
    assert type(error) is JiraAnswerUnusable
    assert text == "SITE/rest/api/3/count answered 200 with an HTML page. Run it again later."
    error, text = refusal(Given(200, b'{"count": 7'), most_tries=2)
    assert text == (
        "SITE/rest/api/3/count answered 200 with 11 bytes that are not the JSON expected (Input data was "
        "truncated). Run it again later."
    )


def test_a_connection_that_is_closed_is_reported_after_the_tries() -> None:
    error, text = refusal(Given(200, b"", length=10), most_tries=2)
    assert type(error) is JiraUnavailable
    assert text == "No answer from SITE to GET /rest/api/3/count: the answer was cut off."


def test_a_refused_question_carries_jiras_own_words_bounded() -> None:
    words = ["The value 'X' does not exist for the field 'project'.", "A" * 900]
    error, text = refusal(json({"errorMessages": words, "errors": {"jql": "bad"}}, 400))
    assert type(error) is JiraRefusedQuery
    assert text == f"Jira at SITE refused the question GET /rest/api/3/count (400: {' '.join(words)[:500]})."


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"detail": "Failed to convert 'x'\nwith value", "title": "Bad Request"}, ": Failed to convert 'x' with value"),
        ({"message": "no", "status-code": 400}, ": no"),
        ([1], ""),
        ({}, ""),
    ],
)
def test_jiras_words_are_found_in_every_kind_of_body(body: object, said: str) -> None:
    assert refusal(json(body, 400))[1] == f"Jira at SITE refused the question GET /rest/api/3/count (400{said})."


def test_a_removed_endpoint_asks_for_a_newer_package() -> None:
    error, text = refusal(json({"errorMessages": ["It has been removed."]}, 410))
    assert type(error) is JiraRefusedQuery
    assert (
        text == "Jira at SITE no longer has /rest/api/3/count: use a newer version of this package (410: It has been removed.)."
    )


def test_what_the_account_may_not_read_is_told_apart_from_a_refused_token() -> None:
    error, text = refusal(json({"errorMessages": ["Administrators only."]}, 403))
    assert type(error) is JiraNotPermitted
    assert text == (
        "bot@acme.example, signed in at SITE with the token of `jira-prod`, may not read /rest/api/3/count "
        "(403: Administrators "
        "only.). Grant the account the permission, or leave this entity out."
    )


def test_a_scope_that_is_missing_is_no_refused_token() -> None:
    error, text = refusal(json({"code": 401, "message": "Unauthorized; scope does not match"}, 401, X_AAccountId=""))
    assert type(error) is JiraNotPermitted
    assert text.endswith(
        "(401: Unauthorized; scope does not match). The token is good, but lacks a scope. Make one that has "
        "`read:jira-work` and `read:jira-user`, too, or leave this entity out."
    )


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/rest/agile/1.0/board/1/configuration", "read:board-scope.admin:jira-software"),
        (f"{REST}/workflowscheme", "manage:jira-configuration"),
        (f"{REST}/issuesecurityschemes", "manage:jira-project"),
        (f"{REST}/group/member", "manage:jira-configuration"),
        (f"{REST}/field/customfield_10001/context", "manage:jira-configuration"),
        (f"{REST}/project/10000/role/10002", "read:jira-work"),
        (f"{REST}/field", "read:jira-work"),
    ],
)
def test_the_scope_that_is_named_opens_the_path(path: str, scope: str) -> None:
    lacking = json({"code": 401, "message": "Unauthorized; scope does not match"}, 401, X_AAccountId="")
    with serving(signed_in(lambda _request: lacking)) as (url, _), client(url) as jira:
        with pytest.raises(JiraNotPermitted) as refused:
            jira.get(path)
        assert f"`{scope}`" in str(refused.value)


def test_what_is_not_there_or_hidden_is_said_to_be_either() -> None:
    error, text = refusal(json({"errorMessages": ["No project could be found with key 'X'."]}, 404))
    assert type(error) is JiraHasNone
    assert text == (
        "bot@acme.example, signed in at SITE with the token of `jira-prod`, may not read /rest/api/3/count "
        "(404: No project could be "
        "found with key 'X'.). It does not exist, or this account may not see it."
    )


def test_a_page_unavailable_is_no_jira() -> None:
    error, text = refusal(Given(404, b"<html><title>Page unavailable</title></html>", HTML))
    assert type(error) is JiraNotThere
    assert text == (
        "No Jira answers at SITE (404 on /rest/api/3/count: an HTML page titled `Page unavailable`). Check "
        "its address; a site that "
        "was renamed, closed or suspended answers like this too."
    )


@pytest.mark.parametrize(
    "first",
    [
        Given(404, b"<html><title>Page unavailable</title></html>", HTML),
        Given(200, PAGE, HTML),
        Given(200, b'{"hello": "world"}'),
        Given(200, b"Welcome to nginx", {"Content-Type": "text/plain"}),
        Given(405, b"{}"),
    ],
)
def test_a_site_that_is_no_jira_is_told_at_the_first_answer(first: Given) -> None:
    clock = VirtualClock()
    with serving(lambda _request: first) as (url, seen), client(url, clock=clock) as jira:
        with pytest.raises(JiraNotThere, match="No Jira answers at"):
            jira.sign_in()
        # Where there is no such path, it may be a Data Center, which tells so.
        asked = ["/rest/api/3/myself", "/rest/api/2/serverInfo"][: 2 if first.status == 404 else 1]
        assert ([request.path for request in seen], clock.waits) == (asked, [])


def test_an_introduction_that_is_broken_off_is_asked_for_again_and_never_quoted() -> None:
    broken = Given(200, b'{"accountId": "5b10", "emailAddress": "anna@example.com", "groups": {')
    answers = [broken, json(MYSELF)]
    with serving(lambda _request: answers.pop(0)) as (url, _), client(url) as jira:
        assert jira.sign_in().name == "Ada"
    with serving(lambda _request: broken) as (url, _), client(url) as jira:
        with pytest.raises(JiraAnswerUnusable) as unusable:
            jira.sign_in()
        assert "anna" not in str(unusable.value)
    with serving(lambda _request: replace(broken, status=403)) as (url, _), client(url) as jira:
        with pytest.raises(JiraRefusedToken) as refused:
            jira.sign_in()
        assert "(403: JSON that is broken off or invalid)" in str(refused.value)


def test_later_a_page_in_place_of_myself_is_a_bad_moment() -> None:
    pages = [json(MYSELF), Given(200, PAGE, HTML), json(MYSELF, Date="Mon, 02 Nov 2026 15:00:00 GMT")]
    with serving(lambda _request: pages.pop(0)) as (url, _), client(url) as jira:
        jira.sign_in()
        assert jira.now() > 0
        assert pages == []


def test_half_an_emoji_does_not_cost_the_page_it_stands_in() -> None:
    body = b'{"count": 7, "summary": "half \\ud83d and \\udc00", "deep": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    with serving(in_turn(Given(200, body, {"X-AAccountId": "account-1"}))) as (url, seen), client(url) as jira:
        assert jira.ask(COUNT) == _Count(7)
        assert len(seen) == 2


def test_a_closed_client_says_so() -> None:
    with serving(in_turn(json({"count": 7}))) as (url, _):
        jira = client(url)
        with jira:
            jira.ask(COUNT)
        with pytest.raises(JiraStagingError) as told:
            jira.ask(COUNT)
        assert str(told.value) == f"The connection to {url} is closed: open a new client."


def test_a_token_with_a_line_break_is_refused_without_being_shown() -> None:
    broken = ApiToken("bad\nvalue", None, "personal_access_token", "jira-prod")
    with (
        serving(lambda _request: json(MYSELF)) as (url, _),
        client(url, Vault(broken)) as jira,
        pytest.raises(SecretMalformed) as told,
    ):
        jira.sign_in()
    assert str(told.value) == "The token of `jira-prod` holds characters that no HTTP header can carry: store it anew."


def without_date(request: Seen, info: object) -> Given:
    return replace(json(MYSELF if request.path.endswith("/myself") else info), dateless=True)


def test_the_time_is_that_of_an_answers_date() -> None:
    with serving(lambda _request: json(MYSELF, Date="Mon, 02 Nov 2026 15:00:00 GMT")) as (url, _), client(url) as jira:
        assert jira.now() == 1793631600000


def test_without_a_date_it_is_that_of_the_servers_information() -> None:
    info = {"serverTime": "2026-11-02T10:00:00.250-0500", "deploymentType": "Cloud"}
    with serving(lambda request: without_date(request, info)) as (url, seen), client(url) as jira:
        assert jira.now() == 1793631600250
        assert [request.path.rpartition("/")[2] for request in seen] == ["myself", "myself", "serverInfo"]


def test_without_either_there_is_no_time_and_never_this_machines() -> None:
    info = {"deploymentType": "Cloud"}
    with (
        serving(lambda request: without_date(request, info)) as (url, _),
        client(url) as jira,
        pytest.raises(JiraAnswerUnusable) as told,
    ):
        jira.now()
    assert str(told.value) == (
        f"Jira at {url} does not say what time it is (no Date header, no serverTime in /serverInfo), and the "
        f"clock of this machine "
        "must not decide what is read next. If a proxy removes the Date header, it must stop."
    )
