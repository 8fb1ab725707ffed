"""Issues as JSON: values are encoded once and spliced together for each answer."""

from collections.abc import Callable, Iterable

from simulated_jira import lives
from simulated_jira.entries import (
    attachment_json,
    comment_json,
    history_json,
    link_json,
    page,
    quoted,
    relative_json,
    worklog_json,
)
from simulated_jira.issue import Issue, Raw
from simulated_jira.jira_site import Site
from simulated_jira.selection import Selection
from simulated_jira.workflow import API

EXPAND = b"operations,versionedRepresentations,editmeta,changelog,renderedFields"


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
        shown = [worklog_json(self.site, issue.id, entry) for entry in entries[:limit]]
        return b"{%b}" % page(b"worklogs", shown, len(entries), limit=limit)

    def _parent(self, issue: Issue) -> Raw | None:
        parent = self.site.parent_of(issue)
        return None if parent is None else relative_json(self.site, parent)

    def _subtasks(self, issue: Issue) -> Raw:
        children = (child for child in self.site.children_of(issue) if child.body.value("issuetype").get("subtask"))
        return b"[%b]" % b",".join(relative_json(self.site, child) for child in children)

    def _epic_link(self, issue: Issue) -> Raw | None:
        if issue.project.is_team_managed and self.site.settings.flavour == "cloud":
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
