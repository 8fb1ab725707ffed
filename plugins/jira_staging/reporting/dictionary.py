"""The data dictionary as Markdown, made from tables and views: `python -m jira_staging.reporting.dictionary`."""

import sys
from collections.abc import Iterator

from jira_staging.reporting import views
from jira_staging.staging.duckdb_session import DIALECT
from jira_staging.staging.views import Spelling
from jira_staging.tables.dictionary import column_lines, table_pages

HEADINGS = {
    "fivetran": """## `jira_fivetran`: Fivetran's schema

Views with the names, columns and types of Fivetran's Jira connector, so that queries written for it and the dbt package
`dbt_jira` run unchanged (`jira_schema: jira_fivetran`). Where the staging schema is not called `jira`, neither are these.
""",
    "reporting": """## `jira_reporting`: views for reports

Made anew by each run that finds them changed. Days (`_date`, `date`) are those of the site's time zone (`as_of.time_zone`);
periods hold their beginning and not their end. Issues that are gone are in none of them.
""",
}
# Nothing of it is shown: the columns are the same in every warehouse.
_ANY = Spelling(DIALECT, "jira", local_pattern="{0}", moment_pattern="{0}", json_pattern="{0}")


def dictionary() -> str:
    """The whole page, ending in a line break."""
    return "\n".join([*table_pages(), *_view_pages()]) + "\n"


def _view_pages() -> Iterator[str]:
    for schema, heading in HEADINGS.items():
        yield heading
        for view in views(_ANY):
            if view.schema == schema:
                yield f"### `{view.name}`\n"
                yield f"{view.meaning}\n"
                yield from column_lines(view.columns)


if __name__ == "__main__":
    sys.stdout.write(dictionary())
