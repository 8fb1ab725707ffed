"""What becomes of personal data in a schema: decided by its first load, and the same ever after; and who is in it no longer."""

import json
from collections.abc import Collection

from jira_staging.errors import WrongUse
from jira_staging.records import Batch, PersonalData, PersonalFields, Report, SyncRequest, SyncState
from jira_staging.staging import Staging
from jira_staging.staging.erased_people import FORGOTTEN, FORMER
from jira_staging.staging.personal_data import guard_for, key_stamp, proper_key

# The row of `_sync_state` that remembers it; schemas that keep personal data have none.
_ENTITY, _SCOPE = "personal_data", "*"


def protect(staging: Staging, way: PersonalData, key: str | None) -> None:
    """Say what becomes of personal data that is published, and by which key people are known who were forgotten.

    Raises WrongUse for a hash without a key, and for a key that can be guessed.
    """
    staging.guard = guard_for(way, key)
    staging.people.key = None if key is None else proper_key(key)


def require_same_protection(staging: Staging, request: SyncRequest, report: Report) -> None:
    """Refuse to load otherwise than the schema was loaded before: what is there would stay as it is, half of it readable.

    Raises WrongUse, too, for raw answers, which hold what is to be hidden.
    """
    site, stamp = report.run.site, staging.guard.stamp if staging.guard else "keep"
    if staging.guard and request.raw:
        raise WrongUse("`raw` keeps what Jira answers, people's names and texts with it: leave it out where these are hidden.")
    # Runs that load no issues leave no state.
    if any(staging.read(table, ["site"], limit=1).num_rows for table in ("_sync_state", "_sync_run")):
        before = _stamp_before(staging, site)
        if before != stamp:
            another = " with another key" if _word(before) == _word(stamp) else ""
            raise WrongUse(
                f"This schema was loaded with personal_data={_word(before)}, this run says {_word(stamp)}{another}: rows that "
                "do not change would stay as they are. Load into an empty schema."
            )
    elif staging.guard:
        state = SyncState(site, _ENTITY, _SCOPE, None, json.dumps({"personal_data": stamp}))
        staging.publish(Batch("site", (), states=(state,)), report)


def know_fields(staging: Staging, fields: PersonalFields) -> None:
    """Let what hides people and texts know which of the site's fields hold them."""
    staging.people.fields = fields
    if staging.guard:
        staging.guard = staging.guard.knowing(fields)


def know_people(staging: Staging, *, believes_all: bool) -> None:
    """Let the run know whom Jira has erased and whom `forget` removed, so that nothing it reads brings them back.

    Raises WrongUse where somebody was forgotten and the run has not got the key, by which alone they are known.
    """
    people = staging.people
    people.believes_all = believes_all
    forgotten = staging.read("_forgotten_person", ["person_hash", "key_stamp", "with_text"]).to_pydict()
    if forgotten["person_hash"]:
        require_key(people.key, set(forgotten["key_stamp"]))
        people.hashes = dict(zip(forgotten["person_hash"], forgotten["with_text"], strict=True))
    former = {FORMER, staging.guard.shown(FORMER) if staging.guard else FORMER}
    shown = staging.read("user", ["id", "name"]).to_pylist()
    names = {row["id"]: row["name"] for row in shown if not row["id"].startswith(FORGOTTEN)}
    people.erase(person_id for person_id, name in names.items() if name in former)
    # Of names that are dropped, nothing is to be overwritten.
    people.named = {person_id for person_id, name in names.items() if name is not None and name not in former}


def require_key(key: bytes | None, stamps: Collection[str]) -> None:
    """Raise WrongUse unless this is the key by which people of the schema were forgotten."""
    if stamps and key is None:
        raise WrongUse(
            "People were removed from this schema by `jira-staging forget`, and are known by a key alone: give the same "
            "`personal_data_key` (`--personal-data-key`), or this run would bring them back."
        )
    if key is not None and set(stamps) - {key_stamp(key)}:
        raise WrongUse(
            "`personal_data_key` leads to another key than the one by which people were forgotten: they would come back."
        )


def require_same_key(staging: Staging, site: str, key: bytes) -> None:
    """Raise WrongUse where the schema's personal data is hashed by another key: a run has one for both."""
    before = _stamp_before(staging, site)
    if _word(before) == "hash" and before != f"hash:{key_stamp(key)}":
        raise WrongUse(
            "This schema was loaded with personal_data=hash by another key: name that one, since a run has one for both."
        )


def _stamp_before(staging: Staging, site: str) -> str:
    rows = staging.read("_sync_state", ["fingerprint"], {"site": [site], "entity": [_ENTITY], "scope": [_SCOPE]})
    return str(json.loads(rows.column(0)[0].as_py())["personal_data"]) if rows.num_rows else "keep"


def _word(stamp: str) -> str:
    return stamp.partition(":")[0]
