"""The history of loaded issues: what it takes from the staging tables."""

from collections.abc import Collection

import pyarrow.compute as pc

from jira_staging.entities.changelog import Changelogs
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.flattened import Flattened
from jira_staging.entities.history import Histories, HistoryFlattener
from jira_staging.entities.history_fields import IdsOfKeys
from jira_staging.entities.history_rows import milliseconds
from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.entities.sprint_report import SprintLife
from jira_staging.staging import Staging
from jira_staging.tables import GROUPS

# Jira's own number of the category, on every site and in every language.
DONE_CATEGORY = 3


class HistoryLoader:
    """Makes the rows of the asked-for history tables, part by part."""

    def __init__(self, staging: Staging, catalogue: FieldCatalogue, entities: Collection[str], ids_of_keys: IdsOfKeys) -> None:
        self._flattener: HistoryFlattener | None = None
        if not set(entities).isdisjoint(GROUPS["history"]):
            self._flattener = HistoryFlattener(
                catalogue,
                entities,
                done_statuses=done_statuses(staging),
                completed_sprints=_completed_sprints(staging),
                sprints=_begun_sprints(staging) if "sprint_report" in entities else {},
                ids_of_keys=ids_of_keys,
            )

    def flatten(self, batch: IssueBatch, flattened: Flattened, changelogs: Changelogs | None) -> Histories:
        """The rows of the history of these issues; none where nothing of it was asked for."""
        if self._flattener is None or changelogs is None:
            return Histories(())
        (issues,) = (rows.data for rows in flattened.rows if rows.table == "issue")
        return self._flattener.flatten(batch, issues, changelogs)


def done_statuses(staging: Staging) -> list[int]:
    """The statuses of the category done, in order."""
    ids: list[int] = staging.read("status", ["id"], {"category_id": [DONE_CATEGORY]})["id"].to_pylist()
    return ids


def _begun_sprints(staging: Staging) -> dict[int, SprintLife]:
    """The sprints that have begun, with the fields that their boards estimate by."""
    boards = staging.read("board", ["id", "estimation_field_id"]).to_pydict()
    points = dict(zip(boards["id"], boards["estimation_field_id"], strict=True))
    sprints = staging.read("sprint", ["id", "board_id", "state", "start_at", "completed_at", "_deleted_at"])
    sprints = sprints.filter(pc.is_null(sprints["_deleted_at"]))
    begun, ended = milliseconds(sprints["start_at"]), milliseconds(sprints["completed_at"])
    return {
        row["id"]: SprintLife(start, end, points.get(row["board_id"]))
        for row, start, end in zip(sprints.to_pylist(), begun, ended, strict=True)
        if start is not None and row["state"] != "future"
    }


def _completed_sprints(staging: Staging) -> dict[int, int]:
    """When sprints were completed, in epoch milliseconds: an issue does not show those that it was taken out of."""
    sprints = staging.read("sprint", ["id", "completed_at"])
    ended = zip(sprints["id"].to_pylist(), milliseconds(sprints["completed_at"]), strict=True)
    return {sprint_id: at for sprint_id, at in ended if at is not None}
