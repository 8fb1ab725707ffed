"""What a run is asked for the first time is loaded with its whole past, and the run says so."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from jira_staging.records import Report
from syncing.bench import Bench, both_flavours, cloud_only, counts
from syncing.oracle import CORE, assert_tables_equal_jira

pytestmark = pytest.mark.usefixtures("core_tables")


def ids_of(bench: Bench, *keys: str) -> set[int]:
    return {issue.id for key in keys if (issue := bench.jira.site.issue(key)) is not None}


def test_a_project_that_is_added_later_is_loaded_from_its_beginning(bench: Bench) -> None:
    bench.sync(projects=("PAY",))
    assert_tables_equal_jira(bench, project_keys=["PAY"])
    bench.jira.clock.advance(24 * 3600)

    report = bench.sync(projects=("PAY", "OPS"))

    assert report.notes == ["OPS was never loaded here: it is loaded from its beginning."]
    assert report.tally("issue", bench.scope("OPS")).mode == "full"
    assert report.tally("issue", bench.scope("PAY")).mode == "incremental"
    assert counts(report, "issue") == {"read": 20, "inserted": 20}
    assert_tables_equal_jira(bench, project_keys=["PAY", "OPS"])


def test_a_new_project_of_the_site_joins_by_itself(loaded: Bench) -> None:
    loaded.jira.change.add_project("NEW", "A new one")
    loaded.jira.change.create("NEW", "Its first")

    report = loaded.sync()

    assert report.notes == ["NEW was never loaded here: it is loaded from its beginning."]
    assert_tables_equal_jira(loaded)


def test_an_entity_that_is_added_later_is_loaded_with_its_whole_past(bench: Bench) -> None:
    later = {"issue_fix_version", "issue_affected_version"}
    bench.sync(entities=tuple(name for name in CORE if name not in later))
    bench.jira.clock.advance(24 * 3600)

    report = bench.sync()

    assert bench.rows("issue_fix_version") != []
    assert report.notes[0] == (
        "AND: issue_affected_version, issue_fix_version were not loaded before: everything is loaded from its beginning."
    )
    assert {tally.mode for (entity, _), tally in report.tallies.items() if entity == "issue"} == {"backfill"}
    assert_tables_equal_jira(bench)


def test_an_entity_that_was_left_out_for_a_night_comes_back_whole(loaded: Bench) -> None:
    jira = loaded.jira
    jira.clock.advance(24 * 3600)
    jira.change.edit("PAY-1", {"labels": ["while-nobody-looked"]})
    without = ("issue", "issue_component", "issue_fix_version", "issue_affected_version", "issue_sprint", "issue_link", "user")
    loaded.sync(entities=without)
    assert loaded.query("SELECT * FROM jira.issue_label WHERE label = 'while-nobody-looked'") == []
    jira.clock.advance(24 * 3600)

    loaded.sync()

    assert_tables_equal_jira(loaded)


FEW = ("issue", "issue_component", "issue_fix_version", "issue_affected_version", "issue_sprint", "issue_link", "user")


def modes(report: Report) -> set[str]:
    return {tally.mode for (entity, _), tally in report.tallies.items() if entity == "issue"}


@both_flavours
def test_some_tables_every_hour_and_all_at_night_read_no_more_than_what_changed(loaded: Bench) -> None:
    jira = loaded.jira
    jira.clock.advance(24 * 3600)
    for key in ("PAY-1", "PAY-2", "OPS-1"):
        jira.change.edit(key, {"labels": [f"before-the-hour-of-{key}"]})
        jira.clock.advance(3600)
        hourly = loaded.sync(entities=FEW, lookback_hours=0.0)
        assert (counts(hourly, "issue"), modes(hourly)) == ({"read": 1, "updated": 1}, {"incremental"})

    nightly = loaded.sync(lookback_hours=0.0)

    assert (nightly.notes, modes(nightly)) == ([], {"incremental"})
    assert counts(nightly, "issue") == {"read": 3, "unchanged": 3}
    assert counts(nightly, "issue_label")["inserted"] == 3
    assert_tables_equal_jira(loaded)
    assert (modes(loaded.sync()), modes(loaded.sync(entities=FEW))) == ({"incremental"}, {"incremental"})


def test_what_a_census_brought_into_some_tables_makes_the_others_begin_anew(loaded: Bench) -> None:
    loaded.jira.clock.advance(24 * 3600)
    loaded.sync(entities=FEW)
    loaded.write("DELETE FROM jira.issue WHERE key = 'PAY-2'")
    loaded.write("UPDATE jira.issue_label SET label = 'spoiled'")
    loaded.census()
    loaded.jira.clock.advance(24 * 3600)

    report = loaded.sync()

    assert report.tally("issue", loaded.scope("PAY")).mode == "backfill"
    assert report.tally("issue", loaded.scope("OPS")).mode == "incremental"
    assert (
        loaded.rows("issue_label", "label = 'spoiled' AND issue_id IN (SELECT id FROM jira.issue WHERE key LIKE 'PAY-%')") == []
    )


def test_a_census_finds_the_ids_also_where_the_last_run_was_asked_for_other_tables(loaded: Bench) -> None:
    loaded.jira.clock.advance(24 * 3600)
    loaded.sync(entities=("issue_label",))
    loaded.jira.change.delete("PAY-2")
    key = loaded.jira.change.create("PAY", "Not swept yet")
    loaded.jira.change.hide_project("OPS")

    loaded.census()

    gone = dict(loaded.query("SELECT key, _deleted_reason FROM jira.issue WHERE _deleted_at IS NOT NULL"))
    assert gone.pop("PAY-2") == "deleted"
    assert set(gone.values()) == {"project_not_visible"}
    assert loaded.query(f"SELECT count(*) FROM jira.issue WHERE key = '{key}'") == [(1,)]
    assert modes(loaded.sync()) == {"backfill", "incremental"}
    assert_tables_equal_jira(loaded)


def test_people_who_are_asked_for_later_include_those_whom_only_issues_name(bench: Bench) -> None:
    """The directory does not list who left."""
    bench.sync(entities=("issues", "projects", "workflow", "fields"))
    assert bench.rows("user") == []
    bench.jira.clock.advance(24 * 3600)

    bench.sync()

    assert_tables_equal_jira(bench)


@both_flavours
def test_a_field_that_is_added_later_brings_the_values_that_it_already_has(loaded: Bench) -> None:
    """They were given without touching the issues' `updated`, as apps and administrators do."""
    jira = loaded.jira
    jira.clock.advance(24 * 3600)
    loaded.sync()
    jira.clock.advance(24 * 3600)
    field = jira.change.add_field("Team size", "number", {"PAY-3": 4.0, "OPS-4": 2.5})

    report = loaded.sync()

    assert loaded.heard.fetched_ids == Counter(ids_of(loaded, "PAY-3", "OPS-4"))
    assert loaded.query(f"SELECT key, {field} FROM jira.issue WHERE {field} IS NOT NULL ORDER BY key") == [
        ("OPS-4", 2.5),
        ("PAY-3", 4.0),
    ]
    assert report.notes == [
        f"{key}: {field}:double was not loaded before: every issue that has a value is loaded." for key in ("AND", "OPS", "PAY")
    ]
    assert_tables_equal_jira(loaded)


