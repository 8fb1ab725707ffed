"""Whole histories of one field after the other, in the shapes in which Jira's changelogs tell them."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from entities.invented_issues import ANNA, BEN, adf, issue, option
from entities.replayed import (
    BORN,
    BORN_MS,
    CREATOR,
    EDITOR,
    at,
    catalogue,
    flattened,
    history,
    ms,
    replay,
    rows,
    told,
    utc,
)
from simulated_jira.changelog_items import Item, item

Side = tuple[Any, Any]
NOTHING: Side = (None, None)
TEAM_ID = "6b1f0f1e-0000-4000-a000-000000000001"


def changed(name: str, field_id: str | None, *sides: Side) -> list[dict[str, Any]]:
    """Acts on the 1st, 2nd … of February that lead from one side to the next."""
    steps = pairwise(sides)
    return [history(n, at(n), item(name, old, new, field_id)) for n, (old, new) in enumerate(steps, 1)]


# By what people do: name and id of the field, what the issue holds now, the sides of its changes, and what was held.
SINGLE: dict[str, tuple[str, str, Any, list[Side], list[str | None]]] = {
    "status": ("status", "status", {"id": "6"}, [("1", "Open"), ("3", "In Arbeit"), ("6", "Done")], ["1", "3", "6"]),
    "priority, cleared": ("priority", "priority", None, [("3", "Medium"), NOTHING], ["3", None]),
    "issue type": ("issuetype", "issuetype", {"id": "10031"}, [("10002", "Debt"), ("10031", "Task")], ["10002", "10031"]),
    "security level": ("security", "security", {"id": "10100"}, [NOTHING, ("10100", "Staff")], [None, "10100"]),
    "reporter": ("reporter", "reporter", BEN, [(CREATOR, "Anna"), (EDITOR, "Ben")], [CREATOR, EDITOR]),
    "summary": ("summary", "summary", "New", [(None, "Old"), (None, "New")], ["Old", "New"]),
    "day": ("duedate", "duedate", "2026-03-01", [NOTHING, ("2026-03-01", "2026-03-01 00:00:00.0")], [None, "2026-03-01"]),
    "day, long": ("duedate", "duedate", None, [("2026-03-01 00:00:00.0", "1/Mar/26"), NOTHING], ["2026-03-01", None]),
    "time": (
        "Escalated",
        "customfield_10039",
        "2026-01-31T05:00:00.000-0500",
        [NOTHING, ("2026-01-31T10:00:00+0000", "31/Jan/26 10:00 AM")],
        [None, "2026-01-31T10:00:00.000Z"],
    ),
    "seconds": ("timeestimate", "timeestimate", 0, [NOTHING, ("14400", "14400"), ("0", "0")], [None, "14400", "0"]),
    "number": ("Story Points", "customfield_10024", 5.0, [NOTHING, (None, "0.5"), (None, "5")], [None, "0.5", "5"]),
    "number, cleared": ("Story Points", "customfield_10024", None, [(None, "3.0"), (None, "")], ["3", None]),
    "option": ("Severity", "customfield_10030", option(8, "High"), [("7", "Low"), ("8", "High")], ["7", "8"]),
    "cascading option": (
        "Region",
        "customfield_10032",
        option(1, "Europe (old)") | {"child": option(2, "France")},
        [(None, "Parent values: Europe (old)(1)"), (None, "Parent values: Europe (old)(1)Level 1 values: France(2)")],
        ["1", "2"],
    ),
    "person": ("Approver", "customfield_10033", BEN, [NOTHING, (EDITOR, "Ben")], [None, EDITOR]),
    "group": ("Owners", "customfield_10035", {"groupId": "g-1", "name": "team-a"}, [NOTHING, (None, "team-a")], [None, "g-1"]),
    "project": ("Related project", "customfield_10036", {"id": "10000"}, [NOTHING, ("10000", "Pay")], [None, "10000"]),
    "version": ("Found in", "customfield_10037", {"id": "10100"}, [NOTHING, ("[10100]", "[1.0]")], [None, "10100"]),
    "address": (
        "Link",
        "customfield_10040",
        "https://b",
        [(None, "https://a"), (None, "https://b")],
        ["https://a", "https://b"],
    ),
    "team": ("Team", "customfield_10050", {"id": TEAM_ID, "name": "A"}, [NOTHING, (TEAM_ID, "A")], [None, TEAM_ID]),
    "description": (
        "description",
        "description",
        adf("*new* text"),
        [(None, "h1. old"), ('{"id":"ari:cloud:jira:1","version":"1"}', "_new_ text")],
        ["h1. old", "*new* text"],
    ),
    "what an app keeps": ("No schema", "customfield_10044", {"a": 1}, [NOTHING, (None, "one")], [None, '{"a": 1}']),
}
MANY: dict[str, tuple[str, str, Any, list[Side], list[list[str | None]]]] = {
    "labels": ("labels", "labels", ["b", "c"], [("", ""), ("", "a b"), ("", "b c")], [[None], ["a", "b"], ["b", "c"]]),
    "labels, cleared": ("labels", "labels", [], [("", "a b"), ("", "")], [["a", "b"], [None]]),
    "sprints": (
        "Sprint",
        "customfield_10020",
        [{"id": 34, "name": "24"}, {"id": 35, "name": "25"}],
        [("", ""), ("34", "24"), ("34, 35", "24, 25")],
        [[None], ["34"], ["34", "35"]],
    ),
    "options": (
        "Platforms",
        "customfield_10031",
        [option(1, "A, with comma"), option(3, "C")],
        [("[1]", "A, with comma"), ("[1, 2]", "A, with comma,B"), ("[1, 3]", "A, with comma,C")],
        [["1"], ["1", "2"], ["1", "3"]],
    ),
    "people": (
        "Reviewers",
        "customfield_10034",
        [ANNA, BEN],
        [NOTHING, (f"[{EDITOR}]", "[Ben]"), (f"[{EDITOR}, {CREATOR}]", "[Ben, Anna]")],
        [[None], [EDITOR], [CREATOR, EDITOR]],
    ),
    "tags": ("Tags", "customfield_10051", ["x"], [NOTHING, ("", "x y"), ("", "x")], [[None], ["x", "y"], ["x"]]),
    "versions of an own field": (
        "Targets",
        "customfield_10052",
        [{"id": "7"}],
        [("[7, 8]", "1.0, 2.0"), ("[7]", "1.0")],
        [["7", "8"], ["7"]],
    ),
    "groups": (
        "Groups",
        "customfield_10053",
        [{"groupId": "g-1", "name": "team-a"}],
        [NOTHING, ("[team-a]", "[team-a]")],
        [[None], ["g-1"]],
    ),
}


def expected(values: list[Any]) -> list[tuple[int, Any, str, bool]]:
    """Rows of values that were held since the issue's creation and the changes of `changed`."""
    last = len(values) - 1
    return [
        (BORN_MS if place == 0 else ms(at(place)), value, CREATOR if place == 0 else EDITOR, place == last)
        for place, value in enumerate(values)
    ]


