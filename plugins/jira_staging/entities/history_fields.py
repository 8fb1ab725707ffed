"""Which fields have a history, of which kind their changes are, and to which of them a change belongs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from jira_staging.entities import history_values as told
from jira_staging.entities import value_shapes as shapes
from jira_staging.entities.changelog import Scalar
from jira_staging.entities.field_catalogue import CustomField, FieldCatalogue, column_of
from jira_staging.entities.flattened import attributes
from jira_staging.entities.history_values import SetKind, ValueKind
from jira_staging.entities.issue_payload import SYSTEM_PATHS
from jira_staging.entities.present_values import PresentSets, PresentTexts, in_column, in_json, in_lists, in_structs
from jira_staging.entities.sprint_history import in_sprints
from jira_staging.entities.value_shapes import Shape, shape_of
from jira_staging.tables import TABLES

KEY, PARENT, STATUS, RESOLUTION, RESOLVED = "issuekey", "parent", "status", "resolution", "resolutiondate"
ASSOCIATION = "unknown:IssueParentAssociation"
"""How Cloud's changelogs tell of a new parent, beside `Parent` or the Epic Link."""
TEAM = "com.atlassian.teams:rm-teams-custom-field-team"
LABELS = "com.atlassian.jira.plugin.system.customfieldtypes:labels"

# Jira changes them without a word in the changelog, so nobody can tell since when they hold what they hold.
UNTOLD = frozenset(
    (
        "updated",
        "lastViewed",
        "statuscategorychangedate",
        "workratio",
        "votes",
        "watches",
        "aggregatetimeoriginalestimate",
        "aggregatetimeestimate",
        "aggregatetimespent",
    )
)
UNTOLD_CUSTOM = frozenset(
    (
        "com.pyxis.greenhopper.jira:gh-lexo-rank",
        "com.atlassian.jira.plugins.jira-development-integration-plugin:devsummary",
        "com.atlassian.jira.plugins.jira-development-integration-plugin:devsummarycf",
        "com.atlassian.jira.plugins.jira-development-integration-plugin:vulnerabilitycf",
        "com.atlassian.jira.ext.charting:timeinstatus",
        "com.atlassian.jira.ext.charting:firstresponsedate",
        "com.atlassian.servicedesk:sd-sla-field",
        "com.atlassian.jpo:jpo-custom-field-parent",
    )
)
# What changelogs without ids of fields call those that `/field` knows by other names.
_OLD_NAMES = {
    "unknown:Fix Version": "fixVersions",
    "unknown:Version": "versions",
    "unknown:Component": "components",
    "unknown:Key": KEY,
    "unknown:Parent": PARENT,
}
# Histories of their own are made of them, whether they are wanted or not.
_FOLLOWED = frozenset((KEY, STATUS))
_SYSTEM_SETS = {"labels": told.WORDS} | dict.fromkeys(("components", "versions", "fixVersions"), told.ONE_BY_ONE)
_SYSTEM_VALUES = {
    "summary": told.TEXT,
    "description": told.OTHERWISE_TEXT,
    "environment": told.OTHERWISE_TEXT,
    "duedate": told.DAY,
    "created": told.TIME,
    RESOLVED: told.TIME,
}
# Custom fields by the shape of their values: those whose column holds what a history needs, and those whose does not.
_IN_COLUMNS: dict[Shape, ValueKind] = {
    shapes.NUMBER: told.NUMBER,
    shapes.DATE: told.DAY,
    shapes.DATETIME: told.TIME,
    shapes.TEXT: told.TEXT,
    shapes.RICH_TEXT: told.OTHERWISE_TEXT,
    shapes.USER: told.RAW,
    shape_of("group", None, None): told.OTHERWISE_RAW,
    shape_of("project", None, None): told.THING,
    shape_of("version", None, None): told.THING,
}
_IN_STRUCTS: dict[Shape, ValueKind] = {
    shapes.OPTION: told.RAW,
    shape_of("option-with-child", None, None): told.CASCADING,
}
_IN_LISTS: dict[Shape, SetKind] = {
    shape_of("array", item_type, None): told.IDS for item_type in ("option", "user", "project", "version", "component")
}


IdsOfKeys = Callable[[Sequence[str]], Mapping[str, int]]


