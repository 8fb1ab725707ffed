"""Boards and sprints."""

from jira_staging.tables.nouns import Column, Table, in_turns

_IN_TURNS = in_turns("boards")
_BOARD_ID = Column("board_id", "bigint", "The board: `board.id`", "board.id")
_POSITION = Column("position", "bigint", "The column's place on the board, from 0", "position")

BOARD = Table(
    name="board",
    group="agile",
    meaning="The boards that the account may see; of some projects only where a run reads only these. Their filters and "
    "estimation may be up to seven runs old, as `board_column` is.",
    key=("id",),
    null_is_unknown=True,  # a configuration that cannot be read says nothing about the one that we know
    columns=(
        Column("id", "bigint", "Jira's own number", "board.id"),
        Column("name", "text", "The name", "board.name"),
        Column("type", "text", "`scrum`, `kanban` or `simple` (of a team-managed project)", "board.type"),
        Column("project_id", "bigint", "`project.id` of the project it lives in; null: a person's", "board.location.projectId"),
        Column("filter_id", "bigint", "The filter that chooses its issues", "configuration.filter.id"),
        Column(
            "estimation_field_id",
            "text",
            "`field.id` of what it estimates by; null: by counting issues",
            "configuration.estimation.field.fieldId",
        ),
    ),
)
BOARD_PROJECT = Table(
    name="board_project",
    group="agile",
    meaning="The projects whose issues stand on a board." + _IN_TURNS,
    key=("board_id", "project_id"),
    owner="board_id",
    absent="delete",
    columns=(_BOARD_ID, Column("project_id", "bigint", "`project.id`", "project.id")),
)
BOARD_ISSUE = Table(
    name="board_issue",
    group="agile",
    meaning="The issues that a board's filter selects, in whatever status; a search a board and 5,000 issues.",
    key=("board_id", "issue_id"),
    owner="board_id",
    absent="delete",
    on_request=True,
    columns=(_BOARD_ID, Column("issue_id", "bigint", "The issue: `issue.id`", "issue.id")),
)
BOARD_COLUMN = Table(
    name="board_column",
    group="agile",
    meaning="The columns of a board, from left to right." + _IN_TURNS,
    key=("board_id", "position"),
    owner="board_id",
    columns=(
        _BOARD_ID,
        _POSITION,
        Column("name", "text", "The name", "column.name"),
        Column("minimum", "bigint", "Fewer issues than this are too few; null: no limit", "column.min"),
        Column("maximum", "bigint", "More issues than this are too many; null: no limit", "column.max"),
    ),
)
BOARD_COLUMN_STATUS = Table(
    name="board_column_status",
    group="agile",
    meaning="The statuses that a column shows; an issue in a status of no column is not on the board." + _IN_TURNS,
    key=("board_id", "position", "status_id"),
    owner="board_id",
    absent="delete",
    columns=(_BOARD_ID, _POSITION, Column("status_id", "bigint", "`status.id`", "status.id")),
)
SPRINT = Table(
    name="sprint",
    group="agile",
    meaning="The sprints that boards show, each once.",
    key=("id",),
    owner="board_id",
    columns=(
        Column("id", "bigint", "Jira's own number", "id"),
        Column("name", "text", "The name", "name"),
        Column("state", "text", "`future`, `active` or `closed`", "state"),
        Column("goal", "text", "What it is to reach", "goal", personal=True),
        Column("board_id", "bigint", "The board it was made on: `board.id`; others may show it too", "originBoardId"),
        Column("start_at", "timestamp", "When it began or is planned to; null while nobody planned it", "startDate"),
        Column("end_at", "timestamp", "When it is planned to end", "endDate"),
        Column("completed_at", "timestamp", "When it was completed; null until then", "completeDate"),
        Column("created_at", "timestamp", "When it was made", "createdDate"),
    ),
)

AGILE = (BOARD, BOARD_PROJECT, BOARD_ISSUE, BOARD_COLUMN, BOARD_COLUMN_STATUS, SPRINT)
