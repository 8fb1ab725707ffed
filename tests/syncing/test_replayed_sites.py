"""The whole pipeline over payloads of a site: invented ones with the quirks of real ones, and real ones where they are."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulated_jira import SimulatedJira
from syncing.bench import Bench, counts
from syncing.oracle import assert_tables_equal_jira

INVENTED = Path(__file__).parents[1] / "simulated_jira" / "invented_payloads"
REAL = os.environ.get("JIRA_REAL_PAYLOADS", "")
SITES = [
    pytest.param(INVENTED, id="invented"),
    pytest.param(Path(REAL), id="real", marks=pytest.mark.skipif(not REAL, reason="JIRA_REAL_PAYLOADS names no folder")),
]


@pytest.fixture(params=SITES)
def replayed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A site that answers with the payloads of a folder, byte for byte."""
    with SimulatedJira(replay=request.param) as jira:
        yield Bench(jira, tmp_path / "staging.duckdb")


def test_every_payload_is_loaded_whole_and_none_is_rejected(replayed: Bench) -> None:
    report = replayed.sync()

    assert replayed.rows("_rejected_row") == []
    assert {entity: counts(report, entity).get("rejected", 0) for entity in report.totals()} == dict.fromkeys(
        report.totals(), 0
    )
    assert counts(report, "issue")["inserted"] == len(replayed.jira.site.issues)
    assert_tables_equal_jira(replayed)


def test_a_second_run_changes_nothing(replayed: Bench) -> None:
    replayed.sync()
    before = replayed.tables("issue", "issue_link", "issue_label", "project")

    report = replayed.sync(full=True)

    assert replayed.tables("issue", "issue_link", "issue_label", "project") == before
    assert counts(report, "issue").keys() == {"read", "unchanged"}
