"""Views for reporting, over the staging tables: Fivetran's Jira schema, and what Jira's own reports show."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import available_timezones

from jira_staging.errors import WrongUse
from jira_staging.reporting import (
    attention,
    epics,
    fivetran,
    fivetran_history,
    fivetran_teams,
    flow,
    issue_states,
    releases,
    service_levels,
    sprints,
    working_days,
    worklogs,
)
from jira_staging.staging import Staging
from jira_staging.staging.views import Spelling, View

_FAMILIES = (working_days, issue_states, worklogs, flow, sprints, releases, epics, attention, service_levels)


def views(spelling: Spelling, team_columns: Sequence[str] = ()) -> list[View]:
    """All views, each after those that it reads. The columns are those of `issue` that hold teams."""
    found = [*fivetran.views(spelling), fivetran_teams.team(spelling, team_columns), *fivetran_history.views(spelling)]
    for family in _FAMILIES:
        found += family.views(spelling)
    return found


def keep_views(staging: Staging, zone: str, *, versioned: bool = False) -> None:
    """Make or replace the views that are missing or were made otherwise, where there can be any.

    `versioned`: the tables keep every run's rows.
    """
    if staging.spelling is None:
        return
    spelling = replace(staging.spelling, zone=zone, versioned=versioned)
    there = [name for name, kind in staging.columns("issue").items() if kind == "json"]
    teams = [name for name in _columns(staging, fivetran.TEAM_VALUE) if name in there]
    staging.keep_views(spelling, views(spelling, teams))


def _columns(staging: Staging, value_type: str) -> list[str]:
    """The columns in which custom fields of this type are kept."""
    fields = staging.read("field", ["id"], {"value_type": [value_type]}).column("id").to_pylist()
    kept = staging.read("field_column", ["column_name"], {"field_id": fields}).column("column_name") if fields else None
    return [] if kept is None else [str(name) for name in kept.to_pylist()]


def zone_of(asked: str | None, accounts: str) -> str:
    """The time zone whose days the views show: the one asked for, else the account's. Raises WrongUse for what is none."""
    known = available_timezones()
    if asked is not None and asked not in known:
        raise WrongUse(f"There is no time zone {asked!r}: name one like `Europe/Berlin` in reporting_time_zone.")
    # It stands in the views' SQL, so nothing but a name that we know may be it.
    return asked or (accounts if accounts in known else "UTC")


__all__ = ["keep_views", "views", "zone_of"]
