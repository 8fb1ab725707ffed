"""A watermark is the beginning of the run by Jira's clock; it moves with the last batch, and never past what was not read."""

import pytest

from jira_staging.errors import JiraAnswerUnusable, JiraStagingError
from syncing.bench import FETCH, HOUR, Bench, both_flavours, cloud_only, counts, make_batches_small
from syncing.oracle import assert_tables_equal_jira

pytestmark = pytest.mark.usefixtures("core_tables")

HALF_AN_HOUR = 1800.0


def test_the_watermark_is_when_the_run_began_by_jiras_clock(bench: Bench) -> None:
    """The simulated clock is far from this machine's, and an hour passes while the run lasts."""
    began = bench.jira.clock.freeze(1_900_000_000_000)

    def an_hour_passes(number: int, path: str) -> None:
        if path.endswith("/project/search"):
            bench.jira.clock.advance(3600)

    bench.heard.before = an_hour_passes
    report = bench.sync()

    assert set(bench.watermarks().values()) == {began}
    assert {tally.watermark_to for (entity, _), tally in report.tallies.items() if entity == "issue"} == {began}
    assert report.summary()["watermark"] == "2030-03-17T17:46:40.000+00:00"


@both_flavours
def test_what_changes_during_a_run_is_found_by_the_next(bench: Bench) -> None:
    def somebody_works(number: int, path: str) -> None:
        if path.endswith("/bulkfetch") and bench.jira.site.issue("PAY-1").updated_ms < bench.jira.site.start_ms:  # type: ignore[union-attr]
            bench.jira.change.edit("PAY-1", {"summary": "During the run"})
            bench.jira.change.create("AND", "During the run")

    bench.heard.before = somebody_works
    bench.sync(most_at_once=1)
    bench.heard.before = None
    bench.jira.clock.advance(24 * 3600)

    bench.sync(lookback_hours=0.0)

    assert_tables_equal_jira(bench)


@cloud_only("Data Center's watermark is a minute in the account's time zone: tests/syncing/test_data_center.py")
def test_a_sweep_starts_behind_the_watermark_by_the_look_back(loaded: Bench) -> None:
    before = loaded.watermarks()
    loaded.jira.clock.advance(24 * 3600)
    loaded.jira.change.edit("PAY-1", {"summary": "x"})

    loaded.sync(lookback_hours=3.0)

    (body,) = [body for path, body in loaded.heard.asked if path.endswith("/search/jql")]
    assert f"updated >= {before[loaded.scope('PAY')] - 3 * HOUR} " in body["jql"]


@both_flavours
def test_an_index_that_lags_within_the_look_back_hides_nothing_for_good(loaded: Bench) -> None:
    jira = loaded.jira
    jira.clock.advance(24 * 3600)
    lag = jira.faults.add("index_lag", seconds=HALF_AN_HOUR)
    jira.change.edit("PAY-1", {"summary": "Not in the index yet"})
    hidden = jira.change.create("OPS", "Nor is this one")
    jira.change.edit("AND-1", {"summary": "Nor this"})
    jira.clock.advance(600)
    blind = loaded.sync()
    assert "issue" not in blind.summary()["rows"]  # type: ignore[operator]

    jira.clock.advance(3600)
    seeing = loaded.sync()

    assert counts(seeing, "issue") == {"read": 3, "inserted": 1, "updated": 2}
    assert loaded.query(f"SELECT summary FROM jira.issue WHERE key = '{hidden}'") == [("Nor is this one",)]
    jira.faults.remove(lag)
    assert_tables_equal_jira(loaded)