@pytest.mark.parametrize("kind", SINGLE)
def test_a_field_with_one_value_has_a_row_from_the_beginning_and_a_row_a_change(kind: str) -> None:
    name, field_id, now, sides, values = SINGLE[kind]
    histories = flattened([issue(1, **{field_id: now})], {1: changed(name, field_id, *sides)})
    assert told(histories, field_id) == expected(values)
    assert histories.contradictions == {}
    assert replay(histories).faults == []


@pytest.mark.parametrize("kind", MANY)
def test_a_field_with_many_values_gives_the_whole_set_with_each_change(kind: str) -> None:
    name, field_id, now, sides, sets = MANY[kind]
    histories = flattened([issue(1, **{field_id: now})], {1: changed(name, field_id, *sides)})
    assert told(histories, field_id) == expected(sets)
    assert histories.contradictions == {}
    assert replay(histories).faults == []


@pytest.mark.parametrize(
    ("name", "field_id"), [("Fix Version", "fixVersions"), ("Version", "versions"), ("Component", "components")]
)
def test_components_and_versions_come_and_go_one_by_one(name: str, field_id: str) -> None:
    first, second, third = ("1", "One"), ("2", "Two"), ("3", "Three")
    acts = [
        history(1, at(1), item(name, NOTHING, second, field_id)),
        history(2, at(2), item(name, first, NOTHING, field_id), item(name, NOTHING, third, field_id)),
        history(3, at(3), item(name, second, NOTHING, field_id), item(name, third, NOTHING, field_id)),
    ]
    histories = flattened([issue(1, **{field_id: []})], {1: acts})
    in_order = [(since, sorted(values, key=str), *more) for since, values, *more in told(histories, field_id)]
    assert in_order == expected([["1"], ["1", "2"], ["2", "3"], [None]])
    assert histories.contradictions == {}


