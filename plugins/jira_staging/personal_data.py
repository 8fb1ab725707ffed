"""What becomes of personal data in a schema: decided by its first load, and the same ever after."""

import json

from jira_staging.errors import WrongUse
from jira_staging.records import Batch, Report, SyncRequest, SyncState
from jira_staging.staging import Staging

# The row of `_sync_state` that remembers it; schemas that keep personal data have none.
_ENTITY, _SCOPE = "personal_data", "*"


def require_same_protection(staging: Staging, request: SyncRequest, report: Report) -> None:
    """Refuse to load otherwise than the schema was loaded before: what is there would stay as it is, half of it readable.

    Raises WrongUse, too, for raw answers, which hold what is to be hidden.
    """
    site, stamp = report.run.site, staging.guard.stamp if staging.guard else "keep"
    if staging.guard and request.raw:
        raise WrongUse("`raw` keeps what Jira answers, people's names and texts with it: leave it out where these are hidden.")
    # Runs that load no issues leave no state.
    if any(staging.read(table, ["site"], limit=1).num_rows for table in ("_sync_state", "_sync_run")):
        rows = staging.read("_sync_state", ["fingerprint"], {"site": [site], "entity": [_ENTITY], "scope": [_SCOPE]})
        before = json.loads(rows.column(0)[0].as_py())["personal_data"] if rows.num_rows else "keep"
        if before != stamp:
            another = " with another key" if _word(before) == _word(stamp) else ""
            raise WrongUse(
                f"This schema was loaded with personal_data={_word(before)}, this run says {_word(stamp)}{another}: rows that "
                "do not change would stay as they are. Load into an empty schema."
            )
    elif staging.guard:
        state = SyncState(site, _ENTITY, _SCOPE, None, json.dumps({"personal_data": stamp}))
        staging.publish(Batch("site", (), states=(state,)), report)


def _word(stamp: str) -> str:
    return stamp.partition(":")[0]
