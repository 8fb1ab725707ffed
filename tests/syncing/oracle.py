"""What the staging tables must hold, worked out from the simulated site itself in the plainest way, row by row.

Nothing of the package's own flattening is used here: values come from the site's objects, or from the JSON that it would
answer with, and the type of each custom field from the kind that the simulation gave it.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

from simulated_jira import SimulatedJira
from simulated_jira.field_list import EPIC_LINK, Field
from simulated_jira.projects import CATEGORIES as PROJECT_CATEGORIES
from simulated_jira.rendering import Renderer
from simulated_jira.routes.directory import _priorities
from simulated_jira.routes.project_family import PROJECT_TYPES, component_row, listed, version_row
from simulated_jira.selection import selection_of
from simulated_jira.workflow import CATEGORIES, category_payload
from syncing.bench import Bench
from syncing.told_by_data_center import expected_of_issue, without_what_it_does_not_tell

Row = dict[str, Any]
_WORD = re.compile(r"[^\W_]+")
IGNORED = ("_synced_at", "_run_id", "_deleted_at", "_deleted_reason", EPIC_LINK)
PLAIN_COLUMNS = {
    "project_id": ("project", "id"),
    "issue_type_id": ("issuetype", "id"),
    "status_id": ("status", "id"),
    "priority_id": ("priority", "id"),
    "resolution_id": ("resolution", "id"),
    "security_level_id": ("security", "id"),
    "parent_id": ("parent", "id"),
}
PEOPLE = {"assignee_id": "assignee", "reporter_id": "reporter", "creator_id": "creator"}
MOMENTS = {
    "created_at": "created",
    "updated_at": "updated",
    "resolved_at": "resolutiondate",
    "status_category_changed_at": "statuscategorychangedate",
    "last_viewed_at": "lastViewed",
}
NUMBERS = {
    "original_estimate_seconds": "timeoriginalestimate",
    "remaining_estimate_seconds": "timeestimate",
    "time_spent_seconds": "timespent",
    "aggregate_original_estimate_seconds": "aggregatetimeoriginalestimate",
    "aggregate_remaining_estimate_seconds": "aggregatetimeestimate",
    "aggregate_time_spent_seconds": "aggregatetimespent",
    "work_ratio": "workratio",
}


class Document(str):
    """The text of a document without its markup: only its words are compared."""

    def __eq__(self, other: object) -> bool:
        """Whether all its words stand in the other text, in their order."""
        if not isinstance(other, str):
            return False
        rest = iter(_WORD.findall(other))
        return all(word in rest for word in _WORD.findall(self))

    __hash__ = str.__hash__


class Parsed:
    """JSON, compared by what it means."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and json.loads(other) == self.value

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return json.dumps(self.value)


def assert_tables_equal_jira(
    bench: Bench, *, project_keys: Iterable[str] | None = None, tables: Collection[str] | None = None
) -> None:
    """Every row of the tables that issues fill and of the site's lists is what the site holds, and there are no others.

    `tables` are some of these, always with `user`.
    """
    site = Expected(bench.jira, project_keys)
    compared = [table for table in KEYS if tables is None or table in tables]
    stored = bench.tables(*compared, "user")
    wanted = site.tables()
    for table in compared:
        expected, there = wanted[table], [row for row in stored[table] if row.get("_deleted_at") is None]
        _assert_same(table, expected, there, optional="customfield_" if table == "issue" else "~")
    _assert_people(stored["user"], site)


def _assert_same(table: str, expected: list[Row], stored: list[Row], optional: str) -> None:
    key = KEYS[table]
    wanted = {tuple(row[name] for name in key): row for row in expected}
    found = {tuple(row[name] for name in key): row for row in stored}
    assert sorted(found) == sorted(wanted), f"{table}: other rows than the site's"
    assert len(found) == len(stored), f"{table}: a key twice"
    for at, row in wanted.items():
        for column, value in row.items():
            if column.startswith(optional) and value is None and column not in found[at]:
                continue
            # The expected value decides what is equal.
            assert value == found[at][column], f"{table} {at}: {column} is {found[at][column]!r}, the site has {value!r}"
        unknown = {name for name, value in found[at].items() if value is not None and name not in IGNORED} - row.keys()
        assert not unknown, f"{table} {at}: {sorted(unknown)} has a value that the site has not"


