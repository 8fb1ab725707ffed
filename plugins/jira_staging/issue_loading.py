"""From the ids that sweeps found to published batches: fetch, flatten, publish, one scope after the other and in order."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field

from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.flattened import Flattened
from jira_staging.entities.issue import IssueFlattener
from jira_staging.entities.issue_payload import fields_to_ask
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.issues import ISSUES_PER_REQUEST, FetchedIssues, fetch_batches, find_ids_of_keys
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


@dataclass
class _Filling:
    """A batch while answers are added to it."""

    asked: list[int] = field(default_factory=list)
    arrays: list[bytes] = field(default_factory=list)
    size: int = 0

    def add(self, fetched: FetchedIssues) -> None:
        arrays = [bytes(array) for array in fetched.arrays]
        self.asked += fetched.ids
        self.arrays += arrays
        self.size += sum(map(len, arrays))


class IssueLoader:
    """Loads issues by their ids into the asked-for tables of the issue family."""

    def __init__(
        self, jira: JiraClient, staging: Staging, catalogue: FieldCatalogue, entities: Collection[str], report: Report
    ) -> None:
        self._jira = jira
        self._staging = staging
        self._report = report
        self._fields = fields_to_ask(catalogue, entities)
        self._flattener = IssueFlattener(
            catalogue, entities, seen_columns=staging.columns("issue"), ids_of_keys=self._ids_of_keys
        )

    def load(self, sweeps: Sequence[ScopeSweep]) -> None:
        """Publish the issues of these sweeps, each scope's state with its last batch."""
        parts = [part for sweep in sweeps for part in _parts(sweep)]
        self._report.issues_planned += sum(len(sweep.ids) for sweep in sweeps)
        answers = fetch_batches(self._jira, (ids for _, ids, _ in parts), self._fields)
        filling = _Filling()
        for (sweep, _, is_last), fetched in zip(parts, answers, strict=True):
            filling.add(fetched)
            if is_last or filling.size >= BATCH_BYTES:
                self._publish(sweep, filling, sweep.state if is_last else None)
                filling = _Filling()

    def _publish(self, sweep: ScopeSweep, filling: _Filling, state: SyncState | None) -> None:
        flattened = self._flattener.flatten(filling.arrays)
        tally = self._report.tally("issue", sweep.scope)
        self._report.count_traffic(tally, astuple(self._jira.traffic))
        # A sample brings fewer tables than the stored sweep may be waiting for, so it takes nothing off it.
        swept = filling.asked if sweep.state else ()
        self._staging.publish(
            Batch(sweep.scope, flattened.rows, flattened.rejected, swept, (state,) if state else ()), self._report
        )
        self._report.issues_done += len(filling.asked)
        tally.count("not_shown", _not_shown(filling.asked, flattened))
        tally.count("without_markup", flattened.plain_documents)
        tally.count("epic_not_found", len(flattened.unresolved_keys))

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


def _parts(sweep: ScopeSweep) -> Iterator[tuple[ScopeSweep, Sequence[int], bool]]:
    """A sweep's ids in lists that one request takes; the last one is marked."""
    for start in range(0, len(sweep.ids), ISSUES_PER_REQUEST):
        end = start + ISSUES_PER_REQUEST
        yield sweep, sweep.ids[start:end], end >= len(sweep.ids)
