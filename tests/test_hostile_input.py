"""What somebody may give as projects, components and files, where it becomes JQL or a path."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from jira_staging.charts import Selection
from jira_staging.charts.writing import write_report
from jira_staging.command_line import main
from jira_staging.errors import WrongUse
from jira_staging.staging.duckdb_staging import DuckDBStaging
from shell_commands import Shell, demo_shell, one_object
from simulated_jira import Settings, SimulatedJira

INJECTED = '"x" OR 1=1'


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    with SimulatedJira(60, projects=2, settings=Settings(custom_fields=3, latency_ms=0)) as jira:
        shell = demo_shell(tmp_path, jira)
        monkeypatch.chdir(tmp_path)
        for name, value in shell.environment().items():
            monkeypatch.setenv(name, value)
        yield shell


def test_a_project_called_as_a_word_of_jql_is_loaded_alone(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shell.sync("--json", "--projects", "AND", "--entities", "issue,project")) == 0
    of_and = [issue for issue in shell.jira.site.issues.values() if issue.key.startswith("AND-")]
    assert one_object(capsys.readouterr().out)["rows"]["issue"]["inserted"] == len(of_and) > 0


@pytest.mark.parametrize(
    ("words", "kind", "exit_code"),
    [
        (["--projects", INJECTED], "WrongUse", 2),
        (["--projects", "A" * 300], "WrongUse", 2),
        (["--projects", "PAY) OR (project = AND"], "WrongUse", 2),
        # In quotes it is a component that the site does not have: Jira refuses it, the simulated one finds nothing.
        (["--components", INJECTED], None, 0),
        (["--components", 'x") OR (project = "AND'], None, 0),
        (["--jql", "project = PAY) OR (1 = 1"], "WrongUse", 2),
        (["--jql", '"x" OR 1=1'], "JiraRefusedQuery", 3),
        (["--entities", "issue; DROP TABLE issue"], "WrongUse", 2),
    ],
)
def test_what_would_be_more_jql_or_sql_brings_nothing(
    shell: Shell, capsys: pytest.CaptureFixture[str], words: list[str], kind: str | None, exit_code: int
) -> None:
    assert main(shell.sync("--json", *words)) == exit_code
    assert one_object(capsys.readouterr().out).get("error") == kind
    if Path("staging.duckdb").exists():
        with duckdb.connect("staging.duckdb", read_only=True) as connection:
            assert connection.execute("SELECT count(*) FROM jira.issue").fetchall() == [(0,)]


@pytest.mark.parametrize("file", ["../outside.html", "/tmp/outside.html", "link/outside.html", "dag.py", "sub/../../x.html"])
def test_a_report_goes_nowhere_but_into_its_folder(tmp_path: Path, file: str) -> None:
    """Whoever may trigger the DAG names the file; what is written is replaced."""
    folder = tmp_path / "reports"
    (folder / "sub").mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path)
    (folder / "dag.py").write_text("a DAG of somebody's")
    staging = DuckDBStaging(tmp_path / "none.duckdb")
    with pytest.raises(WrongUse, match=r"name an HTML file|outside of"):
        write_report(staging, Selection(), Path(file), within=folder)
    assert (folder / "dag.py").read_text() == "a DAG of somebody's"
    assert not list(tmp_path.rglob("*.html"))
