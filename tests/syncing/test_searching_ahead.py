"""Jira is searched while the site's lists are read, which changes nothing of what is found."""

import threading
import time

import pytest

from jira_staging.errors import JiraStagingError
from jira_staging.scope_searches import SEARCHES_AT_ONCE
from syncing.bench import Bench, both_flavours, leave_behind
from syncing.oracle import assert_tables_equal_jira

pytestmark = pytest.mark.usefixtures("core_tables")

SECONDS = 20


def is_search(path: str) -> bool:
    return path.endswith(("/search/jql", "/rest/api/2/search"))


@both_flavours
def test_the_lists_of_a_first_load_come_while_jira_still_searches(bench: Bench) -> None:
    searched, listed = threading.Event(), threading.Event()

    def hold(_number: int, path: str) -> None:
        if is_search(path):
            searched.set()
            assert listed.wait(SECONDS), "the search waits for the lists"
        elif path.endswith(("/resolution", "/resolution/search")):
            assert searched.wait(SECONDS), "the lists wait for the search"
            listed.set()

    bench.heard.before = hold
    bench.sync()
    bench.heard.before = None

    assert_tables_equal_jira(bench)


def test_what_was_searched_ahead_is_not_searched_again(bench: Bench) -> None:
    bench.sync()
    assert len(bench.heard.searches) == min(SEARCHES_AT_ONCE, len(bench.jira.site.projects))
    bench.jira.clock.advance(3600)
    for key in ("PAY-1", "AND-1"):
        bench.jira.change.edit(key, {"summary": "Changed"})

    bench.sync()

    assert len(bench.heard.searches) == 1
    assert_tables_equal_jira(bench)


def test_what_a_killed_run_left_is_loaded_before_jira_is_searched(loaded: Bench) -> None:
    issues = [issue.id for issue in loaded.jira.site.by_created if issue.key.startswith("PAY-")][:3]
    loaded.jira.clock.advance(3600)
    loaded.jira.change.edit("PAY-1", {"summary": "Changed"})
    leave_behind(loaded, "PAY", issues)

    loaded.sync()

    asked = [path for path, _ in loaded.heard.asked]
    searches = [place for place, path in enumerate(asked) if is_search(path)]
    assert len(searches) == 1
    assert asked.index("POST /rest/api/3/issue/bulkfetch") < searches[0]
    assert_tables_equal_jira(loaded)


def test_lists_that_fail_end_the_run_while_jira_still_searches(bench: Bench) -> None:
    searched, over = threading.Event(), threading.Event()

    def hold(_number: int, path: str) -> None:
        if is_search(path):
            searched.set()
            over.wait(SECONDS)
        elif path.endswith("/resolution/search"):
            assert searched.wait(SECONDS)
            bench.jira.revoke_token()

    bench.heard.before = hold
    began = time.monotonic()
    with pytest.raises(JiraStagingError, match="refused"):
        bench.sync()
    over.set()

    assert time.monotonic() - began < SECONDS / 2
    assert bench.query("SELECT count(*) FROM jira.issue") == [(0,)]
