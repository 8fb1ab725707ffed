"""Transitions of status, sprints and keys: whole rows."""

from datetime import UTC, datetime
from typing import Any

import pytest

from entities.invented_issues import issue
from entities.replayed import BORN, EDITOR, at, flattened, history, rows
from jira_staging.entities.sprint_report import SprintLife
from simulated_jira.changelog_items import item

SPRINT = "customfield_10020"
OPEN, BUSY, DONE = ("1", "Open"), ("3", "In Progress"), ("6", "Done")


def moment(time: str) -> datetime:
    return datetime.fromisoformat(time).astimezone(UTC)


def moved(number: int, day: int, old: tuple[str, str], new: tuple[str, str], *more: Any, **by: Any) -> dict[str, Any]:
    return history(number, at(day), *more, item("status", old, new, "status"), **by)


def resprinted(number: int, day: int, old: str, new: str) -> dict[str, Any]:
    return history(number, at(day), item("Sprint", (old, old), (new, new), SPRINT))


def test_a_transition_tells_how_long_the_issue_had_been_in_the_status_before() -> None:
    acts = [
        moved(8, 1, OPEN, BUSY, item("resolution", (None, None), ("1", "Done"), "resolution")),
        moved(9, 2, BUSY, DONE, author=None),
    ]
    assert rows(flattened([issue(1)], {1: acts}), "issue_status_transition") == [
        {
            "history_id": 8,
            "position": 1,
            "issue_id": 1,
            "changed_at": moment(at(1)),
            "from_status_id": 1,
            "to_status_id": 3,
            "author_id": EDITOR,
            "seconds_in_from_status": int((moment(at(1)) - moment(BORN)).total_seconds()),
        },
        {
            "history_id": 9,
            "position": 0,
            "issue_id": 1,
            "changed_at": moment(at(2)),
            "from_status_id": 3,
            "to_status_id": 6,
            "author_id": None,
            "seconds_in_from_status": 86_400,
        },
    ]


def test_a_transition_from_before_the_creation_took_no_time_and_a_status_without_a_number_has_no_id() -> None:
    acts = [history(1, "2025-12-01T00:00:00.000+0000", item("status", (None, "Open"), ("3", "In Progress"), "status"))]
    (row,) = rows(flattened([issue(1)], {1: acts}), "issue_status_transition")
    assert (row["from_status_id"], row["to_status_id"], row["seconds_in_from_status"]) == (None, 3, 0)


def sprint(number: int, completed: str | None = None) -> dict[str, Any]:
    seen = {"id": number, "name": f"Sprint {number}", "state": "closed" if completed else "active", "boardId": 8}
    return seen | ({"completeDate": completed} if completed else {})


def sprint_rows(given: dict[str, Any], acts: list[dict[str, Any]], **known: Any) -> list[tuple[Any, ...]]:
    histories = flattened([given], {1: acts}, done_statuses=[6], **known)
    return sorted(
        (row["sprint_id"], row["added_at"], row["removed_at"], row["is_completed_in_sprint"])
        for row in rows(histories, "issue_sprint_history")
    )


def test_an_issue_that_is_carried_over_was_completed_in_the_sprint_in_which_it_was_done() -> None:
    given = issue(1, status={"id": "6"}, **{SPRINT: [sprint(34, at(10)), sprint(35, at(20)), sprint(36)]})
    acts = [
        resprinted(1, 1, "", "34"),
        resprinted(2, 10, "34", "34, 35"),
        moved(3, 15, OPEN, DONE),
        resprinted(4, 20, "34, 35", "34, 35, 36"),
    ]
    assert sprint_rows(given, acts) == [
        (34, moment(at(1)), None, False),
        (35, moment(at(10)), None, True),
        (36, moment(at(20)), None, None),
    ]


def test_an_issue_that_was_taken_out_of_a_sprint_and_put_back_has_been_in_it_twice() -> None:
    given = issue(1, status={"id": "6"}, **{SPRINT: [sprint(34, at(10))]})
    acts = [resprinted(1, 1, "34", ""), resprinted(2, 3, "", "34")]
    assert sprint_rows(given, acts) == [
        (34, moment(BORN), moment(at(1)), False),
        (34, moment(at(3)), None, True),
    ]


