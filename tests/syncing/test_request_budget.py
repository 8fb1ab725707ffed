"""What a nightly run asks of a site of a usual size: what belongs to the site costs a bounded number of requests."""

from pathlib import Path

import pytest

from simulated_jira import Settings, SimulatedJira
from simulated_jira.projects import Board
from syncing.bench import Bench

WHOLE_SITE = Settings(custom_fields=100, issue_bytes=2_000)


@pytest.mark.parametrize(("projects", "boards", "most"), [(12, 16, 250), (20, 20, 350)])
def test_a_night_of_default_entities_stays_within_its_requests(tmp_path: Path, projects: int, boards: int, most: int) -> None:
    with SimulatedJira(200, projects=projects, seed=3, settings=WHOLE_SITE) as jira:
        for number, project in enumerate(jira.site.projects[: boards - projects]):
            project.boards.append(Board(900 + number, f"Second board {number}", "kanban", project))
        bench = Bench(jira, tmp_path / "staging.duckdb")
        bench.sync()
        jira.clock.advance(24 * 3600)
        for project in jira.site.projects:
            for issue in list(project.issues.values())[:2]:
                jira.change.edit(issue.key, {"summary": "Another title"})
        jira.clock.advance(120)

        report = bench.sync()

        asked = [path for path, _ in bench.heard.asked]
        assert len(asked) <= most
        assert report.notes == []
        for once in ("/field", "/role", "/group/bulk", "/worklog/updated", "/search/jql"):
            assert sum(path.endswith(once) for path in asked) == 1, once
        bench.release()
