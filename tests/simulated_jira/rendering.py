"""Issues as JSON: values are encoded once and spliced together for each answer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from simulated_jira import lives
from simulated_jira.issue import Attachment, Comment, History, Issue, Link, Raw, Worklog
from simulated_jira.jira_site import Site
from simulated_jira.settings import SITE_URL
from simulated_jira.stories import duration, encode
from simulated_jira.workflow import API

EXPAND = b"operations,versionedRepresentations,editmeta,changelog,renderedFields"


@dataclass(frozen=True)
class Selection:
    """Which fields an answer shows, from the `fields` of a request: names, `*all`, `*navigable`, `-name`.

    comments, worklogs: how many of them may be embedded."""

    names: tuple[str, ...]
    hidden_by_default: frozenset[str]
    comments: int
    worklogs: int

    @cached_property
    def key(self) -> str:
        return ",".join(self.names)

    @cached_property
    def _named(self) -> frozenset[str]:
        return frozenset(name for name in self.names if name[:1] not in "*-")

    @cached_property
    def _refused(self) -> frozenset[str]:
        return frozenset(name[1:] for name in self.names if name.startswith("-"))

    @cached_property
    def only_identity(self) -> bool:
        """True when nothing but `id` and `key` is asked for."""
        return self._named <= {"id", "key", "issuekey"} and not any(name[:1] in "*-" for name in self.names)

    @cached_property
    def wants_key(self) -> bool:
        return bool(self._named & {"key", "issuekey"}) or not self.only_identity

    @cached_property
    def single_values(self) -> bool:
        """Whether each field is named, as a bulk fetch of more than a hundred issues must."""
        return bool(self.names) and not any(name[:1] in "*-" for name in self.names)

    def wants(self, field_id: str) -> bool:
        if field_id in self._refused:
            return False
        if field_id in self._named or "*all" in self.names:
            return True
        # Only refusals, such as `-comment`, mean everything navigable but those.
        navigable = "*navigable" in self.names or not self._named
        return navigable and field_id not in self.hidden_by_default


def quoted(text: str) -> Raw:
    return b'"%b"' % text.encode()


def page(name: bytes, rows: list[Raw], total: int, *, start: int = 0, limit: int | None = None) -> Raw:
    """Jira's old page envelope around `rows`."""
    size = len(rows) if limit is None else limit
    return b'"startAt":%d,"maxResults":%d,"total":%d,"%b":[%b]' % (start, size, total, name, b",".join(rows))


def comment_json(site: Site, issue: Issue, comment: Comment) -> Raw:
    if comment.raw is not None:
        return comment.raw
    text = site.stamps.text
    return (
        b'{"self":"%b/issue/%d/comment/%d","id":"%d","author":%b,"body":%b,"updateAuthor":%b,"created":"%b","updated":"%b"%b,"jsdPublic":true}'
        % (
            API.encode(), issue.id, comment.id, comment.id, comment.author, comment.body, comment.update_author,
            text(comment.created_ms).encode(), text(comment.updated_ms).encode(), comment.more,
        )
    )  # fmt: skip


def worklog_json(site: Site, issue: Issue, work: Worklog) -> Raw:
    if work.raw is not None:
        return work.raw
    text = site.stamps.text
    comment = b"" if work.comment is None else b'"comment":%b,' % work.comment
    return (
        b'{"self":"%b/issue/%d/worklog/%d","author":%b,"updateAuthor":%b,%b"created":"%b","updated":"%b","started":"%b",'
        b'"timeSpent":"%b","timeSpentSeconds":%d,"id":"%d","issueId":"%d"}'
        % (
            API.encode(), issue.id, work.id, work.author, work.author, comment, text(work.created_ms).encode(),
            text(work.updated_ms).encode(), text(work.started_ms).encode(), duration(work.seconds).encode(), work.seconds, work.id, issue.id,
        )
    )  # fmt: skip


