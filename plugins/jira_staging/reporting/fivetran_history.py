"""Fivetran's two history tables. At one instant a field has one value there: the one that it was left with."""

from jira_staging.reporting.fivetran import SCHEMA, SYNCED, synced
from jira_staging.staging.views import Spelling, View
from jira_staging.tables import Column

_ISSUE_ID = Column("issue_id", "bigint", "`issue.id`", "`issue_id`")
_FIELD_ID = Column("field_id", "text", "`field.id`", "`field_id`")
_REST = (
    Column("value", "text", "The raw id, or the text; null when emptied", "`value`", personal=True),
    Column("time", "timestamp", "Since when; a field's first row begins when the issue was created", "`changed_at`"),
    Column("is_active", "boolean", "Whether it holds now", "`is_active`"),
    Column("author_id", "text", "Who made it so", "`author_id`"),
    SYNCED,
)
# dbt_jira orders by time alone, so two rows of one instant would leave to chance which of them holds.
_LAST = "rank() OVER (PARTITION BY h.issue_id, h.field_id, h.changed_at ORDER BY h.position DESC)"


def views(spelling: Spelling) -> list[View]:
    """`issue_field_history` and `issue_multiselect_history`."""
    time = spelling.column("time")
    single, many = spelling.rows("issue_field_history"), spelling.rows("issue_multiselect_history")
    shown = f"issue_id, field_id, value, changed_at AS {time}, is_active, author_id"
    moment = f"CAST({spelling.utc('changed_at')} AS varchar)"
    identity = f"CAST(issue_id AS varchar) || '-' || field_id || '-' || {moment} || '-' || CAST(value_position AS varchar)"
    return [
        View(
            SCHEMA,
            "issue_field_history",
            "Fivetran's table `issue_field_history`: values of fields that hold one.",
            (_ISSUE_ID, _FIELD_ID, *_REST),
            f"SELECT {shown}, {synced(spelling, 'issue_field_history')} "
            f"FROM (SELECT h.*, {_LAST} AS place FROM {single} AS h) AS t WHERE place = 1",
        ),
        View(
            SCHEMA,
            "issue_multiselect_history",
            "Fivetran's table `issue_multiselect_history`: values of fields that hold many; a change gives all of them.",
            (Column("_fivetran_id", "text", "Names the row", "computed from its key"), _ISSUE_ID, _FIELD_ID, *_REST),
            f"SELECT {identity} AS _fivetran_id, {shown}, {synced(spelling, 'issue_multiselect_history')} "
            f"FROM (SELECT h.*, {_LAST} AS place FROM {many} AS h) AS t WHERE place = 1",
        ),
    ]
