"""The simulated site of the demo: the same in every run, and a working day older in each night."""

import random
from pathlib import Path

from ports import free_port
from simulated_jira import SimulatedJira

ISSUES, PROJECTS, SEED = 2_000, 4, 11
DAY_SECONDS = 86_400
EDITED, CREATED = 25, 5


def simulated_site(night: int, port: int, replay: Path | None = None) -> SimulatedJira:
    """The site as it is in this night, counted from 1: what people did on the days before is done."""
    address = ("127.0.0.1", port)
    if replay is not None:
        return SimulatedJira(replay=replay, address=address)
    jira = SimulatedJira(ISSUES, projects=PROJECTS, seed=SEED, address=address)
    for day in range(2, night + 1):
        jira.site.clock.advance(DAY_SECONDS)
        _a_days_work(jira, random.Random(day))
    return jira


def port_of_the_site(remembered: Path) -> int:
    """The port of the first night, so that the site's address stays the same; a free one in the first night."""
    if remembered.exists():
        return int(remembered.read_text())
    port = free_port()
    remembered.write_text(str(port))
    return port


def _a_days_work(jira: SimulatedJira, chance: random.Random) -> None:
    issues = chance.sample(sorted(issue.key for issue in jira.site.issues.values()), EDITED)
    for key in issues:
        jira.change.edit(key, {"summary": f"Reworded on a working day ({chance.randrange(1000)})"})
    projects = sorted({key.rpartition("-")[0] for key in issues})
    for number in range(CREATED):
        jira.change.create(chance.choice(projects), f"Came in on a working day ({number})")
