"""Changelogs in bulk, against the simulated Jira: whole, however Jira splits them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from jira_api.clients import Vault, client, token
from jira_staging.errors import JiraAnswerUnusable, JiraRefusedQuery
from jira_staging.jira_api.changelogs import ChangelogsTooLarge, FetchedChangelogs, fetch_changelogs
from jira_staging.jira_api.client import JiraClient
from simulated_jira import Settings, SimulatedJira, lives
from simulated_jira.entries import history_json

PATH = "changelog/bulkfetch"


@pytest.fixture
def site() -> Iterator[SimulatedJira]:
    with SimulatedJira(60, projects=2, seed=5, settings=Settings(custom_fields=20, issue_bytes=5_000)) as jira:
        yield jira


@pytest.fixture
def jira(site: SimulatedJira) -> Iterator[JiraClient]:
    with client(site.url, Vault(token(site.token, site.email))) as opened:
        yield opened


def told(fetched: FetchedChangelogs) -> dict[int, list[Any]]:
    return {
        id_: [history for array in arrays for history in json.loads(bytes(array))] for id_, arrays in fetched.arrays.items()
    }


def expected(site: SimulatedJira, *, numeric: bool = False) -> dict[int, list[Any]]:
    histories = {
        issue.id: [json.loads(history_json(site.site, entry, numeric=numeric)) for entry in lives.histories(site.site, issue)]
        for issue in site.site.issues.values()
    }
    return {issue_id: found for issue_id, found in histories.items() if found}


def requests(site: SimulatedJira) -> int:
    return site.requests.count(PATH)


def test_the_changelogs_of_many_issues_are_one_request(site: SimulatedJira, jira: JiraClient) -> None:
    site.change.grow("PAY-1", histories=3_000)
    fetched = fetch_changelogs(jira, list(site.site.issues))
    assert told(fetched) == expected(site)
    assert fetched.size == sum(len(bytes(array)) for arrays in fetched.arrays.values() for array in arrays)
    assert requests(site) == 1


@pytest.mark.parametrize("kind", ["numeric_created", "unknown_keys", "gzip"])
def test_other_spellings_are_taken(site: SimulatedJira, jira: JiraClient, kind: str) -> None:
    site.faults.add(kind, PATH)
    assert told(fetch_changelogs(jira, list(site.site.issues))) == expected(site, numeric=kind == "numeric_created")


def test_an_issue_may_be_split_over_pages(site: SimulatedJira, jira: JiraClient) -> None:
    site.faults.add("split_changelogs", PATH, size=11)
    whole = expected(site)
    fetched = fetch_changelogs(jira, list(site.site.issues))
    assert told(fetched) == whole
    assert max(map(len, fetched.arrays.values())) > 1
    assert requests(site) == -(-sum(map(len, whole.values())) // 11)


def test_issues_that_are_not_there_are_left_out(site: SimulatedJira, jira: JiraClient) -> None:
    first, hidden, *_ = site.site.issues.values()
    site.change.hide_issue(hidden.key)
    assert told(fetch_changelogs(jira, [first.id, hidden.id, 999_999_999])) == {first.id: expected(site)[first.id]}


def test_a_token_that_comes_twice_is_an_error(site: SimulatedJira, jira: JiraClient) -> None:
    site.faults.add("split_changelogs", PATH, size=11)
    site.faults.add("repeated_token", PATH)
    with pytest.raises(JiraAnswerUnusable, match="same page token of changelogs twice"):
        fetch_changelogs(jira, list(site.site.issues))


def test_a_token_that_expired_makes_it_begin_once_more(site: SimulatedJira, jira: JiraClient) -> None:
    site.faults.add("split_changelogs", PATH, size=50)
    site.faults.add("expired_token", PATH, after=2, times=1)
    assert told(fetch_changelogs(jira, list(site.site.issues))) == expected(site)


def test_a_token_that_is_refused_twice_is_an_error(site: SimulatedJira, jira: JiraClient) -> None:
    site.faults.add("split_changelogs", PATH, size=50)
    site.faults.add("expired_token", PATH)
    with pytest.raises(JiraAnswerUnusable, match="refused twice"):
        fetch_changelogs(jira, list(site.site.issues))


def test_a_refused_question_is_no_expired_token(site: SimulatedJira, jira: JiraClient) -> None:
    with pytest.raises(JiraRefusedQuery, match="between 1 and 1000"):
        fetch_changelogs(jira, range(1, 1_002))
    assert requests(site) == 1


def test_more_than_can_be_held_is_told_as_soon_as_it_shows(site: SimulatedJira, jira: JiraClient) -> None:
    site.faults.add("split_changelogs", PATH, size=10)
    with pytest.raises(ChangelogsTooLarge, match="60 issues"):
        fetch_changelogs(jira, list(site.site.issues), most_bytes=20_000)
    assert requests(site) < 20


def test_an_answer_that_the_client_does_not_take_is_too_large_for_many_and_split_for_one(site: SimulatedJira) -> None:
    site.change.grow("PAY-1", histories=1_000)
    issue = site.site.issue("PAY-1")
    assert issue is not None
    with client(site.url, Vault(token(site.token, site.email)), answer_bytes=300_000) as small:
        with pytest.raises(ChangelogsTooLarge):
            fetch_changelogs(small, list(site.site.issues))
        assert told(fetch_changelogs(small, [issue.id])) == {issue.id: expected(site)[issue.id]}
