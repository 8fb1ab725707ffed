"""The ten ready questions have answers, in DuckDB and Postgres alike, and are words that Snowflake understands."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlglot

from reporting.conftest import Loaded

FOLDER = Path(__file__).parents[2] / "include" / "reporting"
QUESTIONS = sorted(path.name for path in FOLDER.glob("*.sql"))

every_question = pytest.mark.parametrize("question", QUESTIONS)


def asked(question: str) -> str:
    return (FOLDER / question).read_text()


def plain(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(float(value) if isinstance(value, Decimal | int) else value for value in row) for row in rows]


def test_there_are_ten() -> None:
    assert len(QUESTIONS) == 10


@every_question
def test_a_question_has_the_same_answer_in_both_warehouses(in_duckdb: Loaded, in_postgres: Loaded, question: str) -> None:
    answer = plain(in_duckdb.query(asked(question)))
    assert answer != []
    # Each collates names in its own way.
    assert sorted(map(str, answer)) == sorted(map(str, plain(in_postgres.query(asked(question)))))


@every_question
def test_a_question_says_what_it_asks_and_names_no_warehouses_own_words(question: str) -> None:
    assert asked(question).startswith("-- ")
    (tree,) = sqlglot.parse(asked(question), dialect="snowflake")
    assert tree is not None
    assert "::" not in asked(question)


def test_what_slipped_was_in_the_last_sprint_and_not_done(in_duckdb: Loaded) -> None:
    recount = in_duckdb.recount
    for name, key, _, _, status, _, _ in in_duckdb.query(asked("01_slipped_from_the_last_sprint.sql")):
        issue = recount.site.issue(key)
        assert issue is not None
        (sprint,) = [each for project in recount.site.projects for each in project.sprints() if each.name == name]
        assert sprint.complete_ms is not None
        assert not recount.is_done(issue, sprint.complete_ms)
        assert issue.body.value("status")["name"] == status
        assert sprint.id in {held for _, ids in recount.sprints(issue) for held in ids}


def test_everybodys_open_work_is_counted_once(in_duckdb: Loaded) -> None:
    recount = in_duckdb.recount
    rows = in_duckdb.query(asked("03_who_is_overloaded.sql"))
    assert sum(row[1] for row in rows) == sum(not recount.is_done(issue, recount.as_of_ms) for issue in recount.issues)
