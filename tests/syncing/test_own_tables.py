"""What a run writes down about itself: `_sync_run`, `_sync_state`, `_rejected_row`; and the views beside the tables."""

import json
from datetime import UTC, datetime

import pytest

from documents import blocks
from jira_staging.errors import JiraAnswerUnusable
from jira_staging.records import Report, Run
from simulated_jira.field_list import STORY_POINTS
from syncing.bench import SWEEP, Bench, both_flavours, cloud_only, counts
from syncing.oracle import assert_tables_equal_jira

pytestmark = pytest.mark.usefixtures("core_tables")


def runs(bench: Bench, report: Report, entity: str) -> dict[str, dict[str, object]]:
    """The rows of `_sync_run` for one run and entity, by scope."""
    return {row["scope"]: row for row in bench.rows("_sync_run", f"run_id = '{report.run.run_id}' AND entity = '{entity}'")}


def test_every_entity_and_scope_of_a_run_has_a_row_that_counts(bench: Bench) -> None:
    started = datetime.now(UTC)
    report = Report(Run("run 7", bench.jira.url, started, "nightly", "scheduled__2026", 3, 2))

    bench.sync(report)

    rows = bench.rows("_sync_run")
    assert {(row["entity"], row["scope"]) for row in rows} == report.tallies.keys()
    assert {(row["status"], row["site"], row["started_at"]) for row in rows} == {("success", bench.jira.url, started)}
    assert {(row["dag_id"], row["airflow_run_id"], row["map_index"], row["try_number"]) for row in rows} == {
        ("nightly", "scheduled__2026", 3, 2)
    }
    assert all(row["finished_at"] >= started for row in rows)
    for project in bench.jira.site.projects:
        row = runs(bench, report, "issue")[f"project:{project.id}"]
        assert row["rows_read"] == row["rows_inserted"] == len(project.issues)
        assert (row["mode"], row["watermark_from"], row["watermark_to"]) == ("full", None, bench.jira.clock.now_ms())
        assert row["message"] == f"{project.key} was never loaded here: it is loaded from its beginning."
        assert json.loads(str(row["checks"])).get("not_shown") is None


def test_every_request_and_byte_is_counted_once(bench: Bench) -> None:
    bench.sync()
    first = bench.query("SELECT sum(requests), sum(bytes), sum(retries), sum(wait_seconds) FROM jira._sync_run")

    assert first == [(len(bench.heard.asked), sum(entry.bytes_sent for entry in bench.jira.requests), 0, 0.0)]


def test_requests_of_a_run_that_publishes_no_issue_are_counted_too(loaded: Bench) -> None:
    loaded.jira.faults.add("unavailable", SWEEP, times=2)

    report = loaded.sync(lookback_hours=0.0, jql="labels = nobody-uses-this")

    assert report.summary()["requests"] == len(loaded.heard.asked)
    assert report.summary()["retries"] == 2
    assert float(str(report.summary()["wait_seconds"])) > 1


@both_flavours
def test_a_failed_run_says_why_and_what_it_cost(loaded: Bench) -> None:
    loaded.jira.clock.advance(24 * 3600)
    loaded.jira.change.edit("PAY-1", {"summary": "x"})
    loaded.jira.faults.add("invalid_json", SWEEP)
    report = loaded.new_report()

    with pytest.raises(JiraAnswerUnusable) as refusal:
        loaded.sync(report)

    row = next(iter(runs(loaded, report, "priority").values()))
    assert (row["status"], row["message"]) == ("failed", str(refusal.value))
    assert row["finished_at"] is not None
    assert report.summary()["requests"] == len(loaded.heard.asked)


def test_an_incremental_run_says_from_where_to_where(loaded: Bench) -> None:
    before = loaded.watermarks()[loaded.scope("PAY")]
    loaded.jira.clock.advance(24 * 3600)
    loaded.jira.change.edit("PAY-1", {"summary": "x"})

    report = loaded.sync()

    now = loaded.jira.clock.now_ms()
    for scope, row in runs(loaded, report, "issue").items():
        assert (row["mode"], row["watermark_from"], row["watermark_to"]) == ("incremental", before, now)
        assert row["rows_updated"] == (1 if scope == loaded.scope("PAY") else 0)
    assert set(loaded.watermarks().values()) == {now}


def test_the_state_says_what_was_asked(bench: Bench) -> None:
    report = bench.sync(entities=("issue", "issue_label", "user"), include_fields=(STORY_POINTS,), projects=("PAY",))

    (row,) = bench.rows("_sync_state", "entity = 'issue'")
    asked = json.loads(row["fingerprint"])
    assert (row["site"], row["scope"], row["run_id"]) == (bench.jira.url, bench.scope("PAY"), report.run.run_id)
    assert (sorted(asked["entities"]), asked["fields"]) == (["issue", "issue_label", "user"], [f"{STORY_POINTS}:double"])
    assert (asked["label"], asked["left_out"]) == ("PAY", [])


