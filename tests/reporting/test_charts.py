"""The charts: each asks the same in every warehouse, tells what the reporting views hold, and is the same in one file."""

import base64
import hashlib
import json
import os
import re
import resource
import sys
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot

from jira_staging.charts import CHARTS, PAGE_PARTS, Figures, Selection, as_of, figures, told_by
from jira_staging.charts.static_report import LIBRARY, embedded, static_report
from jira_staging.charts.writing import write_report
from jira_staging.command_line import main
from jira_staging.errors import StagingRefused, WrongUse
from jira_staging.records import Run
from jira_staging.staging.duckdb_staging import DuckDBStaging
from jira_staging.staging.files_staging import FilesStaging
from jira_staging.staging.snowflake_session import DIALECT
from jira_staging.staging.snowflake_views import spelling
from reporting.conftest import Loaded
from syncing.bench import Bench

# Longer than the simulated site is old, so that its service levels count, too.
EVER = Selection(days=36_500)

every_chart = pytest.mark.parametrize("name", CHARTS)


def asked(loaded: Loaded, name: str, selection: Selection = EVER) -> Figures:
    return figures(loaded.staging, CHARTS[name], selection, as_of(loaded.staging))


def told(loaded: Loaded, name: str, selection: Selection = EVER) -> list[dict[str, Any]]:
    found = asked(loaded, name, selection)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def rounded(rows: list[list[Any]]) -> list[str]:
    """To the tenth: the hundredth is where two warehouses' arithmetic may part."""
    return sorted(str([round(value, 1) if isinstance(value, float) else value for value in row]) for row in rows)


@every_chart
def test_a_chart_has_the_same_figures_in_both_warehouses(in_duckdb: Loaded, in_postgres: Loaded, name: str) -> None:
    here = asked(in_duckdb, name)
    assert here.rows != []
    assert {len(row) for row in here.rows} == {len(here.columns)}
    assert rounded(here.rows) == rounded(asked(in_postgres, name).rows)


@every_chart
def test_a_charts_sql_is_what_gave_its_figures_and_is_understood_by_snowflake(in_duckdb: Loaded, name: str) -> None:
    found = asked(in_duckdb, name)
    assert len(in_duckdb.query(found.sql)) == len(found.rows)
    words = CHARTS[name].query(told_by(spelling(DIALECT, "jira"), Selection(("PAY", "AND")), date(2026, 3, 1)))
    (tree,) = sqlglot.parse(words, dialect="snowflake")
    assert tree is not None
    assert "::" not in words


def test_created_and_resolved_are_those_of_jira(in_duckdb: Loaded) -> None:
    rows, issues = told(in_duckdb, "created_resolved"), in_duckdb.recount.issues
    assert sum(row["created"] for row in rows) == len(issues)
    assert sum(row["resolved"] for row in rows) == sum(issue.body.value("resolution") is not None for issue in issues)
    # Longer periods are told by weeks, which begin on Mondays.
    assert {date.fromisoformat(row["date"]).weekday() for row in rows} == {0}


def test_a_short_period_is_told_day_by_day_and_in_the_sites_days(in_duckdb: Loaded) -> None:
    until = as_of(in_duckdb.staging)
    assert until.zone == "Pacific/Auckland"
    rows = told(in_duckdb, "cumulative_flow", Selection(days=10))
    days = sorted({row["date"] for row in rows})
    assert days == [(until.day - timedelta(days=back)).isoformat() for back in range(9, -1, -1)]
    assert sum(row["issues"] for row in rows if row["date"] == days[-1]) == len(in_duckdb.recount.issues)


def test_a_project_is_told_alone(in_duckdb: Loaded) -> None:
    for name in ("cycle_time", "ageing_work"):
        keys = {row["issue_key"].partition("-")[0] for row in told(in_duckdb, name, Selection(("PAY",), days=36_500))}
        assert keys == {"PAY"}
    every = sum(row["created"] for row in told(in_duckdb, "created_resolved"))
    projects = {issue.key.partition("-")[0] for issue in in_duckdb.recount.issues}
    alone = (told(in_duckdb, "created_resolved", Selection((key,), days=36_500)) for key in sorted(projects))
    assert sum(row["created"] for rows in alone for row in rows) == every


def test_the_percentiles_are_of_all_cycle_times(in_duckdb: Loaded) -> None:
    rows = told(in_duckdb, "cycle_time")
    assert {row["issues"] for row in rows} == {len(rows)}
    assert rows[0]["p50"] <= rows[0]["p85"] <= rows[0]["p95"]
    assert sum(row["days"] <= rows[0]["p50"] for row in rows) >= len(rows) / 2


def test_everybodys_work_is_counted_once(in_duckdb: Loaded) -> None:
    recount = in_duckdb.recount
    rows = told(in_duckdb, "people")
    assert sum(row["open_issues"] for row in rows) <= sum(
        not recount.is_done(issue, recount.as_of_ms) for issue in recount.issues
    )
    assert len({row["person"] for row in rows}) <= 20


def test_what_no_key_can_be_stands_in_no_sql() -> None:
    with pytest.raises(WrongUse, match="letters, digits and underscores; 1 of those given are not"):
        Selection(("PAY", "x' OR '1' = '1"))
    with pytest.raises(WrongUse, match="1 to 36525 days"):
        Selection(days=0)


