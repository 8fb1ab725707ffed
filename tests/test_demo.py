"""What `make demo` shows, without Airflow; with it: tests/airflow/test_dags.py."""

import re
import socket
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from demo import nights
from demo.__main__ import main
from demo.shown import QUESTIONS, questions_answered, tables_loaded
from simulated_jira import SimulatedJira
from syncing.bench import SMALL, Bench


def test_what_was_loaded_is_shown_with_three_questions_and_their_answers(tmp_path: Path) -> None:
    with SimulatedJira(60, projects=2, settings=SMALL) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb")
        bench.sync()
    bench.release()
    console = Console(record=True, width=120, file=(tmp_path / "shown.txt").open("w"))
    with duckdb.connect(str(bench.path), read_only=True) as connection:
        tables_loaded(console, connection)
        questions_answered(console, connection)
        assert all(connection.execute(sql).fetchall() for _question, sql in QUESTIONS)
    shown = console.export_text()
    assert re.search(r"^ issue +60 +60 +· +· +· +\d+ *$", shown, re.MULTILINE)
    assert re.search(r"^in \d+\.\d seconds, from signing in to the last commit\.$", shown, re.MULTILINE)
    assert [question for question, _sql in QUESTIONS if question not in shown] == []


def test_each_night_is_the_same_wherever_it_is_shown_and_a_days_work_older(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nights, "ISSUES", 60)
    first, again, second = (nights.simulated_site(night, 0) for night in (1, 1, 2))
    keys = [sorted(issue.key for issue in jira.site.issues.values()) for jira in (first, again, second)]
    assert keys[0] == keys[1]
    assert len(keys[2]) == len(keys[0]) + nights.CREATED
    changed = [issue for issue in second.site.issues.values() if issue.updated_ms > first.clock.now_ms()]
    assert len(changed) == nights.EDITED + nights.CREATED


def test_the_site_keeps_its_address_from_night_to_night(tmp_path: Path) -> None:
    port = nights.port_of_the_site(tmp_path / "port")
    assert nights.port_of_the_site(tmp_path / "port") == port


def test_a_taken_port_is_said_and_not_shown_as_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(nights, "ISSUES", 10)
    for name in ("NO_PROXY", "no_proxy", "AWS_PROFILE"):
        monkeypatch.setenv(name, "somewhere.example")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "port").write_text(str(port))
        assert main(tmp_path) == 1
    told = capsys.readouterr().out
    assert told.startswith(f"The simulated Jira answered on port {port} before, and now cannot: Address already in use.")
    assert "`make clean`" in told
