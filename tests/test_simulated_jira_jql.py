"""JQL as the simulated Jira reads it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from simulated_jira import Settings, SimulatedJira
from simulated_jira.jql_dates import JqlDate
from simulated_jira.jql_parsing import Clause, Group, Literal, parse
from simulated_jira.jql_words import JqlSyntaxError

NEW_YORK = ZoneInfo("America/New_York")
Count = Callable[[str], int]


@pytest.fixture(scope="module")
def jira() -> Iterator[SimulatedJira]:
    with SimulatedJira(issues=400, projects=4, settings=Settings(custom_fields=40)) as running:
        yield running


def ask(jira: SimulatedJira, jql: str, *, signed_in: bool = True) -> requests.Response:
    auth = (jira.email, jira.token) if signed_in else None
    return requests.post(
        f"{jira.url}/rest/api/3/search/jql", json={"jql": jql, "fields": ["key"], "maxResults": 5000}, auth=auth, timeout=10
    )


def keys(jira: SimulatedJira, jql: str) -> list[str]:
    answer = ask(jira, jql)
    assert answer.status_code == 200, answer.text
    assert answer.json()["isLast"]
    return [issue["key"] for issue in answer.json()["issues"]]


def values(jira: SimulatedJira, field_id: str) -> dict[str, Any]:
    return {issue.key: issue.body.value(field_id) for issue in jira.site.issues.values()}


def test_it_is_parsed_into_clauses() -> None:
    query = parse(
        """project in ("AND", 'O\\'N') and NOT (status != Done or cf[10024] >= 3) order by created ASC, "Story Points" desc"""
    )
    assert isinstance(query.where, Group)
    first, second = query.where.members
    assert first == Clause("project", "in", (Literal("AND", True), Literal("O'N", True)))
    assert isinstance(second, Group)
    assert second.operator == "not"
    assert query.order == (("created", False), ("Story Points", True))


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("project = PAY jql", "Error in the JQL Query: Expecting either 'OR' or 'AND' but got 'jql'. (line 1, character 15)"),
        ("project = AND", "'AND' is a reserved JQL word. You must surround it in quotation marks"),
        ("project PAY", "Expecting operator but got 'PAY'"),
        ('project = "PAY', "The quoted string 'PAY' has not been completed. (line 1, character 11)"),
        ("project in (PAY", "Expecting ')' or ',' but got the end of the query"),
        ("(project = PAY", "Expecting ')'"),
        ("project = PAY order by " + ", ".join(["key"] * 8), "at most 7 fields"),
    ],
)
def test_what_is_no_jql_is_refused_in_jiras_words(jql: str, message: str) -> None:
    with pytest.raises(JqlSyntaxError) as refused:
        parse(jql)
    assert message in str(refused.value)


def test_projects_are_found_by_key_id_name_in_any_quotes(jira: SimulatedJira) -> None:
    expected = {key for key in values(jira, "status") if key.startswith("AND-")}
    for literal in ('"AND"', "'AND'", "10001", '"Android"', '"and"'):
        assert set(keys(jira, f"project = {literal}")) == expected


def test_several_projects_and_the_default_order(jira: SimulatedJira) -> None:
    found = keys(jira, 'project in ("AND", PAY)')
    assert {key.split("-")[0] for key in found} == {"AND", "PAY"}
    assert found == keys(jira, 'project in ("AND", PAY) ORDER BY created DESC, key DESC')
    assert found[::-1] == keys(jira, 'project in ("AND", PAY) ORDER BY created ASC, key ASC')


