"""Changing a running simulated Jira, and what its answers tell of it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from simulated_jira import Settings, SimulatedJira, rich_text
from simulated_jira.changelog_items import items_for
from simulated_jira.field_list import Field


@pytest.fixture
def jira() -> Iterator[SimulatedJira]:
    with SimulatedJira(issues=80, projects=3, settings=Settings(custom_fields=40)) as running:
        running.clock.freeze()
        running.clock.advance(3600)
        yield running


def get(jira: SimulatedJira, path: str) -> requests.Response:
    return requests.get(f"{jira.url}/rest/api/3/{path}", auth=(jira.email, jira.token), timeout=10)


def post(jira: SimulatedJira, path: str, body: Any) -> Any:
    return requests.post(f"{jira.url}/rest/api/3/{path}", json=body, auth=(jira.email, jira.token), timeout=10).json()


def fields(jira: SimulatedJira, key: str) -> dict[str, Any]:
    found: dict[str, Any] = get(jira, f"issue/{key}").json()["fields"]
    return found


def last_items(jira: SimulatedJira, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(jira, f"issue/{key}?expand=changelog").json()["changelog"]["histories"][0]["items"]
    return found


def now(jira: SimulatedJira) -> str:
    return jira.site.stamps.text(jira.clock.now_ms())


def test_an_edit_bumps_updated_and_is_told(jira: SimulatedJira) -> None:
    someone = jira.site.people[7]
    jira.change.edit("PAY-2", {"assignee": None, "labels": [], "customfield_10020": None, "priority": "High", "components": []})
    jira.clock.advance(60)
    old = fields(jira, "PAY-2")
    changed = {"summary": "New 名", "assignee": someone.account_id, "labels": ["b", "a"], "customfield_10024": 5.0}
    changed |= {"components": ["API"], "priority": "Low", "customfield_10020": [1, 2], "description": "plain words"}
    jira.change.edit("PAY-2", changed)
    new = fields(jira, "PAY-2")
    assert new["updated"] == now(jira) > old["updated"]
    assert (new["summary"], new["labels"], new["customfield_10024"]) == ("New 名", ["b", "a"], 5.0)
    assert (new["assignee"]["accountId"], new["priority"]["name"]) == (someone.account_id, "Low")
    assert [sprint["id"] for sprint in new["customfield_10020"]] == [1, 2]
    assert new["description"] == rich_text.plain("plain words")
    items = {item["field"]: item for item in last_items(jira, "PAY-2")}
    assert items["summary"]["toString"] == "New 名"
    assert (items["assignee"]["to"], items["assignee"]["tmpToAccountId"]) == (someone.account_id, someone.account_id)
    assert items["Sprint"]["to"] == "1, 2"
    assert items["labels"]["toString"] == "b a"
    assert items["priority"]["to"] == "4"


def test_what_did_not_change_stays_byte_for_byte(jira: SimulatedJira) -> None:
    before, other = fields(jira, "PAY-2"), fields(jira, "PAY-30")
    jira.change.edit("PAY-2", {"summary": "x"})
    after = fields(jira, "PAY-2")
    assert {name for name in before if before[name] != after[name]} == {"summary", "updated"}
    assert set(before) == set(after)
    assert fields(jira, "PAY-30") == other


def test_transitions_set_and_clear_the_resolution(jira: SimulatedJira) -> None:
    jira.change.transition("PAY-2", "To Do")
    jira.clock.advance(60)
    jira.change.transition("PAY-2", "Done")
    done = fields(jira, "PAY-2")
    assert (done["status"]["name"], done["resolution"]["name"], done["resolutiondate"]) == ("Done", "Done", now(jira))
    assert done["statuscategorychangedate"] == now(jira)
    assert [item["field"] for item in last_items(jira, "PAY-2")] == ["resolution", "status"]
    jira.change.transition("PAY-2", "In Progress")
    again = fields(jira, "PAY-2")
    assert (again["resolution"], again["resolutiondate"]) == (None, None)
    with pytest.raises(KeyError):
        jira.change.transition("PAY-2", "Nowhere")


def test_comments_come_change_and_vanish(jira: SimulatedJira) -> None:
    before = fields(jira, "PAY-2")["comment"]["total"]
    id_ = jira.change.comment("PAY-2", "Hello 👋")
    assert fields(jira, "PAY-2")["updated"] == now(jira)
    jira.clock.advance(60)
    jira.change.edit_comment(id_, "Hello again")
    comment = fields(jira, "PAY-2")["comment"]["comments"][-1]
    assert (comment["id"], comment["body"]) == (str(id_), rich_text.plain("Hello again"))
    assert comment["updated"] == now(jira) > comment["created"]
    assert len(post(jira, "comment/list", {"ids": [id_]})["values"]) == 1
    jira.clock.advance(60)
    jira.change.delete_comment(id_)
    after = fields(jira, "PAY-2")
    assert (after["comment"]["total"], after["updated"] < now(jira)) == (before, True), "nothing tells of it"
    assert post(jira, "comment/list", {"ids": [id_]})["values"] == []


def test_an_invented_comment_can_be_deleted(jira: SimulatedJira) -> None:
    first = get(jira, "issue/PAY-8/comment?maxResults=1").json()["comments"][0]["id"]
    jira.change.delete_comment(int(first))
    assert get(jira, "issue/PAY-8/comment").json()["total"] == 129


def test_work_is_logged_changed_and_deleted(jira: SimulatedJira) -> None:
    spent = fields(jira, "PAY-2")["timespent"] or 0
    since = jira.clock.now_ms()
    id_ = jira.change.log_work("PAY-2", 3600, "dug")
    assert fields(jira, "PAY-2")["timespent"] == spent + 3600
    assert {item["field"] for item in last_items(jira, "PAY-2")} == {"timespent", "timeestimate"}
    assert get(jira, f"worklog/updated?since={since}").json()["values"] == [], "not in the first minute"
    jira.clock.advance(61)
    assert [row["worklogId"] for row in get(jira, f"worklog/updated?since={since}").json()["values"]] == [id_]
    row = post(jira, "worklog/list", {"ids": [id_]})[0]
    assert (row["timeSpent"], row["timeSpentSeconds"]) == ("1h", 3600)
    jira.change.edit_work(id_, 1800)
    jira.change.delete_work(id_)
    assert fields(jira, "PAY-2")["timespent"] == spent
    jira.clock.advance(61)
    assert [row["worklogId"] for row in get(jira, f"worklog/deleted?since={since}").json()["values"]] == [id_]
    assert post(jira, "worklog/list", {"ids": [id_]}) == []


def test_a_new_issue(jira: SimulatedJira) -> None:
    key = jira.change.create("OPS", "Brand new", issue_type="Subtask", parent="OPS-1", fields={"labels": ["x"]})
    new = fields(jira, key)
    assert (new["summary"], new["created"], new["parent"]["key"]) == ("Brand new", now(jira), "OPS-1")
    assert "components" not in new, "team-managed projects have none"
    assert key in {child["key"] for child in fields(jira, "OPS-1")["subtasks"]}
    found = post(jira, "search/jql", {"jql": f"project = OPS and created >= {jira.clock.now_ms()}", "fields": ["key"]})[
        "issues"
    ]
    assert [issue["key"] for issue in found] == [key]


def test_a_deleted_issue_is_gone_from_everywhere(jira: SimulatedJira) -> None:
    issue = jira.site.issue("PAY-6")
    assert issue is not None
    children = [child.key for child in jira.site.children_of(issue)]
    assert children == ["PAY-16"]
    assert {link["outwardIssue"]["key"] for link in fields(jira, "PAY-2")["issuelinks"]} == {"PAY-3"}
    jira.change.delete("PAY-6")
    jira.change.delete("PAY-3")
    for key in ("PAY-6", "PAY-16", "PAY-3"):
        assert get(jira, f"issue/{key}").status_code == 404
    assert post(jira, "issue/bulkfetch", {"issueIdsOrKeys": [str(issue.id)]})["issues"] == []
    assert fields(jira, "PAY-2")["issuelinks"] == []
    audit = get(jira, "auditing/record").json()["records"]
    assert {(row["objectItem"]["typeName"], row["objectItem"]["name"]) for row in audit} == {
        ("ISSUE_DELETE", key) for key in ("PAY-6", "PAY-16", "PAY-3")
    }


def test_a_deleted_epic_leaves_its_children_untouched_but_orphaned(jira: SimulatedJira) -> None:
    before = fields(jira, "PAY-2")
    assert before["customfield_10014"] == "PAY-1"
    jira.change.delete("PAY-1")
    after = fields(jira, "PAY-2")
    assert "parent" not in after
    assert after["customfield_10014"] is None
    assert after["updated"] == before["updated"]


def test_a_moved_issue_keeps_its_id_and_answers_to_its_old_key(jira: SimulatedJira) -> None:
    before = get(jira, "issue/PAY-2").json()
    key = jira.change.move("PAY-2", "OPS")
    assert key.startswith("OPS-")
    after = get(jira, "issue/PAY-2").json()
    assert (after["id"], after["key"], after["fields"]["project"]["key"]) == (before["id"], key, "OPS")
    assert after["fields"]["status"]["id"] in {status.id for status in jira.site.projects[2].statuses}
    told = {item["field"]: item for item in last_items(jira, key)}
    assert (told["Key"]["fromString"], told["Key"]["toString"]) == ("PAY-2", key)
    assert (told["project"]["from"], told["project"]["to"]) == ("10000", "10002")
    assert post(jira, "search/approximate-count", {"jql": "project = OPS"})["count"] == 21


def test_links_show_on_both_sides(jira: SimulatedJira) -> None:
    id_ = jira.change.link("PAY-5", "OPS-2", "Blocks")
    there = {link["id"]: link for link in fields(jira, "OPS-2")["issuelinks"]}[str(id_)]
    assert (there["inwardIssue"]["key"], there["type"]["inward"]) == ("PAY-5", "is blocked by")
    assert "fieldId" not in last_items(jira, "OPS-2")[0]
    jira.change.unlink(id_)
    assert str(id_) not in {link["id"] for link in fields(jira, "PAY-5")["issuelinks"]}


def test_attachments_properties_watchers_and_remote_links(jira: SimulatedJira) -> None:
    id_ = jira.change.attach("PAY-2", "ä.png", 12, "image/png")
    assert fields(jira, "PAY-2")["attachment"][-1]["thumbnail"].endswith(str(id_))
    jira.change.detach("PAY-2", id_)
    assert (last_items(jira, "PAY-2")[0]["field"], last_items(jira, "PAY-2")[0]["to"]) == ("Attachment", None)
    jira.change.set_property("PAY-2", "mine", {"a": [1]})
    assert get(jira, "issue/PAY-2/properties/mine").json() == {"key": "mine", "value": {"a": [1]}}
    jira.change.set_watchers("PAY-2", [jira.account.account_id])
    assert fields(jira, "PAY-2")["watches"]["watchCount"] == 1
    assert get(jira, "issue/PAY-2/watchers").json()["watchers"][0]["accountId"] == jira.account.account_id
    link = jira.change.add_remote_link("PAY-2", "https://example.com", "Example")
    assert link in {row["id"] for row in get(jira, "issue/PAY-2/remotelink").json()}
    jira.change.remove_remote_link("PAY-2", link)
    assert link not in {row["id"] for row in get(jira, "issue/PAY-2/remotelink").json()}


def test_a_hub(jira: SimulatedJira) -> None:
    before = jira.change.entries("PAY-2")
    jira.change.grow("PAY-2", histories=3000, comments=500, worklogs=200, links=150)
    assert jira.change.entries("PAY-2") == {
        "histories": before["histories"] + 3000,
        "comments": before["comments"] + 500,
        "worklogs": before["worklogs"] + 200,
    }
    assert len(fields(jira, "PAY-2")["issuelinks"]) == 151
    page = post(jira, "changelog/bulkfetch", {"issueIdsOrKeys": ["PAY-2"]})
    assert len(page["issueChangeLogs"][0]["changeHistories"]) == 1000
    assert "nextPageToken" in page


def field(jira: SimulatedJira, field_id: str) -> dict[str, Any] | None:
    return next((row for row in get(jira, "field").json() if row["id"] == field_id), None)


def test_custom_fields_come_change_and_go_without_touching_updated(jira: SimulatedJira) -> None:
    before = fields(jira, "PAY-2")["updated"]
    new = jira.change.add_field("Late arrival", "number", {"PAY-2": 7.5})
    assert (fields(jira, "PAY-2")[new], fields(jira, "PAY-2")["updated"]) == (7.5, before)
    assert new not in fields(jira, "PAY-5")
    jira.change.rename_field(new, "Later")
    jira.change.change_field_type(new, "text", {"PAY-2": "seven"})
    listed = field(jira, new)
    assert listed is not None
    assert (listed["name"], listed["schema"]["type"], fields(jira, "PAY-2")[new]) == ("Later", "string", "seven")
    jira.change.remove_field("customfield_10024")
    assert field(jira, "customfield_10024") is None
    assert "customfield_10024" not in fields(jira, "PAY-5")


def projects(jira: SimulatedJira, status: str = "live") -> set[str]:
    return {row["key"] for row in get(jira, f"project/search?status={status}").json()["values"]}


def found(jira: SimulatedJira, jql: str, **more: Any) -> set[str]:
    answer = post(jira, "search/jql", {"jql": jql, "fields": ["key"], "maxResults": 5000} | more)
    return {issue["key"] for issue in answer["issues"]}


def test_projects_are_archived_deleted_hidden_and_come_back(jira: SimulatedJira) -> None:
    jira.change.archive_project("AND")
    assert (projects(jira), projects(jira, "archived")) == ({"PAY", "OPS"}, {"AND"})
    assert found(jira, 'project in (PAY, "AND")') == found(jira, "project = PAY")
    assert "AND-1" in found(jira, 'project = "AND"', includeArchivedProjects=True)
    assert get(jira, "issue/AND-1").status_code == 404
    jira.change.restore_project("AND")
    jira.change.hide_project("OPS")
    assert projects(jira) == {"PAY", "AND"}
    assert get(jira, "project/OPS").status_code == 404
    assert post(jira, "search/jql", {"jql": "project = OPS"})["errorMessages"]
    jira.change.hide_project("OPS", hidden=False)
    jira.change.delete_project("PAY")
    assert projects(jira, "deleted") == {"PAY"}
    jira.change.delete_project("PAY", into_bin=False)
    assert projects(jira, "live,deleted") == {"AND", "OPS"}


def test_hidden_and_archived_issues(jira: SimulatedJira) -> None:
    jira.change.hide_issue("PAY-2")
    jira.change.archive_issue("PAY-5")
    assert not {"PAY-2", "PAY-5"} & found(jira, "project = PAY")
    answer = post(jira, "issue/bulkfetch", {"issueIdsOrKeys": ["PAY-2", "PAY-5"], "fields": ["summary"]})
    assert [issue["key"] for issue in answer["issues"]] == ["PAY-5"]
    jira.change.hide_issue("PAY-2", hidden=False)
    assert "PAY-2" in found(jira, "project = PAY")


def test_a_renamed_project_key(jira: SimulatedJira) -> None:
    jira.change.rename_project_key("PAY", "CASH")
    answer = get(jira, "issue/PAY-2").json()
    assert (answer["key"], answer["fields"]["project"]["key"]) == ("CASH-2", "CASH")
    assert found(jira, "project = PAY") == found(jira, "project = CASH")
    assert get(jira, "project/search?expand=projectKeys&keys=CASH").json()["values"][0]["projectKeys"] == ["CASH", "PAY"]


def test_a_new_project(jira: SimulatedJira) -> None:
    jira.change.add_project("NEW", "New one")
    key = jira.change.create("NEW", "First")
    assert key == "NEW-1"
    assert found(jira, "project = NEW") == {"NEW-1"}
    assert len({board.id for project in jira.site.projects for board in project.boards}) == 4


def test_versions_sprints_and_people_change_in_all_issues(jira: SimulatedJira) -> None:
    version = jira.site.projects[0].versions[0]
    jira.change.edit(
        "PAY-2", {"fixVersions": [version["name"]], "customfield_10020": [1], "assignee": jira.site.people[8].account_id}
    )
    before = fields(jira, "PAY-2")["updated"]
    jira.clock.advance(60)
    jira.change.change_version(version["id"], name="v1.0 LTS", released=False)
    jira.change.change_sprint(1, name="Renamed", goal="Other")
    jira.change.erase_user(jira.site.people[8].account_id)
    after = fields(jira, "PAY-2")
    assert after["fixVersions"][0]["name"] == "v1.0 LTS"
    assert after["customfield_10020"][0]["name"] == "Renamed"
    assert (after["assignee"]["displayName"], after["assignee"]["active"]) == ("Former user", False)
    assert after["updated"] == before
    held = [fields(jira, f"PAY-{n}").get("customfield_10020") or [] for n in range(1, 40)]
    assert {sprint["name"] for sprints in held for sprint in sprints if sprint["id"] == 1} == {"Renamed"}


def test_raw_values_of_any_kind(jira: SimulatedJira) -> None:
    jira.change.put_raw("PAY-2", "description", rich_text.deep(50))
    jira.change.put_raw("PAY-5", "customfield_10024", b"123456789012345678901234567890", touch=False)
    text = get(jira, "issue/PAY-5").text
    assert "123456789012345678901234567890" in text
    for raw in (rich_text.LONE_SURROGATE, rich_text.NUL_CHARACTER, rich_text.huge(1_000_000)):
        jira.change.put_raw("PAY-7", "description", raw)
        assert raw in get(jira, "issue/PAY-7").content


@pytest.mark.parametrize(
    ("kind", "old", "new", "expected"),
    [
        ("number", None, 3.0, [("", None, None, None, "3")]),
        ("select", {"id": "1", "value": "A"}, {"id": "2", "value": "B"}, [("", "1", "A", "2", "B")]),
        ("multi_select", None, [{"id": "1", "value": "A"}, {"id": "2", "value": "B"}], [("", None, None, "[1, 2]", "A,B")]),
        ("labels", ["a"], ["a", "b"], [("", "", "a", "", "a b")]),
        ("date", None, "2026-01-31", [("", None, None, "2026-01-31", "31/Jan/26")]),
        ("text", "a", "a", []),
    ],
)
def test_items_of_a_change(kind: str, old: Any, new: Any, expected: list[tuple[str, ...]]) -> None:
    items = items_for(Field("customfield_1", "", kind, None), old, new)
    assert [(i["field"], i["from"], i["fromString"], i["to"], i["toString"]) for i in items] == expected
