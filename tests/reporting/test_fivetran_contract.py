"""Fivetran's schema as dbt_jira reads it: tables, columns and types, and what its models take for granted of the rows."""

from collections import Counter
from typing import Any

import pytest

from reporting.conftest import Loaded
from reporting.recounted import Recount, moment
from simulated_jira import lives
from simulated_jira.field_list import SPRINT
from simulated_jira.issue import Issue

INT, STR, TIME, BOOL, FLOAT, DATE = "bigint", "text", "timestamp with time zone", "boolean", "double precision", "date"
# The columns of dbt_jira's `macros/staging/get_*_columns.sql` at its version 1.10, each with `_fivetran_synced`.
CONTRACT: dict[str, dict[str, str]] = {
    "comment": {
        "id": INT, "issue_id": INT, "author_id": STR, "update_author_id": STR, "body": STR, "created": TIME, "updated": TIME,
        "is_public": BOOL,
    },
    "component": {"id": INT, "project_id": INT, "name": STR, "description": STR},
    "field": {"id": STR, "name": STR, "is_array": BOOL, "is_custom": BOOL},
    "field_option": {"id": INT, "parent_id": INT, "name": STR},
    "issue": {
        "id": INT, "key": STR, "project": INT, "issue_type": INT, "work_type": INT, "parent_id": INT, "status": INT,
        "status_category_changed": TIME, "priority": INT, "resolution": INT, "resolved": TIME,
        "assignee": STR, "reporter": STR,
        "creator": STR, "summary": STR, "description": STR, "environment": STR, "created": TIME, "updated": TIME,
        "due_date": DATE, "original_estimate": FLOAT, "_original_estimate": FLOAT, "remaining_estimate": FLOAT,
        "_remaining_estimate": FLOAT, "time_spent": FLOAT, "_time_spent": FLOAT, "work_ratio": FLOAT,
        "_fivetran_deleted": BOOL,
    },
    "issue_field_history": {
        "issue_id": INT, "field_id": STR, "value": STR, "time": TIME, "is_active": BOOL, "author_id": STR,
    },
    "issue_multiselect_history": {
        "_fivetran_id": STR, "issue_id": INT, "field_id": STR, "value": STR, "time": TIME, "is_active":
        BOOL, "author_id": STR,
    },
    "issue_link": {"issue_id": INT, "related_issue_id": INT, "relationship": STR},
    "issue_type": {"id": INT, "name": STR, "description": STR, "subtask": BOOL},
    "priority": {"id": INT, "name": STR, "description": STR},
    "project": {
        "id": INT, "key": STR, "name": STR, "description": STR, "lead_id": STR, "permission_scheme_id": INT,
        "project_category_id": INT, "project_type_key": STR,
    },
    "resolution": {"id": INT, "name": STR, "description": STR},
    "sprint": {
        "id": INT, "board_id": INT, "name": STR, "start_date": TIME, "end_date": TIME, "complete_date": TIME,
        "_fivetran_deleted": BOOL,
    },
    "status": {"id": INT, "name": STR, "description": STR, "status_category_id": INT},
    "status_category": {"id": INT, "name": STR},
    "team": {"id": STR, "name": STR, "title": STR, "is_shared": BOOL, "is_visible": BOOL},
    "user": {
        "id": STR, "name": STR, "username": STR, "email": STR, "locale": STR, "time_zone": STR, "is_active": BOOL,
    },
    "version": {
        "id": INT, "project_id": INT, "name": STR, "description": STR, "archived": BOOL, "overdue": BOOL, "released": BOOL,
        "start_date": DATE, "release_date": DATE,
    },
}  # fmt: skip
SPELLED = {"VARCHAR": STR, "DOUBLE": FLOAT}


def test_every_table_has_the_columns_and_types_that_dbt_jira_reads(loaded: Loaded) -> None:
    rows = loaded.query(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'jira_fivetran'"
    )
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = SPELLED.get(kind, kind.lower())
    assert found == {table: columns | {"_fivetran_synced": TIME} for table, columns in CONTRACT.items()}


@pytest.mark.parametrize("table", sorted(CONTRACT))
def test_every_table_has_rows_that_say_when_they_were_loaded(in_duckdb: Loaded, table: str) -> None:
    ((count, unknown),) = in_duckdb.query(
        f'SELECT count(*), count(*) FILTER (_fivetran_synced IS NULL) FROM jira_fivetran."{table}"'
    )
    assert count > 0 == unknown


def first_and_last_assignment(recount: Recount, issue: Issue) -> tuple[int | None, int | None]:
    """When an issue was first and last given to somebody."""
    told = [(at_ms, item["to"]) for at_ms, item in recount.changes(issue, "assignee")]
    before = [item["from"] for _, item in recount.changes(issue, "assignee")][:1]
    begun = before[0] if told else (issue.body.value("assignee") or {}).get("accountId")
    times = [at_ms for at_ms, person in [(issue.created_ms, begun), *told] if person]
    return (times[0], times[-1]) if times else (None, None)


def test_the_history_tells_the_first_and_last_assignment_and_the_first_resolution(loaded: Loaded) -> None:
    rows = loaded.query(
        "SELECT issue_id, min(CASE WHEN field_id = 'assignee' THEN time END), max(CASE WHEN field_id = "
        "'assignee' THEN time END), "
        "max(CASE WHEN field_id = 'resolutiondate' AND is_active THEN time END) "
        "FROM jira_fivetran.issue_field_history WHERE value IS NOT NULL GROUP BY issue_id"
    )
    recount = loaded.recount
    expected = {
        issue.id: tuple(map(moment, (*first_and_last_assignment(recount, issue), recount.resolved_ms(issue))))
        for issue in recount.issues
    }
    assert {row[0]: row[1:] for row in rows} == expected


