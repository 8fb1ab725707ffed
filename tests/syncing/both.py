"""One site through Cloud's API and through Data Center's: the same tables come out, row by row, save what is named here."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from jira_staging.tables import DEFAULT_ENTITIES, TABLES
from simulated_jira import Settings
from simulated_jira.data_center import username
from syncing.bench import Bench
from syncing.told_by_data_center import EPICS, NAMES_OF_GROUPS, NOT_LISTED, without_what_it_does_not_tell

Row = dict[str, Any]
Tables = dict[str, list[Row]]

# Every kind of field, and no two of Jira's own with one name.
KINDS = Settings(custom_fields=39, issue_bytes=3_000)
ENTITIES = (*DEFAULT_ENTITIES, "issue_watcher")
OURS = ("_run_id", "_synced_at")
# Wiki markup instead of Markdown.
TEXTS = {("issue", "description"), ("issue", "environment"), ("comment", "body"), ("worklog", "comment")}
# A role names its actors by their user names; one whom the directory does not list is known by no key.
KEY = re.compile(r"(?:JIRAUSER|user)\d{5}")


class Both:
    """The same site twice, and what has to be translated to compare what came of it."""

    def __init__(self, benches: Mapping[str, Bench]) -> None:
        self.cloud, self.data_center = benches["cloud"], benches["data_center"]
        people = zip(self.data_center.jira.site.people, self.cloud.jira.site.people, strict=True)
        self.account_of = {
            name: here.account_id for there, here in people for name in (there.account_id, username(there.account_id))
        }
        fields = self.cloud.jira.site.fields
        names = [field.name.casefold() for field in fields]
        # Its changelogs name a field by its name alone, which several have, or which is another than `/field` tells.
        self.names = {*(name for name in names if names.count(name) == 1), *(field.id.casefold() for field in fields)}
        self.unnamed = {field.id for field in fields if names.count(field.name.casefold()) > 1}
        self.texts = TEXTS | {("issue", field.id) for field in fields if field.kind == "rich_text"}
        self.rich = {field.id for field in fields if field.kind in ("description", "environment", "rich_text")}

    def change(self) -> None:
        """A day of work, the same at both."""
        for bench in (self.cloud, self.data_center):
            jira = bench.jira
            jira.clock.advance(3_600)
            jira.change.edit("PAY-3", {"summary": "Renamed", "labels": ["new", "other"]})
            jira.change.comment("PAY-4", "Once more.")
            jira.change.log_work("AND-2", 1_800)
            jira.change.create("AND", "A new one")
            jira.change.delete("PAY-7")
            jira.change.move("AND-5", "PAY")
            jira.change.archive_issue("AND-9")
            jira.change.set_parent("PAY-12", "PAY-1")
            jira.clock.advance(24 * 3_600)

    def assert_same(self) -> None:
        here, there = self.cloud.tables(*ENTITIES), self.data_center.tables(*ENTITIES)
        # Those of team-managed projects, which Data Center does not have.
        here["workflow"] = [row for row in here["workflow"] if row["project_id"] is None]
        for table in ENTITIES:
            if table in NOT_LISTED:
                assert (there[table], bool(here[table])) == ([], True), table
                continue
            expected = {
                self._key(table, row): row for row in map(self._of_cloud(table), here[table]) if self._counts(table, row)
            }
            found = {
                self._key(table, row): row for row in map(self._of_data_center(table), there[table]) if self._counts(table, row)
            }
            assert sorted(map(str, found)) == sorted(map(str, expected)), table
            for key, row in expected.items():
                assert found[key] == row, f"{table} {key}"

    def _key(self, table: str, row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in TABLES[table].key)

    def _counts(self, table: str, row: Row) -> bool:
        is_history = table in ("issue_field_history", "issue_multiselect_history")
        return not (is_history and (row["field_id"] in self.unnamed or row["field_id"] in ("parent", EPICS[1])))

    def _of_cloud(self, table: str) -> Any:
        return lambda row: self._plain(table, _named_groups(without_what_it_does_not_tell(table, row)))

    def _of_data_center(self, table: str) -> Any:
        def translated(row: Row) -> Row:
            known = _named_groups({name: self._people(value) for name, value in row.items()})
            return self._plain(table, without_what_it_does_not_tell(table, known) if table == "project" else known)

        return translated

    def _people(self, value: Any) -> Any:
        return KEY.sub(lambda found: self.account_of[found[0]], value) if isinstance(value, str) else value

    def _plain(self, table: str, row: Row) -> Row:
        """The row without what is ours; of texts only whether there are any; JSON by what it means."""
        kept = {name: _parsed(value) for name, value in row.items() if name not in OURS}
        if "_deleted_at" in kept:
            kept["_deleted_at"] = kept["_deleted_at"] is not None
        if table == "issue":
            del kept[EPICS[1]]
        if table == "changelog_item" and kept["field"].casefold() not in self.names:
            kept["field_id"] = None
        if table == "changelog_item" and kept["field"] in ("IssueParentAssociation", "Epic Link"):
            kept |= dict.fromkeys(("field_id", "field", "field_type"))
        for name in kept:
            if (table, name) in self.texts or (
                table == "issue_field_history" and name == "value" and row["field_id"] in self.rich
            ):
                kept[name] = bool(kept[name])
        return kept


def _named_groups(row: Row) -> Row:
    """Groups by their names, where they stand alone and where they stand in JSON."""

    def named(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        for id_, name in NAMES_OF_GROUPS.items():
            value = value.replace(id_, name)
        return value

    return {column: named(value) for column, value in row.items()}


def _parsed(value: Any) -> Any:
    if not isinstance(value, str) or value[:1] not in ("[", "{"):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return value