@pytest.mark.parametrize(
    ("jql", "field_id", "fits"),
    [
        ("status = Done", "status", lambda v: v["name"] == "Done"),
        ("status in (10000, 'In Progress')", "status", lambda v: v["id"] == "10000" or v["name"] == "In Progress"),
        ("status not in (Done)", "status", lambda v: v["name"] != "Done"),
        ("statusCategory = Done", "status", lambda v: v["statusCategory"]["key"] == "done"),
        ("issuetype = Bug", "issuetype", lambda v: v["name"] == "Bug"),
        ("labels = backend", "labels", lambda v: "backend" in v),
        ("labels not in (backend)", "labels", lambda v: bool(v) and "backend" not in v),
        ("labels is EMPTY", "labels", lambda v: not v),
        ("labels is not EMPTY", "labels", bool),
        ("component = API", "components", lambda v: any(c["name"] == "API" for c in v or [])),
        ("assignee is EMPTY", "assignee", lambda v: v is None),
        ("resolution = Unresolved", "resolution", lambda v: v is None),
        ("cf[10024] = 3", "customfield_10024", lambda v: v == 3),
        ('"Story Points" > 3', "customfield_10024", lambda v: v is not None and v > 3),
        ("sprint = 1", "customfield_10020", lambda v: any(s["id"] == 1 for s in v or [])),
        ("sprint is EMPTY", "customfield_10020", lambda v: not v),
        ("priority != High", "priority", lambda v: v is not None and v["name"] != "High"),
    ],
)
def test_fields(jira: SimulatedJira, jql: str, field_id: str, fits: Callable[[Any], bool]) -> None:
    expected = {key for key, value in values(jira, field_id).items() if fits(value)}
    assert expected, "a query that finds nothing proves nothing"
    assert set(keys(jira, jql)) == expected


def test_words_of_logic(jira: SimulatedJira) -> None:
    done, bugs = set(keys(jira, "status = Done")), set(keys(jira, "issuetype = Bug"))
    every = set(values(jira, "status"))
    assert set(keys(jira, "status = Done and issuetype = Bug")) == done & bugs
    assert set(keys(jira, "status = Done or issuetype = Bug")) == done | bugs
    assert set(keys(jira, "not (status = Done or issuetype = Bug)")) == every - done - bugs
    assert set(keys(jira, "project = PAY or project = OPS and issuetype = Bug")) == {
        key for key in every if key.startswith("PAY") or (key.startswith("OPS") and key in bugs)
    }


def test_keys_and_ids_are_compared_inside_one_project(jira: SimulatedJira) -> None:
    assert keys(jira, "key in (PAY-1, PAY-3) order by key") == ["PAY-1", "PAY-3"]
    assert set(keys(jira, "key > PAY-95")) == {"PAY-96", "PAY-97", "PAY-98", "PAY-99", "PAY-100"}
    issue = jira.site.issue("PAY-95")
    assert issue is not None
    assert keys(jira, f"id > {issue.id} order by key desc")[0] == "PAY-100"
    assert keys(jira, f"id = {issue.id}") == ["PAY-95"]


def test_parents(jira: SimulatedJira) -> None:
    assert set(keys(jira, "parent = PAY-1")) == {f"PAY-{n}" for n in range(2, 11)}


def instants(jira: SimulatedJira) -> dict[str, int]:
    return {issue.key: issue.updated_ms for issue in jira.site.issues.values()}


def test_epoch_milliseconds_are_exact(jira: SimulatedJira) -> None:
    at = sorted(instants(jira).values())[200]
    assert set(keys(jira, f"updated >= {at}")) == {key for key, updated in instants(jira).items() if updated >= at}
    assert set(keys(jira, f"updated < {at}")) == {key for key, updated in instants(jira).items() if updated < at}


def test_literals_are_minutes_in_the_accounts_time_zone(jira: SimulatedJira) -> None:
    at = round(datetime(2026, 1, 15, 12, 30, tzinfo=NEW_YORK).timestamp() * 1000)
    expected = {key for key, updated in instants(jira).items() if updated >= at}
    for literal in ("2026-01-15 12:30", "2026/01/15 12:30"):
        assert set(keys(jira, f'updated >= "{literal}"')) == expected


