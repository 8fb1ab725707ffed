"""The staging tables as data: the single source of their names, columns, types and meaning.

The DDL, the merges, the Arrow schemas and the data dictionary are all made from here.
"""

from jira_staging.tables.administration import ADMINISTRATION
from jira_staging.tables.agile import AGILE
from jira_staging.tables.fields import FIELDS
from jira_staging.tables.filters_and_records import FILTERS_AND_RECORDS
from jira_staging.tables.history import HISTORY
from jira_staging.tables.issue_children import ISSUE_CHILDREN
from jira_staging.tables.issue_family import ISSUE_FAMILY
from jira_staging.tables.nouns import Column, ColumnType, Table
from jira_staging.tables.own import OWN, SITE_SCOPE
from jira_staging.tables.people import PEOPLE
from jira_staging.tables.project_family import PROJECT_FAMILY
from jira_staging.tables.raw import RAW
from jira_staging.tables.schemes import SCHEMES
from jira_staging.tables.service_management import SERVICE_MANAGEMENT
from jira_staging.tables.workflow import WORKFLOW

# The order in which every transaction touches them, so that two runs never wait for each other in a circle.
_FAMILIES = (
    FIELDS,
    PEOPLE,
    PROJECT_FAMILY,
    WORKFLOW,
    SCHEMES,
    ADMINISTRATION,
    FILTERS_AND_RECORDS,
    AGILE,
    ISSUE_FAMILY,
    ISSUE_CHILDREN,
    SERVICE_MANAGEMENT,
    HISTORY,
    RAW,
    OWN,
)
TABLES: dict[str, Table] = {table.name: table for family in _FAMILIES for table in family}
ENTITIES: tuple[str, ...] = tuple(name for name, table in TABLES.items() if table.group != "own")
# What is loaded where nothing is asked for by name.
DEFAULT_ENTITIES: tuple[str, ...] = tuple(name for name in ENTITIES if not TABLES[name].on_request)
GROUPS: dict[str, tuple[str, ...]] = {
    group: tuple(name for name in ENTITIES if TABLES[name].group == group)
    for group in dict.fromkeys(TABLES[name].group for name in ENTITIES)
}

# What is made of issues and what hangs on them; the others are lists of the site, read whole in a run or in turns.
MADE_OF_ISSUES: tuple[str, ...] = tuple(
    name for name in ENTITIES if TABLES[name].group in ("issues", "history") or TABLES[name].owner == "issue_id"
)

__all__ = ["DEFAULT_ENTITIES", "ENTITIES", "GROUPS", "MADE_OF_ISSUES", "SITE_SCOPE", "TABLES", "Column", "ColumnType", "Table"]
