"""From the ids that sweeps found to published batches: fetch, flatten, publish, one scope after the other and in order."""

import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass

from jira_staging.child_checks import ChildChecks
from jira_staging.entities.children import ChildFlattener
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.flattened import Flattened
from jira_staging.entities.issue import IssueFlattener
from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.entities.issue_payload import fields_to_ask, with_sources
from jira_staging.history_loading import HistoryLoader
from jira_staging.issue_portions import Portion, PortionReader
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.issues import find_ids_of_keys
from jira_staging.records import Batch, Report, SyncState
from jira_staging.staging import Staging

log = logging.getLogger(__name__)

# A batch is published when its JSON has grown to this: large enough that a merge's fixed cost does not count, small enough
# that what a batch needs (its JSON, its columns, the database's working memory) stays within about 200 MB.
BATCH_BYTES = 24 << 20


@dataclass(frozen=True)
class ScopeSweep:
    """The issue ids that one scope's sweep found, in its order, and what holds once all are published (None: a sample)."""

    scope: str
    ids: Sequence[int]
    state: SyncState | None


class IssueLoader:
    """Loads issues by their ids, with all that hangs on them, into the asked-for tables of the issue family."""

    def __init__(
        self, jira: JiraClient, staging: Staging, catalogue: FieldCatalogue, entities: Collection[str], report: Report
    ) -> None:
        self._jira = jira
        self._staging = staging
        self._report = report
        self._entities = frozenset(entities)
        self._flattener = IssueFlattener(
            catalogue, with_sources(entities), seen_columns=staging.columns("issue"), ids_of_keys=self._ids_of_keys
        )
        self._children = ChildFlattener(catalogue, entities)
        self._reader = PortionReader(jira, self._flattener, entities, fields_to_ask(catalogue, entities))
        self._checks = ChildChecks(report)
        self._histories = HistoryLoader(staging, catalogue, entities, report, self._ids_of_keys)

    def load(self, sweeps: Sequence[ScopeSweep]) -> None:
        """Publish the issues of these sweeps, each scope's state with its last batch."""
        self._report.issues_planned += sum(len(sweep.ids) for sweep in sweeps)
        filling: list[Portion] = []
        with closing(self._reader.read([sweep.ids for sweep in sweeps])) as portions:
            for portion in portions:
                filling.append(portion)
                if portion.is_last or sum(held.size for held in filling) >= BATCH_BYTES:
                    sweep = sweeps[portion.place]
                    self._publish(sweep, filling, sweep.state if portion.is_last else None)
                    filling = []

    def _publish(self, sweep: ScopeSweep, portions: Sequence[Portion], state: SyncState | None) -> None:
        asked = [issue_id for portion in portions for issue_id in portion.asked]
        batch = IssueBatch.joined(portion.batch for portion in portions)
        children = self._children.flatten(
            batch,
            {key: read for portion in portions for key, read in portion.lists.items()},
            {issue_id: arrays for portion in portions for issue_id, arrays in portion.changelogs.items()},
        )
        flattened = self._flattener.flatten_batch(batch, children.people())
        tally = self._report.tally("issue", sweep.scope)
        self._report.count_traffic(tally, astuple(self._jira.traffic))
        histories = self._histories.flatten(sweep.scope, batch, flattened, children.changelogs)
        rows = (*(given for given in flattened.rows if given.table in self._entities), *children.rows, *histories.rows)
        rejected = (*flattened.rejected, *children.rejected, *histories.rejected)
        # A sample brings fewer tables than the stored sweep may be waiting for, so it takes nothing off it.
        swept = asked if sweep.state else ()
        self._staging.publish(Batch(sweep.scope, rows, rejected, swept, (state,) if state else ()), self._report)
        self._report.issues_done += len(asked)
        tally.count("not_shown", _not_shown(asked, flattened))
        tally.count("without_markup", flattened.plain_documents)
        tally.count("epic_not_found", len(flattened.unresolved_keys))
        self._checks.note(sweep.scope, children, [refusal for portion in portions for refusal in portion.refused])

    def _ids_of_keys(self, keys: Sequence[str]) -> Mapping[str, int]:
        """Issue ids for keys that an Epic Link names: from the table, and for the rest from Jira."""
        known = self._staging.read("issue", ["key", "id"], {"key": keys}).to_pydict()
        ids: dict[str, int] = dict(zip(known["key"], known["id"], strict=True))
        missing = [key for key in keys if key not in ids]
        return ids | find_ids_of_keys(self._jira, missing) if missing else ids


def _not_shown(asked: Collection[int], flattened: Flattened) -> int:
    """How many issues Jira no longer gave: deleted, archived or hidden since the sweep; the census says which."""
    given = {*map(str, flattened.issue_ids), *(row.source_id for row in flattened.rejected)}
    return sum(str(issue_id) not in given for issue_id in asked)