def test_tables_without_a_run_or_without_views_are_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(StagingRefused, match="files have none"):
        as_of(FilesStaging(tmp_path))
    staging = DuckDBStaging(tmp_path / "staging.duckdb")
    with duckdb.connect(str(staging.path)):
        pass
    with pytest.raises(StagingRefused, match="Nothing was loaded here yet"):
        as_of(staging)
    staging.prepare(Run("a-run", "https://acme.example", datetime.now(UTC)))
    with pytest.raises(StagingRefused, match="run one with `reporting_views=True`"):
        as_of(staging)


# The static report ------------------------------------------------------------------------------------------------------------


class Parts(HTMLParser):
    """What a browser makes of the file: its scripts and styles, each with its type, and what it would fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[tuple[str, str, str]] = []
        self.fetched: list[str] = []
        self.policy = ""
        self._open: tuple[str, str] | None = None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.fetched += [str(said[name]) for name in ("src", "href") if name in said]
        self.policy = str(said["content"]) if said.get("http-equiv") == "Content-Security-Policy" else self.policy
        self._open = (tag, str(said.get("type", ""))) if tag in ("script", "style") else None

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.append((*self._open, data))
            self._open = None


def test_the_report_is_one_file_whose_policy_lets_nothing_else_in(in_duckdb: Loaded) -> None:
    parts = Parts(static_report(in_duckdb.staging, EVER))
    assert parts.fetched == []
    assert [kind for kind, _, _ in parts.texts] == ["style", "script", "script", "script"]
    for kind, purpose, text in parts.texts:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        directive = next(each for each in parts.policy.split("; ") if each.startswith(f"{kind}-src"))
        assert (f"'sha256-{digest}'" in directive) == (purpose != "application/json")
    assert "unsafe" not in parts.policy
    assert parts.texts[2][2] == LIBRARY.read_text()
    script = parts.texts[3][2]
    assert re.findall(r"^(?:import|export)\b", script, re.MULTILINE) == []
    names = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", script, re.MULTILINE)
    assert sorted(set(names)) == sorted(names)


def test_the_report_holds_the_figures_that_the_page_shows(in_duckdb: Loaded) -> None:
    parts = Parts(static_report(in_duckdb.staging, EVER))
    data = json.loads(next(text for _, purpose, text in parts.texts if purpose == "application/json"))
    assert [chart["figures"] for chart in data["charts"]] == [
        json.loads(json.dumps(asked(in_duckdb, name).told())) for name in CHARTS
    ]
    assert data["site"] == in_duckdb.bench.jira.url


def test_no_name_in_jira_ends_the_script() -> None:
    hostile = {"name": "</script><script>alert(1)</script><!--\u2028 & 'quoted'"}
    assert not set(embedded(hostile)) & set("<>&\u2028")
    assert json.loads(embedded(hostile)) == hostile


def test_the_shell_writes_the_report_whole_or_says_why_not(
    eventful: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str], in_duckdb: Loaded
) -> None:
    destination = ["report", "--destination", f"duckdb:{in_duckdb.staging.path}", "--json"]  # type: ignore[attr-defined]
    eventful.release()
    file = tmp_path / "report.html"
    file.write_text("an older one")
    assert main([*destination, "--out", str(file), "--projects", "PAY", "--since", "2020-01-31"]) == 0
    outcome = json.loads(capsys.readouterr().out)
    assert (outcome["file"], outcome["bytes"], outcome["charts"]) == (str(file), file.stat().st_size, len(CHARTS))
    assert '"first": "2020-01-31"' in file.read_text()
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]
    pipe, linked, known = tmp_path / "pipe", tmp_path / "linked", tmp_path / "known"
    os.mkfifo(pipe)
    linked.symlink_to(pipe)
    known.symlink_to(file)
    assert main([*destination, "--out", str(known)]) == 0
    assert known.is_symlink()
    assert '"first": "2020-01-31"' not in file.read_text()
    capsys.readouterr()
    for wrong, words in (
        (["--out", str(tmp_path / "nowhere" / "report.html")], "name a file in a folder that is there"),
        (["--out", str(pipe)], "name a file in a folder that is there"),
        (["--out", str(linked)], "name a file in a folder that is there"),
        (["--out", str(file), "--projects", "NOSUCH"], "hold no project NOSUCH; they hold "),
        (["--out", str(file), "--since", "yesterday"], "a day like 2026-01-31"),
        (["--out", str(file), "--since", "2999-01-01"], "--since takes a day that has begun."),
    ):
        assert main([*destination, *wrong]) == 2
        assert words in json.loads(capsys.readouterr().out)["message"]


def test_a_project_that_is_not_there_leaves_the_file_as_it_was(in_duckdb: Loaded, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    with pytest.raises(WrongUse):
        write_report(in_duckdb.staging, Selection(("NOSUCH",)), file)
    assert not file.exists()


def test_the_drawing_library_has_its_licence_beside_it() -> None:
    assert "Copyright (c)" in (PAGE_PARTS / "chart-LICENSE.md").read_text()
    assert LIBRARY.read_text().startswith("/*!\n * Chart.js v4.6.1\n")
    assert sys.getsizeof(LIBRARY.read_text()) < 220_000


def test_a_report_for_which_there_is_no_room_leaves_nothing_and_keeps_the_last_one(in_duckdb: Loaded, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("the last one")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(WrongUse, match="cannot be written"):
            write_report(in_duckdb.staging, EVER, file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report.html", "the last one")]
