"""What a run brings: all at first, then what changed; whole projects, or what a JQL or components select."""

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jira_staging.jira_api.answers import Call
from jira_staging.jira_api.connecting import Wire
from jira_staging.records import Batch, Report
from jira_staging.staging.duckdb_staging import DuckDBStaging
from simulated_jira import SimulatedJira
from syncing.bench import HOUR, RICH, Bench, Flavour, both_flavours, cloud_only, counts, leave_behind
from syncing.oracle import CORE, assert_tables_equal_jira

pytestmark = pytest.mark.usefixtures("core_tables")


def test_a_full_load_holds_what_jira_holds_row_by_row(tmp_path: Path, flavour: Flavour) -> None:
    with SimulatedJira(200, projects=4, seed=5, settings=replace(RICH, flavour=flavour)) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb", entities=CORE)
        report = bench.sync()

        assert_tables_equal_jira(bench)
        assert counts(report, "issue") == {"read": 200, "inserted": 200}
        assert bench.heard.fetched_ids == Counter(list(jira.site.issues))
        assert not any(counts(report, entity).get("rejected") for entity in report.totals())


def test_a_few_changes_in_several_projects_are_one_batch_in_which_each_is_counted(
    loaded: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira, batches = loaded.jira, []
    jira.clock.advance(24 * 3600)
    loaded.sync()
    jira.clock.advance(24 * 3600)
    for key in ("PAY-1", "PAY-2", "OPS-2", "AND-3"):
        jira.change.edit(key, {"summary": "Rewritten"})
    publish = DuckDBStaging.publish

    def noted(self: DuckDBStaging, batch: Batch, report: Report) -> None:
        batches.append(batch)
        publish(self, batch, report)

    monkeypatch.setattr(DuckDBStaging, "publish", noted)
    report = loaded.sync()

    assert [
        [share.scope for share in batch.shares] for batch in batches if any(rows.table == "issue" for rows in batch.rows)
    ] == [[loaded.scope(key) for key in ("AND", "OPS", "PAY")]]
    updated = {key: report.tally("issue", loaded.scope(key)).rows_updated for key in ("AND", "OPS", "PAY")}
    assert updated == {"AND": 1, "OPS": 1, "PAY": 2}
    assert_tables_equal_jira(loaded)


@both_flavours
def test_a_second_run_loads_only_what_changed(loaded: Bench) -> None:
    jira = loaded.jira
    jira.clock.advance(24 * 3600)
    loaded.sync()
    jira.clock.advance(24 * 3600)
    jira.change.edit("PAY-1", {"summary": "Rewritten"})
    jira.change.transition("OPS-2", "Done")
    new = jira.change.create("AND", "A new one")

    report = loaded.sync()

    changed = {jira.site.issue(key).id for key in ("PAY-1", "OPS-2", new)}  # type: ignore[union-attr]
    assert loaded.heard.fetched_ids == Counter(changed)
    assert counts(report, "issue") == {"read": 3, "inserted": 1, "updated": 2}
    searched = [body["jql"] for _, body in loaded.heard.asked if body and "updated >= " in body.get("jql", "")]
    assert [jql.partition(" AND updated")[0] for jql in searched] == ['(project in ("AND","OPS","PAY"))']
    assert_tables_equal_jira(loaded)


def test_where_nothing_changed_nothing_is_searched_fetched_or_written(loaded: Bench) -> None:
    loaded.jira.clock.advance(24 * 3600)
    before = loaded.rows("issue")

    report = loaded.sync()

    assert loaded.heard.searches == []
    assert loaded.heard.fetched_ids == Counter()
    assert "issue" not in report.summary()["rows"]  # type: ignore[operator]
    assert loaded.rows("issue") == before
    assert set(loaded.watermarks().values()) == {loaded.jira.clock.now_ms()}


@cloud_only("Data Center does not tell when a project last changed")
def test_idle_projects_are_left_out_of_the_sweep_and_their_watermarks_move(loaded: Bench) -> None:
    loaded.jira.clock.advance(24 * 3600)
    loaded.jira.change.edit("OPS-3", {"summary": "The only one"})

    report = loaded.sync()

    assert loaded.heard.searches == ['(project in ("OPS")) AND updated >= …']
    assert counts(report, "issue") == {"read": 1, "updated": 1}
    assert len(set(loaded.watermarks().values())) == 1


@cloud_only("Data Center does not tell when a project last changed")
def test_all_projects_share_a_search_also_after_some_were_idle_on_other_nights(loaded: Bench) -> None:
    for key in ("OPS-3", "PAY-2", "AND-4"):
        loaded.jira.clock.advance(24 * 3600)
        loaded.jira.change.edit(key, {"summary": "Now and then"})
        loaded.sync()
        assert len(loaded.heard.searches) == 1
    loaded.jira.clock.advance(24 * 3600)
    for key in ("OPS-3", "PAY-2", "AND-4"):
        loaded.jira.change.edit(key, {"summary": "All at once"})

    loaded.sync()

    assert loaded.heard.searches == ['(project in ("AND","OPS","PAY")) AND updated >= …']
    assert_tables_equal_jira(loaded)


def test_a_sweep_that_finds_nothing_moves_the_watermark_all_the_same(loaded: Bench) -> None:
    """A project that was changed within the look-back is not idle, though the index may show nothing new."""
    loaded.jira.clock.advance(24 * 3600)
    loaded.sync(jql="labels = nobody-uses-this")
    (scope,) = [scope for scope in loaded.watermarks() if scope.startswith("jql:")]
    first = loaded.watermarks()[scope]
    loaded.jira.clock.advance(3600)

    loaded.sync(jql="labels = nobody-uses-this")

    assert first == loaded.jira.clock.now_ms() - HOUR
    assert loaded.watermarks()[scope] == first + HOUR
    (searched,) = loaded.heard.swept
    assert searched == "((labels = nobody-uses-this)) AND updated >= …"


@both_flavours
def test_a_jql_is_a_scope_of_its_own(bench: Bench) -> None:
    chosen = {
        issue.id for issue in bench.jira.site.issues.values() if issue.body.value("status")["statusCategory"]["key"] == "done"
    }

    report = bench.sync(jql="statusCategory = Done")

    assert {row["id"] for row in bench.rows("issue")} == chosen
    ((scope, _),) = bench.watermarks().items()
    assert scope.startswith("jql:")
    assert {(row["scope"], row["issue_id"]) for row in bench.rows("_scope_issue")} == {(scope, issue_id) for issue_id in chosen}
    assert report.tally("issue", scope).rows_read == len(chosen)
    assert bench.rows("project") != []


def test_a_jql_within_projects_and_components_asks_for_all_three(bench: Bench) -> None:
    bench.sync(projects=("PAY", "AND"), components=("数据库", "API"), jql="labels is EMPTY OR labels is not EMPTY")

    one = bench.heard.swept
    keys = {row["key"].rpartition("-")[0] for row in bench.rows("issue")}
    bench.sync(projects=("AND", "PAY"), components=("API", "数据库"), jql="labels is EMPTY OR labels is not EMPTY")

    assert set(one) == {
        '(project in ("AND","PAY") AND component in ("API", "数据库") AND (labels is EMPTY OR labels is not EMPTY))'
    }
    assert keys == {"PAY", "AND"}
    assert len(bench.watermarks()) == 1, "the order of names makes no other scope"


def test_components_select_the_issues_that_have_one_of_them(bench: Bench) -> None:
    bench.sync(components=("API",))

    names = {component["id"]: component["name"] for project in bench.jira.site.projects for component in project.components}
    chosen = {
        issue.id
        for issue in bench.jira.site.issues.values()
        if "API" in {component["name"] for component in issue.body.value("components") or ()}
    }
    assert {row["id"] for row in bench.rows("issue")} == chosen != set()
    assert "API" in {names[str(row["component_id"])] for row in bench.rows("issue_component")}


def test_a_limit_makes_a_sample_that_moves_no_watermark(bench: Bench) -> None:
    report = bench.sync(limit=7)

    assert counts(report, "issue") == {"read": 7, "inserted": 7}
    assert sum(bench.heard.fetched_ids.values()) == 7
    assert bench.watermarks() == {}
    assert bench.rows("_sync_sweep") == []
    bench.sync()
    assert_tables_equal_jira(bench)


def test_a_sample_takes_nothing_off_what_a_killed_run_left(loaded: Bench) -> None:
    """The sample brings `issue` alone, the killed run was to bring the labels too."""
    issue = loaded.jira.site.by_created[0]
    leave_behind(loaded, issue.project.key, [issue.id])
    loaded.write("DELETE FROM jira.issue_label")

    loaded.sync(limit=200, entities=("issue",))

    assert loaded.query("SELECT issue_id FROM jira._sync_sweep") == [(issue.id,)]


def test_full_reads_everything_again_whatever_the_watermark_says(loaded: Bench) -> None:
    loaded.write("UPDATE jira.issue SET summary = 'spoiled'; DELETE FROM jira.issue_link")

    report = loaded.sync(full=True)

    assert_tables_equal_jira(loaded)
    assert counts(report, "issue") == {"read": 80, "updated": 80}


@both_flavours
def test_a_moved_issue_keeps_its_row_under_its_new_key(loaded: Bench) -> None:
    issue_id = loaded.jira.site.issue("PAY-1").id  # type: ignore[union-attr]
    key = loaded.jira.change.move("PAY-1", "OPS")

    loaded.sync()

    assert loaded.query(f"SELECT key FROM jira.issue WHERE id = {issue_id}") == [(key,)]
    assert_tables_equal_jira(loaded)


def test_a_project_whose_key_is_renamed_while_it_is_read_loses_nothing(bench: Bench) -> None:
    def rename(number: int, path: str) -> None:
        if path.endswith("/search/jql") and bench.jira.site.project("PAY").key == "PAY":  # type: ignore[union-attr]
            bench.jira.change.rename_project_key("PAY", "MONEY")

    bench.heard.before = rename
    bench.sync()
    bench.heard.before = None
    bench.sync()

    assert_tables_equal_jira(bench)
    assert bench.watermarks().keys() == {f"project:{project.id}" for project in bench.jira.site.projects}


def test_a_project_whose_key_was_renamed_is_read_again_for_its_issues_new_keys(loaded: Bench) -> None:
    loaded.jira.change.rename_project_key("PAY", "MONEY")

    report = loaded.sync()

    assert report.notes == ["MONEY was called PAY before: everything is loaded from its beginning."]
    assert_tables_equal_jira(loaded)


@both_flavours
def test_issues_of_a_jql_get_their_new_keys_when_a_project_is_renamed(bench: Bench) -> None:
    everything = "created > '2000-01-01'"
    bench.sync(jql=everything)
    bench.jira.clock.advance(3 * 24 * 3600)
    bench.jira.change.rename_project_key("PAY", "MONEY")

    bench.sync(jql=everything)

    assert_tables_equal_jira(bench)
    renamed = {issue.id for issue in bench.jira.site.by_created if issue.key.startswith("MONEY-")}
    assert bench.heard.fetched_ids.keys() == renamed
    bench.sync(jql=everything)
    assert bench.heard.fetched_ids == {}


def test_a_site_without_a_visible_project_is_loaded_too(bench: Bench) -> None:
    for key in ("PAY", "AND", "OPS"):
        bench.jira.change.hide_project(key)

    report = bench.sync()

    assert bench.rows("issue") == []
    assert counts(report, "status")["inserted"] == len(bench.jira.site.all_statuses())


@cloud_only("names Cloud's endpoints")
def test_what_is_asked_decides_what_is_read(bench: Bench) -> None:
    bench.sync(entities=("project", "priority"))

    assert bench.heard.searches == []
    assert {path for path, _ in bench.heard.asked} == {
        "GET /rest/api/3/myself",
        "GET /rest/api/3/field",
        "GET /rest/api/3/project/search",
        "GET /rest/api/3/priority/search",
    }
    assert (bench.rows("field"), bench.rows("status")) == ([], [])
    assert len(bench.rows("project")) == 3


@cloud_only("Data Center gives issues by searches, too")
@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="Only Linux has these policies.")
def test_issues_are_fetched_and_published_as_batch_work(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    policies: dict[str, set[int]] = {"fetched": set(), "published": set()}
    exchange, publish = Wire.exchange, DuckDBStaging.publish

    def asked(wire: Wire, call: Call[Any], *rest: Any) -> Any:
        if call.path.endswith("/issue/bulkfetch"):
            policies["fetched"].add(os.sched_getscheduler(0))
        return exchange(wire, call, *rest)

    def written(staging: DuckDBStaging, batch: Batch, report: Report) -> None:
        if any(rows.table == "issue" for rows in batch.rows):
            policies["published"].add(os.sched_getscheduler(0))
        publish(staging, batch, report)

    monkeypatch.setattr(Wire, "exchange", asked)
    monkeypatch.setattr(DuckDBStaging, "publish", written)

    bench.sync()

    assert policies == {"fetched": {os.SCHED_BATCH}, "published": {os.SCHED_BATCH}}
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