def test_changes_without_the_id_of_their_field_are_found_by_their_old_names() -> None:
    acts = [
        history(1, at(1), item("Fix Version", NOTHING, ("9", "1.0"))),
        history(2, at(2), item("Key", (None, "OLD-1"), (None, "PAY-1"))),
        history(3, at(3), item("Parent", NOTHING, ("77", "PAY-77"))),
    ]
    (given,) = [issue(1, fixVersions=[{"id": "9"}], parent={"id": "77", "key": "PAY-77"})]
    histories = flattened([given], {1: acts})
    assert [values for _, values, *_ in told(histories, "fixVersions")] == [[None], ["9"]]
    assert [value for _, value, *_ in told(histories, "issuekey")] == ["OLD-1", "PAY-1"]
    assert [value for _, value, *_ in told(histories, "parent")] == [None, "77"]


def test_what_never_changed_has_one_row_from_the_beginning_and_what_was_never_set_has_none() -> None:
    given = issue(
        1,
        customfield_10024=3.0,
        customfield_10034=[ANNA, BEN],
        customfield_10019="0|i0001:",
        lastViewed=at(1),
        duedate=None,
        customfield_10030=None,
    )
    histories = flattened([given], {})
    values = {row["field_id"]: row["value"] for row in rows(histories, "issue_field_history")}
    assert values == {
        "issuekey": "PAY-1",
        "project": "10000",
        "issuetype": "10001",
        "status": "3",
        "summary": "Issue 1",
        "created": utc(BORN),
        "creator": CREATOR,
        "customfield_10024": "3",
    }
    assert rows(histories, "issue_multiselect_history") == [
        {
            "issue_id": 1,
            "field_id": "customfield_10034",
            "changed_at": datetime.fromisoformat(BORN),
            "position": 0,
            "value_position": place,
            "value": value,
            "author_id": CREATOR,
            "is_active": True,
        }
        for place, value in enumerate([CREATOR, EDITOR])
    ]
    assert all(
        (row["changed_at"], row["position"], row["author_id"], row["is_active"])
        == (datetime.fromisoformat(BORN), 0, CREATOR, True)
        for row in rows(histories, "issue_field_history")
    )


def test_two_changes_in_one_instant_keep_their_order() -> None:
    acts = [
        history(2, at(1), item("status", ("5", "B"), ("3", "C"), "status")),
        history(1, at(1), item("status", ("1", "A"), ("4", "X"), "status"), item("status", ("4", "X"), ("5", "B"), "status")),
        history(3, at(1), item("labels", ("", ""), ("", "a"), "labels")),
        history(4, at(1), item("labels", ("", "a"), ("", "a b"), "labels"), author=None),
    ]
    histories = flattened([issue(1, labels=["a", "b"])], {1: acts})
    assert [(row["position"], row["value"]) for row in rows(histories, "issue_field_history", field_id="status")] == [
        (0, "1"),
        (0, "4"),
        (1, "5"),
        (2, "3"),
    ]
    assert [
        (row["position"], row["value_position"], row["value"], row["author_id"], row["is_active"])
        for row in rows(histories, "issue_multiselect_history", field_id="labels")
    ] == [(0, 0, None, CREATOR, False), (0, 0, "a", EDITOR, False), (1, 0, "a", None, True), (1, 1, "b", None, True)]


def test_a_field_that_was_renamed_since_goes_by_its_id() -> None:
    acts = changed("Criticality", "customfield_10030", ("7", "Low"), ("8", "High"))
    histories = flattened([issue(1, customfield_10030=option(8, "High"))], {1: acts})
    assert [value for _, value, *_ in told(histories, "customfield_10030")] == ["7", "8"]


def test_changes_of_fields_that_the_site_no_longer_has_are_counted_and_those_of_links_are_not() -> None:
    acts = [
        history(1, at(1), item("Old field", NOTHING, (None, "x"), "customfield_99999")),
        history(
            2, at(2), item("Link", NOTHING, ("PAY-2", "This issue blocks PAY-2")), item("Workflow", ("1", "A"), ("2", "B"))
        ),
        history(
            3,
            at(3),
            item("Attachment", ("1", "a.png"), NOTHING),
            item("Rank", ("", ""), ("", "Ranked higher"), "customfield_10019"),
        ),
    ]
    acts[0]["items"].append({**item("Another", NOTHING, (None, "x")), "fieldtype": "custom"})
    histories = flattened([issue(1, customfield_10019="0|i0001:")], {1: acts})
    assert histories.of_gone_fields == 2
    known = {row["id"] for row in ({"id": field.id} for field in catalogue().fields)}
    told_of = {row["field_id"] for row in rows(histories, "issue_field_history")}
    assert told_of <= known - {"customfield_10019"}
    assert rows(histories, "issue_multiselect_history") == []


