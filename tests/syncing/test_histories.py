"""The history tables after whole runs: what they say of the simulated site, which nobody told them but its changelogs."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from entities.replayed import Replayed
from jira_staging.jira_api import directory
from jira_staging.records import Gone
from jira_staging.tables import GROUPS
from simulated_jira import lives
from simulated_jira.exchange import Answer, Request
from simulated_jira.field_list import EPIC_LINK
from syncing.bench import Bench, both_flavours, counts, leave_behind, make_batches_small

HISTORY = GROUPS["history"]


def assert_history_leads_to_the_site(bench: Bench) -> None:
    """Replaying what the tables hold gives status, people, labels, components, sprints, keys as the site has them."""
    there = bench.tables(*HISTORY, where="true")
    replayed = Replayed(there["issue_field_history"], there["issue_multiselect_history"])
    assert replayed.faults == []
    keys = {row["issue_id"]: row["key"] for row in there["issue_key_history"] if row["valid_until"] is None}
    transitions: dict[int, list[int]] = defaultdict(list)
    for row in sorted(
        there["issue_status_transition"], key=lambda row: (row["changed_at"], row["history_id"], row["position"])
    ):
        transitions[row["issue_id"]].append(row["to_status_id"])
    for issue in bench.jira.site.issues.values():
        value = issue.body.value
        assert replayed.values[issue.id, "status"] == value("status")["id"]
        assert replayed.values[issue.id, "project"] == issue.project.id
        for person in ("assignee", "reporter"):
            held = value(person)
            assert replayed.values.get((issue.id, person)) == (held["accountId"] if held else None)
        assert sorted(replayed.sets.get((issue.id, "labels"), [])) == sorted(value("labels") or [])
        for field_id in ("components", "fixVersions", "versions", "customfield_10020"):
            ids = {str(each["id"]) for each in value(field_id) or []}
            assert set(replayed.sets.get((issue.id, field_id), [])) == ids
        assert replayed.values[issue.id, "issuekey"] == keys[issue.id] == issue.key
        parent = bench.jira.site.parent_of(issue)
        if parent and parent.body.value("issuetype")["hierarchyLevel"] == 1 and bench.jira.service.is_data_center:
            # Only subtasks have a parent there; the others name their epic.
            assert replayed.values.get((issue.id, EPIC_LINK)) == str(parent.id)
            parent = None
        assert replayed.values.get((issue.id, "parent")) == (str(parent.id) if parent else None)
        told = [
            item
            for act in lives.histories(bench.jira.site, issue)
            for item in json.loads(act.items)
            if item["field"] == "status"
        ]
        assert transitions[issue.id] == [int(item["to"]) for item in told]


def moments(bench: Bench, key: str, field_id: str, table: str = "issue_field_history") -> list[tuple[Any, ...]]:
    issue = bench.jira.site.issue(key)
    assert issue is not None
    return bench.query(
        f"SELECT value, author_id, is_active FROM jira.{table} WHERE issue_id = {issue.id} AND field_id = '{field_id}' "
        "ORDER BY changed_at, position, value_position"
        if "multi" in table
        else f"SELECT value, author_id, is_active FROM jira.{table} WHERE issue_id = {issue.id} AND field_id = '{field_id}' "
        "ORDER BY changed_at, position"
    )


@both_flavours
def test_a_first_load_brings_the_whole_history(loaded: Bench) -> None:
    assert_history_leads_to_the_site(loaded)
    (checks,) = {row["checks"] for row in loaded.rows("_sync_run", "entity = 'issue' AND checks LIKE '%history%'")} or {"{}"}
    assert json.loads(checks) == {}


def test_what_changes_later_is_added_and_a_second_run_writes_nothing(loaded: Bench) -> None:
    jira = loaded.jira
    author = jira.site.people[3].account_id
    creator = jira.change.issue("PAY-2").body.value("creator")["accountId"]
    assert moments(loaded, "PAY-2", "labels", "issue_multiselect_history") == []
    jira.clock.advance(24 * 3600)
    jira.change.transition("PAY-2", "Done", author)
    jira.change.edit("PAY-2", {"labels": ["late", "and-later"]}, author)
    jira.change.set_parent("PAY-3", None, author)
    moved = jira.change.move("AND-2", "PAY", author)

    loaded.sync(lookback_hours=0.0)

    assert_history_leads_to_the_site(loaded)
    after = moments(loaded, "PAY-2", "labels", "issue_multiselect_history")
    assert after == [(None, creator, False), ("late", author, True), ("and-later", author, True)]
    assert moments(loaded, "PAY-3", "parent")[-1] == (None, author, True)
    issue = jira.site.issue(moved)
    assert issue is not None
    assert [
        (row["key"], row["valid_until"] is None)
        for row in sorted(loaded.rows("issue_key_history", f"issue_id = {issue.id}"), key=lambda row: row["valid_from"])
    ] == [("AND-2", False), (moved, True)]

    jira.clock.advance(60)
    report = loaded.sync(lookback_hours=48.0)
    for table in HISTORY:
        assert not {"inserted", "updated", "deleted"} & counts(report, table).keys()
    assert counts(report, "issue_field_history")["read"] > 0


def test_history_alone_is_loaded_with_what_it_needs(bench: Bench) -> None:
    bench.sync(entities=["history", "workflow"])
    assert_history_leads_to_the_site(bench)
    assert bench.rows("issue") == bench.rows("changelog_item") == bench.rows("issue_label") == []


def test_sprints_that_ended_tell_what_was_completed_in_them(bench: Bench) -> None:
    jira = bench.jira
    jira.change.edit("PAY-2", {"customfield_10020": [jira.site.project("PAY").sprints()[0].id]})  # type: ignore[union-attr]
    bench.sync()
    done = {row["id"] for row in bench.rows("status", "category_id = 3")}
    statuses = bench.rows("issue_status_transition")
    found = set()
    for row in bench.rows("issue_sprint_history"):
        issue = jira.site.issues[row["issue_id"]]
        (ended,) = {
            each.get("completeDate") for each in issue.body.value("customfield_10020") or [] if each["id"] == row["sprint_id"]
        } or {None}
        found.add(row["is_completed_in_sprint"])
        if ended is None:
            assert row["is_completed_in_sprint"] in (None, False, True)
            continue
        at = datetime.fromisoformat(ended)
        told = [each for each in statuses if each["issue_id"] == issue.id]
        told.sort(key=lambda each: (each["changed_at"], each["history_id"], each["position"]))
        held = told[0]["from_status_id"] if told else int(issue.body.value("status")["id"])
        for each in told:
            held = each["to_status_id"] if each["changed_at"] <= at else held
        was_in = row["added_at"] <= at and (row["removed_at"] is None or row["removed_at"] > at)
        assert row["is_completed_in_sprint"] is (was_in and held in done)
    assert found >= {True, False}


def test_the_history_of_an_issue_that_is_gone_stays_and_is_marked(loaded: Bench) -> None:
    report = loaded.new_report()
    issue = loaded.jira.site.issue("PAY-2")
    assert issue is not None
    before = {table: len(loaded.rows(table, f"issue_id = {issue.id}")) for table in HISTORY}

    loaded.staging.mark_gone(loaded.scope("PAY"), [Gone("deleted", [issue.id])], report)

    for table in HISTORY:
        there = loaded.rows(table, f"issue_id = {issue.id}")
        assert len(there) == before[table]
        assert {row["_deleted_reason"] for row in there} <= {"deleted"}


def test_a_changelog_that_does_not_lead_to_what_holds_now_is_counted_and_the_present_wins(loaded: Bench) -> None:
    jira = loaded.jira
    jira.clock.advance(24 * 3600)
    jira.change.edit("PAY-2", {"labels": ["as-told"]})
    jira.clock.advance(60)
    jira.change.put_raw("PAY-2", "labels", b'["from-nowhere"]')
    jira.change.put_history(
        "PAY-2", [{"field": "Gone", "fieldtype": "custom", "fieldId": "customfield_77", "from": None, "to": "1"}]
    )

    loaded.sync(lookback_hours=0.0)

    now = jira.clock.now_ms()
    assert moments(loaded, "PAY-2", "labels", "issue_multiselect_history")[-1] == ("from-nowhere", None, True)
    (since,) = loaded.query("SELECT max(changed_at) FROM jira.issue_multiselect_history WHERE value = 'from-nowhere'")[0]
    assert since == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=now)
    (checks,) = [
        json.loads(row["checks"])
        for row in loaded.rows("_sync_run", f"entity = 'issue' AND scope = '{loaded.scope('PAY')}'")
        if "history" in row["checks"]
    ]
    assert checks == checks | {"history_contradictions": 1, "changes_of_gone_fields": 1}


def test_a_sprint_that_an_issue_was_taken_out_of_is_known_to_have_ended(bench: Bench) -> None:
    jira = bench.jira
    project = jira.site.project("PAY")
    assert project is not None
    ended = next(sprint for sprint in project.sprints() if "completeDate" in sprint.payload(jira.site.stamps))
    jira.change.edit("PAY-2", {"customfield_10020": [ended.id]})
    jira.clock.advance(60)
    jira.change.edit("PAY-2", {"customfield_10020": None})

    bench.sync(projects=("PAY",))

    (row,) = bench.rows("issue_sprint_history", f"sprint_id = {ended.id} AND issue_id = {jira.change.issue('PAY-2').id}")
    assert row["removed_at"] is not None
    assert row["is_completed_in_sprint"] is False


@both_flavours
def test_an_issue_that_is_read_twice_in_one_run_keeps_its_history(loaded: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    make_batches_small(10, 100_000, monkeypatch.setattr)
    whole = loaded.tables(*HISTORY)
    of = {key: [issue.id for issue in loaded.jira.site.by_created if issue.project.key == key] for key in ("PAY", "OPS")}
    leave_behind(loaded, "PAY", of["PAY"])
    # It moved while Jira was searched, and two searches found it.
    leave_behind(loaded, "OPS", [*of["OPS"], *of["PAY"][:3]])

    loaded.sync(most_at_once=1)

    assert min(loaded.heard.fetched_ids[issue_id] for issue_id in of["PAY"][:3]) == 2
    assert loaded.tables(*HISTORY) == whole


def test_a_project_that_is_listed_twice_is_read_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "PROJECTS_PER_PAGE", 2)
    answer = bench.jira.service.answer
    projects = []

    def answered(request: Request) -> Answer:
        told = answer(request)
        if "/project/search?" in request.target and "status=live" in request.target and not projects:
            # It comes first, and so the last one of this page is the first one of the next.
            projects.append(bench.jira.change.add_project("AAA", "First"))
        return told

    monkeypatch.setattr(bench.jira.service, "answer", answered)
    report = bench.sync()

    assert projects
    assert set(bench.heard.fetched_ids.values()) == {1}
    assert counts(report, "issue")["read"] == len(bench.jira.site.issues)
    assert_history_leads_to_the_site(bench)
