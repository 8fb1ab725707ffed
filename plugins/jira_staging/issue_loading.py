"""From the ids that sweeps found to published batches: fetch, flatten, publish, one scope after the other and in order.

While a batch is published the next one is fetched and flattened.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from functools import partial

from jira_staging.batch_scheduling import scheduled_as_batch
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.issue_payload import fields_to_ask
from jira_staging.flat_issues import FlatIssues
from jira_staging.freed_memory import collect_young, collector_paused, give_back
from jira_staging.issue_portions import PortionReader
from jira_staging.issue_publishing import IssuePublisher
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.readings import reading_of
from jira_staging.known_entries import look_up
from jira_staging.phases import note, phase
from jira_staging.portions import Portion
from jira_staging.records import Report, SyncState
from jira_staging.site_lists import lists_of
from jira_staging.staging import Staging

log = logging.getLogger(__name__)

# What is flattened at once: enough that a column's fixed cost does not count, little enough that its payloads and structs are
# soon gone again, and that answers are taken in meanwhile.
FLATTENED_BYTES = 8 << 20
# A batch is published when the JSON that its rows were made of has grown to this: large enough that a commit's fixed cost does
# not count, small enough that its columns, and those of the next batch, are small beside what one issue can have.
BATCH_BYTES = 72 << 20
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
        self._staging = staging
        self._report = report
        self._publisher = IssuePublisher(
            staging,
            catalogue,
            entities,
            report,
            ids_elsewhere=partial(reading_of(jira).ids_of_keys, jira),
            fills_labels="label" in lists_of(jira).from_issues,
        )
        fields = ALL_FIELDS if "_raw_issue" in entities else fields_to_ask(catalogue, entities)
        self._reader = PortionReader(jira, self._publisher.flattener, self._publisher.requests, entities, fields)

    @phase("load")
    def load(self, sweeps: Sequence[ScopeSweep], *, keeps_newer: bool = True) -> None:
        """Publish the issues of these sweeps, each scope's state with its last batch.

        What another run has published meanwhile in a newer version is kept. A site that was restored or imported gives older
        ones: without `keeps_newer` these hold.
        """
        give_back()
        note(issues=sum(len(sweep.ids) for sweep in sweeps))
        self._report.issues_planned += sum(len(sweep.ids) for sweep in sweeps)
        filling: list[FlatIssues] = []
        id_lists = [sweep.ids for sweep in sweeps]
        known = look_up(self._staging, self._reader.knows_of(), id_lists, self._reader.needs_histories())
        reading = closing(self._reader.read(id_lists, known))
        with scheduled_as_batch(), collector_paused(), self._publisher.publishing_behind(), reading as portions:
            for some in _together(portions):
                flat = self._flattened(sweeps[some[0].place], some)
                if filling and (not _may_share(filling[0], flat) or sum(held.size for held in filling) >= BATCH_BYTES):
                    self._publish(filling, keeps_newer=keeps_newer)
                    filling = []
                filling.append(flat)
            if filling:
                self._publish(filling, keeps_newer=keeps_newer)

    def _publish(self, issues: Sequence[FlatIssues], *, keeps_newer: bool) -> None:
        self._publisher.publish(issues, astuple(self._jira.traffic), keeps_newer=keeps_newer)
        collect_young()

    def _flattened(self, sweep: ScopeSweep, portions: Sequence[Portion]) -> FlatIssues:
        states = (sweep.state,) if sweep.state and portions[-1].is_last else ()
        # A sample brings fewer tables than the stored sweep may be waiting for, so it takes nothing off it.
        return self._publisher.flatten(sweep.scope, portions, is_swept=sweep.state is not None, states=states)


def _may_share(one: FlatIssues, other: FlatIssues) -> bool:
    """Whether a batch may hold both: an issue belongs to one project, but to any number of JQL scopes."""
    return one.scope == other.scope or not any(flat.scope.startswith("jql:") for flat in (one, other))


def _together(portions: Iterable[Portion]) -> Iterator[list[Portion]]:
    """Portions of one scope that are flattened at once."""
    some: list[Portion] = []
    size = 0
    for portion in portions:
        some.append(portion)
        size += portion.size
        if portion.is_last or size >= FLATTENED_BYTES:
            yield some
            some, size = [], 0
