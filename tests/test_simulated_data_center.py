"""The simulated site as a Data Center: version 2 of the API, its own names for people, times and sprints, its own refusals."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from simulated_jira import Settings, SimulatedJira

DATA_CENTER = Settings(flavour="data_center", custom_fields=55)


@pytest.fixture
def jira() -> Iterator[SimulatedJira]:
    with SimulatedJira(80, projects=3, seed=11, settings=DATA_CENTER) as site:
        yield site


def get(jira: SimulatedJira, path: str, **params: Any) -> requests.Response:
    return requests.get(f"{jira.url}/rest/api/{path}", params=params, auth=(jira.email, jira.token), timeout=10)


def search(jira: SimulatedJira, jql: str, **asked: Any) -> requests.Response:
    body = {"jql": jql, "fields": ["updated"]} | asked
    return requests.post(f"{jira.url}/rest/api/2/search", json=body, auth=(jira.email, jira.token), timeout=10)


def ids(answer: requests.Response) -> list[int]:
    return [int(issue["id"]) for issue in answer.json()["issues"]]


def test_only_version_2_and_only_what_data_center_has(jira: SimulatedJira) -> None:
    assert get(jira, "2/serverInfo").json()["deploymentType"] == "Server"
    of_cloud = ("3/myself", "2/search/jql", "2/issue/bulkfetch", "2/changelog/bulkfetch", "2/project/search", "2/users/search")
    assert [get(jira, path).status_code for path in of_cloud] == [404] * len(of_cloud)
    of_both = ("2/myself", "latest/myself", "2/status", "2/priority", "2/project", "2/field", "2/worklog/updated")
    assert [get(jira, path).status_code for path in of_both] == [200] * len(of_both)


def test_a_search_counts_from_the_start_and_tells_its_total(jira: SimulatedJira) -> None:
    everything = [issue.id for issue in jira.site.by_created]
    page = search(jira, "ORDER BY created ASC, key ASC", startAt=70, maxResults=5000)
    told = {name: value for name, value in page.json().items() if name not in ("issues", "expand")}
    assert (ids(page), told) == (everything[70:], {"startAt": 70, "maxResults": 1000, "total": 80})


def test_dates_are_minutes_in_the_accounts_zone(jira: SimulatedJira) -> None:
    clock = jira.change.issue("PAY-1")
    jira.change.edit(clock.key, {"summary": "x"})
    # 10:00 in New York.
    assert ids(search(jira, 'updated >= "2026-11-02 10:00"')) == [clock.id]
    assert ids(search(jira, 'updated >= "2026-11-02 10:01"')) == []
    assert search(jira, "updated >= 1793631600000").status_code == 400


def test_ids_that_are_gone_are_refused_unless_the_query_is_not_validated(jira: SimulatedJira) -> None:
    (first, *_) = jira.site.by_created
    assert search(jira, f"id in (1, {first.id})").status_code == 400
    assert ids(search(jira, f"id in (1, {first.id})", validateQuery=False)) == [first.id]


def test_payloads_have_data_centers_names_and_shapes(jira: SimulatedJira) -> None:
    page = search(jira, "project = PAY", fields=["*all"], expand=["changelog"], maxResults=100)
    issues = page.json()["issues"]
    people = [issue["fields"]["reporter"] for issue in issues if issue["fields"]["reporter"]]
    assert all(person["key"].startswith("JIRAUSER") and person["name"].startswith("user") for person in people)
    assert {type(issue["fields"]["description"]) for issue in issues} == {str, type(None)}
    sprints = [sprint for issue in issues for sprint in issue["fields"]["customfield_10020"] or ()]
    assert all(sprint.startswith("com.atlassian.greenhopper.service.sprint.Sprint@") for sprint in sprints)
    assert sprints
    assert all(issue["changelog"]["total"] == len(issue["changelog"]["histories"]) for issue in issues)
    assert all(issue["fields"]["comment"]["total"] == len(issue["fields"]["comment"]["comments"]) for issue in issues)
    only_on_cloud = ("accountId", "fieldId", "hierarchyLevel", '"type":"doc"', "statuscategorychangedate", "/rest/api/3/")
    assert [name for name in only_on_cloud if name in page.text] == []


def test_headers_say_who_asked(jira: SimulatedJira) -> None:
    said = get(jira, "2/myself").headers
    assert (said["X-AUSERNAME"], said["X-Seraph-LoginReason"]) == (jira.email, "OK")
    refused = {"Authorization": "Bearer wrong"}
    nobody = requests.post(f"{jira.url}/rest/api/2/search", json={"jql": ""}, headers=refused, timeout=10)
    assert (nobody.status_code, nobody.json()["total"], nobody.headers["X-AUSERNAME"]) == (200, 0, "anonymous")
    assert nobody.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"


def test_wrong_passwords_end_in_a_captcha(jira: SimulatedJira) -> None:
    wrong = [requests.get(f"{jira.url}/rest/api/2/myself", auth=(jira.email, "x"), timeout=10) for _ in range(4)]
    assert [answer.status_code for answer in wrong] == [401, 401, 401, 403]
    right = get(jira, "2/myself")
    assert (right.status_code, right.headers["X-Seraph-LoginReason"]) == (403, "AUTHENTICATION_DENIED")
    assert right.headers["X-Authentication-Denied-Reason"].startswith("CAPTCHA_CHALLENGE")


def test_one_bucket_for_all_routes_where_rates_are_limited() -> None:
    with SimulatedJira(20, projects=1, settings=Settings(flavour="data_center", custom_fields=17)) as jira:
        assert "X-RateLimit-Remaining" not in get(jira, "2/field").headers
        jira.rate_limits.set(5, 3)
        answers = [get(jira, "2/field"), search(jira, ""), get(jira, "2/field"), search(jira, "")]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        names = ("X-RateLimit-Limit", "X-RateLimit-FillRate", "X-RateLimit-Interval-Seconds", "Retry-After")
        assert [answers[0].headers[name] for name in names] == ["3", "5", "1", "0"]
        assert answers[3].headers["Retry-After"] == "1"


def test_an_index_that_is_being_rebuilt_lacks_issues_that_are_there(jira: SimulatedJira) -> None:
    jira.faults.add("index_rebuild", share=0.5)
    found = ids(search(jira, "", maxResults=100))
    absent = next(issue for issue in jira.site.by_created if issue.id not in found)
    assert 20 < len(found) < 60
    assert get(jira, f"2/issue/{absent.id}", fields="updated").status_code == 200


def test_a_hub_takes_long_where_heavy_fields_are_asked_for_together(jira: SimulatedJira) -> None:
    hub = jira.change.issue("PAY-1").id
    jira.faults.add("slow_hub", issue=hub, seconds=0.3)
    seconds = []
    for fields in (["*all"], ["summary", "issuelinks"], ["comment"]):
        began = time.monotonic()
        search(jira, f"id = {hub}", fields=fields)
        seconds.append(time.monotonic() - began)
    assert [spent >= 0.3 for spent in seconds] == [True, False, False]


def test_projects_users_and_groups_come_otherwise(jira: SimulatedJira) -> None:
    jira.change.archive_project("OPS")
    listed = {project["key"]: project["archived"] for project in get(jira, "2/project", includeArchived="true").json()}
    assert listed == {"AND": False, "OPS": True, "PAY": False}
    assert [project["key"] for project in get(jira, "2/project").json()] == ["AND", "PAY"]
    people = get(jira, "2/user/search", username=".", includeInactive="true", maxResults=1000).json()
    assert {person["key"] for person in people} < {user.account_id for user in jira.site.people}
    assert get(jira, "2/groups/picker", maxResults=2).json()["total"] == 5
