"""Data Center's issues by their ids: found by a search that names them, since nothing there fetches in bulk.

What the search does not know, because its index lags or is being rebuilt, is asked for by itself. An issue that is a hub, with
thousands of links or comments, may take minutes to answer: it is asked for in parts, which are joined again.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from urllib.parse import quote

import msgspec

from jira_staging.errors import JiraAnswerUnusable
from jira_staging.jira_api import children
from jira_staging.jira_api.answers import REST, AnswerTooLarge, AnswerTooSlow, Call, JiraHasNone
from jira_staging.jira_api.changelogs import FetchedChangelogs
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.data_center_search import ISSUES_PER_PAGE, found
from jira_staging.jira_api.in_order import in_order
from jira_staging.jira_api.issues import ISSUES_PER_REQUEST, FetchedIssues, batched, left_out_as_too_large
from jira_staging.jira_api.paging import Items, known
from jira_staging.jira_api.presence import ShownIssue
from jira_staging.jira_api.rate_headers import milliseconds_of
from jira_staging.json_decoders import decoder_of
from jira_staging.phases import note, phase
from jira_staging.run_logs import RunLog

log = RunLog(__name__)

# What makes a hub's answer slow: each takes a question of its own then. Comments and worklogs have pages to ask for.
HEAVY = ("issuelinks", "subtasks", "attachment")
PAGED = {"comment": msgspec.Raw(b'{"comments":[]}'), "worklog": msgspec.Raw(b'{"worklogs":[]}')}
EVERYTHING = "*all"
# Of a URL: a server, and whatever is in front of it, need take no more than 8 KB of a request's whole head.
LONGEST_FIELDS = 4_000
PRESENCE = ["project", "updated", "archiveddate"]

Parts = dict[str, msgspec.Raw]


class _Issues(msgspec.Struct):
    issues: list[Parts]


class _Changelog(msgspec.Struct):
    histories: msgspec.Raw
    total: int | None = None


class _Id(msgspec.Struct):
    id: int


class _Presence(msgspec.Struct):
    project: _Id
    updated: str = ""
    archiveddate: str | None = None


class _Present(msgspec.Struct):
    id: int
    fields: _Presence


class _Comments(msgspec.Struct):
    comments: list[_Id] = []
    total: int | None = None


class _Commented(msgspec.Struct):
    comment: _Comments = msgspec.field(default_factory=_Comments)


class _WithComments(msgspec.Struct):
    id: int
    fields: _Commented


@phase("fetch")
def fetch(jira: JiraClient, ids: Sequence[int], fields: list[str], *, changelogs: bool) -> FetchedIssues:
    """The issues with these ids, and their whole changelogs where they are wanted."""
    note(issues=len(ids))
    wanted = _Wanted(jira, fields, "changelog" if changelogs else "")
    read = list(wanted.issues(ids))
    told = FetchedChangelogs()
    for issue in read:
        if "changelog" in issue:
            issue_id, histories = _histories(issue)
            told.arrays[issue_id] = [histories]
    array = msgspec.Raw(b"[" + b",".join(msgspec.json.encode(issue) for issue in read) + b"]")
    return FetchedIssues(ids, (array,), told if changelogs else None, wanted.too_large)


def shown_issues(jira: JiraClient, ids: Sequence[int]) -> dict[int, ShownIssue]:
    """Those of the issues that Jira shows. Also archived ones, which no search finds, and what the index does not know."""
    acts = (partial(_present, ids=batch) for batch in batched(ids, ISSUES_PER_PAGE))
    return {issue.id: issue for shown in in_order(jira, acts) for issue in shown}


def shown_comments(jira: JiraClient, issue_of: Mapping[int, int]) -> Iterator[tuple[list[int], set[int]]]:
    """The comments of some issues at a time, and those that Jira shows."""
    of_issue: dict[int, list[int]] = {}
    for comment_id, issue_id in issue_of.items():
        of_issue.setdefault(issue_id, []).append(comment_id)
    acts = (partial(_comments, of_issue={one: of_issue[one] for one in some}) for some in batched(of_issue, ISSUES_PER_REQUEST))
    return in_order(jira, acts)


class _Wanted:
    """Issues with these fields and what `expand` adds, however they can be had."""

    def __init__(self, jira: JiraClient, fields: list[str], expand: str = "") -> None:
        self._jira = jira
        self._fields = fields
        self._expand = expand
        self.too_large: dict[int, str] = {}

    def issues(self, ids: Sequence[int]) -> Iterator[Parts]:
        """Together; one by one what does not come together. An id that is left out is one that Jira does not show."""
        try:
            together = self._together(ids)
        except AnswerTooLarge:
            if len(ids) == 1:
                yield from self._alone(ids[0])
                return
            middle = len(ids) // 2
            yield from self.issues(ids[:middle])
            yield from self.issues(ids[middle:])
            return
        except AnswerTooSlow as late:
            log.warning("One of %s issues takes too long: they are read one by one. %s", len(ids), late)
            together = []
        yield from together
        read = {_id(issue) for issue in together}
        for issue_id in ids:
            if issue_id not in read:
                yield from self._alone(issue_id)

    def _together(self, ids: Sequence[int]) -> list[Parts]:
        body: dict[str, object] = {"jql": f"id in ({','.join(map(str, ids))})", "fields": self._fields}
        if self._expand:
            body["expand"] = [self._expand]
        return found(self._jira, _Issues, body, is_divisible=True).issues

    def _alone(self, issue_id: int) -> Iterator[Parts]:
        try:
            yield self._one(issue_id, self._fields, self._expand, is_divisible=True)
        except JiraHasNone:
            return
        except (AnswerTooSlow, AnswerTooLarge) as hub:
            log.warning("Issue %s is read in parts: %s", issue_id, hub)
            try:
                yield self._in_parts(issue_id)
            except AnswerTooLarge as error:
                # Where not even this comes, it is not the issue that is too large.
                issue = self._one(issue_id, ["updated"])
                self.too_large[issue_id] = left_out_as_too_large(msgspec.json.decode(issue["key"], type=str), error)

    def _in_parts(self, issue_id: int) -> Parts:
        """A hub: what is quick first, then each heavy field by itself; lists that have pages are left for these."""
        takes_all = EVERYTHING in self._fields
        heavy = [name for name in HEAVY if takes_all or name in self._fields]
        paged = {name: empty for name, empty in PAGED.items() if takes_all or name in self._fields}
        light = [name for name in self._fields if name not in (*heavy, *paged)]
        issue = self._one(issue_id, [*light, *(f"-{name}" for name in (*heavy, *paged) if takes_all)])
        fields = msgspec.json.decode(issue["fields"], type=Parts) | paged
        for name in heavy:
            fields |= msgspec.json.decode(self._one(issue_id, [name])["fields"], type=Parts)
        if self._expand:
            issue = self._one(issue_id, ["updated"], self._expand) | issue
        return issue | {"fields": msgspec.Raw(msgspec.json.encode(fields))}

    def _one(self, issue_id: int, fields: Sequence[str], expand: str = "", *, is_divisible: bool = False) -> Parts:
        asked = _in_a_url(fields)
        params = {"fields": ",".join(asked)} | ({"expand": expand} if expand else {})
        path = f"{REST}/issue/{issue_id}"
        issue = self._jira.ask(Call(path, Parts, lambda _: False, params=params, is_divisible=is_divisible))
        if asked == fields:
            return issue
        told = msgspec.json.decode(issue["fields"], type=Parts)
        return issue | {"fields": msgspec.Raw(msgspec.json.encode({name: told[name] for name in fields if name in told}))}


def _in_a_url(fields: Sequence[str]) -> Sequence[str]:
    """These fields, or where their names are too many for a URL: all but those unwanted ones that may take minutes."""
    if len(quote(",".join(fields))) <= LONGEST_FIELDS:
        return fields
    return [EVERYTHING, *(f"-{name}" for name in (*HEAVY, *PAGED) if name not in fields)]


def _id(issue: Parts) -> int:
    return msgspec.json.decode(issue["id"], type=int, strict=False)


def _histories(issue: Parts) -> tuple[int, msgspec.Raw]:
    """The issue's id and all its histories, which are taken out of it."""
    issue_id, changelog = _id(issue), decoder_of(_Changelog).decode(issue.pop("changelog"))
    given = len(msgspec.json.decode(changelog.histories, type=Items))
    if changelog.total is not None and changelog.total > given:
        raise JiraAnswerUnusable(
            f"Jira gave {given:,} of the {changelog.total:,} changes of issue {issue_id}, and nothing says where the rest is. "
            "Run it again later."
        )
    return issue_id, changelog.histories


def _present(jira: JiraClient, ids: Sequence[int]) -> list[ShownIssue]:
    read = [known(_whole(issue), _Present) for issue in _Wanted(jira, PRESENCE).issues(ids)]
    return [
        ShownIssue(
            issue.id, issue.fields.project.id, milliseconds_of(issue.fields.updated) or 0, issue.fields.archiveddate is not None
        )
        for issue in read
    ]


def _comments(jira: JiraClient, of_issue: Mapping[int, Sequence[int]]) -> tuple[list[int], set[int]]:
    shown: set[int] = set()
    for parts in _Wanted(jira, ["comment"]).issues(list(of_issue)):
        issue = known(_whole(parts), _WithComments)
        told = issue.fields.comment
        shown.update(comment.id for comment in told.comments)
        if told.total != len(told.comments):
            shown.update(known(item, _Id).id for item in children.comments(jira, issue.id).items)
    return [comment_id for comments in of_issue.values() for comment_id in comments], shown


def _whole(issue: Parts) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(issue))