def test_an_excluded_field_has_no_history_and_sprints_and_keys_have_theirs_all_the_same() -> None:
    fields = catalogue(exclude=["assignee", "customfield_10020", "issuekey"])
    acts = [
        history(1, at(1), item("assignee", NOTHING, (EDITOR, "Ben"), "assignee")),
        history(2, at(2), item("Sprint", ("", ""), ("34", "24"), "customfield_10020")),
        history(3, at(3), item("Key", (None, "OLD-1"), (None, "PAY-1"), "issuekey")),
    ]
    histories = flattened([issue(1, assignee=BEN, customfield_10020=[{"id": 34}])], {1: acts}, fields)
    assert {"assignee", "issuekey"}.isdisjoint(row["field_id"] for row in rows(histories, "issue_field_history"))
    assert rows(histories, "issue_multiselect_history") == []
    assert [row["sprint_id"] for row in rows(histories, "issue_sprint_history")] == [34]
    assert [row["key"] for row in rows(histories, "issue_key_history")] == ["OLD-1", "PAY-1"]


def test_only_the_tables_that_are_asked_for_are_made() -> None:
    histories = flattened([issue(1)], {}, entities=["issue_status_transition", "issue"])
    assert [given.table for given in histories.rows] == ["issue_status_transition"]


# What holds now wins --------------------------------------------------------------------------------------------------


def test_where_the_changelog_does_not_lead_to_what_holds_now_a_last_row_by_nobody_does() -> None:
    updated = "2026-09-28T19:32:13.094+0500"
    acts = [
        history(1, at(1), item("priority", ("3", "M"), ("2", "H"), "priority"), item("labels", ("", ""), ("", "a"), "labels")),
        history(2, at(2), item("Component", NOTHING, ("9", "Web"), "components")),
        history(3, at(3), item("summary", (None, "Broken"), (None, "Issue 1"), "summary")),
        history(4, at(4), item("summary", (None, "Lost before"), (None, "Now"), "summary")),
    ]
    given = issue(1, priority={"id": "1"}, labels=["z"], components=[], summary="Now", updated=updated)
    histories = flattened([given], {1: acts})
    assert told(histories, "priority") == [
        (BORN_MS, "3", CREATOR, False),
        (ms(at(1)), "2", EDITOR, False),
        (ms(updated), "1", None, True),
    ]
    assert told(histories, "labels") == [
        (BORN_MS, [None], CREATOR, False),
        (ms(at(1)), ["a"], EDITOR, False),
        (ms(updated), ["z"], None, True),
    ]
    assert told(histories, "components") == [
        (BORN_MS, [None], CREATOR, False),
        (ms(at(2)), ["9"], EDITOR, False),
        (ms(updated), [None], None, True),
    ]
    assert [value for _, value, *_ in told(histories, "summary")] == ["Broken", "Issue 1", "Now"]
    assert histories.contradictions == {"priority": 1, "labels": 1, "components": 1, "summary": 1}


def test_a_change_from_before_the_creation_is_where_the_history_begins() -> None:
    acts = [history(1, "2025-12-01T00:00:00.000+0000", item("priority", ("3", "M"), ("2", "H"), "priority"))]
    histories = flattened([issue(1, priority={"id": "2"})], {1: acts})
    assert told(histories, "priority") == [
        (ms("2025-12-01T00:00:00.000+0000"), "3", CREATOR, False),
        (ms("2025-12-01T00:00:00.000+0000"), "2", EDITOR, True),
    ]


# Parents and epics ----------------------------------------------------------------------------------------------------
EPIC = {"id": "10073", "key": "PAY-11", "fields": {"issuetype": {"hierarchyLevel": 1}}}
TO_EPIC = (NOTHING, ("10073", "PAY-11"))


def association(*sides: Side) -> Item:
    return item("IssueParentAssociation", *sides)


def test_an_epic_that_jira_tells_of_twice_changes_once_and_stands_as_parent_and_as_epic() -> None:
    acts = [
        history(1, at(1), association(*TO_EPIC)),
        history(2, at(1, 13), item("Epic Link", *TO_EPIC, "customfield_10014")),
    ]
    histories = flattened([issue(1, parent=EPIC, customfield_10014="PAY-11")], {1: acts})
    for field_id in ("parent", "customfield_10014"):
        assert told(histories, field_id) == [(BORN_MS, None, CREATOR, False), (ms(at(1)), "10073", EDITOR, True)]
    assert histories.contradictions == {}


