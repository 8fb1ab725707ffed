"""The sweep, against the simulated Jira over HTTP."""

from collections.abc import Iterator

import pytest

from jira_api.clients import Vault, VirtualClock, client
from jira_api.small_server import Given, Seen, json, serving, signed_in
from jira_staging.errors import JiraAnswerUnusable, JiraRefusedQuery
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.jql import bounded, projects_in
from jira_staging.jira_api.searching import SweptPage, approximate_count, sweep
from jira_staging.records import ApiToken
from simulated_jira import Settings, SimulatedJira

ALL = bounded("project is not empty", None)


@pytest.fixture(scope="module")
def quiet_site() -> Iterator[SimulatedJira]:
    with SimulatedJira(issues=120, projects=3, settings=Settings(issue_bytes=600, custom_fields=3)) as site:
        yield site


@pytest.fixture
def site(quiet_site: SimulatedJira) -> Iterator[SimulatedJira]:
    quiet_site.requests.clear()
    yield quiet_site
    quiet_site.faults.clear()
    quiet_site.clock.unfreeze()


def door(site: SimulatedJira, clock: VirtualClock | None = None) -> JiraClient:
    return client(site.url, Vault(ApiToken(site.token, site.email, "api_token", "jira-prod")), clock=clock)


def every_id(site: SimulatedJira) -> list[int]:
    issues = sorted(site.site.issues.values(), key=lambda issue: (issue.created_ms, issue.key))
    return [issue.id for issue in issues]


def ids(pages: Iterator[SweptPage]) -> list[int]:
    return [issue_id for page in pages for issue_id in page.issue_ids]


def test_a_sweep_finds_every_issue_once_with_its_project(site: SimulatedJira) -> None:
    with door(site) as jira:
        pages = list(sweep(jira, ALL))
    assert len(pages) == 1
    assert sorted(pages[0].issue_ids) == sorted(every_id(site))
    keys = {issue.id: issue.key.rpartition("-")[0] for issue in site.site.issues.values()}
    assert list(pages[0].project_keys) == [keys[issue_id] for issue_id in pages[0].issue_ids]
    assert (pages[0].issue_ids.typecode, len({id(key) for key in pages[0].project_keys})) == ("q", 3)


def test_a_sweep_asks_for_nothing_but_its_pages(site: SimulatedJira) -> None:
    with door(site) as jira:
        list(sweep(jira, ALL))
    assert [entry.route for entry in site.requests] == ["GET /rest/api/3/myself", "POST /rest/api/3/search/jql"]


def test_one_project_is_swept_by_its_key(site: SimulatedJira) -> None:
    key = next(iter(site.site.issues.values())).key.rpartition("-")[0]
    with door(site) as jira:
        found = ids(sweep(jira, bounded(projects_in([key]), None)))
    assert sorted(found) == sorted(issue.id for issue in site.site.issues.values() if issue.key.startswith(f"{key}-"))


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("short_pages", {"size": 7}),
        ("short_pages", {}),
        ("empty_page", {"every": 3, "times": 9}),
        ("null_last_token", {}),
        ("expired_token", {"after": 2, "times": 1}),
        ("truncated_body", {"every": 4, "times": 3}),
        ("invalid_json", {"every": 4, "times": 3}),
        ("html_at_200", {"every": 4, "times": 3}),
        ("connection_reset", {"every": 4, "times": 3}),
        ("rate_limited", {"every": 4, "times": 3}),
        ("gateway_rate_limited", {"every": 4, "times": 2}),
        ("unavailable", {"every": 4, "times": 3, "retry_after": 2}),
        ("server_error", {"every": 4, "times": 3}),
        ("no_account_header", {"every": 2}),
        ("near_limit", {}),
        ("gzip", {}),
    ],
)
def test_no_fault_costs_or_doubles_an_issue(site: SimulatedJira, fault: str, how: dict[str, object]) -> None:
    if fault not in ("short_pages", "null_last_token"):
        site.faults.add("short_pages", path="/search/jql", size=10)
    added = site.faults.add(fault, path="/search/jql", **how)
    with door(site) as jira:
        found = ids(sweep(jira, ALL))
    assert added.fired > 0
    assert sorted(found) == sorted(every_id(site))


