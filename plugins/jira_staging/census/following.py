"""What a census reads again although its own ids are there: issues that name a gone one, or that lost a comment."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.census.stored_issues import some_at_a_time
from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.readings import reading_of
from jira_staging.records import Report
from jira_staging.run_logs import RunLog
from jira_staging.scope_members import alive
from jira_staging.staging import Staging

log = RunLog(__name__)


def relatives(staging: Staging, gone: Sequence[int], tables: Collection[str]) -> set[int]:
    """Issues that name one of these as parent, epic or link. Jira need not move their `updated` when it goes."""
    names = [("issue", "id", "parent_id"), ("issue", "id", "epic_id")]
    names += [("issue_link", "issue_id", "related_issue_id")] if "issue_link" in tables else []
    found: set[int] = set()
    for some in some_at_a_time(gone):
        for table, column, other in names:
            found.update(alive(staging, table, [column], {other: some})[column].to_pylist())
    return found - set(gone)


def lost_a_comment(
    jira: JiraClient, staging: Staging, ids: pa.Array, *, began: int, days: int | None, report: Report
) -> list[int]:
    """Which of these issues have a comment in the table that Jira does not show: of those updated in the last `days`.

    Jira tells nobody that a comment was deleted; reading its issue again marks it. `began` is now, by Jira's clock.
    """
    lost: dict[int, None] = {}
    try:
        for some in some_at_a_time(_updated_since(staging, ids, began, days)):
            comments = alive(staging, "comment", ["id", "issue_id"], {"issue_id": some})
            issue_of = dict(zip(comments["id"].to_pylist(), comments["issue_id"].to_pylist(), strict=True))
            for asked, shown in reading_of(jira).shown_comments(jira, issue_of):
                lost |= dict.fromkeys(issue_of[comment_id] for comment_id in asked if comment_id not in shown)
    except JiraNotPermitted as refusal:
        report.notes.append(f"comment: Jira does not list comments to this account, so none was compared. {refusal}")
        log.warning("Comments could not be compared: %s", refusal)
    return list(lost)


def _updated_since(staging: Staging, ids: pa.Array, began: int, days: int | None) -> list[int]:
    if days is None:
        return list(ids.to_pylist())
    since = datetime.fromtimestamp(began / 1000, UTC) - timedelta(days=days)
    return list(_recent(staging, ids, since))


def _recent(staging: Staging, ids: pa.Array, since: datetime) -> Iterator[int]:
    for some in some_at_a_time(ids.to_pylist()):
        rows = alive(staging, "issue", ["id", "updated_at"], {"id": some})
        moments = rows["updated_at"]
        yield from rows.filter(pc.greater_equal(moments, pa.scalar(since, moments.type)))["id"].to_pylist()
