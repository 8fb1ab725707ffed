"""`jira-staging sync --census`: what a shell says, and what comes back to it."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from jira_staging.command_line import main
from shell_commands import Shell, demo_shell, one_object
from simulated_jira import Settings, SimulatedJira


@pytest.fixture
def jira() -> Iterator[SimulatedJira]:
    with SimulatedJira(40, projects=2, settings=Settings(custom_fields=17)) as jira:
        yield jira


@pytest.fixture
def here(tmp_path: Path, jira: SimulatedJira, monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell = demo_shell(tmp_path, jira)
    monkeypatch.chdir(shell.folder)
    for name, value in shell.environment().items():
        monkeypatch.setenv(name, value)
    return shell


def gone(shell: Shell, table: str = "issue", of: str = "key") -> dict[object, str]:
    with duckdb.connect(str(shell.folder / "staging.duckdb"), read_only=True) as connection:
        return dict(
            connection.execute(f"SELECT {of}, _deleted_reason FROM jira.{table} WHERE _deleted_at IS NOT NULL").fetchall()
        )


def test_a_sync_is_followed_by_the_census(here: Shell, jira: SimulatedJira, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(here.sync()) == 0
    jira.change.delete("PAY-3")
    jira.change.edit("PAY-5", {"summary": "Edited"})
    capsys.readouterr()
    assert main(here.sync("--census", "--json")) == 0
    told = one_object(capsys.readouterr().out)
    assert told["rows"]["issue"]["updated"] >= 1
    assert told["census"]["rows"]["issue"]["deleted"] == 1
    assert told["run_id"] != told["census"]["run_id"]
    assert gone(here) == {"PAY-3": "deleted"}


def test_the_census_alone_syncs_nothing(here: Shell, jira: SimulatedJira, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(here.sync("--census")) == 0
    jira.change.delete("PAY-3")
    jira.change.create("PAY", "Found by its id")
    jira.change.edit("PAY-5", {"summary": "Not read"})
    capsys.readouterr()
    assert main(here.sync("--census-only", "--json")) == 0
    told = one_object(capsys.readouterr().out)
    assert (told["rows"]["issue"]["inserted"], told["rows"]["issue"]["deleted"]) == (1, 1)
    assert told["watermark"] is not None
    with duckdb.connect(str(here.folder / "staging.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM jira.issue WHERE summary = 'Not read'").fetchall() == [(0,)]


def test_a_failed_check_is_shown_and_ends_with_6_where_asked(
    here: Shell, jira: SimulatedJira, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(here.sync()) == 0
    for issue in list(jira.site.by_created)[:30]:
        jira.change.hide_issue(issue.key)
    assert main(here.sync("--census-only")) == 0
    assert "raise `max_missing` (`--max-missing`)" in " ".join(capsys.readouterr().out.split())
    assert main(here.sync("--census-only", "--checks", "fail")) == 6
    assert gone(here) == {}
    assert main(here.sync("--census-only", "--checks", "fail", "--max-missing", "1")) == 0
    assert len(gone(here)) == 30


def test_all_comments_are_compared_where_asked(here: Shell, jira: SimulatedJira) -> None:
    assert main(here.sync()) == 0
    with duckdb.connect(str(here.folder / "staging.duckdb")) as connection:
        ((comment,),) = connection.execute("SELECT min(id) FROM jira.comment").fetchall()
    jira.change.delete_comment(comment)
    jira.clock.advance(400 * 24 * 3600)
    assert main(here.sync("--census-only", "--census-comments", "30")) == 0
    assert gone(here, "comment", "id") == {}
    assert main(here.sync("--census-only", "--census-comments", "all")) == 0
    assert gone(here, "comment", "id") == {comment: "missing"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--max-missing", "0.5"], "`--census-comments` and `--max-missing` belong to a census"),
        (["--census", "--limit", "5"], "`--limit` does not go with a census"),
        (["--census", "--load-strategy", "append"], "`--load-strategy` does not go with a census"),
        (["--census-only", "--entities", "issue", "--full"], "`--entities`, `--full` does not go with a census"),
        (["--census-only", "--raw", "--no-reporting-views"], "`--raw`, `--no-reporting-views` does not go with a census"),
        (["--census-only", "--lookback-hours", "3"], "`--lookback-hours` does not go with a census"),
        (["--census", "--max-missing", "20"], "Argument --max-missing: give a share between 0 and 1, such as 0.2."),
        (["--census", "--census-comments", "some"], "Argument --census-comments: give a number of days, or `all`."),
        (["--census", "--census-only"], "Argument --census-only: not allowed with argument --census."),
    ],
)
def test_words_that_do_not_go_together_are_wrong_use(
    here: Shell, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(here.sync(*words, "--json")) == 2
    assert one_object(capsys.readouterr().out)["message"].startswith(sentence)
