"""The tables' part of the data dictionary, as Markdown."""

from collections.abc import Collection, Iterable, Iterator

from jira_staging.tables import GROUPS, TABLES, Column, Table

HEADINGS = {
    "issues": "Issues and what their payload holds",
    "history": "History",
    "people": "People",
    "projects": "Projects",
    "workflow": "Workflow",
    "fields": "Fields",
    "agile": "Boards and sprints",
    "service_management": "Jira Service Management",
    "administration": "Administration",
    "raw": "Answers of Jira as they came",
    "own": "Our own tables",
}
PREFACE = """# Data dictionary

Made from the tables as the code knows them (`make dictionary`); a test fails when this page is not what they say.

Ids of Jira's numeric things are `bigint`, of people and fields `text`. `_at` is a timestamp with time zone, in UTC; `_date` a
date; `_seconds` a bigint; `is_` a boolean. Columns of the primary key are bold. *Personal* marks names, e-mail addresses and
free text. Tables marked ° hold only what holds now: rows that Jira no longer gives are removed; in all others they stay, with
`_deleted_at` and `_deleted_reason`.

Custom fields are columns of `issue`, by id: `customfield_10016`. The view `issue_named` shows them under their names, and
`field_column` says which column holds which field. `user` and `group` are reserved words in some warehouses: `jira_user` and
`jira_group` are views of them.
"""


def table_pages() -> Iterator[str]:
    """The lines of the page's beginning and of all tables."""
    yield PREFACE
    for group in [*GROUPS, "own"]:
        yield f"## {HEADINGS[group]}\n"
        for table in TABLES.values():
            if table.group == group:
                yield from _table_lines(table)


def _table_lines(table: Table) -> Iterator[str]:
    mark = " °" if table.absent == "delete" else ""
    yield f"### `{table.name}`{mark}\n"
    yield f"{table.meaning}\n"
    yield from column_lines(table.all_columns, table.key)


def column_lines(columns: Iterable[Column], key: Collection[str] = ()) -> Iterator[str]:
    """A table of columns, those of the key in bold."""
    yield "| column | type | meaning | from |"
    yield "|---|---|---|---|"
    for column in columns:
        name = f"**{column.name}**" if column.name in key else column.name
        personal = " *Personal.*" if column.personal else ""
        yield f"| {name} | {column.type} | {_cell(column.meaning)}{personal} | {_cell(column.source)} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
