"""Bad input gets a clear error and loses nothing."""

from pathlib import Path

import pytest

from jira_staging import syncing
from jira_staging.errors import JiraAnswerUnusable, JiraRefusedQuery, StagingRefused, StagingUnavailable, WrongUse
from jira_staging.jira_api import directory
from jira_staging.scope_searches import SEARCHES_AT_ONCE
from simulated_jira import SimulatedJira
from simulated_jira.exchange import Answer, Request
from syncing.bench import SMALL, Bench, cloud_only
from syncing.killed_child import in_a_process
from syncing.oracle import assert_tables_equal_jira

pytestmark = pytest.mark.usefixtures("core_tables")


def test_an_unknown_project_is_named_with_the_nearest(loaded: Bench) -> None:
    before = loaded.watermarks()

    with pytest.raises(WrongUse, match=r"The account sees no project `PAYS`\. Did you mean `PAY`\? It sees 3: AND, OPS, PAY\."):
        loaded.sync(projects=("PAYS",))

    assert loaded.watermarks() == before


def test_an_unknown_entity_is_named_before_anything_is_asked(bench: Bench) -> None:
    with pytest.raises(WrongUse, match=r"No entity is called `issue_labels`\. Did you mean `issue_label`\?"):
        bench.sync(entities=("issue_labels",))

    assert bench.heard.asked == []
    assert not bench.path.exists()


def test_an_invalid_jql_is_answered_in_jiras_own_words(loaded: Bench) -> None:
    before = loaded.watermarks()

    with pytest.raises(JiraRefusedQuery, match="nosuchfield"):
        loaded.sync(jql="nosuchfield = 1")

    assert loaded.watermarks() == before


@cloud_only("a Data Center passes over what a JQL names and it does not have")
@pytest.mark.parametrize("how", ["hide_project", "delete_project"])
@pytest.mark.parametrize("run", ["sync", "census"])
def test_a_project_that_leaves_after_it_was_listed_makes_the_run_be_tried_again(loaded: Bench, run: str, how: str) -> None:
    loaded.jira.clock.advance(24 * 3600)
    for key in ("AND-2", "PAY-2"):
        loaded.jira.change.edit(key, {"summary": "New"})
    before = loaded.watermarks()

    def leave(_number: int, path: str) -> None:
        if path.endswith("/search/jql"):
            loaded.heard.before = None
            getattr(loaded.jira.change, how)("PAY")

    loaded.heard.before = leave
    with pytest.raises(
        JiraAnswerUnusable, match=r"listed PAY, and no longer did when it was searched: .* Run it again"
    ) as told:
        getattr(loaded, run)()
    assert told.value.retry
    assert loaded.watermarks() == before

    loaded.sync()
    loaded.census()

    assert loaded.query("SELECT summary FROM jira.issue WHERE key = 'AND-2'") == [("New",)]


@cloud_only("a Data Center lists its projects in one answer")
def test_a_project_is_not_taken_for_gone_when_another_left_while_they_were_listed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "PROJECTS_PER_PAGE", 2)
    bench.jira.change.add_project("AAA", "The first of all")
    bench.sync(projects=("OPS", "AND", "PAY"))
    answer = bench.jira.service.answer

    def answered(request: Request) -> Answer:
        told = answer(request)
        if "/project/search" in request.target and "status=live" in request.target:
            monkeypatch.setattr(bench.jira.service, "answer", answer)
            bench.jira.change.hide_project("AAA")
        return told

    monkeypatch.setattr(bench.jira.service, "answer", answered)
    bench.sync(projects=("OPS", "AND", "PAY"))

    assert bench.query("SELECT key FROM jira.project WHERE _deleted_at IS NOT NULL") == [("AAA",)]


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("project = PAY ORDER BY updated", "brings its own ORDER BY"),
        ("project = PAY) OR (project = OPS", "parentheses of the JQL do not match"),
        ('summary ~ "open', "does not end"),
        ("  ", "JQL is empty"),
    ],
)
def test_a_jql_that_would_leave_its_parentheses_is_refused(bench: Bench, jql: str, message: str) -> None:
    with pytest.raises(WrongUse, match=message):
        bench.sync(jql=jql)

    assert bench.heard.asked == []


def test_an_unknown_field_is_named_with_the_nearest(bench: Bench) -> None:
    with pytest.raises(WrongUse, match=r"include_fields names `Story Pionts`.* Did you mean customfield_10024\?"):
        bench.sync(include_fields=("Story Pionts",))


def test_a_destination_of_another_site_is_refused_and_keeps_its_rows(loaded: Bench) -> None:
    before = loaded.rows("issue")
    with SimulatedJira(20, projects=1, seed=3, settings=SMALL) as other:
        stranger = Bench(other, loaded.path)
        with pytest.raises(StagingRefused, match="One schema holds one site"):
            stranger.sync()

    assert loaded.rows("issue") == before
    assert {row["site"] for row in loaded.rows("_sync_run")} == {loaded.jira.url}


def test_a_scope_that_another_run_loads_is_waited_for_and_then_refused(loaded: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncing, "LOCK_WAIT_SECONDS", 0.3)
    with (
        loaded.staging.locked([loaded.scope("PAY")], 1),
        pytest.raises(StagingUnavailable, match=r"is being loaded by process"),
    ):
        loaded.sync(projects=("PAY",))
    with loaded.staging.locked([loaded.scope("PAY")], 1):
        loaded.sync(projects=("OPS",))
    loaded.sync(projects=("PAY",))


def test_projects_are_loaded_side_by_side(bench: Bench) -> None:
    """Each process opens the file only to publish, so all come to their end."""
    children = [in_a_process(bench, projects=(key,)) for key in ("PAY", "AND", "OPS")]
    for child in children:
        child.join(60)

    assert [child.exitcode for child in children] == [0, 0, 0]
    assert_tables_equal_jira(bench)


def test_more_projects_than_files_may_be_open_are_locked_all_the_same(tmp_path: Path) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, soft), hard))
    try:
        with SimulatedJira(40, projects=1100, seed=3, settings=SMALL) as jira:
            bench = Bench(jira, tmp_path / "staging.duckdb")
            bench.sync(entities=("issue",), include_fields=("Story Points",))
            assert len(bench.watermarks()) == 1100
            assert len(bench.heard.searches) == SEARCHES_AT_ONCE
            jira.clock.advance(24 * 3600)
            bench.sync(entities=("issue",), include_fields=("Story Points",))
            assert len(set(bench.watermarks().values())) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
