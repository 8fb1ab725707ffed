"""What hangs on one issue, and the site's list of changed worklogs, against the simulated Jira."""

import json
from collections.abc import Iterator

import pytest

from jira_api.clients import Vault, client, token
from jira_staging.errors import JiraAnswerUnusable, JiraNotPermitted
from jira_staging.jira_api import children
from jira_staging.jira_api.answers import JiraHasNone
from jira_staging.jira_api.children import ChildPage
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.worklog_feed import changed_worklogs, read_worklogs
from simulated_jira import Settings, SimulatedJira, lives
from simulated_jira.exchange import answer
from simulated_jira.issue import Issue


@pytest.fixture
def site() -> Iterator[SimulatedJira]:
    with SimulatedJira(40, projects=2, seed=5, settings=Settings(custom_fields=20, issue_bytes=5_000)) as jira:
        yield jira


@pytest.fixture
def jira(site: SimulatedJira) -> Iterator[JiraClient]:
    with client(site.url, Vault(token(site.token, site.email))) as opened:
        yield opened


@pytest.fixture
def hub(site: SimulatedJira) -> Issue:
    site.change.grow("PAY-1", comments=230, worklogs=5_100)
    issue = site.site.issue("PAY-1")
    assert issue is not None
    return issue


def ids(page: ChildPage) -> list[int]:
    return [int(json.loads(bytes(item))["id"]) for item in page.items]


def test_comments_are_paged_the_oldest_first(site: SimulatedJira, jira: JiraClient, hub: Issue) -> None:
    whole = [comment.id for comment in lives.comments(site.site, hub)]
    page = children.comments(jira, hub.id)
    assert (ids(page), page.total, page.table, page.issue_id) == (whole, len(whole), "comment", hub.id)
    parts = [children.comments(jira, hub.id, start, end) for start, end in ((0, 100), (100, 200), (200, None))]
    assert [id_ for part in parts for id_ in ids(part)] == whole
    assert {part.total for part in parts} == {len(whole)}


def test_comments_beyond_the_end_are_none(jira: JiraClient, hub: Issue) -> None:
    assert ids(children.comments(jira, hub.id, 5_000, None)) == []


def test_worklogs_are_paged(site: SimulatedJira, jira: JiraClient, hub: Issue) -> None:
    whole = [work.id for work in lives.worklogs(site.site, hub)]
    page = children.worklogs(jira, hub.id)
    assert (ids(page), page.total) == (whole, len(whole))
    assert site.requests.count("/worklog") == 2


def test_what_only_an_issue_at_a_time_tells(site: SimulatedJira, jira: JiraClient) -> None:
    for issue in list(site.site.issues.values())[:10]:
        links = [json.loads(raw) for raw in lives.remote_links(site.site, issue)]
        assert [json.loads(bytes(item)) for item in children.remote_links(jira, issue.id).items] == links
        for page, people in (
            (children.watchers(jira, issue.id), lives.watchers(site.site, issue)),
            (children.votes(jira, issue.id), lives.voters(site.site, issue)),
        ):
            assert [json.loads(bytes(item))["accountId"] for item in page.items] == people
            assert page.total == len(people)
        kept = {key: json.loads(value) for key, value in lives.properties(site.site, issue).items()}
        page = children.properties(jira, issue.id)
        assert {told["key"]: told["value"] for told in (json.loads(bytes(item)) for item in page.items)} == kept
        assert page.total == len(kept)
        assert [json.loads(bytes(item)) for item in children.transitions(jira, issue.id).items] == site.change.transitions(
            issue
        )


def test_a_property_may_be_called_anything(site: SimulatedJira, jira: JiraClient) -> None:
    site.change.set_property("PAY-1", "app:state 1 ü", {"a": None})
    issue = site.site.issue("PAY-1")
    assert issue is not None
    told = [json.loads(bytes(item)) for item in children.properties(jira, issue.id).items]
    assert {"key": "app:state 1 ü", "value": {"a": None}} in told


def test_an_issue_that_is_gone_has_none(jira: JiraClient) -> None:
    for ask in (children.comments, children.worklogs, children.remote_links, children.watchers, children.properties):
        with pytest.raises(JiraHasNone):
            ask(jira, 999_999_999)


def test_a_refusal_is_not_an_empty_list(site: SimulatedJira, jira: JiraClient) -> None:
    site.faults.add("scope_missing", "/watchers")
    with pytest.raises(JiraNotPermitted):
        children.watchers(jira, next(iter(site.site.issues)))


def no_gap(at: int) -> None:
    raise AssertionError(f"nothing of {at} is left out")


def test_the_site_lists_worklogs_that_changed(site: SimulatedJira, jira: JiraClient, hub: Issue) -> None:
    begin = site.clock.now_ms()
    edited, deleted = (work.id for work in lives.worklogs(site.site, hub)[:2])
    site.change.edit_work(edited, 60)
    site.change.delete_work(deleted)
    site.clock.advance(600)
    assert [id_ for page in changed_worklogs(jira, "updated", begin, no_gap) for id_ in page] == [edited]
    assert [id_ for page in changed_worklogs(jira, "deleted", begin, no_gap) for id_ in page] == [deleted]
    (item,) = read_worklogs(jira, [edited, deleted])
    assert (json.loads(bytes(item))["id"], json.loads(bytes(item))["timeSpentSeconds"]) == (str(edited), 60)


def test_the_list_goes_on_over_pages(site: SimulatedJira, jira: JiraClient, hub: Issue) -> None:
    site.clock.advance(600)
    every = {work.id for issue in site.site.issues.values() for work in lives.worklogs(site.site, issue)}
    pages = list(changed_worklogs(jira, "updated", 0, no_gap))
    assert {id_ for page in pages for id_ in page} == every
    assert len(pages) > 5


def test_what_a_full_millisecond_leaves_out_is_told_and_the_list_goes_on(
    site: SimulatedJira, jira: JiraClient, hub: Issue
) -> None:
    at = site.clock.now_ms()
    site.site.deleted_worklogs += [(number, at) for number in range(1_500)] + [(9_000, at + 1), (9_001, at + 5)]
    site.clock.advance(600)
    gaps: list[int] = []
    read = {id_ for page in changed_worklogs(jira, "deleted", at - 60_000, gaps.append) for id_ in page}
    assert gaps == [at]
    assert read == {*range(1_000), 9_000, 9_001}


@pytest.mark.parametrize("until", [None, 4_999])
def test_a_list_that_does_not_move_on_is_an_error(
    site: SimulatedJira, jira: JiraClient, monkeypatch: pytest.MonkeyPatch, until: int | None
) -> None:
    stuck = {"values": [{"worklogId": 1, "updatedTime": 5_000}], "until": until, "lastPage": False}
    monkeypatch.setattr("simulated_jira.routes.children._feed", lambda *_given: answer(stuck))
    with pytest.raises(JiraAnswerUnusable, match="goes on, but not where"):
        list(changed_worklogs(jira, "deleted", 5_000, no_gap))
