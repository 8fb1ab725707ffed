"""The views and the questions are Snowflake's words, too: fakesnow makes them and answers them."""

from pathlib import Path

import pytest

from jira_staging.reporting import keep_views, views
from jira_staging.staging.snowflake_session import DIALECT
from jira_staging.staging.snowflake_views import spelling
from staging.snowflake_account import SnowflakeAccount
from staging.warehouses import SnowflakeWarehouse

QUESTIONS = sorted((Path(__file__).parents[2] / "include" / "reporting").glob("*.sql"))


def test_snowflake_has_all_views_answers_all_questions_and_is_asked_little_the_next_time(
    snowflake_account: SnowflakeAccount,
) -> None:
    warehouse = SnowflakeWarehouse(snowflake_account, snowflake_account.new_database())
    staging = warehouse.prepared()
    keep_views(staging, "Europe/Berlin")

    for view in views(staging.spelling):
        empty = warehouse.run(f'SELECT * FROM JIRA_{view.schema.upper()}."{view.name.upper()}"')
        assert len(empty) == (view.name == "as_of") or view.name == "calendar_day"
    for question in QUESTIONS:
        assert isinstance(warehouse.run(question.read_text()), list)
    assert warehouse.run("SELECT TIME_ZONE FROM JIRA_REPORTING.AS_OF") == [("Europe/Berlin",)]

    snowflake_account.requests.clear()
    keep_views(staging, "Europe/Berlin")
    assert not [statement for statement in snowflake_account.statements if "CREATE" in statement and "VIEW" in statement]
    snowflake_account.drop(warehouse.database)


@pytest.mark.parametrize("name", ["issue_field_history", "issue_multiselect_history"])
def test_time_is_quoted_and_in_capitals(name: str) -> None:
    (view,) = [view for view in views(spelling(DIALECT, "jira")) if view.name == name]
    assert 'AS "TIME"' in spelling(DIALECT, "jira").statement(view)


def test_json_is_read_where_it_lies() -> None:
    made = views(spelling(DIALECT, "jira"), ["customfield_10050"])
    (team,) = [view for view in made if view.name == "team"]
    assert "CAST(GET_PATH(i.\"CUSTOMFIELD_10050\", 'id') AS VARCHAR)" in team.query
