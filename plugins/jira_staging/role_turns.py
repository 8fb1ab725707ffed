"""Whose actors a run reads: Jira gives them a role of a project at a time, so where projects are many they take turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jira_staging.records import SyncState
from jira_staging.staging import Staging

# The entity under which `_sync_state` remembers when a project's actors were last read.
_ENTITY = "role_actor"

# Of one run, beyond projects that were never read: ten projects of six roles. Nothing in Jira tells whether actors changed.
MOST_REQUESTS = 60


@dataclass(frozen=True)
class RoleTurns:
    """Which projects' actors are due. `full`: all of them, however long it takes."""

    staging: Staging
    site: str
    full: bool = False

    def due(self, requests: Mapping[int, int]) -> list[int]:
        """Of these projects, by how many requests each takes: those never read, and the longest unread that the bound allows.

        At least one is due where there is any, so that every project has its turn.
        """
        if self.full:
            return list(requests)
        last = self._last_read(requests)
        chosen = [project for project in requests if project not in last]
        left = MOST_REQUESTS - sum(requests[project] for project in chosen)
        for project in sorted(last, key=lambda project: (last[project], project)):
            left -= requests[project]
            if left < 0 and chosen:
                break
            chosen.append(project)
        return chosen

    def states(self, projects: Sequence[int], read_at: int) -> tuple[SyncState, ...]:
        """What says that the actors of these projects were read at this time (epoch milliseconds by Jira's clock)."""
        return tuple(SyncState(self.site, _ENTITY, _scope(project), read_at, "{}") for project in projects)

    def _last_read(self, projects: Mapping[int, int]) -> dict[int, int]:
        where = {"site": [self.site], "entity": [_ENTITY]}
        rows = self.staging.read("_sync_state", ["scope", "watermark"], where).to_pylist()
        times = {row["scope"]: row["watermark"] for row in rows if row["watermark"] is not None}
        return {project: times[_scope(project)] for project in projects if _scope(project) in times}


def _scope(project_id: int) -> str:
    return f"project:{project_id}"