def test_what_changed_is_loaded_together_with_a_new_field(loaded: Bench) -> None:
    loaded.jira.clock.advance(24 * 3600)
    loaded.jira.change.add_field("Team size", "number", {"PAY-3": 4.0})
    loaded.jira.change.edit("AND-7", {"summary": "Edited on the same day"})

    loaded.sync()

    assert loaded.heard.fetched_ids == Counter(ids_of(loaded, "PAY-3", "AND-7"))
    assert_tables_equal_jira(loaded)


@cloud_only("Data Center is swept a project at a time, by the instant that each page came to")
def test_many_new_fields_are_asked_for_in_few_searches(loaded: Bench) -> None:
    loaded.jira.clock.advance(24 * 3600)
    for number in range(120):
        loaded.jira.change.add_field(f"Field {number}", "text", {"OPS-1": f"value {number}"} if number == 110 else None)

    loaded.sync()

    (_, first, second) = loaded.heard.searches  # one for what changed, two for the fields
    for search in (first, second):
        assert re.fullmatch(
            r'\(\(project in \("AND","OPS","PAY"\)\) AND \((cf\[\d+\] is not EMPTY( OR )?)+\)\) AND created >= "1970-01-02"',
            search,
        )
    assert loaded.heard.fetched_ids == Counter(ids_of(loaded, "OPS-1"))
    assert_tables_equal_jira(loaded)