def test_a_sprint_that_the_issue_no_longer_shows_was_completed_when_the_caller_knows() -> None:
    acts = [resprinted(1, 1, "34", "")]
    assert sprint_rows(issue(1, **{SPRINT: None}), acts) == [(34, moment(BORN), moment(at(1)), None)]
    completed = {34: round(moment(at(10)).timestamp() * 1000)}
    assert sprint_rows(issue(1, **{SPRINT: None}), acts, completed_sprints=completed) == [
        (34, moment(BORN), moment(at(1)), False)
    ]


def test_what_was_done_only_after_the_sprint_was_not_completed_in_it() -> None:
    given = issue(1, status={"id": "6"}, **{SPRINT: [sprint(34, at(10))]})
    assert sprint_rows(given, [moved(1, 11, OPEN, DONE)]) == [(34, moment(BORN), None, False)]
    assert sprint_rows(given, [moved(1, 9, OPEN, DONE), moved(2, 9, DONE, OPEN), moved(3, 10, OPEN, DONE)]) == [
        (34, moment(BORN), None, True)
    ]


def test_without_the_categories_of_statuses_nobody_knows_what_was_completed() -> None:
    histories = flattened([issue(1, **{SPRINT: [sprint(34, at(10))]})], {})
    (row,) = rows(histories, "issue_sprint_history")
    assert row["is_completed_in_sprint"] is None


def test_a_sprint_as_data_center_prints_it_is_read_with_its_end() -> None:
    printed = (
        "com.atlassian.greenhopper.service.sprint.Sprint@21d00be2[id={},rapidViewId=24,state=CLOSED,name=A, or [id=9,goal=,"
        "startDate=2026-02-01T00:00:00.000Z,endDate=2026-02-09T00:00:00.000Z,completeDate={},sequence=225]"
    )
    given = issue(
        1, status={"id": "6"}, **{SPRINT: [printed.format(34, "2026-02-10T12:00:00.000Z"), printed.format(35, "<null>")]}
    )
    assert sprint_rows(given, []) == [(34, moment(BORN), None, True), (35, moment(BORN), None, None)]


