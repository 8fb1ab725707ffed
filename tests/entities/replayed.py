"""Issues with the changes that led to them, on their way to history rows; and those rows replayed in the plainest way."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from entities.invented_issues import ANNA, BEN, FIELDS, field
from jira_staging.entities.changelog import ChangelogDecoder
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.history import Histories, HistoryFlattener
from jira_staging.entities.issue import IssueFlattener
from jira_staging.entities.issue_payload import with_sources
from jira_staging.tables import GROUPS
from simulated_jira.field_list import system_fields

BORN = "2026-01-02T03:04:05.006+0500"
"""When the issues of `invented_issues` were created."""
BORN_MS = round(datetime.fromisoformat(BORN).timestamp() * 1000)
TEAM = field(10050, "Team", "team", "com.atlassian.teams:rm-teams-custom-field-team")
LABELS = field(10051, "Tags", "array", "com.atlassian.jira.plugin.system.customfieldtypes:labels", "string")
VERSIONS = field(10052, "Targets", "array", "com.atlassian.jira.plugin.system.customfieldtypes:multiversion", "version")
GROUPS_FIELD = field(10053, "Groups", "array", "com.atlassian.jira.plugin.system.customfieldtypes:multigrouppicker", "group")
SITE_FIELDS = [
    *(known.payload() for known in system_fields()),
    *(known for known in FIELDS if known["custom"]),
    TEAM,
    LABELS,
    VERSIONS,
    GROUPS_FIELD,
]


def at(day: int, hour: int = 12) -> str:
    """A time in February 2026."""
    return f"2026-02-{day:02}T{hour:02}:00:00.000+0000"


def ms(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)


def history(number: int, created: str | int, *items: dict[str, Any] | None, author: Any = BEN) -> dict[str, Any]:
    """One act, as a bulk fetch of changelogs gives it."""
    return {"id": str(number), "created": created, "author": author, "items": list(items)}


def catalogue(*fields: dict[str, Any], **chosen: Any) -> FieldCatalogue:
    return FieldCatalogue(json.dumps(fields or SITE_FIELDS).encode(), **chosen)


def flattened(
    issues: list[dict[str, Any]],
    histories: Mapping[int, list[dict[str, Any]]],
    fields: FieldCatalogue | None = None,
    entities: Collection[str] = GROUPS["history"],
    **known: Any,
) -> Histories:
    """History rows of these issues; `known` is what a `HistoryFlattener` takes beside."""
    pages = [json.dumps(issues).encode()]
    arrays = {issue_id: [json.dumps(given).encode()] for issue_id, given in histories.items()}
    return flattened_json(pages, arrays, fields or catalogue(), entities, **known)


def flattened_json(
    pages: list[bytes],
    arrays: Mapping[int, list[bytes]],
    fields: FieldCatalogue,
    entities: Collection[str] = GROUPS["history"],
    **known: Any,
) -> Histories:
    flattener = IssueFlattener(fields, with_sources(entities), ids_of_keys=known.get("ids_of_keys", lambda keys: {}))
    batch = flattener.decode(pages)
    (issue_table,) = (rows.data for rows in flattener.flatten_batch(batch).rows if rows.table == "issue")
    changelogs = ChangelogDecoder(fields.fields).decode(arrays, batch.ids)
    return HistoryFlattener(fields, entities, **known).flatten(batch, issue_table, changelogs)


def rows(histories: Histories, table: str, **where: Any) -> list[dict[str, Any]]:
    """A table's rows in the order of its key."""
    (data,) = (given.data for given in histories.rows if given.table == table)
    found = [row for row in data.to_pylist() if all(row[name] == value for name, value in where.items())]
    order = [name for name in ("issue_id", "field_id", "changed_at", "position", "value_position") if name in data.column_names]
    return sorted(found, key=lambda row: [row[name] for name in order])


def told(histories: Histories, field_id: str) -> list[tuple[int, Any, str | None, bool]]:
    """What one field held since when, by whom, and whether it holds now; lists of values for a field with many."""
    seen: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    many = rows(histories, "issue_multiselect_history", field_id=field_id)
    for row in many or rows(histories, "issue_field_history", field_id=field_id):
        key = (row["issue_id"], row["changed_at"], row["position"], row["author_id"], row["is_active"])
        seen[key].append(row["value"])
    return [
        (round(since.timestamp() * 1000), (values if many else values[0]), author, active)
        for (_, since, _, author, active), values in seen.items()
    ]


class Replayed:
    """The last rows of every issue and field, by replaying them from the first, and what is wrong with their form."""

    def __init__(self, single: Iterable[Mapping[str, Any]], many: Iterable[Mapping[str, Any]]) -> None:
        self.values: dict[tuple[int, str], str | None] = {}
        self.sets: dict[tuple[int, str], list[str]] = {}
        self.faults: list[str] = []
        self.rows_of: dict[tuple[int, str], int] = {}
        for key, moments in self._lives(single):
            self.values[key] = moments[-1][0]["value"]
            self.rows_of[key] = len(moments)
            self._require(all(len(moment) == 1 for moment in moments), "two rows at one place", key)
        for key, moments in self._lives(many):
            self.sets[key] = [row["value"] for row in moments[-1] if row["value"] is not None]
            self.rows_of[key] = len(moments)
            for moment in moments:
                values = [row["value"] for row in moment]
                self._require(len(set(values)) == len(values), "a value twice", key)
                self._require(None not in values or values == [None], "a null beside values", key)
                self._require([row["value_position"] for row in moment] == [*range(len(moment))], "places", key)

    def _lives(self, found: Iterable[Mapping[str, Any]]) -> Iterable[tuple[tuple[int, str], list[list[Mapping[str, Any]]]]]:
        lives: dict[tuple[int, str], dict[tuple[Any, ...], list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        for row in found:
            lives[row["issue_id"], row["field_id"]][row["changed_at"], row["position"]].append(row)
        for key, moments in lives.items():
            ordered = [sorted(moments[at], key=lambda row: row.get("value_position", 0)) for at in sorted(moments)]
            active = [any(row["is_active"] for row in moment) for moment in ordered]
            self._require(active == [False] * (len(ordered) - 1) + [True], "only what holds now is active", key)
            yield key, ordered

    def _require(self, holds: bool, what: str, key: tuple[int, str]) -> None:
        if not holds:
            self.faults.append(f"{what}: {key}")


def replay(histories: Histories) -> Replayed:
    tables = {given.table: given.data.to_pylist() for given in histories.rows}
    return Replayed(tables["issue_field_history"], tables["issue_multiselect_history"])


def utc(time: str) -> str:
    """A time as the history writes it."""
    return datetime.fromisoformat(time).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


CREATOR, EDITOR = ANNA["accountId"], BEN["accountId"]
