"""What happened to an issue: its histories, comments, worklogs and files, read off its template or its own details."""

from simulated_jira.issue import Attachment, Body, Comment, Details, History, Issue, Raw, Worklog
from simulated_jira.jira_site import ENTRIES, FIRST_ENTRY, Site
from simulated_jira.templates import Template, encode
from simulated_jira.workflow import API

LIVE = frozenset(
    (
        "project",
        "created",
        "updated",
        "comment",
        "worklog",
        "attachment",
        "parent",
        "subtasks",
        "issuelinks",
        "votes",
        "watches",
        "customfield_10014",
    )
)


def _at(site: Site, issue: Issue, part: float) -> int:
    return issue.created_ms + round(site.lifetime_ms(issue) * part)


def _told(issue: Issue) -> Template:
    assert issue.template is not None, "an issue without details has a template"
    return issue.template


def histories(site: Site, issue: Issue) -> list[History]:
    """Oldest first."""
    if issue.details is not None:
        return issue.details.histories
    start, life = issue.created_ms, site.lifetime_ms(issue)
    first = FIRST_ENTRY + issue.index * ENTRIES
    return [
        History(first + n, start + round(life * change.at), change.author.raw if change.author else None, change.items)
        for n, change in enumerate(_told(issue).changes)
    ]


def comments(site: Site, issue: Issue) -> list[Comment]:
    """Oldest first."""
    if issue.details is not None:
        return issue.details.comments
    found = []
    for n, remark in enumerate(_told(issue).remarks):
        at = _at(site, issue, remark.at)
        author, edited = remark.author, remark.edited
        assert author is not None, "somebody writes each comment"
        later = at if edited is None else min(at + 60_000, issue.updated_ms)
        found.append(
            Comment(
                FIRST_ENTRY + issue.index * ENTRIES + n,
                at,
                later,
                author.raw,
                (edited or author).raw,
                remark.body,
                remark.more,
            )
        )
    return found


def worklogs(site: Site, issue: Issue) -> list[Worklog]:
    """Oldest first."""
    if issue.details is not None:
        return issue.details.worklogs
    found = []
    for n, work in enumerate(_told(issue).works):
        at = _at(site, issue, work.at)
        assert work.author is not None, "somebody does all work"
        started = at - at % 60_000 - 3_600_000
        found.append(
            Worklog(FIRST_ENTRY + issue.index * ENTRIES + n, at, at, started, work.seconds, work.author.raw, work.comment)
        )
    return found


def attachments(site: Site, issue: Issue) -> list[Attachment]:
    if issue.details is not None:
        return issue.details.attachments
    found = []
    for n, file in enumerate(_told(issue).files):
        assert file.author is not None, "somebody attaches each file"
        first = FIRST_ENTRY + issue.index * ENTRIES
        found.append(Attachment(first + n, _at(site, issue, file.at), file.author.raw, file.name, file.mime_type, file.size))
    return found


def watchers(site: Site, issue: Issue) -> list[str]:
    """Account ids."""
    if issue.details is not None:
        return issue.details.watchers
    first = issue.index % len(site.people)
    return [user.account_id for user in site.people[first : first + issue.index % 4]]


def voters(site: Site, issue: Issue) -> list[str]:
    if issue.details is not None:
        return issue.details.voters
    first = issue.index % len(site.people)
    return [user.account_id for user in site.people[first : first + issue.index % 2]]


def properties(site: Site, issue: Issue) -> dict[str, Raw]:
    if issue.details is not None:
        return issue.details.properties
    if issue.index % 5:
        return {}
    return {"app.sync": encode({"state": "ok", "n": issue.index, "nested": {"a": [1, None]}}), "flag": b"true"}


def remote_links(site: Site, issue: Issue) -> list[Raw]:
    if issue.details is not None:
        return issue.details.remote_links
    found = []
    for n in range((0, 0, 0, 1, 2)[issue.index % 5]):
        id_ = 10_000 + issue.index * 4 + n
        link = {
            "id": id_,
            "self": f"{API}/issue/{issue.id}/remotelink/{id_}",
            "application": {} if n == 0 else {"type": "com.atlassian.confluence", "name": "Confluence"},
            "object": {
                "url": f"https://git.example.com/commit/{id_:040x}",
                "title": f"Commit - Feat({issue.key}): {_told(issue).summary}",
                "icon": {"url16x16": "https://git.example.com/icon.png", "title": "GitLab"},
                "status": {"resolved": False, "icon": {}},
            },
        }
        if n == 0:
            link["relationship"] = "mentioned on"
        else:
            link["globalId"] = f"system=https://git.example.com&id={id_}"
        found.append(encode(link))
    return found


def own_values(site: Site, issue: Issue) -> dict[str, Raw]:
    """The values of an invented issue that its template's other issues do not share, less the live ones."""
    template, text = _told(issue), site.stamps.text
    resolved = template.resolved_at
    return {
        "summary": encode(f"{template.summary} #{issue.index}"),
        "statuscategorychangedate": b'"%b"' % text(_at(site, issue, template.category_changed_at)).encode(),
        "resolutiondate": b"null" if resolved is None else b'"%b"' % text(_at(site, issue, resolved)).encode(),
        "lastViewed": b"null" if issue.index % 3 else b'"%b"' % text(issue.updated_ms).encode(),
        "customfield_10019": b'"0|i%05x:"' % issue.index,
    }


def detail(site: Site, issue: Issue) -> Details:
    """Give an invented issue details of its own, so that it can be changed; the same ones if it has them already."""
    if issue.details is None:
        values = _told(issue).body.raw | own_values(site, issue)
        known = Details(Body(values), LIVE)
        known.histories, known.comments, known.worklogs = (
            histories(site, issue),
            comments(site, issue),
            worklogs(site, issue),
        )
        known.attachments, known.remote_links = attachments(site, issue), remote_links(site, issue)
        known.watchers, known.voters, known.properties = (
            watchers(site, issue),
            voters(site, issue),
            properties(site, issue),
        )
        issue.details = known
    return issue.details
