"""What a run checks of what hangs on issues: as many entries as Jira counts, and which lists the account may not read."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from jira_staging.entities.children import FlattenedChildren
from jira_staging.issue_portions import Refusal
from jira_staging.jira_api.answers import JiraHasNone
from jira_staging.records import Report

log = logging.getLogger(__name__)


@dataclass
class _Count:
    """Of one table and scope: issues read, those whose list is not known to be whole, entries as Jira counts, as were given."""

    issues: int = 0
    incomplete: int = 0
    told: int = 0
    read: int = 0


class ChildChecks:
    """Counts over all batches of a run; the outcome is the check `children` of each table's tally."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._counts: dict[tuple[str, str], _Count] = {}
        self._refused: set[str] = set()

    def note(self, scope: str, children: FlattenedChildren, refused: Sequence[Refusal]) -> None:
        """Take in a published batch of this scope."""
        for lists in children.lists:
            count = self._counts.setdefault((lists.table, scope), _Count())
            issues = len(lists.entries) + lists.unknown
            count.issues += issues
            count.incomplete += issues - len(lists.whole)
            count.told += lists.told
            count.read += lists.read
            if issues:
                self._report.tally(lists.table, scope).check("children", vars(count))
        for table, count_of_plain in children.plain_documents.items():
            self._report.tally(table, scope).count("without_markup", count_of_plain)
        for refusal in refused:
            self._note_refusal(scope, refusal)

    def _note_refusal(self, scope: str, refusal: Refusal) -> None:
        if isinstance(refusal.error, JiraHasNone):
            return  # the issue, or this part of it, is gone: counted as incomplete
        self._report.refused.add(refusal.table)
        self._report.tally(refusal.table, scope).message = f"not permitted: {refusal.error}"
        if refusal.table not in self._refused:
            self._refused.add(refusal.table)
            told = f"{refusal.table}: not permitted for some issues, which keep the rows that they have. {refusal.error}"
            self._report.notes.append(told)
            log.warning("%s", told)