def history_json(site: Site, history: History, *, numeric: bool = False) -> Raw:
    """`numeric` writes `created` as milliseconds, as some answers of the bulk endpoint do."""
    if history.raw is not None and not numeric:
        return history.raw
    author = b"" if history.author is None else b'"author":%b,' % history.author
    created = b"%d" % history.created_ms if numeric else quoted(site.stamps.text(history.created_ms))
    return b'{"id":"%d",%b"created":%b,"items":%b}' % (history.id, author, created, history.items)


def attachment_json(site: Site, file: Attachment) -> Raw:
    where = f"{API}/attachment/content/{file.id}"
    head = {"self": f"{API}/attachment/{file.id}", "id": str(file.id), "filename": file.file_name}
    tail = {
        "created": site.stamps.text(file.created_ms),
        "size": file.size,
        "mimeType": file.mime_type,
        "content": where,
    }
    if file.mime_type.startswith("image/"):
        tail["thumbnail"] = where.replace("content", "thumbnail")
    return encode(head)[:-1] + b',"author":' + file.author + b"," + encode(tail)[1:]


def relative_json(site: Site, issue: Issue) -> Raw:
    """An issue as it stands in its relatives' fields."""
    values = issue.body.raw
    summary = values["summary"] if issue.details is not None else lives.own_values(site, issue)["summary"]
    rest = b",".join(b'"%b":%b' % (name.encode(), values.get(name, b"null")) for name in ("status", "priority", "issuetype"))
    return b'{"id":"%d","key":"%b","self":"%b/issue/%d","fields":{"summary":%b,%b}}' % (
        issue.id, issue.key.encode(), API.encode(), issue.id, summary, rest,
    )  # fmt: skip


def link_json(site: Site, issue: Issue, link: Link) -> Raw:
    outward = link.outward_id == issue.id
    other = site.issues[link.inward_id if outward else link.outward_id]
    # The issue that blocks shows the blocked one as its outward issue.
    side = b"outwardIssue" if outward else b"inwardIssue"
    kind = encode(site.link_types[link.type_position])
    return b'{"id":"%d","self":"%b/issueLink/%d","type":%b,"%b":%b}' % (
        link.id,
        API.encode(),
        link.id,
        kind,
        side,
        relative_json(site, other),
    )


