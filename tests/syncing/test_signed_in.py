"""Signed in, or stop: a token that Jira does not accept publishes nothing, and moves no watermark."""

from typing import Any

import pytest

from jira_staging.errors import JiraRefusedToken
from jira_staging.records import Report
from syncing.bench import FETCH, SWEEP, Bench, both_flavours, counts, make_batches_small
from syncing.oracle import assert_tables_equal_jira

pytestmark = pytest.mark.usefixtures("core_tables")


def everything(bench: Bench) -> dict[str, Any]:
    """All rows but those about runs."""
    tables = [row[0] for row in bench.query("SELECT table_name FROM duckdb_tables()") if row[0] != "_sync_run"]
    return bench.tables(*tables)


def refused(bench: Bench, **asked: Any) -> tuple[Report, str]:
    report = bench.new_report()
    with pytest.raises(JiraRefusedToken) as refusal:
        bench.sync(report, **asked)
    return report, str(refusal.value)


def work(bench: Bench) -> None:
    """Every issue changes, so that a run has much to do."""
    bench.jira.clock.advance(24 * 3600)
    for issue in list(bench.jira.site.issues.values()):
        bench.jira.change.edit(str(issue.id), {"summary": f"Again {issue.id}"})


def test_a_bad_token_is_refused_before_the_database_is_touched(bench: Bench) -> None:
    bench.tokens.cached = bench.tokens.stored = "wrong"

    _, message = refused(bench)

    assert "`nightly`" in message
    assert "wrong" not in message
    assert not bench.path.exists()
    assert [path for path, _ in bench.heard.asked] == ["GET /rest/api/3/myself"]


def test_an_expired_token_is_refused_and_nothing_changes(loaded: Bench) -> None:
    before = everything(loaded)
    work(loaded)
    loaded.jira.main_token.expires_ms = loaded.jira.clock.now_ms() - 1

    refused(loaded)

    assert everything(loaded) == before


@pytest.mark.parametrize("requests", [1, 5, 12, 17, 18, 20, 22])
def test_a_token_that_turns_bad_in_the_middle_of_a_run_ends_it(
    loaded: Bench, monkeypatch: pytest.MonkeyPatch, requests: int
) -> None:
    """An anonymous search answers 200 with no issues: that must not pass for `nothing changed`."""
    make_batches_small(20, 1, monkeypatch.setattr)
    work(loaded)
    before = loaded.watermarks()
    loaded.jira.main_token.requests_left = requests + loaded.more_to_sign_in

    report, message = refused(loaded, most_at_once=1)

    assert "token" in message
    published = loaded.query("SELECT count(*) FROM jira.issue WHERE summary LIKE 'Again %'")[0][0]
    assert published == counts(report, "issue").get("updated", 0) <= 80
    done = {scope for scope, watermark in loaded.watermarks().items() if watermark != before[scope]}
    assert len(done) < 3
    runs = loaded.rows("_sync_run", f"run_id = '{report.run.run_id}'")
    assert {row["status"] for row in runs} == {"failed"}
    assert {row["message"] for row in runs} == {message}
    loaded.jira.main_token.requests_left = None
    loaded.sync(lookback_hours=0.0)
    assert_tables_equal_jira(loaded)


@pytest.mark.parametrize("path", [SWEEP, FETCH, "/field", "/project(/search)?\n"], ids=["sweep", "fetch", "field", "project"])
def test_a_token_that_is_revoked_at_a_question_ends_the_run(loaded: Bench, path: str) -> None:
    work(loaded)
    before = everything(loaded)
    loaded.jira.faults.add("token_revoked", path, times=1)

    refused(loaded, most_at_once=1)

    after = everything(loaded)
    assert after["issue"] == before["issue"]
    assert after["_sync_state"] == before["_sync_state"] or path == FETCH
    assert len(set(loaded.watermarks().values())) == 1


@both_flavours
def test_a_token_that_is_rotated_in_the_vault_lets_the_run_go_on(loaded: Bench) -> None:
    work(loaded)
    loaded.tokens.cached = loaded.jira.token

    def rotate(number: int, path: str) -> None:
        if loaded.heard.fetches and loaded.jira.token == loaded.tokens.cached:
            loaded.jira.rotate_token()

    loaded.heard.before = rotate
    report = loaded.sync()

    assert loaded.jira.token != loaded.tokens.cached
    assert counts(report, "issue") == {"read": 80, "updated": 80}
    assert_tables_equal_jira(loaded)


@both_flavours
def test_an_answer_without_the_accounts_name_counts_after_myself_was_asked_again(loaded: Bench) -> None:
    work(loaded)
    loaded.jira.faults.add("no_account_header", FETCH)

    loaded.sync()

    asked = [path.rpartition("/")[2] for path, _ in loaded.heard.asked]
    fetched = ("bulkfetch", "search")
    first = next(place for place, path in enumerate(asked) if path in fetched)
    assert "myself" in asked[first:]
    assert_tables_equal_jira(loaded)


@both_flavours
def test_an_empty_answer_without_the_accounts_name_never_counts(loaded: Bench) -> None:
    """A sweep that finds nothing, and does not say for whom."""
    before = loaded.watermarks()
    loaded.jira.clock.advance(3600)
    loaded.jira.faults.add("no_account_header", SWEEP)

    _, message = refused(loaded, lookback_hours=0.5, jql="labels = nobody-uses-this")

    assert "200 with nothing in it" in message
    assert loaded.watermarks() == before
