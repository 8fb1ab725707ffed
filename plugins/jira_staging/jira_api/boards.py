"""Boards, their columns, projects and sprints: the agile API."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import msgspec

from jira_staging.errors import JiraRefusedQuery, JiraUnavailable
from jira_staging.jira_api.answers import Call, JiraHasNone
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.owned_lists import Lists, OwnedLists, Owner, joined, of_each
from jira_staging.jira_api.paging import Items, known, pages
from jira_staging.jira_api.readings import reading_of

AGILE = "/rest/agile/1.0"

NULL = msgspec.Raw(b"null")

# The largest pages that the agile API gives.
ITEMS_PER_PAGE = 50

# A board that is hidden answers 404; one without sprints 400; one whose columns hold no status 422 or, for good, 500.
OF_ONE_BOARD = (JiraHasNone, JiraRefusedQuery, JiraUnavailable)


class _Location(msgspec.Struct, rename="camel"):
    project_id: int | None = None


class _Listed(msgspec.Struct):
    id: int
    type: str | None = None
    location: _Location | None = None


class _Column(msgspec.Struct, rename="camel"):
    name: str | None = None
    min: int | None = None
    max: int | None = None
    statuses: Items = []


class _Columns(msgspec.Struct, frozen=True):
    columns: tuple[_Column, ...] = ()


class _Configuration(msgspec.Struct, rename="camel"):
    column_config: _Columns = _Columns()
    filter: msgspec.Raw = NULL
    estimation: msgspec.Raw = NULL


class _Filter(msgspec.Struct):
    id: int


class _SubQuery(msgspec.Struct):
    query: str = ""


class _Selection(msgspec.Struct, rename="camel"):
    filter: _Filter | None = None
    sub_query: _SubQuery | None = None


@dataclass(frozen=True)
class Board:
    """A board as the list has it. `type` is scrum, kanban or simple (of a team-managed project).

    With a `known` configuration it waits: it is not asked for what seldom changes, its configuration and its projects.
    """

    id: int
    type: str | None
    project_id: int | None
    payload: msgspec.Raw = field(repr=False)
    known: msgspec.Raw | None = field(default=None, repr=False)


def boards(jira: JiraClient) -> list[Board]:
    """All boards that the account sees."""
    found = []
    for payload in chain.from_iterable(pages(jira, f"{AGILE}/board", {}, page_size=ITEMS_PER_PAGE)):
        listed = known(payload, _Listed)
        found.append(Board(listed.id, listed.type, listed.location.project_id if listed.location else None, payload))
    return found


def configuration(filter_id: int | None, estimation_field_id: str | None) -> msgspec.Raw:
    """What a table holds of a board's configuration, as Jira tells it."""
    return joined(filter={"id": filter_id}, estimation={"field": {"fieldId": estimation_field_id}})


def layouts(jira: JiraClient, asked: Sequence[Board]) -> Iterator[OwnedLists]:
    """Each board with its configuration (`board`), its columns (`board_column`) and their statuses (`board_column_status`)."""
    for board in asked:
        if board.known is not None:
            row = joined(board=board.payload, configuration=board.known)
            yield OwnedLists(board.id, {"board": [row]}, waits=True)
    due = [board for board in asked if board.known is None]
    for board, told in zip(due, of_each(jira, [board.id for board in due], _layout, OF_ONE_BOARD), strict=True):
        (configuration,) = told.lists.get("board", [NULL])
        row = joined(board=board.payload, configuration=configuration)
        yield replace(told, lists={**told.lists, "board": [row]})


def _layout(jira: JiraClient, board: Owner) -> Lists:
    path = f"{AGILE}/board/{board}/configuration"
    told = jira.ask(Call(path, _Configuration, lambda told: not told.column_config.columns))
    columns, statuses = [], []
    for position, column in enumerate(told.column_config.columns):
        of_board = {"board": {"id": board}, "position": position}
        columns.append(joined(**of_board, column={"name": column.name, "min": column.min, "max": column.max}))
        statuses += [joined(**of_board, status=status) for status in column.statuses]
    configuration = joined(filter=told.filter, estimation=told.estimation)
    return {"board": [configuration], "board_column": columns, "board_column_status": statuses}


def board_projects(jira: JiraClient, asked: Iterable[Board]) -> Iterator[OwnedLists]:
    """The projects whose issues stand on each board (`board_project`)."""
    return of_each(jira, [board.id for board in asked if board.known is None], _projects, OF_ONE_BOARD)


def _projects(jira: JiraClient, board: Owner) -> Lists:
    found = chain.from_iterable(pages(jira, f"{AGILE}/board/{board}/project", {}, page_size=ITEMS_PER_PAGE))
    return {"board_project": [joined(board={"id": board}, project=project) for project in found]}


def board_issues(jira: JiraClient, asked: Iterable[Board]) -> Iterator[OwnedLists]:
    """The issues that each board's filter selects (`board_issue`), by a search: the board itself gives but 50 a page."""
    return of_each(jira, [board.id for board in asked], _issues, OF_ONE_BOARD)


def _issues(jira: JiraClient, board: Owner) -> Lists:
    path = f"{AGILE}/board/{board}/configuration"
    chosen = jira.ask(Call(path, _Selection, lambda told: told.filter is None))
    if chosen.filter is None:
        return {"board_issue": []}
    within = f"filter = {chosen.filter.id}"
    # What a Kanban board hides of its filter's issues, such as those that were released.
    if chosen.sub_query and chosen.sub_query.query.strip():
        within += f" AND ({chosen.sub_query.query})"
    try:
        ids = [issue_id for page in reading_of(jira).sweep(jira, within, None) for issue_id in page.issue_ids]
    except JiraRefusedQuery as refusal:
        # Somebody's own filter is no empty one.
        raise JiraHasNone(f"The filter of board {board} is not shared with this account. {refusal}") from None
    return {"board_issue": [joined(board={"id": board}, issue={"id": issue_id}) for issue_id in ids]}


def sprints(jira: JiraClient, asked: Sequence[Board]) -> Iterator[OwnedLists]:
    """The sprints that each board shows, other boards' among them (`sprint`). Kanban boards have none and are not asked."""
    yield from (OwnedLists(board.id, {}) for board in asked if board.type == "kanban")
    yield from of_each(jira, [board.id for board in asked if board.type != "kanban"], _sprints, OF_ONE_BOARD)


def _sprints(jira: JiraClient, board: Owner) -> Lists:
    found = pages(jira, f"{AGILE}/board/{board}/sprint", {}, page_size=ITEMS_PER_PAGE)
    return {"sprint": list(chain.from_iterable(found))}
