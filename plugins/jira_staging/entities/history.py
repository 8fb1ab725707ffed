"""History by replay: from the issues of a batch and their changelogs to the rows of the history tables."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa

from jira_staging.entities.changelog import Changelogs
from jira_staging.entities.derived_history import bigint, keys, transitions
from jira_staging.entities.field_catalogue import FieldCatalogue, column_of
from jira_staging.entities.field_histories import FieldHistories
from jira_staging.entities.history_changes import GatheredChanges
from jira_staging.entities.history_fields import KEY, STATUS, HistoryFields, IdsOfKeys
from jira_staging.entities.history_rows import HistoryRows
from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.entities.sprint_history import completions, is_completed, memberships
from jira_staging.entities.sprint_report import SprintLife, report_rows
from jira_staging.records import RejectedRow, Rows

FIELDS, SETS, TRANSITIONS, SPRINTS, REPORT, KEYS = (
    "issue_field_history",
    "issue_multiselect_history",
    "issue_status_transition",
    "issue_sprint_history",
    "sprint_report",
    "issue_key_history",
)


@dataclass(frozen=True)
class Histories:
    """Rows of the history tables, and what was odd about the changelogs.

    `contradictions` counts, by field, the issues whose changelog does not fit together or does not lead to what holds now;
    `of_gone_fields` counts changes of custom fields that the site no longer has.
    """

    rows: tuple[Rows, ...]
    rejected: tuple[RejectedRow, ...] = ()
    contradictions: Mapping[str, int] = field(default_factory=dict)
    of_gone_fields: int = 0


def _nobody_knows(_keys: Sequence[str]) -> Mapping[str, int]:
    return {}


class HistoryFlattener:
    """Makes rows of the asked-for history tables.

    `done_statuses` are the statuses of the category done; `completed_sprints` tells when sprints were completed, in epoch
    milliseconds: what the issues' own Sprint fields tell is added to it. `sprints` are those that have begun, for their report.
    `ids_of_keys` looks up issue ids for keys.
    """

    def __init__(
        self,
        catalogue: FieldCatalogue,
        entities: Collection[str],
        *,
        done_statuses: Iterable[int] = (),
        completed_sprints: Mapping[int, int] | None = None,
        sprints: Mapping[int, SprintLife] | None = None,
        ids_of_keys: IdsOfKeys = _nobody_knows,
    ) -> None:
        self._tables = tuple(name for name in (FIELDS, SETS, TRANSITIONS, SPRINTS, REPORT, KEYS) if name in entities)
        self._fields = HistoryFields(catalogue, ids_of_keys)
        self._done = frozenset(map(str, done_statuses))
        self._completed = {str(sprint): at for sprint, at in (completed_sprints or {}).items()}
        self._sprint_lives = {str(sprint): life for sprint, life in (sprints or {}).items()}

    def flatten(self, batch: IssueBatch, issues: pa.Table, changelogs: Changelogs) -> Histories:
        """Rows for decoded issues, complete for all of them; `issues` is what `IssueFlattener` made of them for `issue`.

        An issue whose time of creation Jira does not give has no beginning, so it is left out and rejected.
        """
        begun = issues["created_at"].is_valid().to_pylist()
        rejected = [_without_beginning(issue_id) for issue_id, has_begun in zip(batch.ids, begun, strict=True) if not has_begun]
        if rejected:
            batch = batch.only([issue for issue, has_begun in zip(batch.issues, begun, strict=True) if has_begun])
            issues = issues.filter(pa.array(begun))
        changes = GatheredChanges(batch.ids, changelogs, self._fields)
        histories = FieldHistories(batch, issues, changes, self._fields)
        made = [self._made(name, histories, changes) for name in self._tables]
        rows = tuple(rows.rows(tuple(batch.ids)) for rows in made)
        contradictions = {field_id: count for field_id, count in histories.contradictions.items() if count}
        return Histories(rows, tuple(rejected), contradictions, changes.of_gone_fields)

    def _made(self, table: str, histories: FieldHistories, changes: GatheredChanges) -> HistoryRows:
        if table == FIELDS:
            return histories.values()
        if table == SETS:
            return histories.sets()
        if table == TRANSITIONS:
            return _transitions(histories, changes)
        if table == KEYS:
            return _keys(histories)
        return self._sprints(histories) if table == SPRINTS else self._report(histories)

    def _sprints(self, histories: FieldHistories) -> HistoryRows:
        made = HistoryRows(SPRINTS)
        for field_id in self._fields.sprints:
            self._completed.update(completions(histories.batch, column_of(field_id)))
            for row, moments in histories.all_sets(field_id):
                issue_id, held = histories.batch.ids[row], histories.all_moments(STATUS, row)
                for membership in memberships(moments):
                    sprint_id = bigint(membership[0])
                    if sprint_id is not None:
                        is_done = is_completed(membership, held, self._completed, self._done)
                        made.one_by_one.append((issue_id, sprint_id, *membership[1:], is_done))
        return made

    def _report(self, histories: FieldHistories) -> HistoryRows:
        made = HistoryRows(REPORT)
        for field_id in self._fields.sprints:
            for row, moments in histories.all_sets(field_id):
                told = report_rows(
                    memberships(moments),
                    histories.all_moments(STATUS, row),
                    partial(histories.all_moments, row=row),
                    sprints=self._sprint_lives,
                    done=self._done,
                )
                made.one_by_one += [(int(sprint), histories.batch.ids[row], *figures) for sprint, *figures in told]
        return made


def _transitions(histories: FieldHistories, changes: GatheredChanges) -> HistoryRows:
    made = HistoryRows(TRANSITIONS)
    for row, changed in changes.statuses.items():
        made.one_by_one += transitions(histories.batch.ids[row], histories.lives[row].created, changed)
    return made


def _keys(histories: FieldHistories) -> HistoryRows:
    made = HistoryRows(KEYS)
    moved, present = histories.moments(KEY), histories.texts(KEY)
    for row, (issue_id, life) in enumerate(zip(histories.batch.ids, histories.lives, strict=True)):
        moments = moved.get(row) or [(life.created, 0, present[row], life.creator)]
        # A key twice from one instant on is one row: what holds longer.
        made.one_by_one += {
            (issue_id, key, since): (issue_id, key, since, until) for key, since, until in keys(moments)
        }.values()
    return made


def _without_beginning(issue_id: int) -> RejectedRow:
    return RejectedRow(FIELDS, str(issue_id), "No time of creation, so its history has no beginning", "null")
