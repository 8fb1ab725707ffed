"""Entries of issues as JSON: comments, worklogs, histories, attachments, relatives, links."""

from simulated_jira import lives
from simulated_jira.issue import Attachment, Comment, History, Issue, Link, Raw, Worklog
from simulated_jira.jira_site import Site
from simulated_jira.story_children import duration
from simulated_jira.templates import encode
from simulated_jira.workflow import API


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


def worklog_json(site: Site, issue_id: int, work: Worklog) -> Raw:
    if work.raw is not None:
        return work.raw
    text = site.stamps.text
    comment = b"" if work.comment is None else b'"comment":%b,' % work.comment
    return (
        b'{"self":"%b/issue/%d/worklog/%d","author":%b,"updateAuthor":%b,%b"created":"%b","updated":"%b","started":"%b",'
        b'"timeSpent":"%b","timeSpentSeconds":%d,"id":"%d","issueId":"%d"}'
        % (
            API.encode(), issue_id, work.id, work.author, work.author, comment, text(work.created_ms).encode(),
            text(work.updated_ms).encode(), text(work.started_ms).encode(), duration(work.seconds).encode(), work.seconds,
            work.id, issue_id,
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
