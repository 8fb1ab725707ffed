"""What each load strategy leaves in the tables, and what a reader sees while it works."""

from dataclasses import replace
from typing import Any

import pytest

from jira_staging.errors import JiraUnavailable, StagingUnavailable, WrongUse
from jira_staging.records import LoadStrategy, Report
from jira_staging.staging import WHOLE_SCHEMA
from jira_staging.staging.duckdb_staging import DuckDBStaging
from syncing.bench import FETCH, Bench, make_batches_small
from syncing.oracle import assert_tables_equal_jira

FULL_LOADS: tuple[LoadStrategy, ...] = ("append", "replace", "truncate_insert", "fail_if_exists")
REPLACING: tuple[LoadStrategy, ...] = ("replace", "truncate_insert")


def _ids(bench: Bench, where: str = "true") -> list[int]:
    return sorted(row["id"] for row in bench.rows("issue", where))


def _on_site(bench: Bench) -> list[int]:
    return sorted(bench.jira.site.issues)


@pytest.mark.parametrize("strategy", ["append", "truncate_insert"])
def test_a_first_full_load_holds_what_jira_holds_and_no_watermark(bench: Bench, strategy: LoadStrategy) -> None:
    report = bench.sync(load_strategy=strategy)
    assert_tables_equal_jira(bench)
    assert report.summary()["watermark"] is None
    assert bench.watermarks() == {"*": None}
    assert bench.rows("_sync_sweep") == []
    assert not [name for (name,) in bench.query("SELECT table_name FROM duckdb_tables()") if name.startswith("_aside")]


@pytest.mark.parametrize("strategy", REPLACING)
def test_a_replacing_load_leaves_exactly_what_jira_has(bench: Bench, strategy: LoadStrategy) -> None:
    bench.sync(load_strategy=strategy)
    bench.jira.clock.advance(24 * 3600)
    bench.jira.change.delete("PAY-1")
    bench.jira.change.edit("OPS-2", {"summary": "Rewritten", "labels": ["new"]})
    report = bench.sync(load_strategy=strategy)
    assert_tables_equal_jira(bench)
    assert _ids(bench) == _on_site(bench)
    assert {row["_run_id"] for row in bench.rows("issue")} == {report.run.run_id}
    assert report.tally("issue", "*").rows_deleted == 1


def test_a_replacing_load_of_fewer_projects_holds_only_these(bench: Bench) -> None:
    bench.sync(load_strategy="replace")
    bench.sync(load_strategy="replace", projects=("PAY",))
    assert {row["key"].partition("-")[0] for row in bench.rows("issue")} == {"PAY"}


def test_an_appending_load_keeps_every_runs_version(bench: Bench) -> None:
    first = bench.sync(load_strategy="append", entities=("issue", "issue_label"))
    before = _on_site(bench)
    bench.jira.change.delete("PAY-1")
    second = bench.sync(load_strategy="append", entities=("issue", "issue_label"))
    assert _ids(bench, f"_run_id = '{second.run.run_id}'") == _on_site(bench)
    assert _ids(bench, f"_run_id = '{first.run.run_id}'") == before
    assert {row["_run_id"] for row in bench.rows("issue_label")} == {first.run.run_id, second.run.run_id}


def test_a_table_that_exists_is_not_loaded_again(bench: Bench) -> None:
    bench.sync(load_strategy="fail_if_exists", entities=("issue",))
    before = bench.rows("issue")
    with pytest.raises(WrongUse, match="The table `issue` was loaded before, and `fail_if_exists` loads only what was not"):
        bench.sync(load_strategy="fail_if_exists", entities=("issue",))
    assert bench.rows("issue") == before
    assert bench.heard.searches == []
    bench.sync(load_strategy="fail_if_exists", entities=("comment",))
    assert bench.rows("comment")


@pytest.mark.parametrize(("first", "then"), [("replace", "append"), ("append", "merge"), ("truncate_insert", "replace")])
def test_the_strategy_of_a_table_does_not_change(bench: Bench, first: LoadStrategy, then: LoadStrategy) -> None:
    bench.sync(load_strategy=first, entities=("issue",))
    before = bench.rows("issue")
    with pytest.raises(WrongUse) as refusal:
        bench.sync(load_strategy=then, entities=("issue",))
    assert str(refusal.value) == (
        f"The table `issue` is loaded with `{first}`, and a table's load strategy does not change: its rows would be neither "
        f"the one's nor the other's. Go on with `{first}`, or load with `{then}` into another schema (`staging_schema`)."
    )
    assert bench.rows("issue") == before
    (told,) = {row["message"] for row in bench.rows("_sync_run", "status = 'failed'")}
    assert told == str(refusal.value)


def test_what_was_merged_is_not_replaced(loaded: Bench) -> None:
    with pytest.raises(WrongUse, match="is loaded with `merge`"):
        loaded.sync(load_strategy="replace")
    assert _ids(loaded) == _on_site(loaded)


def test_tables_of_other_strategies_stand_side_by_side(bench: Bench) -> None:
    bench.sync(load_strategy="replace", entities=("project",))
    bench.sync(entities=("issue",))
    bench.sync(load_strategy="replace", entities=("project",))
    assert bench.sync(entities=("issue",)).tally("issue", bench.scope("PAY")).mode == "incremental"


@pytest.mark.parametrize("strategy", ["replace", "truncate_insert", "fail_if_exists"])
def test_mapped_tasks_may_not_replace_what_the_others_load(bench: Bench, strategy: LoadStrategy) -> None:
    report = bench.new_report()
    mapped = Report(replace(report.run, map_index=0))
    with pytest.raises(WrongUse, match=f"`{strategy}` loads whole tables, so mapped tasks would each throw away"):
        bench.sync(mapped, load_strategy=strategy)
    assert bench.heard.asked == []
    assert not bench.path.exists()


