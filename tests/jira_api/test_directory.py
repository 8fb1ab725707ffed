"""What a site has besides issues, against the simulated Jira over HTTP."""

from collections.abc import Callable, Iterable, Iterator

import msgspec
import pytest

from jira_api.clients import Vault, client
from jira_api.small_server import Given, Seen, json, serving, signed_in
from jira_staging.errors import JiraAnswerUnusable, JiraNotPermitted
from jira_staging.jira_api import directory
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.paging import array_pages, pages
from jira_staging.records import ApiToken
from simulated_jira import Settings, SimulatedJira


@pytest.fixture(scope="module")
def site() -> Iterator[SimulatedJira]:
    with SimulatedJira(issues=60, projects=4, settings=Settings(issue_bytes=600, custom_fields=5)) as site:
        yield site


@pytest.fixture
def jira(site: SimulatedJira) -> Iterator[JiraClient]:
    with client(site.url, Vault(ApiToken(site.token, site.email, "api_token", "jira-prod"))) as door:
        yield door
    site.faults.clear()


def read(items: Iterable[msgspec.Raw]) -> list[dict[str, object]]:
    return [msgspec.json.decode(item) for item in items]


def all_of(found: Iterable[Iterable[msgspec.Raw]]) -> list[dict[str, object]]:
    return [item for page in found for item in read(page)]


@pytest.mark.parametrize(
    ("ask", "some"),
    [
        (directory.fields, {"id": "summary"}),
        (directory.project_types, {"key": "software"}),
        (directory.project_categories, {}),
        (directory.statuses, {}),
        (directory.status_categories, {"key": "done"}),
        (directory.issue_types, {"name": "Epic"}),
        (directory.issue_link_types, {"name": "Blocks"}),
    ],
)
def test_a_list_comes_whole(jira: JiraClient, ask: Callable[[JiraClient], list[msgspec.Raw]], some: dict[str, object]) -> None:
    items = read(ask(jira))
    assert items
    assert any(some.items() <= item.items() for item in items)


@pytest.mark.parametrize("ask", [directory.projects, directory.priorities, directory.resolutions, directory.users])
@pytest.mark.parametrize("size", [1, 2, 100])
def test_pages_of_any_size_give_everything_once(
    jira: JiraClient, monkeypatch: pytest.MonkeyPatch, ask: Callable[[JiraClient], Iterator[list[msgspec.Raw]]], size: int
) -> None:
    whole = all_of(ask(jira))
    for name in ("PROJECTS_PER_PAGE", "USERS_PER_PAGE", "ITEMS_PER_PAGE"):
        monkeypatch.setattr(directory, name, size)
    assert all_of(ask(jira)) == whole
    assert len(whole) > 2


def test_projects_come_with_what_a_sync_needs(jira: JiraClient, site: SimulatedJira) -> None:
    projects = all_of(directory.projects(jira))
    assert len(projects) == 4
    assert {"id", "key", "name", "lead", "insight", "projectTypeKey"} <= projects[0].keys()
    assert all_of(directory.projects(jira, ["archived"])) == []
    key = str(projects[-1]["key"])
    site.change.archive_project(key)
    assert [project["key"] for project in all_of(directory.projects(jira, ["archived"]))] == [key]
    assert len(all_of(directory.projects(jira))) == 3
    site.change.restore_project(key)


def test_components_and_versions_belong_to_the_projects_asked_for(jira: JiraClient) -> None:
    project_ids = [int(str(project["id"])) for project in all_of(directory.projects(jira))]
    components = all_of(directory.components(jira, project_ids))
    versions = [read(items) for items in directory.versions(jira, project_ids)]
    assert {component["projectId"] for component in components} <= set(project_ids)
    assert any(versions)
    for project_id, items in zip(project_ids, versions, strict=True):
        assert {version["projectId"] for version in items} <= {project_id}
    only = all_of(directory.components(jira, project_ids[:1]))
    assert only == [component for component in components if component["projectId"] == project_ids[0]]


def test_components_of_many_projects_take_few_requests(site: SimulatedJira) -> None:
    page = {"values": [], "startAt": 0, "isLast": True}
    with serving(signed_in(lambda _r: json(page))) as (url, seen), client(url) as jira:
        assert all_of(directory.components(jira, range(10_000, 10_120))) == []
    assert [request.path.count("projectIdsOrKeys=") for request in seen] == [0, 50, 50, 20]
    assert max(len(request.path) for request in seen) < 2_000


def test_a_project_is_visible_or_not(jira: JiraClient) -> None:
    project_id = int(str(all_of(directory.projects(jira))[0]["id"]))
    assert (directory.is_project_visible(jira, project_id), directory.is_project_visible(jira, 999_999)) == (True, False)


