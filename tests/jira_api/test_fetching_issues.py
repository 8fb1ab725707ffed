"""Issues in bulk, against the simulated Jira over HTTP and against answers that it does not give."""

from collections.abc import Iterator
from contextlib import closing

import msgspec
import pytest

from jira_api.clients import Vault, client
from jira_api.small_server import Given, Seen, json, serving, signed_in
from jira_staging.errors import JiraAnswerUnusable, JiraRefusedToken
from jira_staging.jira_api.answers import AnswerTooLarge
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.issues import FetchedIssues, fetch_batches, fetch_issues, find_ids_of_keys
from jira_staging.records import ApiToken
from simulated_jira import Settings, SimulatedJira

FIELDS = ["summary", "status", "updated"]


@pytest.fixture(scope="module")
def quiet_site() -> Iterator[SimulatedJira]:
    with SimulatedJira(issues=450, projects=3, settings=Settings(issue_bytes=600, custom_fields=3)) as site:
        yield site


@pytest.fixture
def site(quiet_site: SimulatedJira) -> Iterator[SimulatedJira]:
    quiet_site.requests.clear()
    yield quiet_site
    quiet_site.faults.clear()


def door(site: SimulatedJira, **options: int) -> JiraClient:
    return client(site.url, Vault(ApiToken(site.token, site.email, "api_token", "jira-prod")), **options)


def read(fetched: FetchedIssues) -> list[dict[str, object]]:
    return [issue for array in fetched.arrays for issue in msgspec.json.decode(array)]


def ids(issues: list[dict[str, object]]) -> list[int]:
    return [int(str(issue["id"])) for issue in issues]


def test_issues_come_a_hundred_at_a_time_in_the_order_of_their_ids(site: SimulatedJira) -> None:
    wanted = list(site.site.issues)
    with door(site) as jira:
        batches = list(fetch_issues(jira, iter(wanted), FIELDS))
    assert [len(batch.ids) for batch in batches] == [100, 100, 100, 100, 50]
    assert [issue_id for batch in batches for issue_id in batch.ids] == wanted
    assert [sorted(ids(read(batch))) for batch in batches] == [sorted(batch.ids) for batch in batches]
    assert site.requests.count("/issue/bulkfetch") == 5


def test_only_the_fields_asked_for_are_given(site: SimulatedJira) -> None:
    wanted = list(site.site.issues)[:3]
    with door(site) as jira:
        issues = read(next(fetch_issues(jira, wanted, FIELDS)))
    assert [sorted(issue["fields"]) for issue in issues] == [sorted(FIELDS)] * 3


def test_an_issue_that_is_gone_is_in_no_array(site: SimulatedJira) -> None:
    first = next(iter(site.site.issues))
    with door(site) as jira:
        fetched = next(fetch_issues(jira, [first, 999_999_999], FIELDS))
    assert (list(fetched.ids), ids(read(fetched))) == ([first, 999_999_999], [first])


@pytest.mark.parametrize(
    "fault",
    [
        "truncated_body",
        "invalid_json",
        "html_at_200",
        "connection_reset",
        "rate_limited",
        "unavailable",
        "server_error",
        "gzip",
    ],
)
def test_no_fault_costs_an_issue_or_its_order(site: SimulatedJira, fault: str) -> None:
    wanted = list(site.site.issues)
    added = site.faults.add(fault, path="/issue/bulkfetch", every=2, times=4)
    with door(site) as jira:
        batches = list(fetch_issues(jira, wanted, FIELDS))
    assert added.fired > 1
    assert [sorted(ids(read(batch))) for batch in batches] == [sorted(wanted[at : at + 100]) for at in range(0, 450, 100)]


def test_a_token_that_dies_in_the_middle_ends_the_fetch_after_what_was_good(site: SimulatedJira) -> None:
    token = site.new_token()
    wanted = list(site.site.issues)
    vault = Vault(ApiToken(token.value, site.email, "api_token", "jira-prod"))
    with client(site.url, vault, most_at_once=1) as jira, closing(fetch_issues(jira, wanted, FIELDS)) as batches:
        assert sorted(ids(read(next(batches)))) == sorted(wanted[:100])
        site.tokens.revoke(token)
        with pytest.raises(JiraRefusedToken):
            list(batches)


def test_an_answer_that_is_too_large_is_asked_for_in_halves(site: SimulatedJira) -> None:
    wanted = list(site.site.issues)[:100]
    with door(site, answer_bytes=150_000) as jira:
        fetched = next(fetch_issues(jira, wanted, ["*all"]))
    assert ids(read(fetched)) == sorted(wanted)
    assert len(fetched.arrays) > 2


