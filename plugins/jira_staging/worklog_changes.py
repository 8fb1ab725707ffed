"""Worklogs that were written, edited or deleted without their issue's `updated` moving: Jira has a list of these alone."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.entities.child_rows import ChildLists, child_rows, worklogs_by_issue
from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.issues import batched
from jira_staging.jira_api.worklog_feed import WORKLOGS_PER_REQUEST, changed_worklogs, read_worklogs
from jira_staging.planning import Plan
from jira_staging.records import Batch, Report, Rows
from jira_staging.run_logs import RunLog
from jira_staging.scope_members import alive, members
from jira_staging.staging import Staging
from jira_staging.tables import TABLES

log = RunLog(__name__)

# Jira leaves out the last minute before the question, which may have been asked a little after a run's beginning.
LEFT_OUT_MILLISECONDS = 120_000


class WorklogChanges:
    """What Jira's list of changed worklogs says, brought into the table for the issues of the scopes that are read.

    `report_scope` is where it is counted: the list is the whole site's.
    """

    def __init__(self, jira: JiraClient, staging: Staging, report: Report, *, report_scope: str) -> None:
        self._jira = jira
        self._staging = staging
        self._report = report
        self._scope = report_scope
        self._changed: set[int] = set()

    def apply(self, plans: Sequence[Plan], entities: Collection[str]) -> dict[str, list[int]]:
        """Publish what changed since the scopes were last read; what is read from its beginning needs none of it.

        This comes before any watermark moves: a run that is killed later does it again. By scope, the issues whose payloads
        are to be kept anew; no scope without any.
        """
        read_before = [planned for planned in plans if planned.since is not None]
        if "worklog" not in entities or not read_before:
            return {}
        since = min(planned.since for planned in read_before if planned.since is not None) - LEFT_OUT_MILLISECONDS
        within = _Within(self._staging, read_before, entities)
        try:
            self._update(since, within)
            self._delete(since, within)
        except JiraNotPermitted as refusal:
            self._report.tally("worklog", self._scope).message = f"not permitted: {refusal}"
            self._report.notes.append(
                f"worklog: the site's list of changed worklogs is not permitted, so a worklog that changed without its issue "
                f"keeps its old row. {refusal}"
            )
            log.warning("The site's list of changed worklogs is not permitted: %s", refusal)
        if "_raw_issue" not in entities:
            return {}
        # What is kept of an issue has its worklogs, and `rebuild` makes rows of these.
        found = {planned.scope.name: members(self._staging, planned, sorted(self._changed)) for planned in read_before}
        return {scope: ids for scope, ids in found.items() if ids}

    def _update(self, since: int, within: "_Within") -> None:
        seen: set[int] = set()
        for page in self._events("updated", since):
            for ids in batched([id_ for id_ in page if id_ not in seen], WORKLOGS_PER_REQUEST):
                seen.update(ids)
                found, rejected = worklogs_by_issue(read_worklogs(self._jira, ids))
                lists = ChildLists("worklog", rejected=rejected)
                for issue_id in within.issues(list(found)):
                    self._changed.add(issue_id)
                    lists.add(issue_id, found[issue_id], None, intact=False)  # there may be others that did not change
                self._publish(child_rows(lists).rows, lists)

    def _delete(self, since: int, within: "_Within") -> None:
        seen: set[int] = set()
        for page in self._events("deleted", since):
            gone = [id_ for id_ in page if id_ not in seen]
            seen.update(gone)
            stored = alive(self._staging, "worklog", ["issue_id"], {"id": gone}) if gone else None
            if stored is None or not stored.num_rows:
                continue
            issues = within.issues(stored["issue_id"].unique().to_pylist())
            self._changed.update(issues)
            # What is personal may be hashed in the table already, and stays as it is.
            columns = [column.name for column in TABLES["worklog"].columns if not column.personal]
            rows = alive(self._staging, "worklog", columns, {"issue_id": issues})
            rest = rows.filter(pc.invert(pc.is_in(rows["id"], pa.array(gone, pa.int64()))))
            self._publish(Rows("worklog", rest, owners=tuple(issues), gone_reason="deleted"), ChildLists("worklog"))

    def _events(self, kind: Literal["updated", "deleted"], since: int) -> Iterator[list[int]]:
        def tell(at: int) -> None:
            moment = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
            words = (
                f"worklog: Jira's list of {kind} worklogs has more of {moment} than it gives, and what it leaves out keeps its "
                "old rows. Load everything anew once (`--full`)."
            )
            self._report.check(("worklog", self._scope), f"{kind}_listed", {"cut_off_at": moment}, wrong=words)

        return changed_worklogs(self._jira, kind, since, on_gap=tell)

    def _publish(self, rows: Rows, lists: ChildLists) -> None:
        if rows.data.num_rows or rows.owners or lists.rejected:
            self._staging.publish(Batch(self._scope, (rows,), tuple(lists.rejected)), self._report)
            self._report.tally("worklog", self._scope).mode = "incremental"


class _Within:
    """Which issues belong to the scopes that are read, as far as they are in the tables."""

    def __init__(self, staging: Staging, plans: Sequence[Plan], entities: Collection[str]) -> None:
        self._staging = staging
        self._project_ids = [planned.scope.project_id for planned in plans if planned.scope.project_id is not None]
        self._scopes = [planned.scope.name for planned in plans if planned.scope.project_id is None]
        self._knows_projects = "issue" in entities

    def issues(self, ids: Sequence[int]) -> list[int]:
        """Those of the ids that do."""
        if not ids:
            return []
        if not self._knows_projects:
            # Without the table `issue` nothing else says which issues were ever read.
            return _distinct(self._staging.read("worklog", ["issue_id"], {"issue_id": ids})["issue_id"])
        found: list[int] = []
        if self._project_ids:
            where = {"id": ids, "project_id": self._project_ids}
            found += alive(self._staging, "issue", ["id"], where)["id"].to_pylist()
        if self._scopes:
            where_held: dict[str, Sequence[int | str]] = {"scope": self._scopes, "issue_id": ids}
            found += self._staging.read("_scope_issue", ["issue_id"], where_held)["issue_id"].to_pylist()
        return list(dict.fromkeys(found))


def _distinct(values: pa.ChunkedArray) -> list[int]:
    return list(values.unique().to_pylist())
