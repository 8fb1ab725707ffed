"""What we write down about our own work. These tables have no house columns."""

from jira_staging.tables.nouns import Column, Table


def _own(name: str, meaning: str, key: tuple[str, ...], *columns: Column) -> Table:
    return Table(name=name, group="own", meaning=meaning, key=key, columns=columns, absent="keep")


_RUN_ID = Column("run_id", "text", "Our own UUID, one an attempt", "ours")
_SITE = Column("site", "text", "The site's address", "the connection")
_ENTITY = Column("entity", "text", "The staging table", "ours")
# The scope of what belongs to no project, in locks too.
SITE_SCOPE = "site"
_SCOPE = Column("scope", "text", f"`project:<id>`, `jql:<hash>`, or `{SITE_SCOPE}` for what belongs to no project", "ours")

SYNC_RUN = _own(
    "_sync_run",
    "What each run did, a row an entity and scope.",
    ("run_id", "entity", "scope"),
    _RUN_ID,
    _ENTITY,
    _SCOPE,
    _SITE,
    Column("dag_id", "text", "The DAG; null from a shell", "Airflow"),
    Column("airflow_run_id", "text", "The DAG run", "Airflow"),
    Column("map_index", "bigint", "Which mapped task; -1 if not mapped", "Airflow"),
    Column("try_number", "bigint", "Which try of the task", "Airflow"),
    Column("started_at", "timestamp", "When it began", "our clock"),
    Column("finished_at", "timestamp", "When it ended; null while it runs, and where it was killed", "our clock"),
    Column(
        "status",
        "text",
        "`running`, `success` or `failed`; a killed run's is `running` until another one has loaded the same",
        "ours",
    ),
    Column("mode", "text", "`full`, `incremental`, `backfill`, `census`, `rebuild` or `forget`", "ours"),
    Column("rows_read", "bigint", "Rows made from Jira's answers", "counted"),
    Column("rows_inserted", "bigint", "Rows that were new", "counted"),
    Column("rows_updated", "bigint", "Rows that had changed", "counted"),
    Column("rows_unchanged", "bigint", "Rows that were as before, or that a newer version kept out", "counted"),
    Column("rows_deleted", "bigint", "Rows removed or marked as gone", "counted"),
    Column("rows_rejected", "bigint", "Payloads that could not become a row: see `_rejected_row`", "counted"),
    Column("requests", "bigint", "Requests sent to Jira", "counted"),
    Column("retries", "bigint", "Requests sent again", "counted"),
    Column("bytes", "bigint", "Bytes received, unpacked", "counted"),
    Column("wait_seconds", "double", "Seconds spent waiting because Jira asked for it", "counted"),
    Column("watermark_from", "bigint", "Epoch milliseconds that the sweep started from; null: from the beginning", "ours"),
    Column("watermark_to", "bigint", "Epoch milliseconds up to which the scope is now complete", "Jira's clock"),
    Column("checks", "json", "What was checked after the run, and the outcome", "computed"),
    Column("message", "text", "Why it failed, or what is worth knowing", "ours"),
)
SYNC_STATE = _own(
    "_sync_state",
    "How far each scope was read.",
    ("site", "entity", "scope"),
    _SITE,
    _ENTITY,
    _SCOPE,
    Column("watermark", "bigint", "Epoch milliseconds by Jira's clock: everything updated before is here", "Date header"),
    Column(
        "fingerprint",
        "text",
        "JSON of what was asked: entities, fields, JQL, and which sprints were known; of what takes turns, when each was read",
        "ours",
    ),
    Column("updated_at", "timestamp", "When this row was written", "our clock"),
    _RUN_ID,
)
SYNC_SWEEP = _own(
    "_sync_sweep",
    "Issue ids that a sweep found and that are not published yet; empty when all is done.",
    ("scope", "position"),
    _SCOPE,
    Column("position", "bigint", "Its place in the sweep, from 0", "order of the search"),
    Column("issue_id", "bigint", "`issue.id`", "id"),
    Column("sweep_started", "bigint", "Epoch milliseconds by Jira's clock", "Date header"),
)
SCOPE_ISSUE = _own(
    "_scope_issue",
    "Which issues each JQL scope last brought; a project's scope is known by `issue.project_id`.",
    ("scope", "issue_id"),
    _SCOPE,
    Column("issue_id", "bigint", "`issue.id`", "id"),
)
REJECTED_ROW = _own(
    "_rejected_row",
    "Payloads, or parts of them, that could not become a row; kept 30 days.",
    ("run_id", "entity", "source_id"),
    _RUN_ID,
    _ENTITY,
    Column("source_id", "text", "Jira's id of it, and the field if only one was refused", "id"),
    Column("reason", "text", "What did not fit", "the decoder"),
    Column("payload", "text", "What Jira sent, as JSON text", "the answer", personal=True),
    Column("rejected_at", "timestamp", "When", "our clock"),
)
CALENDAR_EXCEPTION = _own(
    "_calendar_exception",
    "Yours to fill: days that are not as their weekday says (holidays, working Saturdays). No run touches it; the views for "
    "reporting count working days by it.",
    ("day",),
    Column("day", "date", "The day, in the site's time zone", "you"),
    Column("is_working_day", "boolean", "Whether it is a working day", "you"),
    Column("name", "text", "Why: `New Year`", "you"),
)

FORGOTTEN_PERSON = _own(
    "_forgotten_person",
    "Whom `jira-staging forget` removed: nothing but keyed hashes, by which every later load knows them again. A row that is "
    "deleted lets the person back in.",
    ("person_hash",),
    Column("person_hash", "text", "Keyed hash of `user.id`; `user.id` is now `forgotten-` and its first half", "computed"),
    Column("key_stamp", "text", "Which key it was made with, of which nothing can be learned", "computed"),
    Column("with_text", "boolean", "Whether what they wrote is removed too", "`--with-text`"),
    Column("forgotten_at", "timestamp", "When", "our clock"),
    _RUN_ID,
)

OWN = (SYNC_RUN, SYNC_STATE, SYNC_SWEEP, SCOPE_ISSUE, REJECTED_ROW, CALENDAR_EXCEPTION, FORGOTTEN_PERSON)