def test_a_field_that_jira_cannot_search_for_is_loaded_with_everything(loaded: Bench) -> None:
    loaded.jira.clock.advance(24 * 3600)
    field = loaded.jira.change.add_field("Unsearchable", "text", {"PAY-3": "here"})

    def refuse(number: int, path: str) -> None:
        # Between two requests the field goes out of Jira's sight, and with it the clause.
        if path.endswith(("/search/jql", "/2/search")):
            loaded.jira.site.fields = [known for known in loaded.jira.site.fields if known.id != field]

    loaded.heard.before = refuse
    loaded.sync()

    assert loaded.heard.fetched_ids == Counter(list(loaded.jira.site.issues))
    assert loaded.query(f"SELECT {field} FROM jira.issue WHERE key = 'PAY-3'") == [("here",)]


def test_a_field_that_was_left_out_comes_back_with_what_was_emptied_meanwhile(bench: Bench) -> None:
    field = bench.jira.change.add_field("Team size", "number", {"PAY-3": 4.0, "OPS-4": 2.5})
    bench.sync()
    bench.jira.clock.advance(24 * 3600)
    bench.jira.change.edit("PAY-3", {field: None})
    bench.sync(exclude_fields=(field,))
    assert bench.query(f"SELECT {field} FROM jira.issue WHERE key = 'PAY-3'") == [(4.0,)]
    bench.jira.clock.advance(24 * 3600)

    report = bench.sync()

    assert f"PAY: {field} was not loaded before: everything is loaded from its beginning." in report.notes
    assert bench.query(f"SELECT {field} FROM jira.issue WHERE key = 'PAY-3'") == [(None,)]
    assert_tables_equal_jira(bench)


WITH_FIELDS = ("changelog_item", "issue_field_history", "issue_multiselect_history")


@pytest.mark.parametrize("asked", [{"exclude_fields": ("summary", "labels", "Story Points")}, {"include_fields": ("Sprint",)}])
def test_a_field_that_is_left_out_is_in_no_history_either_and_all_of_it_comes_back(bench: Bench, asked: dict[str, Any]) -> None:
    bench.entities = ("issues", "history", "fields", "projects", "people")
    bench.sync()
    everything = bench.tables(*WITH_FIELDS)
    bench.release()
    bench.path.unlink()
    left_out = {"customfield_10024"} | ({"summary", "labels"} if "exclude_fields" in asked else set())
    bench.sync(**asked)
    for table in WITH_FIELDS:
        assert not left_out & {row["field_id"] for row in bench.rows(table)}
        assert bench.rows(table)

    bench.sync()

    assert {name: without_runs(rows) for name, rows in bench.tables(*WITH_FIELDS).items()} == {
        name: without_runs(rows) for name, rows in everything.items()
    }