@pytest.mark.parametrize("strategy", ["merge", "append"])
def test_mapped_tasks_may_merge_and_append(bench: Bench, strategy: LoadStrategy) -> None:
    for index, key in enumerate(("AND", "OPS", "PAY")):
        report = Report(replace(bench.new_report().run, map_index=index))
        bench.sync(report, load_strategy=strategy, projects=(key,), entities=("issue",))
    assert _ids(bench) == _on_site(bench)


@pytest.mark.parametrize("strategy", FULL_LOADS)
def test_a_reader_sees_what_was_there_until_the_end(
    bench: Bench, strategy: LoadStrategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    if strategy != "fail_if_exists":
        bench.sync(load_strategy=strategy, entities=("issue", "issue_label"))
    make_batches_small(10, 100_000, monkeypatch.setattr)
    before = bench.tables("issue", "issue_label") if strategy != "fail_if_exists" else {"issue": [], "issue_label": []}
    seen: list[Any] = []
    publish, take_over = DuckDBStaging.publish, DuckDBStaging.take_over

    def look(method: Any) -> Any:
        def run(*given: Any) -> Any:
            seen.append(bench.tables("issue", "issue_label"))
            return method(*given)

        return run

    monkeypatch.setattr(DuckDBStaging, "publish", look(publish))
    monkeypatch.setattr(DuckDBStaging, "take_over", look(take_over))
    bench.sync(load_strategy=strategy, entities=("issue", "issue_label"))
    assert len(seen) > 3
    assert all(tables == before for tables in seen)
    assert bench.tables("issue", "issue_label") != before


@pytest.mark.parametrize("strategy", FULL_LOADS)
def test_a_full_load_that_fails_leaves_everything_as_it_was(
    bench: Bench, strategy: LoadStrategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_batches_small(10, 100_000, monkeypatch.setattr)
    if strategy != "fail_if_exists":
        bench.sync(load_strategy=strategy, entities=("issue",))
    before = bench.rows("issue") if strategy != "fail_if_exists" else []

    fault = bench.jira.faults.add("server_error", FETCH, after=2)
    report = bench.new_report()
    with pytest.raises(JiraUnavailable):
        bench.sync(report, load_strategy=strategy, entities=("issue",))
    assert bench.rows("issue") == before
    (status,) = {row["status"] for row in bench.rows("_sync_run", f"run_id = '{report.run.run_id}'")}
    assert status == "failed"
    counted = bench.query(
        f"SELECT sum(rows_inserted), sum(rows_updated) FROM jira._sync_run WHERE run_id = '{report.run.run_id}'"
    )
    assert counted == [(0, 0)]
    bench.jira.faults.remove(fault)
    bench.sync(load_strategy=strategy, entities=("issue",))
    assert set(_ids(bench)) == set(_on_site(bench))


def test_a_new_field_gets_its_column_in_a_replacing_load(bench: Bench) -> None:
    bench.sync(load_strategy="replace", entities=("issue",))
    new = bench.jira.change.add_field("Colour", values={"PAY-1": "red"})
    report = bench.sync(load_strategy="replace", entities=("issue",))
    assert [row[new] for row in bench.rows("issue", "key = 'PAY-1'")] == ["red"]
    assert report.notes == []


def test_a_new_field_is_left_out_of_a_table_that_stays_as_it_is_and_the_run_says_so(bench: Bench) -> None:
    bench.sync(load_strategy="truncate_insert", entities=("issue",))
    before = bench.staging.columns("issue")
    assert any(name.startswith("customfield_") for name in before)
    new = bench.jira.change.add_field("Colour", values={"PAY-1": "red"})
    report = bench.sync(load_strategy="truncate_insert", entities=("issue",))
    assert bench.staging.columns("issue") == before
    assert report.notes == [
        f"The table `issue` has no column for {new}, and `truncate_insert` adds none: these fields were left out."
    ]


def test_a_list_that_may_not_be_read_leaves_its_table_as_it_is(bench: Bench) -> None:
    bench.sync(load_strategy="replace", entities=("priority", "status"))
    before = bench.tables("priority", "status")
    bench.jira.faults.add("server_error", "/priority", status=403)
    bench.sync(load_strategy="replace", entities=("priority", "status"))
    after = bench.tables("priority", "status")
    assert after["priority"] == before["priority"] != []
    assert after["status"] != before["status"]


def test_views_on_the_tables_outlive_a_replacing_load(bench: Bench) -> None:
    bench.sync(load_strategy="replace", entities=("issue",))
    bench.write("CREATE VIEW jira.mine AS SELECT id FROM jira.issue")
    bench.sync(load_strategy="replace", entities=("issue",))
    assert bench.query("SELECT count(*) FROM jira.mine") == [(len(_on_site(bench)),)]


def test_a_full_load_waits_for_the_whole_schema(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.sync(load_strategy="replace", entities=("project",))
    monkeypatch.setattr("jira_staging.syncing.LOCK_WAIT_SECONDS", 0.1)
    with (
        bench.staging.locked(["project:1"], 0),
        pytest.raises(StagingUnavailable, match=r"The schema jira in .* is being loaded by"),
    ):
        bench.sync(load_strategy="replace", entities=("project",))
    with bench.staging.locked([WHOLE_SCHEMA], 0), pytest.raises(StagingUnavailable):
        bench.sync(entities=("issue",))
