"""The fourth story: people leave the tables for good. A keyed hash of each stays, by which later loads know them.

Jira is not asked. The hash is written first: whatever becomes of this run, no later one brings them back.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import msgspec
import pyarrow as pa

from jira_staging.entities.field_catalogue import FieldCatalogue, FieldColumn
from jira_staging.entities.personal_fields import personal_fields
from jira_staging.errors import StagingRefused, WrongUse
from jira_staging.personal_data import require_key, require_same_key
from jira_staging.records import Batch, Changes, PersonalFields, Report, Rows
from jira_staging.run_frames import LOCK_WAIT_SECONDS, reported
from jira_staging.staging import WHOLE_SCHEMA, Staging
from jira_staging.staging.erased_people import People, forgotten, person_hash
from jira_staging.staging.overwriting import Departed
from jira_staging.staging.personal_data import key_stamp
from jira_staging.tables import SITE_SCOPE, TABLES
from jira_staging.tables.arrow_types import arrow_schema

log = logging.getLogger(__name__)

_TABLE = "_forgotten_person"
_NOTHING_SENT = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class ForgetRequest:
    """Whom to forget (ids as `user.id` has them), by which key; `with_text`: and what they wrote in comments and worklogs."""

    person_ids: tuple[str, ...] = field(repr=False)
    key: bytes = field(repr=False)
    with_text: bool = False


@dataclass(frozen=True)
class Forgotten:
    """Rows that named them, by table, and how many of them the table `user` does not have."""

    rows: dict[str, int]
    not_found: int


def loaded_site(staging: Staging) -> str:
    """The site whose rows the schema holds. Raises WrongUse where nothing was ever loaded, StagingRefused for files."""
    if staging.spelling is None:
        raise StagingRefused(
            "Files are only ever added, and their rows are not overwritten: remove the files that name somebody."
        )
    columns = staging.columns("_sync_run")
    rows = staging.read("_sync_run", ["site"], newest_by="started_at", limit=1) if columns else None
    if rows is None or not rows.num_rows:
        raise WrongUse("Nothing was ever loaded into this schema, so there is nobody to forget in it.")
    return str(rows["site"][0].as_py())


def count_rows_of(staging: Staging, request: ForgetRequest, report: Report) -> Forgotten:
    """What `forget` would overwrite; nothing is written."""
    _require_keys(staging, request, report)
    departed, not_found = _departed(staging, request)
    return Forgotten(staging.overwrite(departed, report, only_count=True), not_found)


def forget(staging: Staging, request: ForgetRequest, report: Report) -> Forgotten:
    """Overwrite these people wherever the tables name them, and remember their hashes."""
    report.mode = "forget"
    staging.prepare(report.run)
    with reported(staging, report, lambda: _NOTHING_SENT), staging.locked([WHOLE_SCHEMA], LOCK_WAIT_SECONDS):
        report.tally("user", SITE_SCOPE).message = f"People forgotten: {len(set(request.person_ids)):,}."
        _require_keys(staging, request, report)
        departed, not_found = _departed(staging, request)
        if not_found:
            _refuse_strangers(staging, request, report)
        staging.publish(Batch(SITE_SCOPE, (_hashes(staging, request, report),)), report)
        rows = staging.overwrite(departed, report)
        for table, count in rows.items():
            if TABLES[table].group != "own":
                report.tally(table, SITE_SCOPE).add(count, Changes(updated=count))
    log.info("People forgotten: %s.", len(set(request.person_ids)))
    return Forgotten(rows, not_found)


def _require_keys(staging: Staging, request: ForgetRequest, report: Report) -> None:
    """Raise WrongUse where another key was used: a run is given one."""
    stamps = staging.read(_TABLE, ["key_stamp"])["key_stamp"].to_pylist() if staging.columns(_TABLE) else []
    require_key(request.key, set(stamps))
    require_same_key(staging, report.run.site, request.key)


def _refuse_strangers(staging: Staging, request: ForgetRequest, report: Report) -> None:
    """Raise WrongUse for whoever stands in no table and was not forgotten before: the id is misspelt, or another site's."""
    for place, person_id in enumerate(request.person_ids, start=1):
        alone = replace(request, person_ids=(person_id,))
        departed, not_found = _departed(staging, alone)
        known = {"person_hash": [person_hash(request.key, person_id)]}
        if not not_found or staging.read(_TABLE, ["person_hash"], known).num_rows:
            continue
        if not staging.overwrite(departed, report, only_count=True):
            raise WrongUse(
                f"Nobody was forgotten: the id given as number {place} stands in no table of this schema. Give account ids "
                "as the column `user.id` has them; `--dry-run` counts the rows that name them."
            )


def _departed(staging: Staging, request: ForgetRequest) -> tuple[Departed, int]:
    """Whom to look for, and how many of them `user` does not have. Who was forgotten before is looked for by the new id."""
    people = People(fields=_fields(staging))
    for person_id in request.person_ids:
        replacement = forgotten(person_hash(request.key, person_id), with_text=request.with_text)
        people.erased |= {person_id: replacement, replacement.id: replacement}
    stored = staging.read("user", ["id", "email"], {"id": sorted(people.erased)}).to_pylist()
    found = {people.erased[row["id"]].id for row in stored}
    emails = [row["email"] for row in stored if row["email"]]
    return Departed(people, emails), len({one.id for one in people.erased.values()} - found)


def _hashes(staging: Staging, request: ForgetRequest, report: Report) -> Rows:
    """Rows of `_forgotten_person`; texts that were once removed do not come back because somebody is forgotten again."""
    hashes = sorted({person_hash(request.key, person_id) for person_id in request.person_ids})
    before = staging.read(_TABLE, ["person_hash", "with_text"], {"person_hash": hashes}).to_pylist()
    without_text = {row["person_hash"] for row in before if row["with_text"]}
    rows = [
        {
            "person_hash": one,
            "key_stamp": key_stamp(request.key),
            "with_text": request.with_text or one in without_text,
            "forgotten_at": datetime.now(UTC),
            "run_id": report.run.run_id,
        }
        for one in hashes
    ]
    return Rows(_TABLE, pa.Table.from_pylist(rows, schema=arrow_schema(TABLES[_TABLE])))


def _fields(staging: Staging) -> PersonalFields:
    """Which fields hold people, as the tables tell; where they do not, any custom field may."""
    listed = staging.read("field", ["id", "name", "is_custom", "value_type", "item_type", "custom_type"]).to_pylist()
    if not listed:
        columns = staging.columns("issue")
        return PersonalFields(frozenset(name.partition("__")[0] for name in columns), frozenset(), {})
    payload = [
        {
            "id": row["id"],
            "name": row["name"],
            "custom": row["is_custom"],
            "schema": {"type": row["value_type"], "items": row["item_type"], "custom": row["custom_type"]},
        }
        for row in listed
    ]
    stored = staging.read("field_column", ["field_id", "column_name", "value_type", "is_current"]).to_pylist()
    catalogue = FieldCatalogue(msgspec.json.encode(payload), stored=[FieldColumn(**row) for row in stored])
    return personal_fields(catalogue)


def ids_of(given: Sequence[str]) -> tuple[str, ...]:
    """Each id once. Raises WrongUse where there is none."""
    ids = tuple(dict.fromkeys(one.strip() for one in given if one.strip()))
    if not ids:
        raise WrongUse("Whom to forget? Give account ids as the column `user.id` has them (`--account-id`).")
    return ids
