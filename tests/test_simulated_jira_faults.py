"""Each fault of the simulated Jira, alone."""

import gzip
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from simulated_jira import Settings, SimulatedJira
from simulated_jira.faults import KINDS

SEARCH = "/rest/api/3/search/jql"
JQL = {"jql": "project = PAY order by created asc, key asc", "maxResults": 10, "fields": ["key"]}


@pytest.fixture(scope="module")
def shared() -> Iterator[SimulatedJira]:
    with SimulatedJira(issues=60, projects=2, settings=Settings(custom_fields=20)) as running:
        yield running


@pytest.fixture
def jira(shared: SimulatedJira) -> SimulatedJira:
    shared.faults.clear()
    shared.requests.clear()
    return shared


def search(jira: SimulatedJira, **more: Any) -> requests.Response:
    return requests.post(jira.url + SEARCH, json=JQL | more, auth=(jira.email, jira.token), timeout=10)


def myself(jira: SimulatedJira) -> requests.Response:
    return requests.get(jira.url + "/rest/api/3/myself", auth=(jira.email, jira.token), timeout=10)


def test_an_unknown_fault_names_those_that_exist(jira: SimulatedJira) -> None:
    with pytest.raises(ValueError, match="rate_limited"):
        jira.faults.add("no_such_fault")


def test_conditions(jira: SimulatedJira) -> None:
    jira.faults.add("unavailable", "POST /rest/api/3/search", after=1, every=2, times=2)
    assert [search(jira).status_code for _ in range(8)] == [200, 503, 200, 503, 200, 200, 200, 200]
    assert myself(jira).status_code == 200
    assert jira.requests.count("search/jql", 503) == 2


@pytest.mark.parametrize(
    ("kind", "options", "status", "headers"),
    [
        ("rate_limited", {}, 429, {"Retry-After": "1", "RateLimit-Reason": "jira-burst-based", "X-RateLimit-Remaining": "0"}),
        ("rate_limited", {"retry_after": None}, 429, {"Retry-After": None}),
        ("quota_exceeded", {}, 429, {"Retry-After": "1847", "RateLimit-Reason": "jira-quota-tenant-based"}),
        (
            "gateway_rate_limited",
            {},
            429,
            {"Retry-After": None, "RateLimit-Reason": None, "X-Failure-Category": "FAILURE_CLIENT_RATE_LIMIT"},
        ),
        ("unavailable", {"retry_after": 3}, 503, {"Retry-After": "3"}),
        ("server_error", {"status": 500}, 500, {}),
        ("html_error", {"status": 502}, 502, {"Content-Type": "text/html; charset=utf-8"}),
        ("html_error", {"status": 404}, 404, {"Atl-Missing-Tcs": "true"}),
        ("html_at_200", {}, 200, {"Content-Type": "text/html; charset=utf-8"}),
        ("scope_missing", {}, 401, {}),
    ],
)
def test_answers_instead_of_the_real_one(
    jira: SimulatedJira, kind: str, options: dict[str, Any], status: int, headers: dict[str, str | None]
) -> None:
    jira.faults.add(kind, times=1, **options)
    given = search(jira)
    assert given.status_code == status
    assert {name: given.headers.get(name) for name in headers} == headers
    assert search(jira).json()["issues"], "once was enough"


def test_a_dropped_connection(jira: SimulatedJira) -> None:
    jira.faults.add("connection_reset", times=1)
    with pytest.raises(requests.ConnectionError):
        search(jira)
    assert search(jira).status_code == 200


def test_a_truncated_body(jira: SimulatedJira) -> None:
    jira.faults.add("truncated_body", times=1)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        search(jira)


def test_a_body_that_is_no_json(jira: SimulatedJira) -> None:
    jira.faults.add("invalid_json", times=1)
    with pytest.raises(ValueError, match=r"Expecting|Invalid|delimiter"):
        search(jira).json()


def test_no_account_header_on_a_good_answer(jira: SimulatedJira) -> None:
    jira.faults.add("no_account_header", times=1)
    given = search(jira)
    assert (given.status_code, len(given.json()["issues"]), "X-AAccountId" in given.headers) == (200, 10, False)


