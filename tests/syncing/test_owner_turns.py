"""Boards and groups take turns: a night reads some of them, what is new or changed at once, and nobody's rows are lost."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulated_jira import Settings, SimulatedJira, people
from simulated_jira.exchange import Answer, Request, errors
from simulated_jira.projects import Board
from simulated_jira.routes import people_family
from syncing.bench import Bench, cloud_only
from syncing.test_boards import boards_of, rows_of, stored

LAYOUT = ("board", "board_column", "board_column_status")
TURNS = (*LAYOUT, "board_project", "sprint")
GROUPS = tuple(f"team-{number}" for number in range(24))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Three projects with 24 boards, loaded."""
    with SimulatedJira(30, projects=3, seed=3, settings=Settings(custom_fields=17, issue_bytes=2_000)) as jira:
        for number in range(24 - len(boards_at(jira))):
            project = jira.site.projects[number % 3]
            project.boards.append(Board(100 + number, f"Board {number}", "kanban", project))
        bench = Bench(jira, tmp_path / "staging.duckdb", entities=TURNS)
        bench.sync()
        assert len(asked(bench, "configuration")) == 24
        yield bench
        bench.release()


def boards_at(jira: SimulatedJira) -> list[Board]:
    return [board for project in jira.site.projects for board in project.boards]


def asked(bench: Bench, what: str) -> set[int]:
    """The boards that the last run asked for this."""
    found = (re.search(rf"/board/(\d+)/{what}$", path) for path, _ in bench.heard.asked)
    return {int(match[1]) for match in found if match}


def night(bench: Bench, **asked_for: object) -> set[int]:
    """The boards whose configuration the next night asked for, after which the tables are held against the site."""
    bench.jira.clock.advance(24 * 3600)
    bench.sync(**asked_for)
    for table in TURNS:
        assert stored(bench, table) == rows_of(bench, table, boards_of(bench)), table
    return asked(bench, "configuration")


def test_every_board_has_its_turn_and_the_others_keep_their_rows(bench: Bench) -> None:
    nights = [night(bench) for _ in range(3)]
    assert [len(boards) for boards in nights] == [10, 10, 10]
    assert nights[0] | nights[1] | nights[2] == {board.id for board in boards_of(bench)}
    assert len(asked(bench, "project")) == 10
    assert asked(bench, "sprint") == {board.id for board in boards_of(bench) if board.type != "kanban"}
    told = bench.query("SELECT DISTINCT entity, message FROM jira._sync_run WHERE message LIKE '%wait for their turn.'")
    waiting = "14 of 24 boards wait for their turn."
    assert sorted(told) == sorted((table, waiting) for table in (*LAYOUT, "board_project"))
    assert len(night(bench, full=True)) == 24


def test_a_board_that_is_renamed_new_or_back_does_not_wait_and_one_that_is_gone_leaves_nothing(bench: Bench) -> None:
    project = bench.jira.site.projects[0]
    read = night(bench)
    waiting = [board for board in project.boards if board.id not in read]
    renamed, hidden = waiting[0], waiting[1]
    renamed.name = "Called otherwise"
    project.boards.remove(hidden)
    project.boards.append(Board(500, "Made today", "scrum", project))
    read = night(bench)
    assert {renamed.id, 500} <= read
    assert {row["_deleted_reason"] for row in bench.rows("board_column", f"board_id = {hidden.id}")} == {"missing"}

    project.boards.append(hidden)
    assert hidden.id in night(bench)


def test_a_table_that_is_new_to_a_run_is_read_of_all_boards(bench: Bench) -> None:
    bench.write("DELETE FROM jira.board_column")
    bench.sync(entities=("board",))
    bench.sync(entities=("board", "board_column"))
    assert len(asked(bench, "configuration")) == 24
    assert stored(bench, "board_column") == rows_of(bench, "board_column", boards_of(bench))


def test_a_board_that_could_not_be_read_is_asked_again_the_next_night(bench: Bench) -> None:
    answering = bench.jira.service.answer
    board = boards_of(bench)[0]
    refused: list[str] = []

    def refusing(request: Request) -> Answer:
        if request.target.endswith(f"/board/{board.id}/configuration"):
            refused.append(request.target)
            return errors(404, "The requested board cannot be viewed.")
        return answering(request)

    bench.jira.service.answer = refusing  # type: ignore[method-assign]
    night(bench)
    night(bench)
    assert len(refused) == 2
    bench.jira.service.answer = answering  # type: ignore[method-assign]
    assert board.id in night(bench)
    assert board.id not in night(bench)


def test_a_run_of_one_project_forgets_no_other_board(bench: Bench) -> None:
    bench.sync(projects=(bench.jira.site.projects[0].key,))
    ((told,),) = bench.query("SELECT fingerprint FROM jira._sync_state WHERE entity = 'board' AND scope = 'site'")
    assert json.loads(told).keys() == {str(board.id) for board in boards_of(bench)}


@cloud_only("Data Center's groups have no ids; their turns are the same")
def test_groups_take_turns_in_being_read_for_their_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_family, "GROUPS", GROUPS)
    with SimulatedJira(10, projects=1, seed=3, settings=Settings(custom_fields=17, issue_bytes=2_000)) as jira:
        for number, name in enumerate(GROUPS):
            jira.site.people[number % len(jira.site.people)].groups.append(name)
        bench = Bench(jira, tmp_path / "staging.duckdb", entities=("group", "group_member"))
        bench.sync()
        assert bench.heard.count("/group/member") == 24
        members = {row["group_id"]: row["user_id"] for row in bench.rows("group_member")}
        assert members.keys() == {people.group_id(name) for name in GROUPS}
        bench.sync()
        assert bench.heard.count("/group/member") == 10
        told = "SELECT DISTINCT message FROM jira._sync_run WHERE entity = 'group_member' AND message != ''"
        assert bench.query(told) == [("14 of 24 groups wait for their turn.",)]

        monkeypatch.setattr(people_family, "GROUPS", GROUPS[1:])
        bench.sync()
        assert {row["group_id"] for row in bench.rows("group_member")} == {people.group_id(name) for name in GROUPS[1:]}
        bench.release()
