"""What a nightly run asks of a site of a usual size: what belongs to the site costs a bounded number of requests."""

import re
from collections import Counter
from pathlib import Path

import pytest

from jira_staging import role_turns
from simulated_jira import Settings, SimulatedJira
from simulated_jira.projects import Board
from simulated_jira.routes import roles
from syncing.bench import Bench, cloud_only

WHOLE_SITE = Settings(custom_fields=100, issue_bytes=2_000)


@pytest.fixture
def six_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a site has them to begin with."""
    monkeypatch.setattr(roles, "ROLES", tuple((str(10_002 + number), f"Role {number}", "") for number in range(6)))


def role_requests(bench: Bench) -> Counter[str]:
    """How often the last run asked for a role of a project, by the project's id."""
    return Counter(path.split("/")[-3] for path, _ in bench.heard.asked if re.search(r"/project/\d+/role/\d+$", path))


@cloud_only("counts Cloud's requests")
@pytest.mark.usefixtures("six_roles")
@pytest.mark.parametrize(("projects", "boards", "most"), [(12, 16, 195), (30, 30, 240)])
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
        print(f"\n{projects} projects, {boards} boards: {len(asked)} requests")
        assert len(asked) <= most
        assert role_requests(bench).total() <= role_turns.MOST_REQUESTS
        assert report.notes == []
        for once in ("/field", "/role", "/group/bulk", "/worklog/updated", "/search/jql"):
            assert sum(path.endswith(once) for path in asked) == 1, once
        bench.release()


@pytest.mark.usefixtures("six_roles")
def test_projects_take_turns_in_being_read_for_who_plays_their_roles(tmp_path: Path) -> None:
    with SimulatedJira(30, projects=25, seed=3, settings=Settings(custom_fields=17, issue_bytes=2_000)) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb", entities=("role_actor",))
        bench.sync()
        everything = bench.query("SELECT count(*) FROM jira.role_actor")
        assert role_requests(bench) == dict.fromkeys((project.id for project in jira.site.projects), 6)
        nights = []
        for _ in range(3):
            jira.clock.advance(24 * 3600)
            report = bench.sync()
            nights.append(set(role_requests(bench)))
            of_run = f"run_id = '{report.run.run_id}' AND entity = 'role_actor' AND scope = 'site'"
            told = bench.query(f"SELECT message FROM jira._sync_run WHERE {of_run}")
            assert told == [("15 of 25 projects wait for their turn.",)]
        assert [len(night) for night in nights] == [10, 10, 10]
        assert not nights[0] & nights[1]
        assert nights[0] | nights[1] | nights[2] == {project.id for project in jira.site.projects}
        # Those who wait keep their rows.
        assert bench.query("SELECT count(*) FROM jira.role_actor") == everything

        jira.change.add_project("NEW", "Made today")
        bench.sync()
        assert jira.site.projects[-1].id in role_requests(bench), "what was never read does not wait"
        assert bench.query("SELECT count(DISTINCT project_id) FROM jira.role_actor") == [(26,)]
        bench.sync(full=True)
        assert role_requests(bench).total() == 26 * 6
        bench.release()
