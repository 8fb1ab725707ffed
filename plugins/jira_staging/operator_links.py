"""Where a task leads to from Airflow's page of it: the issues in Jira, the page of Jira staging, the secret definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow.sdk import BaseOperator, BaseOperatorLink

from jira_staging.airflow_versions import conf
from jira_staging.jira_api.jql import checked_jql, projects_in
from jira_staging.secret_definitions.writing import split_name

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey

    from jira_staging.records import Report, SyncRequest


@dataclass(frozen=True)
class LedTo:
    """What a run's links are made of: the site, the definition that signed in, and the JQL of what was loaded."""

    site: str
    definition: str | None
    jql: str | None


def loaded_jql(request: SyncRequest, report: Report) -> str | None:
    """JQL of the issues that the run read: its scopes, and when they were updated; None where it read none.

    Issues that were read again for another reason (a sprint's end, a worklog's change) have no date that would find them.
    """
    tallies = [tally for (entity, _scope), tally in report.tallies.items() if entity == "issue" and tally.rows_read]
    if not tallies:
        return None
    parts = [projects_in(request.projects)] if request.projects else []
    parts += [f"({checked_jql(request.jql)})"] if request.jql else []
    begun = [tally.watermark_from for tally in tallies]
    ended = [tally.watermark_to for tally in tallies if tally.watermark_to is not None]
    since = [moment for moment in begun if moment is not None]
    if len(since) == len(begun):
        parts.append(f"updated >= {min(since)}")
    if ended:
        parts.append(f"updated <= {max(ended)}")
    return f"{' AND '.join(parts)} ORDER BY updated DESC".strip()


class LoadedIssues(BaseOperatorLink):
    """Jira's own list of the issues that the run loaded."""

    name = "Issues in Jira"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """The address, or nothing where the run loaded no issue."""
        del ti_key
        led_to = _led_to(operator)
        if led_to is None or led_to.jql is None:
            return ""
        site = led_to.site if "://" in led_to.site else f"https://{led_to.site}"
        return f"{site.rstrip('/')}/issues/?jql={quote(led_to.jql, safe='')}"


class StagingPage(BaseOperatorLink):
    """The page "Jira staging" in Airflow."""

    name = "Jira staging"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Its address."""
        del operator, ti_key
        return f"{_airflow()}/plugin/jira-staging"


class UsedDefinition(BaseOperatorLink):
    """The secret definition that signed in, on that page."""

    name = "Secret definition"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Its address, or nothing where the connection's own password signed in."""
        del ti_key
        led_to = _led_to(operator)
        if led_to is None or led_to.definition is None:
            return ""
        project, name = split_name(led_to.definition)
        return f"{_airflow()}/jira-staging/#definitions/{quote(project)}/{quote(name)}"


def _led_to(operator: BaseOperator) -> LedTo | None:
    found: LedTo | None = getattr(operator, "led_to", None)
    return found


def _airflow() -> str:
    """Where Airflow's pages are: as a worker is told, else from the root of whatever server shows the link."""
    return (conf.get("api", "base_url", fallback="") or "").rstrip("/")