def test_an_upper_bound_leaves_out_the_rest_of_its_minute(jira: SimulatedJira) -> None:
    issue = next(issue for issue in jira.site.issues.values() if issue.updated_ms % 60_000 > 1000)
    local = datetime.fromtimestamp(issue.updated_ms / 1000, NEW_YORK).strftime("%Y-%m-%d %H:%M")
    assert issue.key in keys(jira, f'updated >= "{local}"')
    assert issue.key not in keys(jira, f'updated <= "{local}"')


@pytest.mark.parametrize(
    ("literal", "utc"),
    [
        ("2026-07-01 12:00", "2026-07-01T16:00"),  # summer time, four hours behind
        ("2026-01-01 12:00", "2026-01-01T17:00"),
        ("2026-11-01 01:30", "2026-11-01T05:30"),  # comes twice: the first
        ("2026-03-08 02:30", "2026-03-08T07:30"),  # never comes: as if the clocks had not yet changed
        ("2026-03-08", "2026-03-08T05:00"),
    ],
)
def test_literals_on_the_days_when_clocks_change(literal: str, utc: str) -> None:
    expected = round(datetime.fromisoformat(f"{utc}+00:00").timestamp() * 1000)
    assert JqlDate("America/New_York", 0).milliseconds(Literal(literal, True)) == expected


@pytest.mark.parametrize(
    ("text", "minutes"), [("-5d", -7200), ("4w 2d", 43_200), ("-90m", -90), ("-90", -90), ("1h", 60), ("-1w 3d", -14_400)]
)
def test_distances_from_now(text: str, minutes: int) -> None:
    now = 1_790_000_000_000
    assert JqlDate("Asia/Kolkata", now).milliseconds(Literal(text, True)) == now + minutes * 60_000


def test_relative_dates_follow_the_sites_clock() -> None:
    with SimulatedJira(issues=40, projects=1) as jira:
        jira.change.edit("PAY-1", {"summary": "touched"})
        assert keys(jira, "updated >= -1m") == ["PAY-1"]
        jira.clock.advance(3600)
        assert keys(jira, "updated >= -1m") == []
        assert "PAY-1" in keys(jira, "updated >= startOfDay()")


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ('project in (PAY, "GONE")', "The value 'GONE' does not exist for the field 'project'."),
        ("nofield = 1", "Field 'nofield' does not exist or you do not have permission to view it."),
        ("status = Nowhere", "The value 'Nowhere' does not exist for the field 'status'."),
        ("status ~ Done", "The operator '~' is not supported by the 'status' field."),
        ("summary = x", "The operator '=' is not supported by the 'summary' field."),
        ("assignee = nobody()", "Unable to find JQL function 'nobody()'."),
        ("key = PAY-99999", "An issue with key 'PAY-99999' does not exist for field 'key'."),
        ("updated >= 'yesterday'", "Date value 'yesterday' for field 'updated' is invalid."),
    ],
)
def test_errors_of_meaning_are_told_to_the_signed_in_only(jira: SimulatedJira, jql: str, message: str) -> None:
    refused = ask(jira, jql)
    assert refused.status_code == 400
    assert message in refused.json()["errorMessages"][0]
    assert refused.json()["errors"] == {}
    anonymous = ask(jira, jql, signed_in=False)
    assert (anonymous.status_code, anonymous.json()) == (200, {"issues": [], "isLast": True})


def test_a_query_needs_a_restriction(jira: SimulatedJira) -> None:
    for jql in ("", "order by key desc"):
        refused = ask(jira, jql)
        assert refused.status_code == 400
        assert "Unbounded JQL queries are not allowed here" in refused.text


def test_order_by_updated_and_by_a_field_that_may_be_empty(jira: SimulatedJira) -> None:
    by_update = keys(jira, "project = PAY order by updated asc, key asc")
    times = instants(jira)
    assert by_update == sorted(by_update, key=lambda key: (times[key], int(key.split("-")[1])))
    points = [values(jira, "customfield_10024")[key] for key in keys(jira, 'project = PAY order by "Story Points" asc')]
    known = [value for value in points if value is not None]
    assert known == sorted(known)
    assert points[len(known) :] == [None] * (len(points) - len(known))