def test_a_failed_run_moves_no_watermark_and_the_next_one_misses_nothing(
    loaded: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira, before = loaded.jira, loaded.watermarks()
    jira.clock.advance(24 * 3600)
    for issue in list(jira.site.project("PAY").issues.values()):  # type: ignore[union-attr]
        jira.change.edit(issue.key, {"summary": "Again"})
    make_batches_small(5, 1, monkeypatch.setattr)
    fault = jira.faults.add("server_error", FETCH, after=5)
    report = loaded.new_report()

    with pytest.raises(JiraStagingError):
        loaded.sync(report, most_at_once=1, projects=("PAY",))

    assert loaded.watermarks() == before
    assert {tally.watermark_to for tally in report.tallies.values()} == {None}
    assert {row["status"] for row in loaded.rows("_sync_run", f"run_id = '{report.run.run_id}'")} == {"failed"}
    assert 0 < counts(report, "issue")["updated"] < 40, "what was published stays"
    jira.faults.remove(fault)
    monkeypatch.undo()
    loaded.sync()
    assert_tables_equal_jira(loaded)


def test_a_batch_that_cannot_be_published_leaves_no_watermark_in_the_report(
    loaded: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = loaded.watermarks()
    loaded.jira.clock.advance(24 * 3600)
    loaded.jira.change.edit("PAY-1", {"summary": "x"})
    loaded.write("ALTER TABLE jira.issue_label RENAME COLUMN label TO something_else")
    report = loaded.new_report()

    with pytest.raises(JiraStagingError):
        loaded.sync(report)

    loaded.write("ALTER TABLE jira.issue_label RENAME COLUMN something_else TO label")
    assert report.tally("issue", loaded.scope("PAY")).watermark_to is None
    assert loaded.watermarks()[loaded.scope("PAY")] == before[loaded.scope("PAY")]
    loaded.sync()
    assert_tables_equal_jira(loaded)


def test_an_older_version_never_replaces_a_newer_one_nor_do_its_lists(loaded: Bench) -> None:
    issue = loaded.jira.site.issue("PAY-1")
    assert issue is not None
    loaded.write(
        f"UPDATE jira.issue SET summary = 'newer', updated_at = updated_at + INTERVAL 1 SECOND WHERE id = {issue.id};"
        f"DELETE FROM jira.issue_label WHERE issue_id = {issue.id};"
        f"INSERT INTO jira.issue_label (issue_id, label) VALUES ({issue.id}, 'newer')"
    )

    report = loaded.sync(lookback_hours=24.0 * 3_650)

    assert loaded.query(f"SELECT summary FROM jira.issue WHERE id = {issue.id}") == [("newer",)]
    assert loaded.query(f"SELECT label FROM jira.issue_label WHERE issue_id = {issue.id}") == [("newer",)]
    assert counts(report, "issue") == {"read": 80, "unchanged": 80}


def test_an_equal_version_is_written(loaded: Bench) -> None:
    """Fields may be filled without moving `updated`: a full load brings them."""
    loaded.jira.change.put_raw("PAY-1", "summary", b'"By an app"', touch=False)

    loaded.sync(full=True)

    assert loaded.query("SELECT summary FROM jira.issue WHERE key = 'PAY-1'") == [("By an app",)]


@cloud_only("Data Center's pages have no tokens: tests/syncing/test_data_center.py")
@pytest.mark.parametrize("fault", ["empty_page", "short_pages", "null_last_token"])
def test_pages_of_any_size_are_read_to_the_end(bench: Bench, fault: str) -> None:
    bench.jira.clock.unfreeze()
    bench.jira.faults.add("short_pages", "search/jql", size=13)
    bench.jira.faults.add(fault, "search/jql", after=1, times=2, **({"size": 5} if fault == "short_pages" else {}))

    bench.sync()

    assert bench.heard.count("/search/jql") > 6
    assert_tables_equal_jira(bench)


def test_edits_between_two_pages_shift_nothing(bench: Bench) -> None:
    bench.jira.faults.add("short_pages", "search/jql", size=20)

    def edit(number: int, path: str) -> None:
        if path.endswith("/search/jql"):
            for key in ("PAY-1", "AND-1", "OPS-20"):
                bench.jira.change.edit(key, {"summary": f"{number}"})

    bench.heard.before = edit
    bench.sync()

    assert_tables_equal_jira(bench)


@cloud_only("Data Center's pages have no tokens: tests/syncing/test_data_center.py")
def test_a_repeated_page_token_is_an_error(bench: Bench) -> None:
    bench.jira.faults.add("repeated_token", "search/jql")

    with pytest.raises(JiraAnswerUnusable, match="the same page token of a search twice"):
        bench.sync()

    assert bench.watermarks() == {}
    assert bench.rows("issue") == []


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("rate_limited", {"every": 3, "retry_after": 2}),
        ("unavailable", {"every": 3}),
        ("connection_reset", {"every": 4}),
        ("truncated_body", {"every": 4}),
        ("invalid_json", {"every": 4}),
        ("html_error", {"every": 5}),
    ],
)
def test_a_run_goes_on_through_faults_that_pass(bench: Bench, fault: str, how: dict[str, int]) -> None:
    bench.jira.faults.add(fault, "bulkfetch|search|field|users", **how)
    bench.jira.faults.add("short_pages", "search/jql", size=30)

    report = bench.sync()

    assert_tables_equal_jira(bench)
    assert int(str(report.summary()["retries"])) >= 2