class Renderer:
    """Writes issues for one answer. Cheap to make; holds what all issues of the answer share."""

    def __init__(self, site: Site, selection: Selection) -> None:
        self.site = site
        self.selection = selection
        self._projects: dict[str, Raw] = {}
        makers: dict[str, Callable[[Issue], Raw | None]] = {
            "project": self._project,
            "created": lambda issue: quoted(site.stamps.text(issue.created_ms)),
            "updated": lambda issue: quoted(site.stamps.text(issue.updated_ms)),
            "comment": self._comment,
            "worklog": self._worklog,
            "attachment": lambda issue: (
                b"[%b]" % b",".join(attachment_json(site, file) for file in lives.attachments(site, issue))
            ),
            "parent": self._parent,
            "subtasks": self._subtasks,
            "issuelinks": lambda issue: b"[%b]" % b",".join(link_json(site, issue, link) for link in site.links_of(issue)),
            "votes": self._votes,
            "watches": self._watches,
            "customfield_10014": self._epic_link,
        }
        self._live = [(name, maker) for name, maker in makers.items() if selection.wants(name)]

    def identity(self, issue: Issue) -> Raw:
        """The issue without fields."""
        if not self.selection.wants_key:
            return b'{"id":"%d"}' % issue.id
        return b'{"expand":"","id":"%d","self":"%b/issue/%d","key":"%b"}' % (
            issue.id,
            API.encode(),
            issue.id,
            issue.key.encode(),
        )

    def issue(self, issue: Issue, more: Raw = b"") -> Raw:
        """The whole issue; `more` is spliced in behind `fields`, with its leading comma."""
        return b'{"expand":"%b","id":"%d","self":"%b/issue/%d","key":"%b","fields":{%b}%b}' % (
            EXPAND, issue.id, API.encode(), issue.id, issue.key.encode(), b",".join(self._parts(issue)), more,
        )  # fmt: skip

    def _parts(self, issue: Issue) -> Iterable[Raw]:
        wants, details = self.selection.wants, issue.details
        if details is None:
            assert issue.template is not None, "an issue has details or a template"
            selected = issue.template.selected
            shared = selected.get(self.selection.key)
            if shared is None:
                rows = (b'"%b":%b' % (name.encode(), raw) for name, raw in issue.template.body.raw.items() if wants(name))
                shared = selected[self.selection.key] = b",".join(rows)
            if shared:
                yield shared
            own, live = lives.own_values(self.site, issue), lives.LIVE
        else:
            own, live = details.body.raw, details.live
        for name, raw in own.items():
            if name not in live and wants(name):
                yield b'"%b":%b' % (name.encode(), raw)
        for name, maker in self._live:
            if name in live and (value := maker(issue)) is not None:
                yield b'"%b":%b' % (name.encode(), value)

    def all_values(self, issue: Issue) -> dict[str, Raw]:
        """Every selected field by its id."""
        import msgspec

        return msgspec.json.decode(b"{%b}" % b",".join(self._parts(issue)), type=dict[str, msgspec.Raw])  # type: ignore[return-value]

    def changelog(self, issue: Issue, limit: int) -> Raw:
        """The embedded changelog: the newest `limit` entries, newest first."""
        entries = lives.histories(self.site, issue)
        shown = [history_json(self.site, entry) for entry in reversed(entries[-limit:])] if limit else []
        return b"{%b}" % page(b"histories", shown, len(entries))

    def _project(self, issue: Issue) -> Raw:
        known = self._projects.get(issue.project.id)
        if known is None:
            known = self._projects[issue.project.id] = issue.project.raw
        return known

    def _comment(self, issue: Issue) -> Raw:
        entries = lives.comments(self.site, issue)
        # Jira drops the oldest comments and the youngest worklogs when there are more than it embeds.
        shown = [comment_json(self.site, issue, entry) for entry in entries[-self.selection.comments :]]
        return b'{"self":"%b/issue/%d/comment",%b}' % (API.encode(), issue.id, page(b"comments", shown, len(entries)))

    def _worklog(self, issue: Issue) -> Raw:
        entries, limit = lives.worklogs(self.site, issue), self.selection.worklogs
        shown = [worklog_json(self.site, issue, entry) for entry in entries[:limit]]
        return b"{%b}" % page(b"worklogs", shown, len(entries), limit=limit)

    def _parent(self, issue: Issue) -> Raw | None:
        parent = self.site.parent_of(issue)
        return None if parent is None else relative_json(self.site, parent)

    def _subtasks(self, issue: Issue) -> Raw:
        children = (child for child in self.site.children_of(issue) if child.body.value("issuetype").get("subtask"))
        return b"[%b]" % b",".join(relative_json(self.site, child) for child in children)

    def _epic_link(self, issue: Issue) -> Raw | None:
        if issue.project.is_team_managed:
            return b"null"
        parent = self.site.parent_of(issue)
        is_epic = parent is not None and parent.body.value("issuetype").get("hierarchyLevel") == 1
        return quoted(parent.key) if parent is not None and is_epic else b"null"

    def _votes(self, issue: Issue) -> Raw:
        count = len(lives.voters(self.site, issue))
        return b'{"self":"%b/issue/%b/votes","votes":%d,"hasVoted":false}' % (API.encode(), issue.key.encode(), count)

    def _watches(self, issue: Issue) -> Raw:
        count = len(lives.watchers(self.site, issue))
        return b'{"self":"%b/issue/%b/watchers","watchCount":%d,"isWatching":false}' % (
            API.encode(),
            issue.key.encode(),
            count,
        )


def selection_of(site: Site, names: Iterable[str], *, comments: int | None = None, worklogs: int | None = None) -> Selection:
    """A selection with the site's limits, or with others."""
    hidden = frozenset(field.id for field in site.fields if not field.navigable)
    settings = site.settings
    return Selection(
        tuple(names),
        hidden,
        settings.embedded_comments if comments is None else comments,
        settings.embedded_worklogs if worklogs is None else worklogs,
    )


__all__ = ["EXPAND", "SITE_URL", "Renderer", "Selection", "selection_of"]