def _assert_people(rows: list[Row], site: "Expected") -> None:
    """Everybody is there, each value as the site shows it somewhere (payloads of different days may show it differently)."""
    stored, shown = {row["id"]: row for row in rows}, site.people_anywhere()
    assert site.people() <= stored.keys() <= shown.keys()
    for account_id, row in stored.items():
        for column in shown[account_id][0]:
            assert row[column] in {version[column] for version in shown[account_id]}, f"user {account_id}: {column}"


KEYS = {
    "issue": ("id",),
    "issue_label": ("issue_id", "label"),
    "issue_component": ("issue_id", "component_id"),
    "issue_fix_version": ("issue_id", "version_id"),
    "issue_affected_version": ("issue_id", "version_id"),
    "issue_sprint": ("issue_id", "sprint_id"),
    "issue_link": ("id", "issue_id"),
    "issue_development": ("issue_id", "kind"),
    "project": ("id",),
    "project_category": ("id",),
    "project_type": ("key",),
    "component": ("id",),
    "version": ("id",),
    "issue_type": ("id",),
    "status": ("id",),
    "status_category": ("id",),
    "priority": ("id",),
    "resolution": ("id",),
    "issue_link_type": ("id",),
    "field": ("id",),
}

# The tables that are compared.
CORE = (*KEYS, "user", "field_column")


