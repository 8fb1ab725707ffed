"""Changing what hangs on an issue: comments, worklogs, links, attachments, watchers, properties."""

from typing import Any

from simulated_jira import lives, rich_text
from simulated_jira.changelog_items import item
from simulated_jira.issue import Attachment, Comment, History, Issue, Link, Worklog
from simulated_jira.lives import detail
from simulated_jira.templates import encode
from simulated_jira.whole_issue_changes import WholeIssueChanges
from simulated_jira.workflow import API

MINUTE_MS = 60_000


class ChildChanges(WholeIssueChanges):
    """Comments and worklogs are named by their ids; as in Jira, only some of these changes are written into the history."""

    def comment(self, key: str, text: str, author: str | None = None) -> int:
        """The new comment's id."""
        with self.site.lock:
            issue = self.issue(key)
            details = self.touch(issue, ("comment",))
            writer, at = self.person(author).raw, issue.updated_ms
            new = Comment(self.site.fresh_id(), at, at, writer, writer, encode(rich_text.plain(text)))
            details.comments = [*details.comments, new]
            self.site.owners[new.id] = issue.id
            return new.id

    def edit_comment(self, comment_id: int, text: str, author: str | None = None) -> None:
        with self.site.lock:
            issue = self._owner(comment_id)
            details = self.touch(issue, ("comment",))
            old = next(entry for entry in details.comments if entry.id == comment_id)
            body, editor = encode(rich_text.plain(text)), self.person(author).raw
            new = Comment(old.id, old.created_ms, issue.updated_ms, old.author, editor, body, old.more)
            details.comments = [new if entry is old else entry for entry in details.comments]

    def delete_comment(self, comment_id: int, *, touch: bool = False) -> None:
        """Jira tells nobody: neither history nor feed, and often not even `updated`."""
        with self.site.lock:
            issue = self._owner(comment_id)
            before = issue.updated_ms
            details = self.touch(issue, ("comment",))
            details.comments = [entry for entry in details.comments if entry.id != comment_id]
            if not touch:
                issue.updated_ms = before

    def _owner(self, entry_id: int) -> Issue:
        issue = self.site.owner_of(entry_id)
        if issue is None:
            raise KeyError(f"no comment or worklog {entry_id}")
        return issue

    def log_work(self, key: str, seconds: int, text: str | None = None, author: str | None = None) -> int:
        """The new worklog's id. Time spent and the remaining estimate follow, in the history too."""
        with self.site.lock:
            issue = self.issue(key)
            details = self.touch(issue, ("worklog",))
            at, note = issue.updated_ms, None if text is None else encode(rich_text.plain(text))
            new = Worklog(
                self.site.fresh_id(),
                at,
                at,
                at - at % MINUTE_MS - seconds * 1000,
                seconds,
                self.person(author).raw,
                note,
            )
            details.worklogs = [*details.worklogs, new]
            self.site.owners[new.id] = issue.id
            self._spend(issue, seconds, author)
            return new.id

    def edit_work(self, worklog_id: int, seconds: int, author: str | None = None) -> None:
        with self.site.lock:
            issue = self._owner(worklog_id)
            details = self.touch(issue, ("worklog",))
            old = next(entry for entry in details.worklogs if entry.id == worklog_id)
            new = Worklog(old.id, old.created_ms, issue.updated_ms, old.started_ms, seconds, old.author, old.comment)
            details.worklogs = [new if entry is old else entry for entry in details.worklogs]
            self._spend(issue, seconds - old.seconds, author)

    def delete_work(self, worklog_id: int, author: str | None = None) -> None:
        with self.site.lock:
            issue = self._owner(worklog_id)
            details = self.touch(issue, ("worklog",))
            old = next(entry for entry in details.worklogs if entry.id == worklog_id)
            details.worklogs = [entry for entry in details.worklogs if entry is not old]
            self.site.deleted_worklogs.append((worklog_id, issue.updated_ms))
            self._spend(issue, -old.seconds, author)

    def _spend(self, issue: Issue, seconds: int, author: str | None) -> None:
        details = detail(self.site, issue)
        spent = details.body.value("timespent") or 0
        left = details.body.value("timeestimate") or 0
        now_spent, now_left = spent + seconds, max(0, left - seconds)
        items = [
            item("timeestimate", (str(left), str(left)), (str(now_left), str(now_left)), "timeestimate"),
            item("timespent", (str(spent) if spent else None,) * 2, (str(now_spent),) * 2, "timespent"),
        ]
        values: dict[str, Any] = {
            "timespent": now_spent,
            "timeestimate": now_left,
            "aggregatetimespent": now_spent,
            "aggregatetimeestimate": now_left,
        }
        details.body = details.body.with_values({name: encode(value) for name, value in values.items()})
        self.add_history(issue, details, items, author)

    def link(self, outward: str, inward: str, kind: str = "Blocks") -> int:
        """`outward` blocks `inward`; the link's id. Both histories tell it, and both issues are updated."""
        with self.site.lock:
            doer, sufferer = self.issue(outward), self.issue(inward)
            position, payload = next((n, t) for n, t in enumerate(self.site.link_types) if t["name"] == kind)
            link = Link(self.site.fresh_id(), position, doer.id, sufferer.id)
            for issue, other, words in ((doer, sufferer, payload["outward"]), (sufferer, doer, payload["inward"])):
                details = self.touch(issue, ("issuelinks",))
                self.site.links.setdefault(issue.id, []).append(link)
                told = item("Link", (None, None), (other.key, f"This issue {words} {other.key}"))
                self.add_history(issue, details, [told], None)
            return link.id

    def unlink(self, link_id: int) -> None:
        with self.site.lock:
            for issue in list(self.site.issues.values()):
                link = next((link for link in self.site.links_of(issue) if link.id == link_id), None)
                if link is not None:
                    break
            else:
                raise KeyError(f"no link {link_id}")
            self.site.removed_links.add(link_id)
            ends = [self.site.issues[link.outward_id], self.site.issues[link.inward_id]]
            for issue, other in (ends, reversed(ends)):
                told = item("Link", (other.key, f"This issue was linked to {other.key}"), (None, None))
                self.add_history(issue, self.touch(issue, ("issuelinks",)), [told], None)

    def attach(self, key: str, file_name: str, size: int = 1000, mime_type: str = "text/plain") -> int:
        """The new attachment's id."""
        with self.site.lock:
            issue = self.issue(key)
            details = self.touch(issue, ("attachment",))
            new = Attachment(self.site.fresh_id(), issue.updated_ms, self.person(None).raw, file_name, mime_type, size)
            details.attachments = [*details.attachments, new]
            self.add_history(issue, details, [item("Attachment", (None, None), (str(new.id), file_name))], None)
            return new.id

    def detach(self, key: str, attachment_id: int) -> None:
        with self.site.lock:
            issue = self.issue(key)
            details = self.touch(issue, ("attachment",))
            old = next(file for file in details.attachments if file.id == attachment_id)
            details.attachments = [file for file in details.attachments if file is not old]
            self.add_history(issue, details, [item("Attachment", (str(old.id), old.file_name), (None, None))], None)

    def add_remote_link(self, key: str, url: str, title: str, global_id: str | None = None) -> int:
        with self.site.lock:
            issue = self.issue(key)
            details = self.touch(issue)
            id_ = self.site.fresh_id()
            link: dict[str, Any] = {"id": id_, "self": f"{API}/issue/{issue.id}/remotelink/{id_}", "application": {}}
            link |= {"globalId": global_id} if global_id is not None else {}
            link["object"] = {"url": url, "title": title, "icon": {}, "status": {"icon": {}}}
            details.remote_links = [*details.remote_links, encode(link)]
            told = f'This issue links to "{title} (Web Link)"'
            self.add_history(issue, details, [item("RemoteIssueLink", (None, None), (str(id_), told))], None)
            return id_

    def remove_remote_link(self, key: str, link_id: int) -> None:
        with self.site.lock:
            issue = self.issue(key)
            details = self.touch(issue)
            details.remote_links = [raw for raw in details.remote_links if b'"id":%d,' % link_id not in raw]

    def set_watchers(self, key: str, account_ids: list[str]) -> None:
        """Watching does not update an issue."""
        with self.site.lock:
            details = detail(self.site, self.issue(key))
            details.watchers = list(account_ids)
            details.live |= {"watches"}
            self.site.changed()

    def set_property(self, key: str, name: str, value: Any) -> None:
        """Nor does a property."""
        with self.site.lock:
            details = detail(self.site, self.issue(key))
            details.properties = details.properties | {name: encode(value)}

    def grow(self, key: str, *, histories: int = 0, comments: int = 0, worklogs: int = 0, links: int = 0) -> None:
        """Turn an issue into a hub: thousands of entries, each older than the issue's `updated`, and links to other issues."""
        with self.site.lock:
            issue = self.issue(key)
            details = self.touch(issue, ("comment", "worklog", "issuelinks"))
            start, step = (
                issue.created_ms,
                max(1, (issue.updated_ms - issue.created_ms) // (max(histories, comments, worklogs) + 1)),
            )
            author, body = self.person(None), encode(rich_text.plain("One of many."))
            first = self.site.next_id + 1
            self.site.next_id += histories + comments + worklogs + links
            rank = encode([item("Rank", ("", ""), ("", "Ranked higher"), "customfield_10019")])
            details.histories = sorted(
                [
                    *details.histories,
                    *(History(first + n, start + (n + 1) * step, author.raw, rank) for n in range(histories)),
                ],
                key=lambda entry: entry.created_ms,
            )
            first += histories
            new = [Comment(first + n, at := start + (n + 1) * step, at, author.raw, author.raw, body) for n in range(comments)]
            details.comments = sorted([*details.comments, *new], key=lambda entry: entry.created_ms)
            first += comments
            work = [
                Worklog(first + n, at := start + (n + 1) * step, at, at - MINUTE_MS, 60, author.raw) for n in range(worklogs)
            ]
            details.worklogs = sorted([*details.worklogs, *work], key=lambda entry: entry.created_ms)
            self.site.owners |= dict.fromkeys([*(c.id for c in new), *(w.id for w in work)], issue.id)
            others = [other for other in self.site.by_created if other is not issue]
            for n in range(links):
                other = others[n % len(others)]
                link = Link(first + worklogs + n, 1, issue.id, other.id)
                self.site.links.setdefault(issue.id, []).append(link)
                self.site.links.setdefault(other.id, []).append(link)

    def entries(self, key: str) -> dict[str, int]:
        """How many histories, comments and worklogs an issue has."""
        issue = self.issue(key)
        return {
            "histories": len(lives.histories(self.site, issue)),
            "comments": len(lives.comments(self.site, issue)),
            "worklogs": len(lives.worklogs(self.site, issue)),
        }