def test_hardly_anything_left(jira: SimulatedJira) -> None:
    jira.faults.add("near_limit", remaining=1)
    assert search(jira).headers["RateLimit"] == '"jira-burst-based";r=1;t=1'


def test_unknown_keys(jira: SimulatedJira) -> None:
    jira.faults.add("unknown_keys")
    assert {"notYetDocumented", "issues"} <= set(search(jira).json())


def test_a_warning_that_something_was_left_out(jira: SimulatedJira) -> None:
    jira.faults.add("search_warning", "search/jql")
    assert search(jira).json()["warnings"][0]["type"] == "CLAUSE_LIMIT_EXCEEDED"


def test_compressed_answers(jira: SimulatedJira) -> None:
    jira.faults.add("gzip", times=1)
    given = search(jira)
    assert given.headers["Content-Encoding"] == "gzip"
    assert given.json()["issues"]
    jira.faults.add("gzip_bomb", size=5_000_000)
    with requests.post(jira.url + SEARCH, json=JQL, auth=(jira.email, jira.token), stream=True, timeout=10) as bomb:
        packed = bomb.raw.read(decode_content=False)
    assert len(packed) < 20_000
    assert len(gzip.decompress(packed)) == 5_000_000


def test_slow_answers(jira: SimulatedJira) -> None:
    jira.faults.add("slow", seconds=0.2, times=1)
    started = time.monotonic()
    search(jira)
    assert time.monotonic() - started >= 0.2


def test_a_token_revoked_in_the_middle_of_a_run() -> None:
    with SimulatedJira(issues=30, projects=1) as jira:
        jira.faults.add("token_revoked", after=2, times=1)
        assert [len(search(jira).json()["issues"]) for _ in range(4)] == [10, 10, 0, 0]
        assert search(jira).headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
        assert myself(jira).status_code == 401


def walk(jira: SimulatedJira, most: int = 40) -> list[dict[str, Any]]:
    """Pages until the last, as a careful client asks for them."""
    found: list[dict[str, Any]] = []
    while (not found or found[-1].get("nextPageToken")) and len(found) < most:
        token = {"nextPageToken": found[-1]["nextPageToken"]} if found else {}
        found.append(search(jira, **token).json())
    return found


def keys(found: list[dict[str, Any]]) -> list[str]:
    return [issue["key"] for page in found for issue in page["issues"]]


def test_short_pages_and_empty_ones_lose_nothing(jira: SimulatedJira) -> None:
    whole = keys(walk(jira))
    jira.faults.add("short_pages", size=3)
    jira.faults.add("empty_page", every=4)
    found = walk(jira)
    assert keys(found) == whole
    assert {len(page["issues"]) for page in found} == {0, 1, 3}
    jira.faults.clear()
    jira.faults.add("short_pages")
    assert keys(walk(jira)) == whole


def test_a_repeated_token_never_ends(jira: SimulatedJira) -> None:
    jira.faults.add("repeated_token")
    found = walk(jira, most=5)
    assert len(found) == 5
    assert found[1]["nextPageToken"] == found[2]["nextPageToken"]
    assert found[1]["issues"] == found[2]["issues"]


def test_an_expired_token(jira: SimulatedJira) -> None:
    token = search(jira).json()["nextPageToken"]
    jira.faults.add("expired_token")
    assert search(jira).status_code == 200
    assert search(jira, nextPageToken=token).status_code == 400


def test_null_for_the_last_token(jira: SimulatedJira) -> None:
    jira.faults.add("null_last_token")
    last = search(jira, maxResults=100).json()
    assert last["nextPageToken"] is None
    assert last["isLast"] is True


def test_pages_that_edits_shift() -> None:
    with SimulatedJira(issues=60, projects=1) as jira:
        jira.faults.add("shifting_pages")
        first = search(jira).json()
        jira.change.delete("PAY-3")
        second = search(jira, nextPageToken=first["nextPageToken"]).json()
        assert second["issues"][0]["key"] == "PAY-12", "PAY-11 is missed"