def test_the_history_of_statuses_is_the_changelogs(loaded: Loaded) -> None:
    rows = loaded.query("SELECT issue_id, value, time FROM jira_fivetran.issue_field_history WHERE field_id = 'status'")
    recount = loaded.recount
    assert sorted(rows) == sorted(
        (issue.id, status, moment(begins)) for issue in recount.issues for status, begins, _ in recount.stays(issue)
    )


def test_the_latest_batch_of_sprints_is_what_the_issue_holds(loaded: Loaded) -> None:
    rows = loaded.query(
        "SELECT h.issue_id, h.value FROM jira_fivetran.issue_multiselect_history AS h "
        "JOIN jira_fivetran.field AS f ON f.id = h.field_id AND f.name = 'Sprint' WHERE h.value IS NOT NULL AND h.time = "
        "(SELECT max(l.time) FROM jira_fivetran.issue_multiselect_history AS l WHERE l.issue_id = h.issue_id "
        "AND l.field_id = h.field_id)"
    )
    issues = loaded.recount.issues
    assert sorted(rows) == sorted((issue.id, str(each["id"])) for issue in issues for each in issue.body.value(SPRINT) or ())


def test_comments_of_issues_that_are_there_count_and_their_authors_are_known(loaded: Loaded) -> None:
    rows = loaded.query(
        "SELECT c.issue_id, count(*) FROM jira_fivetran.comment AS c "
        'JOIN jira_fivetran."user" AS u ON u.id = c.author_id GROUP BY c.issue_id'
    )
    recount = loaded.recount
    counted = {issue.id: len(lives.comments(recount.site, issue)) for issue in recount.issues}
    assert dict(rows) == {issue_id: count for issue_id, count in counted.items() if count}


def test_a_field_has_one_value_at_one_instant(loaded: Loaded) -> None:
    single = loaded.query(
        "SELECT issue_id, field_id, time FROM jira_fivetran.issue_field_history GROUP BY issue_id, field_id, time "
        "HAVING count(*) > 1"
    )
    many = loaded.query(
        "SELECT issue_id, field_id, time, value FROM jira_fivetran.issue_multiselect_history "
        "GROUP BY issue_id, field_id, time, value HAVING count(*) > 1"
    )
    names = loaded.query("SELECT _fivetran_id FROM jira_fivetran.issue_multiselect_history GROUP BY 1 HAVING count(*) > 1")
    assert single == many == names == []


@pytest.mark.parametrize("table", ["issue_field_history", "issue_multiselect_history"])
def test_every_field_with_a_history_is_in_field(loaded: Loaded, table: str) -> None:
    missing = loaded.query(
        f"SELECT DISTINCT field_id FROM jira_fivetran.{table} AS h "
        "WHERE NOT EXISTS (SELECT 1 FROM jira_fivetran.field AS f WHERE f.id = h.field_id)"
    )
    assert missing == []


def test_names_of_fields_are_there_once_in_lower_case_and_the_oldest_keeps_its_own(loaded: Loaded) -> None:
    rows = dict(loaded.query("SELECT id, name FROM jira_fivetran.field"))
    assert max(Counter(name.lower() for name in rows.values()).values()) == 1
    assert rows["status"] == "Status"
    assert rows[SPRINT] == "Sprint"
    doubles = [field for field in loaded.recount.site.fields if field.is_custom and field.name == "Summary"]
    assert [rows[field.id] for field in doubles] == [f"Summary ({field.id})" for field in doubles] != []


def test_gone_issues_are_told_and_their_history_is_not(in_duckdb: Loaded) -> None:
    gone = in_duckdb.query("SELECT id FROM jira_fivetran.issue WHERE _fivetran_deleted")
    ((history,),) = in_duckdb.query(
        "SELECT count(*) FROM jira_fivetran.issue_field_history "
        "WHERE issue_id IN (SELECT id FROM jira_fivetran.issue WHERE _fivetran_deleted)"
    )
    assert gone
    assert history == 0


def test_epic_links_are_ids_of_issues(loaded: Loaded) -> None:
    rows = loaded.query(
        "SELECT h.issue_id, h.value FROM jira_fivetran.issue_field_history AS h "
        "JOIN jira_fivetran.field AS f ON f.id = h.field_id WHERE f.name = 'Epic Link' AND h.is_active "
        "AND h.value IS NOT NULL"
    )
    recount: Any = loaded.recount
    expected = {}
    for issue in recount.issues:
        parent = recount.site.parent_of(issue)
        is_epic = parent is not None and parent.body.value("issuetype").get("hierarchyLevel") == 1
        if is_epic and not issue.project.is_team_managed:
            expected[issue.id] = str(parent.id)
    assert {issue_id: value for issue_id, value in rows if issue_id in expected} == expected != {}


def test_teams_have_the_names_that_issues_tell(loaded: Loaded) -> None:
    (field,) = [field for field in loaded.recount.site.fields if field.kind == "team"]
    teams = [payload[field.id] for payload in loaded.recount.payloads.values() if payload.get(field.id)]
    rows = loaded.query("SELECT id, name, is_shared, is_visible FROM jira_fivetran.team")
    expected = {(team["id"], team["name"], team.get("isShared"), team.get("isVisible")) for team in teams}
    assert set(rows) == expected != set()