class Expected:
    """The rows of a site, of all its visible projects or of some."""

    def __init__(self, jira: SimulatedJira, project_keys: Iterable[str] | None) -> None:
        self.jira, self.site = jira, jira.site
        keys = None if project_keys is None else set(project_keys)
        self.projects = [project for project in self.site.projects if keys is None or project.key in keys]
        renderer = Renderer(self.site, selection_of(self.site, ["*all"]))
        chosen = {project.id for project in self.projects}
        self.issues: list[Row] = [
            json.loads(renderer.issue(issue, b',"changelog":' + renderer.changelog(issue, 1_000_000)))
            for issue in self.site.by_created
            if issue.project.id in chosen and issue.is_visible
        ]
        self.custom = [field for field in self.site.fields if field.is_custom]
        self.is_data_center = self.site.settings.flavour == "data_center"

    def tables(self) -> dict[str, list[Row]]:
        """Every table but `user`."""
        told = self._told_by_cloud()
        if not self.is_data_center:
            return told
        rows = zip(told["issue"], self.issues, strict=True)
        issues = [expected_of_issue(row, issue["fields"], self.custom) for row, issue in rows]
        return {
            table: [without_what_it_does_not_tell(table, row) for row in rows]
            for table, rows in told.items()
            if table != "issue"
        } | {"issue": issues}

    def _told_by_cloud(self) -> dict[str, list[Row]]:
        return {
            "issue": [self._issue(issue) for issue in self.issues],
            "issue_label": list(self._members("labels", "label", str)),
            "issue_component": list(self._members("components", "component_id", _id)),
            "issue_fix_version": list(self._members("fixVersions", "version_id", _id)),
            "issue_affected_version": list(self._members("versions", "version_id", _id)),
            "issue_sprint": self._sprints(),
            "issue_link": list(self._links()),
            "issue_development": list(self._development()),
            **self._lists(),
        }

    def people(self) -> set[str]:
        """The account ids of those whom the directory lists, and who stand in an issue."""
        listed = {user.account_id for user in self.site.people if user.account_id != "unknown" and user.name != "Former user"}
        return listed | {value["accountId"] for issue in self.issues for value in self._people_in(issue["fields"])}

    def people_anywhere(self) -> dict[str, list[Row]]:
        """Everybody whom the site knows, in all the ways in which they are shown, by account id."""
        found: dict[str, list[Row]] = {}
        payloads = [user.listed() for user in self.site.people]
        payloads += [value for issue in self.issues for value in _walk(issue) if "displayName" in value]
        for value in payloads:
            person = _person(value)
            told = without_what_it_does_not_tell("user", person) if self.is_data_center else person
            found.setdefault(value["accountId"], []).append(told)
        return found

    def _people_in(self, fields: Row) -> Iterator[Row]:
        names = [*PEOPLE.values(), *(field.id for field in self.custom if field.kind in ("user", "multi_user"))]
        for name in names:
            value = fields.get(name)
            yield from value if isinstance(value, list) else [value] if value else []

    def _issue(self, issue: Row) -> Row:
        fields = issue["fields"]
        row: Row = {"id": int(issue["id"]), "key": issue["key"], "epic_id": self._epic(fields)}
        row |= {column: _number(fields.get(name), "id") for column, (name, _) in PLAIN_COLUMNS.items()}
        row |= {column: (fields.get(name) or {}).get("accountId") for column, name in PEOPLE.items()}
        row |= {column: _moment(fields.get(name)) for column, name in MOMENTS.items()}
        row |= {column: fields.get(name) for column, name in NUMBERS.items()}
        row["summary"] = _clean(fields.get("summary"))
        row |= {name: _document(fields.get(name)) for name in ("description", "environment")}
        row["due_date"] = _day(fields.get("duedate"))
        row["votes"] = (fields.get("votes") or {}).get("votes")
        row["watchers"] = (fields.get("watches") or {}).get("watchCount")
        for field in self.custom:
            # An epic that is moved changes what Jira shows here, and no date of this issue: `epic_id` tells what holds.
            if field.kind != "epic_link":
                row |= custom_columns(field, fields.get(field.id))
        return row

    def _epic(self, fields: Row) -> int | None:
        parent = fields.get("parent")
        if parent and parent["fields"]["issuetype"].get("hierarchyLevel") == 1:
            return int(parent["id"])
        epic = self.site.issue(fields["customfield_10014"]) if fields.get("customfield_10014") else None
        return epic.id if epic is not None and epic.is_visible else None

    def _members(self, field: str, column: str, read: Callable[[Any], Any]) -> Iterator[Row]:
        for issue in self.issues:
            for value in dict.fromkeys(read(item) for item in issue["fields"].get(field) or ()):
                yield {"issue_id": int(issue["id"]), column: value}

    def _sprints(self) -> list[Row]:
        sprint_fields = [field.id for field in self.custom if field.kind == "sprint"]
        rows = [row for field_id in sprint_fields for row in self._members(field_id, "sprint_id", _id)]
        return list({(row["issue_id"], row["sprint_id"]): row for row in rows}.values())

    def _links(self) -> Iterator[Row]:
        for issue in self.issues:
            for link in issue["fields"].get("issuelinks") or ():
                direction = "inward" if "inwardIssue" in link else "outward"
                yield {
                    "id": int(link["id"]),
                    "issue_id": int(issue["id"]),
                    "related_issue_id": int(link[f"{direction}Issue"]["id"]),
                    "link_type_id": int(link["type"]["id"]),
                    "direction": direction,
                    "relationship": link["type"][direction],
                }

    def _development(self) -> Iterator[Row]:
        for issue, field in product(self.issues, [field for field in self.custom if field.kind == "development"]):
            _, told, printed = (issue["fields"].get(field.id) or "").partition("json=")
            for kind, detail in json.loads(printed[:-1])["cachedValue"]["summary"].items() if told else ():
                overall = detail["overall"]
                yield {
                    "issue_id": int(issue["id"]),
                    "kind": kind,
                    "count": overall["count"],
                    "state": overall.get("state"),
                    "state_count": overall.get("stateCount"),
                    "is_open": overall.get("open"),
                    "last_updated_at": _moment(overall["lastUpdated"]),
                    "detail": Parsed(detail),
                }

    def _lists(self) -> dict[str, list[Row]]:
        site, service = self.site, self.jira.service
        everything = ["description", "lead", "insight", "url", "projectKeys"]
        return {
            "project": [_project(listed(service, project, everything)) for project in site.projects if project.is_open],
            "project_category": [_described(told) for told in PROJECT_CATEGORIES],
            "project_type": [{"key": key, "name": name} for key, name in PROJECT_TYPES],
            "component": [
                _component(component_row(service, project, position))
                for project in self.projects
                for position in range(len(project.components))
            ],
            "version": [
                _version(version_row(service, project, version)) for project in self.projects for version in project.versions
            ],
            "issue_type": [
                _described(kind.listed())
                | {"is_subtask": kind.listed().get("subtask"), "hierarchy_level": kind.listed().get("hierarchyLevel")}
                | {"project_id": _scope(kind.listed())}
                for kind in site.all_issue_types()
            ],
            "status": [
                _described(status.listed())
                | {"category_id": status.listed()["statusCategory"]["id"], "project_id": _scope(status.listed())}
                for status in site.all_statuses()
            ],
            "status_category": [
                {"id": told["id"], "key": told["key"], "name": told["name"], "color_name": told["colorName"]}
                for told in (category_payload(key, site.settings.locale) for key in CATEGORIES)
            ],
            "priority": [
                _described(told) | {"color": told["statusColor"], "position": position}
                for position, told in enumerate(_priorities(service))
            ],
            "resolution": [_described(told) for told in site.resolutions],
            "issue_link_type": [
                {"id": int(told["id"]), "name": told["name"], "inward": told["inward"], "outward": told["outward"]}
                for told in site.link_types
            ],
            "field": [_field(field) for field in site.fields],
        }


