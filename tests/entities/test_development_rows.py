"""The Development field: a printed Java map becomes a row a kind of thing, or a rejected row."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from entities.invented_issues import catalogue_payload, field, issue, page
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.flattened import Flattened
from jira_staging.entities.issue import IssueFlattener
from jira_staging.entities.issue_payload import fields_to_ask

DEVELOPMENT = "com.atlassian.jira.plugins.jira-development-integration-plugin:"
ON_CLOUD = field(10000, "Development", "any", DEVELOPMENT + "devsummarycf")
PULL_REQUESTS = {
    "overall": {"count": 3, "lastUpdated": "2026-06-28T23:04:42.871+0530", "stateCount": 2, "state": "OPEN", "open": True},
    "byInstanceType": {"bitbucket": {"count": 3, "name": "Bitbucket Cloud"}},
}
BUILDS = {"overall": {"count": 1, "lastUpdated": None, "failedBuildCount": 1}, "byInstanceType": {}}


def told(**summary: Any) -> str:
    held = json.dumps({"cachedValue": {"errors": [], "summary": summary}, "isStale": True}, separators=(",", ":"))
    return f"{{pullrequest={{dataType=pullrequest, state=OPEN, stateCount=2, title=a json=thing}}, json={held}}}"


def flattened(*values: str | None, kind: dict[str, Any] = ON_CLOUD, **chosen: Any) -> Flattened:
    catalogue = FieldCatalogue(catalogue_payload(kind), **chosen)
    issues = [issue(place, customfield_10000=value) for place, value in enumerate(values, start=1)]
    return IssueFlattener(catalogue, ["issue_development"]).flatten([page(*issues)])


def test_every_kind_that_the_field_counts_is_a_row() -> None:
    (rows,) = flattened(told(pullrequest=PULL_REQUESTS, build=BUILDS), "{}", None).rows
    assert rows.owners == [1, 2, 3]
    found = rows.data.to_pylist()
    assert [json.loads(row.pop("detail")) for row in found] == [PULL_REQUESTS, BUILDS]
    assert found == [
        {
            "issue_id": 1,
            "kind": "pullrequest",
            "count": 3,
            "state": "OPEN",
            "state_count": 2,
            "is_open": True,
            "last_updated_at": datetime(2026, 6, 28, 17, 34, 42, 871_000, UTC),
        },
        {
            "issue_id": 1,
            "kind": "build",
            "count": 1,
            "state": None,
            "state_count": None,
            "is_open": None,
            "last_updated_at": None,
        },
    ]


def test_data_center_prints_its_beans_around_the_same_json() -> None:
    held = json.dumps({"cachedValue": {"summary": {"branch": BUILDS}}}, separators=(",", ":"))
    value = f"{{summaryBean=com.atlassian.jira.plugin.devstatus.rest.SummaryBean@5b[summary={{}}], devSummaryJson={held}}}"
    (rows,) = flattened(value, kind=field(10000, "Development", "any", DEVELOPMENT + "devsummary")).rows
    assert [(row["issue_id"], row["kind"], row["count"]) for row in rows.data.to_pylist()] == [(1, "branch", 1)]


@pytest.mark.parametrize("count", ["many", "NULL"])
def test_a_text_without_counts_costs_a_rejected_row_and_leaves_the_issue_as_it_was(count: str) -> None:
    broken = told(pullrequest={"overall": {"count": count}})
    found = flattened("{pullrequest={state=OPEN}}", broken, told(build=BUILDS))
    (rows,) = found.rows
    assert rows.owners == [3]
    assert [(row["issue_id"], row["kind"]) for row in rows.data.to_pylist()] == [(3, "build")]
    assert [(row.entity, row.source_id) for row in found.rejected] == [
        ("issue_development", "1/customfield_10000"),
        ("issue_development", "2/customfield_10000"),
    ]


def test_a_moment_that_is_none_costs_a_rejected_row() -> None:
    found = flattened(told(branch={"overall": {"count": 1, "lastUpdated": "yesterday"}}))
    (rows,) = found.rows
    assert (rows.data.column("last_updated_at").to_pylist(), rows.owners) == ([None], [])
    assert [row.reason for row in found.rejected] == ["Not a time"]


def test_it_is_asked_for_also_where_other_custom_fields_are_wanted_and_not_where_it_is_excluded() -> None:
    wanted = FieldCatalogue(catalogue_payload(ON_CLOUD), include=["customfield_10024"])
    assert "customfield_10000" in fields_to_ask(wanted, ["issue", "issue_development"])
    assert "customfield_10000" not in fields_to_ask(wanted, ["issue"])
    without = FieldCatalogue(catalogue_payload(ON_CLOUD), exclude=["Development"])
    assert "customfield_10000" not in fields_to_ask(without, ["issue", "issue_development"])
    assert flattened(told(build=BUILDS), exclude=["Development"]).rows == ()
    assert [row["kind"] for row in flattened(told(build=BUILDS), include=["customfield_10024"]).rows[0].data.to_pylist()] == [
        "build"
    ]
