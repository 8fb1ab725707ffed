"""The third story: all ids of Jira against all ids of the tables, both ways."""

from jira_staging.census.taking import require_tables, take_census

__all__ = ["require_tables", "take_census"]