@pytest.mark.parametrize("status", [401, 403])
def test_what_may_not_be_read_is_told_as_not_permitted(status: int) -> None:
    refused = signed_in(lambda _r: json({"errorMessages": ["Administrators only."]}, status))
    with serving(refused) as (url, _), client(url) as jira, pytest.raises(JiraNotPermitted, match="Administrators only"):
        all_of(directory.users(jira))


def test_a_missing_scope_is_told_as_not_permitted(jira: JiraClient, site: SimulatedJira) -> None:
    site.faults.add("scope_missing", path="/users/search")
    with pytest.raises(JiraNotPermitted, match="scope does not match"):
        all_of(directory.users(jira))


def offset(request: Seen) -> int:
    return int(request.path.partition("startAt=")[2].partition("&")[0])


def test_users_go_on_after_a_short_page_until_an_empty_one() -> None:
    people = [[{"accountId": "1"}, {"accountId": "2"}], [{"accountId": "3"}], [{"accountId": "4"}], []]
    given = {0: 0, 2: 1, 3: 2, 4: 3}
    with serving(signed_in(lambda r: json(people[given[offset(r)]]))) as (url, _), client(url) as jira:
        assert [person["accountId"] for person in all_of(directory.users(jira))] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("answers", "count", "requests"),
    [
        pytest.param([{"values": [1, 2], "isLast": False}, {"values": [3], "isLast": True}], 3, 2, id="isLast"),
        pytest.param([{"values": [1, 2], "total": 3}, {"values": [3], "total": 3}], 3, 2, id="total"),
        pytest.param([{"values": [1, 2]}, {"values": [3]}, {"values": []}], 3, 3, id="neither"),
        pytest.param([{"values": [1], "isLast": False, "maxResults": 1}, {"values": [], "isLast": False}], 1, 2, id="empty"),
        pytest.param([{"values": [], "isLast": True}], 0, 1, id="nothing"),
    ],
)
def test_pages_end_where_jira_says_so(answers: list[object], count: int, requests: int) -> None:
    rest = list(answers)
    with serving(signed_in(lambda _r: json(rest.pop(0)))) as (url, seen), client(url) as jira:
        assert sum(map(len, pages(jira, "/rest/api/3/priority/search", {}, page_size=2))) == count
    assert len(seen) == requests + 1


def endless(request: Seen) -> Given:
    return json({"values": [1, 2], "startAt": 0, "isLast": False} if "priority" in request.path else [{"accountId": "1"}])


def test_a_server_that_gives_the_first_page_again_and_again_is_noticed() -> None:
    with serving(signed_in(endless)) as (url, _), client(url) as jira:
        with pytest.raises(JiraAnswerUnusable) as told:
            list(pages(jira, "/rest/api/3/priority/search", {}, page_size=2))
        assert str(told.value) == (
            f"{url}/rest/api/3/priority/search was asked for items from 2 and answered from 0. Run it again later."
        )
        with pytest.raises(JiraAnswerUnusable) as told:
            list(array_pages(jira, "/rest/api/3/users/search", {}, page_size=1))
        assert str(told.value) == f"{url}/rest/api/3/users/search gave the same page twice, from 1 too. Run it again later."


@pytest.mark.parametrize("times", [1, 2])
def test_a_list_that_grows_shorter_while_it_is_read_is_read_once_more(times: int) -> None:
    left: list[int] = []

    def shrinking(request: Seen) -> Given:
        start = offset(request)
        if start and len(left) < times:
            left.append(start)
        items = list(range(len(left), 9))
        return json({"values": items[start : start + 3], "startAt": start, "total": len(items)})

    with serving(signed_in(shrinking)) as (url, _), client(url) as jira:
        assert all_of(pages(jira, "/rest/api/3/project/search", {}, page_size=3)) == list(range(times, 9))


def test_a_list_that_counts_otherwise_from_page_to_page_is_taken_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    def counting(request: Seen) -> Given:
        start = offset(request)
        return json({"values": [start], "startAt": start, "total": 9 - start, "isLast": start == 3})

    with serving(signed_in(counting)) as (url, seen), client(url) as jira:
        assert all_of(pages(jira, "/rest/agile/1.0/board", {}, page_size=1)) == [0, 1, 2, 3]
    assert len(seen) == 3 * 4 + 1
    assert "told of fewer items from page to page, so something may be missing until the next run" in caplog.text


def test_an_empty_page_behind_the_last_item_may_tell_of_none() -> None:
    rest = [{"values": [1, 2], "total": 2, "isLast": False}, {"values": [], "total": 0, "isLast": True}]
    with serving(signed_in(lambda _r: json(rest.pop(0)))) as (url, seen), client(url) as jira:
        assert all_of(pages(jira, "/rest/api/3/priority/search", {}, page_size=2)) == [1, 2]
    assert len(seen) == 2 + 1
