"""Boards and what they own, against the simulated Jira over HTTP and against answers that it does not give."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import pytest

from jira_api.clients import Vault, client
from jira_api.small_server import Given, Seen, json, serving, signed_in
from jira_staging.errors import JiraNotPermitted, JiraRefusedQuery, JiraUnavailable
from jira_staging.jira_api.answers import JiraHasNone
from jira_staging.jira_api.boards import Board, board_projects, boards, layouts, sprints
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import OwnedLists
from jira_staging.records import ApiToken
from simulated_jira import Settings, SimulatedJira


@pytest.fixture(scope="module")
def site() -> Iterator[SimulatedJira]:
    with SimulatedJira(issues=40, projects=4, settings=Settings(issue_bytes=600, custom_fields=5)) as site:
        yield site


@pytest.fixture
def jira(site: SimulatedJira) -> Iterator[JiraClient]:
    with client(site.url, Vault(ApiToken(site.token, site.email, "api_token", "jira-prod"))) as door:
        yield door
    site.faults.clear()


def read(told: OwnedLists, table: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(item) for item in told.lists.get(table, [])]


def kinds(told: Iterable[OwnedLists]) -> dict[int | str, tuple[type[Exception] | None, bool]]:
    return {lists.owner: (type(lists.refusal) if lists.refusal else None, lists.is_complete) for lists in told}


def test_boards_come_with_their_kind_and_project(jira: JiraClient) -> None:
    assert [(board.id, board.type, board.project_id) for board in boards(jira)] == [
        (1, "scrum", 10000),
        (2, "scrum", 10001),
        (3, "simple", 10002),
        (4, "kanban", 10003),
    ]


def test_a_layout_is_the_board_its_columns_and_their_statuses(jira: JiraClient) -> None:
    told = list(layouts(jira, boards(jira)))
    (board,) = read(told[0], "board")
    columns, statuses = read(told[3], "board_column"), read(told[3], "board_column_status")

    assert (board["board"]["name"], board["configuration"]["filter"]["id"]) == ("PAY board", "10001")
    assert board["configuration"]["estimation"]["field"]["displayName"] == "Story Points"
    assert columns == [
        {"board": {"id": 4}, "position": 0, "column": {"name": "To Do", "min": None, "max": None}},
        {"board": {"id": 4}, "position": 1, "column": {"name": "In Progress", "min": 1, "max": 5}},
        {"board": {"id": 4}, "position": 2, "column": {"name": "Done", "min": None, "max": None}},
        {"board": {"id": 4}, "position": 3, "column": {"name": "Parking lot", "min": None, "max": None}},
    ]
    assert {status["position"] for status in statuses} == {0, 1, 2}
    assert all(status["status"]["id"] for status in statuses)


def test_kanban_boards_are_not_asked_for_sprints_and_others_without_any_are_no_error(jira: JiraClient) -> None:
    told = list(sprints(jira, boards(jira)))

    assert kinds(told) == {1: (None, True), 2: (None, True), 3: (JiraRefusedQuery, True), 4: (None, True)}
    assert {sprint["originBoardId"] for lists in told for sprint in read(lists, "sprint")} == {1, 2}


def test_a_board_without_columns_is_still_a_board(jira: JiraClient, site: SimulatedJira) -> None:
    site.faults.add("board_without_columns", path="/board/2/")
    told = list(layouts(jira, boards(jira)))

    assert kinds(told)[2] == (JiraRefusedQuery, True)
    assert [(item["board"]["id"], item["configuration"]) for item in read(told[1], "board")] == [(2, None)]
    assert read(told[1], "board_column") == []


def three_boards() -> list[Board]:
    return [Board(number, "scrum", None, msgspec.Raw(b'{"id":%d}' % number)) for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("status", "refusal", "is_complete"),
    [(400, JiraRefusedQuery, True), (422, JiraRefusedQuery, True), (404, JiraHasNone, False), (500, JiraUnavailable, False)],
)
def test_a_refusal_of_one_board_is_its_own(status: int, refusal: type[Exception], is_complete: bool) -> None:
    def answer(request: Seen) -> Given:
        if "/board/2/" in request.path:
            return json({"errorMessages": ["No."]}, status)
        return json({"values": [{"id": "7"}], "startAt": 0, "isLast": True})

    with serving(signed_in(answer)) as (url, _), client(url) as jira:
        told = list(board_projects(jira, three_boards()))
    assert kinds(told) == {1: (None, True), 2: (refusal, is_complete), 3: (None, True)}
    assert [read(lists, "board_project") for lists in told] == [
        [{"board": {"id": 1}, "project": {"id": "7"}}],
        [],
        [{"board": {"id": 3}, "project": {"id": "7"}}],
    ]


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_right_ends_the_reading(status: int) -> None:
    refused = signed_in(lambda _r: json({"errorMessages": ["Not you."]}, status))
    with serving(refused) as (url, _), client(url) as jira, pytest.raises(JiraNotPermitted, match="Not you"):
        list(sprints(jira, three_boards()))