def test_an_epic_named_by_its_key_alone_is_looked_up() -> None:
    asked: list[list[str]] = []

    def ids_of_keys(keys: list[str]) -> dict[str, int]:
        asked.append(list(keys))
        return {key: 10073 for key in keys if key == "PAY-11"}

    acts = [
        history(1, at(1), item("Epic Link", NOTHING, (None, "PAY-11"), "customfield_10014")),
        history(2, at(2), item("Epic Link", (None, "PAY-11"), (None, "GONE-1"), "customfield_10014")),
        history(3, at(3), item("Epic Link", (None, "GONE-1"), (None, "PAY-11"), "customfield_10014")),
    ]
    histories = flattened([issue(1, customfield_10014="PAY-11")], {1: acts}, ids_of_keys=ids_of_keys)
    assert [value for _, value, *_ in told(histories, "customfield_10014")] == [None, "10073", "GONE-1", "10073"]
    assert asked == [["PAY-11"], ["PAY-11"], ["GONE-1"]]


def test_the_parent_of_a_subtask_is_no_epic_and_where_epics_are_no_parents_an_epic_is_none() -> None:
    subtask = issue(1, parent={"id": "63", "key": "PAY-3", "fields": {"issuetype": {"hierarchyLevel": 0}}})
    story = issue(2, customfield_10014="PAY-11")
    acts = {
        1: [history(1, at(1), association(NOTHING, ("63", "PAY-3")))],
        2: [history(2, at(1), item("Epic Link", *TO_EPIC, "customfield_10014"))],
    }
    histories = flattened([subtask, story], acts, ids_of_keys=lambda _keys: {"PAY-11": 10073})
    values = {
        (row["issue_id"], row["field_id"]): row["value"] for row in rows(histories, "issue_field_history") if row["is_active"]
    }
    assert values[1, "parent"] == "63"
    assert values[2, "customfield_10014"] == "10073"
    assert (1, "customfield_10014") not in values
    assert (2, "parent") not in values


# Times of resolution --------------------------------------------------------------------------------------------------


def test_the_time_of_resolution_follows_the_resolution() -> None:
    done, undone = ("10000", "Done"), NOTHING
    acts = [
        history(1, at(1), item("resolution", undone, done, "resolution")),
        history(2, at(2), item("resolution", done, undone, "resolution")),
        history(3, at(3), item("resolution", undone, done, "resolution")),
    ]
    now = "2026-02-03T12:00:00.019+0000"
    histories = flattened([issue(1, resolution={"id": "10000"}, resolutiondate=now)], {1: acts})
    assert told(histories, "resolutiondate") == [
        (BORN_MS, None, CREATOR, False),
        (ms(at(1)), utc(at(1)), EDITOR, False),
        (ms(at(2)), None, EDITOR, False),
        (ms(at(3)), utc(now), EDITOR, True),
    ]
    assert histories.contradictions == {}


@pytest.mark.parametrize(
    ("resolved_at", "moments"),
    [
        (at(5), [(BORN_MS, None, CREATOR, False), (ms(at(5)), utc(at(5)), None, True)]),
        (BORN, [(BORN_MS, utc(BORN), CREATOR, True)]),
        (None, []),
    ],
)
def test_a_resolution_that_no_change_tells_of_is_from_when_it_says(resolved_at: str | None, moments: list[Any]) -> None:
    histories = flattened([issue(1, resolutiondate=resolved_at)], {})
    assert told(histories, "resolutiondate") == moments


def test_a_time_of_resolution_that_was_cleared_without_a_word_is_cleared_at_the_last_update() -> None:
    acts = [history(1, at(1), item("resolution", NOTHING, ("10000", "Done"), "resolution"))]
    given = issue(1, resolution=None, resolutiondate=None, updated=at(9))
    histories = flattened([given], {1: acts})
    assert told(histories, "resolutiondate")[1:] == [
        (ms(at(1)), utc(at(1)), EDITOR, False),
        (ms(at(9)), None, None, True),
    ]
    assert histories.contradictions == {"resolution": 1, "resolutiondate": 1}


def test_times_are_kept_to_the_millisecond() -> None:
    acts = [history(1, "2026-02-01T00:00:00.123+0000", item("summary", (None, "a"), (None, "Issue 1"), "summary"))]
    histories = flattened([issue(1)], {1: acts})
    moments = [row["changed_at"] for row in rows(histories, "issue_field_history", field_id="summary")]
    assert moments == [datetime.fromisoformat(BORN), datetime(2026, 2, 1, 0, 0, 0, 123_000, UTC)]