def without_runs(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(({k: v for k, v in row.items() if k not in ("_run_id", "_synced_at")} for row in rows), key=str)


def test_a_field_that_is_left_out_later_is_told_once_and_keeps_what_it_had(bench: Bench) -> None:
    bench.sync()
    current = "SELECT is_current FROM jira.field_column WHERE field_id = 'customfield_10024'"
    points = "SELECT count(customfield_10024) FROM jira.issue"
    before = bench.query(points)
    bench.jira.clock.advance(24 * 3600)
    bench.jira.change.edit("PAY-3", {"labels": ["changed"]})

    report = bench.sync(exclude_fields=("Story Points", "labels"))

    told = [note for note in report.notes if "left out from now on: customfield_10024, labels." in note]
    assert len(told) == len(bench.watermarks())
    assert (bench.query(current), bench.query(points)) == ([(False,)], before)
    assert not any("left out" in note for note in bench.sync(exclude_fields=("Story Points", "labels")).notes)
    bench.sync()
    assert bench.query(current) == [(True,)]
    assert_tables_equal_jira(bench)


def test_only_some_fields_and_later_all(bench: Bench) -> None:
    bench.sync(include_fields=("Story Points",))
    assert [name for name in bench.staging.columns("issue") if name.startswith("customfield")] == ["customfield_10024"]
    bench.jira.clock.advance(24 * 3600)

    bench.sync()

    assert_tables_equal_jira(bench)


def test_a_field_whose_type_changed_gets_a_column_beside_the_old_one(loaded: Bench) -> None:
    jira = loaded.jira
    field = jira.change.add_field("Size", "text", {"PAY-3": "large", "PAY-4": "small"})
    loaded.sync()
    jira.clock.advance(24 * 3600)
    jira.change.change_field_type(field, "number", {"PAY-3": 7.0, "PAY-4": None})
    jira.clock.advance(24 * 3600)

    report = loaded.sync()

    assert any(f"{field}:double was not loaded before" in note for note in report.notes)
    assert loaded.query(
        f"SELECT key, {field}, {field}__double FROM jira.issue WHERE key IN ('PAY-3', 'PAY-4') ORDER BY key"
    ) == [
        ("PAY-3", None, 7.0),
        ("PAY-4", "small", None),
    ]
    columns = loaded.query(
        f"SELECT column_name, value_type, is_current FROM jira.field_column WHERE field_id = '{field}' ORDER BY column_name"
    )
    assert columns == [(field, "text", False), (f"{field}__double", "double", True)]
    assert loaded.query('SELECT "Size", "Size (text)" FROM jira.issue_named WHERE key = \'PAY-3\'') == [(7.0, None)]


def test_a_field_that_jira_no_longer_has_keeps_its_column(loaded: Bench) -> None:
    field = loaded.jira.change.add_field("Size", "text", {"PAY-3": "large"})
    loaded.sync()
    loaded.jira.clock.advance(24 * 3600)
    loaded.jira.change.remove_field(field)
    loaded.jira.change.edit("PAY-4", {"summary": "x"})

    loaded.sync()

    assert loaded.query(f"SELECT {field} FROM jira.issue WHERE key = 'PAY-3'") == [("large",)]
    fingerprints = loaded.query("SELECT fingerprint FROM jira._sync_state WHERE entity = 'issue'")
    assert all(f"{field}:text" in json.loads(told)["left_out"] for (told,) in fingerprints)


@both_flavours
def test_a_full_load_takes_what_jira_says_though_it_is_older_than_what_is_stored(loaded: Bench) -> None:
    """A site that was restored from a backup."""
    change, issue = loaded.jira.change, loaded.jira.site.issue("PAY-2")
    assert issue is not None
    before = issue.updated_ms
    change.edit("PAY-2", {"summary": "Lost with the site"})
    loaded.jira.clock.advance(3600)
    loaded.sync()
    change.edit("PAY-2", {"summary": "As it was in the backup"})
    issue.updated_ms = before
    loaded.jira.site.sort_again()
    loaded.jira.site.changed()

    loaded.sync(full=True)

    assert loaded.query("SELECT summary FROM jira.issue WHERE key = 'PAY-2'") == [("As it was in the backup",)]
