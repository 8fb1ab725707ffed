"""Issues with all that hangs on them, portion by portion and in order: several questions at once, in bounded memory.

Two rows of questions, one behind the other. The first asks in bulk: the changelogs of up to 1,000 issues, then these issues
by hundreds. The second passes these answers on and asks for what they turned out to lack, and for what only exists an issue
at a time. What the tables hold of long lists is read anew by its ids, in bulk as well.
"""

from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

from jira_staging.bulk_questions import Part, Question, grouped, shared_out
from jira_staging.entities.changelog import needs_changelogs
from jira_staging.entities.children import lacks_entries
from jira_staging.entities.issue import IssueFlattener
from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.entities.issue_payload import EMBEDDED_FIELDS, Issue
from jira_staging.entities.raw_payloads import payloads_by_id
from jira_staging.entities.service_requests import RequestFlattener
from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api import children, service_desks
from jira_staging.jira_api.answers import JiraHasNone
from jira_staging.jira_api.changelogs import ChangelogsTooLarge, FetchedChangelogs, fetch_changelogs
from jira_staging.jira_api.children import ChildPage
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.in_order import Given, Room, in_order
from jira_staging.jira_api.issues import FetchedIssues
from jira_staging.jira_api.paging import json_bytes
from jira_staging.jira_api.readings import reading_of
from jira_staging.known_entries import KnownEntries, read_by_ids
from jira_staging.portions import SHOWN_IN_PART, Portion, Refusal, kept_of
from jira_staging.records import RejectedRow
from jira_staging.tables import GROUPS

# Changelogs of 1,000 issues are a few megabytes; where they are more than this they are asked for with each hundred issues.
CHANGELOG_BYTES = 16 << 20

# What an issue is asked for by itself is small, and nothing is drawn while rows are made of some hundred issues: so much is
# under way by then that all threads have work meanwhile.
ROOM_BESIDE = Room(per_thread=6, bytes=12 << 20)

Act = Callable[[JiraClient], Any]

# What is asked an issue at a time, by table.
ONE_BY_ONE: dict[str, Callable[[JiraClient, int], ChildPage]] = {
    "remote_link": children.remote_links,
    "issue_watcher": children.watchers,
    "issue_vote": children.votes,
    "issue_property": children.properties,
    "issue_transition": children.transitions,
}
# What a service desk is asked of an issue whose own fields do not tell, by table.
OF_REQUESTS: dict[str, Callable[[JiraClient, int], ChildPage]] = {
    "request": service_desks.request,
    "sla_cycle": service_desks.slas,
    "approval": service_desks.approvals,
}