def test_an_index_that_is_behind() -> None:
    with SimulatedJira(issues=40, projects=1) as jira:
        jira.faults.add("index_lag", seconds=60)
        jira.clock.advance(3600)
        start = jira.clock.now_ms()
        new = jira.change.create("PAY", "Just made")
        jira.change.edit("PAY-2", {"summary": "Just edited", "labels": ["lagging"]})
        jira.change.delete("PAY-3")
        found = set(keys(walk(jira)))
        assert new not in found
        assert search(jira, jql=f"updated >= {start}").json()["issues"] == []
        assert search(jira, jql="labels = lagging").json()["issues"] == []
        issue = jira.site.issue(new)
        assert issue is not None
        fresh = search(jira, jql=f"updated >= {start}", reconcileIssues=[issue.id]).json()
        assert [row["key"] for row in fresh["issues"]] == [new]
        jira.clock.advance(61)
        assert {row["key"] for row in search(jira, jql=f"updated >= {start}").json()["issues"]} == {new, "PAY-2"}


def test_an_index_that_is_behind_for_some_issues_only() -> None:
    with SimulatedJira(issues=60, projects=1) as jira:
        start = jira.clock.now_ms()
        for number in range(1, 41):
            jira.change.edit(f"PAY-{number}", {"summary": "edited"})
        jira.faults.add("index_lag", seconds=60, share=0.5)
        found = search(jira, jql=f"updated >= {start}", maxResults=100).json()["issues"]
        assert 5 < len(found) < 35


def test_odd_changelogs(jira: SimulatedJira) -> None:
    def changelogs() -> dict[str, Any]:
        body = {"issueIdsOrKeys": ["PAY-4", "PAY-5"]}
        auth = (jira.email, jira.token)
        answer: dict[str, Any] = requests.post(
            jira.url + "/rest/api/3/changelog/bulkfetch", json=body, auth=auth, timeout=5
        ).json()
        return answer

    texts = [h["created"] for row in changelogs()["issueChangeLogs"] for h in row["changeHistories"]]
    jira.faults.add("numeric_created", times=1)
    numbers = [h["created"] for row in changelogs()["issueChangeLogs"] for h in row["changeHistories"]]
    assert len(texts) == len(numbers)
    assert {type(value) for value in numbers} == {int}
    jira.faults.add("split_changelogs", size=5)
    page = changelogs()
    assert sum(len(row["changeHistories"]) for row in page["issueChangeLogs"]) == 5
    assert page["nextPageToken"]


def test_boards(jira: SimulatedJira) -> None:
    auth = (jira.email, jira.token)
    jira.faults.add("board_without_columns", "configuration")
    refused = requests.get(jira.url + "/rest/agile/1.0/board/1/configuration", auth=auth, timeout=5)
    assert (refused.status_code, refused.json()["errorMessages"]) == (422, ["This board has no columns with a mapped status"])


def test_messages_in_another_language(jira: SimulatedJira) -> None:
    jira.faults.add("localized_messages", language="ko_KR")
    assert search(jira, maxResults=0).json()["errorMessages"] == ["최대 결과 매개변수는 1에서 5,000 사이여야 합니다."]


def test_a_token_bucket_refuses_what_is_too_much() -> None:
    now = [0.0]
    with SimulatedJira(issues=20, projects=1) as jira:
        jira.rate_limits._now = lambda: now[0]
        jira.rate_limits.set(2, 3, "search/jql")
        assert [search(jira).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
        refused = search(jira)
        assert refused.headers["Retry-After"] == "1"
        assert refused.headers["X-RateLimit-Reset"].endswith("Z")
        assert myself(jira).status_code == 200, "each route has a bucket of its own"
        now[0] = 1.0
        assert [search(jira).status_code for _ in range(3)] == [200, 200, 429]


def test_latency() -> None:
    with SimulatedJira(issues=40, projects=1, settings=Settings(latency_ms=50, latency_ms_per_issue=10)) as jira:
        started = time.monotonic()
        search(jira)
        assert 0.15 <= time.monotonic() - started < 1


def test_every_fault_is_known_by_name_here() -> None:
    """A new kind of fault needs a test: this file must name it, or the one about Data Center."""
    here = Path(__file__)
    text = here.read_text() + here.with_name("test_simulated_data_center.py").read_text()
    assert [kind for kind in KINDS if kind not in text] == []
