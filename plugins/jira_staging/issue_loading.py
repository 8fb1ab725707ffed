"""From the ids that sweeps found to published batches: fetch, flatten, publish, one scope after the other and in order."""

import logging
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from functools import partial

import pyarrow as pa

from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.issue_payload import fields_to_ask
from jira_staging.issue_portions import Portion, PortionReader
from jira_staging.issue_publishing import IssuePublisher
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.readings import reading_of
from jira_staging.records import Report, SyncState
from jira_staging.site_lists import lists_of
from jira_staging.staging import Staging

log = logging.getLogger(__name__)

# A batch is published when its JSON has grown to this: large enough that a merge's fixed cost does not count, small enough
# that what a batch needs (its JSON, its columns, the database's working memory) stays within about 200 MB.
BATCH_BYTES = 24 << 20
# What is kept as it came is kept whole, so that no field must be asked for again that somebody misses later.
ALL_FIELDS = ("*all",)


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
        self._report = report
        elsewhere = partial(reading_of(jira).ids_of_keys, jira)
        labels = "label" in lists_of(jira).from_issues
        self._publisher = IssuePublisher(staging, catalogue, entities, report, elsewhere, fills_labels=labels)
        fields = ALL_FIELDS if "_raw_issue" in entities else fields_to_ask(catalogue, entities)
        self._reader = PortionReader(jira, self._publisher.flattener, entities, fields)

    def load(self, sweeps: Sequence[ScopeSweep]) -> None:
        """Publish the issues of these sweeps, each scope's state with its last batch."""
        # Arrow's own pool keeps what was freed: 100 MB in a run, for nothing that is quicker.
        pa.set_memory_pool(pa.system_memory_pool())
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
        self._report.count_traffic(self._report.tally("issue", sweep.scope), astuple(self._jira.traffic))
        # A sample brings fewer tables than the stored sweep may be waiting for, so it takes nothing off it.
        swept = [issue_id for portion in portions for issue_id in portion.asked] if sweep.state else ()
        self._publisher.publish(sweep.scope, portions, swept=swept, states=(state,) if state else ())
