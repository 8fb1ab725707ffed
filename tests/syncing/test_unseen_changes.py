"""What changed while no search told of it: a census finds it by the order in which Jira lists issues."""

import json
import random
import re

import pytest

from jira_staging.census import unseen_changes
from simulated_jira.issue import Issue
from syncing.bench import Bench, both_flavours, data_center_only
from syncing.oracle import assert_tables_equal_jira

DAY = 24 * 3600

# A site that is looked at whole, and one so large that only the order tells.
small_and_large = pytest.mark.parametrize("_small_site", [unseen_changes.SMALL_SITE, 0], ids=["small", "large"], indirect=True)


@pytest.fixture(autouse=True)
def _small_site(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to how many issues a site is small; without a parameter every site is large."""
    monkeypatch.setattr(unseen_changes, "SMALL_SITE", getattr(request, "param", 0))


def night(bench: Bench) -> None:
    bench.jira.clock.advance(DAY)
    bench.sync()


def edited_while_hidden(bench: Bench, keys: list[str]) -> None:
    """Edited, hidden before any sync saw it, and shown again after two nights; each some minutes after the other."""
    for key in keys:
        bench.jira.clock.advance(300)
        bench.jira.change.edit(key, {"summary": f"{key} was edited while it was hidden"})
        bench.jira.change.hide_issue(key)
    night(bench)
    night(bench)
    for key in keys:
        bench.jira.change.hide_issue(key, hidden=False)
    night(bench)


def stale(bench: Bench) -> list[str]:
    """The keys of issues that the table has otherwise than Jira."""
    rows = dict(bench.query("SELECT id, epoch_ms(updated_at) FROM jira.issue WHERE _deleted_at IS NULL"))
    return sorted(issue.key for issue in issues(bench) if rows.get(issue.id) != issue.updated_ms)


def issues(bench: Bench) -> list[Issue]:
    return list(bench.jira.site.by_created)


@both_flavours
@small_and_large
def test_an_issue_that_was_edited_while_it_was_hidden_is_read_again(loaded: Bench) -> None:
    loaded.jira.change.edit("PAY-3", {"summary": "Something else happens meanwhile"})
    edited_while_hidden(loaded, ["PAY-2", "PAY-4"])
    loaded.jira.change.edit("PAY-6", {"summary": "And afterwards"})
    night(loaded)
    assert stale(loaded) == ["PAY-2", "PAY-4"], "no search tells of them"

    report = loaded.census()

    assert stale(loaded) == []
    told = json.loads(report.tallies["issue", loaded.scope("PAY")].checks)["census"]
    assert (told["changed_unseen"], told["read_again"], told["ok"]) == (2, 2, True)
    assert_tables_equal_jira(loaded)
    loaded.census()
    assert loaded.heard.fetched_ids == {}


def test_more_issues_that_changed_unseen_than_others_are_found(loaded: Bench) -> None:
    keys = sorted(issue.key for issue in issues(loaded) if issue.key.startswith("PAY-"))
    edited_while_hidden(loaded, keys[2:])
    loaded.jira.change.edit(keys[0], {"summary": "One that everybody sees"})
    night(loaded)
    assert len(stale(loaded)) == len(keys) - 2
    loaded.census()
    assert stale(loaded) == []


@both_flavours
@small_and_large
def test_a_site_that_was_restored_from_a_backup_is_found_out(loaded: Bench) -> None:
    before = {issue.key: issue.updated_ms for issue in issues(loaded)}
    lost = ["PAY-2", "PAY-3", "AND-2"]
    for key in lost:
        loaded.jira.clock.advance(300)
        loaded.jira.change.edit(key, {"summary": "Lost with the site"})
    night(loaded)
    for key in lost:
        loaded.jira.change.edit(key, {"summary": "As in the backup"})
        loaded.jira.site.issue(key).updated_ms = before[key]  # type: ignore[union-attr]
    loaded.jira.site.sort_again()
    loaded.jira.site.changed()
    night(loaded)
    assert stale(loaded) == sorted(lost)

    loaded.census()

    assert stale(loaded) == []
    restored = loaded.query("SELECT DISTINCT summary FROM jira.issue WHERE key IN ('PAY-2', 'PAY-3', 'AND-2')")
    assert restored == [("As in the backup",)]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_went_forward_or_back_unseen_is_found_as_long_as_something_else_happened(loaded: Bench, seed: int) -> None:
    """Large sites: of any mixture, nothing that the tables have otherwise than Jira stays so, but what no order shows."""
    chosen = random.Random(seed)
    at = loaded.jira.clock.now_ms()
    for number, issue in enumerate(issues(loaded)):
        issue.updated_ms = at - (1_000 - number) * 600_000
    loaded.jira.site.sort_again()
    loaded.jira.site.changed()
    loaded.sync(full=True)
    loaded.jira.clock.advance(2 * DAY)
    loaded.sync()
    some = chosen.sample(issues(loaded), chosen.randint(1, 30))
    for issue in some:
        # Between two others' times, and at least one other away from where it was.
        issue.updated_ms = at - chosen.randint(0, 1_100) * 600_000 - 300_000
    loaded.jira.site.sort_again()
    loaded.jira.site.changed()

    loaded.census()

    moved = {issue.id for issue in some}
    alone = {key for key in stale(loaded) if loaded.jira.site.issue(key).id in moved}  # type: ignore[union-attr]
    others = sorted(issue.updated_ms for issue in issues(loaded) if issue.key not in alone)
    stored = dict(loaded.query("SELECT key, epoch_ms(updated_at) FROM jira.issue"))
    for key in stale(loaded):
        issue = loaded.jira.site.issue(key)
        assert issue is not None
        between = sorted((stored[key], issue.updated_ms))
        assert not [at for at in others if between[0] + 60_000 <= at < between[1] - 60_000], key


def test_what_changed_since_the_last_sync_is_left_to_the_next_one(loaded: Bench) -> None:
    loaded.jira.clock.advance(DAY)
    loaded.jira.change.edit("PAY-2", {"summary": "The next sync's"})
    loaded.census()
    assert stale(loaded) == ["PAY-2"]
    assert loaded.heard.fetched_ids == {}


@data_center_only("its search tells when an issue was updated")
def test_a_data_center_is_asked_only_for_what_its_list_tells_otherwise(loaded: Bench) -> None:
    edited_while_hidden(loaded, ["PAY-2"])
    # Nothing else has changed since, so that only the time itself tells.
    loaded.census(comment_days=0)
    assert stale(loaded) == []
    by_ids = [body["jql"] for path, body in loaded.heard.asked if path.endswith("/search") and "id in (" in body["jql"]]
    assert {re.sub(r"[^0-9,]", "", jql) for jql in by_ids} == {str(loaded.jira.site.issue("PAY-2").id)}  # type: ignore[union-attr]
