"""Issues as one table in memory: what an analyst's notebook asks for. The staging tables never go this way."""

from collections.abc import Sequence
from functools import partial

import pyarrow as pa

from jira_staging.entities.display_names import display_names
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.issue import IssueFlattener
from jira_staging.entities.issue_payload import SYSTEM_PATHS, fields_to_ask
from jira_staging.errors import WrongUse
from jira_staging.jira_api import directory, jql
from jira_staging.jira_api.answers import AnswerTooLarge
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.in_order import in_order
from jira_staging.jira_api.issues import ISSUES_PER_REQUEST, batched
from jira_staging.jira_api.readings import reading_of
from jira_staging.tables import TABLES

# Long enough for any field's name: a data frame has no limit.
LONGEST_NAME = 1_000


def issues_as_table(jira: JiraClient, question: str, fields: Sequence[str] = ()) -> pa.Table:
    """The issues that a JQL selects: columns of the staging table `issue`, custom fields under their display names.

    `fields` narrows the columns beside `id` and `key`: names of columns, or custom fields by id or name. Raises WrongUse for
    one that is neither.
    """
    system = {column.name for column in TABLES["issue"].columns}
    wanted_custom = [name for name in fields if name not in system]
    payload = b"[" + b",".join(bytes(item) for item in directory.fields(jira)) + b"]"
    catalogue = FieldCatalogue(payload, include=wanted_custom, included_by="fields")
    flattener = IssueFlattener(catalogue, ["issue"], seen_columns=[column.column_name for column in catalogue.columns])
    reading = reading_of(jira)
    ids = [issue_id for page in reading.sweep(jira, jql.checked_jql(question), None) for issue_id in page.issue_ids]
    asked = _asked(catalogue, fields, wanted_custom) if fields else fields_to_ask(catalogue, ["issue"])
    batches = (partial(reading.fetch, ids=batch, fields=asked, changelogs=False) for batch in batched(ids, ISSUES_PER_REQUEST))
    tables = []
    for fetched in in_order(jira, batches):
        if fetched.too_large:
            # A frame has no place to say so.
            raise AnswerTooLarge(next(iter(fetched.too_large.values())))
        tables += [rows.data for rows in flattener.flatten([bytes(array) for array in fetched.arrays]).rows]
    table = pa.concat_tables(tables or [flattener.flatten([b"[]"]).rows[0].data])
    table = table.select(_columns(table, catalogue, fields, wanted_custom))
    return table.rename_columns(list(display_names(catalogue, table.column_names, LONGEST_NAME).values()))


def _asked(catalogue: FieldCatalogue, fields: Sequence[str], custom: Sequence[str]) -> list[str]:
    """The ids of the fields that these columns are made of."""
    sources = {column.name: column.source for column in TABLES["issue"].columns if column.name in SYSTEM_PATHS}
    asked = {sources[name].split(".")[1] for name in fields if name in sources}
    asked |= {field.id for field in catalogue.custom} if custom else set()
    asked |= {"parent", *catalogue.epic_link_fields} if "epic_id" in fields else set()
    return sorted(asked | {"updated"})


def _columns(table: pa.Table, catalogue: FieldCatalogue, fields: Sequence[str], custom: Sequence[str]) -> list[str]:
    if not fields:
        return list(table.column_names)
    of_custom = {name.casefold(): found.column for found in catalogue.custom for name in (found.id, found.name)}
    chosen = ["id", "key"]
    for name in fields:
        column = of_custom.get(name.casefold()) if name in custom else name
        if column is None:
            raise WrongUse(f"`{name}` is a field of the site, but no column of `issue` and no custom field.")
        chosen.append(column)
    return list(dict.fromkeys(chosen))