class PortionReader:
    """Reads issues by their ids, with what hangs on them as far as the asked-for tables need it."""

    def __init__(
        self,
        jira: JiraClient,
        flattener: IssueFlattener,
        requests: RequestFlattener,
        entities: Collection[str],
        fields: Sequence[str],
    ) -> None:
        self._jira = jira
        self._flattener = flattener
        self._requests = requests
        self._fields = list(fields)
        self._wants_changelogs = needs_changelogs(entities)
        histories = [table for table in GROUPS["history"] if table in entities]
        self._histories = ["changelog_item"] if "changelog_item" in entities else histories
        self._keeps_payloads = "_raw_issue" in entities
        self._in_part = [table for table in SHOWN_IN_PART if table in entities]
        self._known = KnownEntries()
        self._one_by_one = [table for table in ONE_BY_ONE if table in entities]
        self._refused: set[tuple[str, int | None]] = set()

    def knows_of(self) -> list[str]:
        """The tables of which it is of use to know what they hold of the issues that are to be read.

        None where payloads are kept: what is kept beside them are whole lists.
        """
        cut = [table for table in self._in_part if EMBEDDED_FIELDS[table] in self._fields]
        if reading_of(self._jira).shows_all_comments:
            cut = [table for table in cut if table != "comment"]
        return [] if self._keeps_payloads else cut

    def needs_histories(self) -> list[str]:
        """The tables of which it is of use to know whether they tell of changes; none where an issue brings its changelog."""
        return [] if reading_of(self._jira).shows_changelogs else self._histories

    def read(self, id_lists: Sequence[Sequence[int]], known: KnownEntries | None = None) -> Generator[Portion, None, None]:
        """The issues of each list, list after list in their order, in portions that are bounded by what one issue can have.

        `known` is what the tables hold of them already.
        """
        self._known = known or KnownEntries()
        held: FetchedChangelogs | None = FetchedChangelogs()
        portion: Portion | None = None
        acts = self._second_acts(list(self._questions(id_lists)))
        with closing(in_order(self._jira, acts, size=_held_bytes, room=ROOM_BESIDE)) as parts:
            for part in parts:
                if portion is not None and isinstance(part, ChildPage | Refusal):
                    portion.add(part)
                    self._remember(part)
                    continue
                if portion is not None:
                    yield from self._completed(portion, held)
                portion = part if isinstance(part, Portion) else None
                held = held if isinstance(part, Portion) else part
            if portion is not None:
                yield from self._completed(portion, held)

    def _questions(self, id_lists: Sequence[Sequence[int]]) -> Iterator[Question]:
        """What is asked in bulk: issues, and before each group of these their changelogs and what is known of long lists."""
        for group in grouped(id_lists):
            issue_ids = [issue_id for question in group for issue_id in question.ids]
            if self._wants_changelogs and not reading_of(self._jira).shows_changelogs:
                yield Question(issue_ids)
            yield from (Question(ids, table=table) for table, ids in self._known.questions(issue_ids))
            yield from group

    def _first_act(self, question: Question) -> Act:
        if question.table is not None:
            return partial(read_by_ids, table=question.table, ids=question.ids)
        if not question.parts:
            return partial(_changelogs_within_bounds, ids=question.ids)
        reading = reading_of(self._jira)
        return partial(reading.fetch, ids=question.ids, fields=self._fields, changelogs=self._wants_changelogs)

    def _second_acts(self, questions: Sequence[Question]) -> Iterator[Act | Given[Any]]:
        held: FetchedChangelogs | None = FetchedChangelogs()
        with closing(in_order(self._jira, map(self._first_act, questions), size=_held_bytes)) as answers:
            for question, answer in zip(questions, answers, strict=True):
                if question.table is not None:
                    self._known.take(question.table, answer)
                    continue
                if not question.parts:
                    held = answer
                    yield Given(held)
                    continue
                if answer.changelogs is not None:
                    held = answer.changelogs
                    yield Given(held)
                if held is None:
                    yield partial(_changelogs_within_bounds, ids=question.ids)
                yield from self._acts_for(question, answer)

    def _acts_for(self, question: Question, answer: FetchedIssues) -> Iterator[Act | Given[Any]]:
        batch = self._flattener.decode(answer.arrays)
        batch.rejected += [RejectedRow("issue", str(one), why, "null") for one, why in answer.too_large.items()]
        payloads = payloads_by_id(answer.arrays) if self._keeps_payloads else {}
        for part, own in shared_out(batch, question.parts):
            yield from self._acts_of(part, own, payloads=payloads, size=answer.size * len(part.ids) // len(question.ids))

    def _acts_of(self, part: Part, batch: IssueBatch, *, payloads: dict[int, bytes], size: int) -> Iterator[Act | Given[Any]]:
        """The part's issues, and what has to be asked beside them; `size` is in bytes of JSON."""
        lists = {issue.id: self._known.whole_lists(issue) for issue in batch.issues if issue.id not in batch.damaged}
        beside = {issue.id: acts for issue in batch.issues if (acts := self._beside(issue, lists.get(issue.id, {})))}
        alone = [issue for issue in batch.issues if issue.id in beside]
        together = replace(batch, issues=[issue for issue in batch.issues if issue.id not in beside])
        rest = [issue_id for issue_id in part.ids if issue_id not in beside]
        kept = kept_of(payloads, set(rest))
        known = {key: read for issue in together.issues for key, read in lists.get(issue.id, {}).items()}
        size += sum(json_bytes(read.items) for read in known.values())
        yield Given(Portion(part.place, rest, together, part.is_last and not alone, size, lists=known, payloads=kept))
        for issue in alone:
            kept = kept_of(payloads, [issue.id])
            is_last = part.is_last and issue is alone[-1]
            known = lists.get(issue.id, {})
            yield Given(Portion(part.place, [issue.id], batch.only([issue]), is_last, lists=known, payloads=kept))
            # What was refused may have become known since they were put together.
            yield from (act for table, act in beside[issue.id] if (table, _project_id(issue)) not in self._refused)

    def _beside(self, issue: Issue, lists: Collection[tuple[str, int]]) -> list[tuple[str, Act]]:
        """What has to be asked for beside this issue, whose `lists` are known to be whole, and for which table."""
        acts: list[tuple[str, Act]] = []
        for table in self._in_part:
            count = 0 if (table, issue.id) in lists else lacks_entries(issue, table)
            if count and table == "comment":
                ends = [*range(children.COMMENTS_PER_PAGE, count, children.COMMENTS_PER_PAGE), None]
                starts = range(0, count, children.COMMENTS_PER_PAGE)
                acts += [
                    (table, _asking(table, issue, partial(children.comments, start=start, end=end)))
                    for start, end in zip(starts, ends, strict=True)
                ]
            elif count:
                acts.append((table, _asking(table, issue, SHOWN_IN_PART[table])))
        acts += [(table, _asking(table, issue, OF_REQUESTS[table])) for table in self._requests.lacks(issue)]
        return acts + [(table, _asking(table, issue, ONE_BY_ONE[table])) for table in self._one_by_one]

    def _remember(self, part: ChildPage | Refusal) -> None:
        # Rights are a project's. What is not there (404) is the one issue's affair, and so is a comment.
        if isinstance(part, Refusal) and part.table in (*ONE_BY_ONE, *OF_REQUESTS) and not isinstance(part.error, JiraHasNone):
            self._refused.add((part.table, _project_id(part.issue)))

    def _completed(self, portion: Portion, held: FetchedChangelogs | None) -> Iterator[Portion]:
        portion.settle(self._jira)
        if held is not None:
            portion.take_changelogs(held)
            portion.take_changelogs(self._asked_again(portion))
            yield portion
            return
        # Even a hundred issues have too much: then each is a portion of its own.
        batch = portion.batch
        shown = set(batch.ids)
        rest = [issue_id for issue_id in portion.asked if issue_id not in shown]
        others = kept_of(portion.payloads, portion.payloads.keys() - shown)
        nothing = replace(batch, issues=[])
        yield replace(portion, asked=rest, batch=nothing, is_last=portion.is_last and not shown, payloads=others)
        for issue in batch.issues:
            is_last = portion.is_last and issue is batch.issues[-1]
            kept = kept_of(portion.payloads, [issue.id])
            alone = Portion(portion.place, [issue.id], batch.only([issue]), is_last, lists=portion.lists, payloads=kept)
            alone.take_changelogs(fetch_changelogs(self._jira, [issue.id]))
            yield alone

    def _asked_again(self, portion: Portion) -> FetchedChangelogs:
        """The changelogs of issues that changed, as the tables know, and that were hidden while changelogs were asked for."""
        shown = [issue_id for issue_id in portion.batch.ids if issue_id in self._known.changed]
        lost = [issue_id for issue_id in shown if issue_id not in portion.changelogs]
        return fetch_changelogs(self._jira, lost) if lost else FetchedChangelogs()


def _held_bytes(part: object) -> int:
    """How much JSON it is, of what is large or comes in numbers."""
    beside = part.changelogs.size if isinstance(part, FetchedIssues) and part.changelogs else 0
    return beside + (part.size if isinstance(part, FetchedIssues | FetchedChangelogs | Portion | ChildPage) else 0)


def _changelogs_within_bounds(jira: JiraClient, ids: Sequence[int]) -> FetchedChangelogs | None:
    """The changelogs; None where they are too large to be held together."""
    try:
        return fetch_changelogs(jira, ids, most_bytes=CHANGELOG_BYTES)
    except ChangelogsTooLarge:
        return None


def _asking(table: str, issue: Issue, ask: Callable[[JiraClient, int], ChildPage]) -> Act:
    def act(jira: JiraClient) -> ChildPage | Refusal:
        try:
            return ask(jira, issue.id)
        except JiraNotPermitted as error:
            return Refusal(table, issue, error)

    return act


def _project_id(issue: Issue) -> int | None:
    project = issue.fields.project
    return None if project is None else project.id
