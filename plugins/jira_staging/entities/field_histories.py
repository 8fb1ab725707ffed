"""The histories of a batch's fields: what each issue holds now, and what it held since when."""

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa

from jira_staging.entities.derived_history import resolved
from jira_staging.entities.history_changes import GatheredChanges, told_once
from jira_staging.entities.history_fields import ASSOCIATION, PARENT, RESOLUTION, RESOLVED, HistoryFields
from jira_staging.entities.history_rows import Beginnings, HistoryRows, milliseconds
from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.entities.replaying import Change, Life, Moment, Now, SetMoment, Values, replayed, replayed_set


class FieldHistories:
    """Replays the fields of a batch as they are asked for; `contradictions` counts, by field, changelogs that do not fit.

    All issues have a time of creation. Wherever one goes by a number it is its place in the batch.
    """

    def __init__(self, batch: IssueBatch, issues: pa.Table, changes: GatheredChanges, fields: HistoryFields) -> None:
        self.batch = batch
        self.contradictions: Counter[str] = Counter()
        self._columns = dict(zip(issues.column_names, issues.columns, strict=True))
        self._changes = changes.by_field
        self._fields = fields
        created, updated = milliseconds(issues["created_at"]), milliseconds(issues["updated_at"])
        creators = issues["creator_id"].to_pylist()
        self.lives = [
            Life(begun, begun if last is None else last, creator)
            for begun, last, creator in zip(created, updated, creators, strict=True)
            if begun is not None
        ]
        self._beginnings = Beginnings(batch.ids, [life.created for life in self.lives], creators)
        self._texts: dict[str, list[str | None]] = {}
        self._arrays: dict[str, pa.Array | None] = {}
        self._sets: dict[str, list[Values]] = {}
        self._moments: dict[str, dict[int, list[Moment]]] = {}
        self._set_moments: dict[str, dict[int, list[SetMoment]]] = {}

    def values(self) -> HistoryRows:
        """The rows of `issue_field_history`."""
        made = HistoryRows("issue_field_history")
        for field_id in self._fields.shown(self._fields.values):
            all_moments, present = self.moments(field_id), self._array(field_id)
            for row, moments in all_moments.items():
                made.add_moments(self.batch.ids[row], field_id, moments)
            if present is not None:
                self._beginnings.gather_unchanged(field_id, present, all_moments)
        self._beginnings.add_to(made)
        return made

    def sets(self) -> HistoryRows:
        """The rows of `issue_multiselect_history`."""
        made = HistoryRows("issue_multiselect_history")
        for field_id in self._fields.shown(self._fields.sets):
            for row, moments in self.all_sets(field_id):
                made.add_sets(self.batch.ids[row], field_id, moments)
        return made

    def texts(self, field_id: str) -> list[str | None]:
        """What every issue holds now of a field with one value."""
        if field_id not in self._texts:
            array = self._array(field_id)
            self._texts[field_id] = [None] * len(self.batch.ids) if array is None else array.to_pylist()
        return self._texts[field_id]

    def moments(self, field_id: str) -> dict[int, list[Moment]]:
        """By issue, the moments of a field with one value; an issue that never changed it is not among them."""
        if field_id not in self._moments:
            self._moments[field_id] = self._resolved() if field_id == RESOLVED else self._replayed(field_id)
        return self._moments[field_id]

    def all_moments(self, field_id: str, row: int) -> list[Moment]:
        """An issue's moments of a field, also of one that it never changed; none of a field without a history."""
        if field_id not in self._fields.values:
            return []
        life = self.lives[row]
        return self.moments(field_id).get(row) or [(life.created, 0, self.texts(field_id)[row], life.creator)]

    def all_sets(self, field_id: str) -> Iterator[tuple[int, list[SetMoment]]]:
        """Every issue that has, or had, values in a field with many, and the moments of it."""
        moments = self._replayed_sets(field_id)
        yield from moments.items()
        for row, values in enumerate(self._present_sets(field_id)):
            if values and row not in moments:
                yield row, [(self.lives[row].created, 0, values, self.lives[row].creator)]

    def _array(self, field_id: str) -> pa.Array | None:
        if field_id not in self._arrays:
            _, read = self._fields.values[field_id]
            self._arrays[field_id] = read(self.batch, self._columns)
        return self._arrays[field_id]

    def _present_sets(self, field_id: str) -> list[Values]:
        if field_id not in self._sets:
            _, read = self._fields.sets[field_id]
            self._sets[field_id] = read(self.batch)
        return self._sets[field_id]

    def _is_known(self, row: int, field_id: str) -> bool:
        """Whether what the issue holds now could be read."""
        damaged = self.batch.damaged.get(self.batch.ids[row])
        return damaged is None or field_id not in damaged

    def _replayed(self, field_id: str) -> dict[int, list[Moment]]:
        found: dict[int, list[Moment]] = {}
        changed = self._changes.get(field_id)
        if not changed:
            return found
        (kind, _), present = self._fields.values[field_id], self.texts(field_id)
        is_relative = field_id == PARENT or field_id in self._fields.epic_links
        for row, all_changes in changed.items():
            changes = told_once(kind, self._of_relative(field_id, row, all_changes)) if is_relative else all_changes
            if changes:
                now = Now(present[row], is_known=self._is_known(row, field_id))
                found[row], contradicts = replayed(kind, changes, self.lives[row], now)
                self.contradictions[field_id] += contradicts
        return found

    def _of_relative(self, field_id: str, row: int, changes: list[Change]) -> list[Change]:
        """The changes of parent or epic that are of this field, where an issue has one of both without the other."""
        epic = next((field for field in self._fields.epic_links if self.texts(field)[row] is not None), None)
        parent = self.texts(PARENT)[row] if PARENT in self._fields.values else None
        if field_id == PARENT and epic is not None and parent is None:  # Data Center: an epic is no parent there
            return [change for change in changes if change[1].field_id not in self._fields.epic_links]
        if field_id != PARENT and epic is None and parent is not None:  # a subtask: its parent is no epic
            return [change for change in changes if change[1].field_id != ASSOCIATION]
        return changes

    def _resolved(self) -> dict[int, list[Moment]]:
        found: dict[int, list[Moment]] = {}
        changed, present = self._changes.get(RESOLUTION, {}), self.texts(RESOLVED)
        for row, at in enumerate(milliseconds(self._columns["resolved_at"])):
            changes = changed.get(row, [])
            if changes or at is not None:
                now = Now(present[row], is_known=self._is_known(row, RESOLVED))
                found[row], contradicts = resolved(changes, self.lives[row], now, at)
                self.contradictions[RESOLVED] += contradicts
        return found

    def _replayed_sets(self, field_id: str) -> dict[int, list[SetMoment]]:
        if field_id not in self._set_moments:
            found = self._set_moments[field_id] = {}
            changed = self._changes.get(field_id, {})
            (kind, _), present = self._fields.sets[field_id], self._present_sets(field_id)
            for row, changes in changed.items():
                now = Now(values=present[row], is_known=self._is_known(row, field_id))
                found[row], contradicts = replayed_set(kind, changes, self.lives[row], now)
                self.contradictions[field_id] += contradicts
        return self._set_moments[field_id]
