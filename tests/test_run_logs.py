"""The lines that a command logs as JSON: each carries its run, and Jira's trace id where it tells of an answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from jira_staging.command_line import main
from shell_commands import demo_shell, one_object
from simulated_jira import Settings, SimulatedJira


def lines(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


@pytest.fixture
def jira() -> Any:
    with SimulatedJira(12, projects=2, settings=Settings(custom_fields=3, latency_ms=0)) as site:
        yield site


@pytest.fixture
def words(jira: SimulatedJira, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A sync in this process, whose log is JSON."""
    shell = demo_shell(tmp_path, jira)
    monkeypatch.chdir(tmp_path)
    for name, value in shell.environment().items():
        monkeypatch.setenv(name, value)
    return shell.sync("--json", "--log-format", "json")


def test_every_line_of_a_run_is_an_object_with_the_runs_id_also_those_of_its_threads(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--verbose"]) == 0
    printed = capsys.readouterr()
    run_id, told = one_object(printed.out)["run_id"], lines(printed.err)
    ours = [line for line in told if line["logger"].startswith("jira_staging")]
    assert {line.get("jira_run_id") for line in ours} == {run_id}
    assert [line["level"] for line in ours if line["event"].startswith("Signed in to")] == ["info"]
    answers = [line for line in ours if line["event"].startswith("POST /rest/api/3/issue/bulkfetch answered 200 with ")]
    # Asked by threads of their own.
    assert answers
    assert all(len(line["jira_trace_id"]) == 32 for line in answers)
    assert len({line["jira_trace_id"] for line in answers}) == len(answers)


def test_what_may_pass_is_told_when_it_happens_with_the_trace_id_of_the_answer(
    jira: SimulatedJira, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jira_staging.jira_api.pacing.FIRST_BACKOFF_SECONDS", 0.01)
    jira.faults.add("unavailable", "issue/bulkfetch", times=1)
    assert main(words) == 0
    printed = capsys.readouterr()
    (line,) = [line for line in lines(printed.err) if line["event"].startswith("This may pass")]
    assert line["jira_run_id"] == one_object(printed.out)["run_id"]
    assert f"(Jira's trace id: {line['jira_trace_id']})" in line["event"]


def test_the_last_line_of_a_run_that_fails_names_the_run_and_the_answer(
    jira: SimulatedJira, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--jql", "nonsense = "]) == 3
    printed = capsys.readouterr()
    last = lines(printed.err)[-1]
    assert (last["level"], last["event"]) == ("error", one_object(printed.out)["message"])
    assert last["jira_trace_id"] in last["event"]
    assert len(last["jira_run_id"]) == 36


def test_a_wrong_use_is_told_in_the_asked_for_format_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--log-format=json", "--no-such"]) == 2
    (line,) = lines(capsys.readouterr().err)
    assert line.pop("timestamp")
    assert line == {
        "level": "error",
        "event": line["event"],
        "logger": "jira_staging.command_line.outcomes",
    }
    assert "--no-such" in line["event"] or "--destination" in line["event"]


def test_no_token_is_readable_in_a_line_of_json(
    jira: SimulatedJira, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = 'a "quoted" token of 40 characters or more'.replace(" ", "-")
    jira.tokens.add(jira.account, value=token)
    monkeypatch.setenv("DEMO_JIRA_TOKEN", token)

    def broken(*_: object) -> None:
        raise ValueError(f"with {token}")

    monkeypatch.setattr("jira_staging.syncing.sync", lambda jira, *_: (jira.sign_in(), broken()))
    assert main([*words, "--verbose"]) == 1
    printed = capsys.readouterr().err
    assert token not in printed
    assert "quoted" not in printed
    assert any(line.get("exception", "").endswith("ValueError: with ***") for line in lines(printed))