def test_issues_that_are_edited_meanwhile_shift_no_page(site: SimulatedJira) -> None:
    before = every_id(site)
    site.faults.add("short_pages", path="/search/jql", size=10)
    with door(site) as jira:
        found = []
        for page in sweep(jira, ALL):
            found += page.issue_ids
            for issue_id in list(page.issue_ids)[:3]:
                site.change.edit(site.site.issues[issue_id].key, {"summary": "Edited meanwhile"})
    assert sorted(found) == sorted(before)


def test_a_repeated_page_token_is_an_error(site: SimulatedJira) -> None:
    site.faults.add("short_pages", path="/search/jql", size=10)
    site.faults.add("repeated_token", path="/search/jql", after=2)
    with door(site) as jira, pytest.raises(JiraAnswerUnusable) as told:
        list(sweep(jira, ALL))
    assert str(told.value) == f"Jira at {site.url} gave the same page token of a search twice. Run it again later."


def test_a_token_that_expires_twice_is_an_error(site: SimulatedJira) -> None:
    site.faults.add("short_pages", path="/search/jql", size=10)
    site.faults.add("expired_token", path="/search/jql", after=1)
    twice = r"^A page token of the sweep was refused twice at .* Run it again later\.$"
    with door(site) as jira, pytest.raises(JiraAnswerUnusable, match=twice):
        list(sweep(jira, ALL))


def test_a_wrong_jql_is_refused_in_jiras_words_in_any_language(site: SimulatedJira) -> None:
    with door(site) as jira:
        with pytest.raises(JiraRefusedQuery, match=r"refused the question POST /rest/api/3/search/jql \(400: .*'NOPE'"):
            list(sweep(jira, bounded(projects_in(["NOPE"]), None)))
        site.faults.add("localized_messages", language="ko_KR")
        with pytest.raises(JiraRefusedQuery):
            list(sweep(jira, "order by key"))


def test_the_approximate_count_is_jiras(site: SimulatedJira) -> None:
    with door(site) as jira:
        assert approximate_count(jira, "project is not empty") == 120
        assert approximate_count(jira, "created >= 4102444800000") == 0


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ({"issues": [], "isLast": False}, "Jira at SITE says that a search goes on, but not where. Run it again later."),
        (
            {"issues": [], "isLast": True, "warnings": [{"type": "CLAUSE_LIMIT_EXCEEDED", "message": "1,200 of 1,000"}]},
            "Jira at SITE searched only in part (CLAUSE_LIMIT_EXCEEDED: 1,200 of 1,000). Make the JQL narrower.",
        ),
    ],
)
def test_a_page_that_is_not_the_whole_truth_is_an_error(page: dict[str, object], says: str) -> None:
    partly = pytest.raises((JiraAnswerUnusable, JiraRefusedQuery))
    with serving(signed_in(lambda _r: json(page))) as (url, _), client(url) as jira, partly as told:
        list(sweep(jira, ALL))
    assert str(told.value).replace(url, "SITE") == says


def test_a_last_page_without_the_word_last_is_the_last(caplog: pytest.LogCaptureFixture) -> None:
    page = {"issues": [{"id": "10001", "key": "A-1"}], "warnings": [{"type": "NEW", "message": "Hello."}], "unheard": {}}
    with serving(signed_in(lambda _r: json(page))) as (url, _), client(url) as jira:
        assert ids(sweep(jira, ALL)) == [10001]
    assert "Jira warns about a search: NEW: Hello." in caplog.text


def test_what_is_asked_for_is_ids_only_in_the_largest_pages() -> None:
    def answer(request: Seen) -> Given:
        assert request.body == (
            b'{"jql":"(project is not empty) AND created >= \\"1970-01-02\\" ORDER BY created ASC, key ASC",'
            b'"fields":["key"],"maxResults":5000}'
        )
        return json({"issues": [{"id": "1", "key": "A-1"}], "isLast": True})

    with serving(signed_in(answer)) as (url, _), client(url) as jira:
        assert ids(sweep(jira, ALL)) == [1]
