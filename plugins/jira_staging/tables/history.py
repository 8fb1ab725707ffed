"""What was true when: computed by replaying each issue's changelog, so that the last rows are what its payload says."""

from typing import Literal

from jira_staging.tables.nouns import Column, Table


def _history(
    name: str, meaning: str, key: tuple[str, ...], *columns: Column, absent: Literal["replace", "mark"] = "replace"
) -> Table:
    # All rows of an issue are computed anew whenever it is read: what is not among them was never true.
    return Table(name, "history", meaning, key, columns, owner="issue_id", absent=absent)


_ISSUE_ID = Column("issue_id", "bigint", "The issue: `issue.id`", "id")
_FIELD_ID = Column("field_id", "text", "The field: `field.id`", "items[].fieldId, else by name")
_CHANGED_AT = Column(
    "changed_at", "timestamp", "Since when; an issue's first row of a field begins when the issue was created", "created"
)
_POSITION = Column("position", "bigint", "The order of changes of this field in one instant, from 0", "order of the changelog")
_AUTHOR_ID = Column(
    "author_id",
    "text",
    "Who made it so: `user.id`; the creator in the first row, null where Jira names nobody",
    "author.accountId, at first fields.creator.accountId",
    person=True,
)
_IS_ACTIVE = Column("is_active", "boolean", "Whether it holds now", "the issue's own fields")

ISSUE_FIELD_HISTORY = _history(
    "issue_field_history",
    "The values of every field that holds one value, a row a change. A field that never had a value has no row. Where the "
    "changelog does not lead to the value that holds now, a last row by nobody has it, from when the issue was last updated. "
    "Fields whose changes Jira does not tell are not here: times and counts that it computes, ranks, SLAs, development.",
    ("issue_id", "field_id", "changed_at", "position"),
    _ISSUE_ID,
    _FIELD_ID,
    _CHANGED_AT,
    _POSITION,
    Column(
        "value",
        "text",
        "The raw id, or the text, number, day or time (in UTC); an epic or parent as its issue's id, a cascading choice as its "
        "last option's id; earlier rich texts as Jira's markup, the present one as Markdown; null when emptied",
        "items[].from, fromString, to, toString; at last fields.*",
        personal=True,
    ),
    _AUTHOR_ID,
    _IS_ACTIVE,
)
ISSUE_MULTISELECT_HISTORY = _history(
    "issue_multiselect_history",
    "The values of every field that holds many, a row a value: each change gives the whole set that then holds, under one "
    "`changed_at` and `position`. A field that never had a value has no row.",
    ("issue_id", "field_id", "changed_at", "position", "value_position"),
    _ISSUE_ID,
    _FIELD_ID,
    _CHANGED_AT,
    _POSITION,
    Column("value_position", "bigint", "Its place among the values, from 0", "order of the values"),
    Column(
        "value",
        "text",
        "The raw id, or the label; a set that was emptied is one row with null",
        "items[].from, fromString, to, toString; at last fields.*",
        personal=True,
    ),
    _AUTHOR_ID,
    _IS_ACTIVE,
)
ISSUE_STATUS_TRANSITION = _history(
    "issue_status_transition",
    "Every change of status as the changelog tells it.",
    ("history_id", "position"),
    Column("history_id", "bigint", "The act: `changelog_item.history_id`", "id"),
    Column("position", "bigint", "Its place among the changes of that act, from 0", "order of items[]"),
    _ISSUE_ID,
    Column("changed_at", "timestamp", "When", "created"),
    Column("from_status_id", "bigint", "`status.id` before", "items[].from"),
    Column("to_status_id", "bigint", "`status.id` after", "items[].to"),
    Column("author_id", "text", "Who did it: `user.id`; null where Jira names nobody", "author.accountId", person=True),
    Column(
        "seconds_in_from_status",
        "bigint",
        "How long it had been in the status before: since the last transition, else since the issue was created",
        "computed",
    ),
)
ISSUE_SPRINT_HISTORY = _history(
    "issue_sprint_history",
    "When an issue was put into a sprint and taken out of it. One that stays in a sprint that ended was not taken out; it was "
    "carried over where a later sprint has it too and `is_completed_in_sprint` is false.",
    ("issue_id", "sprint_id", "added_at"),
    _ISSUE_ID,
    Column("sprint_id", "bigint", "`sprint.id`", "the Sprint field and its changes"),
    Column("added_at", "timestamp", "When it came in", "created of the change, else of the issue"),
    Column("removed_at", "timestamp", "When it was taken out; null while it is in", "created of the change"),
    Column(
        "is_completed_in_sprint",
        "boolean",
        "Whether its status was of the category done when the sprint was completed; null while the sprint is not",
        "computed",
    ),
)
ISSUE_KEY_HISTORY = _history(
    "issue_key_history",
    "Every key that an issue had. A key that went with its whole project is told by no issue: its row is marked as gone.",
    ("issue_id", "key", "valid_from"),
    _ISSUE_ID,
    Column("key", "text", "The key", "items[].fromString, toString of Key; at last key"),
    Column("valid_from", "timestamp", "Since when", "created of the change, else of the issue"),
    Column("valid_until", "timestamp", "Until when; null for the key that it has now", "created of the next change"),
    absent="mark",  # so that a key that nobody tells any longer stays findable
)

SPRINT_REPORT = _history(
    "sprint_report",
    "What became of an issue in a sprint that has begun and that `sprint` has: a row for each issue that was in it when it "
    "began or came in before it was completed. While the sprint runs, the last columns say how things stand.",
    ("sprint_id", "issue_id"),
    Column("sprint_id", "bigint", "`sprint.id`", "the Sprint field and its changes"),
    _ISSUE_ID,
    Column("was_committed", "boolean", "Whether it was in the sprint when that began", "computed"),
    Column("was_added_during", "boolean", "Whether it came in only afterwards", "computed"),
    Column("was_removed", "boolean", "Whether it was taken out before the sprint was completed", "computed"),
    Column(
        "was_completed",
        "boolean",
        "Whether it was in the sprint, and its status of the category done, when that was completed; null while it is not",
        "computed",
    ),
    Column(
        "points_at_start",
        "double",
        "What it was estimated at when the sprint began, or when it came in, in the field `board.estimation_field_id`",
        "computed from that field's history",
    ),
    Column(
        "points_at_end",
        "double",
        "The same when the sprint was completed, or when it was taken out; while neither has happened, now",
        "computed from that field's history",
    ),
)

HISTORY = (
    ISSUE_FIELD_HISTORY,
    ISSUE_MULTISELECT_HISTORY,
    ISSUE_STATUS_TRANSITION,
    ISSUE_SPRINT_HISTORY,
    SPRINT_REPORT,
    ISSUE_KEY_HISTORY,
)
