"""The third story: all ids of Jira against all ids of the tables, both ways."""

from jira_staging.census.taking import take_census

__all__ = ["take_census"]
