"""Which fields of a site hold people's names or free text, as far as `/field` tells."""

from jira_staging.entities.field_catalogue import CustomField, FieldCatalogue
from jira_staging.entities.history_fields import ASSOCIATION, KEY, PARENT, RESOLUTION, RESOLVED, STATUS
from jira_staging.entities.value_shapes import JSON, LIST, RICH_TEXT, TEXT, USER, USERS
from jira_staging.records import PersonalFields

_PEOPLE = frozenset(("assignee", "reporter", "creator"))
# Fields of Jira's own whose values are ids, names out of lists that administrators keep, days, times, numbers.
_HARMLESS = frozenset(
    (
        *(KEY, PARENT, RESOLUTION, RESOLVED, STATUS, ASSOCIATION),
        *("project", "issuetype", "priority", "security", "components", "versions", "fixVersions", "labels"),
        *("duedate", "created", "updated", "timeestimate", "timeoriginalestimate", "timespent", "workratio"),
        *("issuelinks", "subtasks", "unknown:Link", "unknown:Workflow", "unknown:WorklogId"),
    )
)


def personal_fields(catalogue: FieldCatalogue) -> PersonalFields:
    """What to hide where personal data is not kept: whatever is not known to be harmless counts as free text."""
    texts = {custom.id: custom for custom in catalogue.custom if _is_text(custom, catalogue)}
    people = {custom.id for custom in catalogue.custom if custom.shape in (USER, USERS)}
    harmless = {custom.id for custom in catalogue.custom} - texts.keys() - people
    harmless |= {*catalogue.sprint_fields, *catalogue.epic_link_fields}
    columns: dict[str, str] = {custom.column: custom.shape.column for custom in texts.values()}
    return PersonalFields(people=frozenset(_PEOPLE | people), harmless=frozenset(_HARMLESS | harmless), columns=columns)


def _is_text(custom: CustomField, catalogue: FieldCatalogue) -> bool:
    if custom.id in (*catalogue.sprint_fields, *catalogue.epic_link_fields):
        return False
    # JSON and lists of no known kind may hold anything.
    return custom.shape in (TEXT, RICH_TEXT, JSON, LIST)
