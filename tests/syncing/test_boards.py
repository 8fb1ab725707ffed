"""Boards and sprints: their tables hold what the site holds, and what is gone or unreadable is told apart."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulated_jira import SimulatedJira
from simulated_jira.exchange import Answer, Request, errors
from simulated_jira.field_list import STORY_POINTS
from simulated_jira.projects import Board, Sprint
from syncing.bench import SMALL, Bench, Flavour, counts

AGILE = ("board", "board_project", "board_column", "board_column_status", "sprint")
HOUSE = ("_synced_at", "_run_id", "_deleted_at", "_deleted_reason")


def stored(bench: Bench, table: str) -> list[dict[str, Any]]:
    """The rows that are not gone, without our own columns."""
    rows = [row for row in bench.rows(table) if row.get("_deleted_at") is None]
    plain = [{name: value for name, value in row.items() if name not in HOUSE} for row in rows]
    return sorted(plain, key=lambda row: str([value for name, value in row.items() if name.endswith(("id", "position"))]))


def rows_of(bench: Bench, table: str, boards: list[Board]) -> list[dict[str, Any]]:
    """What the table is to hold of these boards, from the site's own objects."""
    rows = [row for board in boards for row in EXPECTED[table](bench, board)]
    return sorted(rows, key=lambda row: str([value for name, value in row.items() if name.endswith(("id", "position"))]))


def board_row(_bench: Bench, board: Board) -> list[dict[str, Any]]:
    project = board.project
    return [
        {
            "id": board.id,
            "name": board.name,
            "type": board.type,
            "project_id": int(project.id) if project else None,
            "filter_id": 10000 + board.id,
            "estimation_field_id": STORY_POINTS if board.type == "scrum" else None,
        }
    ]


def column_rows(_bench: Bench, board: Board) -> list[dict[str, Any]]:
    limits = {"minimum": 1, "maximum": 5} if board.type == "kanban" else {"minimum": None, "maximum": None}
    none = {"minimum": None, "maximum": None}
    return [
        {"board_id": board.id, "position": position, "name": name} | (limits if position == 1 else none)
        for position, name in enumerate(("To Do", "In Progress", "Done", "Parking lot"))
    ]


def column_status_rows(bench: Bench, board: Board) -> list[dict[str, Any]]:
    assert board.project is not None
    return [
        {"board_id": board.id, "position": ("new", "indeterminate", "done").index(status.category), "status_id": int(status.id)}
        for status in bench.jira.site.statuses_of(board.project)
        if status.name != "Blocked"
    ]


def project_rows(_bench: Bench, board: Board) -> list[dict[str, Any]]:
    return [{"board_id": board.id, "project_id": int(board.project.id)}] if board.project else []


def sprint_rows(bench: Bench, board: Board) -> list[dict[str, Any]]:
    return [sprint_row(bench, sprint) for sprint in board.sprints]


def sprint_row(bench: Bench, sprint: Sprint) -> dict[str, Any]:
    def at(moment: int | None) -> Any:
        return None if moment is None else bench.query(f"SELECT epoch_ms({moment}) AT TIME ZONE 'UTC'")[0][0]

    return {
        "id": sprint.id,
        "name": sprint.name,
        "state": sprint.state,
        "goal": sprint.goal,
        "board_id": sprint.board_id,
        "start_at": at(sprint.start_ms),
        "end_at": at(sprint.end_ms),
        "completed_at": at(sprint.complete_ms),
        "created_at": None,
    }


EXPECTED = {
    "board": board_row,
    "board_project": project_rows,
    "board_column": column_rows,
    "board_column_status": column_status_rows,
    "sprint": sprint_rows,
}


def test_the_issues_of_a_board_are_those_of_its_filter_without_what_a_kanban_board_hides(
    tmp_path: Path, flavour: Flavour
) -> None:
    with SimulatedJira(120, projects=4, seed=5, settings=replace(SMALL, flavour=flavour)) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb")
        report = bench.sync(entities=("board_issue",))

        assert {board.type for board in boards_of(bench)} == {"scrum", "simple", "kanban"}
        expected = {
            (board.id, issue.id)
            for board in boards_of(bench)
            for issue in jira.site.issues.values()
            if issue.project is board.project and issue.is_visible
            if board.type != "kanban" or not issue.body.value("labels")
        }
        assert {(row["board_id"], row["issue_id"]) for row in bench.rows("board_issue")} == expected
        assert counts(report, "board_issue")["inserted"] == len(expected)

        jira.change.delete("PAY-1")
        assert counts(bench.sync(entities=("board_issue",)), "board_issue")["deleted"] == 1


