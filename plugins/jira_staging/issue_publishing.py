"""Portions of issues become one published batch: flattened with all that hangs on them, whether Jira or a table gave them."""

import gc
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain

import msgspec
import pyarrow as pa

from jira_staging.child_checks import ChildChecks
from jira_staging.entities.changelog import needs_changelogs
from jira_staging.entities.children import ChildFlattener
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.flattened import Flattened
from jira_staging.entities.issue import IssueFlattener
from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.entities.issue_payload import with_sources
from jira_staging.entities.raw_payloads import raw_answer_rows, raw_issue_rows
from jira_staging.history_loading import HistoryLoader
from jira_staging.issue_portions import Portion
from jira_staging.records import Batch, Report, Rows, SyncState
from jira_staging.staging import Staging
from jira_staging.tables import TABLES
from jira_staging.tables.arrow_types import arrow_schema

IdsOfKeys = Callable[[Sequence[str]], Mapping[str, int]]


class IssuePublisher:
    """Publishes issues into the asked-for tables of the issue family.

    `ids_elsewhere` looks up the ids of issues by keys that the table `issue` does not know. `fills_labels`: the site does not
    list its labels, so those that issues have are all that is known of them.
    """

    def __init__(
        self,
        staging: Staging,
        catalogue: FieldCatalogue,
        entities: Collection[str],
        report: Report,
        ids_elsewhere: IdsOfKeys,
        *,
        fills_labels: bool = False,
    ) -> None:
        self._staging = staging
        self._report = report
        self._entities = frozenset(entities)
        self._ids_elsewhere = ids_elsewhere
        self._fills_labels = fills_labels and "label" in entities
        self._found_elsewhere: dict[str, int] = {}
        self.flattener = IssueFlattener(
            catalogue, with_sources(entities), seen_columns=staging.columns("issue"), ids_of_keys=self._ids_of_keys
        )
        self._children = ChildFlattener(catalogue, entities)
        self._checks = ChildChecks(report)
        self._histories = HistoryLoader(staging, catalogue, entities, report, self._ids_of_keys)

    def publish(
        self, scope: str, portions: Sequence[Portion], *, swept: Sequence[int] = (), states: tuple[SyncState, ...] = ()
    ) -> None:
        """Publish these portions as one batch of the scope. `swept` leaves the stored sweep, `states` moves watermarks."""
        asked = [issue_id for portion in portions for issue_id in portion.asked]
        batch = IssueBatch.joined(portion.batch for portion in portions)
        with _collector_paused():
            children = self._children.flatten(
                batch,
                {key: read for portion in portions for key, read in portion.lists.items()},
                {issue_id: arrays for portion in portions for issue_id, arrays in portion.changelogs.items()},
            )
            flattened = self.flattener.flatten_batch(batch, children.people())
            histories = self._histories.flatten(scope, batch, flattened, children.changelogs)
        rows = (*(given for given in flattened.rows if given.table in self._entities), *children.rows, *histories.rows)
        rows += _label_rows(flattened) if self._fills_labels else ()
        rejected = (*flattened.rejected, *children.rejected, *histories.rejected)
        self._staging.publish(Batch(scope, (*rows, *self._raw_rows(portions)), rejected, swept, states), self._report)
        self._report.issues_done += len(asked)
        tally = self._report.tally("issue", scope)
        tally.count("not_shown", _not_shown(asked, flattened))
        tally.count("without_markup", flattened.plain_documents)
        tally.count("epic_not_found", len(flattened.unresolved_keys))
        self._checks.note(scope, children, [refusal for portion in portions for refusal in portion.refused])

    def _raw_rows(self, portions: Sequence[Portion]) -> list[Rows]:
        if "_raw_issue" not in self._entities:
            return []
        kept = raw_issue_rows(
            dict(chain.from_iterable(portion.payloads.items() for portion in portions)),
            dict(chain.from_iterable(portion.lists.items() for portion in portions)),
            dict(chain.from_iterable(portion.changelogs.items() for portion in portions)),
            with_changelogs=needs_changelogs(self._entities),
        )
        answers = {f"key:{key}": msgspec.json.encode(issue_id) for key, issue_id in self._found_elsewhere.items()}
        self._found_elsewhere.clear()
        return [kept, raw_answer_rows(self._report.run.site, answers)]

    def _ids_of_keys(self, keys: Sequence[str]) -> Mapping[str, int]:
        """Issue ids for keys that an Epic Link names: from the table, and for the rest from elsewhere."""
        known = self._staging.read("issue", ["key", "id"], {"key": keys}).to_pydict()
        ids: dict[str, int] = dict(zip(known["key"], known["id"], strict=True))
        missing = [key for key in keys if key not in ids]
        found = dict(self._ids_elsewhere(missing)) if missing else {}
        self._found_elsewhere |= found
        return ids | found


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Flattening makes a million small objects and no circles: looking for circles among them took a tenth of a sync's CPU."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _label_rows(flattened: Flattened) -> tuple[Rows, ...]:
    """The labels of these issues, each once: as rows of no owner, so that none of the others counts as gone."""
    found = [rows.data["label"].combine_chunks().unique() for rows in flattened.rows if rows.table == "issue_label"]
    return tuple(Rows("label", pa.table([labels], schema=arrow_schema(TABLES["label"])), owners=()) for labels in found)


def _not_shown(asked: Collection[int], flattened: Flattened) -> int:
    """How many issues Jira no longer gave: deleted, archived or hidden since the sweep; the census says which."""
    given = {*map(str, flattened.issue_ids), *(row.source_id for row in flattened.rejected)}
    return sum(str(issue_id) not in given for issue_id in asked)
