"""Why issues that only the tables have are not in Jira's list any longer. What Jira does not tell is called `missing`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from jira_staging.census.comparing import Comparison
from jira_staging.census.scopes import LoadedScope
from jira_staging.census.stored_issues import alive_ids, some_at_a_time
from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api import directory
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.paging import known
from jira_staging.jira_api.presence import ShownIssue
from jira_staging.jira_api.readings import reading_of
from jira_staging.phases import phase
from jira_staging.records import Gone, GoneReason, Report, SyncState
from jira_staging.run_logs import RunLog
from jira_staging.scope_members import alive
from jira_staging.staging import Staging

log = RunLog(__name__)

# An issue that was updated later than this before the census may only be late in the search index.
SETTLED_AFTER_MILLISECONDS = 12 * 3_600_000


class _Listed(msgspec.Struct):
    id: int


@dataclass
class Verdict:
    """What becomes of one scope's issues that only the tables have.

    `gone` is by reason (None: another scope holds them); `moved` are now in another scope of this census, by its name, and
    are read again there; `unsettled` may only be late in the index; `withheld` would be missing, but are too many.
    """

    of: Comparison
    gone: dict[GoneReason | None, list[int]] = field(default_factory=dict)
    moved: dict[str, list[int]] = field(default_factory=dict)
    unsettled: list[int] = field(default_factory=list)
    withheld: list[int] = field(default_factory=list)

    def as_gone(self) -> list[Gone]:
        """The issues as the staging database takes them."""
        return [Gone(reason, ids) for reason, ids in self.gone.items() if ids]

    def marked(self) -> list[int]:
        """All issues that will be marked as gone."""
        return [issue_id for reason, ids in self.gone.items() if reason for issue_id in ids]


@dataclass(frozen=True)
class _Row:
    """What the table has of an issue that Jira does not show."""

    key: str
    project_id: int
    updated_at: datetime


def standings(
    jira: JiraClient, staging: Staging, scopes: Sequence[LoadedScope], report: Report, *, sees_any: bool
) -> list[LoadedScope]:
    """The scopes with how their projects stand that the account does not see alive: archived, or not to be seen at all.

    Those of which nothing is left to mark are left out. Without `sees_any` Jira lists no project at all to the account.
    A project that answers 404 counts as hidden only right after `/myself` succeeded, and only one does so in a run: an account
    that lost its rights must not empty the tables.
    """
    decided = [one for one in scopes if one.standing == "visible"]
    vanished = [one for one in scopes if one.standing != "visible"]
    left = alive_ids(staging, vanished)
    vanished = [one for one in vanished if len(left[one.scope.name])]
    archived = _archived_projects(jira) if vanished else set()
    hidden = None
    for one in vanished:
        if one.scope.project_id in archived:
            decided.append(replace(one, standing="archived"))
        elif sees_any and hidden is None and one.scope.project_id is not None and _is_hidden(jira, one.scope.project_id):
            hidden = one.scope.label
            decided.append(replace(one, standing="project_not_visible"))
        else:
            decided.append(one)
            why = f"a census takes one project at most as hidden ({hidden or 'none now'})" if sees_any else "nor is any other"
            wrong = (
                f"{one.scope.label}: the project is not listed any longer, and its issues were left as they are: {why}. "
                "Check the account's rights, or run it again."
            )
            report.check(("issue", one.scope.name), "project_visible", {"hidden_now": hidden}, wrong=wrong)
    return decided


class Judge:
    """Finds out, for all scopes of a census together, why issues are not in Jira's list."""

    def __init__(self, jira: JiraClient, staging: Staging, states: Mapping[str, SyncState], began: int, report: Report) -> None:
        self._jira = jira
        self._staging = staging
        self._states = states
        self._settled = began - SETTLED_AFTER_MILLISECONDS
        self._report = report
        self._shown: dict[int, ShownIssue] = {}
        self._rows: dict[int, _Row] = {}
        self._deleted: set[int] = set()
        self._archived: Collection[int] = ()

    @phase("find_reasons")
    def verdicts(self, comparisons: Sequence[Comparison], max_missing: float) -> list[Verdict]:
        """What becomes of the issues of each comparison that only the tables have."""
        beyond = list(dict.fromkeys(issue_id for one in comparisons for issue_id in one.beyond.to_pylist()))
        self._ask(beyond)
        scope_of_project = {
            one.of.scope.project_id: one.of.scope.name
            for one in comparisons
            if one.of.scope.project_id is not None and one.of.standing == "visible"
        }
        found = []
        for comparison in comparisons:
            verdict = Verdict(comparison)
            for issue_id in comparison.beyond.to_pylist():
                self._place(verdict, issue_id, scope_of_project)
            self._leave_to_others(verdict)
            self._withhold(verdict, max_missing)
            found.append(verdict)
        return found

    def _ask(self, ids: Sequence[int]) -> None:
        """What Jira shows of these issues; of the others what the table has, and what the audit log says."""
        if not ids:
            return
        self._shown = reading_of(self._jira).shown_issues(self._jira, ids)
        unseen = [issue_id for issue_id in ids if issue_id not in self._shown]
        for some in some_at_a_time(unseen):
            rows = alive(self._staging, "issue", ["id", "key", "project_id", "updated_at"], {"id": some}).to_pylist()
            self._rows |= {row["id"]: _Row(row["key"], row["project_id"], row["updated_at"]) for row in rows}
        if self._rows:
            self._archived = _archived_projects(self._jira)
            self._deleted = set(self._called_deleted())

    def _called_deleted(self) -> Iterator[int]:
        ids_of_keys = {row.key: issue_id for issue_id, row in self._rows.items()}
        since = min(row.updated_at for row in self._rows.values())
        try:
            for deleted in reading_of(self._jira).deleted_issues(self._jira, int(since.timestamp() * 1000)):
                # A key is never given twice, so it says as much as the id.
                issue_id = deleted.id if deleted.id in self._rows else ids_of_keys.get(deleted.key)
                if issue_id is not None:
                    yield issue_id
        except JiraNotPermitted as refusal:
            self._report.notes.append(f"The audit log may not be read, so what was deleted is called `missing`. {refusal}")
            log.info("The audit log may not be read, so what was deleted is called `missing`: %s", refusal)

    def _place(self, verdict: Verdict, issue_id: int, scope_of_project: Mapping[int, str]) -> None:
        reason = self._reason(verdict.of.of, issue_id)
        shown = self._shown.get(issue_id)
        if reason == "moved_out_of_scope" and shown is not None and shown.project_id in scope_of_project:
            verdict.moved.setdefault(scope_of_project[shown.project_id], []).append(issue_id)
        elif reason is None:
            verdict.unsettled.append(issue_id)
        else:
            verdict.gone.setdefault(reason, []).append(issue_id)

    def _reason(self, of: LoadedScope, issue_id: int) -> GoneReason | None:
        """Why the scope does not have the issue any longer; None where it may have it."""
        shown = self._shown.get(issue_id)
        if shown is None:
            return self._reason_of_unseen(of, issue_id)
        if of.scope.project_id is None:
            return "out_of_scope"
        if shown.project_id != of.scope.project_id:
            return "moved_out_of_scope"
        # Jira shows an archived issue by its id and finds it by no search.
        is_settled = of.standing == "visible" and shown.updated < self._settled
        is_archived = of.standing == "archived" or (is_settled if shown.is_archived is None else shown.is_archived)
        return "archived" if is_archived else None

    def _reason_of_unseen(self, of: LoadedScope, issue_id: int) -> GoneReason | None:
        if issue_id in self._deleted:
            return "deleted"
        row = self._rows.get(issue_id)
        if of.standing == "archived" or (row is not None and row.project_id in self._archived):
            return "archived"
        if of.standing == "undecided":
            return None
        return "project_not_visible" if of.standing == "project_not_visible" else "missing"

    def _leave_to_others(self, verdict: Verdict) -> None:
        """What another scope still holds is not gone; that one's own census says so when it is."""
        name = verdict.of.of.scope.name
        for reason, ids in list(verdict.gone.items()):
            # Nothing holds what Jira itself calls deleted.
            if reason is None or reason == "deleted":
                continue
            held = self._held_by_others(name, reason, ids)
            verdict.gone[reason] = [issue_id for issue_id in ids if issue_id not in held]
            verdict.gone.setdefault(None, []).extend(issue_id for issue_id in ids if issue_id in held)

    def _held_by_others(self, scope: str, reason: GoneReason, ids: Sequence[int]) -> set[int]:
        held = set()
        for some in some_at_a_time(ids):
            rows = self._staging.read("_scope_issue", ["scope", "issue_id"], {"issue_id": some}).to_pylist()
            held |= {row["issue_id"] for row in rows if row["scope"] != scope}
        if scope.startswith("jql:") or reason == "moved_out_of_scope":
            held |= {issue_id for issue_id in ids if f"project:{self._project_of(issue_id)}" in self._states}
        return held

    def _project_of(self, issue_id: int) -> int | None:
        shown, row = self._shown.get(issue_id), self._rows.get(issue_id)
        return shown.project_id if shown else row.project_id if row else None

    def _withhold(self, verdict: Verdict, max_missing: float) -> None:
        """Mark none as missing where so many would be that something else is more likely."""
        missing, count = verdict.gone.get("missing", []), len(verdict.of.alive)
        if len(missing) > max_missing * count:
            verdict.withheld = verdict.gone.pop("missing")


def _archived_projects(jira: JiraClient) -> set[int]:
    pages = reading_of(jira).projects(jira, ["archived"])
    return {known(item, _Listed).id for page in pages for item in page}


def _is_hidden(jira: JiraClient, project_id: int) -> bool:
    jira.now()  # `/myself` says that the token is good: to a stranger every project answers 404
    return not directory.is_project_visible(jira, project_id)