def test_a_payload_that_cannot_be_flattened_costs_one_rejected_row_never_the_run(bench: Bench) -> None:
    broken = bench.jira.site.issue("PAY-3")
    assert broken is not None
    bench.jira.change.put_raw("PAY-3", STORY_POINTS, b'{"not": "a number"}')

    report = bench.sync()

    (row,) = bench.rows("_rejected_row")
    assert row["run_id"] == report.run.run_id
    assert (row["entity"], row["source_id"]) == ("issue", f"{broken.id}/{STORY_POINTS}")
    assert json.loads(row["payload"]) == {"not": "a number"}
    assert counts(report, "issue") == {"read": 80, "inserted": 80, "rejected": 1}
    assert runs(bench, report, "issue")[bench.scope("PAY")]["rows_rejected"] == 1
    (asked,) = [query for query in blocks("sql", "docs/operations.md") if "_rejected_row" in query]
    assert bench.query(asked) == [(row["entity"], row["reason"], 1)]
    assert bench.query(f"SELECT {STORY_POINTS} FROM jira.issue WHERE key = 'PAY-3'") == [(None,)]
    bench.jira.change.put_raw("PAY-3", STORY_POINTS, b"5.0")
    bench.sync()
    assert_tables_equal_jira(bench)


def test_a_list_that_cannot_be_read_keeps_what_the_table_has(loaded: Bench) -> None:
    ((issue_id, key),) = loaded.query("SELECT id, key FROM jira.issue JOIN jira.issue_label ON id = issue_id LIMIT 1")
    labels = f"SELECT label FROM jira.issue_label WHERE issue_id = {issue_id} ORDER BY label"
    before = loaded.query(labels)
    loaded.jira.change.put_raw(key, "labels", b'{"not": "a list"}')

    report = loaded.sync()

    assert loaded.query(labels) == before
    assert sum(tally["rejected"] for tally in report.totals().values()) == 1


def test_an_issue_that_goes_between_sweep_and_fetch_is_counted_as_not_shown(bench: Bench) -> None:
    gone = bench.jira.site.issue("PAY-5")
    assert gone is not None

    def hide(number: int, path: str) -> None:
        if bench.heard.fetches:
            bench.jira.change.hide_issue("PAY-5")

    bench.heard.before = hide
    report = bench.sync()

    row = runs(bench, report, "issue")[bench.scope("PAY")]
    assert json.loads(str(row["checks"]))["not_shown"] == 1
    assert row["rows_read"] == len(bench.jira.site.project("PAY").issues) - 1  # type: ignore[union-attr]
    assert bench.rows("_sync_sweep") == []
    assert_tables_equal_jira(bench)


@cloud_only("Data Center's texts are wiki markup, which is kept as it is")
def test_texts_without_their_markup_are_counted(bench: Bench) -> None:
    odd = {"type": "doc", "version": 1, "content": [{"type": "neverSeen", "content": [{"type": "text", "text": "kept"}]}]}
    bench.jira.change.put_raw("PAY-3", "description", json.dumps(odd).encode())

    report = bench.sync(projects=("PAY",), entities=("issue",))

    assert bench.query("SELECT description FROM jira.issue WHERE key = 'PAY-3'") == [("kept",)]
    assert json.loads(str(runs(bench, report, "issue")[bench.scope("PAY")]["checks"]))["without_markup"] >= 1


@both_flavours
def test_what_the_account_may_not_read_is_noted_and_its_table_left_as_it_is(loaded: Bench) -> None:
    before = loaded.rows("user")
    loaded.jira.faults.add("server_error", "users?/search", status=403)

    report = loaded.sync()

    (note,) = report.notes
    assert note.startswith("user: not permitted, so its table was left as it is.")
    assert loaded.rows("user") == before
    assert str(runs(loaded, report, "user")["site"]["message"]).startswith("not permitted: ")


def test_a_report_of_a_site_with_many_projects_stays_short(bench: Bench) -> None:
    for number in range(30):
        bench.jira.change.add_project(f"N{number}", f"Project {number}")

    report = bench.sync()

    assert len(report.notes) == 21
    assert report.notes[-1] == "And 13 notes more: see `_sync_run.message`."
    assert len(runs(bench, report, "issue")) == 33


def test_issues_are_shown_under_their_display_names_which_collide_with_nothing(loaded: Bench) -> None:
    jira = loaded.jira
    first = jira.change.add_field("Squad", "text", {"PAY-1": "one"})
    second = jira.change.add_field("squad", "text", {"PAY-1": "two"})
    third = jira.change.add_field("Summary", "text", {"PAY-1": "three"})

    loaded.sync()

    numbers = [field.removeprefix("customfield_") for field in (second, third)]
    assert loaded.query(
        f'SELECT key, "Squad", "squad ({numbers[0]})", "Summary ({numbers[1]})", "Story Points" = {STORY_POINTS} '
        "FROM jira.issue_named JOIN jira.issue USING (id, key) WHERE key = 'PAY-1'"
    ) in ([("PAY-1", "one", "two", "three", None)], [("PAY-1", "one", "two", "three", True)])
    jira.change.rename_field(first, "Crew")
    loaded.sync()
    names = [row[0] for row in loaded.query("SELECT column_name FROM duckdb_columns() WHERE table_name = 'issue_named'")]
    assert "Crew" in names
    assert len({name.casefold() for name in names}) == len(names) == len(loaded.staging.columns("issue"))


def test_people_can_be_read_without_quoting_a_reserved_word(loaded: Bench) -> None:
    assert loaded.query("SELECT count(*) FROM jira.jira_user") == loaded.query('SELECT count(*) FROM jira."user"')