class HistoryFields:
    """The fields of a site that have a history: `/field` lists them, and nobody excluded them.

    `values` and `sets` tell, by field id, of which kind its changes are, and how to read what holds now. The fields that are
    `silent` have no rows of their own: they are followed for the histories of sprints and keys. `ids_of_keys` looks up issues
    that a change of parent names by their keys alone.
    """

    def __init__(self, catalogue: FieldCatalogue, ids_of_keys: IdsOfKeys) -> None:
        self._known = frozenset(field.id for field in catalogue.fields)
        self.epic_links = frozenset(catalogue.epic_link_fields)
        self.sprints = frozenset(catalogue.sprint_fields)
        wanted = {field_id for field_id in self._known if not catalogue.is_excluded(field_id)}
        self.values: dict[str, tuple[ValueKind, PresentTexts]] = {
            field_id: (_SYSTEM_VALUES.get(field_id, told.RAW), in_column(column))
            for field_id, column in _system_columns()
            if field_id in wanted or field_id in _FOLLOWED
        }
        self.sets: dict[str, tuple[SetKind, PresentSets]] = {
            field_id: (kind, in_lists(*attributes(field_id))) for field_id, kind in _SYSTEM_SETS.items() if field_id in wanted
        }
        self.sets |= {field_id: (told.IDS, in_sprints(column_of(field_id))) for field_id in catalogue.sprint_fields}
        self.silent = {*self.sprints - {custom.id for custom in catalogue.custom}, *_FOLLOWED - wanted}
        types = {field.id: field.custom_type for field in catalogue.fields}
        for custom in catalogue.custom:
            if types[custom.id] not in UNTOLD_CUSTOM and custom.id not in self.sprints:
                self._add(custom, types[custom.id])
        issues = _issue_kind(ids_of_keys)
        for field_id in self.values.keys() & {PARENT, *self.epic_links}:
            self.values[field_id] = (issues, self.values[field_id][1])
        self._targets = self._ways()

    def targets(self, field_id: str) -> tuple[str, ...]:
        """The fields to whose history a change belongs that is told under this id: one, two where an epic is the parent."""
        return self._targets.get(field_id, ())

    def shown(self, field_ids: Iterable[str]) -> list[str]:
        """Those of the fields that have rows of their own."""
        return [field_id for field_id in field_ids if field_id not in self.silent]

    def is_gone(self, field_id: str) -> bool:
        """Whether the site has no such field any more."""
        return field_id not in self._known and field_id not in self._targets

    def _add(self, custom: CustomField, custom_type: str | None) -> None:
        name, shape = column_of(custom.id), custom.shape
        if custom.id in self.epic_links:
            self.values[custom.id] = (told.RAW, in_column("epic_id"))
        elif shape in _IN_COLUMNS:
            self.values[custom.id] = (_IN_COLUMNS[shape], in_column(custom.column))
        elif shape in _IN_STRUCTS:
            self.values[custom.id] = (_IN_STRUCTS[shape], in_structs(name))
        elif shape is shapes.JSON:
            self.values[custom.id] = (told.RAW if custom_type == TEAM else told.OTHERWISE_RAW, in_json(name))
        elif custom_type == LABELS:
            self.sets[custom.id] = (told.WORDS, in_lists(name))
        else:
            self.sets[custom.id] = (_IN_LISTS.get(shape, told.OTHERWISE_LIST), in_lists(name))

    def _ways(self) -> dict[str, tuple[str, ...]]:
        epics = tuple(field_id for field_id in self.values if field_id in self.epic_links)
        ways: dict[str, tuple[str, ...]] = {field_id: (field_id,) for field_id in (*self.values, *self.sets)}
        ways |= {name: (field_id,) for name, field_id in _OLD_NAMES.items() if field_id in ways}
        if PARENT in ways:
            # What was an Epic Link then is a parent now, and Jira tells some of these changes twice.
            ways |= {field_id: (field_id, PARENT) for field_id in epics}
            ways[ASSOCIATION] = (PARENT, *epics)
        return ways


def _issue_kind(ids_of_keys: IdsOfKeys) -> ValueKind:
    """Issues by their ids, looked up once where a change names only the key."""
    ids: dict[str, str] = {}

    def issue_id(value: Scalar, text: Scalar) -> str | None:
        named = told.RAW.told(value, text)
        if named is None or named.isdigit():
            return named
        if named not in ids:
            found = ids_of_keys([named])
            ids[named] = str(found[named]) if named in found else named
        return ids[named]

    return ValueKind(issue_id, told.RAW.plain)


def _system_columns() -> Iterator[tuple[str, str]]:
    """The system fields with one value that changelogs tell, and the column of `issue` that holds each."""
    yield KEY, "key"
    for column in TABLES["issue"].columns:
        if column.name in SYSTEM_PATHS:
            field_id = column.source.split(".")[1]
            if field_id not in UNTOLD:
                yield field_id, column.name
