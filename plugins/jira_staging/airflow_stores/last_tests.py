"""When each definition was last tested and what came of it: rows of Airflow's audit log, so that files have them, too."""

import json
from dataclasses import dataclass
from datetime import datetime

from airflow.models import Log
from airflow.utils.session import create_session
from sqlalchemy import select

from jira_staging.records import SecretDefinition
from jira_staging.secret_definitions.writing import full_name

TEST = "jira_staging.test_definition"
# After one of these, what was tested is no longer what there is.
CHANGES = tuple(f"jira_staging.{act}_definition" for act in ("create", "change", "replace_token", "delete"))
# Of this many tests and changes the newest of each definition are found; a log is cleaned up now and then.
MOST_ROWS = 5_000
LONGEST_MESSAGE = 500


@dataclass(frozen=True)
class LastTest:
    """What a test told, in our own words, which hold no token."""

    tested_at: datetime
    signed_in: bool
    message: str


def note_test(definition: SecretDefinition, message: str, *, signed_in: bool, by: str) -> None:
    """Write down that a definition was tested."""
    extra = {"definition": full_name(definition), "signed_in": signed_in, "message": message[:LONGEST_MESSAGE]}
    with create_session() as session:
        session.add(Log(TEST, owner=by or None, extra=json.dumps(extra)))


def last_tests() -> dict[str, LastTest]:
    """The last test of each definition, by its full name, unless it was changed since."""
    newest = select(Log).where(Log.event.in_((TEST, *CHANGES))).order_by(Log.dttm.desc(), Log.id.desc()).limit(MOST_ROWS)
    found: dict[str, LastTest | None] = {}
    with create_session() as session:
        for row in session.scalars(newest):
            told = _told(row.extra)
            name = str(told.get("definition", ""))
            if name not in found:
                signed_in, message = told.get("signed_in") is True, str(told.get("message", ""))
                found[name] = LastTest(row.dttm, signed_in, message) if row.event == TEST and row.dttm else None
    return {name: test for name, test in found.items() if test is not None}


def _told(extra: str | None) -> dict[str, object]:
    try:
        told = json.loads(extra or "{}")
    except ValueError:
        # Somebody else wrote it under our event's name.
        return {}
    return told if isinstance(told, dict) else {}
