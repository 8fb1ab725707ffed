"""Portions of issues become published batches: flattened with all that hangs on them, whether Jira or a table gave them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
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
from jira_staging.entities.service_requests import RequestFlattener
from jira_staging.flat_issues import FlatIssues, batch_of
from jira_staging.history_loading import HistoryLoader
from jira_staging.phases import note, phase
from jira_staging.portions import Portion
from jira_staging.records import Report, Rows, SyncState
from jira_staging.staging import Staging
from jira_staging.tables import TABLES
from jira_staging.tables.arrow_types import arrow_schema
from jira_staging.working_behind import WorkingBehind

IdsOfKeys = Callable[[Sequence[str]], Mapping[str, int]]

NOTHING_SENT = (0.0, 0.0, 0.0, 0.0)


class IssuePublisher:
    """Makes rows of issues for the asked-for tables of the issue family, and publishes them.

    `ids_elsewhere` looks up the ids of issues by keys that the table `issue` does not know. `fills_labels`: the site does not
    list its labels, so those that issues have are all that is known of them.
    """

    def __init__(
        self,
        staging: Staging,
        catalogue: FieldCatalogue,
        entities: Collection[str],
        report: Report,
        *,
        ids_elsewhere: IdsOfKeys,
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
        self.requests = RequestFlattener(catalogue, entities)
        self._children = ChildFlattener(catalogue, entities)
        self._checks = ChildChecks(report)
        self._histories = HistoryLoader(staging, catalogue, entities, self._ids_of_keys)
        self._behind = WorkingBehind("publishing")

    def publishing_behind(self) -> AbstractContextManager[None]:
        """Inside, batches are published while the next ones are made; when it ends, the last one is published too."""
        return self._behind.working()

    @phase("flatten")
    def flatten(
        self, scope: str, portions: Sequence[Portion], *, is_swept: bool = False, states: tuple[SyncState, ...] = ()
    ) -> FlatIssues:
        """These portions of the scope as rows. With `is_swept` they leave the stored sweep, `states` moves watermarks."""
        asked = [issue_id for portion in portions for issue_id in portion.asked]
        note(issues=len(asked))
        batch = IssueBatch.joined(portion.batch for portion in portions)
        lists = {key: read for portion in portions for key, read in portion.lists.items()}
        requests = self.requests.flatten(batch, lists)
        children = self._children.flatten(
            batch,
            lists,
            {issue_id: arrays for portion in portions for issue_id, arrays in portion.changelogs.items()},
        )
        flattened = self.flattener.flatten_batch(batch, chain(children.people(), requests.people))
        histories = self._histories.flatten(batch, flattened, children.changelogs)
        asked_for = [given for given in flattened.rows if given.table in self._entities]
        rows = (*asked_for, *children.rows, *requests.rows, *histories.rows)
        rows += _label_rows(flattened) if self._fills_labels else ()
        return FlatIssues(
            scope,
            asked,
            rows=(*rows, *self._raw_rows(portions)),
            rejected=(*flattened.rejected, *children.rejected, *requests.rejected, *histories.rejected),
            swept=asked if is_swept else (),
            states=states,
            size=sum(portion.size for portion in portions),
            odd={
                "history_contradictions": sum(histories.contradictions.values()),
                "changes_of_gone_fields": histories.of_gone_fields,
                "not_shown": _not_shown(asked, flattened),
                "without_markup": flattened.plain_documents,
                "epic_not_found": len(flattened.unresolved_keys),
            },
            children=children.counts(),
            refused=tuple(chain.from_iterable(portion.refused for portion in portions)),
        )

    def publish(
        self, issues: Sequence[FlatIssues], traffic: tuple[float, ...] = NOTHING_SENT, *, keeps_newer: bool = True
    ) -> None:
        """Publish these issues as one batch, after the one before. Newer versions that the tables have stay, or do not.

        `traffic` tells the requests, retries, bytes and seconds waited of the run so far.
        """
        self._behind.begin(lambda: self._publish(issues, traffic, keeps_newer=keeps_newer))

    @phase("publish")
    def _publish(self, issues: Sequence[FlatIssues], traffic: tuple[float, ...], *, keeps_newer: bool) -> None:
        # Everything that is counted is counted here, so that a failure takes back what it was counted for and nothing else.
        self._report.count_traffic(self._report.tally("issue", issues[0].scope), traffic)
        note(issues=sum(len(flat.asked) for flat in issues), json_bytes=sum(flat.size for flat in issues))
        self._staging.publish(batch_of(issues, keeps_newer=keeps_newer), self._report)
        for flat in issues:
            self._report.issues_done += len(flat.asked)
            tally = self._report.tally("issue", flat.scope)
            for name, count in flat.odd.items():
                tally.count(name, count)
            self._checks.note(flat.scope, flat.children, flat.refused)

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
        # What is just being published may hold them.
        self._behind.settle()
        known = self._staging.read("issue", ["key", "id", "_deleted_at"], {"key": keys}).to_pylist()
        # The key of what is gone may have been given anew, with a project's.
        ids: dict[str, int] = {row["key"]: row["id"] for row in known if row["_deleted_at"] is None}
        missing = [key for key in keys if key not in ids]
        found = dict(self._ids_elsewhere(missing)) if missing else {}
        self._found_elsewhere |= found
        return ids | found


def _label_rows(flattened: Flattened) -> tuple[Rows, ...]:
    """The labels of these issues, each once: as rows of no owner, so that none of the others counts as gone."""
    found = [rows.data["label"].combine_chunks().unique() for rows in flattened.rows if rows.table == "issue_label"]
    return tuple(Rows("label", pa.table([labels], schema=arrow_schema(TABLES["label"])), owners=()) for labels in found)


def _not_shown(asked: Collection[int], flattened: Flattened) -> int:
    """How many issues Jira no longer gave: deleted, archived or hidden since the sweep; the census says which."""
    given = {*map(str, flattened.issue_ids), *(row.source_id for row in flattened.rejected)}
    return sum(str(issue_id) not in given for issue_id in asked)
