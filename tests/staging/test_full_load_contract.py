"""Full loads gathered aside and taken over at once, on every warehouse."""

import json

import pytest

from jira_staging.errors import StagingError, StagingRefused
from jira_staging.records import Batch, FullLoad, LoadStrategy, Report, SyncState
from jira_staging.staging import Staging
from staging.invented_rows import NOON, ONE_PM, SCOPE, SITE, a_run, issue, label, link, publish, rows_of, values
from staging.warehouses import Warehouse

TABLES = ("issue", "issue_label", "issue_link")


def _state(strategy: LoadStrategy, table: str) -> SyncState:
    return SyncState(SITE, table, "*", None, json.dumps({"load_strategy": strategy}))


def _load(strategy: LoadStrategy, *tables: str, may_grow: bool = True) -> FullLoad:
    return FullLoad(strategy, tables, tuple(_state(strategy, table) for table in tables), may_grow=may_grow)


def _loaded(staging: Staging, strategy: LoadStrategy, run_id: str, *ids: int) -> Report:
    """A full load of issues with a label and a link each."""
    run = a_run(run_id)
    staging.prepare(run)
    aside = staging.aside(TABLES)
    rows = (
        rows_of("issue", *(issue(number, summary=run_id) for number in ids)),
        rows_of("issue_label", *(label(number, run_id) for number in ids), owners=ids),
        rows_of("issue_link", *(link(number, number) for number in ids), owners=ids),
    )
    report = Report(run)
    aside.publish(Batch(SCOPE, rows), report)
    assert staging.take_over(_load(strategy, *TABLES), report) == []
    return report


@pytest.mark.parametrize("strategy", ["replace", "truncate_insert"])
def test_a_replacing_load_leaves_its_own_rows_only(staging: Staging, strategy: LoadStrategy) -> None:
    _loaded(staging, strategy, "first", 1, 2, 3)
    report = _loaded(staging, strategy, "second", 3, 4)
    assert values(staging, "issue", "id", "summary", "_run_id") == [(3, "second", "second"), (4, "second", "second")]
    assert values(staging, "issue_label", "issue_id", "label") == [(3, "second"), (4, "second")]
    assert values(staging, "issue_link", "id", "_deleted_at") == [(3, None), (4, None)]
    assert {table: report.tally(table, "*").rows_deleted for table in TABLES} == {
        "issue": 2,
        "issue_label": 3,
        "issue_link": 2,
    }
    assert values(staging, "_sync_run", "rows_deleted", run_id=["second"], scope=["*"]) == [(2,), (3,), (2,)]
    assert values(staging, "_sync_state", "entity", "scope", "run_id", entity=list(TABLES)) == [
        (table, "*", "second") for table in TABLES
    ]


def test_an_appending_load_keeps_every_version(staging: Staging) -> None:
    _loaded(staging, "append", "first", 1, 2)
    _loaded(staging, "append", "second", 2, 3)
    found = values(staging, "issue", "id", "_run_id")
    assert sorted(found) == [(1, "first"), (2, "first"), (2, "second"), (3, "second")]
    assert sorted(values(staging, "issue_label", "issue_id", "label", "_run_id")) == [
        (1, "first", "first"),
        (2, "first", "first"),
        (2, "second", "second"),
        (3, "second", "second"),
    ]


def test_what_is_found_gone_while_it_is_appended_is_not_appended(staging: Staging) -> None:
    aside, report = staging.aside(["issue_link"]), Report(a_run())
    aside.publish(Batch(SCOPE, (rows_of("issue_link", link(1, 1), link(2, 1)),)), report)
    aside.publish(Batch(SCOPE, (rows_of("issue_link", link(2, 1), owners=[1]),)), report)
    staging.take_over(_load("append", "issue_link"), report)
    assert values(staging, "issue_link", "id", "_deleted_at") == [(2, None)]


def test_what_is_aside_is_read_aside_and_everything_else_where_it_is(staging: Staging) -> None:
    publish(staging, rows_of("issue", issue(1)), rows_of("project", {"id": 5, "key": "DEMO"}))
    aside = staging.aside(["issue"])
    publish(aside, rows_of("issue", issue(2, ONE_PM), issue(2, NOON)))
    assert values(aside, "issue", "id") == [(2,)]
    assert values(aside, "project", "id") == [(5,)]
    assert values(staging, "issue", "id") == [(1,)]


def test_a_new_field_is_added_or_left_out(staging: Staging) -> None:
    grown = rows_of("issue", issue(1, customfield_1="red"), custom={"customfield_1": "text"})
    for may_grow, left_out in ((False, ["customfield_1"]), (True, [])):
        report = Report(a_run())
        staging.aside(["issue"]).publish(Batch(SCOPE, (grown,)), report)
        assert staging.take_over(_load("replace", "issue", may_grow=may_grow), report) == left_out
        assert ("customfield_1" in staging.columns("issue")) is may_grow
    assert values(staging, "issue", "id", "customfield_1") == [(1, "red")]


def test_a_table_that_could_not_be_read_stays(staging: Staging) -> None:
    publish(staging, rows_of("issue", issue(1)), rows_of("issue_label", label(1, "a")))
    staging.aside(["issue", "issue_label"])
    load = FullLoad("replace", ("issue", "issue_label"), (), unread=frozenset({"issue_label"}))
    staging.take_over(load, Report(a_run()))
    assert values(staging, "issue", "id") == []
    assert values(staging, "issue_label", "issue_id", "label") == [(1, "a")]


def test_what_a_killed_load_left_is_in_nobodys_way(staging: Staging) -> None:
    publish(staging.aside(["issue"]), rows_of("issue", issue(9)))
    _loaded(staging, "replace", "second", 1)
    assert values(staging, "issue", "id") == [(1,)]
    publish(staging.aside(["issue"]), rows_of("issue", issue(9)))
    staging.prepare(a_run("third"))
    assert values(staging, "issue", "id") == [(1,)]


def test_a_failure_leaves_the_tables_and_what_was_gathered(staging: Staging, warehouse: Warehouse) -> None:
    _loaded(staging, "replace", "first", 1, 2)
    aside, report = staging.aside(TABLES), Report(a_run("second"))
    aside.publish(Batch(SCOPE, (rows_of("issue", issue(3)),)), report)
    report.tally("issue", SCOPE).checks = "{not json"
    with pytest.raises(StagingError):
        staging.take_over(_load("replace", *TABLES), report)
    assert values(staging, "issue", "id", "summary") == [(1, "first"), (2, "first")]
    assert values(staging, "_sync_state", "run_id", entity=["issue"]) == [("first",)]
    assert ("issue", "*") not in report.tallies
    report.tally("issue", SCOPE).checks = "{}"
    staging.take_over(_load("replace", *TABLES), report)
    assert values(staging, "issue", "id") == [(3,)]


def test_views_and_columns_of_others_outlive_every_strategy(staging: Staging, warehouse: Warehouse) -> None:
    warehouse.run("ALTER TABLE jira.issue ADD COLUMN rating DECIMAL(9, 2)")
    warehouse.run("CREATE VIEW jira.mine AS SELECT id, rating FROM jira.issue")
    for strategy in ("replace", "truncate_insert"):
        _loaded(staging, strategy, "run", 1, 2)
        assert warehouse.run("SELECT id, rating FROM jira.mine ORDER BY id") == [(1, None), (2, None)]


def test_nothing_is_aside_of_a_table_that_is_not_there(warehouse: Warehouse) -> None:
    warehouse.run("CREATE SCHEMA jira")
    with pytest.raises(StagingRefused, match="Prepare the staging schema first"):
        warehouse.staging().aside(["issue"])
