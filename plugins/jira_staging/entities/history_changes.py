"""The changes of a batch's issues, by the field whose history each belongs to."""

from collections import defaultdict
from collections.abc import Sequence

from jira_staging.entities.changelog import ChangeItem, Changelogs, History
from jira_staging.entities.history_fields import STATUS, HistoryFields
from jira_staging.entities.history_values import ValueKind
from jira_staging.entities.replaying import Change


class GatheredChanges:
    """`by_field`: field id, the issue's place in the batch, its changes of that field, oldest first.

    `statuses` are the changes of status with their places in their acts. `of_gone_fields` counts changes of custom fields that
    the site no longer has.
    """

    def __init__(self, issue_ids: Sequence[int], changelogs: Changelogs, fields: HistoryFields) -> None:
        self.by_field: dict[str, dict[int, list[Change]]] = defaultdict(lambda: defaultdict(list))
        self.statuses: dict[int, list[tuple[History, int, ChangeItem]]] = defaultdict(list)
        self.of_gone_fields = 0
        self._fields = fields
        for row, issue_id in enumerate(issue_ids):
            for history in changelogs.histories.get(issue_id, ()):
                self._gather(row, history)

    def _gather(self, row: int, history: History) -> None:
        targets, by_field = self._fields.targets, self.by_field
        for position, item in enumerate(history.items):
            if item is None:
                continue
            field_id = item.field_id or item.field
            if field_id == STATUS:
                self.statuses[row].append((history, position, item))
            for target in targets(field_id):
                by_field[target][row].append((history, item))
            if item.field_type == "custom" and self._fields.is_gone(field_id):
                self.of_gone_fields += 1


def told_once(kind: ValueKind, changes: Sequence[Change]) -> list[Change]:
    """Changes without those that lead to what already holds: Jira tells of an epic under two names."""
    kept: list[Change] = []
    value = None
    for history, item in changes:
        after = kind.told(item.to_value, item.to_text)
        if not kept or after != value:
            kept.append((history, item))
            value = after
    return kept
