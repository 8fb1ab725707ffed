"""What a run checks of what hangs on issues: as many entries as Jira counts, and which lists the account may not read."""

from collections.abc import Sequence

from jira_staging.entities.children import ChildCounts
from jira_staging.jira_api.answers import JiraHasNone
from jira_staging.portions import Refusal
from jira_staging.records import Report
from jira_staging.run_logs import RunLog

log = RunLog(__name__)


class ChildChecks:
    """Counts over all batches of a run; the outcome is the check `children` of each table's tally."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._counts: dict[tuple[str, str], ChildCounts] = {}
        self._refused: set[str] = set()

    def note(self, scope: str, children: Sequence[ChildCounts], refused: Sequence[Refusal]) -> None:
        """Take in published issues of this scope."""
        for counts in children:
            total = self._counts.setdefault((counts.table, scope), ChildCounts(counts.table))
            total.add(counts)
            tally = self._report.tally(counts.table, scope)
            if counts.issues:
                tally.check("children", {name: getattr(total, name) for name in ("issues", "incomplete", "told", "read")})
            tally.count("without_markup", counts.plain_documents)
        for refusal in refused:
            self._note_refusal(scope, refusal)

    def _note_refusal(self, scope: str, refusal: Refusal) -> None:
        if isinstance(refusal.error, JiraHasNone):
            return  # the issue, or this part of it, is gone: counted as incomplete
        self._report.refused.add(refusal.table)
        self._report.tally(refusal.table, scope).message = f"not permitted: {refusal.error}"
        if refusal.table not in self._refused:
            self._refused.add(refusal.table)
            told = f"{refusal.table}: not permitted for some issues, which keep the rows that they have."
            self._report.notes.append(f"{told} {refusal.error}")
            log.warning("%s %s", told, refusal.error)