def test_one_issue_that_is_too_large_is_left_out_and_named(site: SimulatedJira) -> None:
    first, second = list(site.site.issues)[:2]
    with door(site, answer_bytes=2_000) as jira:
        fetched = next(fetch_issues(jira, [first, second], ["*all"]))
    assert read(fetched) == []
    assert set(fetched.too_large) == {first, second}
    told = fetched.too_large[first]
    assert told.startswith(f"{site.site.issues[first].key}: The answer of ")
    assert told.endswith(
        "is larger than 2,000 bytes, the most that is taken. Leave out the field that makes it so large "
        "(`exclude_fields`), or shorten it in Jira."
    )


def test_a_bomb_that_passes_costs_nothing_and_one_that_stays_is_no_large_issue(site: SimulatedJira) -> None:
    first = next(iter(site.site.issues))
    site.faults.add("gzip_bomb", "issue/bulkfetch", times=1, size=2_000_000)
    with door(site, answer_bytes=1_000_000) as jira:
        fetched = next(fetch_issues(jira, [first], ["*all"]))
        assert (ids(read(fetched)), fetched.too_large) == ([first], {})
        site.faults.add("gzip_bomb", "issue/bulkfetch", size=2_000_000)
        with pytest.raises(AnswerTooLarge, match="is larger than 1,000,000 bytes") as told:
            next(fetch_issues(jira, [first], ["*all"]))
    assert (told.value.retry, told.value.exit_code) == (False, 3), "tomorrow it is as large"


def test_an_issue_with_half_an_emoji_or_endless_nesting_arrives_with_the_others(site: SimulatedJira) -> None:
    first, second, third = list(site.site.issues)[:3]
    site.change.put_raw(site.site.issues[first].key, "summary", b'"half \\ud83d"')
    site.change.put_raw(site.site.issues[second].key, "environment", b"[" * 5_000 + b"]" * 5_000)
    with door(site) as jira:
        issues = read(next(fetch_issues(jira, [first, second, third], ["summary", "environment"])))
    assert ids(issues) == sorted([first, second, third])
    assert {issue["id"]: issue["fields"]["summary"] for issue in issues}[str(first)] == "half \ufffd"


def failing(request: Seen, errors: dict[str, int]) -> Given:
    """A bulk fetch in which these ids fail so many times."""
    asked = msgspec.json.decode(request.body)["issueIdsOrKeys"]
    failed = [name for name in asked if errors.get(name, 0) > 0]
    for name in failed:
        errors[name] -= 1
    given = [{"id": name, "key": f"A-{name}"} for name in asked if name not in failed]
    return json({"issues": given, "issueErrors": [{"id": name, "errorMessage": "Timed out."} for name in failed]})


def test_an_issue_that_jira_could_not_read_is_asked_for_once_more_alone() -> None:
    errors = {"2": 1, "4": 1}
    with serving(signed_in(lambda request: failing(request, errors))) as (url, seen), client(url) as jira:
        fetched = next(fetch_batches(jira, [[1, 2, 3, 4]], FIELDS))
    assert sorted(ids(read(fetched))) == [1, 2, 3, 4]
    asked = [msgspec.json.decode(request.body)["issueIdsOrKeys"] for request in seen if request.body]
    assert asked == [["1", "2", "3", "4"], ["2"], ["4"]]


def test_an_issue_that_jira_cannot_read_twice_is_an_error() -> None:
    failures = signed_in(lambda request: failing(request, {"2": 9}))
    with serving(failures) as (url, _), client(url) as jira, pytest.raises(JiraAnswerUnusable) as told:
        next(fetch_batches(jira, [[1, 2]], FIELDS))
    assert str(told.value) == f"Jira at {url} could not read issue 2, twice: Timed out. Run it again later."


def test_a_batch_of_which_nothing_is_left_counts_only_when_jira_names_the_account() -> None:
    nobody = signed_in(lambda _r: json({"issues": [], "issueErrors": []}, X_AAccountId=""))
    with serving(nobody) as (url, _), client(url) as jira, pytest.raises(JiraRefusedToken, match="200 with nothing in it"):
        next(fetch_batches(jira, [[1]], FIELDS))
    named = signed_in(lambda _r: json({"issues": [], "issueErrors": []}))
    with serving(named) as (url, _), client(url) as jira:
        assert [bytes(array) for array in next(fetch_batches(jira, [[1]], FIELDS)).arrays] == [b"[]"]


def test_keys_lead_to_ids_also_those_that_an_issue_had_before_it_moved(site: SimulatedJira) -> None:
    issues = list(site.site.issues.values())[200:205]
    projects = {issue.key.rpartition("-")[0] for issue in site.site.issues.values()}
    old = issues[0].key
    site.change.move(old, next(iter(projects - {old.rpartition("-")[0]})))
    keys = [old, *(issue.key for issue in issues[1:]), "NOPE-1"]
    with door(site) as jira:
        assert find_ids_of_keys(jira, keys) == dict(zip(keys[:-1], (issue.id for issue in issues), strict=True))
        assert find_ids_of_keys(jira, []) == {}
