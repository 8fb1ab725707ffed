"""What Jira answered, kept as it came so that other tables can be made anew of it without asking Jira again."""

from jira_staging.tables.nouns import Column, Table

RAW_ANSWER = Table(
    "_raw_answer",
    "raw",
    "Answers about the whole site that issues cannot be read without, as Jira gave them. Loaded only with `raw`.",
    ("question",),
    (
        Column("question", "text", "`field`: the list of all fields; `key:<key>`: which issue has, or had, this key", "ours"),
        Column("site", "text", "The site's address", "the connection"),
        Column("answer", "json", "What Jira said", "the answer"),
    ),
    absent="keep",
    on_request=True,
)
RAW_ISSUE = Table(
    "_raw_issue",
    "raw",
    "Issues with all their fields as Jira gave them, those that no table takes included. Loaded only with `raw`.",
    ("issue_id",),
    (
        Column("issue_id", "bigint", "`issue.id`", "id"),
        Column("key", "text", "Its key when it was read", "key"),
        Column("updated_at", "timestamp", "When it was last changed in Jira: the version that this is", "fields.updated"),
        Column("has_changelog", "boolean", "Whether its changelog was read with it", "ours"),
        Column("payload", "json", "The issue", "the answer", personal=True),
        Column(
            "beside",
            "json",
            "What was read beside it: `changelogs`, and `lists` (by table) of what the issue itself shows in part",
            "the answers",
            personal=True,
        ),
    ),
    owner="issue_id",
    version="updated_at",
    on_request=True,
)

RAW = (RAW_ANSWER, RAW_ISSUE)
