"""Paging, caps and refusals of the simulated Jira's searches and bulk endpoints."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from simulated_jira import SimulatedJira

SEARCH, FETCH, CHANGELOG = "/rest/api/3/search/jql", "/rest/api/3/issue/bulkfetch", "/rest/api/3/changelog/bulkfetch"


@pytest.fixture(scope="module")
def jira() -> Iterator[SimulatedJira]:
    with SimulatedJira(issues=260, projects=2) as running:
        yield running


def post(jira: SimulatedJira, path: str, body: Any, **headers: str) -> requests.Response:
    return requests.post(jira.url + path, json=body, auth=(jira.email, jira.token), headers=headers, timeout=10)


def pages(jira: SimulatedJira, **body: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while not found or "nextPageToken" in found[-1]:
        token = {"nextPageToken": found[-1]["nextPageToken"]} if found else {}
        found.append(post(jira, SEARCH, {"jql": "created >= '1970-01-02' order by created asc, key asc"} | body | token).json())
    return found


def test_ids_come_in_pages_of_up_to_5000_and_the_last_has_no_token(jira: SimulatedJira) -> None:
    found = pages(jira, maxResults=100)
    assert [len(page["issues"]) for page in found] == [100, 100, 60]
    assert [page["isLast"] for page in found] == [False, False, True]
    assert set(found[-1]) == {"issues", "isLast"}
    ids = [issue["id"] for page in found for issue in page["issues"]]
    assert len(set(ids)) == 260
    assert found[0]["issues"][0] == {"id": "10001"}, "the default field is the id alone"
    assert len(pages(jira, maxResults=5000)) == 1


def test_pages_with_fields_hold_at_most_a_hundred(jira: SimulatedJira) -> None:
    found = pages(jira, maxResults=5000, fields=["summary"])
    assert [len(page["issues"]) for page in found] == [100, 100, 60]
    assert list(found[0]["issues"][0]["fields"]) == ["summary"]


def test_without_max_results_fifty(jira: SimulatedJira) -> None:
    assert len(post(jira, SEARCH, {"jql": "project = PAY"}).json()["issues"]) == 50


def test_fields_can_be_all_navigable_named_and_refused(jira: SimulatedJira) -> None:
    def names(*fields: str) -> set[str]:
        answer = post(jira, SEARCH, {"jql": "key = PAY-2", "fields": list(fields)}).json()
        return set(answer["issues"][0]["fields"])

    assert {"summary", "comment", "worklog", "parent", "customfield_10014"} <= names("*all")
    assert "comment" not in names("*navigable")
    assert "summary" in names("*navigable")
    assert names("*all") - names("*all", "-summary") == {"summary"}
    assert names("summary", "status", "no_such_field") == {"summary", "status"}


def test_names_and_schema_stand_beside_the_issues(jira: SimulatedJira) -> None:
    answer = post(
        jira, SEARCH, {"jql": "key = PAY-2", "fields": ["summary", "customfield_10020"], "expand": "names,schema"}
    ).json()
    assert answer["names"] == {"customfield_10020": "Sprint", "summary": "Summary"}
    assert answer["schema"]["customfield_10020"]["custom"] == "com.pyxis.greenhopper.jira:gh-sprint"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"jql": "project = PAY", "maxResults": 0}, "The max results parameter has to be between 1 and 5,000."),
        ({"jql": "project = PAY", "maxResults": 5001}, "The max results parameter has to be between 1 and 5,000."),
        ({"jql": "project = PAY", "startAt": 0}, "Invalid request payload. Refer to the REST API documentation and try again."),
        ({"jql": "project = PAY", "fields": "summary"}, "Invalid request payload."),
        ({"jql": "project = PAY", "expand": ["names"]}, "Invalid request payload."),
        ({"jql": "project = PAY", "nextPageToken": "bad"}, "The provided next page token is invalid or expired."),
        ({"jql": "project = PAY", "reconcileIssues": list(range(51))}, "The max number of issues to reconcile is 50."),
    ],
)
def test_refused_searches(jira: SimulatedJira, body: dict[str, Any], message: str) -> None:
    refused = post(jira, SEARCH, body)
    assert refused.status_code == 400
    assert message in refused.json()["errorMessages"][0]
    assert ("errors" in refused.json()) == ("payload" not in message)


def test_refusals_before_the_body_is_understood(jira: SimulatedJira) -> None:
    auth = (jira.email, jira.token)
    wrong_type = requests.post(jira.url + SEARCH, data="jql", headers={"Content-Type": "text/plain"}, auth=auth, timeout=5)
    assert wrong_type.status_code == 415
    assert wrong_type.headers["Content-Type"] == "application/problem+json"
    assert wrong_type.json()["detail"] == "Content-Type 'text/plain' is not supported."
    as_json = {"Content-Type": "application/json"}
    for sent, message in (("", "No content to map to Object due to end of input"), ("{", "There was an error parsing JSON.")):
        broken = requests.post(jira.url + SEARCH, data=sent, headers=as_json, auth=auth, timeout=5)
        assert broken.status_code == 400
        assert message in broken.json()["errorMessages"][0]
    null = post(jira, SEARCH, {"jql": "project = PAY", "reconcileIssues": None})
    assert (null.status_code, null.json()["status-code"]) == (500, 500)


def test_the_old_search_is_gone_and_unknown_paths_say_so(jira: SimulatedJira) -> None:
    auth = (jira.email, jira.token)
    for path in ("/rest/api/3/search?jql=project=PAY", "/rest/api/2/search", "/rest/api/latest/search"):
        gone = requests.get(jira.url + path, auth=auth, timeout=5)
        assert gone.status_code == 410
        assert "has been removed" in gone.json()["errorMessages"][0]
    nowhere = requests.get(jira.url + "/rest/api/3/nowhere", auth=auth, timeout=5)
    assert (nowhere.status_code, nowhere.json()["title"]) == (404, "Not Found")
    assert requests.get(jira.url + "/rest/api/3/search/approximate-count", auth=auth, timeout=5).status_code == 405
    bad = requests.get(jira.url + "/rest/api/3/issue/PAY-1/comment?maxResults=x", auth=auth, timeout=5)
    assert bad.json()["detail"] == "Failed to convert 'maxResults' with value: 'x'"


def test_a_page_token_lives_for_seven_days() -> None:
    with SimulatedJira(issues=30, projects=1) as jira:
        body = {"jql": "project = PAY", "maxResults": 10}
        token = post(jira, SEARCH, body).json()["nextPageToken"]
        assert post(jira, SEARCH, body | {"nextPageToken": token}).status_code == 200
        jira.clock.advance(7 * 86_400 + 1)
        assert post(jira, SEARCH, body | {"nextPageToken": token}).status_code == 400


def test_the_natural_order_is_not_shifted_by_edits_and_deletions() -> None:
    with SimulatedJira(issues=60, projects=1) as jira:
        body = {"jql": "project = PAY order by created asc, key asc", "maxResults": 20, "fields": ["key"]}
        first = post(jira, SEARCH, body).json()
        jira.change.edit("PAY-5", {"summary": "moved to the end by `updated`"})
        jira.change.delete("PAY-6")
        second = post(jira, SEARCH, body | {"nextPageToken": first["nextPageToken"]}).json()
        assert second["issues"][0]["key"] == "PAY-21"


def test_bulk_fetch_is_ordered_by_id_and_silent_about_what_is_missing(jira: SimulatedJira) -> None:
    answer = post(
        jira, FETCH, {"issueIdsOrKeys": ["PAY-9", "PAY-2", "NO-1", "99999999", "pay-2"], "fields": ["summary"]}
    ).json()
    assert [issue["key"] for issue in answer["issues"]] == ["PAY-2", "PAY-9"]
    assert answer["issueErrors"] == []


def test_bulk_fetch_takes_a_hundred_or_a_thousand_slim_ones(jira: SimulatedJira) -> None:
    ids = [str(issue.id) for issue in jira.site.issues.values()]
    assert post(jira, FETCH, {"issueIdsOrKeys": ids[:100]}).status_code == 200
    assert post(jira, FETCH, {"issueIdsOrKeys": ids[:101]}).status_code == 400
    assert post(jira, FETCH, {"issueIdsOrKeys": []}).status_code == 400
    assert len(post(jira, FETCH, {"issueIdsOrKeys": ids, "fields": ["summary", "status"]}).json()["issues"]) == 260
    for fields in (["*all"], ["summary", "comment"]):
        assert post(jira, FETCH, {"issueIdsOrKeys": ids, "fields": fields}).status_code == 400
    assert post(jira, FETCH, {"issueIdsOrKeys": ids[:5], "expand": "names"}).status_code == 400, (
        "a list here, a string in search"
    )


def test_what_jira_embeds_is_cut_and_says_so_in_its_total(jira: SimulatedJira) -> None:
    rows = post(
        jira, FETCH, {"issueIdsOrKeys": ["PAY-4", "PAY-6", "PAY-8"], "fields": ["*all"], "expand": ["changelog"]}
    ).json()
    changed, worked, talked = rows["issues"]
    assert len(changed["changelog"]["histories"]) == 40 < changed["changelog"]["total"]
    assert len(worked["fields"]["worklog"]["worklogs"]) == 20 < worked["fields"]["worklog"]["total"]
    assert len(talked["fields"]["comment"]["comments"]) == 20 < talked["fields"]["comment"]["total"] == 130
    auth = (jira.email, jira.token)
    whole = requests.get(f"{jira.url}/rest/api/3/issue/PAY-8/comment?startAt=100", auth=auth, timeout=5).json()
    assert (len(whole["comments"]), whole["total"]) == (30, 130)
    assert talked["fields"]["comment"]["comments"][-1] == whole["comments"][-1], "the oldest are dropped"
    one = requests.get(f"{jira.url}/rest/api/3/issue/PAY-4?expand=changelog", auth=auth, timeout=5).json()
    assert len(one["changelog"]["histories"]) == one["changelog"]["total"]


def test_bulk_changelogs_are_whole_ordered_and_split_over_pages(jira: SimulatedJira) -> None:
    wanted = ["PAY-4", "PAY-5", "PAY-7"]
    body: dict[str, Any] = {"issueIdsOrKeys": wanted, "maxResults": 9}
    found: dict[str, list[str]] = {}
    created: list[str] = []
    while True:
        page = post(jira, CHANGELOG, body).json()
        assert sum(len(row["changeHistories"]) for row in page["issueChangeLogs"]) <= 9
        for row in page["issueChangeLogs"]:
            found.setdefault(row["issueId"], []).extend(history["id"] for history in row["changeHistories"])
            created += [history["created"] for history in row["changeHistories"]]
        if "nextPageToken" not in page:
            break
        body["nextPageToken"] = page["nextPageToken"]
    for key in wanted:
        issue = jira.site.issue(key)
        assert issue is not None
        assert len(set(found.get(str(issue.id), []))) == jira.change.entries(key)["histories"]
    filtered = post(jira, CHANGELOG, {"issueIdsOrKeys": wanted, "fieldIds": ["status"]}).json()["issueChangeLogs"]
    fields = {item["fieldId"] for row in filtered for history in row["changeHistories"] for item in history["items"]}
    assert fields == {"status"}


def test_project_search_pages_and_tells_what_changed(jira: SimulatedJira) -> None:
    auth = (jira.email, jira.token)
    first = requests.get(f"{jira.url}/rest/api/3/project/search?maxResults=1&expand=insight", auth=auth, timeout=5).json()
    assert (first["isLast"], first["total"], len(first["values"])) == (False, 2, 1)
    before = first["values"][0]["insight"]
    key = first["values"][0]["key"]
    jira.change.edit(f"{key}-1", {"summary": "touched"})
    again = requests.get(f"{jira.url}/rest/api/3/project/search?keys={key}&expand=insight", auth=auth, timeout=5).json()
    assert again["values"][0]["insight"]["lastIssueUpdateTime"] > before["lastIssueUpdateTime"]
