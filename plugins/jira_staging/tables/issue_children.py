"""What hangs on an issue and has rows of its own: comments, worklogs, changes, files, remote links, watchers, properties."""

from typing import Literal

from jira_staging.tables.nouns import Column, Table

_ISSUE_ID = Column("issue_id", "bigint", "The issue: `issue.id`", "the issue that it was read with")
_VISIBILITY = (
    Column("visibility_type", "text", "`role` or `group`: who alone may see it; null if everybody may", "visibility.type"),
    Column("visibility_value", "text", "The name of that role or group", "visibility.value"),
)


def _of_issue(name: str, meaning: str, key: tuple[str, ...], *columns: Column, version: str | None = None) -> Table:
    return Table(name, "issues", meaning, key, columns, owner="issue_id", version=version)


def _one_by_one(name: str, meaning: str, key: tuple[str, ...], *columns: Column, membership: bool = False) -> Table:
    absent: Literal["delete", "mark"] = "delete" if membership else "mark"
    told = f"{meaning} Loaded only where it is asked for: it costs a request an issue."
    return Table(name, "issues", told, key, columns, "issue_id", absent, on_request=True)


COMMENT = _of_issue(
    "comment",
    "Comments, a row each: `fields.comment`, and `/issue/{id}/comment` where that does not hold all of them.",
    ("id",),
    Column("id", "bigint", "Jira's own number", "id"),
    _ISSUE_ID,
    Column("author_id", "text", "Who wrote it: `user.id`", "author.accountId", person=True),
    Column("update_author_id", "text", "Who last edited it: `user.id`", "updateAuthor.accountId", person=True),
    Column("body", "text", "What it says, as Markdown", "body", personal=True),
    Column("created_at", "timestamp", "When it was written", "created"),
    Column("updated_at", "timestamp", "When it was last edited", "updated"),
    Column("is_public", "boolean", "Whether customers of a service desk may see it", "jsdPublic"),
    *_VISIBILITY,
    version="updated_at",
)
WORKLOG = _of_issue(
    "worklog",
    "Work that was logged, a row an entry: `fields.worklog`, and `/issue/{id}/worklog` where that does not hold all of it.",
    ("id",),
    Column("id", "bigint", "Jira's own number", "id"),
    _ISSUE_ID,
    Column("author_id", "text", "Who logged it: `user.id`", "author.accountId", person=True),
    Column("update_author_id", "text", "Who last edited it: `user.id`", "updateAuthor.accountId", person=True),
    Column("comment", "text", "What was done, as Markdown", "comment", personal=True),
    Column("started_at", "timestamp", "When the work began", "started"),
    Column("time_spent_seconds", "bigint", "How long it took", "timeSpentSeconds"),
    Column("created_at", "timestamp", "When it was logged", "created"),
    Column("updated_at", "timestamp", "When it was last edited", "updated"),
    *_VISIBILITY,
    version="updated_at",
)
CHANGELOG_ITEM = _of_issue(
    "changelog_item",
    "Every change of a field that Jira's changelog tells, a row each.",
    ("history_id", "position"),
    Column("history_id", "bigint", "The act that changed it; one act may change several fields", "id"),
    Column("position", "bigint", "Its place among the changes of that act, from 0", "order of items[]"),
    _ISSUE_ID,
    Column("author_id", "text", "Who did it: `user.id`; null where Jira names nobody", "author.accountId", person=True),
    Column("created_at", "timestamp", "When", "created"),
    Column("field_id", "text", "`field.id`; `unknown:<field>` where no field has that name", "items[].fieldId, else by name"),
    Column("field", "text", "Jira's name for the field at that time", "items[].field"),
    Column("field_type", "text", "`jira` or `custom`", "items[].fieldtype"),
    Column("from_value", "text", "The id or raw value before", "items[].tmpFromAccountId, else items[].from", personal=True),
    Column("from_text", "text", "The same for people", "items[].fromString", personal=True),
    Column("to_value", "text", "The id or raw value after", "items[].tmpToAccountId, else items[].to", personal=True),
    Column("to_text", "text", "The same for people", "items[].toString", personal=True),
)
ATTACHMENT = _of_issue(
    "attachment",
    "Files attached to issues, without their content: `fields.attachment`.",
    ("id",),
    Column("id", "bigint", "Jira's own number", "id"),
    _ISSUE_ID,
    Column("author_id", "text", "Who attached it: `user.id`", "author.accountId", person=True),
    Column("file_name", "text", "The file's name", "filename", personal=True),
    Column("mime_type", "text", "Such as `image/png`", "mimeType"),
    Column("size_bytes", "bigint", "Its size", "size"),
    Column("created_at", "timestamp", "When it was attached", "created"),
)
REMOTE_LINK = _one_by_one(
    "remote_link",
    "Links from issues to pages elsewhere: `/issue/{id}/remotelink`.",
    ("id",),
    Column("id", "bigint", "Jira's own number", "id"),
    _ISSUE_ID,
    Column("global_id", "text", "The other application's name for it", "globalId"),
    Column("relationship", "text", "In words: `mentioned on`", "relationship"),
    Column("url", "text", "Where it leads", "object.url", personal=True),
    Column("title", "text", "What people see", "object.title", personal=True),
    Column("application_name", "text", "The other application", "application.name"),
)
ISSUE_WATCHER = _one_by_one(
    "issue_watcher",
    "Who watches an issue now: `/issue/{id}/watchers`.",
    ("issue_id", "user_id"),
    _ISSUE_ID,
    Column("user_id", "text", "`user.id`", "accountId", person=True),
    membership=True,
)
ISSUE_VOTE = _one_by_one(
    "issue_vote",
    "Who has voted for an issue: `/issue/{id}/votes`.",
    ("issue_id", "user_id"),
    _ISSUE_ID,
    Column("user_id", "text", "`user.id`", "accountId", person=True),
    membership=True,
)
ISSUE_PROPERTY = _one_by_one(
    "issue_property",
    "What apps keep with an issue: `/issue/{id}/properties`.",
    ("issue_id", "key"),
    _ISSUE_ID,
    Column("key", "text", "The app's name for it", "key"),
    Column("value", "json", "What it keeps", "value", personal=True),
)
ISSUE_TRANSITION = _one_by_one(
    "issue_transition",
    "The ways that lead on from an issue's status, as far as the account may go them: `/issue/{id}/transitions`.",
    ("issue_id", "transition_id"),
    _ISSUE_ID,
    Column("transition_id", "bigint", "Its number in the workflow", "id"),
    Column("name", "text", "What the button says", "name"),
    Column("to_status_id", "bigint", "Where it leads: `status.id`", "to.id"),
    Column("is_global", "boolean", "Whether it may be gone from any status", "isGlobal"),
    Column("has_screen", "boolean", "Whether it asks for something first", "hasScreen"),
    membership=True,
)

ISSUE_CHILDREN = (
    COMMENT,
    WORKLOG,
    CHANGELOG_ITEM,
    ATTACHMENT,
    REMOTE_LINK,
    ISSUE_WATCHER,
    ISSUE_VOTE,
    ISSUE_PROPERTY,
    ISSUE_TRANSITION,
)