def test_a_board_whose_filter_is_not_shared_keeps_its_issues(bench: Bench) -> None:
    bench.sync(entities=("board_issue",))
    before = bench.rows("board_issue")
    board = boards_of(bench)[0]
    answering = bench.jira.service.answer

    def refusing(request: Request) -> Answer:
        if f"filter = {10_000 + board.id}".encode() in request.body:
            return errors(400, f"The value '{10_000 + board.id}' does not exist for the field 'filter'.")
        return answering(request)

    bench.jira.service.answer = refusing  # type: ignore[method-assign]
    report = bench.sync(entities=("board_issue",))

    (note,) = report.notes
    unread = f"The filter of board {board.id} is not shared with this account."
    assert note.startswith(f"board_issue: 1 of 3 could not be read. {unread}")
    assert bench.rows("board_issue") == before


def boards_of(bench: Bench) -> list[Board]:
    return [board for project in bench.jira.site.projects for board in project.boards]


@pytest.fixture
def agile(bench: Bench) -> Bench:
    bench.sync(entities=AGILE)
    return bench


@pytest.mark.parametrize("table", AGILE)
def test_a_table_holds_what_jira_holds(agile: Bench, table: str) -> None:
    expected = rows_of(agile, table, boards_of(agile))
    assert stored(agile, table) == expected != []


def test_boards_without_sprints_are_told_in_the_runs_row_and_nowhere_else(agile: Bench) -> None:
    report = agile.sync(entities=AGILE)

    assert report.notes == []
    assert report.tally("sprint", "site").message.startswith("1 of 3 have none, such as: ")
    assert "The board does not support sprints" in report.tally("sprint", "site").message
    assert {table: counts(report, table).keys() for table in AGILE} == {table: {"read", "unchanged"} for table in AGILE}


def refuse(bench: Bench, part: str, answer: Answer) -> None:
    """From now on, paths with this part are answered so."""
    before = bench.jira.service.answer

    def answering(request: Request) -> Answer:
        return answer if part in request.target else before(request)

    bench.jira.service.answer = answering  # type: ignore[method-assign]


def test_a_board_that_is_hidden_keeps_its_rows_and_is_noted(agile: Bench) -> None:
    before = {table: stored(agile, table) for table in AGILE}
    refuse(agile, "/board/1/", errors(404, "The requested board cannot be viewed."))

    report = agile.sync(entities=AGILE)

    assert {table: stored(agile, table) for table in AGILE if table != "board"} == {
        table: rows for table, rows in before.items() if table != "board"
    }
    assert stored(agile, "board") == before["board"], "what is known of its configuration stays"
    assert [note.partition(":")[0] for note in report.notes] == [
        "board, board_column, board_column_status",
        "board_project",
        "sprint",
    ]
    assert all("1 of 3 could not be read" in note for note in report.notes)


def test_without_the_right_to_see_boards_that_is_noted_once(agile: Bench) -> None:
    before = {table: stored(agile, table) for table in AGILE}
    refuse(agile, "/rest/agile/", errors(403, "Not you."))

    report = agile.sync(entities=(*AGILE, "priority"))

    (note,) = report.notes
    names = "board, board_project, board_column, board_column_status, sprint"
    assert note.startswith(f"{names}: not permitted, so their tables were left as they are.")
    assert {table: stored(agile, table) for table in AGILE} == before
    assert agile.rows("priority") != []


def test_what_a_board_lost_is_gone_with_it(agile: Bench) -> None:
    project = agile.jira.site.project("AND")
    assert project is not None
    (board,) = project.boards
    project.boards.clear()

    agile.sync(entities=AGILE)

    assert {table: stored(agile, table) for table in AGILE} == {
        table: rows_of(agile, table, boards_of(agile)) for table in AGILE
    }
    reasons = {row["_deleted_reason"] for row in agile.rows("sprint", f"board_id = {board.id}")}
    assert reasons == {"missing"}


def test_a_sprint_that_two_boards_show_is_one_row_of_the_board_it_was_made_on(bench: Bench) -> None:
    (pay,), (android,) = (project.boards for project in bench.jira.site.projects[:2])
    android.sprints.append(pay.sprints[0])

    bench.sync(entities=("sprint",))

    assert stored(bench, "sprint") == sorted(
        {row["id"]: row for board in (pay, android) for row in sprint_rows(bench, board)}.values(),
        key=lambda row: str([row["id"], row["board_id"]]),
    )


def test_a_run_of_some_projects_reads_and_compares_their_boards_alone(agile: Bench) -> None:
    before = {table: stored(agile, table) for table in AGILE}
    for project in agile.jira.site.projects[:2]:
        del project.boards[0].sprints[0]

    agile.sync(entities=AGILE, projects=("PAY",))

    assert agile.heard.count("/board/2/configuration") == 0
    gone = before["sprint"][0]["id"]
    assert stored(agile, "sprint") == [row for row in before["sprint"] if row["id"] != gone]
    assert stored(agile, "board") == before["board"]


def test_a_site_of_twelve_projects_takes_few_requests(tmp_path: Any, flavour: Flavour) -> None:
    with SimulatedJira(60, projects=12, seed=5, settings=replace(SMALL, flavour=flavour)) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb")
        bench.sync(entities=AGILE)
        assert len(bench.heard.asked) < 45
