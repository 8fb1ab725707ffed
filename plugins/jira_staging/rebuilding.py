"""The third story: payloads that a sync kept become rows once more, and Jira is not asked.

The same flatteners and the same merge as in a sync: a row that is newer than its payload stays, and what is as it was is not
written. No watermark moves, and what else the schema holds stays as it is.
"""

import logging
from collections.abc import Mapping, Sequence
from functools import partial

import pyarrow as pa

from jira_staging.entities.changelog import needs_changelogs
from jira_staging.entities.field_catalogue import FieldCatalogue, FieldColumn
from jira_staging.entities.raw_payloads import FIELD_LIST, kept_issues
from jira_staging.errors import WrongUse
from jira_staging.freed_memory import collect_young, collector_paused
from jira_staging.issue_publishing import NOTHING_SENT, IssuePublisher
from jira_staging.load_strategies import require_merged
from jira_staging.phases import phase
from jira_staging.planning import entities_asked
from jira_staging.portions import Portion
from jira_staging.records import Batch, Gone, GoneReason, Report, SyncRequest
from jira_staging.run_frames import LOCK_WAIT_SECONDS, reported, show_names
from jira_staging.staging import WHOLE_SCHEMA, Staging
from jira_staging.tables import DEFAULT_ENTITIES, MADE_OF_ISSUES, SITE_SCOPE

log = logging.getLogger(__name__)

# Some megabytes of JSON, as many as a sync publishes at once.
ISSUES_AT_ONCE = 1_000
_REBUILT = (*MADE_OF_ISSUES, "user")


def site_of_kept(staging: Staging) -> str:
    """The site whose answers the schema keeps. Raises WrongUse where it keeps none."""
    columns = staging.columns("_raw_answer")
    rows = staging.read("_raw_answer", ["site"], {"question": [FIELD_LIST]}) if columns else None
    if rows is None or not rows.num_rows:
        raise WrongUse("This schema keeps no payloads to rebuild from: load it with `raw=True` (`sync --raw`) first.")
    return str(rows["site"][0].as_py())


@phase("rebuild")
def rebuild(staging: Staging, request: SyncRequest, report: Report) -> None:
    """Make the asked-for tables anew from what was kept. `request` says which entities and fields; the rest of it is unused."""
    report.mode = "rebuild"
    staging.prepare(report.run)
    with reported(staging, report, lambda: NOTHING_SENT), staging.locked([WHOLE_SCHEMA], LOCK_WAIT_SECONDS):
        kept = staging.read("_raw_issue", ["issue_id", "has_changelog", "_deleted_reason"])
        entities = _entities(request, kept, report)
        require_merged(staging, report.run.site, entities)
        catalogue = _catalogue(staging, request)
        rows = tuple(rows for rows in catalogue.flatten().rows if rows.table == "field_column")
        staging.publish(Batch(SITE_SCOPE, rows), report)
        publisher = IssuePublisher(staging, catalogue, entities, report, ids_elsewhere=partial(_ids_kept, staging))
        report.issues_planned = kept.num_rows
        with collector_paused():
            for reason, ids in _by_reason(kept).items():
                for start in range(0, len(ids), ISSUES_AT_ONCE):
                    some = ids[start : start + ISSUES_AT_ONCE]
                    publisher.publish([publisher.flatten(SITE_SCOPE, [_portion(staging, publisher, some)])])
                    if reason is not None:
                        staging.mark_gone(SITE_SCOPE, [Gone(reason, some)], report)
                    collect_young()
        show_names(staging, catalogue)


def _entities(request: SyncRequest, kept: pa.Table, report: Report) -> tuple[str, ...]:
    """The tables to make. Raises WrongUse for those that the payloads do not hold."""
    asked = entities_asked(request.entities)
    chosen = tuple(name for name in asked if name in _REBUILT)
    others = [name for name in asked if name not in _REBUILT]
    if request.entities and others:
        raise WrongUse(
            f"{', '.join(others)}: not made of issues. A sync with `full` reads this whole, so sync to bring it back."
        )
    if not request.entities:
        chosen = tuple(name for name in chosen if name != "user" and name in DEFAULT_ENTITIES)
    if all(kept["has_changelog"].to_pylist()):
        return chosen
    of_changelogs = [name for name in chosen if needs_changelogs([name])]
    if request.entities and of_changelogs:
        raise WrongUse(
            f"{', '.join(of_changelogs)}: made of changelogs, which were not kept for all issues. Sync these tables with "
            "`raw=True` first."
        )
    report.notes.append(f"{', '.join(of_changelogs)}: not made anew, since not all changelogs were kept.")
    return tuple(name for name in chosen if name not in of_changelogs)


def _catalogue(staging: Staging, request: SyncRequest) -> FieldCatalogue:
    (payload,) = staging.read("_raw_answer", ["answer"], {"question": [FIELD_LIST]})["answer"].to_pylist()
    stored = staging.read("field_column", ["field_id", "column_name", "value_type", "is_current"]).to_pylist()
    return FieldCatalogue(
        payload.encode(),
        stored=[FieldColumn(**row) for row in stored],
        include=request.include_fields,
        exclude=request.exclude_fields,
    )


def _by_reason(kept: pa.Table) -> Mapping[GoneReason | None, Sequence[int]]:
    """The ids of the kept issues by why they are gone; None for those that Jira has."""
    ids: dict[GoneReason | None, list[int]] = {None: []}
    for issue_id, reason in zip(kept["issue_id"].to_pylist(), kept["_deleted_reason"].to_pylist(), strict=True):
        ids.setdefault(reason, []).append(issue_id)
    return ids


def _portion(staging: Staging, publisher: IssuePublisher, issue_ids: Sequence[int]) -> Portion:
    rows = staging.read("_raw_issue", ["issue_id", "payload", "beside"], {"issue_id": issue_ids})
    kept = kept_issues(rows)
    batch = publisher.flattener.decode([kept.page])
    return Portion(0, issue_ids, batch, lists=kept.lists, changelogs=kept.changelogs)


def _ids_kept(staging: Staging, keys: Sequence[str]) -> Mapping[str, int]:
    """The ids of issues by their keys, as far as they were kept: of issues, and of what Jira was asked for."""
    issues = staging.read("_raw_issue", ["key", "issue_id"], {"key": keys}).to_pydict()
    questions = [f"key:{key}" for key in keys]
    answers = staging.read("_raw_answer", ["question", "answer"], {"question": questions}).to_pydict()
    told = zip(answers["question"], answers["answer"], strict=True)
    found = {question.removeprefix("key:"): int(answer) for question, answer in told}
    return found | dict(zip(issues["key"], issues["issue_id"], strict=True))