def key_rows(given: dict[str, Any], acts: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    histories = flattened([given], {1: acts})
    found = [(row["key"], row["valid_from"], row["valid_until"]) for row in rows(histories, "issue_key_history")]
    return sorted(found, key=lambda row: row[1])


def renamed(number: int, day: int, old: str, new: str) -> dict[str, Any]:
    return history(number, at(day), item("Key", (None, old), (None, new), "issuekey"))


def test_every_key_that_an_issue_had_is_there_and_the_present_one_is_open() -> None:
    acts = [renamed(1, 1, "OLD-7", "TMP-1"), renamed(2, 2, "TMP-1", "OLD-7"), renamed(3, 3, "OLD-7", "PAY-1")]
    assert key_rows(issue(1), acts) == [
        ("OLD-7", moment(BORN), moment(at(1))),
        ("TMP-1", moment(at(1)), moment(at(2))),
        ("OLD-7", moment(at(2)), moment(at(3))),
        ("PAY-1", moment(at(3)), None),
    ]
    assert key_rows(issue(1), []) == [("PAY-1", moment(BORN), None)]


def test_a_project_that_was_renamed_since_leaves_the_key_that_was_told() -> None:
    given = issue(1, updated=at(9))
    assert key_rows(given, [renamed(1, 1, "OLD-7", "PAYMENT-1")]) == [
        ("OLD-7", moment(BORN), moment(at(1))),
        ("PAYMENT-1", moment(at(1)), moment(at(9))),
        ("PAY-1", moment(at(9)), None),
    ]


@pytest.mark.parametrize("table", ["issue_status_transition", "issue_sprint_history", "issue_key_history"])
def test_the_rows_are_complete_for_all_issues_that_were_read(table: str) -> None:
    histories = flattened([issue(1), issue(2)], {2: []})
    (given,) = (given for given in histories.rows if given.table == table)
    assert given.owners == (1, 2)


POINTS = "customfield_10024"
REPORTED = SprintLife(round(moment(at(5)).timestamp() * 1000), round(moment(at(10)).timestamp() * 1000), POINTS)
RUNNING = SprintLife(REPORTED.started_at, None, POINTS)


def estimated(number: int, day: int, old: str | None, new: str | None) -> dict[str, Any]:
    return history(number, at(day), item("Story Points", (None, old), (None, new), POINTS))


def report(given: dict[str, Any], *acts: dict[str, Any], life: SprintLife = REPORTED, **known: Any) -> list[dict[str, Any]]:
    told = {"done_statuses": [6], "sprints": {34: life}} | known
    return rows(flattened([given], {1: list(acts)}, **told), "sprint_report")


def part(*figures: Any) -> dict[str, Any]:
    names = ("was_committed", "was_added_during", "was_removed", "was_completed", "points_at_start", "points_at_end")
    return {"sprint_id": 34, "issue_id": 1} | dict(zip(names, figures, strict=True))


def test_the_report_tells_what_was_committed_and_completed_with_the_points_of_both_moments() -> None:
    given = issue(1, status={"id": "6"}, **{SPRINT: [sprint(34, at(10))], POINTS: 8.0})
    acts = [estimated(1, 4, None, "3"), resprinted(2, 4, "", "34"), estimated(3, 7, "3", "5"), moved(4, 9, OPEN, DONE)]
    assert report(given, *acts, estimated(5, 11, "5", "8")) == [part(True, False, False, True, 3.0, 5.0)]
    assert report(given, *acts, estimated(5, 11, "5", "8"), life=RUNNING) == [part(True, False, False, None, 3.0, 8.0)]


def test_the_report_tells_what_was_added_and_what_was_taken_out() -> None:
    added = issue(1, status={"id": "1"}, **{SPRINT: [sprint(34, at(10))], POINTS: 2.0})
    assert report(added, resprinted(1, 6, "", "34")) == [part(False, True, False, False, 2.0, 2.0)]
    removed = issue(1, status={"id": "6"}, **{SPRINT: None, POINTS: 2.0})
    taken_out = [resprinted(1, 4, "", "34"), estimated(2, 7, "1", "2"), resprinted(3, 8, "34", ""), moved(4, 9, OPEN, DONE)]
    assert report(removed, *taken_out) == [part(True, False, True, False, 1.0, 2.0)]
    assert report(removed, *taken_out, life=RUNNING) == [part(True, False, True, None, 1.0, 2.0)]
    back = issue(1, status={"id": "1"}, **{SPRINT: [sprint(34, at(10))], POINTS: None})
    again = [resprinted(1, 4, "", "34"), resprinted(2, 6, "34", ""), resprinted(3, 7, "", "34")]
    assert report(back, *again) == [part(True, False, False, False, None, None)]


@pytest.mark.parametrize(
    ("acts", "known"),
    [
        ([resprinted(1, 1, "", "34"), resprinted(2, 4, "34", "")], {}),
        ([resprinted(1, 11, "", "34"), resprinted(2, 12, "34", "")], {}),
        ([resprinted(1, 4, "", "34"), resprinted(2, 12, "34", "")], {"sprints": {}}),
    ],
    ids=["taken out before it began", "put in after its end", "a sprint that is not known or has not begun"],
)
def test_an_issue_without_part_in_a_sprint_has_no_row(acts: list[dict[str, Any]], known: dict[str, Any]) -> None:
    assert report(issue(1, **{SPRINT: None}), *acts, **known) == []


def test_a_board_that_estimates_by_nothing_or_by_words_has_no_points() -> None:
    given = issue(1, status={"id": "6"}, **{SPRINT: [sprint(34, at(10))]})
    for field_id in (None, "summary", "customfield_1"):
        life = SprintLife(REPORTED.started_at, REPORTED.completed_at, field_id)
        assert report(given, life=life) == [part(True, False, False, True, None, None)]
