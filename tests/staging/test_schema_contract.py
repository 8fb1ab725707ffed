"""How a schema becomes ours and stays so, and what else than rows is kept in it, on every warehouse."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from jira_staging.errors import StagingRefused
from jira_staging.records import Batch, RejectedRow, Report
from jira_staging.staging import Staging
from jira_staging.tables import TABLES
from staging.invented_rows import NOON, ONE_PM, SCOPE, SITE, a_run, a_state, issue, publish, rows_of, values
from staging.warehouses import Warehouse


def test_preparing_makes_every_table_with_its_columns(staging: Staging) -> None:
    made = {name: staging.columns(name) for name in TABLES}
    assert made == {name: {column.name: column.type for column in table.all_columns} for name, table in TABLES.items()}


def test_preparing_again_changes_nothing(staging: Staging) -> None:
    publish(staging, rows_of("issue", issue(1, customfield_1=2.0), custom={"customfield_1": "double"}))
    before = staging.columns("issue")
    staging.prepare(a_run("second"))
    assert staging.columns("issue") == before
    assert values(staging, "issue", "id", "customfield_1", "_run_id") == [(1, 2.0, "run-1")]


def test_nothing_is_there_before_it_is_prepared(warehouse: Warehouse) -> None:
    warehouse.run("CREATE SCHEMA jira")
    staging = warehouse.staging()
    assert staging.columns("issue") == {}
    for attempt in (
        lambda: publish(staging, rows_of("issue", issue(1))),
        lambda: staging.read("issue", ["id"]),
        lambda: staging.store_sweep(SCOPE, [1], 1, a_state()),
        lambda: staging.finish(Report(a_run())),
    ):
        with pytest.raises(StagingRefused):
            attempt()


def test_a_schema_with_another_sites_rows_is_refused(staging: Staging, warehouse: Warehouse) -> None:
    publish(staging, rows_of("issue", issue(1)))
    staging.prepare(a_run("second"))
    with pytest.raises(StagingRefused, match=rf"holds rows of {SITE}, not of https://other\.example"):
        warehouse.staging().prepare(a_run(site="https://other.example"))
    warehouse.staging("other").prepare(a_run(site="https://other.example"))


def test_a_state_alone_is_enough_to_know_whose_schema_it_is(staging: Staging) -> None:
    staging.store_sweep(SCOPE, [1], 1, a_state(entity="_sync_sweep"))
    with pytest.raises(StagingRefused, match="One schema holds one site"):
        staging.prepare(a_run(site="https://other.example"))


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE TABLE jira.issue (id BIGINT, note TEXT)", "is not ours: it has no column _synced_at, _run_id"),
        ("CREATE TABLE jira._sync_state (x INTEGER)", "is not ours: it has no column site, entity, scope"),
        ("CREATE VIEW jira.issue AS SELECT 1 AS id", "is a view"),
        ("CREATE VIEW jira.jira_user AS SELECT 1 AS id", "jira_user is not ours"),
        ("CREATE TABLE jira.jira_user (id INTEGER)", "jira_user is not ours"),
        (
            'CREATE TABLE jira."user" (id INTEGER, _synced_at TIMESTAMP WITH TIME ZONE, _run_id TEXT)',
            r"is not ours: id is (INTEGER|integer|NUMBER\(38,0\)), not",
        ),
    ],
)
def test_what_has_one_of_our_names_and_is_not_ours_is_refused(warehouse: Warehouse, sql: str, message: str) -> None:
    warehouse.run("CREATE SCHEMA jira")
    warehouse.run(sql)
    staging = warehouse.staging()
    with pytest.raises(StagingRefused, match=message):
        staging.prepare(a_run())
    assert staging.columns("comment") == staging.columns("project") == {}


def test_columns_that_an_older_version_lacked_are_added(staging: Staging, warehouse: Warehouse) -> None:
    publish(staging, rows_of("user", {"id": "a", "name": "Ann", "locale": "en"}))
    warehouse.run("DROP VIEW jira.jira_user")
    warehouse.run('ALTER TABLE jira."user" DROP COLUMN locale')
    warehouse.run('CREATE VIEW jira.jira_user AS SELECT * FROM jira."user"')
    comment = "The table `user`, under a name that is no reserved word."
    warehouse.run(f"COMMENT ON VIEW jira.jira_user IS '{comment}'")
    staging.prepare(a_run())
    assert set(staging.columns("user")) == {column.name for column in TABLES["user"].all_columns}
    assert warehouse.run("SELECT id, name, locale FROM jira.jira_user") == [("a", "Ann", None)]


def test_columns_that_somebody_else_added_stay_with_their_values(staging: Staging, warehouse: Warehouse) -> None:
    publish(staging, rows_of("issue", issue(1, summary="a")))
    warehouse.run("ALTER TABLE jira.issue ADD COLUMN rating DECIMAL(9, 2)")
    warehouse.run("UPDATE jira.issue SET rating = 4.5")
    staging.prepare(a_run("second"))
    publish(staging, rows_of("issue", issue(1, summary="b"), issue(2)))
    assert warehouse.run("SELECT id, summary, CAST(rating AS DOUBLE PRECISION) FROM jira.issue ORDER BY id") == [
        (1, "b", 4.5),
        (2, None, None),
    ]
    assert "rating" not in staging.columns("issue")


def test_users_can_be_read_without_quotes(staging: Staging, warehouse: Warehouse) -> None:
    publish(staging, rows_of("user", {"id": "a", "name": "Ann"}))
    assert warehouse.run("SELECT name FROM jira.jira_user") == [("Ann",)]


def test_the_view_of_issues_has_the_given_names_and_follows_them(staging: Staging, warehouse: Warehouse) -> None:
    publish(staging, rows_of("issue", issue(1, customfield_1="x", summary="s"), custom={"customfield_1": "text"}))
    long_name = ("Größe 😀 " * 40).encode()[: staging.longest_name].decode(errors="ignore")
    staging.create_issue_named({"id": "Issue", "customfield_1": 'The "team"; DROP', "key": "select", "summary": long_name})
    assert warehouse.run('SELECT "Issue", "The ""team""; DROP", "select" FROM jira.issue_named') == [(1, "x", "DEMO-1")]
    staging.create_issue_named({"id": "Issue", "customfield_1": "Squad", "key": "select", "summary": long_name})
    assert warehouse.run('SELECT "Squad" FROM jira.issue_named') == [("x",)]
    with pytest.raises(StagingRefused, match="two columns of one name"):
        staging.create_issue_named({"id": "Team", "key": "team"})
    with pytest.raises(StagingRefused):
        staging.create_issue_named({"no_such_column": "Team"})


def test_a_stored_sweep_is_replaced_with_what_it_was_made_for(staging: Staging) -> None:
    staging.store_sweep(SCOPE, [3, 1, 2], 5, a_state(watermark=5, entity="_sync_sweep"))
    staging.store_sweep(SCOPE, range(10, 12), 6, a_state(watermark=6, entity="_sync_sweep"))
    assert values(staging, "_sync_sweep", "position", "issue_id", "sweep_started") == [(0, 10, 6), (1, 11, 6)]
    assert values(staging, "_sync_state", "entity", "scope", "watermark", "run_id") == [("_sync_sweep", SCOPE, 6, "run-1")]
    staging.store_sweep(SCOPE, [], 7, a_state(watermark=7, entity="_sync_sweep"))
    assert values(staging, "_sync_sweep", "position") == []


def test_two_hundred_thousand_ids_fit_into_a_sweep(staging: Staging) -> None:
    staging.store_sweep(SCOPE, range(200_000, 0, -1), 5, a_state(entity="_sync_sweep"))
    staging.publish(Batch(SCOPE, (), swept=range(200_000, 5, -1)), Report(a_run()))
    assert values(staging, "_sync_sweep", "position", "issue_id") == [(200_000 - number, number) for number in (5, 4, 3, 2, 1)]


def test_a_finished_run_says_how_it_went(staging: Staging) -> None:
    report = Report(a_run())
    staging.publish(Batch(SCOPE, (rows_of("issue", issue(1)),)), report)
    columns = ("entity", "scope", "status", "mode", "rows_inserted", "started_at", "message")
    assert values(staging, "_sync_run", *columns) == [("issue", SCOPE, "running", "full", 1, NOON, "")]
    assert values(staging, "_sync_run", "finished_at", "site") == [(None, SITE)]
    tally = report.tally("issue", SCOPE)
    tally.status, tally.mode, tally.message, tally.finished_at = "failed", "incremental", "Jira's words", ONE_PM
    tally.checks = json.dumps({"all_there": True})
    report.tally("comment", "project:2").watermark_to = 2**40
    staging.finish(report)
    assert values(staging, "_sync_run", *columns) == [
        ("comment", "project:2", "running", "full", 0, NOON, ""),
        ("issue", SCOPE, "failed", "incremental", 1, NOON, "Jira's words"),
    ]
    assert values(staging, "_sync_run", "watermark_to", entity=["comment"]) == [(2**40,)]
    ((finished, checks),) = values(staging, "_sync_run", "finished_at", "checks", entity=["issue"])
    assert (finished, json.loads(str(checks))) == (ONE_PM, {"all_there": True})


def test_rejected_rows_are_forgotten_after_thirty_days(staging: Staging, warehouse: Warehouse) -> None:
    rejected = (RejectedRow("comment", "old", "no id", "{}"), RejectedRow("comment", "new", "no id", "{}"))
    staging.publish(Batch(SCOPE, (), rejected=rejected), Report(a_run()))
    long_ago = (datetime.now(UTC) - timedelta(days=31)).isoformat()
    warehouse.run(f"UPDATE jira._rejected_row SET rejected_at = '{long_ago}' WHERE source_id = 'old'")
    staging.finish(Report(a_run("second")))
    assert values(staging, "_rejected_row", "source_id") == [("new",)]


def test_reading_finds_by_values_and_orders_by_key_or_newest_first(staging: Staging) -> None:
    publish(staging, rows_of("issue", issue(3, NOON), issue(1, NOON), issue(2, ONE_PM)))
    assert values(staging, "issue", "id") == [(1,), (2,), (3,)]
    assert values(staging, "issue", "id", key=["DEMO-3", "DEMO-1", "'"], id=[1, 2]) == [(1,)]
    assert values(staging, "issue", "id", id=[]) == []
    assert values(staging, "issue", "id", key=[]) == []
    newest = staging.read("issue", ["id"], newest_by="updated_at", limit=1)
    assert newest.to_pydict() == {"id": [2]}
    assert staging.read("issue", ["id"], limit=2).to_pydict() == {"id": [1, 2]}
