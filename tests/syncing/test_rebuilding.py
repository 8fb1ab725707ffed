"""Payloads that a sync kept become the same tables again, and Jira is not asked."""

from typing import Any

import pytest

from jira_staging.errors import WrongUse
from jira_staging.rebuilding import rebuild, site_of_kept
from jira_staging.records import Gone, Report, SyncRequest
from jira_staging.tables import DEFAULT_ENTITIES, GROUPS, TABLES
from syncing.bench import Bench, make_batches_small

HOUSE = ("_synced_at", "_run_id", "_deleted_at")
MADE_OF_ISSUES = tuple(name for name in DEFAULT_ENTITIES if TABLES[name].group in ("issues", "history"))


def _contents(bench: Bench) -> dict[str, list[dict[str, Any]]]:
    """The rows of the tables that issues fill, without when they were written."""
    tables = bench.tables(*MADE_OF_ISSUES)
    return {name: sorted(map(_filled, rows), key=repr) for name, rows in tables.items()}


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    return {column: row[column] for column in sorted(row) if column not in HOUSE and row[column] is not None}


def _rebuild(bench: Bench, **asked: Any) -> Report:
    bench.heard.clear()
    report = bench.new_report()
    rebuild(bench.staging, SyncRequest(**asked), report)
    assert bench.heard.asked == []
    return report


@pytest.fixture
def kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A site loaded with its payloads in several batches, of which one issue changed and one is known to be gone."""
    make_batches_small(20, 100_000, monkeypatch.setattr)
    bench.sync(raw=True)
    bench.jira.clock.advance(24 * 3600)
    bench.jira.change.edit("OPS-2", {"summary": "Rewritten", "labels": ["new"]})
    report = bench.sync(raw=True)
    gone = Gone("deleted", [min(bench.jira.site.issues)])
    bench.staging.mark_gone("project:1", [gone], report)
    return bench


@pytest.mark.parametrize("lost", ["DELETE FROM", "DROP TABLE"])
def test_lost_tables_are_as_the_sync_made_them(kept: Bench, lost: str) -> None:
    before = _contents(kept)
    assert all(before[name] for name in ("issue", "comment", "worklog", "issue_link", "changelog_item", "issue_field_history"))
    kept.write("DROP VIEW IF EXISTS jira.issue_named")
    for table in MADE_OF_ISSUES:
        kept.write(f"{lost} jira.{table}")
    report = _rebuild(kept)
    assert _contents(kept) == before
    assert report.tally("issue", "site").mode == "rebuild"
    assert kept.query("SELECT count(*) FROM jira.issue_named") == [(80,)]


def test_what_is_as_it_was_is_not_written(kept: Bench) -> None:
    kept.write("DELETE FROM jira._raw_issue WHERE _deleted_at IS NOT NULL")
    report = _rebuild(kept)
    assert {counts["inserted"] + counts["updated"] + counts["deleted"] for counts in report.totals().values()} == {0}


def test_fields_that_the_sync_left_out_are_in_what_it_kept(bench: Bench) -> None:
    bench.sync()
    everything = _contents(bench)
    bench.release()
    bench.path.unlink()
    custom = next(name for name in everything["issue"][0] if name.startswith("customfield"))
    bench.sync(raw=True, exclude_fields=("summary", "labels", custom))
    without = _contents(bench)
    assert without["issue_label"] == []
    assert not any({"summary", custom} & row.keys() for row in without["issue"])
    _rebuild(bench)
    assert _contents(bench) == everything
    _rebuild(bench, exclude_fields=("summary",), entities=("issue",))
    assert not any("summary" in row for row in _contents(bench)["issue"])


def test_a_payload_does_not_replace_what_is_newer(kept: Bench) -> None:
    kept.jira.clock.advance(3600)
    kept.jira.change.edit("PAY-2", {"summary": "Newer than what was kept", "labels": ["newer"]})
    kept.sync()
    before = _contents(kept)
    _rebuild(kept)
    assert _contents(kept) == before
    assert [row["summary"] for row in kept.rows("issue", "key = 'PAY-2'")] == ["Newer than what was kept"]


def test_an_older_payload_is_not_kept_over_a_newer_one(kept: Bench) -> None:
    kept.write("UPDATE jira._raw_issue SET updated_at = updated_at + INTERVAL 1 DAY, payload = '{}' WHERE key = 'PAY-2'")
    kept.write("UPDATE jira.issue SET updated_at = updated_at - INTERVAL 1 DAY WHERE key = 'PAY-2'")
    kept.sync(raw=True, lookback_hours=24.0 * 3_650)
    assert kept.heard.fetched_ids.keys() == set(kept.jira.site.issues)
    assert [row["payload"] for row in kept.rows("_raw_issue", "key = 'PAY-2'")] == ["{}"]


def test_payloads_are_kept_from_the_first_run_that_is_asked_to(loaded: Bench) -> None:
    assert loaded.rows("_raw_issue") == []
    report = loaded.sync(raw=True)
    assert len(loaded.rows("_raw_issue")) == 80
    assert any("_raw_issue was not loaded before" in note for note in report.notes)


def test_tables_that_the_payloads_do_not_hold_are_refused_by_name(bench: Bench) -> None:
    with pytest.raises(WrongUse, match="keeps no payloads"):
        site_of_kept(bench.staging)
    bench.sync(entities=("issue",), raw=True)
    assert site_of_kept(bench.staging) == bench.jira.url
    with pytest.raises(WrongUse, match="changelog_item: made of changelogs, which were not kept"):
        _rebuild(bench, entities=("changelog_item",))
    with pytest.raises(WrongUse, match="project: not made of issues"):
        _rebuild(bench, entities=("project",))
    report = _rebuild(bench)
    lost = ", ".join(("changelog_item", *GROUPS["history"]))
    assert report.notes == [f"{lost}: not made anew, since not all changelogs were kept."]