def custom_columns(field: Field, value: Any) -> Row:
    """The columns of a custom field of the simulation, by its kind."""
    kind, name = field.kind, field.id
    if value is None:
        return {name: None}
    if kind in ("select", "radio", "epic_status"):
        return {name: value["value"], f"{name}__option_id": str(value["id"])}
    read = READERS.get(kind, Parsed)
    return {name: read(value)}


def _listed_values(name: str) -> Callable[[Any], Parsed]:
    return lambda items: Parsed([item[name] for item in items])


def _same(value: Any) -> Any:
    return value


def _walk(value: Any) -> Iterator[Row]:
    """Every object in some JSON that names a person."""
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _walk(child)
    if isinstance(value, dict) and "accountId" in value:
        yield value


def _id(item: Row) -> int:
    return int(item["id"])


def _number(value: Row | None, name: str) -> int | None:
    return int(value[name]) if value else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _clean(text: str | None) -> str | None:
    """Text as a database can hold it: for a NUL and for half a surrogate pair stands the character that says so."""
    if not text:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _document(value: Any) -> str | None:
    """A document's words; a text (wiki markup) as it is."""
    return Document(_words(value)) if isinstance(value, dict) else _clean(value)


def _words(node: Any) -> str:
    if node.get("type") == "text":
        return str(node.get("text", ""))
    return " ".join(_words(child) for child in node.get("content") or ())


READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("text", "url", "readonly", "epic_name", "epic_color", "estimate", "number"), _same),
    "date": _day,
    "datetime": _moment,
    "rich_text": _document,
    "multi_select": _listed_values("value"),
    "cascading": lambda value: Parsed({"parent": value["value"], "child": (value.get("child") or {}).get("value")}),
    "user": lambda value: value["accountId"],
    "multi_user": _listed_values("accountId"),
    "group": lambda value: value["groupId"],
    "multi_group": _listed_values("groupId"),
    "version": lambda value: value["id"],
    "multi_version": _listed_values("id"),
    "project": lambda value: value["id"],
}


def _person(told: Row) -> Row:
    return {
        "id": told["accountId"],
        "name": told["displayName"],
        "email": told.get("emailAddress"),
        "account_type": told.get("accountType"),
        "is_active": told["active"],
        "time_zone": told.get("timeZone"),
    }


def _described(told: Row) -> Row:
    return {"id": int(told["id"]), "name": told["name"], "description": told.get("description")}


def _scope(told: Row) -> int | None:
    project = (told.get("scope") or {}).get("project")
    return int(project["id"]) if project else None


def _project(told: Row) -> Row:
    return {
        "id": int(told["id"]),
        "key": told["key"],
        "name": told["name"],
        "description": told.get("description"),
        "type_key": told["projectTypeKey"],
        "style": told["style"],
        "category_id": int(told["projectCategory"]["id"]) if told.get("projectCategory") else None,
        "lead_id": (told.get("lead") or {}).get("accountId"),
        "url": told.get("url"),
        "is_private": told["isPrivate"],
        "is_archived": told.get("archived"),
        "archived_at": _moment(told.get("archivedDate")),
    }


def _component(told: Row) -> Row:
    return _described(told) | {
        "project_id": told["projectId"],
        "lead_id": (told.get("lead") or {}).get("accountId"),
        "assignee_type": told["assigneeType"],
    }


def _version(told: Row) -> Row:
    return _described(told) | {
        "project_id": told["projectId"],
        "is_archived": told.get("archived"),
        "is_released": told.get("released"),
        "is_overdue": told.get("overdue"),
        "start_date": _day(told.get("startDate")),
        "release_date": _day(told.get("releaseDate")),
    }


def _field(field: Field) -> Row:
    schema = field.schema() or {}
    return {
        "id": field.id,
        "name": field.name,
        "is_custom": field.is_custom,
        "is_array": schema["type"] == "array" if schema else None,
        "value_type": schema.get("type"),
        "item_type": schema.get("items"),
        "custom_type": schema.get("custom"),
    }
