"""What is not read whole in every run: who plays a project's roles, where projects are many; and the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from jira_staging.records import SyncState
from jira_staging.staging import Staging

# The entity and the scope under which it remembers how far the audit log was read, and how much of it is read once more: Jira
# dates a record before it shows it.
_AUDIT, _SITE = "audit_record", "site"
LOOK_BACK_MILLISECONDS = 3_600_000

# Of one run, beyond projects that were never read: ten projects of six roles. Nothing in Jira tells whether actors changed.
MOST_REQUESTS = 60


@dataclass(frozen=True)
class RoleTurns:
    """Which projects' actors are due. `full`: all of them, however long it takes.

    `_sync_state` remembers under `entity` when each was last read; `owner` is what they are: other lists take turns alike.
    """

    staging: Staging
    site: str
    full: bool = False
    entity: str = "role_actor"
    owner: str = "project"

    def of_members(self) -> "RoleTurns":
        """The same for organizations of customers, and who is in them."""
        return replace(self, entity="organization_member", owner="organization")

    def of(self, table: str) -> "RoleTurns":
        """The same for what else is told a project at a time, by the table that it fills."""
        return replace(self, entity=table)

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
        return tuple(SyncState(self.site, self.entity, f"{self.owner}:{project}", read_at, "{}") for project in projects)

    def _last_read(self, projects: Mapping[int, int]) -> dict[int, int]:
        where = {"site": [self.site], "entity": [self.entity]}
        rows = self.staging.read("_sync_state", ["scope", "watermark"], where).to_pylist()
        times = {row["scope"]: row["watermark"] for row in rows if row["watermark"] is not None}
        return {project: times[scope] for project in projects if (scope := f"{self.owner}:{project}") in times}


@dataclass(frozen=True)
class AuditLogRead:
    """How far the audit log was read."""

    staging: Staging
    site: str

    def since(self) -> int | None:
        """From when on it is to be read, in epoch milliseconds; None for all of it."""
        where = {"site": [self.site], "entity": [_AUDIT], "scope": [_SITE]}
        marks = self.staging.read("_sync_state", ["watermark"], where)["watermark"].to_pylist()
        return marks[0] - LOOK_BACK_MILLISECONDS if marks and marks[0] is not None else None

    def state(self, until: int) -> SyncState:
        """What says that it was read until then (epoch milliseconds by Jira's clock)."""
        return SyncState(self.site, _AUDIT, _SITE, until, "{}")
