"""The values that JQL knows for a field, by which Jira tells a misspelt one."""

from collections.abc import Iterable, Mapping
from typing import Any

from simulated_jira.jira_site import Site


def _words(payloads: Iterable[Mapping[str, Any]]) -> set[str]:
    return {str(payload[key]).lower() for payload in payloads for key in ("id", "name") if key in payload}


def known_words(site: Site, field_id: str) -> set[str]:
    """Ids and names in lower case."""
    if field_id == "status":
        return _words(status.listed() for status in site.all_statuses()) | {
            status.name.lower() for status in site.all_statuses()
        }
    if field_id == "issuetype":
        return _words(kind.listed() for kind in site.all_issue_types()) | {kind.name.lower() for kind in site.all_issue_types()}
    if field_id == "priority":
        return _words(site.priorities)
    if field_id == "resolution":
        return _words(site.resolutions) | {"unresolved"}
    names = {user.account_id.lower() for user in site.people} | {user.name.lower() for user in site.people}
    return names | {user.email.lower() for user in site.people if user.email}
